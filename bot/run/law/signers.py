"""Whether the sign-offs that are still to come can be given, and what would take the last signer away.

Nothing is refused for it: a recovery goes on. It is said before it happens, and people are called at once.
"""

from collections.abc import Mapping

from bot.format.runbook import Runbook, Signoff
from bot.run.commands import AsksBack, Command, HandOver, Knowing
from bot.run.law.scope import names_said, title_of
from bot.run.law.signing import digest_text, eligible_people, is_complete
from bot.run.places import AtStep, Over
from bot.run.situation import Stamp
from bot.run.state import Run, Unstarted, evolve

_ALL_THE_SAME: Mapping[str, str] = {
    "TakeOver": "Take over all the same", "HandOver": "Hand over all the same", "Accept": "Accept all the same",
    "Begin": "Begin all the same", "Finish": "Go on all the same", "Correct": "Correct it all the same",
}  # fmt: skip
_IF: Mapping[str, str] = {
    "TakeOver": "If you take over", "Accept": "If you accept", "Begin": "If you begin this",
    "Finish": "If you give this value", "Correct": "If you correct this value",
}  # fmt: skip


def can_be_given(run: Run, signoff: Signoff) -> bool:
    """Whether those who may sign it now are enough."""
    return is_complete(run, signoff, eligible_people(run, signoff)[0])


def ungivable(run: Run) -> tuple[Signoff, ...]:
    """The sign-offs that may still be needed, and that too few people may give as things stand."""
    return run.found("ungivable", _find_ungivable)


def _find_ungivable(run: Run) -> tuple[Signoff, ...]:
    return tuple(one for one in signoffs_ahead(run) if not can_be_given(run, one))


def as_started(run: Run) -> Run:
    """The run as its first record made it: whom its start alone bars."""
    started = evolve(Unstarted(run.id, run.book), run.start, Stamp(run.started_at, run.requester, "slack"))
    former = run.start.former
    return started if former is None else started.but(here=AtStep(former.step, 0, run.started_at))


def signoffs_ahead(run: Run) -> tuple[Signoff, ...]:
    """The sign-offs that a way on from here asks for, or that bind a step of it that is to be started."""
    here = run.here
    if isinstance(here, Over):
        return ()
    ahead = _ways_on(run.book, here.step)
    begun = {here.step} if isinstance(here, AtStep) and here.began is not None else set()
    bound = {one.id for step in ahead - begun for one in run.book.signoffs_of.get(step, ())}
    return tuple(one for one in run.book.steps if isinstance(one, Signoff) and (one.id in ahead or one.id in bound))


def _ways_on(book: Runbook, start: str) -> set[str]:
    """Steps that can be come to without holding at `exception` in between: from there everything can."""
    seen, waiting = {start}, [start]
    while waiting:
        for _, target in book.exits(book.by_id[waiting.pop()]):
            if target not in seen and target != book.exception:
                seen.add(target)
                waiting.append(target)
    return seen


def ask_back(before: Run, after: Run, command: Command) -> None:
    """AsksBack when this takes the last possible signer of a sign-off away, until whoever asks was told just that."""
    if not isinstance(command, Knowing):
        return
    if isinstance(command, HandOver):
        after = after.but(operator=command.to, operated=after.operated | {command.to})
    elif (before.operators, before.operator, before.given) == (after.operators, after.operator, after.given):
        return
    could = {one.id for one in signoffs_ahead(before) if can_be_given(before, one)}
    lost = [one for one in ungivable(after) if one.id in could]
    if not lost:
        return
    said = _say_loss(after, command, lost)
    AsksBack.unless_known(said, digest_text(said), _ALL_THE_SAME[type(command).__name__], command)


def _say_loss(after: Run, command: Knowing, lost: list[Signoff]) -> str:
    when = f"If {after.name_of(command.to)} operates" if isinstance(command, HandOver) else _IF[type(command).__name__]
    shortages = " ".join(say_shortage(after, one) for one in lost)
    return f"{when}, too few people are left to sign. {shortages}"


def say_shortage(run: Run, signoff: Signoff) -> str:
    """What it needs, and who is left: ``“Approve it” needs a signature of the lead, and nobody may still sign.``."""
    left = eligible_people(run, signoff)[0]
    roles = " or ".join(f"the {role.replace('_', ' ')}" for role in signoff.from_)
    many = f"{signoff.need} signatures" if signoff.need > 1 else "a signature"
    each = ", one for each role" if signoff.each else ""
    who = f"only {names_said(run, left)} may still sign" if left else "nobody may still sign"
    return f"“{title_of(run, signoff.id)}” needs {many} of {roles}{each}, and {who}."
