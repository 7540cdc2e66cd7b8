"""Records as bytes, and the chain over them."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from bot.journal.tables import write_instant
from bot.run import events
from bot.run.after import events as after
from bot.run.calls import events as calls
from bot.run.events import Event
from bot.run.hands import events as hands
from bot.run.members import events as members
from bot.run.paging import events as paging
from bot.run.situation import Typed

KINDS: Mapping[str, type[Event]] = {
    "started": events.Started,
    "step-entered": events.StepEntered,
    "begun": events.Begun,
    "watched": events.Watched,
    "step-finished": events.StepFinished,
    "reading-taken": events.ReadingTaken,
    "done-already": events.DoneAlready,
    "end-asked": events.EndAsked,
    "end-answered": events.EndAnswered,
    "chosen": events.Chosen,
    "signoff-asked": events.SignoffAsked,
    "signed": events.Signed,
    "signing-refused": events.SigningRefused,
    "signoff-approved": events.SignoffApproved,
    "signoff-rejected": events.SignoffRejected,
    "signoff-expired": events.SignoffExpired,
    "signature-voided": events.SignatureVoided,
    "sent-back": events.SentBack,
    "branched": events.Branched,
    "notified": events.Notified,
    "called": events.Called,
    "call-opened": events.CallOpened,
    "call-told": events.CallTold,
    "call-returned": events.CallReturned,
    "call-not-opened": events.CallNotOpened,
    "call-delayed": events.CallDelayed,
    "parent-told": events.ParentTold,
    "joined": calls.Joined,
    "end-awaited": calls.EndAwaited,
    "stop-wanted": calls.StopWanted,
    "handed-anew": calls.HandedAnew,
    "skipped": events.Skipped,
    "went-back": events.WentBack,
    "mismatch-seen": events.MismatchSeen,
    "visits-spent": events.VisitsSpent,
    "help-asked": events.HelpAsked,
    "noted": events.Noted,
    "took-over": events.TookOver,
    "hand-over-offered": events.HandOverOffered,
    "hand-over-accepted": events.HandOverAccepted,
    "paused": events.Paused,
    "resumed": events.Resumed,
    "corrected": events.Corrected,
    "glass-broken": events.GlassBroken,
    "glass-reviewed": events.GlassReviewed,
    "redacted": events.Redacted,
    "went-on-elsewhere": events.WentOnElsewhere,
    "law-taken": events.LawTaken,
    "chain-grown": events.ChainGrown,
    "ended": events.Ended,
    "people-changed": members.PeopleChanged,
    "people-in-doubt": members.PeopleInDoubt,
    "people-kept": members.PeopleKept,
    "let-in": members.LetIn,
    "paged": paging.Paged,
    "page-answered": paging.PageAnswered,
    "page-declined": paging.PageDeclined,
    "page-tried": paging.PageTried,
    "told-to-call": paging.ToldToCall,
    "nobody-reached": paging.NobodyReached,
    "lesson-told": after.LessonTold,
    "follow-up-added": after.FollowUpAdded,
    "follow-up-done": after.FollowUpDone,
    "follow-up-reminded": after.FollowUpReminded,
    "follow-up-handed-on": after.FollowUpHandedOn,
    "rated": after.Rated,
    "milestone-set": after.MilestoneSet,
    "postmortem-set": after.PostmortemSet,
    "hands-ready": hands.HandsReady,
    "hands-declined": hands.HandsDeclined,
    "action-asked": hands.ActionAsked,
    "action-started": hands.ActionStarted,
    "action-finished": hands.ActionFinished,
    "action-lost": hands.ActionLost,
    "cancel-asked": hands.CancelAsked,
    "taken-by-hand": hands.TakenByHand,
    "looked-again": hands.LookedAgain,
}
"""Kind on disk -> event. A kind is never renamed and never used again for something else."""

KIND_OF: Mapping[type[Event], str] = {event: kind for kind, event in KINDS.items()}
_in_canonical_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
ERASED = "‹erased›"
"""What stands where words were erased."""

_SPEAKS_OF_WORDS = '{"words":'
"""How a body speaks of words beside it; what a person typed cannot hold this, as JSON escapes its quotes."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Unreadable(Exception):
    """A record that this version cannot read; the message names what and why."""


@dataclasses.dataclass(frozen=True, slots=True)
class SaltedWords:
    """What a person typed in one field, and the salt of its digest. Both None once they were erased."""

    text: str | None
    salt: str | None


def canonical(value: object) -> str:
    """Canonical JSON: keys sorted, no space, every character as itself, UTF-8 when it becomes bytes."""
    return _in_canonical_json(value)


def digest_of(words: SaltedWords) -> str:
    """SHA-256 of salt and text, as it stands in a record in place of the text."""
    return hashlib.sha256(f"{words.salt}{words.text}".encode()).hexdigest()


@cache
def typed_fields(kind: str) -> tuple[str, ...]:
    """The fields of a kind that hold words a person typed."""
    hints = get_type_hints(KINDS[kind], include_extras=True) if kind in KINDS else {}
    mark = get_args(Typed)[1]
    return tuple(name for name, hint in hints.items() if mark in getattr(hint, "__metadata__", ()))


@cache
def _adapter(kind: str) -> TypeAdapter[Event]:
    return TypeAdapter(KINDS[kind])


def encode(event: Event, new_salt: Callable[[], str]) -> tuple[str, str, dict[str, SaltedWords]]:
    """The kind of an event, its canonical body, and the typed words that stand beside it, by field.

    An empty text is no words: it stays in the body, as there is nothing to erase.
    """
    kind = KIND_OF[type(event)]
    body = _adapter(kind).dump_python(event, mode="json")
    beside = {name: SaltedWords(body[name], new_salt()) for name in typed_fields(kind) if body[name]}
    for name, words in beside.items():
        body[name] = {"words": digest_of(words)}
    return kind, canonical(body), beside


def decode(kind: str, body: str, beside: Mapping[str, SaltedWords]) -> Event:
    """The event of a record, whatever version wrote it: a field it lacks takes its default, an unknown one is left out.

    Unreadable names the kind, or the field, that this version cannot read.
    """
    if kind not in KINDS:
        raise Unreadable(f"The kind “{kind}” is unknown here. A newer Handrail wrote it: read it with that one.")
    try:
        found = _with_words(kind, body, beside)
        return _adapter(kind).validate_json(body) if found is None else _adapter(kind).validate_python(found)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Unreadable(f"The record of kind “{kind}” cannot be read: {place}: {first['msg']}.") from None


def _with_words(kind: str, body: str, beside: Mapping[str, SaltedWords]) -> dict[str, Any] | None:
    """What a body holds, with the words that stand beside it in place of their digests; None where it speaks of none.

    Without words a body is read as it is, in two thirds of the time (measured 2026-11-22).
    """
    try:
        found = from_json(body) if _SPEAKS_OF_WORDS in body else None
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    for name in typed_fields(kind):
        if isinstance(found.get(name), dict):
            words = beside.get(name)
            found[name] = ERASED if words is None or words.text is None else words.text
    return found


def unknown_fields(kind: str, body: str) -> tuple[str, ...]:
    """Fields of a body that this version leaves out, as dotted names; they stay in the record."""
    event = decode(kind, body, {})
    known = _adapter(kind).dump_python(event, mode="json")
    return tuple(_beyond(json.loads(body), known, ""))


def _beyond(found: Any, known: Any, at: str) -> list[str]:  # noqa: ANN401  (whatever JSON holds)
    if isinstance(found, dict) and isinstance(known, dict):
        more = [f"{at}{name}" for name in found if name not in known]
        shared = [name for name in known if name in found]
        return more + [deep for name in shared for deep in _beyond(found[name], known[name], f"{at}{name}.")]
    if isinstance(found, list) and isinstance(known, list):
        pairs = zip(found, known, strict=False)
        return list(dict.fromkeys(deep for one, other in pairs for deep in _beyond(one, other, at)))
    return []


def storable(thing: Any) -> Any:  # noqa: ANN401  (a command, or a part of one)
    """The same command with what no database can keep (NUL, halves of a surrogate pair) replaced by U+FFFD.

    It is done before anything is decided, so that the run as it was lived is the run as it is read back.
    """
    if isinstance(thing, str):
        return thing if thing.isascii() and "\0" not in thing else _UNSTORABLE.sub("\ufffd", thing)
    if isinstance(thing, Mapping):
        return {storable(name): storable(value) for name, value in thing.items()}
    if isinstance(thing, tuple):
        return tuple(storable(one) for one in thing)
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return _storable_fields(thing)
    return thing


def _storable_fields(thing: Any) -> Any:  # noqa: ANN401  (any dataclass)
    changed = {}
    for field in dataclasses.fields(thing):
        before = getattr(thing, field.name)
        after = storable(before)
        if after is not before and after != before:
            changed[field.name] = after
    return dataclasses.replace(thing, **changed) if changed else thing


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
    words: Mapping[str, SaltedWords]


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
