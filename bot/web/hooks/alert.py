"""`POST /hooks/alert` and `/hooks/alert/SOURCE`: what a source of alerts posts, by its token or signed with its secret.

Each alert of a delivery is recorded by itself; a delivery that was lost on the way can be sent again as it was.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

import structlog
from pydantic_core import from_json
from starlette.routing import Route

from bot.format.alerts import Signature
from bot.format.catalogue import Catalogue
from bot.journal.hook_tokens import ALERT, HookTokens
from bot.journal.streams import Streams
from bot.library.alerting.mapping import Source, Unmapped
from bot.readiness.alert.events import AlertEvent
from bot.readiness.alert.rules import NO_ASSET, Notice, assets_of, hear
from bot.readiness.alert.state import Alert
from bot.web.hooks.endpoint import HookRefused, HookRequest, RateLimit, hook_route
from bot.web.hooks.sns import SnsSignatures

PATHS = ("/hooks/alert", "/hooks/alert/{source}")
LARGEST = 1_000_000
"""Bytes of a body: Alertmanager and Grafana post whole groups."""
A_MINUTE, ALERTS_A_MINUTE = 6_000, 30_000
"""Deliveries of one source, and alerts in them: each that is new is a record for good."""
SPREAD = 300
"""Seconds by which the time of a signed delivery may differ from ours."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AlertListener:
    """Takes alerts into their records."""

    catalogue: Callable[[], Catalogue]
    streams: Streams[Alert, AlertEvent]
    tokens: HookTokens
    sources: Mapping[str, Source]
    secret: Callable[[str], str]
    """The secret of a variable of the environment, as it is now; empty when there is none."""
    now: Callable[[], datetime]
    pace: RateLimit
    pace_of_alerts: RateLimit
    sns: SnsSignatures

    def take(self, report: HookRequest) -> dict[str, object]:
        """Take a delivery; Refused when it is not taken."""
        source, by = self._sender(report)
        self.pace.take(source.name)
        confirm = _subscription(report.body) if source.mapping.inside else None
        if confirm is not None:
            log.warning("a topic asks whether it may send alerts: open the address to confirm", address=confirm)
            return {"taken": 0, "confirm": confirm}
        try:
            notices = source.read(report.body)
        except Unmapped as wrong:
            raise HookRefused(400, str(wrong)) from None
        self.pace_of_alerts.take(source.name, len(notices))
        catalogue, at = self.catalogue(), self.now()
        placed = [(notice, assets_of(catalogue, notice.labels) or (NO_ASSET,)) for notice in notices]
        new = sum(self._record(asset, notice, at, by) for notice, assets in placed for asset in assets)
        without = sum(assets == (NO_ASSET,) for _, assets in placed)
        return {"taken": len(notices), "new": new, "without_asset": without}

    def _record(self, asset: str, notice: Notice, at: datetime, by: str) -> int:
        _, events = self.streams.change(
            f"{asset}/{notice.fingerprint}", lambda here: hear(here, notice, at), at, by, "hook"
        )
        return int(bool(events))

    def _sender(self, report: HookRequest) -> tuple[Source, str]:
        """Which source sends, and what the record says of it; Refused when nobody knows."""
        named = report.path.get("source", "")
        token = report.token or _password(report.headers.get("authorization", ""))
        if token:
            known = self.tokens.recognise(token, ALERT)
            source = self.sources.get(known.asset) if known is not None else None
            if known is not None and source is not None and named in ("", source.name):
                return source, f"token:{known.name}"
        elif named in self.sources and (signed := self.sources[named].signature) is not None:
            return self._signed(named, self._judge(signed, report))
        elif named in self.sources and (variable := self.sources[named].mapping.topics) is not None:
            topics = self.secret(variable)
            return self._signed(named, self.sns.judge(report.body, topics) if topics else f"{variable} is not set")
        raise HookRefused(
            401, f"Send a token of this source. Make one: handrail token new --scope {ALERT} --source NAME"
        )

    def _signed(self, named: str, why: str | None) -> tuple[Source, str]:
        if why is not None:
            raise HookRefused(401, f"The signature of {named} is not taken: {why}.")
        return self.sources[named], f"signed:{named}"

    def _judge(self, signed: Signature, report: HookRequest) -> str | None:
        """Why a signature does not count; None when it does."""
        secret = self.secret(signed.secret)
        if not secret:
            return f"{signed.secret} is not set"
        said, sent = report.body, None
        if signed.time is not None:
            sent = report.headers.get(signed.time.lower(), "")
            if not (sent.isascii() and sent.isdigit() and len(sent) <= 12):  # noqa: PLR2004  (year 33658)
                return f"{signed.time} is no Unix time"
            if abs(self.now().timestamp() - int(sent)) > SPREAD:
                return "it is too old or too new"
            said = sent.encode() + b":" + report.body
        expected = (signed.prefix + hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()).encode()
        given = [
            one.strip().encode("utf-8", "replace") for one in report.headers.get(signed.header.lower(), "").split(",")
        ]
        return None if any(hmac.compare_digest(expected, one) for one in given[:10]) else "it does not fit the body"


def _password(header: str) -> str:
    """The password of HTTP's basic authentication: for what can send nothing else."""
    kind, _, text = header.partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(text.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _subscription(body: bytes) -> str | None:
    """The address by which Amazon SNS is told that it may send here, or may again; None for anything else."""
    try:
        found = from_json(body)
    except ValueError:
        return None
    if not isinstance(found, dict) or found.get("Type") not in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
        return None
    return str(found.get("SubscribeURL", ""))[:1_000]


def alert_routes(listener: AlertListener, pool: Executor) -> tuple[Route, ...]:
    """The routes of alerts."""
    return tuple(hook_route(path, listener.take, pool, LARGEST) for path in PATHS)
