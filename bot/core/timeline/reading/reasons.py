"""Why something was done and on what it was based, as each event has it."""

from collections.abc import Mapping

from bot.core.after.events import FollowUpDone, FollowUpHandedOn, LessonTold
from bot.core.events import (
    Begun,
    Branched,
    Called,
    CallReturned,
    Chosen,
    Corrected,
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
from bot.core.paging.events import PageDeclined
from bot.core.plain.shapes import Value
from bot.core.situation import Source


def why_of(event: Event) -> str:
    """The reason that was given, or why Handrail did it; empty where there is none."""
    match event:
        case (
            Started(reason=why) | SigningRefused(reason=why) | SignoffRejected(reason=why) | Skipped(reason=why)
            | WentBack(reason=why) | Paused(reason=why) | Corrected(reason=why) | GlassBroken(reason=why)
            | Redacted(reason=why) | Ended(reason=why) | SignatureVoided(why=why) | SentBack(why=why)
            | Branched(because=why) | HelpAsked(words=why) | HandOverOffered(words=why) | PageDeclined(words=why)
        ):  # fmt: skip
            return why
        case _:
            return ""


def evidence_of(event: Event) -> str:
    """What it was based on, word by word: what was typed or seen; empty where there is nothing."""
    match event:
        case (
            StepFinished(note=words) | Chosen(note=words) | WentBack(look=words) | MismatchSeen(words=words)
            | GlassReviewed(words=words) | LessonTold(words=words) | FollowUpDone(words=words)
            | Begun(command=words) | Notified(text=words) | FollowUpHandedOn(answer=words)
        ):  # fmt: skip
            return words
        case Noted(words=words, source=source):
            return words if source is None else f"{words} ({_say_source(source)})"
        case _:
            return ""


def _say_source(source: Source) -> str:
    return ", ".join(part for part in (source.author, source.at, source.link) if part)


def values_of(event: Event) -> Mapping[str, Value]:
    """The values that were given here, by the run's own names."""
    match event:
        case Started(inputs=values) | StepFinished(answers=values) | CallReturned(captured=values):
            return values
        case Called(given=values):
            return values
        case Corrected(name=name, new=new):
            return {name: new}
        case _:
            return {}
