"""Words shared by the card, the thread and the terminal: plain text, neither escaped nor marked up."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.format.pieces import Value
from bot.format.runbook import Alone, Check, Decide, StepBase
from bot.format.text import show_value, spoken_duration
from bot.run.calls.rules import calls_out
from bot.run.events import OUTPUT
from bot.run.law.reviewing import reviewers
from bot.run.law.scope import title_of
from bot.run.places import Approval, AtStep, AwaitingReview, AwaitingRuns, AwaitingSignature, InCall, Over, Visit
from bot.run.situation import Somebody
from bot.run.state import Run
from bot.timeline.reckoning import damage_of

MODES = {"live": "LIVE", "drill": "DRILL", "training": "TRAINING"}
OUTCOMES = {
    "recovered": "Recovered",
    "partial": "Partly recovered",
    "aborted": "Stopped",
    "escalated": "Handed on to the lead",
    "not_applicable": "Not needed",
}
ROLES = {"operator": "the operator", "lead": "the lead", "peer": "a peer", "data_owner": "the data owner"}
_EXITS = {
    "ok": "Done", "problem": "There was a problem", "fail": "Failed", "try again": "Failed, tried again",
    "timeout": "Outcome unknown", "in part": "Worked in part",
    "unsure": "Not sure",
    "back": "Back to where we were", "approved": "Approved", "rejected": "Rejected", "expired": "Expired",
    "skipped": "Skipped", "went back": "Went back", "sent back": "Sent back to its sign-off", "else": "Otherwise",
    "does not match": "Did not match", "broken glass": "Glass broken", "called": "Called",
    "not opened": "Could not be opened", "done already": "Said to be done before its turn", "closed": "Closed as asked",
}  # fmt: skip
_IN_A_DRILL = {
    None: "Touch nothing live.",
    "run": "This is done in a drill too.",
    "simulate": "Do not run this. Say what it would do, then go on.",
    "skip": "Leave this out, and go on.",
}
_NOT_DONE = {
    "problem": "with a problem", "fail": "failed", "try again": "failed, and was tried again",
    "check": "found otherwise", "timeout": "with an unknown outcome", "in part": "done in part",
    "does not match": "did not match", "not opened": "not opened", "rejected": "rejected", "expired": "expired",
    "skipped": "skipped", "went back": "went back", "sent back": "sent back", "done already": "done before its turn",
}  # fmt: skip
"""Exit -> what is said of a step that ended so, behind a number; `check` is a check whose finding was another."""
_GOOD = frozenset({"ok", "approved", "recovered"})


def say_mode(run: Run) -> str:
    """``LIVE``, ``DRILL`` or ``TRAINING``."""
    return MODES[run.start.mode]


def say_erased(fields: Sequence[str]) -> str:
    """What was erased, before the number of its record: ``words that somebody typed in``."""
    return "what a command printed, of" if tuple(fields) == (OUTPUT,) else "words that somebody typed in"


def say_ref(run: Run) -> str:
    """``LIVE ORDERS-7``: how every notification begins, so that nobody takes a drill for real on a lock screen."""
    return f"{say_mode(run)} {run.start.ref}"


def say_drill(step: StepBase) -> str:
    """What a drill does with this step's command, as the author has it; nothing live is touched unless they say so."""
    return _IN_A_DRILL[step.drill]


def say_outcome(outcome: str) -> str:
    """An end's outcome in words."""
    plain = outcome.replace("_", " ")
    return OUTCOMES.get(outcome, plain[:1].upper() + plain[1:])


def say_receiver(to: str) -> str:
    """Whom a step told, as the runbook names them: `incident` is the run's own channel."""
    kind, _, name = to.partition(":")
    match kind:
        case "role":
            return say_role(name)
        case "team" | "channel":
            return f"the {kind} {name}"
        case _:
            return "the channel of the run" if to == "incident" else to


def say_role(role: str) -> str:
    """A role as it stands in a sentence: ``the data owner``."""
    plain = role.replace("_", " ")
    return ROLES.get(role, f"{'an' if plain[:1].casefold() in 'aeiou' else 'a'} {plain}")


def say_phase(phase: str | None) -> str:
    """A phase as a heading: ``Bring back``."""
    return (phase or "").replace("_", " ").replace("-", " ").capitalize()


