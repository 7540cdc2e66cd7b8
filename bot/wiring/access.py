"""Builds the gate before pages and API out of what the settings say about who may read."""

import secrets
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from starlette.routing import BaseRoute

from bot.web.access.gate import Gate, Way, send_to_sign_in, turn_away_here
from bot.web.access.loopback import loopback_access
from bot.web.access.proxy import proxy_way
from bot.web.pages.reader import Access
from bot.wiring.house import House, utc_now
from bot.wiring.reach import brought_in_by

if TYPE_CHECKING:
    from bot.web.access.entrance import Entrance

SOON = 3
"""Seconds that Slack has to say whether somebody is a member; a reader waits for it, once an hour."""


@dataclass(frozen=True, slots=True)
class SignInRoutes:
    """Who may read, and the routes by which one signs in."""

    access: Access
    routes: tuple[BaseRoute, ...]


def build_entry(house: House, pool: Executor, token: str) -> SignInRoutes:
    """The gate of a serving house.

    Without any way to know people it is open to this machine, by the `token` that is printed at the start, and when
    nothing brings the outside to our address: signed HTTP and a public address say that something does. Once there is
    a way, this machine has to take it too.
    """
    settings = house.settings
    ways: list[Way] = []
    if settings.proxy_header is not None:
        ways.append(proxy_way(settings.proxy_header, settings.proxy_from))
    if settings.slack_client_id is not None:
        from bot.web.access.entrance import entrance_routes

        entrance = _entrance(house)
        return SignInRoutes(Gate((*ways, entrance.way()), send_to_sign_in), tuple(entrance_routes(entrance, pool)))
    if ways:
        return SignInRoutes(Gate(tuple(ways), turn_away_here), ())
    return SignInRoutes(loopback_access(settings.http.host, token, behind_proxy=bool(brought_in_by(settings))), ())


def _entrance(house: House) -> "Entrance":
    from slack_sdk import WebClient

    from bot.web.access.entrance import DONE, Entrance
    from bot.web.access.membership import Members
    from bot.web.access.openid import Client, OpenId
    from bot.web.access.sealing import CookieSigner, derive_key
    from bot.wiring.identity import Identity

    settings, token = house.settings, house.secret("SLACK_BOT_TOKEN")
    slack = WebClient(token(), settings.slack_api_url, SOON, retry_handlers=[])
    identity = Identity(slack, monotonic)

    def ask(user: str) -> Mapping[str, Any]:
        slack.token = token()
        found: Mapping[str, Any] = slack.users_info(user=user)["user"]
        return found

    root, of_client = settings.public_url or "", house.secret("HANDRAIL_SLACK_CLIENT_SECRET")
    known = house.secret("HANDRAIL_LINK_SECRET") if settings.link_secret is not None else of_client
    client = Client(settings.slack_client_id or "", of_client, root + DONE)
    return Entrance(
        openid=OpenId(settings.slack_api_url, client, time, monotonic),
        members=Members(ask, lambda: identity.team, monotonic),
        sealer=CookieSigner(lambda: derive_key(known())),
        now=utc_now,
        new_secret=lambda: secrets.token_urlsafe(32),
        secure=root.startswith("https://"),
    )
