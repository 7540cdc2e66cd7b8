"""Two versions of a runbook side by side: what is new, gone, moved or says something else."""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Literal, get_args

from bot.format.pieces import Condition, Exec, Http, Policy, Probe, Shape
from bot.format.runbook import Branch, Decide, Runbook, Signoff, Step
from bot.render.chart.words import KINDS, say_condition, say_exit
from bot.render.message import one_line
from bot.render.prose import say_span

Topic = Literal[
    "steps", "exits", "sign-offs", "times", "duties", "commands", "checks", "words", "roles", "policy", "runbook"
]
"""In the order in which a reviewer reads them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What differs. `step` is "" where it concerns the runbook as a whole; `old` and `new` are in words."""

    topic: Topic
    step: str
    words: str
    old: str = ""
    new: str = ""


FLAGS: Mapping[str, tuple[str, str]] = {
    "critical": ("now critical: nobody may skip it", "no longer critical"),
    "skip": ("may now be skipped, with a reason", "may no longer be skipped"),
    "page": ("now pages people at once", "no longer pages people at once"),
    "back": ("now offers the way back", "no longer offers the way back"),
    "each": ("now needs one signature of each role", "no longer needs one signature of each role"),
    "idempotent": ("now said to be safe to run twice", "no longer said to be safe to run twice"),
}
"""What is said when a yes became a no, or the other way round."""


def compare_fields(
    old: Shape, new: Shape, topics: Mapping[str, tuple[Topic, str]], left_out: Iterable[str], step: str
) -> Iterator[Change]:
    """A change for each field that differs; fields that `topics` does not know are told by their own name.

    A shape of another kind lacks the fields of the first: they are told as nothing.
    """
    names = dict.fromkeys([*type(old).model_fields, *type(new).model_fields])
    for name in names:
        if name in left_out:
            continue
        was, now = getattr(old, name, None), getattr(new, name, None)
        if was != now:
            topic, called = topics.get(name, ("commands", name.rstrip("_").replace("_", " ")))
            flag = name in FLAGS and isinstance(was, bool) and isinstance(now, bool)
            yield (
                Change(topic, step, FLAGS[name][not now], in_words(was), in_words(now))
                if flag
                else changed(topic, step, called, was, now)
            )


def changed(topic: Topic, step: str, called: str, was: object, now: object) -> Change:
    """A value that is another, came, or went."""
    old, new = in_words(was), in_words(now)
    if is_nothing(was):
        return Change(topic, step, f"{called}: now {new}; there was none before", "", new)
    if is_nothing(now):
        return Change(topic, step, f"{called}: gone; it was {old}", old, "")
    edit = _edit(was, now)
    if edit:
        return Change(topic, step, f"{called}: {edit}", old, new)
    return Change(topic, step, f"{called}: {new} instead of {old}", old, new)


def _edit(was: object, now: object) -> str:
    """The parts that came and went, where most of a command or of a longer text stayed; "" otherwise."""
    old, new = _parts(was), _parts(now)
    less = [one for one in old if one not in new]
    more = [one for one in new if one not in old]
    stayed = len(old) - len(less)
    if stayed < max(2, len(less), len(more)) or not (less or more):
        return ""
    said = [
        f"{word} {' '.join(f'`{one_line(part)}`' for part in parts)}"
        for word, parts in (("with", more), ("without", less))
        if parts
    ]
    return ", ".join(said)


def _parts(value: object) -> list[str]:
    if isinstance(value, Exec):
        return [*value.argv, f"on {value.at}", _rest(value, ("argv", "at"))]
    return value.strip().splitlines() if isinstance(value, str) else []


def is_nothing(value: object) -> bool:
    """Whether a value says nothing: absent, or empty."""
    return value is None or (isinstance(value, tuple | list | dict | str) and not value)


def in_words(value: object) -> str:
    """A value of the format as a person reads it, on one line."""
    return one_line(_said(value))


