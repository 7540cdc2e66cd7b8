"""What can happen in the record of a person, and in that of a runbook's reviews. Kinds on disk are for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AccountGone:
    """Slack says that the account of this person is deactivated."""


@dataclass(frozen=True, slots=True)
class AccountBack:
    """It is there again."""


@dataclass(frozen=True, slots=True)
class ContactAsked:
    """They are asked whether this is how they are reached; `of` tells one set of contacts from another."""

    of: str


@dataclass(frozen=True, slots=True)
class ContactConfirmed:
    """They say that it is."""

    of: str


@dataclass(frozen=True, slots=True)
class VersionShown:
    """What is new in a version of a runbook is shown to them."""

    runbook: str
    digest: str


@dataclass(frozen=True, slots=True)
class VersionRead:
    """They say that they have read it."""

    runbook: str
    digest: str


@dataclass(frozen=True, slots=True)
class ShiftBegan:
    """Their turn in a rotation began then, and they are told what it brings."""

    rotation: str
    since: datetime


PersonEvent = AccountGone | AccountBack | ContactAsked | ContactConfirmed | VersionShown | VersionRead | ShiftBegan
PERSON_KINDS: Mapping[str, type[PersonEvent]] = {
    "account-gone": AccountGone,
    "account-back": AccountBack,
    "contact-asked": ContactAsked,
    "contact-confirmed": ContactConfirmed,
    "version-shown": VersionShown,
    "version-read": VersionRead,
    "shift-began": ShiftBegan,
}
"""Kind on disk -> event. A kind is never renamed and never used again for something else."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Somebody went through a version of a runbook; `wrong` are the questions that it did not pass."""

    by: str
    digest: str
    wrong: tuple[str, ...]
    said: str = ""


@dataclass(frozen=True, slots=True)
class ReviewSigned:
    """A peer agrees."""

    by: str


ReviewEvent = Reviewed | ReviewSigned
REVIEW_KINDS: Mapping[str, type[ReviewEvent]] = {"reviewed": Reviewed, "review-signed": ReviewSigned}
"""Kind on disk -> event, as above."""
