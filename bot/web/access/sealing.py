"""What a browser keeps for us: signed, each kind for one purpose and with an end."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

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
class CookieSigner:
    """Writes and reads what browsers keep."""

    key: Callable[[], bytes]

    def write(self, kept: Session | SigningIn, until: datetime) -> str:
        """The text of a cookie."""
        return str(self._serializer(type(kept).__name__).dumps({"until": int(until.timestamp()), **asdict(kept)}))

    def read_session(self, text: str, now: datetime) -> Session | None:
        """The session in a cookie; None when it was not written here, or is over."""
        body = self._open("Session", text, now)
        return None if body is None else Session(str(body["user"]), str(body["name"]))

    def read_signing_in(self, text: str, now: datetime) -> SigningIn | None:
        """As `read_session`, of somebody who is on the way through Slack."""
        body = self._open("SigningIn", text, now)
        return None if body is None else SigningIn(**{name: str(body[name]) for name in SigningIn.__slots__})

    def _open(self, purpose: str, text: str, now: datetime) -> Mapping[str, object] | None:
        if len(text) > LONGEST or not text.isascii():
            return None
        try:
            body: Mapping[str, object] = self._serializer(purpose).loads(text)
        except BadData:
            return None
        return body if now.timestamp() < int(str(body["until"])) else None

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        """One key a purpose: what was written for one does not open another.

        The end stands in the body, since itsdangerous' timed one asks a clock of its own.
        """
        return URLSafeSerializer(
            self.key(), salt=purpose, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )
