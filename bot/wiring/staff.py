"""Who works in the house: what runs on threads, what answers over HTTP, and how each part is."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic, time

from slack_bolt.app import App
from slack_sdk import WebClient
from sqlalchemy.exc import SQLAlchemyError
from starlette.routing import BaseRoute

from bot.clock import Clock
from bot.herald import Herald
from bot.journal.database import schema_state
from bot.journal.letters import Letters
from bot.library.shelf import Shelf
from bot.settings import Settings
from bot.slack.listen import build_app
from bot.slack.people import People
from bot.slack.sockets import AT_ONCE, CONNECTIONS, Sockets
from bot.slack.speak import Speaker
from bot.web.door import Seal, slack_route
from bot.web.health import NotReady, Probe
from bot.wiring.house import House, new_id, new_reference, utc_now
from bot.wiring.identity import Identity
from bot.wiring.watching import watch_shelf

HERALDS = 4
SWEPT_WITHIN = 10.0
"""Seconds since the clock's last sweep, beyond which it is not ready."""
SOON = 3
"""Seconds that Slack has to answer what a probe or a new connection asks."""

Duty = Callable[[threading.Event], None]


@dataclass(frozen=True)
class Staff:
    """`duties` run until they are told to stop; `probes` say how each part is; `routes` answer Slack over HTTP."""

    duties: Mapping[str, Duty]
    probes: Mapping[str, Probe]
    routes: tuple[BaseRoute, ...] = ()
