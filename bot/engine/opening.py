"""A start as the catalogue has it at this moment: the asset's slice, who is in which role, the ladder, the texts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.engine.plan import StartPlan, ref_word
from bot.format.catalogue import CLOCK, Asset, Catalogue, Rung
from bot.format.runbook import Call, Runbook
from bot.library.registry import Registry, ServedRunbook
from bot.oncall.references import OnCall, as_somebody, people_of_role, people_of_rung
from bot.oncall.roster import Roster
from bot.run.commands import Refused, Start
from bot.run.law.signing import say_shortage, ungivable
from bot.run.law.starting import preview_start
from bot.run.members.rules import judge_people
from bot.run.members.state import Members, follow, hold_back
from bot.run.paging.dues import due_pages, has_somebody_to_call
from bot.run.places import InCall
from bot.run.situation import AssetAsItWas, FrozenRung, Mode, PeopleNow, Somebody, Stamp
from bot.run.state import Run, Unstarted

_NAMED = 4


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What a person asked for in the start form; `inputs` as they were typed."""

    asset: str
    runbook: str
    mode: Mode
    by: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    damage_began: str = ""
    reason: str = ""
    channel: str | None = None


def plan_start(registry: Registry, wish: StartRequest, at: datetime, roster: Roster | None = None) -> StartPlan:
    """The start of a run at `at`. Refused when the asset or the runbook is not there any more.

    `roster` says who is on call; without one, feeds say nobody.
    """
    catalogue = registry.catalogue
    asset = _asset(catalogue, wish.asset)
    kept = registry.kept(wish.runbook)
    if kept is None or kept.book.id not in asset.runbooks:
        raise Refused("Choose what you see: that runbook is not offered for this asset.", field="runbook")
    called = dict(_called(registry, kept.book, frozenset({kept.book.id})))
    situation = _situation(catalogue, asset, kept.book, (wish.by,), _moment(registry, roster, at))
    start = Start(
        ref="", digest=kept.digest, calls={name: one.digest for name, one in called.items()}, mode=wish.mode,
        asset=situation.asset, people=situation.people, roles=situation.roles, rungs=situation.rungs,
        owner_channel=situation.owner_channel, owners=situation.owners, inputs=dict(wish.inputs), channel=wish.channel,
        on_call=situation.on_call, catalogue=registry.people_files,
        damage_began=wish.damage_began or None, reason=wish.reason,
    )  # fmt: skip
    texts = {one.digest: one.text for one in (kept, *called.values())}
    return StartPlan(start, kept.book, texts, ref_word(asset))


def say_before_start(plan: StartPlan, by: str, at: datetime) -> str:
    """What this person has to know before they start it: signatures that nobody could give, and nobody to call."""
    return " ".join(filter(None, (say_missing_signers(plan, by, at), say_nobody_to_call(plan, by, at))))


def say_nobody_to_call(plan: StartPlan, by: str, at: datetime) -> str:
    """That the ladder has nobody but whoever starts it, who is not called for it; empty when it has."""
    run = preview_start(Unstarted("", plan.book), plan.start, Stamp(at, by, "slack"))
    if has_somebody_to_call(run):
        return ""
    ladder = f"nobody but you is on the ladder of {plan.start.asset.name}"
    return f"If you start this, Handrail has nobody else to call: {ladder}. Tell somebody before you begin."


def say_missing_signers(plan: StartPlan, by: str, at: datetime) -> str:
    """Which signatures nobody could give if this person starts it, and who is called at once; empty when none."""
    run = preview_start(Unstarted("", plan.book), plan.start, Stamp(at, by, "slack"))
    lacking = ungivable(run)
    if not lacking:
        return ""
    shortages = " ".join(say_shortage(run, one) for one in lacking)
    called = dict.fromkeys(one for due in due_pages(run) if due.reason == "no_signer" for one in due.people)
    names = [run.name_of(one) for one in called][:_NAMED]
    calls = f" {' and '.join(names)} will be called at once." if names else ""
    return f"If you start this, too few people are left to sign. {shortages}{calls} Or let somebody else start it."


