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
from bot.format.catalogue import CLOCK
from bot.journal.database import schema_state
from bot.journal.feeds import Feeds
from bot.journal.hands import HandsLeases
from bot.journal.leases import Duties
from bot.journal.letters import Letters
from bot.journal.store import Journal
from bot.library.shelf import Shelf
from bot.notifier.calling import Calls, has_untold_page
from bot.notifier.notifier import WORKERS, Notifier
from bot.offline.mirror import keep_mirror
from bot.slack.hearing.door import Door
from bot.slack.hearing.starts import Starters
from bot.slack.listen import build_app
from bot.slack.payload import answer_request
from bot.slack.people import People
from bot.slack.sockets import AT_ONCE, CONNECTIONS, Sockets
from bot.slack.speak import Speaker
from bot.slack.windows import Windows
from bot.web.door import Seal, slack_route
from bot.web.health import NotReady, Probe
from bot.web.metrics import Meters
from bot.wiring.calling.building import build_calling
from bot.wiring.counting import CountedClient
from bot.wiring.credentials import Credential
from bot.wiring.hands import keep_hands
from bot.wiring.house import House, new_id, new_reference, utc_now
from bot.wiring.identity import Identity
from bot.wiring.protecting import build_digest, build_protecting
from bot.wiring.tracker import tracker_duty
from bot.wiring.watch import SlackSide, post_watch
from bot.workers.clock import SWEEP, Clock
from bot.workers.duties import is_ours
from bot.workers.feeds.fetching import Fetcher
from bot.workers.feeds.keeping import FeedKeeper
from bot.workers.feeds.news import FeedNews
from bot.workers.file_news import News
from bot.workers.files import watch_shelf
from bot.workers.hands import watch_hands
from bot.workers.people import PEOPLE, PEOPLE_FOR, PeopleOfRuns
from bot.workers.reports import Endings
from bot.workers.versions import Keeper

if TYPE_CHECKING:
    from bot.slack.reports import Reporter

SWEPT_WITHIN = 8.0
"""Seconds since the clock's last sweep, beyond which it is not ready: with what the asking takes, within ten."""
NEWS, NEWS_FOR = "news", timedelta(seconds=30)
"""One replica tells the owners of bad files, and keeps that duty for so long after each look."""
DEAF = 120.0
"""Seconds without a connection, though Slack answers, from which on a restart is worth it."""
SOON = 3
"""Seconds that Slack has to answer a probe, or to give the address of a new connection."""

Duty = Callable[[threading.Event], None]
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Staff:
    """`duties` run until they are told to stop; `probes` say how each part is; `routes` answer Slack over HTTP."""

    duties: Mapping[str, Duty]
    probes: Mapping[str, Probe]
    routes: tuple[BaseRoute, ...]
    meters: Meters
    lives: Probe = lambda: "It lives."
    """Says no when only a restart would help."""


def hire(house: House) -> Staff:
    """Build every part of a serving house; none of them runs yet."""
    settings, journal, shelf = house.settings, house.journal(), house.shelf()
    meters = Meters(version("handrail"))
    client = _client(house, meters)
    identity = Identity(client, monotonic)
    clock = Clock(journal, house.desk(), utc_now, compared=house.set_clock)
    notifier = _notifier(house, client, clock)
    house.bell.add(lambda run_id, _due: notifier.wake(run_id))
    house.bell.add(clock.wake)
    reporter = _reporter(house, client)
    starters = Starters(Letters(journal))
    app = build_app(_door(house, client, identity, reporter, starters, meters), client, took=meters.click)
    shared = Duties(journal, new_id())
    sockets = _sockets(house, app, client)
    slack = SlackSide(Speaker(client), notifier.refusals, lambda: sockets.connected if sockets is not None else None)
    watch = post_watch(house, clock, slack, meters, shared, utc_now)
    duties: dict[str, Duty] = {f"notifier {number}": notifier.run for number in range(1, WORKERS + 1)}
    calling = build_calling(house, meters)
    duties |= {"pager": calling.duty, "hands": partial(watch_hands, house.desk(), HandsLeases(journal), new_id())}
    duties |= {
        "clock": clock.run,
        "runbooks": _librarian(house, client, shared),
        **watch.duties,
        "feeds": _feeds(house, client),
    }
    duties["starters"] = starters.run
    duties["reports"] = Endings(journal, Letters(journal), reporter, utc_now).run
    duties |= tracker_duty(house, shared)
    protecting = build_protecting(house, Speaker(client), shared)
    duties["protections"] = protecting.duty
    duties["digest"] = build_digest(house, Speaker(client), shared)
    if settings.pack is not None:
        duties["pack"] = _packer(shelf, settings.pack)
    if settings.keeps_mirror:
        duties["mirror"] = _mirror(house)
    if settings.hands is not None and settings.sqlite_path is not None:
        duties["own hands"] = partial(keep_hands, settings, house.environment)
    probes: dict[str, Probe] = {
        "database": lambda: probe_database(house.engine, clock.trouble),
        "slack": lambda: probe_slack(identity, notifier),
        "runbooks": lambda: probe_shelf(shelf),
        "clock": lambda: probe_clock(journal),
        **watch.probes,
    }
    routes = (*calling.routes, *protecting.routes, *watch.routes)
    if sockets is None:
        return Staff(duties, probes, (_slack_route(app, house), *routes), meters)
    probes |= {"slack": lambda: probe_sockets(sockets, identity, notifier)}
    return Staff(duties | {"sockets": sockets.run}, probes, routes, meters, lambda: probe_life(sockets, identity))


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


