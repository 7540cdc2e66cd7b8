"""Where a run left the straight way: one rule for each event that says so."""

from datetime import timedelta

from bot.core.events import (
    Corrected,
    GlassBroken,
    MismatchSeen,
    Redacted,
    SentBack,
    SignatureVoided,
    SigningRefused,
    SignoffExpired,
    SignoffRejected,
    Skipped,
    StepFinished,
    VisitsSpent,
    WentBack,
    WentOnElsewhere,
)
from bot.core.paging.events import NobodyReached, Paged, PageDeclined
from bot.core.timeline.entries import Entry
from bot.core.timeline.stories import Deviation, DeviationKind

LATE = timedelta(seconds=60)
"""A page that is recorded later than this after it was due is late."""
_ALWAYS: dict[type, DeviationKind] = {
    Skipped: "skipped", WentBack: "went_back", SentBack: "sent_back", SignoffRejected: "rejected",
    SignoffExpired: "expired", SignatureVoided: "void", GlassBroken: "glass", MismatchSeen: "mismatch",
    VisitsSpent: "visits_spent", Corrected: "corrected", NobodyReached: "nobody_reached", PageDeclined: "declined",
    SigningRefused: "barred", Redacted: "erased", WentOnElsewhere: "elsewhere",
}  # fmt: skip
STRAYING = frozenset({*_ALWAYS, StepFinished, Paged})
"""The events that may be a deviation."""
_BADLY = frozenset({"problem", "fail", "timeout"})


def deviations_of(entry: Entry) -> tuple[Deviation, ...]:
    """The deviation that a record is, if it is one."""
    kind = _kind_of(entry)
    if kind is None:
        return ()
    words = "; ".join(part for part in (_failed(entry), entry.why, entry.evidence) if part)
    return (Deviation(entry.seq, entry.at, kind, entry.by, entry.by_name, entry.step, entry.title, words, entry.late),)


def _kind_of(entry: Entry) -> DeviationKind | None:
    always = _ALWAYS.get(type(entry.event))
    if always is not None:
        return always
    match entry.event:
        case StepFinished(failed=failed) if failed:
            return "not_as_expected"
        case StepFinished(exit=exit_) if exit_ in _BADLY:
            return "problem"
        case Paged() if entry.late is not None and entry.late > LATE:
            return "late_page"
        case _:
            return None


def _failed(entry: Entry) -> str:
    """What was expected and did not hold."""
    return ", ".join(entry.event.failed) if isinstance(entry.event, StepFinished) else ""
