"""Builds the part that hears of backups and looks after their records: the hook, and the loop of one replica."""

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

from starlette.routing import BaseRoute

from bot.journal.hook_tokens import HookTokens
from bot.journal.leases import DutyLeases
from bot.journal.outbox import Outbox
from bot.journal.streams import PROTECTIONS, Streams
from bot.notifier.messenger import Messenger
from bot.web.hooks.endpoint import RateLimit
from bot.web.hooks.heartbeat import A_MINUTE, Listener, heartbeat_route
from bot.wiring.house import House
from bot.workers.digest import LOOK_EVERY, OF_DIGEST, Digest
from bot.workers.leased import do_alone
from bot.workers.protections import EVERY, OF_PROTECTIONS, Protections

AT_ONCE = 4
"""Reports that are taken at a time: clicks go first."""


@dataclass(frozen=True, slots=True)
class Protecting:
    """What it adds to the staff."""

    loop: Callable[[threading.Event], None]
    routes: tuple[BaseRoute, ...]


def build_protecting(house: House, messenger: Messenger, shared: DutyLeases) -> Protecting:
    """Build it; nothing of it runs yet."""
    registry, journal = house.registry(), house.journal()
    keeper = Protections(lambda: registry.catalogue, journal, messenger, house.roster, house.now)
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hook")
    listener = Listener(
        lambda: registry.catalogue, Streams(journal, PROTECTIONS),
        HookTokens(journal, house.now, lambda: secrets.token_hex(32)), house.now, RateLimit(A_MINUTE, monotonic),
    )  # fmt: skip

    def work(stopping: threading.Event) -> None:
        do_alone(shared, OF_PROTECTIONS, EVERY, keeper.look, stopping)

    return Protecting(work, (heartbeat_route(listener, pool),))


def build_digest(house: House, messenger: Messenger, shared: DutyLeases) -> Callable[[threading.Event], None]:
    """The loop that tells each owner team once a week what is most urgent; it looks a while after the start first."""
    digest = Digest(house.gatherer.facts, Outbox(house.journal()), messenger, house.now)

    def work(stopping: threading.Event) -> None:
        if not stopping.wait(LOOK_EVERY.total_seconds()):
            do_alone(shared, OF_DIGEST, LOOK_EVERY, digest.look, stopping)

    return work
