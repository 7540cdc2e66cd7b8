"""When the owner of a follow-up is reminded: at nine in the morning where they are, and each week from then on."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.run.after.events import FollowUpReminded
from bot.run.after.state import FollowUp
from bot.run.places import Due
from bot.run.situation import Somebody
from bot.run.state import Run

NINE = time(9)
AGAIN = timedelta(days=7)
LONGEST = timedelta(days=5 * 365)
"""How far ahead a follow-up may be due."""


def reminder_due(run: Run) -> Due | None:
    """The next reminder of a run that is over; None when nothing is left to be done."""
    found = next_reminder(run)
    return None if found is None else Due(found.was_due, "reminder")


def next_reminder(run: Run) -> FollowUpReminded | None:
    """The reminder that comes first, with when it is due."""
    if not run.over:
        return None
    found = (FollowUpReminded(one.number, remind_at(one, owner_of(run, one))) for one in run.after.to_do)
    return min(found, key=lambda one: (one.was_due, one.number), default=None)


def owner_of(run: Run, follow_up: FollowUp) -> Somebody:
    """Who owns a follow-up, as the run or the catalogue knew them."""
    return run.members.known.get(follow_up.owner) or follow_up.known or Somebody(follow_up.owner, follow_up.owner)


def remind_at(follow_up: FollowUp, owner: Somebody) -> datetime:
    """The next moment at which the owner is reminded, in UTC.

    The first is nine o'clock of the day on which it is due, or of the next day when it was added later than that. Then
    it is each seventh day; what an outage made late is said once. Quiet hours move it to their end.
    """
    zone, first = zone_of(owner), _due_day(follow_up)
    if _at_nine(first, owner, zone) <= follow_up.at:
        first = max(first, follow_up.at.astimezone(zone).date())
        first += timedelta(days=_at_nine(first, owner, zone) <= follow_up.at)
    if follow_up.reminded_at is None:
        return _at_nine(first, owner, zone)
    passed = max((follow_up.reminded_at.astimezone(zone).date() - first) // AGAIN, 0)
    at = _at_nine(first + passed * AGAIN, owner, zone)
    return at if at > follow_up.reminded_at else _at_nine(first + (passed + 1) * AGAIN, owner, zone)


def zone_of(person: Somebody) -> tzinfo:
    """Where a person's clock stands; UTC when the name of their zone is none."""
    try:
        return ZoneInfo(person.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _due_day(follow_up: FollowUp) -> date:
    """The day on which it is due. A record from elsewhere may say anything, and no run may fall over it."""
    added = follow_up.at.date()
    try:
        return min(date.fromisoformat(follow_up.due), added + LONGEST)
    except ValueError:
        return added


def _at_nine(day: date, owner: Somebody, zone: tzinfo) -> datetime:
    """Nine o'clock on this day, or when the owner's quiet hours end if that is within them."""
    wall, quiet = datetime.combine(day, NINE), _quiet_hours(owner)
    if quiet is not None:
        begins, ends = quiet
        is_quiet = begins <= NINE < ends if begins <= ends else begins <= NINE or ends > NINE
        wall = datetime.combine(day + timedelta(days=ends <= NINE), ends) if is_quiet else wall
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _quiet_hours(owner: Somebody) -> tuple[time, time] | None:
    try:
        return (time.fromisoformat(owner.quiet[0]), time.fromisoformat(owner.quiet[1])) if owner.quiet else None
    except ValueError:
        return None
