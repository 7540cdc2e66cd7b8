"""After the end of a run: questions, lessons, follow-ups and their reminders, the post-mortem, erasing.

1. Lessons, follow-ups and answers come once the run is over, and move nothing in it.
2. A follow-up has an owner and a day. Its owner is reminded until somebody says that it is done, and never after.
3. Anybody whom the run knows may tell, add and finish; whoever owns a follow-up may finish it.
4. The two questions are for whoever operated the run; the last answer to each counts.
5. When a milestone was reached can be put right by anybody whom the run knows, with a reason; the record keeps all.
6. The post-mortem has an owner and is a draft, in review, or done; that it is done says somebody else, who read it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.format.moments import say_moment
from bot.format.pieces import read_instant
from bot.format.runbook import Decide, Work
from bot.run.after.events import (
    FollowUpAdded,
    FollowUpDone,
    FollowUpHandedOn,
    FollowUpReminded,
    LessonTold,
    MilestoneSet,
    PostmortemSet,
    PostmortemState,
    Question,
    Rated,
)
from bot.run.after.state import FollowUp
from bot.run.commands import (
    AddFollowUp,
    AfterCommand,
    Erase,
    FinishFollowUp,
    NoteHandedOn,
    Rate,
    Refused,
    SetMilestone,
    SetPostmortem,
    TellLesson,
)
from bot.run.events import Event, Redacted
from bot.run.law.answers import MOST_WORDS, claimed_instant, require_words
from bot.run.places import Due
from bot.run.situation import Somebody, Stamp
from bot.run.state import Run

QUESTIONS: tuple[Question, ...] = ("clarity", "hesitation")
NOWHERE = "nowhere"
CLARITY = ("1", "2", "3", "4", "5")
ANOTHER = "another"
"""Asks for a step that is not named: a press that opens a form, never an answer that is kept."""
_SLOWEST, _MOST = 4, 6
"""Steps that are named because they took long, and all that are named."""


def question_left(run: Run) -> Question | None:
    """The question that its operator has not answered yet. A called run asks none: the run that called it does."""
    if not run.over or run.operator is None or run.start.parent is not None:
        return None
    return next((one for one in QUESTIONS if one not in run.after.ratings), None)


def hesitated_steps(run: Run) -> tuple[str, ...]:
    """The steps at which somebody may have hesitated, in their order, six at most.

    Those of people that took longest against their typical time, all visits together; beside them those from which
    somebody went back, and those that were visited again.
    """
    spent: dict[str, float] = {}
    again: dict[str, None] = {}
    for visit in run.done:
        step = run.book.by_id[visit.step]
        if not isinstance(step, Work | Decide):
            continue
        if step.id in spent or visit.exit == "went back":
            again[step.id] = None
        usual = step.typical.total_seconds() if step.typical else 0.0
        spent[step.id] = spent.get(step.id, 0.0) + (visit.until - visit.since).total_seconds() - usual
    slowest = sorted(spent, key=lambda step: -spent[step])[:_SLOWEST]
    more = sorted((one for one in again if one not in slowest), key=lambda step: -spent[step])[: _MOST - len(slowest)]
    return tuple(step for step in spent if step in slowest or step in more)


def walked_steps(run: Run) -> tuple[str, ...]:
    """Every step of people that was walked, in order."""
    return tuple(dict.fromkeys(one.step for one in run.done if isinstance(run.book.by_id[one.step], Work | Decide)))


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


def erase_words(run: Run, command: Erase) -> Redacted:
    """The event that says so; Refused without a reason, or where no words are left."""
    reason = command.reason.strip()
    if not reason:
        raise Refused("Say why these words are erased.", field="reason")
    if not command.fields or not 1 <= command.of <= run.seq:
        raise Refused(
            f"Record {command.of} of {run.start.ref} holds no typed words, and no output of a command, or they were "
            "erased already."
        )
    return Redacted(command.of, command.fields, reason)


POSTMORTEM_STATES: tuple[PostmortemState, ...] = ("draft", "in_review", "done")
MOST_LESSONS = 200
MOST_FOLLOW_UPS = 100


def say_after(run: Run, command: AfterCommand, stamp: Stamp) -> Event:
    """What is said about a run that is over; Refused when it is not, or when it cannot be."""
    if not run.over:
        raise Refused(f"{run.start.ref} goes on. Lessons and follow-ups come when it has ended; until then add a note.")
    match command:
        case SetMilestone():
            return _set_milestone(command, stamp)
        case SetPostmortem():
            return _set_postmortem(run, command, stamp)
        case TellLesson():
            return _tell(run, command)
        case AddFollowUp():
            return _add(run, command, stamp)
        case FinishFollowUp():
            return _finish(run, command)
        case Rate():
            return _rate(run, command, stamp)


def note_handed_on(run: Run, command: NoteHandedOn) -> Iterator[Event]:
    """What the tracker answered. It comes at least once, so what is known already is no event."""
    found = run.after.follow_up(command.number)
    if found is not None and (found.handed_on is None or command.taken > found.handed_on.taken):
        yield FollowUpHandedOn(command.number, command.taken, command.answer[:MOST_WORDS])


def remind_next(run: Run, at: datetime) -> FollowUpReminded | None:
    """The reminder that is due longest at `at`; None when none is."""
    found = next_reminder(run)
    return found if found is not None and found.was_due <= at else None


def to_hand_on(run: Run) -> tuple[FollowUp, ...]:
    """Follow-ups that are to be done and that no tracker has answered about."""
    return tuple(one for one in run.after.to_do if one.handed_on is None) if run.over else ()


def _set_milestone(command: SetMilestone, stamp: Stamp) -> MilestoneSet:
    """A time that is over, with its offset, and why it is that one."""
    claimed = claimed_instant(command.at, None, field="at")
    if claimed is None:
        raise Refused("Write when it was, with its offset.", field="at")
    at = read_instant(claimed)
    if at > stamp.at:
        raise Refused("That time is not over yet.", field="at")
    return MilestoneSet(command.milestone, at, _require(command.reason, "Write how you know.", "reason"))


def owe_review(run: Run, at: datetime) -> FollowUpAdded:
    """The follow-up of a run that closed though nobody of it may review its broken glass. It was due when it broke."""
    glass = run.unreviewed[0]
    known = run.members.known.get(glass.by) or Somebody(glass.by, glass.by)
    what = "Have somebody who neither broke the glass nor operated review why it was broken"
    day = min(glass.at, at).astimezone(zone_of(known)).date()
    return FollowUpAdded(len(run.after.follow_ups) + 1, what, glass.by, day.isoformat(), review=True)


def review_owed(run: Run) -> FollowUp | None:
    """That follow-up, while it is to be done."""
    return next((one for one in run.after.to_do if one.review), None)


def _tell(run: Run, command: TellLesson) -> LessonTold:
    if len(run.after.lessons) >= MOST_LESSONS:
        raise Refused(f"{run.start.ref} has {MOST_LESSONS} lessons already. Add a note instead.")
    return LessonTold(_require(command.words, "Write what others can learn from this."), command.near_miss)


def _add(run: Run, command: AddFollowUp, stamp: Stamp) -> FollowUpAdded:
    if len(run.after.follow_ups) >= MOST_FOLLOW_UPS:
        raise Refused(f"{run.start.ref} has {MOST_FOLLOW_UPS} follow-ups already. Put more into your tracker.")
    what = _require(command.what, "Write what is to be done.", "what")
    owner, known = _owner(run, command)
    due = _require_day(command.due, owner, stamp)
    same = next((one for one in run.after.to_do if (one.what, one.owner, one.due) == (what, owner.id, due)), None)
    if same is not None:
        raise Refused(f"This is follow-up {same.number} already, added by {run.name_of(same.by)}.", field="what")
    return FollowUpAdded(len(run.after.follow_ups) + 1, what, owner.id, due, known)


def _set_postmortem(run: Run, command: SetPostmortem, stamp: Stamp) -> PostmortemSet:
    """Its owner and where it stands; that it is done, somebody else says, who has read it."""
    state = next((one for one in POSTMORTEM_STATES if one == command.state), None)
    if state is None:
        raise Refused("Choose where it stands: a draft, in review, or done.", field="state")
    owner, known = _owner(run, command)
    if state == "done" and stamp.by == owner.id:
        raise Refused("You look after it, so somebody else reviews it and says that it is done.", field="state")
    words = require_words(command.words, field="words") if command.words.strip() else ""
    now = run.after.postmortem
    if now is not None and (now.state, now.owner, now.words) == (state, owner.id, words):
        raise Refused(f"That is how it stands since {now.at:%d %b %Y at %H:%M} UTC.", field="state")
    return PostmortemSet(state, owner.id, words, known)


def _owner(run: Run, command: AddFollowUp | SetPostmortem) -> tuple[Somebody, Somebody | None]:
    """Who will own it, and what of them the record has to keep."""
    own = next((one for one in run.members.people if one.id == command.owner), None)
    if own is not None:
        return own, None
    if command.known is None or command.known.id != command.owner:
        raise Refused("Choose who looks after it: somebody of this run, or of the catalogue.", field="owner")
    return command.known, command.known


def _require_day(typed: str, owner: Somebody, stamp: Stamp) -> str:
    """A day from today on, where the owner is; Refused beside its field."""
    today = stamp.at.astimezone(zone_of(owner)).date()
    try:
        due = date.fromisoformat(typed.strip())
    except ValueError:
        raise Refused(f"Write the day as YYYY-MM-DD, such as {today + timedelta(days=7)}.", field="due") from None
    if due < today:
        raise Refused(f"That day is over. Where {owner.name} is, today is {today}.", field="due")
    if due > today + LONGEST:
        raise Refused("That is more than five years away. Choose a day that somebody will remember.", field="due")
    return due.isoformat()


def _finish(run: Run, command: FinishFollowUp) -> FollowUpDone:
    found = run.after.follow_up(command.number)
    if found is None:
        raise Refused("Choose the follow-up that is done.", field="number")
    if found.done_at is not None:
        who = run.name_of(found.done_by)
        raise Refused(f"{who} said so already, on {say_moment(found.done_at)}.")
    if found.review:
        raise Refused("This one is done by the review itself: press Review… on the card.")
    return FollowUpDone(found.number, command.words.strip()[:MOST_WORDS])


def _rate(run: Run, command: Rate, stamp: Stamp) -> Rated:
    walked = {visit.step for visit in run.done}
    answers = set(CLARITY) if command.question == "clarity" else {NOWHERE, *walked}
    if command.answer not in answers:
        raise Refused("Choose one of the answers.", field="answer")
    before = run.after.ratings.get(command.question)
    if before is not None and (before.answer, before.by) == (command.answer, stamp.by):
        raise Refused("That is your answer already. Thank you.")
    return Rated(command.question, command.answer)


def _require(text: str, otherwise: str, field: str = "words") -> str:
    if not text.strip():
        raise Refused(otherwise, field=field)
    return require_words(text, field=field)
