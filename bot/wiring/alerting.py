"""Builds the part that hears of alerts: the hook, and the duty of one replica that asks channels because of them."""

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

import structlog
from starlette.routing import BaseRoute

from bot.journal.hook_tokens import HookTokens
from bot.journal.leases import DutyLeases
from bot.journal.streams import ALERTS, Streams
from bot.notifier.messenger import Messenger
from bot.web.hooks.alert import A_MINUTE, ALERTS_A_MINUTE, AlertListener, alert_routes
from bot.web.hooks.endpoint import RateLimit
from bot.wiring.house import House
from bot.workers.alerts import EVERY, OF_ALERTS, AlertKeeper
from bot.workers.feeds.fetching import Unfetched, secret_named
from bot.workers.leased import do_alone

AT_ONCE = 4
"""Deliveries that are taken at a time: clicks go first."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Alerting:
    """What it adds to the staff."""

    loop: Callable[[threading.Event], None]
    routes: tuple[BaseRoute, ...]


def build_alerting(house: House, messenger: Messenger, shared: DutyLeases) -> Alerting:
    """Build it; nothing of it runs yet."""
    from bot.library.alerting.mapping import read_sources
    from bot.web.hooks.sns import SnsSignatures

    registry, journal = house.registry(), house.journal()
    sources, problems = read_sources(house.settings.alerts)
    for one in problems:
        log.warning("a mapping of alerts cannot be used", place=one.place, problem=one.message)

    def secret(name: str) -> str:
        try:
            return secret_named(house.environment, name) or ""
        except Unfetched as wrong:
            log.warning("a secret of alerts cannot be read", problem=str(wrong))
            return ""

    listener = AlertListener(
        lambda: registry.catalogue, Streams(journal, ALERTS),
        HookTokens(journal, house.now, lambda: secrets.token_hex(32)), sources, secret, house.now,
        RateLimit(A_MINUTE, monotonic), RateLimit(ALERTS_A_MINUTE, monotonic), SnsSignatures(house.now),
    )  # fmt: skip
    keeper = AlertKeeper(registry, journal, messenger, house.now)

    def work(stopping: threading.Event) -> None:
        do_alone(shared, OF_ALERTS, EVERY, keeper.look, stopping)

    return Alerting(work, alert_routes(listener, ThreadPoolExecutor(AT_ONCE, thread_name_prefix="alert")))
