"""People replaced by roles, for wider readers: in every id, every name and every word that somebody typed."""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from bot.format.catalogue import CLOCK
from bot.format.runbook import Decide, Runbook, StepBase
from bot.run.after.events import FollowUpAdded, PostmortemSet
from bot.run.events import Event, GlassReviewed, Started
from bot.run.members.events import PeopleChanged
from bot.run.situation import Somebody, Source, Stamp
from bot.timeline.telling import Happened

T = TypeVar("T")

_PEOPLE = frozenset({
    "operator", "before", "eligible", "barred", "signers", "people", "spared", "person", "requester", "operated", "by",
    "reviewed_by", "roles", "owner", "owners", "to", "tell", "requesters", "operators", "givers", "waiting", "on_call",
    "again", "let_in",
})  # fmt: skip
"""Fields that hold ids of people, and perhaps others: what is no person's id there stays."""
_IDS = frozenset({
    "id", "ref", "runbook", "digest", "calls", "mode", "tier", "type", "step", "came_from", "by_exit", "exit", "option",
    "visits", "hidden", "expired", "held_from", "hash", "run", "child", "parent", "outcome", "via", "blind", "compared",
    "of", "fields", "number", "page", "question", "due", "happened_at", "damage_began", "started_at", "channel",
    "owner_channel", "continues", "asset", "catalogue", "missing",
})  # fmt: skip
"""Fields that the rules go by: no word in them is a person's."""
_SHORTEST_PART = 3
"""A part of a name that is shorter than this stands in too many other words."""


