"""What people read of hands: what Handrail does by itself just now, how it ended, and why it does not."""

from collections.abc import Iterator

from bot.format.runbook import Decide, RunStep
from bot.format.text import spoken_duration
from bot.render.message import Block, command_block, context, foreign, list_block, section, slack_date
from bot.render.prose import say_value, spoken_name
from bot.run.hands.events import (
    ActionAsked,
    ActionFinished,
    ActionLost,
    ActionStarted,
    CancelAsked,
    HandsDeclined,
    HandsEvent,
    HandsReady,
    LookedAgain,
    TakenByHand,
)
from bot.run.hands.rules import attempts_of, retry_at
from bot.run.law.scope import title_of
from bot.run.state import Run

_MOST = 1_000


def hands_blocks(run: Run) -> Iterator[Block | None]:
    """What hands have to do with the step where the run stands, above its buttons."""
    hands = run.hands
    now, last = hands.here, hands.last
    if isinstance(run.book.by_id.get(hands.step), Decide):
        yield from _beside_choice(run)
    elif now is not None and now.cancelled is not None:
        yield section(
            f":octagonal_sign: *This was cancelled* {slack_date(now.cancelled)}; Handrail ends it on "
            f"`{foreign(now.event.host)}`."
        )
    elif now is not None:
        step = run.book.by_id[now.event.step]
        usual = "" if step.typical is None else f"usually {spoken_duration(int(step.typical.total_seconds()))}, "
        since = f"{slack_date(now.at)} ({slack_date(now.at, '{ago}', 'just now')})"
        which = f"attempt {now.event.attempt} of {attempts_of(step)}, " if now.event.attempt > 1 else ""
        yield section(
            f":gear: *Handrail does this now* on `{foreign(now.event.host)}`, {which}since {since}, {usual}"
            f"{spoken_duration(now.event.limit)} at most."
        )
        yield context(
            "Nobody has to do anything; you may rest your eyes. It says here how it ended, and calls who is needed."
        )
    elif hands.asked is not None:
        yield section(":gear: *Handrail starts this in a moment.*")
    elif hands.by_hand:
        yield context(":hand: This is done by hand.")
    elif hands.declined:
        yield section(f":hand: *Handrail does not do this one.* {foreign(hands.declined, _MOST)}")
    elif last is not None:
        yield from _again(run)
        yield section(f":large_orange_circle: *{foreign(verdict(run, last), _MOST)}*")
        lines = list(found_lines(run, last))
        yield list_block(lines) if lines else None
    elif hands.ready:
        yield context(":gear: Handrail runs this once you press Run it.")
    for other in hands.running:
        if other is not now and not isinstance(run.book.by_id[other.event.step], Decide):
            title = title_of(run, other.event.step)
            yield section(f":warning: “{foreign(title)}” still runs on `{foreign(other.event.host)}`.")


def _beside_choice(run: Run) -> Iterator[Block | None]:
    """What Handrail read for whoever chooses, or why it did not."""
    now, last = run.hands.here, run.hands.last
    if now is not None:
        yield section(f":gear: *Handrail looks at this now* on `{foreign(now.event.host)}`. What it finds comes here.")
    elif run.hands.declined:
        yield section(f":hand: *Handrail does not look at this.* {foreign(run.hands.declined, _MOST)}")
    elif isinstance(last, ActionLost):
        yield section(f":large_orange_circle: *Handrail could not look at this.* {foreign(last.why, _MOST)}")
    elif last is not None and not last.ok:
        yield section(f":large_orange_circle: *Handrail could not look at this.* {foreign(_why_unseen(last), _MOST)}")
    elif last is not None and run.hands.last_at is not None:
        yield section(f":mag: *Handrail found this*, {slack_date(run.hands.last_at)}:")
    if isinstance(last, ActionFinished) and now is None:
        yield command_block(last.shown or "Nothing was printed.") if last.shown or last.ok else None


def _why_unseen(last: ActionFinished) -> str:
    return {"cancelled": "It was cancelled."}.get(last.ended, last.trouble)


def _again(run: Run) -> Iterator[Block]:
    """That it is tried again by itself, when that is so."""
    at = retry_at(run)
    if at is not None:
        most, next_ = attempts_of(run.book.by_id[run.hands.step]), run.hands.attempts + 1
        yield section(f":gear: *Handrail tries this again by itself*, {slack_date(at)}: attempt {next_} of {most}.")


def verdict(run: Run, last: ActionFinished | ActionLost) -> str:
    """How a command ended, in one sentence."""
    title = f"“{title_of(run, last.step)}”"
    if isinstance(last, ActionLost):
        return f"{title}: nobody knows how it ended. {last.why}"
    after = f"after {spoken_duration(max(1, round(last.milliseconds / 1000)))}"
    if last.ok:
        return f"{title} is as it should be, {after}."
    if last.ended == "limit":
        return f"{title} was ended at its limit, {after}: nobody knows what it did."
    if last.ended == "cancelled":
        did = ": nobody knows what it did" if isinstance(run.book.by_id[last.step], RunStep) else ""
        return f"{title} was cancelled, {after}{did}."
    if last.ended == "not started":
        return f"{title} could not be started. {last.trouble}".strip()
    return f"{title} is not as it should be, {after}. {last.trouble}".strip()


def found_lines(run: Run, last: ActionFinished | ActionLost) -> Iterator[str]:
    """What was expected and did not hold, and what was found."""
    if isinstance(last, ActionFinished):
        yield from (f"Expected: {one}" for one in last.failed)
        yield from (f"Found, {spoken_name(name)}: {say_value(run, name, one)}" for name, one in last.captured.items())


def say_hands(event: HandsEvent, title: str) -> str:
    """One record as a line, after the name of who did it; without a full stop."""
    match event:
        case HandsReady(worker=worker):
            return f"{title}: hands {worker} can run it"
        case HandsDeclined(why=why):
            return f"{title} is done by hand: {why.removesuffix('.')}"
        case ActionAsked():
            return f"had Handrail run {title}"
        case ActionStarted(host=host, command=command):
            return f"{title} started on {host}: {command}"
        case ActionFinished():
            return f"{title} {_say_end(event)}"
        case ActionLost(why=why):
            return f"{title}: nobody knows how it ended: {why.removesuffix('.')}"
        case CancelAsked(words=words):
            return f"cancelled {title}" + (f": {words.removesuffix('.')}" if words else "")
        case TakenByHand():
            return f"does {title} by hand"
        case LookedAgain():
            return f"had Handrail look again at {title}"


def _say_end(event: ActionFinished) -> str:
    late = ", after the run had gone on" if event.late else ""
    code = "" if event.exit is None else f" with {event.exit}"
    how = {"exit": f"exited{code}", "status": f"answered{code}", "limit": "was ended at its limit",
           "cancelled": "was cancelled",
           "not started": "was not started", "refused": "could not be read",
           "waited": "is over"}[event.ended]  # fmt: skip
    well = "it was read" if event.shown else "as expected"
    judged = well if event.ok else "; ".join(event.failed) or event.trouble or "not as expected"
    return f"{how}{late} ({judged.removesuffix('.')})"
