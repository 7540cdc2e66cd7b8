"""The law once a run is over: who may tell a lesson or add a follow-up, and when its owner is reminded.

1. Lessons, follow-ups and answers come once the run is over, and move nothing in it.
2. A follow-up has an owner and a day. Its owner is reminded until somebody says that it is done, and never after.
3. Anybody whom the run knows may tell, add and finish; whoever owns a follow-up may finish it.
4. The two questions are for whoever operated the run; the last answer to each counts.
5. When a milestone was reached can be put right by anybody whom the run knows, with a reason; the record keeps all.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from bot.format.shapes import read_instant
from bot.run.after.events import (
    FollowUpAdded,
    FollowUpDone,
    FollowUpHandedOn,
    FollowUpReminded,
    LessonTold,
    MilestoneSet,
    Rated,
)
from bot.run.after.questions import CLARITY, NOWHERE
from bot.run.after.reminders import LONGEST, next_reminder, zone_of
from bot.run.after.state import FollowUp
from bot.run.commands import (
    AddFollowUp,
    AfterCommand,
    FinishFollowUp,
    NoteHandedOn,
    Rate,
    Refused,
    SetMilestone,
    TellLesson,
)
from bot.run.events import Event
from bot.run.law.answers import MOST_WORDS, claimed_instant, require_words
from bot.run.situation import Somebody, Stamp
from bot.run.state import Run

MOST_LESSONS = 200
MOST_FOLLOW_UPS = 100


def say_after(run: Run, command: AfterCommand, stamp: Stamp) -> Event:
    """What is said about a run that is over; Refused when it is not, or when it cannot be."""
    if not run.over:
        raise Refused(f"{run.start.ref} goes on. Lessons and follow-ups come when it has ended; until then add a note.")
    match command:
        case SetMilestone():
            return _set_milestone(command, stamp)
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
    claimed = claimed_instant(command.at, field="at")
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


def _owner(run: Run, command: AddFollowUp) -> tuple[Somebody, Somebody | None]:
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
        raise Refused(f"{who} said so already, on {found.done_at:%d %b %Y at %H:%M} UTC.")
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