def _said(value: Any) -> str:  # noqa: ANN401  (whatever the format holds)
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return say_span(value)
        case date():
            return value.isoformat()
        case Condition():
            return say_condition(value)
        case Exec():
            return f"`{shlex.join(value.argv)}` on {value.at}{_rest(value, ('argv', 'at'))}"
        case Http():
            return f"{value.method} {value.url}{_rest(value, ('method', 'url'))}"
        case Shape():
            return ", ".join(f"{name} {_said(one)}" for name, one in _given(value))
        case Mapping():
            return "; ".join(f"{name}: {_said(one)}" for name, one in value.items()) or "nothing"
        case tuple() | list():
            return "; ".join(_said(one) for one in value) or "nothing"
        case str():
            return f"“{value}”" if " " in value else value
        case _:
            return str(value)


def _given(shape: Shape) -> Iterator[tuple[str, object]]:
    """The fields of a shape that say something other than their default; all of them when none does."""
    fields = type(shape).model_fields
    every = [
        (name.rstrip("_").replace("_", " "), getattr(shape, name), field.default) for name, field in fields.items()
    ]
    own = [(name, value) for name, value, usual in every if value != usual]
    yield from own or ((name, value) for name, value, _ in every)


def _rest(shape: Shape, told: tuple[str, ...]) -> str:
    fields = type(shape).model_fields
    own = [(name, getattr(shape, name)) for name in fields if name not in told]
    more = [f"{name.replace('_', ' ')} {_said(value)}" for name, value in own if value != fields[name].default]
    return f" ({', '.join(more)})" if more else ""


def compare_exits(old: Runbook, new: Runbook, before: Step, after: Step) -> Iterator[Change]:
    """Exits that came, went or lead elsewhere; options and cases that read otherwise."""
    if isinstance(before, Branch) and isinstance(after, Branch):
        yield from _compare_cases(old, new, before, after)
        return
    was, now = dict(old.exits(before)), dict(new.exits(after))
    for exit_ in dict.fromkeys([*was, *now]):
        if exit_ not in now:
            said = f"“{say_exit(before, exit_)}” is gone; it led to {_place(old, was[exit_])}"
            yield Change("exits", after.id, said, was[exit_], "")
        elif exit_ not in was:
            said = f"“{say_exit(after, exit_)}” is new and leads to {_place(new, now[exit_])}"
            yield Change("exits", after.id, said, "", now[exit_])
        elif was[exit_] != now[exit_] and not _both_unwritten(before, after, exit_):
            yield _elsewhere(old, new, after.id, say_exit(after, exit_), was[exit_], now[exit_])
    if isinstance(before, Decide) and isinstance(after, Decide):
        yield from _compare_options(before, after)


def _elsewhere(old: Runbook, new: Runbook, step: str, exit_: str, was: str, now: str) -> Change:
    said = f"“{exit_}” leads to {_place(new, now)} instead of {_place(old, was)}"
    return Change("exits", step, one_line(said), was, now)


def _both_unwritten(before: Step, after: Step, exit_: str) -> bool:
    """Both follow `exception`, which is told once for the whole runbook."""
    return exit_ not in before.written_exits and exit_ not in after.written_exits


def _place(book: Runbook, step: str) -> str:
    found = book.by_id.get(step)
    return f"{step} (“{one_line(found.title)}”)" if found else f"{step} (no such step)"


def _compare_options(before: Decide, after: Decide) -> Iterator[Change]:
    was, now = {one.id: one for one in before.options}, {one.id: one for one in after.options}
    for id_ in (one for one in now if one in was):
        if was[id_].label != now[id_].label:
            yield changed("exits", after.id, f"the label of the option {id_}", was[id_].label, now[id_].label)
        if was[id_].when != now[id_].when:
            yield changed("exits", after.id, f"the sign for “{one_line(now[id_].label)}”", was[id_].when, now[id_].when)
    shared_was, shared_now = [one for one in was if one in now], [one for one in now if one in was]
    if shared_was != shared_now:
        yield changed("exits", after.id, "the order of the options", tuple(shared_was), tuple(shared_now))