def say_who(run: Run, person: str | None) -> str:
    """A person's name; somebody whom the catalogue does not know is said to be that."""
    if person is not None and person.startswith("slack:"):
        return f"{person.rpartition('/')[2]} (not in the catalogue)"
    return run.name_of(person)


def say_names(run: Run, people: Iterable[str], joined_by: str = "and") -> str:
    """``Ana Ruiz, Ben Okafor and Chen Li``."""
    return join_words([say_who(run, person) for person in people], joined_by)


def say_reviewers(run: Run) -> str:
    """Who may review a broken glass, by name as long as one of the run may."""
    return say_names(run, reviewers(run), "or") if reviewers(run) else "somebody who neither broke it nor operated"


def say_reviewed(run: Run) -> str:
    """What waits for a review: ``the broken glass``, or what was done before it was signed for."""
    done = bool(run.unreviewed) and all(one.already for one in run.unreviewed)
    return "what was done unsigned" if done else "the broken glass"


def say_unsigned(run: Run) -> str:
    """Who went on without signatures and waits for a review: ``Chen Wei broke the glass.``."""
    broke = list(dict.fromkeys(one.by for one in run.unreviewed if not one.already))
    did = list(dict.fromkeys(one.by for one in run.unreviewed if one.already))
    said = [f"{say_names(run, broke)} broke the glass."] if broke else []
    said += [f"{say_names(run, did)} said that something was done before it was signed for."] if did else []
    return " ".join(said)


def people_of(run: Run, people: Iterable[str]) -> tuple[Somebody, ...]:
    """The people behind the ids, in order; an id that the run does not know stands for itself."""
    known = run.members.known
    return tuple(known.get(person) or Somebody(person, say_who(run, person)) for person in dict.fromkeys(people))


def join_words(words: Sequence[str], joined_by: str = "and") -> str:
    """``a, b and c``; ``nobody`` when there are none."""
    if len(words) < 2:  # noqa: PLR2004  (one word is joined to nothing)
        return words[0] if words else "nobody"
    return f"{', '.join(words[:-1])} {joined_by} {words[-1]}"


def say_span(length: timedelta) -> str:
    """A length of time in its two largest units: ``1 h 30 min``."""
    return spoken_duration(max(0, int(length.total_seconds())))


def say_value(run: Run, name: str, value: Value | None) -> str:
    """A variable's value as others may see it: secrets never, blind answers only once they were compared."""
    return show_value(run.book.fields, run.hidden, name, value)


def spoken_name(name: str) -> str:
    """A variable's name as a person reads it: ``target time``."""
    return re.sub(r"[_-]+", " ", name)


def say_exit(run: Run, visit: Visit) -> str:
    """How a visit of a step ended: the label that was chosen, or a word."""
    if isinstance(run.book.by_id[visit.step], Decide) and visit.said and visit.exit not in ("skipped", "went back"):
        return visit.said
    return _EXITS.get(visit.exit) or say_outcome(visit.exit)


def went_well(run: Run, visit: Visit) -> bool:
    """Whether a visit moved the run forward as meant."""
    chosen = isinstance(run.book.by_id[visit.step], Decide) and visit.exit not in ("unsure", "skipped", "went back")
    return chosen or visit.exit in _GOOD or visit.exit.startswith("case ")


def visit_of(run: Run, step: str, visit: int) -> Visit | None:
    """The finished visit of a step, if it is finished."""
    found = (one for one in reversed(run.done) if one.step == step and one.visit == visit)
    return next(found, None)


def step_number(run: Run) -> int:
    """Which step of people's work the run is at, visits counted each; what the bot does alone is not counted."""
    done = sum(not isinstance(run.book.by_id[visit.step], Alone) for visit in run.done)
    return done if run.over else done + 1


def say_progress(run: Run) -> str:
    """``8 done, 1 check did not hold, 1 went back``; nothing at the first step."""
    ended = [visit for visit in run.done if not isinstance(run.book.by_id[visit.step], Alone)]
    other = Counter(said for visit in ended if (said := _say_not_done(run, visit)))
    done = len(ended) - other.total()
    parts = [f"{done} done"] if done else []
    return ", ".join([*parts, *(f"{other[word]} {word}" for word in _NOT_DONE.values() if other[word])])


