"""Who took part and how: roles as acted in, what they said, what they signed."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.format.catalogue import CLOCK
from bot.run.after.events import FollowUpAdded, FollowUpDone, LessonTold, PostmortemSet, Rated
from bot.run.events import (
    Event,
    GlassBroken,
    SignatureVoided,
    Signed,
    SignoffApproved,
    SignoffAsked,
    SignoffExpired,
    SignoffRejected,
    Started,
)
from bot.run.members.state import Members
from bot.run.places import AwaitingSignature
from bot.run.situation import Somebody, Stamp
from bot.run.state import Run
from bot.timeline.entries import (
    Actor,
    Entry,
    PostmortemStory,
    Shift,
    Signature,
    SignoffState,
    SignoffStory,
    Told,
    ToldKind,
)


class Known:
    """Names and roles as the run has them at the record that is told."""

    def __init__(self, start: Started) -> None:
        self._names = {one.id: one.name for one in start.people} | {CLOCK: "Handrail"}
        self._pinned = start.roles
        self._ever = {role: tuple(held) for role, held in start.roles.items()}
        self._roles: dict[str, tuple[str, ...]] = {}
        self.people = tuple(one.id for one in start.people)

    def follow(self, members: Members) -> None:
        """The people of the run have changed."""
        self._names |= {one.id: one.name for one in members.known.values()}
        self._pinned = members.roles
        for role, held in members.roles.items():
            self._ever[role] = tuple(dict.fromkeys([*self._ever.get(role, ()), *held]))
        self._roles.clear()
        self.people = tuple(members.known)

    def name(self, person: str) -> str:
        """A person's name as it was then; of somebody whom the catalogue did not know, what is known of them."""
        found = self._names.get(person)
        if found is None and person.startswith("slack:"):
            return f"{person.rpartition('/')[2]} (not in the catalogue)"
        return person if found is None else found

    def roles(self, person: str) -> tuple[str, ...]:
        """The roles of a person, in the order in which the run pinned them."""
        found = self._roles.get(person)
        if found is None:
            found = tuple(role for role, holders in self._pinned.items() if person in holders)
            self._roles[person] = found
        return found

    def every_role(self, person: str) -> tuple[str, ...]:
        """The roles that a person has held at any time of the run."""
        return tuple(role for role, held in self._ever.items() if person in held)

    def role_at(self, run: Run, person: str, wanted: tuple[str, ...] = ()) -> str | None:
        """In which role a person acts: one that is wanted, ``operator`` while they operate, or their first other.

        None for Handrail itself, and for whoever holds no role.
        """
        held = self.roles(person)
        for role in wanted:
            if role in held:
                return role
        if run.operator == person:
            return "operator"
        return next((role for role in held if role != "operator"), held[0] if held else None)


@dataclass(slots=True)
class _Seen:
    """When somebody was about, counted as the records go by."""

    first_at: datetime
    last_at: datetime
    records: int = 0
    acted_as: dict[str, None] = field(default_factory=dict)


