r"""The chain: each record's hash covers the one before it, so that a change shows.

    hash = SHA-256(prev + "\n" + canonical JSON of {at, body, by, kind, run_id, seq, via})

in UTF-8; canonical JSON has its keys sorted, no space and every character as itself; `at` is written as
``2026-11-22T03:40:00.000000Z``. The first `prev` is the digest of the runbook's text. Words that people typed are in
the body as ``{"words": SHA-256(salt + text)}``, so that they can be erased and the chain still holds.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from pydantic_core import from_json

from bot.journal.codec import Unreadable, Words, canonical, digest_of, typed_fields, unknown_fields
from bot.journal.tables import write_instant


class Record(NamedTuple):
    """One row of the journal. `words` are those that stand beside it, by field.

    A tuple, as a frozen dataclass of ten fields takes six times as long to make (measured 2026-11-22).
    """

    run_id: str
    seq: int
    at: datetime
    by: str
    via: str
    kind: str
    body: str
    prev: str
    hash: str
    words: Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a chain: the first fault, or none, and what is worth knowing beside it."""

    records: int
    head: str
    fault: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        return self.fault is None


_quoted = lru_cache(maxsize=512)(canonical)
"""The same few names, kinds and ids in every record of a run."""
_written = lru_cache(maxsize=256)(write_instant)
"""All records of a click share their time. Of UTC alone: elsewhere an hour that comes twice is the same to a cache."""


def link(prev: str, record: Record) -> str:
    """The hash of a record whose predecessor's hash is `prev`. `body` goes in as it is stored, which is canonical."""
    at = _written(record.at) if record.at.tzinfo is UTC else write_instant(record.at)
    rest = (
        f'{{"at":"{at}","body":{record.body},"by":{_quoted(record.by)},'
        f'"kind":{_quoted(record.kind)},"run_id":{_quoted(record.run_id)},"seq":{record.seq},'
        f'"via":{_quoted(record.via)}}}'
    )
    return hashlib.sha256(f"{prev}\n{rest}".encode()).hexdigest()


def text_digest(text: str) -> str:
    """The digest of a runbook's text: SHA-256 of its UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def verify_chain(
    digest: str, records: Iterable[Record], *, until: str | None = None, length: int | None = None, noting: bool = True
) -> Verdict:
    """Recompute a run's chain from its runbook's digest and name the first record that differs.

    `until` is a head that somebody holds (from a post or an export): it has to be one of the hashes.
    `length` is how many records there should be, where that is known. Without `noting` only the chain is held to its
    hashes: whether a body is spelled as it should be, and what this version cannot read of it, is not looked at.
    """
    verifying = Verifying(digest, until=until, noting=noting)
    for record in records:
        verifying.take(record)
        if verifying.fault is not None:
            break
    return verifying.verdict(length)


class Verifying:
    """Verifies a chain as its records go by; see `verify_chain`."""

    def __init__(self, digest: str, *, until: str | None = None, noting: bool = True) -> None:
        self._prev, self._seq, self._until, self._noting = digest, 0, until, noting
        self._reached = until is None
        self._notes: list[str] = []
        self._erased: dict[tuple[int, str], str] = {}
        self._said: set[tuple[int, str]] = set()
        self.fault: str | None = None
        """The first record that differs; what follows it is not looked at."""

    def take(self, record: Record) -> None:
        """The next record."""
        if self.fault is not None:
            return
        self.fault = _fault_of(record, self._seq + 1, self._prev, spelling=self._noting)
        if self.fault is not None:
            return
        if self._noting:
            self._notes += _notes_on(record)
        self._prev, self._seq = record.hash, record.seq
        if record.hash == self._until:
            self._reached = True
        if record.words:
            self._erased |= {(record.seq, name): record.kind for name, one in record.words.items() if one.text is None}
        if record.kind == "redacted":
            self._said |= _redacted_by(record)

    def verdict(self, length: int | None = None) -> Verdict:
        """What became of the chain that was taken; `length` is how many records there should be."""
        fault = self.fault or self._fault_in_erasing() or self._fault_at_end(length)
        return Verdict(self._seq, self._prev, fault, tuple(self._notes))

    def _fault_in_erasing(self) -> str | None:
        unsaid = min(self._erased.keys() - self._said, default=None)
        if unsaid is None:
            return None
        seq, name = unsaid
        return f"The words of record {seq} ({self._erased[unsaid]}, “{name}”) were erased, and no record says so."

    def _fault_at_end(self, length: int | None) -> str | None:
        seq, until = self._seq, self._until
        if seq == 0:
            return "There is no record."
        if length is not None and length != seq:
            return f"The chain was cut short: it has {seq} records where {length} were written."
        if not self._reached:
            return f"No record of these {seq} has the head {until}: the chain was cut short or made anew."
        return None


def _redacted_by(record: Record) -> set[tuple[int, str]]:
    """The words that a record says were erased."""
    body = json.loads(record.body)
    of, names = body.get("of"), body.get("fields")
    return {(of, str(name)) for name in names} if isinstance(of, int) and isinstance(names, list) else set()


def _fault_of(record: Record, seq: int, prev: str, *, spelling: bool) -> str | None:
    if record.seq != seq:
        missing = f"Record {seq} is missing" if record.seq > seq else f"Record {record.seq} comes twice or out of order"
        return f"{missing}: record {record.seq} stands where record {seq} belongs."
    if record.prev != prev:
        return f"Record {seq} does not follow the one before it: one of them was changed, or some between were cut out."
    if link(prev, record) != record.hash:
        return f"Record {seq} ({record.kind}) was changed: its hash is not that of its content."
    # A body of no words has nothing beside it that could differ.
    speaks = spelling or record.words or '{"words":' in record.body
    return _fault_in_body(record, spelling=spelling) if speaks else None


def _fault_in_body(record: Record, *, spelling: bool) -> str | None:
    try:
        body = from_json(record.body)
    except ValueError:
        body = None
    if not isinstance(body, dict) or (spelling and canonical(body) != record.body):
        return f"Record {record.seq} ({record.kind}) is not written as canonical JSON."
    for name, words in record.words.items():
        kept = body.get(name)
        if not isinstance(kept, dict) or set(kept) != {"words"}:
            return f"Record {record.seq} ({record.kind}) has words beside it for “{name}” that it does not speak of."
        if words.text is not None and digest_of(words) != kept["words"]:
            return f"The words of record {record.seq} ({record.kind}, “{name}”) were changed: the digest does not fit."
    for name in typed_fields(record.kind):
        if isinstance(body.get(name), dict) and name not in record.words:
            return f"The words of record {record.seq} ({record.kind}, “{name}”) are missing, and nobody erased them."
    return None


def _notes_on(record: Record) -> list[str]:
    erased = [name for name, words in record.words.items() if words.text is None]
    which = f"Record {record.seq} ({record.kind})"
    notes = [f"{which}: the words of “{name}” were erased." for name in erased]
    try:
        unknown = unknown_fields(record.kind, record.body)
    except Unreadable as why:
        return [*notes, f"{which}: {why}"]
    return notes + [f"{which} also holds “{name}”, which is unknown here." for name in unknown]
