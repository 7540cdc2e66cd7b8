"""Tokens: of people, by a code from Slack, and of programs; shown once, kept as digests."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from bot.journal import tables
from bot.journal.store import Journal, NotRecorded

CODE_LASTS = timedelta(minutes=10)
PERSONAL = "hrp-"
_GROUP, _CODE = 4, 16

_login = tables.login.c
_OWN = (_login.person == bindparam("whose")) & _login.revoked_at.is_(None)
_ADD_LOGIN = insert(tables.login)
_END = update(tables.login).values(revoked_at=bindparam("at"))
_OPENS = (_login.kind == "code") & _login.revoked_at.is_(None) & (_login.expires_at > bindparam("at"))
_REDEEM = _END.where(_login.digest == bindparam("of"), _OPENS)
_END_CODES = _END.where(_OWN, _login.kind == "code")
_END_TOKENS = _END.where(_OWN, _login.kind == "token")
_END_ONE = _END.where(_login.digest == bindparam("of"), _login.kind == "token", _login.revoked_at.is_(None))
_USE_LOGIN = update(tables.login).where(_login.digest == bindparam("of")).values(used_at=bindparam("at"))
_LIVE_LOGIN = _login.kind == "token", _login.revoked_at.is_(None)
_WHOSE = select(_login.person).where(_login.digest == bindparam("of"))
_HOLDER = _WHOSE.where(*_LIVE_LOGIN)
_TOKENS = (
    select(_login.digest, _login.person, _login.made_at, _login.made_for).where(*_LIVE_LOGIN).order_by(_login.digest)
)


class BadCode(Exception):
    """The code opens nothing; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token that counts, by its digest: whose it is, since when, and for which machine it was made."""

    digest: str
    person: str
    made_at: datetime
    made_for: str


def digest_of_secret(secret: str) -> str:
    """What is kept of a code or a token: SHA-256, hexadecimal. Both are long and random, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _plain(code: str) -> str:
    """A code without what people leave out or add when they type it."""
    return re.sub(r"[\s-]+", "", code).lower()


class Logins:
    """Codes and tokens of people, in the journal's database. A code counts once and for ten minutes."""

    def __init__(self, journal: Journal, now: Callable[[], datetime], new_secret: Callable[[], str]) -> None:
        """Take a clock, and what makes long random text of letters and digits."""
        self._journal, self._now, self._new_secret = journal, now, new_secret
        build = sqlite.insert if journal.engine.dialect.name == "sqlite" else postgresql.insert
        self._take = build(tables.login).on_conflict_do_nothing(index_elements=["digest"])

    def hand_out(self, person: str) -> str:
        """A fresh code for a person who has just been recognised; their older codes count no more."""
        now, code = self._now(), _plain(self._new_secret())[:_CODE]
        self._journal.change(_END_CODES, {"whose": person, "at": now})
        self._journal.change(_ADD_LOGIN, self._row(code, person, "code", "", now + CODE_LASTS))
        return "-".join(code[first : first + _GROUP] for first in range(0, len(code), _GROUP))

    def redeem(self, code: str, made_for: str) -> tuple[str, str]:
        """The person whose code this is, and a token of theirs for one machine; BadCode when it opens nothing."""
        digest, now = digest_of_secret(_plain(code)), self._now()
        if self._journal.change(_REDEEM, {"of": digest, "at": now}) != 1:
            raise BadCode("This code opens nothing: it was used, is older than ten minutes, or has a slip in it.")
        person = str(self._journal.read(_WHOSE, of=digest)[0].person)
        token = f"{PERSONAL}{self._new_secret()}{self._new_secret()}"
        self._journal.change(_ADD_LOGIN, self._row(token, person, "token", made_for, None))
        return person, token

    def person_of(self, token: str) -> str | None:
        """Whose token this is; None when it does not count, or no longer."""
        digest = digest_of_secret(token.strip())
        found = self._journal.read(_HOLDER, of=digest)
        if not found:
            return None
        self._journal.change(_USE_LOGIN, {"of": digest, "at": self._now()})
        return str(found[0].person)

    def revoke(self, token: str) -> bool:
        """Let one token count no more; whether it did until now."""
        return self._journal.change(_END_ONE, {"of": digest_of_secret(token.strip()), "at": self._now()}) == 1

    def revoke_all(self, person: str) -> int:
        """Let every token and code of a person count no more; how many tokens there were."""
        named = {"whose": person, "at": self._now()}
        self._journal.change(_END_CODES, named)
        return self._journal.change(_END_TOKENS, named)

    def held(self) -> list[StoredToken]:
        """Every token that counts, by its digest: for a copy that is used while this database is out of reach."""
        return [StoredToken(**row._mapping) for row in self._journal.read(_TOKENS)]  # noqa: SLF001  (public)

    def take_copies(self, copies: Iterable[StoredToken]) -> None:
        """Let tokens that were made elsewhere count here too."""
        rows = [
            {**asdict(one), "kind": "token", "expires_at": None, "used_at": None, "revoked_at": None} for one in copies
        ]
        if rows:
            self._journal.change(self._take, rows)

    def _row(self, secret: str, person: str, kind: str, made_for: str, until: datetime | None) -> Mapping[str, object]:
        times = {"made_at": self._now(), "expires_at": until, "used_at": None, "revoked_at": None}
        return {"digest": digest_of_secret(secret), "person": person, "kind": kind, "made_for": made_for[:200], **times}


OF_A_PROGRAM = "hra-"
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
        token, now = OF_A_PROGRAM + self._new_secret(), self._now()
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
        if not token.startswith(OF_A_PROGRAM) or len(token) > len(OF_A_PROGRAM) + 128:
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