def _compare_cases(old: Runbook, new: Runbook, before: Branch, after: Branch) -> Iterator[Change]:
    """Cases count in their order: the first that holds is taken."""
    pairs = [[(say_condition(case.when), case.go) for case in step.cases] for step in (before, after)]
    for place in range(max(map(len, pairs))):
        was = pairs[0][place] if place < len(pairs[0]) else None
        now = pairs[1][place] if place < len(pairs[1]) else None
        if before.cases[place : place + 1] == after.cases[place : place + 1]:
            continue
        if now is None and was is not None:
            yield Change(
                "exits", after.id, f"case {place + 1}, “{was[0]}”, is gone; it led to {_place(old, was[1])}", was[1]
            )
        elif was is None and now is not None:
            yield Change(
                "exits", after.id, f"case {place + 1} is new: “{now[0]}” leads to {_place(new, now[1])}", "", now[1]
            )
        elif was is not None and now is not None:
            old_words, new_words = (f"“{one[0]}” to {one[1]}" for one in (was, now))
            yield Change(
                "exits", after.id, f"case {place + 1}: {new_words} instead of {old_words}", old_words, new_words
            )
    if before.else_ != after.else_:
        yield _elsewhere(old, new, after.id, "otherwise", before.else_ or old.exception, after.else_ or new.exception)


_TOPICS: Mapping[str, tuple[Topic, str]] = {
    "phase": ("duties", "phase"),
    "who": ("duties", "who acts"),
    "say": ("words", "what it says"),
    "why": ("words", "the reason"),
    "caution": ("words", "the caution"),
    "critical": ("duties", "critical, so that nobody may skip it"),
    "skip": ("duties", "may be skipped"),
    "confirm": ("duties", "how it is confirmed"),
    "typical": ("times", "the usual time"),
    "timeout": ("times", "the time limit"),
    "for_": ("times", "the wait"),
    "max_visits": ("times", "how often it may be visited"),
    "retry": ("times", "how it is tried again"),
    "progress": ("times", "how often it reports"),
    "drill": ("duties", "in a drill"),
    "page": ("duties", "pages people at once"),
    "back": ("duties", "offers the way back"),
    "witness": ("duties", "who watches"),
    "effect": ("duties", "what it does to the asset"),
    "undo": ("commands", "how it is taken back"),
    "command": ("commands", "the command to copy"),
    "exec": ("commands", "the command"),
    "http": ("commands", "the request"),
    "capture": ("commands", "what is read from the answer"),
    "set": ("commands", "what it sets"),
    "idempotent": ("commands", "safe to run twice"),
    "expect": ("checks", "what is expected"),
    "poll": ("checks", "what it waits for"),
    "answer": ("checks", "the answer it takes"),
    "evidence": ("checks", "the evidence"),
    "breaker": ("checks", "the breaker"),
    "tolerance": ("checks", "the tolerance"),
    "runbook": ("commands", "the runbook it calls"),
    "meanwhile": ("exits", "whether it goes on meanwhile"),
    "of": ("exits", "the calls that it waits for"),
    "with_": ("commands", "what it hands over"),
    "to": ("duties", "who is told"),
    "outcome": ("steps", "the outcome"),
    "from_": ("sign-offs", "who may sign"),
    "need": ("sign-offs", "how many signatures"),
    "each": ("sign-offs", "one of each role"),
    "forbid": ("sign-offs", "who may not sign"),
    "readback": ("sign-offs", "what is read back"),
    "valid_for": ("sign-offs", "how long it is valid"),
    "mode": ("sign-offs", "before or after"),
}
_TOLD_ELSEWHERE = ("id", "go", "options", "cases", "else_", "binds", *KINDS)
"""Exits, titles and what a signature covers have words of their own."""


def compare_steps(old: Runbook, new: Runbook) -> Iterator[Change]:
    """Every difference between the steps. Their order in the file counts only for the first."""
    for id_, step in old.by_id.items():
        if id_ not in new.by_id:
            yield Change("steps", id_, f"removed: {_named(step)}", _named(step))
    for id_, step in new.by_id.items():
        if id_ not in old.by_id:
            yield Change("steps", id_, f"added: {_named(step)}{_likeness(old, new, step)}", "", _named(step))
    if old.steps[0].id != new.steps[0].id:
        yield changed("steps", "", "the run starts at", old.steps[0].id, new.steps[0].id)
    for id_, step in new.by_id.items():
        if id_ in old.by_id and old.by_id[id_] != step:
            yield from _compare(old, new, old.by_id[id_], step)


