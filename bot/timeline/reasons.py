"""Why something was done and on what it was based, as each event has it."""

from collections.abc import Mapping

from bot.format.shapes import Value
from bot.run.after.events import FollowUpDone, FollowUpHandedOn, LessonTold, MilestoneSet
from bot.run.events import (
    Begun,
    Branched,
    CallDelayed,
    Called,
    CallNotOpened,
    CallReturned,
    Chosen,
    Corrected,
    DoneAlready,
    EndAsked,
    Ended,
    Event,
    GlassBroken,
    GlassReviewed,
    HandOverOffered,
    HelpAsked,
    MismatchSeen,
    Noted,
    Notified,
    Paused,
    ReadingTaken,
    Redacted,
    SentBack,
    SignatureVoided,
    SigningRefused,
    SignoffRejected,
    Skipped,
    Started,
    StepFinished,
    WentBack,
)
from bot.run.paging.events import PageDeclined
from bot.run.situation import Source

_WHY: Mapping[type[Event], str] = {
    Started: "reason", SigningRefused: "reason", SignoffRejected: "reason", Skipped: "reason", WentBack: "reason",
    Paused: "reason", Corrected: "reason", GlassBroken: "reason", Redacted: "reason", Ended: "reason",
    SignatureVoided: "why", SentBack: "why", CallNotOpened: "why", CallDelayed: "why", Branched: "because",
    HelpAsked: "words", EndAsked: "words", HandOverOffered: "words", PageDeclined: "words", MilestoneSet: "reason",
}  # fmt: skip
"""The field in which an event says why."""
_EVIDENCE: Mapping[type[Event], str] = {
    StepFinished: "note", Chosen: "note", WentBack: "look", MismatchSeen: "words", DoneAlready: "words",
    GlassReviewed: "words",
    LessonTold: "words", FollowUpDone: "words", Begun: "command", Notified: "text", FollowUpHandedOn: "answer",
    Noted: "words",
}  # fmt: skip
"""The field that holds what it was based on: what was typed, run or seen."""
_NOTHING: Mapping[str, Value] = {}
_VALUES: Mapping[type[Event], str] = {
    Started: "inputs", StepFinished: "answers", ReadingTaken: "answers", CallReturned: "captured", Called: "given",
}  # fmt: skip


def why_of(event: Event) -> str:
    """The reason that was given, or why Handrail did it; empty where there is none."""
    name = _WHY.get(type(event))
    return "" if name is None else str(getattr(event, name))


def evidence_of(event: Event) -> str:
    """What it was based on, word by word: what was typed or seen; empty where there is nothing."""
    name = _EVIDENCE.get(type(event))
    if name is None:
        return ""
    words = str(getattr(event, name))
    if isinstance(event, Chosen) and event.look:
        words = f"{words} They looked: {event.look}".strip()
    source = event.source if isinstance(event, Noted) else None
    return words if source is None else f"{words} ({_say_source(source)})"


def _say_source(source: Source) -> str:
    return ", ".join(part for part in (source.author, source.at, source.link) if part)


def values_of(event: Event) -> Mapping[str, Value]:
    """The values that were given here, by the run's own names."""
    if isinstance(event, Corrected):
        return {event.name: event.new}
    name = _VALUES.get(type(event))
    values: Mapping[str, Value] = _NOTHING if name is None else getattr(event, name)
    return values
