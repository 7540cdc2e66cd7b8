"""The law about people who leave and come while a run is open.

1. Whoever the catalogue takes out loses roles, signatures and pages at once; whoever it puts in may read, note and
   answer pages, and acts once they were let in.
2. A name that stands with another Slack account is somebody else: out, and in again.
3. So many at once that more than half would be out, or while a file of the catalogue is gone, wait for a lead.
4. A Slack account that is or was of the run under another name is no second person: it is put in without a role.
5. Whoever lets somebody in counts as one with them, and with whoever else they let in, wherever the law needs two
   people; in the whole chain.
6. The end of a turn takes nobody out: who is on call says who is called, not who may.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import assert_never

from bot.format.catalogue import CLOCK
from bot.run.commands import LetSomebodyIn, Refused, SettlePeople
from bot.run.members.events import Joiner, Leaver, LetIn, MembersEvent, PeopleChanged, PeopleInDoubt, PeopleKept
from bot.run.members.state import Loss, Members, follow, losses_of
from bot.run.situation import PeopleNow, Somebody, Stamp
from bot.run.state import Run

TOGETHER = 3
"""Since this law all whom one lead let in count as one, in the whole chain, also where signatures are counted."""


def judge_people(members: Members, now: PeopleNow) -> Iterator[MembersEvent]:
    """What follows from the catalogue as it is now: nothing, where it says what the run says."""
    known = {one.id: one for one in now.people}
    everything = tuple(_leavers(members, known, now))
    out = tuple(one for one in (_without(one, members.kept) for one in everything) if one is not None)
    losing = {one.person for one in everything}
    again = tuple(sorted({person for person, _ in members.kept} - losing))
    missing = tuple(sorted(set(members.catalogue) - set(now.catalogue)))
    if out and (missing or 2 * len(_hit(members, out)) > len(members.people)):
        if members.doubt is None or set(losses_of(members.doubt.out)) != set(losses_of(out)):
            yield PeopleInDoubt(out, len(members.people), missing, now.catalogue)
        out = ()
    elif members.doubt is not None and not out:
        yield PeopleInDoubt(catalogue=now.catalogue)
    into = tuple(_joiners(follow(members, PeopleChanged(out), 0, CLOCK), now, out))
    if out or into or again:
        yield PeopleChanged(out, into, again, now.catalogue)


def outside_leads(run: Run, person: str) -> tuple[str, ...]:
    """Who may let somebody in, and gains nothing by it: leads since the start, who neither started nor operated."""
    at_work = run.requesters | run.operators
    return tuple(one for one in leads_since_the_start(run) if one not in at_work and one != person)


def leads_since_the_start(run: Run) -> tuple[str, ...]:
    """Leads pinned at the start. Whoever was let in in a run of the chain is none, though they lead in a later one."""
    return tuple(one for one in run.members.leads if run.law < TOGETHER or one not in run.members.let_in)


def one_with(run: Run, person: str) -> frozenset[str]:
    """Who counts as one with somebody, by the law of the run."""
    return run.members.one_with(person) if run.law >= TOGETHER else run.members.directly_one_with(person)


def count_people(run: Run, signed: Iterable[str]) -> int:
    """How many people these are, when of those who count as one only one is counted."""
    return max(map(len, sets_of_different(run, signed)))


def sets_of_different(run: Run, people: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Every choice among people in which no two count as one. Before the third law nobody counted as another there."""
    everybody = dict.fromkeys(people)
    twins = [one for one in everybody if run.law >= TOGETHER and not one_with(run, one).isdisjoint(everybody)]
    waiting = [(tuple(one for one in everybody if one not in twins), twins)]
    while waiting:
        chosen, left = waiting.pop()
        if not left:
            yield chosen
            continue
        first, *rest = left
        same = one_with(run, first)
        different = [one for one in rest if one not in same]
        if different != rest:
            waiting.append((chosen, rest))
        waiting.append(((*chosen, first), different))


def one_with_operators(run: Run) -> dict[str, str]:
    """Who counts as one with somebody who has operated, and why: they let them in, or were let in by them."""
    found: dict[str, str] = {}
    for operator in sorted(run.operators) if run.members.let_in else ():
        name, by = run.name_of(operator), run.members.let_in.get(operator, ())
        for one in sorted(one_with(run, operator) - run.operators):
            if one in by:
                found[one] = f"let in {name}, who has operated"
            elif operator in run.members.let_in.get(one, ()):
                found[one] = f"was let in by {name}, who has operated"
            else:
                found[one] = f"was let in by who let in {name}, who has operated"
    return found


def say_to(why: str) -> str:
    """The same, said to whom it is about: ``You let in Fay, who has operated: the two of you count as one``."""
    return f"You {why.replace('was let in', 'were let in')}: the two of you count as one"


def let_in(run: Run, command: LetSomebodyIn) -> LetIn:
    """Let in; `authorise` has judged who asks."""
    waits = run.members.waiting.get(command.person)
    if waits is None:
        raise Refused(f"{run.name_of(command.person)} does not wait to be let in.")
    if waits.seq != command.of:
        raise Refused(
            f"What {run.name_of(command.person)} waits for has changed since you looked. Read the newest post."
        )
    return LetIn(command.person, waits.roles)