def _compare(old: Runbook, new: Runbook, before: Step, after: Step) -> Iterator[Change]:
    if before.kind != after.kind:
        kinds = KINDS[before.kind], KINDS[after.kind]
        yield Change("steps", after.id, f"now a {kinds[1]} instead of a {kinds[0]}", *kinds)
    if before.title != after.title:
        titles = in_words(before.title), in_words(after.title)
        yield Change("steps", after.id, f"renamed: {titles[1]} instead of {titles[0]}", *titles)
    yield from compare_exits(old, new, before, after)
    if isinstance(before, Signoff) and isinstance(after, Signoff):
        yield from _compare_binds(before, after)
    yield from compare_fields(before, after, _TOPICS, _TOLD_ELSEWHERE, after.id)


def _compare_binds(before: Signoff, after: Signoff) -> Iterator[Change]:
    for called, was, now in (
        ("variables", before.binds.vars, after.binds.vars),
        ("steps", before.binds.steps, after.binds.steps),
        ("files", before.binds.files, after.binds.files),
    ):
        more, less = [one for one in now if one not in was], [one for one in was if one not in now]
        if more:
            yield Change(
                "sign-offs", after.id, f"the signature now covers the {called} {', '.join(more)}", "", ", ".join(more)
            )
        if less:
            said = f"the signature no longer covers the {called} {', '.join(less)}"
            yield Change("sign-offs", after.id, said, ", ".join(less), "")
        if was != now and not more and not less:
            yield changed("sign-offs", after.id, f"the order of the {called} that the signature covers", was, now)


def _named(step: Step) -> str:
    return f"{KINDS[step.kind]} “{one_line(step.title)}”"


def _likeness(old: Runbook, new: Runbook, step: Step) -> str:
    """A hint where a step seems only to have got another id."""
    gone = [one.id for one in old.by_id.values() if one.id not in new.by_id and _named(one) == _named(step)]
    return f" (it reads like {gone[0]}, which is gone)" if gone else ""


_TOPICS_OF_A_RUNBOOK: Mapping[str, tuple[Topic, str]] = {
    "id": ("runbook", "the id"),
    "title": ("runbook", "the title"),
    "status": ("runbook", "the status"),
    "enter_when": ("runbook", "when to enter"),
    "not_for": ("runbook", "what it is not for"),
    "objective": ("runbook", "the objective"),
    "owner": ("roles", "the owner"),
    "review": ("policy", "the review"),
    "drill": ("policy", "the drill"),
    "failure_modes": ("runbook", "what can go wrong with it"),
    "references": ("runbook", "the references"),
}
_BY_NAME: Mapping[str, tuple[Topic, str]] = {
    "roles": ("roles", "the role"), "inputs": ("checks", "the input"), "vars": ("checks", "the variable"),
}  # fmt: skip
_PARTS = ("human", "signoff", "breaker")
_TERMS = {
    ("human", "nudge"): "when a person is reminded of a step", ("human", "page"): "when others are paged for a step",
    ("signoff", "timeout"): "when a sign-off expires", ("signoff", "valid_for"): "how long a signature counts",
    ("signoff", "forbid"): "who may not sign", ("signoff", "again"): "when signers are asked again",
}  # fmt: skip
_IN_ANY_ORDER = ("enter_when", "not_for", "failure_modes", "references")
_RUNBOOK_TOLD_ELSEWHERE = ("schema_", "steps", "exception", "policy", "preflight", "stop_when", *_BY_NAME)


def compare_runbooks(old: Runbook, new: Runbook) -> tuple[Change, ...]:
    """Every difference, topic by topic; none when only comments, spelling of YAML or the order of steps differ."""
    topics = list(get_args(Topic))
    return tuple(sorted(_compare_runbooks(old, new), key=lambda change: topics.index(change.topic)))


