"""What an owner team is told of its backups: what is wrong with them, from where to recover meanwhile, their return."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from bot.format.catalogue import Asset, Protection
from bot.format.text import spoken_duration
from bot.readiness.protection.events import (
    AllLost,
    Beat,
    PlanTaken,
    ProtectionEvent,
    RestoreTried,
    Returned,
    RungCalled,
    Silenced,
    SilenceEnded,
    SizeAccepted,
    Troubled,
)
from bot.readiness.protection.state import Copies, Standing
from bot.render.message import Message, compose, context, foreign, mention_all, section, slack_moment
from bot.run.situation import Somebody


def protection_wrong(asset: Asset, protection: Protection, here: Standing) -> Message:
    """What is wrong with the copies of a protection, and what to do; the words change only with what is recorded."""
    what = "; ".join(_said(one) for one in here.copies if one.wrong)
    title = f"{asset.name}, {protection.id}"
    lead = f":warning: *{foreign(title, 160)}*: {foreign(what, 400)}."
    started = f" It is started by {foreign(protection.started_by, 120)}." if protection.started_by else ""
    return compose(
        f"{title}: {what}.",
        section(f"{lead}\n{_newest(here)}"),
        *(section(line) for line in _switch(here)),
        context(
            f"Next: look why “{foreign(protection.method, 200)}” is not as it should be.{started} "
            f"`handrail protections {foreign(asset.id, 64)}` has the record; this message says when it has returned."
        ),
    )


def protection_right(asset: Asset, protection: Protection, here: Standing) -> Message:
    """That a protection is as it should be again; where a place went out of the plan, that nothing returned there."""
    title = f"{asset.name}, {protection.id}"
    newest = here.newest
    left = "; ".join(_said(one) for one in here.left if one.wrong)
    if left:
        said = (
            f"{left}: this was not mended. The catalogue asks for no copy there any more; of the rest nothing is wrong."
        )
        return compose(
            f"{title}: {said}",
            section(f":grey_question: *{foreign(title, 160)}*: {foreign(said, 600)}"),
            broadcast=True,
        )
    of = f" The newest restore point is of {slack_moment(newest.of)}." if newest is not None else ""
    plain = f" The newest restore point is of {newest.of:%Y-%m-%d %H:%M} UTC." if newest is not None else ""
    return compose(
        f"{title}: right again.{plain}",
        section(f":white_check_mark: *{foreign(title, 160)}* is right again.{of}"),
        broadcast=True,
    )


def protection_gone() -> Message:
    """That nobody asks for a protection any more of which something was wrong."""
    said = "This protection is no longer in the catalogue. What was wrong with it was not mended."
    return compose(said, section(f":grey_question: {said}"), broadcast=True)


def all_copies_lost(
    asset: Asset, protection: Protection, here: Standing, people: Sequence[Somebody], rung: int
) -> Message:
    """The call of a rung: there is no restore point that is young enough, at no place."""
    title = f"{asset.name}, {protection.id}"
    who = mention_all(people) or "nobody is on call"
    after = "" if rung == 1 else " Nobody has begun yet."
    return compose(
        f"All copies of {title} are lost: the target and the secondary are late.{after}",
        section(f":rotating_light: {who} *All copies of {foreign(title, 160)} are lost*: both places are late.{after}"),
        section(_newest(here)),
        context(
            f"Next: `/recover {foreign(asset.id, 64)}`. A run on it, a good restore point or a silence ends these "
            "calls; otherwise the next rung is called."
        ),
    )


def wrong_words(here: Standing) -> Iterator[str]:
    """What is wrong, place by place."""
    for one in here.copies:
        yield from (f"{wrong.what} at {one.place}" for wrong in one.wrong)


def _said(one: Copies) -> str:
    return f"{_listed(wrong.what for wrong in one.wrong)} at {one.place}"


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _newest(here: Standing) -> str:
    newest = here.newest
    allowed = spoken_duration(int((here.every + here.grace).total_seconds()))
    if newest is None:
        return f"No good restore point was ever heard of. There should be one of the last {allowed}."
    return f"The newest good restore point is of {slack_moment(newest.of)}; it should be younger than {allowed}."


def _switch(here: Standing) -> Iterator[str]:
    """From where to recover when the target is lost and the secondary is not."""
    first, *others = here.copies
    if not first.is_lost:
        return
    for one in others:
        if one.newest is not None and not one.is_lost:
            yield f"Recover from *{foreign(one.place, 64)}* meanwhile: its copy is of {slack_moment(one.newest.of)}."


def measured_words(here: Standing, now: datetime) -> str:
    """How much would be lost now."""
    measured = here.measured_rpo(now)
    return "not known" if measured is None else spoken_duration(int(measured.total_seconds()))


def event_words(event: ProtectionEvent) -> str:
    """What happened, in a line of plain text."""
    match event:
        case PlanTaken(every=every, grace=grace, places=places):
            if not places:
                return "no longer in the catalogue: nothing is asked of it"
            return f"plan: every {_spoken(every)}, grace {_spoken(grace)}, at {', '.join(places)}"
        case Beat():
            size = f", {event.size} bytes" if event.size is not None else ""
            said = f": {event.said}" if event.said else ""
            return f"heard: {event.outcome}, of {event.of:%Y-%m-%d %H:%M:%S} UTC, at {event.place}{size}{said}"
        case RestoreTried():
            said = f": {event.said}" if event.said else ""
            return f"restore {'worked' if event.worked else 'failed'} from {event.place}{said}"
        case Troubled():
            size = f" ({event.size} bytes, usually {event.usual})" if event.size is not None else ""
            return f"{event.what} at {event.place}{size}"
        case Returned():
            what = _listed(event.what) if event.what else "all copies lost"
            return f"right again at {event.place}: {what} since {event.since:%Y-%m-%d %H:%M} UTC is over"
        case AllLost():
            return "all copies are lost"
        case RungCalled():
            return f"rung {event.rung} called: {', '.join(event.people) or 'nobody'}"
        case Silenced():
            return f"silent until {event.until:%Y-%m-%d %H:%M} UTC: {event.reason}"
        case SilenceEnded():
            return "told again"
        case SizeAccepted():
            return f"the size at {event.place} is as it should be: {event.reason}"
        case _:
            assert_never(event)


def _spoken(length: timedelta) -> str:
    return spoken_duration(int(length.total_seconds()))
