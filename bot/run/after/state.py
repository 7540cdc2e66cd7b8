"""What was said and done about a run once it was over, as its events have made it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from bot.run.after.events import (
    AfterEvent,
    FollowUpAdded,
    FollowUpDone,
    FollowUpHandedOn,
    FollowUpReminded,
    LessonTold,
    MilestoneName,
    MilestoneSet,
    PostmortemSet,
    PostmortemState,
    Question,
    Rated,
)
from bot.run.situation import Somebody, Stamp


@dataclass(frozen=True, slots=True)
class Lesson:
    """A story worth sharing; `seq` is the record that holds it."""

    seq: int
    words: str
    near_miss: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HandedOn:
    """What the team's tracker answered, and when."""

    taken: bool
    answer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Something to be done. `due` is a day, ``YYYY-MM-DD``, in the owner's time zone."""

    number: int
    what: str
    owner: str
    due: str
    by: str
    at: datetime
    known: Somebody | None = None
    """The owner, where the run itself does not know them."""
    done_by: str | None = None
    done_at: datetime | None = None
    said: str = ""
    """What was said when it was done."""
    reminded_at: datetime | None = None
    """When its owner was reminded last."""
    handed_on: HandedOn | None = None
    review: bool = False
    """It is the review of a broken glass: nobody marks it as done but who reviews."""

    @property
    def is_done(self) -> bool:
        return self.done_at is not None


@dataclass(frozen=True, slots=True)
class Rating:
    """The last answer to a question, and whose it was."""

    answer: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Postmortem:
    """Where the post-mortem stands; `by` said so, and reviewed it where it is done."""

    state: PostmortemState
    owner: str
    words: str
    by: str
    at: datetime
    known: Somebody | None = None


@dataclass(frozen=True, slots=True)
class After:
    """Lessons, follow-ups by their numbers from 1, and the answers to the two questions."""

    lessons: tuple[Lesson, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    ratings: Mapping[Question, Rating] = field(default_factory=dict)
    milestones: Mapping[MilestoneName, datetime] = field(default_factory=dict)
    """When milestones were reached, as people said afterwards."""
    postmortem: Postmortem | None = None
    """None until somebody says who looks after it."""

    @property
    def to_do(self) -> tuple[FollowUp, ...]:
        """Follow-ups that nobody has marked as done."""
        return tuple(one for one in self.follow_ups if not one.is_done)

    @property
    def owners(self) -> tuple[Somebody, ...]:
        """People who own a follow-up or the post-mortem without being one of the run's people."""
        owned = (*self.follow_ups, *(() if self.postmortem is None else (self.postmortem,)))
        return tuple({one.known.id: one.known for one in owned if one.known is not None}.values())

    def follow_up(self, number: int) -> FollowUp | None:
        """A follow-up by its number."""
        return self.follow_ups[number - 1] if 0 < number <= len(self.follow_ups) else None


def take_in(after: After, event: AfterEvent, stamp: Stamp, seq: int) -> After:
    """Where it stands after one more event, which is record `seq`."""
    match event:
        case MilestoneSet(milestone=milestone, at=at):
            return replace(after, milestones={**after.milestones, milestone: at})
        case PostmortemSet(state=state, owner=owner, words=words, known=known):
            return replace(after, postmortem=Postmortem(state, owner, words, stamp.by, stamp.at, known))
        case LessonTold(words=words, near_miss=near_miss):
            return replace(after, lessons=(*after.lessons, Lesson(seq, words, near_miss, stamp.by, stamp.at)))
        case FollowUpAdded(number=number, what=what, owner=owner, due=due, known=known, review=review):
            added = FollowUp(number, what, owner, due, stamp.by, stamp.at, known, review=review)
            return replace(after, follow_ups=(*after.follow_ups, added))
        case FollowUpDone(number=number, words=words):
            return _change(after, number, done_by=stamp.by, done_at=stamp.at, said=words)
        case FollowUpReminded(number=number):
            return _change(after, number, reminded_at=stamp.at)
        case FollowUpHandedOn(number=number, taken=taken, answer=answer):
            return _change(after, number, handed_on=HandedOn(taken, answer, stamp.at))
        case Rated(question=question, answer=answer):
            return replace(after, ratings={**after.ratings, question: Rating(answer, stamp.by, stamp.at)})
        case _:
            assert_never(event)


def _change(after: After, number: int, **changes: object) -> After:
    changed = (replace(one, **changes) if one.number == number else one for one in after.follow_ups)  # type: ignore[arg-type]
    return replace(after, follow_ups=tuple(changed))