def plan_call(
    registry: Registry, books: Callable[[str], Runbook], at: datetime, caller: Run, roster: Roster | None = None
) -> StartPlan:
    """The start of the run that a calling run waits for: its asset and its people as the catalogue has them now.

    The runbook is the pinned one (`books` reads it by its digest). Refused when the asset is not there.
    """
    here = caller.here
    if not isinstance(here, InCall):
        raise Refused("This run waits for no other run.")
    catalogue = registry.catalogue
    asset, book = _asset(catalogue, here.asset), books(here.digest)
    before = _as_judged(registry, caller, at, roster)
    own = (one.id for one in before.people)
    situation = _situation(catalogue, asset, book, own, _moment(registry, roster, at))
    twice = {one.id for one in situation.people if before.stands_twice(one)}
    apart = {role: tuple(one for one in who if one not in twice) for role, who in situation.roles.items()}
    roles, waiting = hold_back(apart, before)
    known = {one.id for one in situation.people}
    kept = tuple(one for one in before.people if one.id not in known)
    start = Start(
        ref="", digest=here.digest, calls={}, mode=caller.start.mode, asset=situation.asset,
        people=(*situation.people, *kept), roles=roles, waiting=waiting, rungs=situation.rungs,
        owner_channel=situation.owner_channel, owners=situation.owners,
        channel=situation.owner_channel or caller.start.channel, damage_began=caller.start.damage_began,
        on_call=situation.on_call, catalogue=registry.people_files, let_in=before.let_in,
    )  # fmt: skip
    return StartPlan(start, book, {}, ref_word(asset))


def _as_judged(registry: Registry, run: Run, at: datetime, roster: Roster | None) -> Members:
    """The people of a run as they will be once it is held to the catalogue of this moment."""
    members = run.members
    if registry.is_whole:
        for event in judge_people(members, people_now(registry, run, at, roster)):
            members = follow(members, event, 0, CLOCK)
    return members


@dataclass(frozen=True, slots=True)
class _Situation:
    asset: AssetAsItWas
    people: tuple[Somebody, ...]
    roles: Mapping[str, tuple[str, ...]]
    rungs: tuple[FrozenRung, ...]
    owner_channel: str | None
    owners: tuple[str, ...]
    on_call: Mapping[str, tuple[str, ...]]


def _asset(catalogue: Catalogue, asset_id: str) -> Asset:
    asset = catalogue.assets.get(asset_id)
    if asset is None:
        raise Refused(f"The catalogue has no asset “{asset_id[:75]}” any more. Type /recover to choose one.")
    return asset


@dataclass(frozen=True, slots=True)
class _Moment:
    """Who is on call at the start."""

    at: datetime
    on_call: OnCall


def _moment(registry: Registry, roster: Roster | None, at: datetime) -> _Moment:
    return _Moment(at, (roster or Roster(lambda: registry.catalogue.people)).on_call)


def _situation(catalogue: Catalogue, asset: Asset, book: Runbook, others: Iterable[str], moment: _Moment) -> _Situation:
    """Everybody in a role, on the ladder or in the owner's team, and `others` whom the catalogue knows."""
    on_call, at = moment.on_call, moment.at
    roles = {role: people_of_role(catalogue, reference, on_call, at) for role, reference in book.roles.items()}
    ladder = catalogue.ladders.get(asset.ladder) if asset.ladder else None
    rungs = tuple(_frozen_rungs(catalogue, ladder.rungs, roles, moment)) if ladder else ()
    owners = catalogue.members(f"team:{asset.owner}")
    ids = [*_flat(roles.values()), *_flat(rung.people for rung in rungs), *owners, *others]
    people = [catalogue.people[one] for one in dict.fromkeys(ids) if one in catalogue.people]
    owner = catalogue.teams.get(asset.owner)
    return _Situation(
        _as_it_is(asset), tuple(as_somebody(catalogue, one) for one in people), roles, rungs,
        owner.channel if owner else None, owners, _by_turn(catalogue, book, roles),
    )  # fmt: skip


