"""What is told as a story of its own: decisions, sign-offs, deviations, pages, what was said afterwards."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.run.paging.events import PageReason

DeviationKind = Literal[
    "skipped", "went_back", "sent_back", "rejected", "expired", "void", "glass", "mismatch", "not_as_expected",
    "problem", "visits_spent", "corrected", "late_page", "page_failed", "nobody_reached", "declined", "barred",
    "erased", "elsewhere", "read_otherwise", "done_already", "end_asked",
]  # fmt: skip
"""How a run left the straight way.

``void``: signatures that counted no more. ``glass``: it was broken. ``not_as_expected``: what was found is not what the
step expects. ``problem``: a step ended badly, or nobody knows how. ``barred``: somebody who may not tried to sign.
``page_failed``: every channel beyond Slack of everybody whom a page called has failed; Slack where there is none.
``elsewhere``: another run went on from here. ``read_otherwise``: what was read did not hold, and was looked at again.
``done_already``: a step was done before its turn, or by others. ``end_asked``: an end that the asker might not choose.
"""

SignoffState = Literal["open", "approved", "rejected", "expired", "glass", "asked_again", "left"]
"""``asked_again``: for other content, or of other people. ``left``: the run went elsewhere before it was answered."""

PageOutcome = Literal["acknowledged", "acted_on", "superseded", "expired", "nobody"]
"""What came of a page. ``acknowledged``: somebody whom it called pressed I'm on it. ``acted_on``: somebody whom it
called did what it asks for. ``superseded``: somebody else was on it, or it was settled without them. ``expired``: the
request for signatures ran out. ``nobody``: none of these.
"""

ToldKind = Literal["lesson", "near_miss", "follow_up", "clarity", "hesitation"]


@dataclass(frozen=True, slots=True)
class Decision:
    """A line of a decision that was chosen, with what else was offered."""

    seq: int
    at: datetime
    step: str
    title: str
    visit: int
    offered: tuple[str, ...]
    """The labels that stood there."""
    chosen: str
    """The id of the option, ``unsure`` or ``back``."""
    label: str
    by: str
    by_name: str
    evidence: str
    took: timedelta
    """From the question to the answer."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody signed, and read back what they were asked to."""

    seq: int
    at: datetime
    person: str
    name: str
    role: str | None
    readback: str


@dataclass(frozen=True, slots=True)
class SignoffStory:
    """A sign-off that was asked for, from the question to how it ended. Asked again for other content is another."""

    seq: int
    at: datetime
    step: str
    title: str
    visit: int
    digest: str
    content: str
    """What was signed, word by word; `digest` is its SHA-256."""
    asked: tuple[str, ...]
    """Names of who might sign."""
    need: int
    expires_at: datetime
    signatures: tuple[Signature, ...]
    ended: SignoffState = "open"
    ended_at: datetime | None = None
    ended_by: str | None = None
    """The name of who ended it."""
    reason: str = ""
    void_since: datetime | None = None
    """When its signatures stopped to count; None when they never did."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """What was not as planned, by the record that says so."""

    seq: int
    at: datetime
    kind: DeviationKind
    by: str
    by_name: str
    step: str | None
    title: str | None
    words: str
    """The reason, or what was found; empty when nobody said."""
    late: timedelta | None = None


@dataclass(frozen=True, slots=True)
class PageStory:
    """People who were called, and what came of it."""

    seq: int
    number: int
    at: datetime
    was_due: datetime
    reason: PageReason
    people: tuple[str, ...]
    names: tuple[str, ...]
    via: tuple[str, ...]
    rung: int | None
    step: str | None
    figure: int | None
    down_since: datetime | None
    answered_by: str | None = None
    answered_at: datetime | None = None
    declined: tuple[str, ...] = ()
    """Names of who cannot come."""
    tries: int = 0
    reached: int = 0
    nobody_reached: bool = False
    pager_tries: int = 0
    """Attempts beyond Slack; `tries` counts all."""
    pager_reached: int = 0
    came_of: PageOutcome = "nobody"

    @property
    def is_answered(self) -> bool:
        """Whether somebody whom it called has answered it."""
        return self.came_of in ("acknowledged", "acted_on")

    @property
    def late(self) -> timedelta:
        """How long after it was due it was recorded."""
        return max(self.at - self.was_due, timedelta(0))

    @property
    def pager_failed(self) -> bool:
        """Whether channels beyond Slack were tried, and none of them took it."""
        return bool(self.pager_tries) and not self.pager_reached


@dataclass(frozen=True, slots=True)
class Told:
    """A lesson, a follow-up or the operator's answer, said of the run when it was over."""

    seq: int
    at: datetime
    by: str
    by_name: str
    kind: ToldKind
    words: str
    number: int = 0
    owner: str | None = None
    """The name of who does it."""
    due: str | None = None
    done_at: datetime | None = None
