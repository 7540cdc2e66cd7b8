"""The watch of a serving house: built of the parts of this folder, handed on as loops, probes and routes."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from starlette.routing import BaseRoute

from bot.bulkhead import bulkhead
from bot.journal.feeds import Feeds
from bot.journal.leases import DutyLeases
from bot.journal.listening import listen_for_due
from bot.journal.outbox import Outbox
from bot.journal.standing import StandingQueries
from bot.library.registry import Registry
from bot.notifier.messenger import Messenger
from bot.oncall.roster import feed_name
from bot.web.health import Probe
from bot.web.metrics import Local, Meters, Standing, metrics_route
from bot.wiring.house import House
from bot.workers.auditor import EVERY, SUBJECT, Alarm, Auditor, all_right, audit, message_of, told_to
from bot.workers.clock import SWEEP, Clock
from bot.workers.head_posting import LOOK_EVERY, Posting
from bot.workers.heartbeat import Heartbeat
from bot.workers.leased import do_alone
from bot.workers.notices import Notices

PRUNE_EVERY, KEPT = timedelta(minutes=10), timedelta(days=1)
"""How often old request keys are forgotten, and how long they are kept: far longer than Slack repeats itself."""
_AUDITOR, _PRUNE, _LEDGER = "auditor", "prune", "ledger"

Work = Callable[[threading.Event], None]
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class WatchParts:
    """What the watch adds to the staff."""

    loops: Mapping[str, Work]
    probes: Mapping[str, Probe]
    routes: tuple[BaseRoute, ...]


@dataclass(frozen=True)
class SlackSide:
    """What the watch has to do with Slack: a voice, what it does not let the app do, and how many connections stand.

    None of them where none is meant, as with signed HTTP.
    """

    messenger: Messenger
    refusals: Callable[[], tuple[str, ...]]
    sockets: Callable[[], int | None]


def post_watch(
    house: House, clock: Clock, slack: SlackSide, meters: Meters, leases: DutyLeases, now: Callable[[], datetime]
) -> WatchParts:
    """Build the watch; nothing of it runs yet."""
    journal = house.journal()
    auditor = _auditor(house, slack, leases, now)
    work: dict[str, Work] = {
        "auditor": lambda stopping: keep_auditing(auditor, stopping),
        "prune": lambda stopping: do_alone(
            leases, _PRUNE, PRUNE_EVERY, lambda: journal.prune_inbox(journal.moment(now()) - KEPT), stopping
        ),
    }
    channel = house.settings.ops_channel
    if channel is not None:
        posting = Posting(channel, journal, Outbox(journal), slack.messenger, now)
        work["ledger"] = lambda stopping: do_alone(leases, _LEDGER, LOOK_EVERY, posting.look, stopping)
    if journal.judges and not house.settings.database_pooler:
        work["ears"] = lambda stopping: listen_for_due(house.engine, lambda due: clock.wake("", due), stopping)
    house.handler().watch(meters.see)

    def local() -> Local:
        return Local(slack.sockets(), auditor.findings, auditor.is_blind)

    return WatchParts(work, {"auditor": auditor.probe}, (metrics_route(meters, lambda: _standing(house, now), local),))


def keep_auditing(auditor: Auditor, stopping: threading.Event, every: timedelta = EVERY) -> None:
    """Audit every while until `stopping`; first after one while, so that whoever starts late may catch up."""
    while not stopping.wait(every.total_seconds()):
        with bulkhead(log, "the audit broke; the next one is in a minute"):
            auditor.audit()


def _auditor(house: House, slack: SlackSide, leases: DutyLeases, now: Callable[[], datetime]) -> Auditor:
    journal, registry = house.journal(), house.registry()
    facts, notices = StandingQueries(journal), Notices(SUBJECT, Outbox(journal), slack.messenger, now)

    def look() -> tuple[Alarm, ...]:
        return audit(facts, journal.moment(now()), journal.last_sweep(SWEEP), slack.refusals())

    def tell(findings: tuple[Alarm, ...]) -> None:
        channels = {team.channel for team in registry.catalogue.teams.values() if team.channel}
        affected = (
            {one for row in journal.open_runs() if (one := channel_of(registry, row.asset))} if findings else set()
        )
        heard = told_to(findings, lambda asset: channel_of(registry, asset), affected)
        told = notices.told(channels | heard.keys())
        for channel in sorted({*heard, *told}):
            message = message_of(heard[channel]) if channel in heard else None
            notices.tell(channel, message, None if message else all_right(now()), told.get(channel))

    named = house.settings.heartbeat_url is not None
    beat = Heartbeat(house.secret("HANDRAIL_HEARTBEAT_URL")).beat if named else None
    return Auditor(look, lambda: leases.take(_AUDITOR, 2 * EVERY), tell, beat)


def channel_of(registry: Registry, asset: str) -> str | None:
    """Where the team hears of things that owns an asset."""
    known = registry.catalogue.assets.get(asset)
    team = registry.catalogue.teams.get(known.owner) if known is not None else None
    return team.channel if team is not None else None


def _standing(house: House, now: Callable[[], datetime]) -> Standing:
    journal = house.journal()
    facts, moment, swept = StandingQueries(journal), journal.moment(now()), journal.last_sweep(SWEEP)
    untold = facts.untold(moment, timedelta(0))
    lag = max(0.0, (moment - untold[0].since).total_seconds()) if untold else 0.0
    age = max(0.0, (moment - swept).total_seconds()) if swept is not None else None
    return Standing(facts.open_by_mode(), lag, age, _ages_of_feeds(house, now()))


def _ages_of_feeds(house: House, now: datetime) -> Mapping[str, float | None]:
    rotations = house.registry().catalogue.rotations.values()
    names = sorted({name for one in rotations if (name := feed_name(one)) is not None})
    if not names:
        return {}
    states = Feeds(house.journal()).states()
    since = {name: states[name].fetched_at if name in states else None for name in names}
    return {name: None if at is None else max(0.0, (now - at).total_seconds()) for name, at in since.items()}
