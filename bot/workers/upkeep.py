"""Asks people what only they know, and shows them what is new: how they are reached, new versions, reviews to sign.

One replica at a time. Whom it asks is recorded before it is asked, so that nobody is asked twice.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.format.catalogue import CLOCK, Person
from bot.format.runbook import Runbook
from bot.journal.outbox import Outbox
from bot.journal.store import Journal
from bot.journal.streams import PEOPLE, REVIEWS, Streams
from bot.journal.versions import Version, Versions
from bot.library.registry import Registry
from bot.notifier.messenger import Messenger
from bot.readiness.drift import operators_of, roles_of
from bot.readiness.upkeep.rules import ask_contact, contacts_of, is_confirmed, note_account, show_version
from bot.readiness.upkeep.state import PersonStanding
from bot.render.comparison import Change, compare_runbooks
from bot.render.message import Message
from bot.render.upkeep import (
    contact_confirmed,
    contact_message,
    review_signed,
    review_void,
    review_waits,
    version_message,
    version_read,
)
from bot.workers.notices import Notices

EVERY = timedelta(minutes=1)
OF_UPKEEP = "upkeep"
"""What these messages carry in place of a run."""
AT_ONCE = 20
"""People who are asked, and accounts that are looked at, in one look: Slack takes some 50 of such calls a minute."""
ACCOUNTS = timedelta(days=1)
"""How often it is looked whether an account is still there."""
AGAIN = timedelta(minutes=10)
"""When it is looked again where Slack did not say."""
NEW = timedelta(days=7)
"""How old a version may be to be shown to somebody who was never shown one."""
_DAY, _WEEKEND = range(9, 17), 5
"""Hours in which somebody is asked, on their own clock, and the first day of a weekend."""

log = structlog.get_logger(__name__)
Gone = Callable[[str], bool | None]
"""Whether an account is deactivated; None when Slack does not say."""


class UpkeepKeeper:
    """`look` is called every while; another replica may have been at it a moment ago."""

    def __init__(
        self,
        registry: Registry,
        journal: Journal,
        messenger: Messenger,
        direct: Callable[[str], str | None],
        gone: Gone,
        book_of: Callable[[str], Runbook],
        now: Callable[[], datetime],
    ) -> None:
        """`direct` gives the channel of somebody's direct messages; `now` is the clock that judges the record."""
        self._registry, self._now, self._direct, self._gone, self._book_of = registry, now, direct, gone, book_of
        self._people, self._reviews = Streams(journal, PEOPLE), Streams(journal, REVIEWS)
        self._versions = Versions(journal)
        self._notices = Notices(OF_UPKEEP, Outbox(journal), messenger, now)
        self._looked: dict[str, datetime] = {}
        """When it was looked whether an account is there."""
        self._channels: dict[str, str] = {}

    def look(self) -> None:
        """Look at accounts, ask, show, and say what waits for a signature."""
        now, people = self._now(), self._people.states()
        self._accounts(people, now)
        self._contacts(people, now)
        self._show(people, now)
        self._sign()

    def _accounts(self, people: dict[str, PersonStanding], now: datetime) -> None:
        known = [one for one in self._registry.catalogue.people.values() if one.slack is not None]
        due = [one for one in known if now - self._looked.get(one.id, now - ACCOUNTS) >= ACCOUNTS]
        for person in due[:AT_ONCE]:
            is_gone = self._gone(person.slack or "")
            self._looked[person.id] = now if is_gone is not None else now - ACCOUNTS + AGAIN
            if is_gone is not None and note_account(people.get(person.id, PEOPLE.begin), gone=is_gone):
                people[person.id] = self._note(person.id, is_gone, now)

    def _note(self, id_: str, is_gone: bool, now: datetime) -> PersonStanding:  # noqa: FBT001  (a fact)
        return self._people.change(id_, lambda here: note_account(here, gone=is_gone), now, CLOCK, CLOCK)[0]

    def _contacts(self, people: dict[str, PersonStanding], now: datetime) -> None:
        asked = 0
        for person in self._registry.catalogue.people.values():
            here, of = people.get(person.id, PEOPLE.begin), contacts_of(person)
            if person.slack is None or here.gone_at is not None or not roles_of(self._registry.catalogue, person.id):
                continue
            if ask_contact(here, of, now):
                if asked >= AT_ONCE or not is_awake(person, now):
                    continue
                asked += 1
                here = people[person.id] = self._ask(person.id, of, now)
            self._tell_contact(person, of, here, now)

    def _ask(self, id_: str, of: str, now: datetime) -> PersonStanding:
        return self._people.change(id_, lambda here: ask_contact(here, of, now), now, CLOCK, CLOCK)[0]

    def _tell_contact(self, person: Person, of: str, here: PersonStanding, now: datetime) -> None:
        if here.asked_of != of or here.asked_at is None:
            return
        over = here.confirmed_at if is_confirmed(here, of, now) and here.confirmed_at is not None else None
        message = contact_message(person, of, self._registry.place_of("person", person.id)) if over is None else None
        key = f"contact {of} {here.asked_at:%Y-%m-%d}"
        self._tell(person, key, message, None if over is None else contact_confirmed(over))

    def _show(self, people: dict[str, PersonStanding], now: datetime) -> None:
        for id_, version in self._versions.last().items():
            book, kept = self._registry.runbook(id_), self._registry.kept(id_)
            if book is None or kept is None or book.status != "active" or kept.digest != version.digest:
                continue
            for one in operators_of(self._registry.catalogue, book):
                person, here = self._registry.catalogue.people.get(one), people.get(one, PEOPLE.begin)
                if person is None or person.slack is None or here.gone_at is not None:
                    continue
                people[one] = self._show_one(person, here, book, version, now)

    def _show_one(
        self, person: Person, here: PersonStanding, book: Runbook, version: Version, now: datetime
    ) -> PersonStanding:
        shown, digest = here.was_shown(book.id), version.digest
        if shown is None or shown.digest != digest:
            changes = self._changes(book, version, None if shown is None else shown.digest)
            is_new = shown is not None or now - version.at <= NEW
            if not changes or not is_new or not is_awake(person, now):
                return here
            here = self._shown(person.id, book.id, digest, now)
        key = f"version {book.id} {digest[:12]}"
        if here.has_read(book.id, digest):
            self._tell(person, key, None, version_read(book))
        else:
            changes = self._changes(book, version, None)
            self._tell(person, key, version_message(book, digest, changes, version.author or ""), None)
        return here

    def _shown(self, id_: str, runbook: str, digest: str, now: datetime) -> PersonStanding:
        return self._people.change(id_, lambda here: show_version(here, runbook, digest), now, CLOCK, CLOCK)[0]

    def _changes(self, book: Runbook, version: Version, before: str | None) -> tuple[Change, ...]:
        """What differs from the version that was shown, else from the one that served before; nothing without one."""
        if before is None:
            older = [one.digest for one in self._versions.of(book.id) if one.digest != version.digest]
            before = older[-1] if older else None
        try:
            return compare_runbooks(self._book_of(before), book) if before is not None else ()
        except LookupError:  # its text is not in this database
            return ()

    def _sign(self) -> None:
        catalogue = self._registry.catalogue
        for id_, here in self._reviews.states().items():
            book = self._registry.runbook(id_)
            team = catalogue.teams.get(book.owner) if book is not None else None
            if book is None or team is None or team.channel is None:
                continue
            review = here.waiting or here.last
            if review is None:
                continue
            names = [
                catalogue.people[one].name if one in catalogue.people else one for one in (review.by, review.signed_by)
            ]
            key = f"{team.channel}:review {id_} {int(review.at.timestamp())}"
            letter = self._notices.told({key}).get(key)
            kept = self._registry.kept(id_)
            if here.waiting is not None and (kept is None or kept.digest != here.waiting.digest):
                if letter is not None:
                    self._notices.tell(key, None, review_void(book, names[0]), letter)
            elif here.waiting is not None:
                self._notices.tell(key, review_waits(book, review, names[0]), None, letter)
            elif letter is not None:
                self._notices.tell(key, None, review_signed(book, (names[0], names[1])), letter)

    def _tell(self, person: Person, key: str, message: Message | None, over: Message | None) -> None:
        """Let it stand in somebody's direct messages, and end it when it is answered."""
        channel = self._channel_of(person)
        if channel is None:
            return
        whole = f"{channel}:{key}"
        letter = self._notices.told({whole}).get(whole)
        if over is None or letter is not None:
            self._notices.tell(whole, message, over, letter)

    def _channel_of(self, person: Person) -> str | None:
        known = self._channels.get(person.id)
        if known is None and (found := self._direct(person.slack or "")) is not None:
            known = self._channels[person.id] = found
        return known


def is_awake(person: Person, now: datetime) -> bool:
    """Whether it is a weekday by day where somebody is."""
    there = now.astimezone(ZoneInfo(person.timezone))
    return there.hour in _DAY and there.weekday() < _WEEKEND