def settle_people(run: Run, command: SettlePeople) -> MembersEvent:
    """Say what holds of those who would be out."""
    doubt = run.members.doubt
    if doubt is None:
        raise Refused("Nobody waits for this any more.")
    if doubt.seq != command.of:
        raise Refused("Who would be out has changed since you looked. Read the newest post.")
    return PeopleKept(doubt.seq) if command.keep else PeopleChanged(doubt.out, catalogue=doubt.catalogue)


def why_not_lawful(run: Run, event: MembersEvent, stamp: Stamp) -> str | None:
    """Why no command could have led to this record; None when one could."""
    members, by = run.members, stamp.by
    match event:
        case PeopleInDoubt():
            return None if by == CLOCK else "nobody does this but Handrail's clock."
        case PeopleChanged(into=into) if any(one.roles and _stands_twice(run, one.known) for one in into):
            return "a Slack account of the run was put into a role under another name."
        case PeopleChanged(out=out, into=into):
            confirms = (
                members.doubt is not None
                and by in leads_since_the_start(run)
                and (out, into) == (members.doubt.out, ())
            )
            return None if by == CLOCK or confirms else f"{by} may not say who is out of this run."
        case PeopleKept(of=of):
            asked = members.doubt is not None and members.doubt.seq == of and by in leads_since_the_start(run)
            return None if asked else f"{by} may not keep whom the catalogue takes out."
        case LetIn(person=person, roles=roles):
            waits = members.waiting.get(person)
            waited = waits is not None and set(roles) <= set(waits.roles)
            return None if waited and by in outside_leads(run, person) else f"{by} may not let {person} in."
        case _:
            assert_never(event)


def _stands_twice(run: Run, known: Somebody) -> bool:
    """By the law of the run."""
    return run.members.stands_twice(known) if run.law >= TOGETHER else run.members.stood_twice(known)


def _leavers(members: Members, known: Mapping[str, Somebody], now: PeopleNow) -> Iterator[Leaver]:
    """Everybody who loses something by what the catalogue says now."""
    for one in members.people:
        person, found = one.id, known.get(one.id)
        gone = found is None
        account = found is not None and found.slack is not None and found.slack != one.slack
        whole = gone or account
        roles = tuple(
            role for role in _held(members, person)
            if whole or not (person in now.roles.get(role, ()) or person in members.on_call.get(role, ()))
        )  # fmt: skip
        rungs = tuple(
            number for number, (rung, meant) in enumerate(zip(members.rungs, now.rungs, strict=False))
            if person in rung.people and (whole or person not in meant)
        )  # fmt: skip
        if roles or rungs or whole:
            yield Leaver(person, one.name, roles, rungs, gone, account)


def _held(members: Members, person: str) -> tuple[str, ...]:
    """The roles that somebody holds, and those for which they wait."""
    waits = members.waiting.get(person)
    return tuple(dict.fromkeys([*members.roles_of(person), *(waits.roles if waits is not None else ())]))


def _without(one: Leaver, kept: frozenset[Loss]) -> Leaver | None:
    """What somebody loses but for what a lead has kept; None when that is nothing."""
    left = replace(
        one,
        roles=tuple(role for role in one.roles if (one.person, role) not in kept),
        rungs=tuple(rung for rung in one.rungs if (one.person, f"rung {rung}") not in kept),
        gone=one.gone and (one.person, "gone") not in kept,
        account=one.account and (one.person, "account") not in kept,
    )
    return left if left.roles or left.rungs or left.gone or left.account else None


def _hit(members: Members, out: tuple[Leaver, ...]) -> set[str]:
    """Who of these loses more than a rung of the ladder, or a role in which they could not act yet."""
    return {
        one.person for one in out
        if one.gone or any(one.person in members.holders(role) for role in one.roles)
    }  # fmt: skip


def _joiners(members: Members, now: PeopleNow, out: tuple[Leaver, ...]) -> Iterator[Joiner]:
    """Who belongs to more than they have, once these are out: rungs that have lost somebody take others in."""
    thinned = {rung for one in out for rung in one.rungs}
    swapped = {one.person for one in out if one.account}
    for one in now.people:
        person, waits = one.id, members.waiting.get(one.id)
        waiting = waits.roles if waits is not None else ()
        roles = tuple(
            role for role, held in members.roles.items()
            if person in now.roles.get(role, ()) and person not in held and role not in waiting
            and not members.stands_twice(one)
        )  # fmt: skip
        fresh = not members.has(person) or person in swapped
        rungs = tuple(
            number for number, (told, rung) in enumerate(zip(now.told, members.rungs, strict=False))
            if person in told and person not in rung.people and (fresh or number in thinned)
        )  # fmt: skip
        if fresh or roles or rungs:
            yield Joiner(one, roles, rungs, tuple(role for role in roles if person in now.on_call.get(role, ())))
