"""Tokens by which programs report to a hook: of one asset each, shown once, kept as digests; two while they change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, insert, or_, select, update

from bot.journal import tables
from bot.journal.store import Journal, NotRecorded
from bot.journal.tokens import digest_of_secret
from bot.journal.transaction import WriteTransaction

OF_A_HOOK = "hrh-"
HEARTBEAT, ALERT = "heartbeat", "alert"
HOOK_SCOPES = (HEARTBEAT, ALERT)
OVERLAP = timedelta(days=7)
"""How long the older of two goes on counting, unless it is revoked before."""
MOST = 2
_NOTED = timedelta(minutes=1)
_LONGEST = 200

_token = tables.hook_token.c
_COUNTS = (_token.revoked_at.is_(None)) & or_(_token.expires_at.is_(None), _token.expires_at > bindparam("at"))
_OF = (_token.scope == bindparam("which")) & (_token.asset == bindparam("of"))
_FIND = select(tables.hook_token).where(_token.digest == bindparam("digest"), _COUNTS)
_LIVE = select(tables.hook_token).where(_OF, _COUNTS).order_by(_token.made_at, _token.digest)
_ALL = select(tables.hook_token).order_by(_token.asset, _token.scope, _token.made_at, _token.digest)
_ADD = insert(tables.hook_token)
_IN_TURN = select(func.pg_advisory_xact_lock(func.hashtext(bindparam("name"))))
_END_LATER = (
    update(tables.hook_token).where(_OF, _COUNTS, _token.expires_at.is_(None)).values(expires_at=bindparam("until"))
)
_USE = update(tables.hook_token).where(_token.digest == bindparam("what")).values(used_at=bindparam("now"))
_REVOKE = (
    update(tables.hook_token)
    .where(_OF, _token.revoked_at.is_(None), _token.digest.startswith(bindparam("start"), autoescape=False))
    .values(revoked_at=bindparam("at"))
)


class TooMany(Exception):
    """Two tokens count already; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class HookToken:
    """A token, without what opens anything."""

    digest: str
    scope: str
    asset: str
    made_by: str
    made_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None

    @property
    def name(self) -> str:
        """What it is called where it is listed and in the record: enough to tell it from the others."""
        return self.digest[:8]

    def counts(self, at: datetime) -> bool:
        """Whether it opens anything at a moment."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class HookTokens:
    """The tokens in the journal's database. Safe to share between threads."""

    def __init__(self, journal: Journal, now: Callable[[], datetime], new_secret: Callable[[], str]) -> None:
        """Take a clock, and what makes 256 random bits as text of letters and digits."""
        self._journal, self._now, self._new_secret = journal, now, new_secret

    def make(self, scope: str, asset: str, made_by: str) -> tuple[str, datetime | None]:
        """A new token, to be shown once, and until when the one before it counts; TooMany when two count already."""
        if scope not in HOOK_SCOPES:
            raise ValueError(f"{scope!r} is no scope; there are {HOOK_SCOPES}")
        token, now = OF_A_HOOK + self._new_secret(), self._now()
        row = {"digest": digest_of_secret(token), "scope": scope, "asset": asset, "made_by": made_by, "made_at": now}
        return token, self._journal.write(lambda transaction: self._make(transaction, row))

    def _make(self, transaction: WriteTransaction, row: Mapping[str, object]) -> datetime | None:
        """Count, end and add in one transaction: whoever makes another one at the same moment waits for it."""
        scope, asset, now = str(row["scope"]), str(row["asset"]), row["made_at"]
        if self._journal.judges:  # PostgreSQL writes side by side
            transaction.read(_IN_TURN, name=f"hook token {scope} {asset}")
        live = transaction.read(_LIVE, which=scope, of=asset, at=now)
        if len(live) >= MOST:
            raise TooMany(
                f"Two tokens of {asset} count already. Put the newer one to use everywhere, then: "
                f"handrail token revoke {live[0].digest[:8]}"
            )
        until: datetime | None = (live[0].expires_at or self._now() + OVERLAP) if live else None
        if until is not None:
            transaction.change(_END_LATER, {"which": scope, "of": asset, "at": now, "until": until})
        transaction.change(_ADD, {**row, "expires_at": None, "used_at": None, "revoked_at": None})
        return until

    def recognise(self, token: str, scope: str) -> HookToken | None:
        """The token, when it counts now and is of `scope`."""
        if not token.startswith(OF_A_HOOK) or len(token) > _LONGEST:
            return None
        now = self._now()
        found = self._journal.read(_FIND, digest=digest_of_secret(token), at=now)
        if not found or found[0].scope != scope:
            return None
        known = _token_of(found[0]._mapping)  # noqa: SLF001  (public)
        if known.used_at is None or now - known.used_at > _NOTED:
            self._note_use(known.digest, now)
        return known

    def _note_use(self, digest: str, now: datetime) -> None:
        try:
            self._journal.jot(_USE, {"what": digest, "now": now})
        except NotRecorded:
            return  # what it reports is refused in its own words, if nothing can be written

    def revoke(self, token: HookToken) -> bool:
        """Let a token count no more; whether it did."""
        named = {"which": token.scope, "of": token.asset, "start": token.digest, "at": self._now()}
        return self._journal.change(_REVOKE, named) == 1

    def all(self) -> list[HookToken]:
        """Every token that was ever made, by asset."""
        return [_token_of(row._mapping) for row in self._journal.read(_ALL)]  # noqa: SLF001  (public)


def _token_of(row: object) -> HookToken:
    named = dict(row)  # type: ignore[call-overload]
    return HookToken(**{name: named[name] for name in HookToken.__slots__})
