"""Builds the part that hears of backups and looks after their records: the hook, and the duty of one replica."""

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

from starlette.routing import BaseRoute

from bot.journal.hook_tokens import HookTokens
from bot.journal.leases import Duties
from bot.journal.letters import Letters
from bot.journal.streams import PROTECTIONS, Streams
from bot.notifier.voice import Voice
from bot.web.hooks.door import Pace
from bot.web.hooks.heartbeat import A_MINUTE, Listener, heartbeat_route
from bot.wiring.house import House
from bot.workers.digest import LOOK_EVERY, OF_DIGEST, Digest
from bot.workers.duties import do_alone
from bot.workers.protections import EVERY, OF_PROTECTIONS, Protections

AT_ONCE = 4
"""Reports that are taken at a time: clicks go first."""


@dataclass(frozen=True, slots=True)
class Protecting:
    """What it adds to the staff."""

    duty: Callable[[threading.Event], None]
    routes: tuple[BaseRoute, ...]


def build_protecting(house: House, voice: Voice, shared: Duties) -> Protecting:
    """Build it; nothing of it runs yet."""
    shelf, journal = house.shelf(), house.journal()
    keeper = Protections(lambda: shelf.catalogue, journal, voice, house.roster, house.now)
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hook")
    listener = Listener(
        lambda: shelf.catalogue, Streams(journal, PROTECTIONS),
        HookTokens(journal, house.now, lambda: secrets.token_hex(32)), house.now, Pace(A_MINUTE, monotonic),
    )  # fmt: skip

    def work(stopping: threading.Event) -> None:
        do_alone(shared, OF_PROTECTIONS, EVERY, keeper.look, stopping)

    return Protecting(work, (heartbeat_route(listener, pool),))


def build_digest(house: House, voice: Voice, shared: Duties) -> Callable[[threading.Event], None]:
    """The duty that tells each owner team once a week what is most urgent; it looks a while after the start first."""
    digest = Digest(house.gatherer.facts, Letters(house.journal()), voice, house.now)

    def work(stopping: threading.Event) -> None:
        if not stopping.wait(LOOK_EVERY.total_seconds()):
            do_alone(shared, OF_DIGEST, LOOK_EVERY, digest.look, stopping)

    return work
