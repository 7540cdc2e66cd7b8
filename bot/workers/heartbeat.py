"""Tells a watchdog outside that all is well; when it hears nothing, it calls people by its own means."""

import threading
from collections.abc import Callable
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import structlog

SECONDS = 5.0

log = structlog.get_logger(__name__)


class Heartbeat:
    """One address, which is a secret: it stands in no log and no answer."""

    def __init__(self, url: Callable[[], str], ask: Callable[[str, float], int] | None = None) -> None:
        """`ask` asks an address within a time limit and gives the status; the real one by default."""
        self._url, self._ask = url, ask or _ask
        self._under_way: threading.Thread | None = None

    def beat(self) -> bool:
        """Ask the address; whether it answered that it heard us. Returns within five seconds, whatever is there."""
        if self._under_way is not None and self._under_way.is_alive():
            log.warning("the heartbeat before this one still hangs")
            return False
        heard: list[int] = []
        self._under_way = threading.Thread(target=self._try, args=(heard,), name="heartbeat", daemon=True)
        self._under_way.start()
        self._under_way.join(SECONDS)
        return bool(heard)

    def _try(self, heard: list[int]) -> None:
        try:
            heard.append(self._ask(self._url(), SECONDS))
        except HTTPError as refusal:
            log.warning("the watchdog refused the heartbeat", status=refusal.code)
        except (OSError, HTTPException, ValueError) as failure:
            log.warning("the watchdog was not reached", failure=type(failure).__name__)


def _ask(url: str, seconds: float) -> int:
    request = Request(url, headers={"user-agent": "handrail"}, method="GET")  # noqa: S310  (the settings let http in alone)
    with urlopen(request, timeout=seconds) as answer:  # noqa: S310  (as above)
        return int(answer.status)
