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
from datetime import datetime
from functools import lru_cache

from bot.journal.codec import Unreadable, Words, canonical, digest_of, typed_fields, unknown_fields
from bot.journal.tables import write_instant


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the journal. `words` are those that stand beside it, by field."""

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


def link(prev: str, record: Record) -> str:
    """The hash of a record whose predecessor's hash is `prev`. `body` goes in as it is stored, which is canonical."""
    rest = (
        f'{{"at":"{write_instant(record.at)}","body":{record.body},"by":{_quoted(record.by)},'
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
    prev, seq = digest, 0
    notes: list[str] = []
    seen: set[str] = set()
    erased: dict[tuple[int, str], str] = {}
    said: set[tuple[int, str]] = set()
    for record in records:
        fault = _fault_of(record, seq + 1, prev, spelling=noting)
        if fault is not None:
            return Verdict(seq, prev, fault, tuple(notes))
        notes += _notes_on(record) if noting else []
        prev, seq = record.hash, record.seq
        seen.add(prev)
        erased |= {(seq, name): record.kind for name, words in record.words.items() if words.text is None}
        said |= _redacted_by(record)
    unsaid = min(erased.keys() - said, default=None)
    if unsaid is not None:
        fault = f"The words of record {unsaid[0]} ({erased[unsaid]}, “{unsaid[1]}”) were erased, and no record says so."
        return Verdict(seq, prev, fault, tuple(notes))
    return Verdict(seq, prev, _fault_at_end(seq, seen, until, length), tuple(notes))


def _redacted_by(record: Record) -> set[tuple[int, str]]:
    """The words that a record says were erased."""
    if record.kind != "redacted":
        return set()
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
    return _fault_in_body(record) if spelling or record.words or '{"words":' in record.body else None


def _fault_in_body(record: Record) -> str | None:
    try:
        body = json.loads(record.body)
    except ValueError:
        body = None
    if not isinstance(body, dict) or canonical(body) != record.body:
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


def _fault_at_end(seq: int, seen: set[str], until: str | None, length: int | None) -> str | None:
    if seq == 0:
        return "There is no record."
    if length is not None and length != seq:
        return f"The chain was cut short: it has {seq} records where {length} were written."
    if until is not None and until not in seen:
        return f"No record of these {seq} has the head {until}: the chain was cut short or made anew."
    return None
