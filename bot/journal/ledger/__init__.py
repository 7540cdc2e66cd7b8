r"""The ledger: one chain over all runs. Each start, end and import enters it with the run's head, in its transaction.

    hash = SHA-256(prev + "\n" + "NUMBER AT KIND SEQ HEAD REF RUN_ID")

in UTF-8, with one space between two of them and `at` as in the chain of a run; the first `prev` is 64 zeros.
PostgreSQL enters by a trigger at the commit (``migrations/versions/0010``), SQLite by the transaction itself.
"""

import hashlib
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from bot.journal import tables
from bot.journal.rows import Read
from bot.journal.tables import write_instant

GENESIS = "0" * 64


class LedgerEntry(NamedTuple):
    """One line of the ledger: that a run had this head at record `seq`.

    `kind`: ``started``, ``ended``, ``imported``, ``evidence`` (imported though it breaks the law) or ``older`` (it was
    here before the ledger).
    """

    number: int
    at: datetime
    kind: str
    ref: str
    run_id: str
    seq: int
    head: str
    prev: str
    hash: str


class Tip(NamedTuple):
    """The newest entry's number and hash; 0 and zeros while there is none."""

    number: int
    hash: str

    def __str__(self) -> str:
        """As it is posted, printed and kept."""
        return f"ledger {self.number} {self.hash}"


_ledger = tables.ledger.c
_TIP = select(_ledger.number, _ledger.hash).order_by(_ledger.number.desc()).limit(1)


def link_entry(prev: str, entry: LedgerEntry) -> str:
    """The hash of an entry whose predecessor's hash is `prev`."""
    line = f"{entry.number} {write_instant(entry.at)} {entry.kind} {entry.seq} {entry.head} {entry.ref} {entry.run_id}"
    return hashlib.sha256(f"{prev}\n{line}".encode()).hexdigest()


def read_tip(read: Read) -> Tip:
    """The newest entry."""
    return next((Tip(row.number, row.hash) for row in read(_TIP)), Tip(0, GENESIS))
