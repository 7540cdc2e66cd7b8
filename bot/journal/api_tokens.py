"""Tokens by which programs read: made once, shown once, kept as digests; each has a name, a scope and an end."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from bot.journal import tables
from bot.journal.logins import digest_of_secret
from bot.journal.store import Journal, NotRecorded

TOKEN = "hra-"  # noqa: S105  (how a token begins, so that it is known for what it is where it turns up)
READ = "read"
SCOPES = (READ,)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_NOTED = timedelta(minutes=1)
"""A use is noted at most so often."""

_token = tables.api_token.c
_ADD = insert(tables.api_token)
_LIVE = _token.revoked_at.is_(None)
_NOT_OVER = or_(_token.expires_at.is_(None), _token.expires_at > bindparam("at"))
_ALL = select(tables.api_token).order_by(_token.made_at, _token.name)
_FIND = _ALL.where(_token.digest == bindparam("of"), _LIVE, _NOT_OVER)
_USE = update(tables.api_token).where(_token.digest == bindparam("of")).values(used_at=bindparam("at"))
_REVOKE = update(tables.api_token).where(_token.name == bindparam("of"), _LIVE).values(revoked_at=bindparam("at"))


class BadName(Exception):
    """A token cannot be called so; the sentence says how it can."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token, without what opens anything."""

    name: str
    scope: str
    made_by: str
    made_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None

    def counts(self, at: datetime) -> bool:
        """Whether it opens anything at a moment."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class ApiTokens:
    """The tokens in the journal's database. Safe to share between threads."""

    def __init__(self, journal: Journal, now: Callable[[], datetime], new_secret: Callable[[], str]) -> None:
        """Take a clock, and what makes 256 random bits as text of letters and digits."""
        self._journal, self._now, self._new_secret = journal, now, new_secret

    def make(self, name: str, scope: str, made_by: str, lasts: timedelta | None) -> str:
        """A new token, to be shown once; BadName when it cannot be called so, or another one that counts is."""
        if not _NAME.fullmatch(name):
            raise BadName("A name has up to 80 small letters, digits, dots, dashes and underscores, such as grafana.")
        if scope not in SCOPES:
            raise ValueError(f"{scope!r} is no scope; there are {SCOPES}")
        token, now = TOKEN + self._new_secret(), self._now()
        until = None if lasts is None else now + lasts
        row = {"digest": digest_of_secret(token), "name": name, "scope": scope, "made_by": made_by, "made_at": now}
        taken = f"There is a token {name} already. Choose another name, or revoke that one first."
        if any(one.name == name and one.revoked_at is None for one in self.all()):
            raise BadName(taken)
        try:
            self._journal.change(_ADD, {**row, "expires_at": until, "used_at": None, "revoked_at": None})
        except IntegrityError:
            raise BadName(taken) from None
        return token

    def recognise(self, token: str, scope: str) -> ApiToken | None:
        """The token, when it counts now and opens `scope`."""
        if not token.startswith(TOKEN) or len(token) > len(TOKEN) + 128:
            return None
        now, digest = self._now(), digest_of_secret(token)
        found = self._journal.read(_FIND, of=digest, at=now)
        if not found or found[0].scope != scope:
            return None
        if found[0].used_at is None or now - found[0].used_at > _NOTED:
            self._note_use(digest, now)
        return _token_of(found[0]._mapping)  # noqa: SLF001  (public)

    def _note_use(self, digest: str, now: datetime) -> None:
        try:
            self._journal.jot(_USE, {"of": digest, "at": now})
        except NotRecorded:
            return  # reading goes on while nothing can be written

    def revoke(self, name: str) -> bool:
        """Let a token count no more; whether there was one."""
        return self._journal.change(_REVOKE, {"of": name, "at": self._now()}) == 1

    def all(self) -> list[ApiToken]:
        """Every token that was ever made, the oldest first."""
        return [_token_of(row._mapping) for row in self._journal.read(_ALL)]  # noqa: SLF001  (public)


def _token_of(row: object) -> ApiToken:
    named = dict(row)  # type: ignore[call-overload]
    return ApiToken(**{name: named[name] for name in ApiToken.__slots__})
