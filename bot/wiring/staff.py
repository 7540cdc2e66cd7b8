"""Who works in the house: what runs on threads, what answers over HTTP, and how each part is."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from time import monotonic, time
from typing import TYPE_CHECKING

import structlog
from slack_bolt.app import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.routing import BaseRoute

from bot.bulkhead import bulkhead
from bot.engine.upkeep import Upkeep
from bot.format.catalogue import CLOCK
from bot.journal.database import schema_state
from bot.journal.feeds import Feeds
from bot.journal.hands import HandsLeases
from bot.journal.leases import DutyLeases
from bot.journal.outbox import Outbox
from bot.journal.rows import Waiting
from bot.journal.store import Journal
from bot.journal.streams import AlertsOf
from bot.library.registry import Registry
from bot.notifier.calling import PageHooks, has_untold_page
from bot.notifier.notifier import WORKERS, Notifier
from bot.offline.mirror import keep_mirror
from bot.slack.hearing.context import ListenerContext
from bot.slack.hearing.starts import Starters
from bot.slack.listen import build_app
from bot.slack.messenger import SlackMessenger
from bot.slack.payload import answer_request
from bot.slack.people import People
from bot.slack.sockets import AT_ONCE, CONNECTIONS, Sockets
from bot.slack.windows import Windows
from bot.web.health import NotReady, Probe
from bot.web.metrics import Meters
from bot.web.slack_requests import RequestVerifier, slack_route
from bot.wiring.alerting import build_alerting
from bot.wiring.calling.building import Calling, build_calling
from bot.wiring.counting import CountedClient
from bot.wiring.credentials import Credential
from bot.wiring.hands import keep_hands
from bot.wiring.house import House, new_id, new_reference, utc_now
from bot.wiring.identity import Identity
from bot.wiring.protecting import build_digest, build_protecting
from bot.wiring.tracker import tracker_loop
from bot.wiring.upkeep import build_upkeep
from bot.wiring.watch import SlackSide, post_watch
from bot.workers.clock import SWEEP, Clock
from bot.workers.feeds.fetching import Fetcher
from bot.workers.feeds.keeping import FeedKeeper
from bot.workers.feeds.news import FeedNews
from bot.workers.file_news import News
from bot.workers.files import reload_registry
from bot.workers.hands import watch_hands
from bot.workers.leased import is_ours
from bot.workers.people import PEOPLE, PEOPLE_FOR, PeopleOfRuns
from bot.workers.reports import Endings
from bot.workers.versions import VersionRecorder

if TYPE_CHECKING:
    from bot.slack.reports import Reporter

SWEPT_WITHIN = 8.0
"""Seconds since the clock's last sweep, beyond which it is not ready: with what the asking takes, within ten."""
NEWS, NEWS_FOR = "news", timedelta(seconds=30)
"""One replica tells the owners of bad files, and keeps that duty for so long after each look."""
BY_THEMSELVES = 20.0
"""Seconds after which notifier, pager and who watches hands look by themselves: the clock tells them each second."""
DEAF = 120.0
"""Seconds without a connection, though Slack answers, from which on a restart is worth it."""
SOON = 3
"""Seconds that Slack has to answer a probe, or to give the address of a new connection."""

Loop = Callable[[threading.Event], None]
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Staff:
    """`loops` run until they are told to stop; `probes` say how each part is; `routes` answer Slack over HTTP."""

    loops: Mapping[str, Loop]
    probes: Mapping[str, Probe]
    routes: tuple[BaseRoute, ...]
    meters: Meters
    lives: Probe = lambda: "It lives."
    """Says no when only a restart would help."""


