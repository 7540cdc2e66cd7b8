"""An event and its record: a kind in kebab-case and a JSON body, both for ever."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from bot.run import events
from bot.run.after import events as after
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
    "hands-ready": hands.HandsReady,
    "hands-declined": hands.HandsDeclined,
    "action-asked": hands.ActionAsked,
    "action-started": hands.ActionStarted,
    "action-finished": hands.ActionFinished,
    "action-lost": hands.ActionLost,
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
class Words:
    """What a person typed in one field, and the salt of its digest. Both None once they were erased."""

    text: str | None
    salt: str | None


def canonical(value: object) -> str:
    """Canonical JSON: keys sorted, no space, every character as itself, UTF-8 when it becomes bytes."""
    return _in_canonical_json(value)


def digest_of(words: Words) -> str:
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


def encode(event: Event, new_salt: Callable[[], str]) -> tuple[str, str, dict[str, Words]]:
    """The kind of an event, its canonical body, and the typed words that stand beside it, by field.

    An empty text is no words: it stays in the body, as there is nothing to erase.
    """
    kind = KIND_OF[type(event)]
    body = _adapter(kind).dump_python(event, mode="json")
    beside = {name: Words(body[name], new_salt()) for name in typed_fields(kind) if body[name]}
    for name, words in beside.items():
        body[name] = {"words": digest_of(words)}
    return kind, canonical(body), beside


def decode(kind: str, body: str, beside: Mapping[str, Words]) -> Event:
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


def _with_words(kind: str, body: str, beside: Mapping[str, Words]) -> dict[str, Any] | None:
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
