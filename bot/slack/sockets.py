"""Socket Mode: two connections to Slack, each replaced when it falls silent, grows old or is told to go."""

import json
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any, Protocol

import structlog
from slack_bolt.app import App
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.bulkhead import bulkhead
from bot.slack.connection import SocketConnection
from bot.slack.payload import Malformed, answer_payload, open_envelope
from bot.stopping import wake_at_end

CONNECTIONS = 2
"""With one, a refresh that meets three failed `apps.connections.open` took 18 s; with two, 0 s (measured 2026-11)."""
AT_ONCE = 50
"""Envelopes that are worked on at the same time."""
OLDEST = 6 * 3600.0
"""Slack refreshes a connection every few hours; one that was forgotten is replaced after these seconds."""
PATIENCE = 10.0
"""Seconds in which a connection has to greet us, and for which a replaced one may still finish."""
SHORTEST_WAIT, LONGEST_WAIT = 0.5, 30.0
_LOOKS_UP = 0.5
"""Seconds until the connections are looked at again when nothing happens on them."""

log = structlog.get_logger(__name__)


class Connector(Protocol):
    """`apps.connections.open`: the address of a new connection; raises what slack_sdk raises."""

    def __call__(self) -> str: ...


class Sockets:
    """Keeps the connections open and hands each envelope to the Bolt app, whose answer is the ack."""

    def __init__(self, app: App, connector: Connector, clock: Callable[[], float]) -> None:
        """Take the app, the way to a new address, and a clock in seconds that never goes back."""
        self._app, self._connector, self._clock = app, connector, clock
        self._lines: list[SocketConnection] = []
        self._wake = threading.Event()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="click")
        self._under_way = 0
        self._counting = threading.Lock()
        self._failures, self._not_before = 0, -math.inf
        self._trouble = "connecting"
        self._heard_at, self._is_kept_out = clock(), False

    def run(self, stopping: threading.Event) -> None:
        """Keep the connections until `stopping`, then let what is under way be answered and close them."""
        wake_at_end(stopping, self._wake.set)
        while not stopping.is_set():
            self._look_after(self._clock())
            self._wake.wait(_LOOKS_UP)
            self._wake.clear()
        self._finish()

    @property
    def connected(self) -> int:
        """Connections that Slack has greeted and that have not closed."""
        return sum(line.is_live for line in self._lines)

    @property
    def deaf_for(self) -> float:
        """Seconds without any connection, though Slack gives addresses; 0 while there is one, or it gives none."""
        return 0.0 if self.connected or self._is_kept_out else self._clock() - self._heard_at

    @property
    def trouble(self) -> str:
        """Why the last attempt to connect failed, in words; empty when it did not."""
        return self._trouble

    def _look_after(self, now: float) -> None:
        if self.connected:
            self._heard_at = now
        self._drop_closed(now)
        for line in self._lines:
            if line.leaving_since is None and (reason := self._reason_to_leave(line, now)):
                log.info("socket replaced", reason=reason, age_s=round(now - line.opened_at))
                line.leaving_since = now
        if sum(line.leaving_since is None for line in self._lines) < CONNECTIONS and now >= self._not_before:
            self._open(now)
        for line in self._lines:
            if line.leaving_since is not None and self._may_close(line, now):
                line.close()

    @staticmethod
    def _reason_to_leave(line: SocketConnection, now: float) -> str:
        if line.told_to_go:
            return line.told_to_go
        if not line.is_live and now - line.opened_at > PATIENCE:
            return "no greeting"
        return "old" if now - line.opened_at > OLDEST else ""

    def _may_close(self, line: SocketConnection, now: float) -> bool:
        """Enough others took over and its last envelope is answered, or it had its time."""
        others = sum(other.is_live and other.leaving_since is None for other in self._lines)
        late = now - (line.leaving_since or now) > PATIENCE
        return late or (others >= CONNECTIONS and line.under_way == 0)

    def _drop_closed(self, now: float) -> None:
        for line in [line for line in self._lines if line.is_closed]:
            self._lines.remove(line)
            log.info("socket closed", reason=line.ending, age_s=round(now - line.opened_at))
            if line.leaving_since is None and now - line.opened_at < PATIENCE:
                self._fail(f"a connection closed at once: {line.ending}", now)

    def _open(self, now: float) -> None:
        try:
            address = self._connector()
        except SlackApiError as refusal:
            self._is_kept_out = True
            self._fail(*_read_refusal(refusal, now))
        except (SlackClientError, OSError, HTTPException) as failure:
            self._is_kept_out = True
            self._fail(f"Slack cannot be reached: {failure}", now)
        else:
            self._is_kept_out = False
            line = SocketConnection(address, self._take, self._greeted, now)
            self._lines.append(line)
            line.start()

    def _fail(self, trouble: str, now: float, wait: float = 0) -> None:
        self._failures += 1
        self._not_before = now + max(wait, min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** min(self._failures, 10)))
        self._trouble = trouble
        log.warning("socket not opened", trouble=trouble, again_in_s=round(self._not_before - now, 1))

    def _greeted(self, line: SocketConnection) -> None:
        if line.is_live:
            self._failures, self._trouble = 0, ""
            log.info("socket open", connections_of_this_app=line.siblings)
        self._wake.set()

    def _take(self, line: SocketConnection, frame: dict[str, Any]) -> None:
        with self._counting:
            line.under_way += 1
            self._under_way += 1
        self._pool.submit(self._answer, line, frame)

    def _answer(self, line: SocketConnection, frame: dict[str, Any]) -> None:
        try:
            with bulkhead(log, "an envelope was not answered", kind=frame.get("type")):
                self._answer_frame(line, frame)
        finally:
            with self._counting:
                line.under_way -= 1
                self._under_way -= 1

    def _answer_frame(self, line: SocketConnection, frame: dict[str, Any]) -> None:
        try:
            if all(name in frame for name in ("envelope_id", "payload")):
                envelope, payload, headers = open_envelope(frame)
                self._acknowledge(line, envelope, answer_payload(self._app, payload, headers))
        except Malformed as why:
            log.warning("an envelope was malformed", reason=str(why))

    @staticmethod
    def _acknowledge(line: SocketConnection, envelope: str, response: BoltResponse) -> None:
        """Send the listener's answer back; without one the person sees that it failed, and presses again."""
        if response.status != 200:  # noqa: PLR2004 (HTTP's word for "taken")
            say = log.error if response.status >= 500 else log.warning  # noqa: PLR2004 (404: nobody listens for it)
            say("an envelope was refused", status=response.status)
            return
        answer: dict[str, Any] = {"envelope_id": envelope}
        if response.body:
            is_json = response.headers.get("content-type", [""])[0].startswith("application/json")
            answer["payload"] = json.loads(response.body) if is_json else {"text": response.body}
        line.send(answer)

    def _finish(self, patience: float = 2.0) -> None:
        pause = threading.Event()
        until = self._clock() + patience
        while self._under_way and self._clock() < until:
            pause.wait(0.02)
        for line in self._lines:
            line.close()
        self._pool.shutdown(wait=False)


def _read_refusal(refusal: SlackApiError, now: float) -> tuple[str, float, float]:
    """What Slack said, the time, and the seconds that it wants us to wait."""
    word = refusal.response.get("error", "unknown")
    headers = {name.lower(): value for name, value in (refusal.response.headers or {}).items()}
    wait = headers.get("retry-after", "0")
    match word:
        case "ratelimited":
            said = "Slack asks us to wait before the next connection"
        case "invalid_auth" | "not_authed" | "token_revoked" | "account_inactive" | "not_allowed_token_type":
            said = f"Slack refuses SLACK_APP_TOKEN ({word}): make a new app-level token with connections:write"
        case _:
            said = f"Slack refuses a connection ({word})"
    return said, now, float(wait) if wait.isdigit() else 0.0
