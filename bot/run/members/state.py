"""Who may do what in a run now, as its records have it: the one place that everything asks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from bot.run.members.events import Joiner, Leaver, LetIn, MembersEvent, PeopleChanged, PeopleInDoubt, PeopleKept
from bot.run.situation import FrozenRung, Somebody

LEAD = "lead"
Loss = tuple[str, str]
"""One thing that somebody loses: their id, and a role, ``rung N``, ``gone`` or ``account``."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Who would be out, and waits for a lead; `seq` is the record that says so."""

    seq: int
    out: tuple[Leaver, ...]
    catalogue: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PendingAdmission:
    """The roles for which somebody who was put in has to be let in, and the record that put them in."""

    seq: int
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """The people of a run at one of its records. Pinned by the start; changed by events alone."""

    people: tuple[Somebody, ...]
    """Whoever is of the run now: they may read, note and answer pages."""
    roles: Mapping[str, tuple[str, ...]]
    """Role -> who may act in it now, whoever was on call at the start first."""
    rungs: tuple[FrozenRung, ...]
    leads: tuple[str, ...] = ()
    """Leads since the start, without a break: they alone let others in, and say what holds in doubt."""
    known: Mapping[str, Somebody] = field(default_factory=dict)
    """Everybody who was ever of the run, by id: for names, and for how they are reached."""
    waiting: Mapping[str, PendingAdmission] = field(default_factory=dict)
    on_call: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Role -> who has it by having been on call: the end of their turn does not take it."""
    doubt: Doubt | None = None
    kept: frozenset[Loss] = frozenset()
    """What a lead kept although the catalogue says otherwise."""
    catalogue: Mapping[str, str] = field(default_factory=dict)
    """The files of the catalogue that this follows from, each with its digest."""
    let_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Whoever was let in and was not of the run at its start -> who let them in. Wherever two people are needed, the
    two count as one: nobody else has ever vouched that they are two."""
    first: frozenset[tuple[str, str | None]] = frozenset()
    """Who was of the run at its start, each with their Slack account."""
    accounts: frozenset[tuple[str, str]] = frozenset()
    """Every name that was ever of the run or its chain, with each Slack account that it ever had."""

    def has(self, person: str) -> bool:
        """Whether somebody is of the run now."""
        return any(one.id == person for one in self.people)

    def holders(self, role: str) -> tuple[str, ...]:
        """Person ids in a role now."""
        return self.roles.get(role, ())

    def roles_of(self, person: str) -> tuple[str, ...]:
        """The roles in which somebody may act now, in the order of the start."""
        return tuple(role for role, held in self.roles.items() if person in held)

    @property
    def let_in_pairs(self) -> tuple[tuple[str, str], ...]:
        """Whoever was let in, and by whom."""
        return tuple((person, by) for person, leads in self.let_in.items() for by in leads)

    def one_with(self, person: str) -> frozenset[str]:
        """Who counts as one with somebody: who let them in, whom they let in, whom the same let in. Usually nobody."""
        if not self.let_in:
            return frozenset()
        behind = self._behind(person)
        involved = {*self.let_in, *(by for leads in self.let_in.values() for by in leads)}
        return frozenset(one for one in involved if one != person and self._behind(one) & behind)

    def _behind(self, person: str) -> frozenset[str]:
        """Somebody, whoever let them in, and whoever let those in."""
        found, waiting = {person}, [person]
        while waiting:
            more = {*self.let_in.get(waiting.pop(), ())} - found
            found |= more
            waiting += more
        return frozenset(found)

    def directly_one_with(self, person: str) -> frozenset[str]:
        """The same by the second law: who let them in, and whom they let in."""
        return frozenset((*self.let_in.get(person, ()), *(one for one, by in self.let_in.items() if person in by)))

    def stands_twice(self, person: Somebody) -> bool:
        """Whether a Slack account is or ever was of the run under another name: whoever has it is no second person."""
        return any(account == person.slack and name != person.id for name, account in self.accounts)

    def stood_twice(self, person: Somebody) -> bool:
        """The same by the second law, which forgot the account that a name had before."""
        return person.slack is not None and any(
            one.slack == person.slack and one.id != person.id for one in self.known.values()
        )

    def hearing(self, let_in: Iterable[tuple[str, str]]) -> "Members":
        """The same, once it is known who was let in in another run of the chain."""
        more = dict(self.let_in)
        for person, by in let_in:
            more[person] = tuple(dict.fromkeys((*more.get(person, ()), by)))
        return replace(self, let_in=more)

    def having_known(self, accounts: Iterable[tuple[str, str]]) -> "Members":
        """The same, with names and accounts that were of other runs of the chain."""
        return replace(self, accounts=self.accounts | set(accounts))

    def knowing(self, person: Somebody) -> "Members":
        """The same, with the name of somebody who is not of the run."""
        return replace(self, known={person.id: person, **self.known})

    def may_operate(self, person: str) -> bool:
        """Whether somebody may take a run over."""
        return person in self.holders("operator") or person in self.holders(LEAD)

    def stays(self, person: str) -> bool:
        """Whether the catalogue does not know somebody who is of the run all the same: kept, or not judged yet."""
        doubted = set(losses_of(self.doubt.out)) if self.doubt is not None else set()
        return self.has(person) and (person, "gone") in self.kept | doubted

    def with_roles(self) -> frozenset[str]:
        """Everybody who may act in any role now."""
        return frozenset(one for held in self.roles.values() for one in held)

    def on_ladder(self) -> frozenset[str]:
        """Everybody whom the ladder may call now."""
        return frozenset(one for rung in self.rungs for one in rung.people)


