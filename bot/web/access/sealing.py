"""What a browser keeps for us: signed, each kind for one purpose and with an end."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

SESSION_LASTS = timedelta(hours=12)
SIGNING_IN_LASTS = timedelta(minutes=10)
LONGEST = 3_000
"""Signs; browsers keep 4 kB."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who signed in: their Slack user id, in the workspace of the bot, and the name that pages show."""

    user: str
    name: str


@dataclass(frozen=True, slots=True)
class SigningIn:
    """What has to match when Slack leads somebody back: see OpenID Connect Core 3.1.2.1 and RFC 7636."""

    state: str
    nonce: str
    verifier: str
    to: str


def derive_key(known: str) -> bytes:
    """A key for cookies out of another secret, which it does not give away: the same on every replica.

    ValueError when there is none.
    """
    if not known.strip():
        raise ValueError("An empty secret lets everybody in.")
    return hmac.new(b"handrail sessions, 1", known.encode(), hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class Sealer:
    """Writes and reads what browsers keep."""

    key: bytes

    def write(self, kept: Session | SigningIn, until: datetime) -> str:
        """The text of a cookie."""
        body = {"until": int(until.timestamp()), **asdict(kept)}
        packed = urlsafe_b64encode(json.dumps(body, separators=(",", ":")).encode()).rstrip(b"=")
        return f"{packed.decode()}.{self._seal(type(kept).__name__, packed)}"

    def read_session(self, text: str, now: datetime) -> Session | None:
        """The session in a cookie; None when it was not written here, or is over."""
        body = self._open("Session", text, now)
        return None if body is None else Session(str(body["user"]), str(body["name"]))

    def read_signing_in(self, text: str, now: datetime) -> SigningIn | None:
        """As `read_session`, of somebody who is on the way through Slack."""
        body = self._open("SigningIn", text, now)
        return None if body is None else SigningIn(**{name: str(body[name]) for name in SigningIn.__slots__})

    def _open(self, purpose: str, text: str, now: datetime) -> Mapping[str, object] | None:
        packed, _, seal = text.partition(".")
        if len(text) > LONGEST or not text.isascii():
            return None
        if not hmac.compare_digest(self._seal(purpose, packed.encode()), seal):
            return None
        try:
            body = json.loads(urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
        except (Error, ValueError):
            return None
        return body if isinstance(body, dict) and now.timestamp() < int(str(body["until"])) else None

    def _seal(self, purpose: str, packed: bytes) -> str:
        return hmac.new(self.key, purpose.encode() + b"\0" + packed, hashlib.sha256).hexdigest()