def build_staff(house: House) -> Staff:
    """Build every part of a serving house; none of them runs yet."""
    settings, journal, registry = house.settings, house.journal(), house.registry()
    meters = Meters(version("handrail"))
    client = _client(house, meters)
    identity = Identity(client, monotonic)
    clock = Clock(journal, house.handler(), utc_now, compared=house.set_clock)
    notifier = _notifier(house, client, clock)
    house.bell.add(lambda run_id, _due: notifier.wake(run_id))
    house.bell.add(clock.wake)
    reporter = _reporter(house, client)
    starters = Starters(Outbox(journal))
    app = build_app(_door(house, client, identity, reporter, starters, meters), client, took=meters.click)
    shared, messenger = DutyLeases(journal, new_id()), SlackMessenger(client)
    sockets = _sockets(house, app, client)
    slack = SlackSide(messenger, notifier.refusals, lambda: sockets.connected if sockets is not None else None)
    watch = post_watch(house, clock, slack, meters, shared, utc_now)
    calling = build_calling(house, meters, BY_THEMSELVES)
    loops: dict[str, Loop] = {
        **_woken(house, clock, notifier, calling),
        "clock": clock.run,
        "runbooks": _librarian(house, client, shared),
        **watch.loops,
        "feeds": _feeds(house, client),
        "starters": starters.run,
    }
    loops["reports"] = Endings(journal, Outbox(journal), reporter, utc_now).run
    loops |= tracker_loop(house, shared)
    readying, readying_routes = _readying(house, client, messenger, shared)
    loops |= readying
    if settings.pack is not None:
        loops["pack"] = _packer(registry, settings.pack)
    if settings.keeps_mirror:
        loops["mirror"] = _mirror(house)
    if settings.hands is not None and settings.sqlite_path is not None:
        loops["own hands"] = partial(keep_hands, settings, house.environment)
    probes: dict[str, Probe] = {
        "database": lambda: probe_database(house.engine, clock.trouble),
        "slack": lambda: probe_slack(identity, notifier),
        "runbooks": lambda: probe_registry(registry),
        "clock": lambda: probe_clock(journal),
        **watch.probes,
    }
    routes = (*calling.routes, *readying_routes, *watch.routes)
    if sockets is None:
        return Staff(loops, probes, (_slack_route(app, house), *routes), meters)
    probes |= {"slack": lambda: probe_sockets(sockets, identity, notifier)}
    return Staff(loops | {"sockets": sockets.run}, probes, routes, meters, lambda: probe_life(sockets, identity))


def _woken(house: House, clock: Clock, notifier: Notifier, calling: Calling) -> dict[str, Loop]:
    """Those whom the clock wakes when they have work, since it asks for all of them at once."""
    lost = threading.Event()

    def rouse(waiting: Waiting) -> None:
        for has_work, wake in (
            (waiting.is_untold, notifier.sweep), (waiting.calls, calling.look), (waiting.lost_hands, lost.set),
        ):  # fmt: skip
            if has_work:
                wake()

    clock.hear(rouse)
    telling = partial(notifier.run, sweeps_every=BY_THEMSELVES)
    watching = partial(watch_hands, house.handler(), HandsLeases(house.journal()), new_id())
    return {
        **{f"notifier {number}": telling for number in range(1, WORKERS + 1)},
        "pager": calling.loop,
        "hands": partial(watching, lost=lost, every=BY_THEMSELVES),
    }


def _readying(
    house: House, client: WebClient, messenger: SlackMessenger, shared: DutyLeases
) -> tuple[Mapping[str, Loop], tuple[BaseRoute, ...]]:
    """What is heard before the night: of backups and alerts, and of people; and who is told."""
    protecting, alerting = build_protecting(house, messenger, shared), build_alerting(house, messenger, shared)
    loops = {"protections": protecting.loop, "alerts": alerting.loop, "digest": build_digest(house, messenger, shared)}
    return {**loops, **build_upkeep(house, client, shared)}, (*protecting.routes, *alerting.routes)


def _sockets(house: House, app: App, client: WebClient) -> Sockets | None:
    """The connections of Socket Mode, where that is how Slack reaches us."""
    if not house.settings.uses_socket_mode:
        return None
    app_token = house.credential("SLACK_APP_TOKEN")
    return Sockets(app, lambda: _new_address(client, app_token), monotonic)


