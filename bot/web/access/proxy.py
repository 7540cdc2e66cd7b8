"""A way in for those whom a proxy in front names: its header counts when it comes from the proxy's own address."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.requests import Request

from bot.web.access.gate import Way
from bot.web.pages.reader import PageReader

_LONGEST = 200


def proxy_way(header: str, networks: Sequence[IPv4Network | IPv6Network]) -> Way:
    """Know readers by `header`, which counts only once and only when the connection comes from `networks`."""

    def judge(request: Request) -> PageReader | None:
        peer = request.client.host if request.client is not None else ""
        named = request.headers.getlist(header)
        if len(named) != 1 or not _is_within(peer, networks):
            return None
        name = named[0].strip()
        return PageReader(name, f"You read as {name}.") if name and len(name) <= _LONGEST else None

    return judge


def _is_within(peer: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)  # how a socket for both kinds of addresses shows the older kind
    return any((mapped or address) in one for one in networks)