def _frozen_rungs(
    catalogue: Catalogue, rungs: Iterable[Rung], roles: Mapping[str, tuple[str, ...]], moment: _Moment
) -> Iterator[FrozenRung]:
    for rung in rungs:
        people = people_of_rung(catalogue, rung.tell, roles, moment.on_call, moment.at)
        yield FrozenRung(int(rung.after.total_seconds()), rung.tell, people, rung.via, rung.repeat or 1)


def _by_turn(
    catalogue: Catalogue, book: Runbook, roles: Mapping[str, tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    """Who has a role by being on call alone; roles without such people are left out."""
    found = {
        role: tuple(one for one in people if one not in catalogue.members(book.roles[role]))
        for role, people in roles.items()
    }
    return {role: people for role, people in found.items() if people}


def people_now(registry: Registry, run: Run, at: datetime, roster: Roster | None = None) -> PeopleNow:
    """Who is of an open run by the catalogue as it is now; the roles and the ladder are those that it was pinned to."""
    catalogue, moment, members = registry.catalogue, _moment(registry, roster, at), run.members
    roles = {
        role: people_of_role(catalogue, reference, moment.on_call, at) for role, reference in run.book.roles.items()
    }
    if not run.start.catalogue:  # an older version did not keep who had a role by being on call alone
        roles = {role: (*people, *_by_feed(catalogue, run, role, people)) for role, people in roles.items()}
    told = tuple(people_of_rung(catalogue, rung.tell, roles, moment.on_call, at) for rung in members.rungs)
    owners = catalogue.members(f"team:{run.start.asset.owner}")
    ids = dict.fromkeys([*(one.id for one in members.people), *_flat(roles.values()), *_flat(told), *owners])
    meant = tuple(
        frozenset(now) | _meant(catalogue, rung, roles, members) for rung, now in zip(members.rungs, told, strict=True)
    )
    people = tuple(as_somebody(catalogue, catalogue.people[one]) for one in ids if one in catalogue.people)
    return PeopleNow(people, roles, _by_turn(catalogue, run.book, roles), meant, told, registry.people_files)


def _by_feed(catalogue: Catalogue, run: Run, role: str, people: tuple[str, ...]) -> Iterator[str]:
    """Who may have been on call by a calendar when the run started, and is known still."""
    reference = run.book.roles[role]
    fed = any(
        kind == "rotation" and name in catalogue.rotations and catalogue.rotations[name].ics is not None
        for kind, _, name in (one.partition(":") for one in ([reference] if isinstance(reference, str) else reference))
    )
    held = run.start.roles.get(role, ()) if fed else ()
    return (one for one in held if one in catalogue.people and one not in people)


def _meant(
    catalogue: Catalogue, rung: FrozenRung, roles: Mapping[str, tuple[str, ...]], members: Members
) -> frozenset[str]:
    """Everybody whom a rung can mean, whoever is on call; whom a feed or an override named, while they are known."""
    found: set[str] = set()
    for reference in rung.tell:
        kind, _, name = reference.partition(":")
        rotation = catalogue.rotations.get(name) if kind == "rotation" else None
        if kind == "role":
            found |= {*roles.get(name, ()), *members.on_call.get(name, ())}
        else:
            found |= set(catalogue.members(reference))
        if rotation is not None:
            named = set(rung.people) if rotation.ics is not None else {one.who for one in rotation.overrides}
            found |= named & catalogue.people.keys()
    return frozenset(found)


def _as_it_is(asset: Asset) -> AssetAsItWas:
    return AssetAsItWas(
        asset.id, asset.name, asset.tier, asset.type, asset.owner, dict(asset.facts),
        int(asset.rpo.total_seconds()) if asset.rpo else None, int(asset.rto.total_seconds()) if asset.rto else None,
    )  # fmt: skip


def _called(registry: Registry, book: Runbook, seen: frozenset[str]) -> Iterator[tuple[str, ServedRunbook]]:
    """Every runbook that this one may call, and those that they call."""
    for step in book.steps:
        kept = registry.kept(step.runbook) if isinstance(step, Call) and step.runbook not in seen else None
        if kept is not None:
            yield kept.book.id, kept
            yield from _called(registry, kept.book, seen | {kept.book.id})


def _flat(groups: Iterable[Iterable[str]]) -> Iterator[str]:
    return (one for group in groups for one in group)