def probe_database(engine: Engine, trouble: str = "") -> str:
    """That the database answers, its tables are of this version, and the clock, who writes all the while, can write.

    `trouble` says why the clock could not.
    """
    try:
        state = schema_state(engine)
    except SQLAlchemyError as failure:
        log.warning("the database does not answer", failure=str(failure))
        raise NotReady("The database does not answer.") from None
    if trouble:
        raise NotReady(f"Nothing can be written: {trouble}.")
    if state == "ahead":  # migrated for the next version while we serve: what is new in the tables, we leave alone
        return "The database answers. Its tables are of a newer Handrail: finish the upgrade."
    if state != "current":
        raise NotReady(f"The database's tables are {state}: run `handrail migrate`.")
    return f"{'SQLite' if engine.dialect.name == 'sqlite' else 'PostgreSQL'} answers, its tables are up to date."


def probe_registry(registry: Registry) -> str:
    """That there is something to walk."""
    errors = sum(problem.severity == "error" for problem in registry.problems)
    if not registry.runbooks or not registry.catalogue.assets:
        raise NotReady(f"There is no sound runbook and asset in {registry.path}: run `handrail check {registry.path}`.")
    found = f"{len(registry.runbooks)} runbooks, {len(registry.catalogue.assets)} assets"
    old = f"; an old version serves of {', '.join(registry.old_files)}" if registry.old_files else ""
    return f"{found}{old}; {errors} errors keep newer versions out, see `handrail check`." if errors else f"{found}."


def probe_clock(journal: Journal) -> str:
    """That due times were looked at a moment ago."""
    swept = journal.last_sweep(SWEEP)
    if swept is None:
        raise NotReady("The clock has not swept yet.")
    ago = (journal.moment(utc_now()) - swept).total_seconds()
    if ago > SWEPT_WITHIN:
        raise NotReady(f"The clock swept {ago:.0f} s ago.")
    return f"Swept within {SWEPT_WITHIN:.0f} s."


def probe_slack(identity: Identity, notifier: Notifier) -> str:
    """That Slack knows our token, and lets the app do what it has to."""
    refused = notifier.refusals()
    if refused:
        raise NotReady(
            f"Slack refuses Handrail: {', '.join(refused)}. What it should be told waits. "
            "`handrail doctor` says what to do; call people yourself."
        )
    return identity.probe()


def probe_life(sockets: Sockets, identity: Identity) -> str:
    """That we do not sit there deaf while Slack answers: then, and only then, does a restart mend anything."""
    known = ""
    if sockets.deaf_for > DEAF:
        with suppress(NotReady):  # Slack does not answer either: a restart would not mend it
            known = identity.probe()
        if known:
            raise NotReady(f"No connection to Slack for {sockets.deaf_for:.0f} s, though it answers. {known}")
    return "It lives."


def probe_sockets(sockets: Sockets, identity: Identity, notifier: Notifier) -> str:
    """That Slack can reach us on at least one connection, and knows our token."""
    if not sockets.connected:
        raise NotReady(sockets.trouble or "No connection to Slack.")
    return f"{sockets.connected} of {CONNECTIONS} connections. {probe_slack(identity, notifier)}"


def _client(house: House, meters: Meters) -> WebClient:
    token = house.credential("SLACK_BOT_TOKEN")
    return CountedClient(
        meters.call, token.now, token.renew, base_url=house.settings.slack_api_url, timeout=SOON, retry_handlers=[]
    )


def _librarian(house: House, client: WebClient, shared: DutyLeases) -> Loop:
    """Who looks after the files: takes changes in, keeps versions, lets open runs follow, tells owners."""
    registry, journal = house.registry(), house.journal()
    keeper = VersionRecorder(registry, journal, utc_now)
    keeper.give_back()
    news = News(registry, Outbox(journal), SlackMessenger(client), utc_now)
    people = PeopleOfRuns(house.handler(), registry, house.roster, house.now)

    def after_each_look() -> None:
        keeper.keep()
        if is_ours(shared, PEOPLE, PEOPLE_FOR):
            people.look()
        if is_ours(shared, NEWS, NEWS_FOR):
            news.look()

    return lambda stopping: reload_registry(registry, stopping, after_each_look)


