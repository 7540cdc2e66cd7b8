"""Where Handrail is reached, and who may read there."""

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_network

from bot.settings import Address, Settings
from bot.web.access.entrance import DONE
from bot.web.pages.reader import is_loopback
from bot.wiring.calling.looking import people_beyond_slack
from bot.wiring.examination.finding import Diagnosis
from bot.wiring.house import CannotServe, House
from bot.wiring.process.webserver import address_of, listen_on
from bot.wiring.reach import why_closed

TIME_LIMIT = 2
"""Seconds that whoever listens at our address has to say that it is Handrail."""
_ALL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (read, not bound)
_THIS_MACHINE = tuple(ip_network(one) for one in ("127.0.0.0/8", "::1/128"))


def examine_access(house: House) -> Iterator[Diagnosis]:
    """The address, who may read at it and why, and what signing in or a proxy would still need."""
    settings = house.settings
    yield _examine_address(settings)
    yield _examine_pages(settings)
    if settings.slack_client_id is not None:
        yield _examine_sign_in(settings)
    if settings.proxy_header is not None:
        yield _examine_proxy(settings)
    yield from _examine_links(house)


def _examine_address(settings: Settings) -> Diagnosis:
    address, public = settings.http, settings.public_url
    for_people = f" People reach it at {public}." if public else ""
    if address.port == 0:
        todo = "Set HANDRAIL_HTTP to a fixed one, such as 127.0.0.1:8080, so that people and proxies find it."
        return Diagnosis("address", "odd", f"Any free port of {address.host}, another one with each start.", todo)
    try:
        with closing(listen_on(address)) as bound:
            return Diagnosis("address", "fine", f"{address_of(bound)} is free for `handrail serve`.{for_people}")
    except CannotServe as taken:
        if _is_handrail(address):
            return Diagnosis("address", "fine", f"Handrail serves at {address.host}:{address.port}.{for_people}")
        says, _, todo = str(taken).partition(". ")
        return Diagnosis("address", "bad", f"{says}.", todo)


def _is_handrail(address: Address) -> bool:
    host = _ALL.get(address.host, address.host)
    with closing(HTTPConnection(host, address.port, timeout=TIME_LIMIT)) as asked:
        try:
            asked.request("GET", "/healthz")
            answer = asked.getresponse()
            return answer.status == 200 and b'"alive"' in answer.read(100)  # noqa: PLR2004  (HTTP's own)
        except (OSError, HTTPException):
            return False


def _examine_pages(settings: Settings) -> Diagnosis:
    closed = why_closed(settings)
    if closed:
        todo = "Let people sign in with Slack, or name the header of your proxy: docs/access.md. Or leave them closed."
        return Diagnosis("pages", "odd", f"Closed to everybody: {closed}.", todo)
    ways = []
    if settings.slack_client_id is not None:
        ways.append("members of the Slack workspace who sign in")
    if settings.proxy_header is not None:
        ways.append(f"those whom a proxy names in {settings.proxy_header}")
    here = "browsers on this machine that came by the address with a token, which `handrail serve` prints"
    return Diagnosis("pages", "fine", f"Open to {' and '.join(ways) or here}.")


def _examine_sign_in(settings: Settings) -> Diagnosis:
    returns_to = f"{settings.public_url}{DONE}"
    if not returns_to.startswith("https://"):
        todo = "Set HANDRAIL_PUBLIC_URL to the https address under which people reach the pages."
        return Diagnosis("sign-in", "odd", f"Slack leads people back over https, and {returns_to} is not.", todo)
    says = f"Slack has to know {returns_to} as a redirect URL of the app; `handrail manifest` has it."
    return Diagnosis("sign-in", "fine", says)


def _examine_proxy(settings: Settings) -> Diagnosis:
    networks = settings.proxy_from
    named = ", ".join(map(str, networks))
    local = any(one.overlaps(own) for one in networks for own in _THIS_MACHINE if one.version == own.version)
    if is_loopback(settings.http.host) and not local:
        says = f"Handrail listens to this machine alone, and the proxy is said to come from {named}: nobody gets in."
        todo = "Set HANDRAIL_HTTP to an address that the proxy reaches, or HANDRAIL_PROXY_FROM to 127.0.0.1."
        return Diagnosis("proxy", "bad", says, todo)
    says = f"{settings.proxy_header} counts when it comes from {named}. The proxy has to remove it from what comes in."
    return Diagnosis("proxy", "fine", says)


def _examine_links(house: House) -> Iterator[Diagnosis]:
    """What goes without a link, as nobody said under which address people reach us."""
    settings = house.settings
    if settings.public_url is not None:
        return
    lost = []
    if settings.runbooks.is_dir() and people_beyond_slack(house.registry().catalogue):
        lost.append("pages beyond Slack bring no link to answer by")
    if settings.proxy_header is not None:
        lost.append("nothing in Slack leads to the pages")
    if lost:
        todo = "Set it to the address under which people reach Handrail; without it they answer in Slack."
        yield Diagnosis("links", "odd", f"HANDRAIL_PUBLIC_URL is not set, so {' and '.join(lost)}.", todo)
