"""What people say of themselves and of runbooks, taken into the record; and what waits for somebody."""

from collections.abc import Callable
from datetime import date, datetime

from bot.format.catalogue import Person
from bot.format.runbook import Runbook
from bot.journal.store import Journal
from bot.journal.streams import PEOPLE, REVIEWS, Streams
from bot.journal.versions import Versions
from bot.library.registry import Registry
from bot.readiness.upkeep.events import Reviewed
from bot.readiness.upkeep.rules import (
    Unfit,
    confirm_contact,
    contacts_of,
    read_version,
    review,
    reviewers_of,
    sign_review,
)
from bot.readiness.upkeep.state import PersonStanding, Reviews
from bot.run.commands import Refused


class Upkeep:
    """Takes what people press; Refused with a sentence for them."""

    def __init__(
        self, journal: Journal, registry: Registry, book_of: Callable[[str], Runbook], now: Callable[[], datetime]
    ) -> None:
        """`now` is the clock that judges the record."""
        self._registry, self._book_of, self._now, self._versions = registry, book_of, now, Versions(journal)
        self._people, self._reviews = Streams(journal, PEOPLE), Streams(journal, REVIEWS)

    def confirm_contact(self, by: str, of: str) -> None:
        """They say that they are reached as the catalogue says."""
        now, at = contacts_of(self._person(by)), self._now()
        with_unfit(lambda: self._people.change(by, lambda here: confirm_contact(here, of, now, at), at, by, "slack"))

    def read(self, by: str, runbook: str, digest: str) -> None:
        """They say that they have read a version."""
        self._person(by)
        at = self._now()
        with_unfit(lambda: self._people.change(by, lambda here: read_version(here, runbook, digest), at, by, "slack"))

    def review(self, runbook: str, asked: Reviewed) -> None:
        """Somebody went through a version of a runbook."""
        book, digest, at = self.book(runbook), self.digest(runbook), self._now()
        catalogue = self._registry.catalogue
        with_unfit(
            lambda: self._reviews.change(
                runbook, lambda _: review(catalogue, book, digest, asked), at, asked.by, "slack"
            )
        )

    def sign(self, by: str, runbook: str, of: datetime) -> None:
        """A peer signs the review that was made at a moment."""
        book, digest, at = self.book(runbook), self.digest(runbook), self._now()
        catalogue = self._registry.catalogue
        with_unfit(
            lambda: self._reviews.change(
                runbook, lambda here: sign_review(here, catalogue, book, digest, by, of), at, by, "slack"
            )
        )

    def waiting_for(self, by: str) -> list[tuple[Runbook, Reviews]]:
        """Reviews that this person may sign."""
        found = [(self._registry.runbook(id_), here) for id_, here in self._reviews.states().items()]
        return [
            (book, here) for book, here in found
            if book is not None and here.waiting is not None and here.waiting.by != by
            and here.waiting.digest == self.digest(book.id)
            and by in reviewers_of(self._registry.catalogue, book)
        ]  # fmt: skip

    def book_on(self, runbook: str, day: date) -> Runbook | None:
        """The version of a runbook that served at the end of a day; None where it is not known."""
        older = [one for one in self._versions.of(runbook) if one.at.date() <= day]
        try:
            return self._book_of(older[-1].digest) if older else None
        except LookupError:  # its text is not in this database
            return None

    def standing(self, by: str) -> PersonStanding:
        """How a person's record stands."""
        return self._people.state(by)

    def book(self, runbook: str) -> Runbook:
        """A runbook that serves."""
        found = self._registry.runbook(runbook)
        if found is None:
            raise Refused("There is no such runbook any more.")
        return found

    def digest(self, runbook: str) -> str:
        """The digest of the version that serves; empty when none does."""
        kept = self._registry.kept(runbook)
        return kept.digest if kept is not None else ""

    def _person(self, by: str) -> Person:
        found = self._registry.catalogue.people.get(by)
        if found is None:
            raise Refused("The catalogue does not know you, so there is nothing to record. Ask to be added to it.")
        return found


def with_unfit(work: Callable[[], object]) -> None:
    """Do it; what does not fit is a refusal for the person."""
    try:
        work()
    except Unfit as unfit:
        raise Refused(str(unfit)) from None
