"""The workspace as an OpenID provider: codes for a minute and once, tokens signed with RS256, PKCE if asked for."""

import hashlib
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey

from bot.workspace.state import Json, State

CODE_LASTS, TOKEN_LASTS = 60, 300
"""Seconds."""
_TEAM, _USER = "https://slack.com/team_id", "https://slack.com/user_id"


class OpenIdError(Exception):
    """A request that Slack would refuse: its word for why."""


@dataclass(frozen=True)
class AuthRequest:
    """What an app asks when it sends a person here."""

    returns_to: str
    state: str
    nonce: str
    challenge: str

    def way_back(self, **told: str) -> str:
        """Where the person's browser is led."""
        mark = "&" if "?" in self.returns_to else "?"
        return f"{self.returns_to}{mark}{urlencode({**told, 'state': self.state})}"


@dataclass(frozen=True)
class _Given:
    asked: AuthRequest
    user: str
    until: float


class Provider:
    """Gives codes to people and tokens for codes. `secret` makes long random text."""

    def __init__(self, state: State, origin: str, secret: Callable[[], str]) -> None:
        """Make up what the app has to show; the key is made when it is first needed."""
        self._state, self._secret = state, secret
        self.issuer, self.client_id, self.client_secret = origin, f"1.{state.seed.app_id}", secret()
        self._codes: dict[str, _Given] = {}
        self._lock = threading.Lock()
        self._made: RSAKey | None = None

    @property
    def key(self) -> RSAKey:
        """The key that signs."""
        with self._lock:
            self._made = self._made or RSAKey.generate_key(2048, {"kid": "local", "alg": "RS256", "use": "sig"})
            return self._made

    def keys(self) -> Json:
        """The key by which anybody can check a token."""
        return {"keys": [self.key.as_dict(private=False)]}

    def hear(self, query: Mapping[str, str]) -> AuthRequest:
        """What an app asks; Refused when Slack would show an error instead of its question."""
        if query.get("client_id") != self.client_id:
            raise OpenIdError("invalid_client_id")
        if query.get("response_type") != "code" or "openid" not in query.get("scope", "").replace(",", " ").split():
            raise OpenIdError("invalid_scope")
        if not query.get("redirect_uri", "").startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise OpenIdError("bad_redirect_uri")
        if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
            raise OpenIdError("invalid_code_challenge_method")
        return AuthRequest(
            query["redirect_uri"], query.get("state", ""), query.get("nonce", ""), query.get("code_challenge", "")
        )

    def give_code(self, asked: AuthRequest, user: str) -> str:
        """A code for a person who said yes."""
        if self._state.directory.user(user) is None:
            raise OpenIdError("user_not_found")
        code = self._secret()
        with self._lock:
            self._codes[code] = _Given(asked, user, self._state.clock() + CODE_LASTS)
        return code

    def redeem(self, form: Mapping[str, str]) -> Json:
        """`openid.connect.token`: a token for a code that counts, in Slack's own shape."""
        shown = (form.get("client_id", ""), form.get("client_secret", ""))
        if not all(map(compare_digest, shown, (self.client_id, self.client_secret))):
            raise OpenIdError("bad_client_secret")
        with self._lock:
            given = self._codes.pop(form.get("code", ""), None)
        if given is None or self._state.clock() > given.until:
            raise OpenIdError("invalid_code")
        if form.get("redirect_uri") != given.asked.returns_to:
            raise OpenIdError("bad_redirect_uri")
        if given.asked.challenge and _challenge(form.get("code_verifier", "")) != given.asked.challenge:
            raise OpenIdError("invalid_code_verifier")
        access = f"xoxp-{self._secret()}"
        claims = self._claims(given, access)
        id_token = jwt.encode({"alg": "RS256", "kid": "local"}, claims, self.key, algorithms=["RS256"])
        return {"ok": True, "access_token": access, "token_type": "Bearer", "id_token": id_token, "state": ""}

    def _claims(self, given: _Given, access: str) -> Json:
        user, now = self._state.directory.user(given.user), int(self._state.clock())
        if user is None:
            raise OpenIdError("user_not_found")
        team = self._state.directory.team_of(user)
        half = hashlib.sha256(access.encode()).digest()[:16]
        return {
            "iss": self.issuer, "sub": user.id, "aud": self.client_id, "iat": now, "exp": now + TOKEN_LASTS,
            "auth_time": now, "nonce": given.asked.nonce, "at_hash": _as_text(half), _TEAM: team, _USER: user.id,
            "name": user.real_name, "locale": "en-GB",
        }  # fmt: skip


def _challenge(verifier: str) -> str:
    return _as_text(hashlib.sha256(verifier.encode()).digest())


def _as_text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
