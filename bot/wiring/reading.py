"""The pages and the API of a serving house, and the few threads that draw them."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bot.journal.tokens import ApiTokens
from bot.slack.survey import survey
from bot.web.api.routes import api_routes
from bot.web.pages.reader import noting
from bot.web.pages.routes import WebPages, build_pages
from bot.web.pages.views.sources import sources_of
from bot.wiring.access import build_entry
from bot.wiring.house import House, utc_now

AT_ONCE = 3
"""Pages that are drawn at a time: readers wait for each other, clicks do not wait for readers."""


def open_pages(house: House) -> WebPages:
    """The pages, and where one signs in to read them; rung by every commit of this process."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="page")
    entry = build_entry(house, pool, house.pages_token)
    registry = house.registry()
    sources = sources_of(
        house.handler(), registry, house.now, house.templates,
        lambda asset: survey(registry.catalogue, house.roster, house.now(), asset), house.gatherer,
    )  # fmt: skip
    access = noting(entry.access) if house.settings.log_readers else entry.access
    pages = build_pages(sources, access, pool)
    house.bell.add(lambda run_id, _due: pages.live.ring(run_id))
    tokens = ApiTokens(house.journal(), utc_now, lambda: secrets.token_hex(32))
    routes = (
        *pages.routes,
        *entry.routes,
        *api_routes(sources, access, tokens, pool, noted=house.settings.log_readers),
    )
    return replace(pages, routes=routes)
