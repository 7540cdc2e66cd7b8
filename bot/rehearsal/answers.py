"""Answers that make a condition hold, or not: found by trying what its tests speak of."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice, product

from bot.format.pattern import example_text
from bot.format.pieces import Condition, Test, TypedField, Value, read_duration, read_instant, write_duration
from bot.format.runbook import Branch, Do, Runbook, StepBase, captures_of, conditions_of
from bot.format.text import TextProblem, fill, names_in
from bot.format.values import BadValue, failing, parse_value
from bot.rehearsal.samples import sample_text
from bot.run.law.scope import ground_of
from bot.run.state import Run

Typed = Mapping[str, str]
"""Name -> what is typed."""
_MOST_TRIES = 400
_MOST_VALUES = 8
_MOST_VARIANTS = 8
_TEXT = TypedField(type="text")


class Answers:
    """What may be typed in one runbook: it knows what every test of the runbook speaks of."""

    def __init__(self, book: Runbook) -> None:
        self.book = book
        self.tests = tuple(test for step in book.steps for _, held in conditions_of(step) for test in held.tests)
        self.singles = tuple((Condition(all=(test,)), frozenset(_named(test))) for test in self.tests)
        """Each test by itself, with the variables that it speaks of."""
        self.decisive = frozenset(_decisive(book))
        """Variables by which a step that does not ask for them goes one way or another."""

    def variants(self, run: Run, names: tuple[str, ...], condition: Condition | None) -> Iterator[Typed]:
        """Answers with which a step goes well: one, or one for each way in which a later step may go by them."""
        found = self.where(run, names, condition, holds=True)
        if not self.decisive.intersection(names):
            yield from islice(found, 1)
            return
        about = [one for one, named in self.singles if named.intersection(names)]
        seen: set[tuple[bool, ...]] = set()
        for typed in found:
            ground = ground_of(run, self._values(typed))
            turned = tuple(not failing(one, ground) for one in about)
            if turned not in seen and len(seen) < _MOST_VARIANTS:
                seen.add(turned)
                yield typed

    def where(self, run: Run, names: tuple[str, ...], condition: Condition | None, *, holds: bool) -> Iterator[Typed]:
        """What may be typed for `names` so that the condition holds, or does not; the plainest answers first."""
        offered = {name: self.candidates(run, name) for name in names}
        for typed in islice(self._combined(offered), _MOST_TRIES):
            if condition is None or (not failing(condition, ground_of(run, self._values(typed)))) is holds:
                yield typed

    def _values(self, typed: Typed) -> Mapping[str, Value]:
        return {name: parse_value(self._field(name), text) for name, text in typed.items()}

    def _combined(self, offered: Mapping[str, tuple[str, ...]]) -> Iterator[Typed]:
        """Answers together: the plainest, then one changed at a time (those that steer first), then all mixtures."""
        if not all(offered.values()):
            return
        plain = {name: values[0] for name, values in offered.items()}
        yield plain
        for name in sorted(offered, key=lambda name: name not in self.decisive):
            yield from (plain | {name: value} for value in offered[name][1:])
        for texts in product(*offered.values()):
            mixed = dict(zip(offered, texts, strict=True))
            if sum(mixed[name] != plain[name] for name in mixed) > 1:
                yield mixed

    def candidates(self, run: Run, name: str) -> tuple[str, ...]:
        """Values for a variable, the plainest first: a sample, and what lies on either side of every test of it."""
        field = self._field(name)
        found: dict[str, None] = {}
        first = sample_text(field)
        for text in [*([first] if first is not None else []), *self._beside_tests(run, name, field)]:
            try:
                parse_value(field, text)
            except BadValue:
                continue
            found[text] = None
        return tuple(found)[:_MOST_VALUES]

    def _field(self, name: str) -> TypedField:
        return self.book.fields.get(name, _TEXT)

    def _beside_tests(self, run: Run, name: str, field: TypedField) -> Iterator[str]:
        if field.type == "bool":
            yield from ("yes", "no")
        if field.type == "enum":
            yield from field.values
        ground = ground_of(run)
        for test in self.tests:
            about, wanted = test.var.removeprefix("vars."), test.comparison[1]
            if about == name:
                for one in wanted if isinstance(wanted, tuple) else (wanted,):
                    yield from _near(test, one, field, ground.names)
            elif isinstance(wanted, str) and f"vars.{name}" in wanted:
                other = ground.value_of(test.var)
                if other is not None:
                    yield from _around(other, field, 1 / test.factor if test.factor else 1.0)


def _named(test: Test) -> Iterator[str]:
    yield test.var.removeprefix("vars.")
    wanted = test.comparison[1]
    for text in wanted if isinstance(wanted, tuple) else (wanted,):
        if isinstance(text, str):
            yield from (name.removeprefix("vars.") for name in names_in(text))


def _decisive(book: Runbook) -> Iterator[str]:
    for step in book.steps:
        own = set(asked_names(step))
        named = {test.var.removeprefix("vars.") for _, held in conditions_of(step) for test in held.tests}
        yield from named if isinstance(step, Branch) else named - own


def _near(test: Test, wanted: Value, field: TypedField, names: Mapping[str, Value]) -> Iterator[str]:
    """Values at which a test turns, and on either side of it."""
    if test.comparison[0] == "exists":
        return
    if test.comparison[0] == "matches":
        yield example_text(str(wanted)) or ""
        return
    try:
        filled = fill(wanted, names) if isinstance(wanted, str) else wanted
    except TextProblem:
        return
    yield from _around(filled, field, test.factor or 1.0)


def _around(value: Value, field: TypedField, factor: float) -> Iterator[str]:
    try:
        match field.type:
            case "int":
                number = int(float(value) * factor)
                yield from (str(number), str(number + 1), str(number - 1))
            case "timestamp":
                moment = read_instant(str(value))
                yield from ((moment + timedelta(hours=step)).isoformat() for step in (0, -1, 1))
            case "duration":
                length = read_duration(str(value))
                yield from (write_duration(length + timedelta(minutes=step)) for step in (0, 1))
            case "bool":
                yield "yes" if value is True else "no"
            case _:
                yield from (str(value), f"not {value}")
    except (ValueError, OverflowError):
        return


def asked_names(step: StepBase) -> tuple[str, ...]:
    """The variables that a person types at a step."""
    answer = step.answer if isinstance(step, Do) else None
    return (*captures_of(step), *((answer.var,) if answer is not None else ()))
