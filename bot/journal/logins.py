"""Who is who at a terminal: a code from Slack is exchanged for a token of one's own; digests alone are kept."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.journal import tables
from bot.journal.store import Journal

CODE_LASTS = timedelta(minutes=10)
TOKEN = "hrp-"  # noqa: S105  (how a token begins, so that it is known for what it is where it turns up)
_GROUP, _CODE = 4, 16

_login = tables.login.c
_OWN = (_login.person == bindparam("whose")) & _login.revoked_at.is_(None)
_ADD = insert(tables.login)
_END = update(tables.login).values(revoked_at=bindparam("at"))
_OPENS = (_login.kind == "code") & _login.revoked_at.is_(None) & (_login.expires_at > bindparam("at"))
_REDEEM = _END.where(_login.digest == bindparam("of"), _OPENS)
_END_CODES = _END.where(_OWN, _login.kind == "code")
_END_TOKENS = _END.where(_OWN, _login.kind == "token")
_END_ONE = _END.where(_login.digest == bindparam("of"), _login.kind == "token", _login.revoked_at.is_(None))
_USE = update(tables.login).where(_login.digest == bindparam("of")).values(used_at=bindparam("at"))
_LIVE = _login.kind == "token", _login.revoked_at.is_(None)
_WHOSE = select(_login.person).where(_login.digest == bindparam("of"))
_HOLDER = _WHOSE.where(*_LIVE)
_TOKENS = select(_login.digest, _login.person, _login.made_at, _login.made_for).where(*_LIVE).order_by(_login.digest)


class BadCode(Exception):
    """The code opens nothing; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Held:
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
        self._journal.change(_ADD, self._row(code, person, "code", "", now + CODE_LASTS))
        return "-".join(code[first : first + _GROUP] for first in range(0, len(code), _GROUP))

    def redeem(self, code: str, made_for: str) -> tuple[str, str]:
        """The person whose code this is, and a token of theirs for one machine; BadCode when it opens nothing."""
        digest, now = digest_of_secret(_plain(code)), self._now()
        if self._journal.change(_REDEEM, {"of": digest, "at": now}) != 1:
            raise BadCode("This code opens nothing: it was used, is older than ten minutes, or has a slip in it.")
        person = str(self._journal.read(_WHOSE, of=digest)[0].person)
        token = f"{TOKEN}{self._new_secret()}{self._new_secret()}"
        self._journal.change(_ADD, self._row(token, person, "token", made_for, None))
        return person, token

    def person_of(self, token: str) -> str | None:
        """Whose token this is; None when it does not count, or no longer."""
        digest = digest_of_secret(token.strip())
        found = self._journal.read(_HOLDER, of=digest)
        if not found:
            return None
        self._journal.change(_USE, {"of": digest, "at": self._now()})
        return str(found[0].person)

    def revoke(self, token: str) -> bool:
        """Let one token count no more; whether it did until now."""
        return self._journal.change(_END_ONE, {"of": digest_of_secret(token.strip()), "at": self._now()}) == 1

    def revoke_all(self, person: str) -> int:
        """Let every token and code of a person count no more; how many tokens there were."""
        named = {"whose": person, "at": self._now()}
        self._journal.change(_END_CODES, named)
        return self._journal.change(_END_TOKENS, named)

    def held(self) -> list[Held]:
        """Every token that counts, by its digest: for a copy that is used while this database is out of reach."""
        return [Held(**row._mapping) for row in self._journal.read(_TOKENS)]  # noqa: SLF001  (public)

    def take_copies(self, copies: Iterable[Held]) -> None:
        """Let tokens that were made elsewhere count here too."""
        rows = [
            {**asdict(one), "kind": "token", "expires_at": None, "used_at": None, "revoked_at": None} for one in copies
        ]
        if rows:
            self._journal.change(self._take, rows)

    def _row(self, secret: str, person: str, kind: str, made_for: str, until: datetime | None) -> Mapping[str, object]:
        times = {"made_at": self._now(), "expires_at": until, "used_at": None, "revoked_at": None}
        return {"digest": digest_of_secret(secret), "person": person, "kind": kind, "made_for": made_for[:200], **times}
