"""The pages of a serving house, and the few threads that draw them."""

from concurrent.futures import ThreadPoolExecutor

from bot.web.pages.reader import loopback_access
from bot.web.pages.routes import Pages, build_pages
from bot.web.pages.views.sources import sources_of
from bot.wiring.house import House, utc_now

AT_ONCE = 3
"""Pages that are drawn at a time: readers wait for each other, clicks do not wait for readers."""


def open_pages(house: House) -> Pages:
    """The pages, rung by every commit of this process.

    Where Slack's requests come in over HTTP something stands in front that brings the outside to our loopback address:
    then nobody is taken for somebody of this machine.
    """
    settings = house.settings
    access = loopback_access(settings.http.host, behind_proxy=not settings.uses_socket_mode)
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="page")
    pages = build_pages(sources_of(house.desk(), house.shelf(), utc_now, house.templates), access, pool)
    house.bell.add(lambda run_id, _due: pages.live.ring(run_id))
    return pages
