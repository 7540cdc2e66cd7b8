"""Which version of each runbook served when: its digest, its file, and the commit that it came from."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.journal import tables
from bot.journal.store import Journal

_served = tables.served.c
_COLUMNS = (_served.runbook, _served.at, _served.digest, _served.file, _served.commit, _served.author)
_OF = select(*_COLUMNS).where(_served.runbook == bindparam("runbook")).order_by(_served.at)
_LAST_AT = select(_served.runbook, func.max(_served.at).label("at")).group_by(_served.runbook).subquery()
_LAST = select(*_COLUMNS).join(
    _LAST_AT, (_LAST_AT.c.runbook == tables.served.c.runbook) & (_LAST_AT.c.at == tables.served.c.at)
)


@dataclass(frozen=True, slots=True)
class Version:
    """A version that began to serve. `commit` ends in ``-dirty`` when the file had changes that were not committed."""

    runbook: str
    at: datetime
    digest: str
    file: str
    commit: str | None = None
    author: str | None = None


CATALOGUE = "catalogue/"
"""Before a file's name: under this a file of people, assets or resources is kept, beside the runbooks by their ids."""


class Versions:
    """Every version that ever served, in the journal's database; texts are kept by their digests."""

    def __init__(self, journal: Journal) -> None:
        """Take the journal; nothing is read yet."""
        self._journal = journal
        build = sqlite.insert if journal.engine.dialect.name == "sqlite" else postgresql.insert
        self._add = build(tables.served).on_conflict_do_nothing(index_elements=["runbook", "at"])

    def last(self) -> Mapping[str, Version]:
        """Runbook id -> the version that began to serve last."""
        return {row.runbook: Version(**row._mapping) for row in self._journal.read(_LAST)}  # noqa: SLF001  (public)

    def of(self, runbook: str) -> list[Version]:
        """Every change of a runbook, the oldest first; what two servers noted of one change is one."""
        found = [Version(**row._mapping) for row in self._journal.read(_OF, runbook=runbook)]  # noqa: SLF001  (public)
        return [one for one, before in zip(found, [None, *found], strict=False) if not _same(one, before)]

    def authors_of(self, runbook: str, digest: str) -> frozenset[str]:
        """Who is known to have written a version, by Git; nobody where Git does not keep the folder."""
        return frozenset(one.author for one in self.of(runbook) if one.digest == digest and one.author)

    def keep(self, versions: Iterable[Version], texts: Mapping[str, str]) -> None:
        """Keep versions that serve from now on, with their texts by digest."""
        fresh = list(versions)
        if not fresh:
            return
        pinned = {one.digest: (one.runbook, texts[one.digest]) for one in fresh}
        self._journal.write(lambda transaction: transaction.pin_texts(pinned, fresh[0].at))
        self._journal.change(self._add, [asdict(one) for one in fresh])


def _same(one: Version, before: Version | None) -> bool:
    return before is not None and one.digest == before.digest
