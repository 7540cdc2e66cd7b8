"""Looks after the records of protections: takes plans, finds what is late, calls people, and tells owners. One replica.

What is told is read from the records: a message stands while something is wrong there, and says its return.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.format.catalogue import CLOCK, Asset, Catalogue, Protection
from bot.journal.outbox import Outbox, OutboxMessage
from bot.journal.store import Journal
from bot.journal.streams import PROTECTIONS, Streams
from bot.notifier.messenger import Messenger
from bot.oncall.references import as_somebody, people_of_rung
from bot.oncall.roster import Roster
from bot.readiness.protection.events import PlanTaken, RungCalled
from bot.readiness.protection.plan import NO_PLAN, plan_of, protections_of
from bot.readiness.protection.rules import call, look, take_plan
from bot.readiness.protection.state import Standing
from bot.render.protections import all_copies_lost, protection_gone, protection_right, protection_wrong
from bot.workers.notices import Notices

EVERY = timedelta(seconds=10)
"""How often it is looked; two whiles after one replica was killed another one does."""
OF_PROTECTIONS = "protections"
"""What these messages carry in place of a run."""
_CATALOGUE = "catalogue"
_BATCH = 200
_DAY = range(8, 20)
"""Hours in which a team is told of what can wait for its morning."""
_CAN_WAIT = 3
"""The tier of which a team is not told at night."""
_CALL = ":call:"

log = structlog.get_logger(__name__)


class Protections:
    """`look` is called every while, by one replica at a time; another one may have been at it a moment ago."""

    def __init__(
        self,
        catalogue: Callable[[], Catalogue],
        journal: Journal,
        messenger: Messenger,
        roster: Roster,
        now: Callable[[], datetime],
    ) -> None:
        """`now` is the clock that judges the record."""
        self._catalogue, self._journal, self._roster, self._now = catalogue, journal, roster, now
        self._streams = Streams(journal, PROTECTIONS)
        self._notices = Notices(OF_PROTECTIONS, Outbox(journal), messenger, now)
        self._planned: Catalogue | None = None
        self._homeless: set[str] = set()

    def look(self) -> None:
        """Take plans, record what is late, call, and tell."""
        catalogue, now = self._catalogue(), self._now()
        known = {name: (asset, one) for name, asset, one in protections_of(catalogue)}
        self._take_plans(catalogue, now)
        for name in self._streams.due(now, _BATCH):
            self._streams.change(name, lambda here: look(here, now), now, CLOCK, CLOCK)
        standing = self._streams.states()
        for name, (asset, _) in known.items():
            self._call(catalogue, name, asset, standing, now)
        self._tell(catalogue, known, standing, now)

    def _take_plans(self, catalogue: Catalogue, now: datetime) -> None:
        if catalogue is self._planned:
            return
        standing = self._streams.states()
        plans = {name: plan_of(one) for name, _, one in protections_of(catalogue)}
        for name in {**plans, **standing}:
            plan = plans.get(name, NO_PLAN)
            if take_plan(standing.get(name, PROTECTIONS.begin), plan, now):
                self._take_plan(name, plan, now)
        self._planned = catalogue

    def _take_plan(self, name: str, plan: PlanTaken, now: datetime) -> None:
        self._streams.change(name, lambda here: take_plan(here, plan, now), now, _CATALOGUE, CLOCK)

    def _call(
        self, catalogue: Catalogue, name: str, asset: Asset, standing: dict[str, Standing], now: datetime
    ) -> None:
        """Record that the next rung is called, when it is time and nobody has begun."""
        here = standing.get(name)
        ladder = catalogue.ladders.get(asset.ladder or "")
        if here is None or here.lost_since is None or ladder is None or asset.tier >= _CAN_WAIT or here.is_silent(now):
            return
        due = [rung for rung in ladder.rungs if here.lost_since + rung.after <= now]
        if len(due) <= len(here.called) or any(one.mode == "live" for one in self._journal.open_runs(asset.id)):
            return
        if self._channel(catalogue, asset) is None:
            return  # nobody would be called, and nobody is said to have been
        rung = ladder.rungs[len(here.called)]
        people = people_of_rung(catalogue, rung.tell, {}, self._roster.on_call, now)
        asked = RungCalled(len(here.called) + 1, people)
        standing[name], _ = self._streams.change(name, lambda here: call(here, asked), now, CLOCK, CLOCK)

    def _tell(
        self,
        catalogue: Catalogue,
        known: Mapping[str, tuple[Asset, Protection]],
        standing: Mapping[str, Standing],
        now: datetime,
    ) -> None:
        outbox = self._notices.standing()
        heard: set[str] = set()
        for name, (asset, one) in known.items():
            channel, here = self._channel(catalogue, asset), standing.get(name)
            if channel is None or here is None:
                continue
            key = f"{channel}:{_short(name)}"
            heard.add(key)
            self._tell_one(key, outbox.get(key), (asset, one), here, self._holds(catalogue, asset, here, now))
            heard |= self._tell_calls(key, outbox, (asset, one), here, catalogue)
        for key in outbox.keys() - heard:
            if _CALL in key:
                self._notices.forget(key)
            else:
                self._notices.tell(key, None, protection_gone(), outbox[key])

    def _tell_one(
        self,
        key: str,
        letter: OutboxMessage | None,
        of: tuple[Asset, Protection],
        here: Standing,
        holds: bool,  # noqa: FBT001  (a fact of the moment)
    ) -> None:
        if any(one.wrong for one in here.copies):
            if not (holds and letter is None):
                self._notices.tell(key, protection_wrong(*of, here), None, letter)
        elif letter is not None:
            self._notices.tell(key, None, protection_right(*of, here), letter)

    def _tell_calls(
        self,
        key: str,
        outbox: Mapping[str, OutboxMessage],
        of: tuple[Asset, Protection],
        here: Standing,
        catalogue: Catalogue,
    ) -> set[str]:
        """Post each call that is recorded and was not posted; the keys of all of them."""
        if here.lost_since is None:
            return set()
        told = set()
        for rung, ids in enumerate(here.called, 1):
            own = f"{key}{_CALL}{int(here.lost_since.timestamp())}:{rung}"
            told.add(own)
            if own not in outbox or outbox[own].ts is None:
                people = [as_somebody(catalogue, catalogue.people[one]) for one in ids if one in catalogue.people]
                self._notices.tell(own, all_copies_lost(*of, here, people, rung), None, outbox.get(own))
        return told

    def _holds(self, catalogue: Catalogue, asset: Asset, here: Standing, now: datetime) -> bool:
        """Whether nobody is to be told now: a silence, or night where it can wait."""
        if here.is_silent(now):
            return True
        return asset.tier >= _CAN_WAIT and all(
            now.astimezone(zone).hour not in _DAY for zone in _zones(catalogue, asset)
        )

    def _channel(self, catalogue: Catalogue, asset: Asset) -> str | None:
        team = catalogue.teams.get(asset.owner)
        channel = team.channel if team is not None else None
        if channel is None and asset.id not in self._homeless:
            self._homeless.add(asset.id)
            log.warning("no team with a channel owns this asset: nobody hears of its protections", asset=asset.id)
        return channel


def _zones(catalogue: Catalogue, asset: Asset) -> Iterator[ZoneInfo]:
    """The zones of the people of the owner team; UTC where there is nobody."""
    names = {catalogue.people[one].timezone for one in catalogue.members(f"team:{asset.owner}")}
    yield from map(ZoneInfo, names or {"UTC"})


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]
