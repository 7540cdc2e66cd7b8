"""What was said and done about a run once it was over."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.run.situation import Somebody, Typed

Question = Literal["clarity", "hesitation"]
"""``clarity``: how clear the steps were, ``1`` to ``5``. ``hesitation``: where, a step's id or ``nowhere``."""

MilestoneName = Literal["began", "down", "noticed", "answered", "understood", "restored", "confirmed"]
"""The damage began, the service went down, somebody noticed, somebody answered, the cause is known, the service answers
again, the data has been confirmed. When a run closed is its record's alone."""


@dataclass(frozen=True, slots=True)
class MilestoneSet:
    """Somebody says when a milestone was reached; it counts more than what the record shows, and the last counts."""

    milestone: MilestoneName
    at: datetime
    reason: Typed


@dataclass(frozen=True, slots=True)
class LessonTold:
    """A story worth sharing, a near miss too."""

    words: Typed
    near_miss: bool = False


@dataclass(frozen=True, slots=True)
class FollowUpAdded:
    """Something to be done. `due` is a day, ``YYYY-MM-DD``."""

    number: int
    """1 for the run's first follow-up, then 2, …."""
    what: Typed
    owner: str
    due: str
    known: Somebody | None = None
    """The owner as the catalogue knew them, where they are none of the run's people."""
    review: bool = False
    """It is the review of a broken glass, which nobody of the run may give: the review alone does it."""


@dataclass(frozen=True, slots=True)
class FollowUpDone:
    number: int
    words: Typed = ""


@dataclass(frozen=True, slots=True)
class FollowUpReminded:
    """The owner is reminded: it was due at `was_due`."""

    number: int
    was_due: datetime


@dataclass(frozen=True, slots=True)
class FollowUpHandedOn:
    """It was offered to the team's tracker, and this is what the tracker answered."""

    number: int
    taken: bool
    answer: str


@dataclass(frozen=True, slots=True)
class Rated:
    """The operator's answer to one of the two questions; the last answer to each counts."""

    question: Question
    answer: str


PostmortemState = Literal["draft", "in_review", "done"]


@dataclass(frozen=True, slots=True)
class PostmortemSet:
    """Where the post-mortem stands, and who looks after it. Whoever says that it is done has reviewed it."""

    state: PostmortemState
    owner: str
    words: Typed = ""
    """Where it is kept, or what the review found."""
    known: Somebody | None = None
    """The owner as the catalogue knew them, where they are none of the run's people."""


AfterEvent = (
    MilestoneSet
    | PostmortemSet
    | LessonTold
    | FollowUpAdded
    | FollowUpDone
    | FollowUpReminded
    | FollowUpHandedOn
    | Rated
)