def pinned(
    people: Iterable[Somebody], roles: Mapping[str, tuple[str, ...]], rungs: Iterable[FrozenRung],
    waiting: Mapping[str, tuple[str, ...]], on_call: Mapping[str, tuple[str, ...]], catalogue: Mapping[str, str],
    let_in: Mapping[str, tuple[str, ...]],
) -> Members:  # fmt: skip
    """The people of a run as its start pins them."""
    everybody = tuple(people)
    return Members(
        everybody,
        roles,
        tuple(rungs),
        roles.get(LEAD, ()),
        {one.id: one for one in everybody},
        {person: PendingAdmission(1, held) for person, held in waiting.items()},
        on_call,
        catalogue=catalogue,
        let_in=let_in,
        first=frozenset((one.id, one.slack) for one in everybody if one.id not in waiting),
        accounts=frozenset((one.id, one.slack) for one in everybody if one.slack is not None),
    )  # fmt: skip


def losses_of(out: Iterable[Leaver]) -> Iterator[Loss]:
    """Everything that these people lose, each for itself."""
    for one in out:
        yield from ((one.person, role) for role in one.roles)
        yield from ((one.person, f"rung {rung}") for rung in one.rungs)
        if one.gone:
            yield one.person, "gone"
        if one.account:
            yield one.person, "account"


def hold_back(
    roles: Mapping[str, tuple[str, ...]], before: Members
) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """The roles of a run that is of a piece with another one, and who waits in it: nobody is let in by a call.

    Whoever waits there waits here, but for a role that they have there. Whom the catalogue takes out and a lead keeps,
    or has yet to judge, has here the roles of the same name.
    """
    stays = before.kept | set(losses_of(before.doubt.out) if before.doubt is not None else ())
    held, waiting = {}, {}
    for role, people in roles.items():
        had = before.holders(role)
        kept = tuple(one for one in had if (one, role) in stays and one not in people)
        waits = tuple(one for one in people if one in before.waiting and one not in had)
        more = tuple(one for one, what in before.waiting.items() if role in what.roles and one not in (*people, *had))
        held[role] = (*(one for one in people if one not in waits), *kept)
        if waits or more:
            waiting[role] = (*waits, *more)
    return held, waiting


