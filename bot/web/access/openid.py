"""Sign in with Slack: where somebody is sent, and what comes back, verified (OpenID Connect, code flow with PKCE)."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

PATIENCE = 5
"""Seconds for each call."""
KEYS_LAST, KEYS_PAUSE = 3600.0, 30.0
"""Seconds for which keys count, and within which an unknown key makes us look again only once."""
LEEWAY = 60
"""Seconds by which Slack's clock may differ from ours."""
TEAM = "https://slack.com/team_id"
"""The claim that names the workspace; so called whatever the address of Slack."""


class NotProven(Exception):
    """What came back proves nothing, or Slack refused; the words are for the log."""


class Unreachable(Exception):
    """Slack does not answer just now."""


@dataclass(frozen=True, slots=True)
class Client:
    """The Slack app as Slack knows it, and where Slack leads people back to."""

    id: str
    secret: Callable[[], str]
    returns_to: str


@dataclass(frozen=True, slots=True)
class Proven:
    """Whom Slack vouches for."""

    user: str
    team: str
    name: str


class OpenId:
    """Slack as an OpenID provider; everything stands below the address of its Web API. Safe to share."""

    def __init__(self, api_url: str, client: Client, now: Callable[[], float], clock: Callable[[], float]) -> None:
        """`now` is in seconds since 1970, `clock` in seconds that never go back."""
        self.issuer = api_url.removesuffix("api/").rstrip("/")
        self._api_url, self._client, self._now, self._clock = api_url, client, now, clock
        self._keys: tuple[KeySet, float] | None = None
        self._lock = threading.Lock()

    def address_to_enter(self, team: str, state: str, nonce: str, verifier: str) -> str:
        """Where a browser is sent; `verifier` itself stays here, its digest goes along."""
        with self._session() as session:
            address, _ = session.create_authorization_url(
                f"{self.issuer}/openid/connect/authorize", state=state, code_verifier=verifier, nonce=nonce, team=team
            )
        return str(address)

    def redeem(self, code: str, nonce: str, verifier: str) -> Proven:
        """Exchange a code for the person it stands for. NotProven or Unreachable when that does not work."""
        try:
            with self._session() as session:
                answer = session.fetch_token(
                    f"{self._api_url}openid.connect.token", code=code, code_verifier=verifier, timeout=PATIENCE
                )
        except AuthlibBaseError as refused:
            raise NotProven(f"Slack refuses the code: {refused.error}") from refused
        except (OSError, ValueError) as failure:
            raise Unreachable(type(failure).__name__) from failure
        if not answer.get("ok", True) or "id_token" not in answer:
            raise NotProven("Slack's answer holds no id_token")
        claims = self._claims(str(answer["id_token"]), nonce, str(answer.get("access_token", "")))
        return Proven(str(claims["sub"]), str(claims.get(TEAM, "")), str(claims.get("name") or claims["sub"]))

    def _claims(self, text: str, nonce: str, access_token: str) -> CodeIDToken:
        try:
            token = self._decode(text)
            expected = {
                "iss": {"essential": True, "value": self.issuer}, "aud": {"essential": True, "value": self._client.id},
                "nonce": {"essential": True, "value": nonce},
            }  # fmt: skip
            params = {"nonce": nonce, "client_id": self._client.id, "access_token": access_token}
            claims = CodeIDToken(token.claims, token.header, expected, params)
            claims.validate(int(self._now()), LEEWAY)
        except (JoseError, ValueError, KeyError, TypeError) as wrong:
            raise NotProven(f"the id_token does not hold: {wrong}") from wrong
        return claims

    def _decode(self, text: str) -> jwt.Token:
        try:
            return jwt.decode(text, self._key_set(anew=False), algorithms=["RS256"])
        except (JoseError, ValueError):  # a key that is newer than those at hand, or a forgery: look once more
            return jwt.decode(text, self._key_set(anew=True), algorithms=["RS256"])

    def _key_set(self, *, anew: bool) -> KeySet:
        with self._lock:
            age = self._clock() - self._keys[1] if self._keys is not None else None
            if self._keys is None or age is None or age > (KEYS_PAUSE if anew else KEYS_LAST):
                self._keys = (self._fetch_keys(), self._clock())
            return self._keys[0]

    def _fetch_keys(self) -> KeySet:
        import requests  # noqa: PLC0415  (it opens a socket when it is imported)

        try:
            answer = requests.get(f"{self.issuer}/openid/connect/keys", timeout=PATIENCE, allow_redirects=False)
            answer.raise_for_status()
            found: Any = answer.json()
        except (OSError, ValueError) as failure:
            raise Unreachable(type(failure).__name__) from failure
        return KeySet.import_key_set(found)

    def _session(self) -> Any:  # noqa: ANN401  (Authlib has no types)
        from authlib.integrations.requests_client import OAuth2Session  # noqa: PLC0415  (as above)

        return OAuth2Session(
            self._client.id, self._client.secret(), token_endpoint_auth_method="client_secret_post",  # noqa: S106  (a name)
            scope="openid profile", redirect_uri=self._client.returns_to, code_challenge_method="S256",
        )  # fmt: skip