def _compare_runbooks(old: Runbook, new: Runbook) -> Iterator[Change]:
    yield from compare_steps(old, new)
    if old.exception != new.exception:
        yield changed("exits", "", "every exit that is not written leads to", old.exception, new.exception)
    for field, (topic, called) in _BY_NAME.items():
        was, now = getattr(old, field), getattr(new, field)
        for name in dict.fromkeys([*was, *now]):
            if was.get(name) != now.get(name):
                yield changed(topic, "", f"{called} {name}", was.get(name), now.get(name))
    yield from _compare_probes("looked at before the start", old.preflight, new.preflight)
    yield from _compare_probes("watched during the run", old.stop_when, new.stop_when)
    yield from _compare_policy(old.policy, new.policy)
    shuffled = [name for name in _IN_ANY_ORDER if set(getattr(old, name)) == set(getattr(new, name))]
    yield from compare_fields(old, new, _TOPICS_OF_A_RUNBOOK, (*_RUNBOOK_TOLD_ELSEWHERE, *shuffled), "")


def _compare_probes(called: str, old: Iterable[Probe], new: Iterable[Probe]) -> Iterator[Change]:
    was, now = {one.id: one for one in old}, {one.id: one for one in new}
    for name in dict.fromkeys([*was, *now]):
        if was.get(name) != now.get(name):
            yield changed("checks", "", f"{name}, {called}", was.get(name), now.get(name))
    shared = [one for one in was if one in now], [one for one in now if one in was]
    if shared[0] != shared[1]:
        yield changed("checks", "", f"the order of what is {called}", tuple(shared[0]), tuple(shared[1]))


def _compare_policy(old: Policy, new: Policy) -> Iterator[Change]:
    for part in _PARTS:
        was, now = getattr(old, part), getattr(new, part)
        names: dict[str, tuple[Topic, str]] = {
            name: ("policy", _TERMS.get((part, name), f"{part} {name.replace('_', ' ')}"))
            for name in type(was).model_fields
        }
        yield from compare_fields(was, now, names, (), "")
    if old.max_run != new.max_run:
        yield changed("policy", "", "the whole run", old.max_run, new.max_run)


SAME = "Comments and order only: the procedure is the same."
Books = Mapping[str, Runbook]
Pair = tuple[str, tuple[Change, ...]]


def compare_books(old: Books, new: Books) -> list[Pair]:
    """The changes of each runbook, by its id. One alone on both sides is compared though its id may be another."""
    if len(old) == len(new) == 1:
        (was,), (now,) = old.values(), new.values()
        return [(now.id, compare_runbooks(was, now))]
    pairs: list[Pair] = []
    for id_ in dict.fromkeys([*old, *new]):
        if id_ not in new:
            pairs.append((id_, (Change("runbook", "", f"the runbook {id_} is gone: “{old[id_].title}”", id_),)))
        elif id_ not in old:
            pairs.append((id_, (Change("runbook", "", f"the runbook {id_} is new: “{new[id_].title}”", "", id_),)))
        else:
            pairs.append((id_, compare_runbooks(old[id_], new[id_])))
    return pairs


def as_text(pairs: Iterable[Pair]) -> str:
    """For a terminal: a heading for each topic, a line for each change."""
    return "\n\n".join(_text(id_, changes, len(changes)) for id_, changes in pairs)


def _text(id_: str, changes: tuple[Change, ...], count: int) -> str:
    if not changes:
        return f"{id_}: {SAME[0].lower()}{SAME[1:]}"
    lines = [f"{id_}: {count} change{'' if count == 1 else 's'} of the procedure"]
    for topic, found in groupby(changes, key=lambda one: one.topic):
        lines += ["", topic.capitalize(), *(f"  {_line(one)}" for one in found)]
    return "\n".join(lines)


def _line(change: Change) -> str:
    return f"{change.step}: {change.words}" if change.step else change.words


def as_json(pairs: Iterable[Pair]) -> str:
    """For programs: a list of runbooks, each with its changes."""
    told = [
        {"runbook": id_, "same": not changes, "changes": [asdict(change) for change in changes]}
        for id_, changes in pairs
    ]
    return json.dumps(told, indent=2, ensure_ascii=False)