def _feeds(house: House, client: WebClient) -> Loop:
    """Who looks after calendar feeds: fetches each, keeps what is good, and tells the owners of dead ones."""
    registry, journal = house.registry(), house.journal()
    news = FeedNews(lambda: registry.catalogue, Outbox(journal), SlackMessenger(client), utc_now)
    keeper = FeedKeeper(
        lambda: registry.catalogue, Feeds(journal), house.feed_address, Fetcher().fetch, news, utc_now, monotonic
    )
    return keeper.run


def _notifier(house: House, client: WebClient, clock: Clock) -> Notifier:
    registry, handler = house.registry(), house.handler()

    def channel_of(team_id: str) -> str | None:
        team = registry.catalogue.teams.get(team_id)
        return team.channel if team is not None else None

    def is_urgent(run_id: str) -> bool:
        run = handler.seen(run_id)
        return run is not None and has_untold_page(run)

    return Notifier(
        journal=house.journal(),
        messenger=SlackMessenger(client),
        book_of=house.book_of,
        channel_of_team=channel_of,
        token=new_id(),
        clock=monotonic,
        calls=PageHooks(
            lambda run_id, attempt: handler.handle(run_id, attempt, CLOCK, "clock"), is_urgent, lambda: clock.is_behind
        ),
    )


def _packer(registry: Registry, folder: Path) -> Loop:
    from bot.offline.pack import keep_pack

    return lambda stopping: keep_pack(registry, folder, utc_now, stopping)


def _mirror(house: House) -> Loop:
    changed: SimpleQueue[str] = SimpleQueue()
    house.bell.add(lambda run_id, _due: changed.put(run_id))
    mirror, journal, logins = house.mirror, house.journal(), house.handler().logins
    return lambda stopping: keep_mirror(mirror, journal, logins, changed, utc_now, stopping)


def _door(
    house: House,
    client: WebClient,
    identity: Identity,
    reporter: "Callable[[], Reporter]",
    starters: Starters,
    meters: Meters,
) -> ListenerContext:
    registry, root = house.registry(), house.settings.public_url
    pool = ThreadPoolExecutor(8, thread_name_prefix="later")

    def later(work: Callable[[], object]) -> None:
        pool.submit(_logged, work)

    return ListenerContext(
        handler=house.handler(),
        registry=registry,
        people=People(lambda: registry.catalogue, lambda: identity.team, lambda: identity.grid),
        windows=Windows(client),
        now=house.now,
        new_reference=new_reference,
        later=later,
        speaker=SlackMessenger(client),
        roster=house.roster,
        reporter=reporter,
        expect_card=starters.expect,
        page_of=lambda ref: f"{root}/runs/{ref}" if root else "",
        held=meters.hold,
        gatherer=house.gatherer,
        journal=house.journal(),
        upkeep=Upkeep(house.journal(), registry, house.book_of, house.now),
        alerts_of=AlertsOf(house.journal()).firing,
    )


def _reporter(house: House, client: WebClient) -> "Callable[[], Reporter]":
    """Who writes reports, made when the first is wanted, since the parts take long to import."""

    @cache
    def make() -> "Reporter":
        from bot.slack.reports import Reporter

        return Reporter(house.handler(), SlackMessenger(client), house.templates, utc_now, house.settings.public_url)

    return make


def _logged(work: Callable[[], object]) -> None:
    with bulkhead(log, "what was to be done after an answer broke"):
        work()


def _slack_route(app: App, house: House) -> BaseRoute:
    """The signed way in. The seal alone judges requests: Bolt would judge the same thing again."""
    secret = house.secret("SLACK_SIGNING_SECRET")
    seal = RequestVerifier(secret().encode(), time, lambda: secret().encode())
    return slack_route(partial(answer_request, app), seal, ThreadPoolExecutor(AT_ONCE, thread_name_prefix="click"))


def _new_address(client: WebClient, token: Credential) -> str:
    try:
        return str(client.apps_connections_open(app_token=token.now())["url"])
    except SlackApiError:
        if not token.renew():
            raise
        return str(client.apps_connections_open(app_token=token.now())["url"])