def probe_shelf(shelf: Shelf) -> str:
    """That there is something to walk."""
    errors = sum(problem.severity == "error" for problem in shelf.problems)
    if not shelf.runbooks or not shelf.catalogue.assets:
        raise NotReady(f"There is no sound runbook and asset in {shelf.path}: run `handrail check {shelf.path}`.")
    found = f"{len(shelf.runbooks)} runbooks, {len(shelf.catalogue.assets)} assets"
    old = f"; an old version serves of {', '.join(shelf.old_files)}" if shelf.old_files else ""
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


def _librarian(house: House, client: WebClient, shared: Duties) -> Duty:
    """Who looks after the files: takes changes in, keeps versions, lets open runs follow, tells owners."""
    shelf, journal = house.shelf(), house.journal()
    keeper = Keeper(shelf, journal, utc_now)
    keeper.give_back()
    news = News(shelf, Letters(journal), Speaker(client), utc_now)
    people = PeopleOfRuns(house.desk(), shelf, house.roster, house.now)

    def after_each_look() -> None:
        keeper.keep()
        if is_ours(shared, PEOPLE, PEOPLE_FOR):
            people.look()
        if is_ours(shared, NEWS, NEWS_FOR):
            news.look()

    return lambda stopping: watch_shelf(shelf, stopping, after_each_look)


def _feeds(house: House, client: WebClient) -> Duty:
    """Who looks after calendar feeds: fetches each, keeps what is good, and tells the owners of dead ones."""
    shelf, journal = house.shelf(), house.journal()
    news = FeedNews(lambda: shelf.catalogue, Letters(journal), Speaker(client), utc_now)
    keeper = FeedKeeper(
        lambda: shelf.catalogue, Feeds(journal), house.feed_address, Fetcher().fetch, news, utc_now, monotonic
    )
    return keeper.run


def _notifier(house: House, client: WebClient, clock: Clock) -> Notifier:
    shelf, desk = house.shelf(), house.desk()

    def channel_of(team_id: str) -> str | None:
        team = shelf.catalogue.teams.get(team_id)
        return team.channel if team is not None else None

    def is_urgent(run_id: str) -> bool:
        run = desk.seen(run_id)
        return run is not None and has_untold_page(run)

    return Notifier(
        journal=house.journal(),
        voice=Speaker(client),
        book_of=house.book_of,
        channel_of_team=channel_of,
        token=new_id(),
        clock=monotonic,
        calls=Calls(
            lambda run_id, attempt: desk.handle(run_id, attempt, CLOCK, "clock"), is_urgent, lambda: clock.is_behind
        ),
    )


def _packer(shelf: Shelf, folder: Path) -> Duty:
    from bot.offline.pack import keep_pack

    return lambda stopping: keep_pack(shelf, folder, utc_now, stopping)


def _mirror(house: House) -> Duty:
    changed: SimpleQueue[str] = SimpleQueue()
    house.bell.add(lambda run_id, _due: changed.put(run_id))
    mirror, journal, logins = house.mirror, house.journal(), house.desk().logins
    return lambda stopping: keep_mirror(mirror, journal, logins, changed, utc_now, stopping)


def _door(
    house: House,
    client: WebClient,
    identity: Identity,
    reporter: "Callable[[], Reporter]",
    starters: Starters,
    meters: Meters,
) -> Door:
    shelf, root = house.shelf(), house.settings.public_url
    pool = ThreadPoolExecutor(8, thread_name_prefix="later")

    def later(work: Callable[[], object]) -> None:
        pool.submit(_logged, work)

    return Door(
        desk=house.desk(),
        shelf=shelf,
        people=People(lambda: shelf.catalogue, lambda: identity.team, lambda: identity.grid),
        windows=Windows(client),
        now=house.now,
        new_reference=new_reference,
        later=later,
        speaker=Speaker(client),
        roster=house.roster,
        reporter=reporter,
        expect_card=starters.expect,
        page_of=lambda ref: f"{root}/runs/{ref}" if root else "",
        held=meters.hold,
        gatherer=house.gatherer,
    )


def _reporter(house: House, client: WebClient) -> "Callable[[], Reporter]":
    """Who writes reports, made when the first is wanted, since the parts take long to import."""

    @cache
    def make() -> "Reporter":
        from bot.slack.reports import Reporter

        return Reporter(house.desk(), Speaker(client), house.templates, utc_now, house.settings.public_url)

    return make


def _logged(work: Callable[[], object]) -> None:
    with bulkhead(log, "what was to be done after an answer broke"):
        work()


def _slack_route(app: App, house: House) -> BaseRoute:
    """The signed way in. The seal alone judges requests: Bolt would judge the same thing again."""
    secret = house.secret("SLACK_SIGNING_SECRET")
    seal = Seal(secret().encode(), time, lambda: secret().encode())
    return slack_route(partial(answer_request, app), seal, ThreadPoolExecutor(AT_ONCE, thread_name_prefix="click"))


def _new_address(client: WebClient, token: Credential) -> str:
    try:
        return str(client.apps_connections_open(app_token=token.now())["url"])
    except SlackApiError:
        if not token.renew():
            raise
        return str(client.apps_connections_open(app_token=token.now())["url"])
