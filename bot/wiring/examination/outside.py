"""What stands outside: the watchdog and the tracker, neither of which is told anything, and who keeps heads."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from bot.wiring.examination.finding import Diagnosis
from bot.wiring.house import House

TIME_LIMIT = 5
"""Seconds for each connection."""
_PORTS = {"http": 80, "https": 443}


def examine_outside(house: House) -> Iterator[Diagnosis]:
    """The heartbeat's watchdog, who keeps heads, and the tracker when there is one. Addresses are secrets, not told."""
    settings = house.settings
    if settings.heartbeat_url is None:
        todo = "Set HANDRAIL_HEARTBEAT_URL to a watchdog that calls people without Handrail: docs/operations.md."
        yield Diagnosis("watchdog", "odd", "Nobody outside would notice that Handrail fell silent.", todo)
    else:
        only = "It is left alone: only a Handrail that serves may say that all is well."
        yield _examine_url("watchdog", "HANDRAIL_HEARTBEAT_URL", settings.heartbeat_url, only)
    yield _examine_heads(settings.ops_channel)
    if settings.followup_webhook is not None:
        only = "Nothing is handed to it: the next follow-up is."
        yield _examine_url("tracker", "HANDRAIL_FOLLOWUP_WEBHOOK", settings.followup_webhook, only)


def _examine_heads(channel: str | None) -> Diagnosis:
    if channel is None:
        todo = "Set HANDRAIL_OPS_CHANNEL to a channel, and let somebody copy the heads away: docs/security.md."
        return Diagnosis("kept heads", "odd", "Nobody outside the database is given the head of the ledger.", todo)
    return Diagnosis("kept heads", "fine", f"The head of the ledger is posted once a day to {channel}.")


def _examine_url(part: str, name: str, url: str, only: str) -> Diagnosis:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme in getproxies() and not proxy_bypass(host):
        return Diagnosis(part, "fine", f"{name} is set, and reached through this machine's proxy. {only}")
    try:
        socket.create_connection((host, parts.port or _PORTS[parts.scheme]), TIME_LIMIT).close()
    except (OSError, ValueError) as failure:  # a host that cannot be written in DNS is a ValueError
        reason = (failure.strerror if isinstance(failure, OSError) else None) or "no answer"
        todo = f"Compare {name} with what its service gave you, and look at this machine's network."
        return Diagnosis(part, "bad", f"What {name} names cannot be reached: {reason}.", todo)
    return Diagnosis(part, "fine", f"What {name} names can be reached. {only}")
