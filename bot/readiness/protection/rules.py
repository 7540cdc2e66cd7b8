"""The rules of a protection's record: what is heard, or how late it is -> what happens.

1. What is heard is recorded as it was said. What is wrong with it is an event of its own, once, until it has returned.
2. A restore point is good when it was made, is at a place of the plan, is not damaged, and is not less than half as
   large as the points before it usually are.
3. Damaged is what says so, what fails a restore test, and what has another checksum than it had before.
4. Late is a place without a good restore point younger than `every` and `grace`. A place of which nothing was ever
   heard is not late: that is for the findings to say, or whoever begins with heartbeats would be called at once.
5. Only a good restore point at the same place returns it, young enough and newer than what is bad there. An edit of the
   plan returns nothing: a place that was taken out of it while something was wrong comes back as it was.
6. All is lost when the plan has a secondary and both places are late, until a good restore point comes at a place of
   the plan, or the plan has no second place any more.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median

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
    Trouble,
    Troubled,
)
from bot.readiness.protection.state import Copies, Point, Standing, evolve

Events = tuple[ProtectionEvent, ...]
SMALL = 0.5
"""Below this share of what is usual, a restore point is too small."""
ENOUGH, LOOKED_AT = 3, 9
"""Sizes that have to be known before one is held against them, and how many of the newest are looked at."""
AHEAD = timedelta(minutes=5)
"""So far a restore point may lie in the future: clocks differ."""
LONGEST_SILENCE = timedelta(days=90)


class Unfit(Exception):
    """What was sent cannot be taken; the sentence says why, and what can."""


def take_plan(here: Standing, plan: PlanTaken, at: datetime) -> Events:
    """Hold the protection to what the catalogue says of it from now on."""
    now = PlanTaken(here.every, here.grace, here.places)
    return () if plan == now else _and_what_follows(here, (plan,), at)


def hear(here: Standing, beat: Beat, at: datetime) -> Events:
    """Take what was heard. The same, word for word, as what is known of that restore point already, is nothing new."""
    if beat.of > at + AHEAD:
        raise Unfit("`of` lies in the future: it is the moment to which the restore point leads back.")
    copies = here.at(beat.place)
    if copies is None:
        if not here.places:
            raise Unfit("This protection has no plan yet.")
        events: Events = (beat, *_once(here, here.places[0], "wrong place", beat.of))
        return _and_what_follows(here, events, at)
    if _is_known(copies, beat, here.lost_since):
        return ()
    return _and_what_follows(here, (beat, *_judge(here, copies, beat, at)), at)


def _is_known(copies: Copies, beat: Beat, lost_since: datetime | None) -> bool:
    known = next((one for one in copies.points if one.of == beat.of), None)
    said = Point(beat.of, beat.of, good=True, size=beat.size, checksum=beat.checksum, seconds=beat.seconds)
    return (
        known is not None and beat.outcome == "ok" and known.good and not copies.wrong and lost_since is None
        and (known.size, known.checksum, known.seconds) == (said.size, said.checksum, said.seconds)
    )  # fmt: skip


def _judge(here: Standing, copies: Copies, beat: Beat, at: datetime) -> Events:
    before = next((one for one in copies.points if one.of == beat.of), None)
    changed = before is not None and None not in (before.checksum, beat.checksum) and before.checksum != beat.checksum
    usual = usual_size(copies)
    if beat.outcome == "failed":
        return _once(here, beat.place, "failed", beat.of)
    if before is not None and not before.good:
        return ()  # what was held against this point is not taken back by saying it again
    if beat.outcome == "damaged" or changed:
        return (Troubled(beat.place, "damaged", beat.of),)
    if beat.size is not None and usual is not None and beat.size < SMALL * usual:
        return (Troubled(beat.place, "too small", beat.of, beat.size, usual),)
    is_young = at < beat.of + here.every + here.grace
    is_newest = all(one.good or one.of < beat.of for one in copies.points)
    return _returned(here, copies) if is_young and is_newest else ()


def _returned(here: Standing, copies: Copies) -> Events:
    """What was wrong at this place is over, and with it that all is lost, also where the place is new in the plan."""
    since = [*(one.since for one in copies.wrong), *((here.lost_since,) if here.lost_since is not None else ())]
    return (Returned(copies.place, tuple(one.what for one in copies.wrong), min(since)),) if since else ()


def _once(here: Standing, place: str, what: Trouble, of: datetime | None) -> Events:
    copies = here.at(place)
    return () if copies is not None and copies.has(what) else (Troubled(place, what, of),)


def usual_size(copies: Copies) -> int | None:
    """The middle of the sizes of the newest good points; None while too few are known."""
    since = copies.accepted_at
    good = [one for one in copies.points if one.good and (since is None or one.heard_at >= since)]
    sizes = [one.size for one in good if one.size is not None][-LOOKED_AT:]
    return int(median(sizes)) if len(sizes) >= ENOUGH else None


def hear_test(here: Standing, test: RestoreTried, at: datetime) -> Events:
    """Take the result of a restore test. One that failed is held against the point that it was made from."""
    copies = here.at(test.place)
    if copies is None:
        raise Unfit(f"This protection keeps nothing at “{test.place}”; it has {', '.join(here.places)}.")
    newest = copies.newest
    of = test.of or (newest.of if newest is not None else None)
    events: Events = (test,) if test.worked else (test, Troubled(test.place, "damaged", of))
    return _and_what_follows(here, events, at)


def silence(asked: Silenced, at: datetime) -> Events:
    """Tell nobody for a while, for a reason."""
    if not asked.reason.strip():
        raise Unfit("Say why: whoever wonders tomorrow reads it.")
    if not at < asked.until <= at + LONGEST_SILENCE:
        raise Unfit(f"A silence ends within {LONGEST_SILENCE.days} days from now.")
    return (asked,)


def end_silence(here: Standing) -> Events:
    """Tell again."""
    return (SilenceEnded(),) if here.silent_until is not None else ()


def accept_size(here: Standing, asked: SizeAccepted) -> Events:
    """Take the smaller size as the usual one from now on."""
    copies = here.at(asked.place)
    if copies is None or not copies.has("too small"):
        raise Unfit("Nothing is too small there.")
    if copies.has("damaged"):
        raise Unfit("Something there is damaged too: only a good restore point returns that.")
    if not asked.reason.strip():
        raise Unfit("Say why the size is right: whoever wonders tomorrow reads it.")
    left = tuple(one.what for one in copies.wrong if one.what != "too small")
    since = min(one.since for one in copies.wrong)
    return (asked,) if left else (asked, Returned(copies.place, ("too small",), since))


def call(here: Standing, asked: RungCalled) -> Events:
    """Call the next rung, while all is lost; whoever asks for another one than the next comes too late."""
    return (asked,) if here.lost_since is not None and asked.rung == len(here.called) + 1 else ()


def look(here: Standing, at: datetime) -> Events:
    """What has become late by now, and a silence that is over."""
    ended: Events = (SilenceEnded(),) if here.silent_until is not None and here.silent_until <= at else ()
    return _and_what_follows(here, ended, at)


def _and_what_follows(here: Standing, events: Events, at: datetime) -> Events:
    """These, and what they make late or lost."""
    after = folded(here, events, at)
    late = tuple(
        Troubled(one.place, "late", one.newest.of if one.newest else None)
        for one in after.copies
        if _is_late(after, one, at)
    )
    after = folded(after, late, at)
    lost = len(after.places) > 1 and after.lost_since is None and all(one.is_lost for one in after.copies)
    return (*events, *late, *((AllLost(),) if lost else ()))


def folded(here: Standing, events: Iterable[ProtectionEvent], at: datetime) -> Standing:
    """How it stands once these have happened."""
    for event in events:
        here = evolve(here, event, at)
    return here


def _is_late(here: Standing, one: Copies, at: datetime) -> bool:
    by = late_at(here, one)
    return by is not None and by <= at and not one.is_lost


def late_at(here: Standing, one: Copies) -> datetime | None:
    """When a place is late unless a good restore point comes; None where none is expected yet."""
    newest = one.newest
    if newest is None and not one.points and not one.wrong:
        return None
    return (one.since if newest is None else newest.of) + here.every + here.grace


def next_due(here: Standing) -> datetime | None:
    """When it has to be looked at next."""
    times = [late_at(here, one) for one in here.copies if not one.is_lost]
    return min((one for one in (*times, here.silent_until) if one is not None), default=None)


def take(here: Standing, asked: Beat | RestoreTried | Silenced | SizeAccepted | None, at: datetime) -> Events:
    """Take whatever was reported; None ends a silence."""
    match asked:
        case Beat():
            return hear(here, asked, at)
        case RestoreTried():
            return hear_test(here, asked, at)
        case Silenced():
            return silence(asked, at)
        case SizeAccepted():
            return accept_size(here, asked)
        case None:
            return end_silence(here)
