"""The words of each card as people will read them, with the sample facts filled in."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.format.runbook import Branch, Call, Decide, End, Join, Notify, Runbook, Signoff, StepBase
from bot.format.text import fill, spoken_duration
from bot.format.values import spoken_test
from bot.rehearsal.walk import Walked
from bot.run.law.scope import ShownStep, ground_of, names_of, show_step
from bot.run.law.signing import SigningContent, read_content
from bot.run.places import AwaitingSignature
from bot.run.state import Run


@dataclass(frozen=True, slots=True)
class Card:
    """A step as it is read: its title, and labelled lines in the order of the card."""

    step: str
    kind: str
    who: str
    title: str
    lines: tuple[tuple[str, str], ...]


def read_cards(walked: Walked) -> tuple[Card, ...]:
    """A card for every step that was reached, in the order of the file."""
    return tuple(_card(walked.seen[step.id], step) for step in walked.book.steps if step.id in walked.seen)


def _card(run: Run, step: StepBase) -> Card:
    shown = show_step(run, step)
    return Card(step.id, step.kind, step.who, shown.title, tuple(_lines(run, step, shown)))


def _lines(run: Run, step: StepBase, shown: ShownStep) -> Iterator[tuple[str, str]]:
    yield from (("why", shown.why),) if shown.why else ()
    yield from (("say", shown.say),) if shown.say else ()
    yield from _own(run, step)
    yield from (("on", shown.host),) if shown.host else ()
    yield from (("effect", shown.effect),) if shown.effect else ()
    yield from (("usually", spoken_duration(shown.typical)),) if shown.typical else ()
    yield from (("right when", text) for text in shown.expects)
    yield from (("undo", shown.undo),) if shown.undo else ()
    yield from (("caution", shown.caution),) if shown.caution else ()
    yield from (("command", shown.command),) if shown.command else ()
    asked = [*([shown.answer] if shown.answer else []), *shown.captures]
    yield from (("asks for", ", ".join(asked)),) if asked else ()


def _own(run: Run, step: StepBase) -> Iterator[tuple[str, str]]:
    """What only this kind of step shows."""
    match step:
        case Decide():
            yield from ((option.label, option.when) for option in step.options)
        case Branch():
            yield from _cases(run, step, run.book)
        case Call():
            yield "calls", step.runbook + (", and goes on meanwhile" if step.meanwhile else "")
        case Join():
            yield "waits for", ", ".join(run.book.by_id[one].title for one in run.book.joined_by(step))
        case Notify():
            yield "to", ", ".join(step.to)
        case End():
            yield "outcome", step.outcome
        case _ if isinstance(run.here, AwaitingSignature) and run.here.step == step.id:
            if isinstance(step, Signoff):
                yield "signs", (" and " if step.each else " or ").join(role.replace("_", " ") for role in step.from_)
            yield from _signed(read_content(run.here.content), run.here.need)
        case _:
            return


def _cases(run: Run, step: Branch, book: Runbook) -> Iterator[tuple[str, str]]:
    for case in step.cases:
        joined = " or " if case.when.any is not None else " and "
        said = joined.join(spoken_test(test, ground_of(run)) for test in case.when.tests)
        yield "when", f"{said}: {fill(book.by_id[case.go].title, names_of(run), strict=False)}"


def _signed(content: SigningContent, need: int) -> Iterator[tuple[str, str]]:
    yield "needs", "one signature" if need == 1 else f"{need} signatures"
    for bound in content.steps:
        yield "will happen", bound.title + (f"\n{bound.command}" if bound.command else "")
    yield from (
        (f"signs {name}", str(value if value is not None else "‹no value yet›")) for name, value in content.vars
    )
    yield "reads back", content.readback
