"""The rules of upkeep: when somebody is asked what, and who signs a review.

1. Whoever may be called or acts is asked every 90 days whether they are still reached as the catalogue says, and at
   once when it says something else. It counts until then.
2. Whoever operates a runbook is shown what is new in it, once for each version, and says that they have read it.
3. A review goes through the same questions each time, by somebody of the team that owns the runbook or of its roles.
   It counts once a peer has signed it: somebody else of those, while the version that was reviewed serves. It counts as
   long as both are of those, and what serves differs from that version in nothing that is walked.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.format.catalogue import Catalogue, Person
from bot.format.runbook import Runbook
from bot.readiness.upkeep.events import (
    AccountBack,
    AccountGone,
    ContactAsked,
    ContactConfirmed,
    PersonEvent,
    Reviewed,
    ReviewSigned,
    ShiftBegan,
    VersionRead,
    VersionShown,
)
from bot.readiness.upkeep.state import PersonStanding, Reviews

CONFIRMED = timedelta(days=90)
"""How long it counts that somebody said how they are reached."""
QUESTIONS: Mapping[str, str] = {
    "practice": "Its steps are what is done in practice",
    "contacts": "The people, teams and phone numbers are right",
    "dependencies": "What it leans on is there, and is all of it",
    "credentials": "The credentials that it needs work and are not about to run out",
    "changes": "What changed in the system since the last review and the last drill is in it",
}
"""What a review asks; their names are stored and never change."""
SAID = 1_000


class Unfit(Exception):
    """What was asked cannot be; the sentence says why, and what can."""


def contacts_of(person: Person) -> str:
    """What tells one set of contacts from another: a digest, so that no address stands in the record."""
    said = repr((person.slack, person.team_id, person.email, person.timezone, person.pager))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def is_confirmed(here: PersonStanding, of: str, at: datetime) -> bool:
    """Whether they said lately that they are reached so."""
    return here.confirmed_of == of and here.confirmed_at is not None and at - here.confirmed_at < CONFIRMED


def ask_contact(here: PersonStanding, of: str, at: datetime) -> tuple[PersonEvent, ...]:
    """Ask them, unless they said so lately or were asked already."""
    is_asked = here.asked_of == of and here.asked_at is not None and at - here.asked_at < CONFIRMED
    return () if is_confirmed(here, of, at) or is_asked else (ContactAsked(of),)


def confirm_contact(here: PersonStanding, of: str, now: str, at: datetime) -> tuple[PersonEvent, ...]:
    """Take it that they are reached so; `now` is what the catalogue says by now."""
    if of != now:
        raise Unfit("The catalogue says something else by now. Look at the newest question.")
    return () if is_confirmed(here, of, at) and here.confirmed_at == at else (ContactConfirmed(of),)


def note_account(here: PersonStanding, *, gone: bool) -> tuple[PersonEvent, ...]:
    """Note that an account is deactivated, or there again."""
    if gone == (here.gone_at is not None):
        return ()
    return (AccountGone(),) if gone else (AccountBack(),)


def show_version(here: PersonStanding, runbook: str, digest: str) -> tuple[PersonEvent, ...]:
    """Show them a version, once."""
    shown = here.was_shown(runbook)
    return () if shown is not None and shown.digest == digest else (VersionShown(runbook, digest),)


def read_version(here: PersonStanding, runbook: str, digest: str) -> tuple[PersonEvent, ...]:
    """Take it that they have read it."""
    shown = here.was_shown(runbook)
    if shown is None or shown.digest != digest:
        raise Unfit("There is a newer version by now: its message shows what is new.")
    return () if here.has_read(runbook, digest) else (VersionRead(runbook, digest),)


def begin_shift(here: PersonStanding, rotation: str, since: datetime) -> tuple[PersonEvent, ...]:
    """Note that their turn began, once."""
    begun = ShiftBegan(rotation, since)
    return () if begun in here.shifts else (begun,)


def reviewers_of(catalogue: Catalogue, book: Runbook) -> tuple[str, ...]:
    """Who may review a runbook and sign a review: its owner team, and whoever it gives a role; listed people alone."""
    roles = [one for role in book.roles.values() for one in ((role,) if isinstance(role, str) else role)]
    found = dict.fromkeys((*catalogue.members(f"team:{book.owner}"), *catalogue.members(roles)))
    return tuple(one for one in found if one in catalogue.people)


def review(catalogue: Catalogue, book: Runbook, digest: str, asked: Reviewed) -> tuple[Reviewed, ...]:
    """Take a review; `digest` is of the version that serves now."""
    _require_reviewer(catalogue, book, asked.by)
    if asked.digest != digest:
        raise Unfit("The runbook was changed while you looked at it. Open the review anew: it shows what changed.")
    if asked.wrong and not asked.said.strip():
        raise Unfit("Say what is not as it should be: whoever mends it reads it.")
    unknown = [one for one in asked.wrong if one not in QUESTIONS]
    if unknown:
        raise Unfit("These questions are of another time. Open the review anew.")
    return (asked,)


def sign_review(
    here: Reviews, catalogue: Catalogue, book: Runbook, digest: str, by: str, of: datetime
) -> tuple[ReviewSigned, ...]:
    """Take a peer's signature of the review that was made at a moment; `digest` is of the version that serves now."""
    waiting = here.waiting
    if waiting is None or waiting.at != of:
        raise Unfit("This review does not wait for a signature any more.")
    if waiting.digest != digest:
        raise Unfit(f"The runbook was changed since this review. Review it anew: /recover review {book.id}")
    if waiting.by == by:
        raise Unfit("You made this review, so someone else has to sign it.")
    _require_reviewer(catalogue, book, by)
    return (ReviewSigned(by),)


def _require_reviewer(catalogue: Catalogue, book: Runbook, by: str) -> None:
    if by not in reviewers_of(catalogue, book):
        raise Unfit(f"Whoever reviews {book.id} is of the team {book.owner} or has a role in it.")