def disguise_of(happened: Iterable[Happened]) -> "Disguise":
    """What everybody in these records is called instead. The same records give the same names each time."""
    known: tuple[Somebody, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = {}
    strangers: dict[str, None] = {}
    for _, event, stamp in happened:
        if isinstance(event, Started):
            known, roles = (*event.people, *known), event.roles
        elif isinstance(event, FollowUpAdded | PostmortemSet | GlassReviewed) and event.known is not None:
            known = (*known, event.known)
        elif isinstance(event, PeopleChanged):
            known = (*known, *(one.known for one in event.into))
        for person in (stamp.by, getattr(event, "owner", None)):
            if isinstance(person, str) and person != CLOCK:
                strangers.setdefault(person)
    counted: Counter[str] = Counter()
    called: dict[str, str] = {}
    for person in dict.fromkeys([*(one for holders in roles.values() for one in holders), *(one.id for one in known)]):
        called[person] = _next_name(counted, next((role for role, who in roles.items() if person in who), "person"))
    for person in strangers:
        if person not in called:
            called[person] = _next_name(counted, "stranger")
    return Disguise(called, known)


def _next_name(counted: Counter[str], role: str) -> str:
    counted[role] += 1
    return f"{role.replace('_', ' ').capitalize()} {counted[role]}"


class Disguise:
    """Says a role and a number wherever a person is meant."""

    def __init__(self, called: Mapping[str, str], known: Iterable[Somebody]) -> None:
        self._called = called
        self._ids = {person: name.lower().replace(" ", "-") for person, name in called.items()}
        self._exact = dict(_words_of(called, known))
        self._anyhow = {word.casefold(): name for word, name in self._exact.items() if _is_distinctive(word)}
        self._any = _any_of(self._exact)
        self._channels: dict[str, str] = {}

    def event(self, event: Event) -> Event:
        """The event with nobody's name in it."""
        if isinstance(event, Started):
            event = dataclasses.replace(event, people=self._cast(event.people), accounts=(), changed={})
        return self._fields(event)

    def stamp(self, stamp: Stamp) -> Stamp:
        return dataclasses.replace(stamp, by=self._ids.get(stamp.by, stamp.by))

    def book(self, book: Runbook) -> Runbook:
        """The runbook with nobody's name in its titles and labels."""
        steps = tuple(self._step(step) for step in book.steps)
        kept = {name: getattr(book, name) for name in type(book).model_fields}
        changed = {"title": self.text(book.title), "objective": self.text(book.objective), "steps": steps}
        return Runbook.model_construct(**{**kept, **changed})

    def text(self, text: str) -> str:
        """Words of a person, or of an author."""
        return text if self._any is None else self._any.sub(self._say, text)

    def _say(self, found: re.Match[str]) -> str:
        return self._exact.get(found[0]) or self._anyhow[found[0].casefold()]

    def _cast(self, people: Iterable[Somebody]) -> tuple[Somebody, ...]:
        """Everybody, strangers too."""
        named = {one.id: one for one in people}
        return tuple(named.get(person, Somebody(person, person)) for person in dict.fromkeys([*named, *self._called]))

    def _actor(self, known: Somebody) -> Somebody:
        """Under the new name, with as many channels as they had: whether all of them failed is a fact as before."""
        slack = None if known.slack is None else ""
        pagers = tuple(map(self._channel, known.pagers))
        name = self._called.get(known.id, known.name)
        return Somebody(self._ids.get(known.id, known.id), name, slack, pagers=pagers)

    def _channel(self, name: str) -> str:
        if not name.startswith("env:"):
            return name
        return self._channels.setdefault(name, f"env:CHANNEL_{len(self._channels) + 1}")

    def _step(self, step: StepBase) -> StepBase:
        changes: dict[str, object] = {step.kind: self.text(step.title)}
        if isinstance(step, Decide):
            changes["options"] = tuple(
                one.model_copy(update={"label": self.text(one.label), "when": self.text(one.when)})
                for one in step.options
            )
        return step.model_copy(update=changes)

    def _fields(self, thing: T) -> T:
        changed = {
            field.name: self._field(field.name, getattr(thing, field.name))
            for field in dataclasses.fields(thing)  # type: ignore[arg-type]
        }
        return dataclasses.replace(thing, **changed)  # type: ignore[type-var]

    def _field(self, name: str, value: Any) -> Any:  # noqa: ANN401  (whatever a field holds)
        if isinstance(value, Somebody):
            return self._actor(value)
        if isinstance(value, Source):
            return Source("somebody", value.at, "")
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._fields(value)
        if isinstance(value, Mapping):
            keys = self._ids if name == "let_in" else {}
            return {keys.get(key, key): self._field(name, one) for key, one in value.items()}
        if isinstance(value, tuple):
            return tuple(self._field(name, one) for one in value)
        return self._string(name, value) if isinstance(value, str) else value

    def _string(self, name: str, value: str) -> str:
        if name == "channel":
            return self._channel(value)
        if name in _PEOPLE:
            kind, _, person = value.rpartition(":")
            return (
                f"{kind}:{self._ids[person]}"
                if kind == "person" and person in self._ids
                else self._ids.get(value, value)
            )
        return value if name in _IDS else self.text(value)


def _words_of(called: Mapping[str, str], known: Iterable[Somebody]) -> Iterator[tuple[str, str]]:
    """Every word by which somebody may be named, with what is said instead; whole names after their parts."""
    people = {one.id: one for one in known}
    for person, name in called.items():
        one = people.get(person)
        yield person, name
        if ":" in person:  # slack:TEAM/USER, unverified: USER
            yield re.split(r"[:/] ?", person)[-1], name
        if one is not None:
            yield from ((part, name) for part in one.name.split() if len(part) >= _SHORTEST_PART)
            yield from ((word, name) for word in (one.slack, one.name) if word)


def _is_distinctive(word: str) -> bool:
    """Whether a word means the person however it is written: a whole name, or a Slack id; not ``will`` or ``mark``."""
    return " " in word or (word.isupper() and any(sign.isdigit() for sign in word))


def _any_of(words: Iterable[str]) -> re.Pattern[str] | None:
    """Any of these as a word of its own, the longest first."""
    each = sorted(set(words), key=len, reverse=True)
    parts = [f"(?i:{re.escape(word)})" if _is_distinctive(word) else re.escape(word) for word in each]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)") if each else None