def _say_not_done(run: Run, visit: Visit) -> str | None:
    """What became of a visit that was not simply done; None when it was."""
    is_check = isinstance(run.book.by_id[visit.step], Check)
    return _NOT_DONE.get("check" if visit.exit == "fail" and is_check else visit.exit)


def say_undo(undo: str, effect: str | None) -> tuple[str, str]:
    """The way back as a lead and what follows it: ``Undo``, ``No undo``, or ``Irreversible`` for what destroys."""
    plain = undo.removeprefix("No undo: ")
    return ("Undo" if plain == undo else "Irreversible" if effect == "destroy" else "No undo"), plain


def damage_began(run: Run) -> datetime | None:
    """When the damage began: as it was found on the way, else as it was typed at the start; None when nobody knows."""
    name, at = damage_of(run)
    return None if name in run.hidden else at


def due_by(run: Run) -> datetime | None:
    """Until when the asset has to be back: its RTO counted from the start of the run."""
    rto = run.start.asset.rto
    return run.started_at + timedelta(seconds=rto) if rto else None


def say_time_used(run: Run, at: datetime) -> str:
    """``1 h 12 min of the 4 h RTO (30 %)``; the time alone when the asset has no RTO."""
    used, rto = at - run.started_at, run.start.asset.rto
    if not rto:
        return say_span(used)
    return f"{say_span(used)} of the {spoken_duration(rto)} RTO ({used.total_seconds() / rto:.0%})"


def say_place(run: Run) -> str:
    """Where the run stands, in a sentence without a time."""
    if isinstance(run.here, Over):
        review = f", review open: {say_reviewed(run)} was not reviewed yet" if run.unreviewed else ""
        return f"{say_outcome(run.here.outcome)}{review}."
    title = title_of(run, run.here.step)
    match run.here:
        case AtStep():
            return f"Step {step_number(run)}: {title}"
        case AwaitingSignature(eligible=eligible, signed=signed):
            asked = [one for one in eligible if one not in signed]
            return f"Waiting for a signature of {say_names(run, asked, 'or')}: {title}"
        case InCall(ref=ref):
            return f"Waiting for {ref or 'another run'}: {title}"
        case AwaitingRuns(ending=ending):
            out = " and ".join(call.ref or title_of(run, call.step) for call in calls_out(run))
            return f"About to end: waiting for {out}" if ending is not None else f"Waiting for {out}: {title}"
        case AwaitingReview():
            return f"Waiting for a review of {say_reviewed(run)}: {title}"


def brief(run: Run, at: datetime) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What the next person needs to know, under headings: where, time, decisions, answers, sign-offs."""
    decisions = tuple(
        f"{title_of(run, one.step)}: {say_exit(run, one)} ({say_who(run, one.by)})"
        for one in run.done
        if isinstance(run.book.by_id[one.step], Decide)
    )
    answers = tuple(
        f"{spoken_name(name)}: {say_value(run, name, run.vars.get(name))} ({say_who(run, given.by)})"
        for name, given in run.given.items()
    )
    signed = tuple(f"{title_of(run, one.step)}: {say_approval(run, one)}" for one in run.approvals.values())
    waiting = (say_place(run),) if isinstance(run.here, AwaitingSignature) else ()
    parts = (
        ("Now", (say_place(run),)),
        ("Time", (f"Used {say_time_used(run, at)}.",)),
        ("Decisions", decisions[-8:]),
        ("Answers", answers[-12:]),
        ("Sign-offs", (*waiting, *signed)),
    )
    return tuple(part for part in parts if part[1])


def say_approval(run: Run, approval: Approval) -> str:
    """Who approved, or who went on without signatures, and until when it counts."""
    who = say_names(run, approval.signers)
    until = f", valid until {approval.valid_until:%H:%M} UTC" if approval.valid_until else ""
    return f"{who} broke the glass{until}" if approval.glass else f"approved by {who}{until}"


def ordinal(number: int) -> str:
    """``2nd``, ``12th``, ``21st``."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")  # noqa: PLR2004
    return f"{number}{ending}"


def ordinal_word(number: int) -> str:
    """``third``, ``21st``: a word up to the fifth."""
    return {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}.get(number, ordinal(number))