def follow(members: Members, event: MembersEvent, seq: int, by: str) -> Members:
    """The members after one of their events; `seq` is its record, `by` whose it is. Total, as `evolve` is."""
    match event:
        case PeopleChanged():
            return _change(members, event, seq)
        case PeopleInDoubt(out=out, catalogue=catalogue):
            return replace(members, doubt=Doubt(seq, out, catalogue) if out else None)
        case PeopleKept():
            kept = members.kept | set(losses_of(members.doubt.out)) if members.doubt is not None else members.kept
            return replace(members, doubt=None, kept=kept)
        case LetIn(person=person, roles=roles):
            return _let_in(members, person, roles, by)
        case _:
            assert_never(event)


def _change(members: Members, event: PeopleChanged, seq: int) -> Members:
    for one in event.out:
        members = _take_out(members, one)
    for joiner in event.into:
        members = _put_in(members, joiner, seq)
    kept = frozenset(one for one in members.kept if one[0] not in event.again)
    return replace(
        members, kept=kept, doubt=None if event.out else members.doubt, catalogue=event.catalogue or members.catalogue
    )


def _take_out(members: Members, out: Leaver) -> Members:
    person, every = out.person, out.gone or out.account
    roles = {
        role: tuple(one for one in held if one != person) if every or role in out.roles else held
        for role, held in members.roles.items()
    }
    rungs = tuple(
        replace(rung, people=tuple(one for one in rung.people if one != person)) if out.gone or n in out.rungs else rung
        for n, rung in enumerate(members.rungs)
    )
    waits = members.waiting.get(person)
    left = () if waits is None or every else tuple(role for role in waits.roles if role not in out.roles)
    waiting = {one: held for one, held in members.waiting.items() if one != person}
    if waits is not None and left:
        waiting[person] = replace(waits, roles=left)
    people = tuple(one for one in members.people if one.id != person) if out.gone else members.people
    leads = tuple(one for one in members.leads if one != person or one in roles.get(LEAD, ()))
    on_call = {
        role: tuple(one for one in held if one != person) if every or role in out.roles else held
        for role, held in members.on_call.items()
    }
    return replace(members, people=people, roles=roles, rungs=rungs, waiting=waiting, leads=leads, on_call=on_call)


def _put_in(members: Members, joiner: Joiner, seq: int) -> Members:
    known, person = joiner.known, joiner.known.id
    people = tuple(known if one.id == person else one for one in members.people)
    if not members.has(person):
        people = (*people, known)
    rungs = tuple(
        replace(rung, people=(*rung.people, person)) if n in joiner.rungs and person not in rung.people else rung
        for n, rung in enumerate(members.rungs)
    )
    waiting = dict(members.waiting)
    if joiner.roles:
        before = waiting.get(person)
        held = (*(before.roles if before is not None else ()), *joiner.roles)
        waiting[person] = PendingAdmission(seq, tuple(dict.fromkeys(held)))
    on_call = dict(members.on_call)
    for role in joiner.on_call:
        on_call[role] = tuple(dict.fromkeys([*on_call.get(role, ()), person]))
    accounts = members.accounts | ({(person, known.slack)} if known.slack is not None else set())
    return replace(
        members, people=people, rungs=rungs, waiting=waiting, on_call=on_call, known={**members.known, person: known},
        accounts=accounts,
    )  # fmt: skip


def _let_in(members: Members, person: str, roles: tuple[str, ...], by: str) -> Members:
    waits = members.waiting.get(person)
    left = tuple(role for role in waits.roles if role not in roles) if waits is not None else ()
    waiting = {one: held for one, held in members.waiting.items() if one != person}
    if waits is not None and left:
        waiting[person] = replace(waits, roles=left)
    taken = {
        role: (*held, person) if role in roles and person not in held else held for role, held in members.roles.items()
    }
    come = replace(members, roles=taken, waiting=waiting)
    known = members.known.get(person)
    if known is not None and (person, known.slack) in members.first:
        return come
    return replace(come, let_in={**members.let_in, person: tuple(dict.fromkeys((*members.let_in.get(person, ()), by)))})