class Cast:
    """Everybody who is by name in a run's records."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._shifts: list[Shift] = []

    def take(self, run: Run, stamp: Stamp, known: Known, acted_as: str | None) -> None:
        """The run after an event, who did it, and in which role."""
        if stamp.by != CLOCK:
            seen = self._seen.get(stamp.by)
            if seen is None:
                seen = self._seen[stamp.by] = _Seen(stamp.at, stamp.at)
            seen.records, seen.last_at = seen.records + 1, stamp.at
            if acted_as is not None:
                seen.acted_as[acted_as] = None
        if run.operator is None:
            self._end_shift(stamp.at)
        operates = self._shifts[-1].person if self._shifts and self._shifts[-1].until is None else None
        if run.operator is not None and run.operator != operates and not run.over:
            self._end_shift(stamp.at)
            self._shifts.append(Shift(run.operator, known.name(run.operator), stamp.at, None))
        if run.over:
            self._end_shift(stamp.at)

    def _end_shift(self, at: datetime) -> None:
        if self._shifts and self._shifts[-1].until is None:
            self._shifts[-1] = replace(self._shifts[-1], until=at)

    def shifts(self) -> tuple[Shift, ...]:
        """Who operated, one after the other."""
        return tuple(self._shifts)

    def people(self, known: Known, until: datetime) -> tuple[Actor, ...]:
        """Everybody who did something, the first first; then whom the run knows and who did nothing."""
        operated: dict[str, timedelta] = {}
        for one in self._shifts:
            operated[one.person] = operated.get(one.person, timedelta(0)) + ((one.until or until) - one.since)
        everybody = dict.fromkeys([*self._seen, *known.people])
        return tuple(self._actor(known, person, operated.get(person, timedelta(0))) for person in everybody)

    def _actor(self, known: Known, person: str, operated: timedelta) -> Actor:
        seen, name, roles = self._seen.get(person), known.name(person), known.every_role(person)
        if seen is None:
            return Actor(person, name, roles, operated=operated)
        return Actor(person, name, roles, seen.records, seen.first_at, seen.last_at, operated, tuple(seen.acted_as))


class Afterwards:
    """Lessons and follow-ups in order; of each question the last answer."""

    def __init__(self) -> None:
        self._told: dict[str, Told] = {}
        self.postmortem: PostmortemStory | None = None

    def take(self, entry: Entry, known: Known) -> None:
        """An entry, and whom the run knows."""
        match entry.event:
            case LessonTold(words=words, near_miss=near):
                self._told[f"lesson {entry.seq}"] = _told(entry, "near_miss" if near else "lesson", words)
            case PostmortemSet(state=state, owner=owner, words=words, known=outside):
                reviewer, name = entry.by_name if state == "done" else None, _owner(known, owner, outside)
                self.postmortem = PostmortemStory(state, name, entry.at, reviewer, words)
            case FollowUpAdded(number=number, what=what, owner=owner, due=due, known=outside):
                name = _owner(known, owner, outside)
                made = replace(_told(entry, "follow_up", what), number=number, owner=name, due=due)
                self._told[f"follow-up {number}"] = made
            case FollowUpDone(number=number):
                open_ = self._told.get(f"follow-up {number}")
                if open_ is not None:
                    self._told[f"follow-up {number}"] = replace(open_, done_at=entry.at)
            case Rated(question=question, answer=answer):
                self._told[question] = _told(entry, question, answer)
            case _:
                return

    def told(self) -> tuple[Told, ...]:
        return tuple(self._told.values())


def _owner(known: Known, owner: str, outside: Somebody | None) -> str:
    """The name of an owner, whom the run itself may not know."""
    return known.name(owner) if outside is None else outside.name


def _told(entry: Entry, kind: ToldKind, words: str) -> Told:
    return Told(entry.seq, entry.at, entry.by, entry.by_name, kind, words)


_ENDS: dict[type[Event], SignoffState] = {
    SignoffApproved: "approved", SignoffRejected: "rejected", SignoffExpired: "expired", GlassBroken: "glass",
}  # fmt: skip


class Signoffs:
    """The sign-offs of a run, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._stories: list[SignoffStory] = []

    @property
    def waiting(self) -> bool:
        """Whether a sign-off is open, which any event may leave; otherwise only signing concerns them."""
        return bool(self._stories) and self._stories[-1].ended == "open"

    def take(self, run: Run, entry: Entry, known: Known) -> None:
        """The run after an event, its entry, and whom it knows."""
        match event := entry.event:
            case SignoffAsked():
                self._end("asked_again", entry, by=None)
                self._stories.append(_asked(known, entry, event, self._kept(event)))
            case Signed(readback=readback):
                made = Signature(entry.seq, entry.at, entry.by, entry.by_name, entry.role, readback)
                self._change(event.step, event.visit, signature=made)
            case SignatureVoided(step=step, visit=visit):
                self._void(step, visit, entry.at)
            case SignoffApproved() | SignoffRejected() | SignoffExpired() | GlassBroken():
                self._end(_ENDS[type(event)], entry, by=entry.by_name)
            case _ if not isinstance(run.here, AwaitingSignature):
                self._end("left", entry, by=entry.by_name)

    def told(self) -> tuple[SignoffStory, ...]:
        return tuple(self._stories)

    def _kept(self, event: SignoffAsked) -> tuple[Signature, ...]:
        """Signatures on the same content, asked for again, stay: but for those of people who may no longer sign."""
        last = self._stories[-1] if self._stories else None
        if last is None or not event.again or (last.step, last.digest) != (event.step, event.digest):
            return ()
        return tuple(one for one in last.signatures if one.person not in event.barred)

    def _change(self, step: str, visit: int, signature: Signature) -> None:
        last = self._stories[-1] if self._stories else None
        if last is not None and (last.step, last.visit) == (step, visit):
            self._stories[-1] = replace(last, signatures=(*last.signatures, signature))

    def _void(self, step: str, visit: int, at: datetime) -> None:
        for number, one in enumerate(self._stories):
            if (one.step, one.visit) == (step, visit) and one.void_since is None and one.signatures:
                self._stories[number] = replace(one, void_since=at)

    def _end(self, how: SignoffState, entry: Entry, by: str | None) -> None:
        last = self._stories[-1] if self._stories else None
        if last is not None and last.ended == "open":
            self._stories[-1] = replace(last, ended=how, ended_at=entry.at, ended_by=by, reason=entry.why)


def _asked(known: Known, entry: Entry, event: SignoffAsked, kept: tuple[Signature, ...]) -> SignoffStory:
    return SignoffStory(
        entry.seq, entry.at, event.step, entry.title or event.step, event.visit, event.digest, event.content,
        tuple(known.name(one) for one in event.eligible), event.need, event.expires_at, kept,
    )  # fmt: skip
