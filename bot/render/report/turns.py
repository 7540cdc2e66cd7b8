"""The course of a run: one line a record, the turns it took, the turning points."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.format.pieces import read_instant
from bot.render.prose import MODES, join_words, say_undo, spoken_name
from bot.render.report.verdict import Calendar, Tone, say_length, say_role
from bot.render.sentences import Names, names_of, say_channel, say_entry, say_reason
from bot.run.events import Begun, Noted, Notified, Signed, SignoffAsked
from bot.run.law.signing import BoundStep, SigningContent, read_content
from bot.timeline.entries import (
    Decision,
    Deviation,
    DeviationKind,
    Entry,
    PageOutcome,
    PageStory,
    SignoffStory,
    Spent,
    Timeline,
)
from bot.timeline.pages import LATE

_EFFECTS = {"destroy": "cannot be taken back", "change": "changes things", "read": "only reads"}


def say_content(content: str, shown: Mapping[str, str]) -> str:
    """Several lines of plain text. `shown`: values as others may see them, by name, in place of what is hidden.

    Content that cannot be read as this version writes it is given back as it is.
    """
    try:
        return "\n".join(_lines(read_content(content), shown))
    except (json.JSONDecodeError, KeyError, TypeError, ValueError):
        return content


def _lines(content: SigningContent, shown: Mapping[str, str]) -> Iterator[str]:
    mode = MODES.get(content.mode, content.mode)
    yield f"{content.title} – {content.asset_name} ({content.asset}), {mode}"
    if content.say:
        yield content.say
    for number, step in enumerate(content.steps, 1):
        yield from _step_lines(number, step)
    for name, value in content.vars:
        masked = shown.get(name, "")
        yield f"{spoken_name(name).capitalize()}: {masked if masked.startswith('‹') else value}"
    for file in content.files:
        yield f"File: {file}"
    if content.readback:
        yield f"To read back: {spoken_name(content.readback)}"


def _step_lines(number: int, step: BoundStep) -> Iterator[str]:
    effect = f" – {_EFFECTS[step.effect]}" if step.effect in _EFFECTS else ""
    yield f"{number}. {step.title}{effect}{f', on {step.host}' if step.host else ''}"
    if step.command:
        yield f"   $ {step.command}"
    if step.caution:
        yield f"   Caution: {step.caution}"
    if step.undo:
        lead, words = say_undo(step.undo, step.effect)
        yield f"   {lead}: {words}"


_VIA = {"slack": "", "clock": "", "terminal": "at a terminal", "web": "on the web", "import": "imported"}
_MILESTONES = frozenset({"started", "ended", "signoff-approved", "took-over", "hand-over-accepted"})


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One record. `exact` is what stood on the card word by word; `notes` are corrections and times beside it."""

    seq: int
    time: str
    who: str
    role: str
    what: str
    why: str
    evidence: str
    exact: str
    notes: tuple[str, ...]
    kind: str
    weight: str
    """``turn`` for what was not as planned, ``milestone``, ``quiet`` for what the reader may skip, or nothing."""


@dataclass(frozen=True, slots=True)
class Day:
    """The lines of one day."""

    name: str
    lines: tuple[RecordLine, ...]


def tell_days(timeline: Timeline, calendar: Calendar) -> Iterator[Day]:
    """Every record, in the order of the record, under the days of the zone."""
    names = names_of(timeline)
    for name, entries in groupby(timeline.entries, key=lambda one: calendar.day(one.at)):
        yield Day(name, tuple(tell_line(one, names, calendar) for one in entries))


def tell_line(entry: Entry, names: Names, calendar: Calendar) -> RecordLine:
    """One record as a line."""
    exact = _exact(entry)
    why, evidence = ("" if words == exact else words for words in (entry.why, entry.evidence))
    return RecordLine(
        entry.seq, calendar.clock(entry.at), names.person(entry.by), say_role(entry.role), say_entry(entry, names),
        why, evidence, exact, tuple(_notes(entry, calendar)), entry.kind, _weight(entry),
    )  # fmt: skip


def _exact(entry: Entry) -> str:
    """A command or a message word by word; what was to be signed stands with the sign-offs."""
    match entry.event:
        case Begun(command=command):
            return command
        case Notified(text=text):
            return text
        case _:
            return ""


def _notes(entry: Entry, calendar: Calendar) -> Iterator[str]:
    if entry.claimed_at is not None:
        yield f"happened at {calendar.moment(entry.claimed_at)}, as they say"
    yield from _moments(entry, calendar)
    if entry.late is not None and entry.late > LATE:
        yield f"{say_length(entry.late)} late"
    if isinstance(entry.event, SignoffAsked | Signed):
        yield f"content {entry.event.digest[:12]}"
    if entry.corrects is not None:
        yield f"puts record {entry.corrects} right"
    for seq in entry.corrected_by:
        yield f"corrected by record {seq}"
    if entry.erased_by is not None:
        yield f"words erased, see record {entry.erased_by}"
    if _VIA.get(entry.via):
        yield _VIA[entry.via]


def _moments(entry: Entry, calendar: Calendar) -> Iterator[str]:
    """Times among the values, which are recorded in the zone in which they were typed, on the reader's clocks."""
    for name, value in entry.values.items():
        at = _say_instant(value, calendar)
        if at:
            yield f"{spoken_name(name)}: {at}"
    source = entry.event.source if isinstance(entry.event, Noted) else None
    written = _say_instant(source.at, calendar) if source is not None else ""
    if written:
        yield f"written at {written}"


def _say_instant(text: str, calendar: Calendar) -> str:
    """A time that was typed; empty for what is none, and for one that no calendar reaches."""
    try:
        return calendar.exact(read_instant(text))
    except (ValueError, OverflowError):
        return ""


def _weight(entry: Entry) -> str:
    if entry.deviation is not None or (entry.late is not None and entry.late > LATE):
        return "turn"
    if entry.kind in _MILESTONES:
        return "milestone"
    return "quiet" if entry.kind in ("step-entered", "page-tried", "branched", "parent-told") else ""


DEVIATIONS: dict[DeviationKind, str] = {
    "skipped": "skipped", "went_back": "went back", "sent_back": "sent back: no valid signature",
    "rejected": "signature refused", "expired": "nobody signed in time", "void": "signatures counted no more",
    "glass": "glass broken: went on without signatures", "mismatch": "the card did not match what they saw",
    "not_as_expected": "not as the step expects", "problem": "ended badly",
    "visits_spent": "visited as often as it may be", "corrected": "a value was corrected",
    "late_page": "a page went out late", "page_failed": "every channel of a page failed",
    "nobody_reached": "nobody could be reached", "declined": "could not come",
    "barred": "somebody who may not tried to sign", "erased": "words were erased",
    "elsewhere": "another run went on from here", "read_otherwise": "what was read did not hold; looked at again",
    "done_already": "done before its turn", "end_asked": "another end was asked for",
}  # fmt: skip
_ENDED = {
    "open": "still open", "approved": "approved", "rejected": "rejected", "expired": "nobody signed in time",
    "glass": "the glass was broken", "asked_again": "asked again for other content",
    "left": "the run went on without it",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detour:
    """Something that left the straight way. `seq` is the record."""

    seq: int
    when: str
    what: str
    where: str
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class Took:
    """Time spent in a phase or step, beside what is typical."""

    title: str
    visits: int
    spent: str
    typical: str
    beside: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision with what else was offered."""

    seq: int
    when: str
    title: str
    label: str
    others: str
    who: str
    evidence: str
    took: str


@dataclass(frozen=True, slots=True)
class Approval:
    """A sign-off, what exactly was signed, and how it ended."""

    seq: int
    when: str
    title: str
    ended: str
    tone: Tone
    asked: str
    signed: tuple[str, ...]
    reason: str
    content: str
    """What exactly was put before them; empty when it was the same as `same_as`."""
    same_as: str
    """When the same was put before people first."""
    digest: str


@dataclass(frozen=True, slots=True)
class CalledPeople:
    """People who were called."""

    number: int
    when: str
    who: str
    why: str
    via: str
    answer: str
    tone: Tone


def tell_turns(deviations: Sequence[Deviation], calendar: Calendar) -> Iterator[Detour]:
    """Everything that was not as planned, in order."""
    for one in deviations:
        late = f"{say_length(one.late)} late" if one.late else ""
        words = " – ".join(part for part in (late, one.words) if part)
        where = one.title or ""
        yield Detour(one.seq, calendar.when(one.at), DEVIATIONS[one.kind], where, one.by_name, words)


def tell_times(spent: Sequence[Spent]) -> Iterator[Took]:
    """How long each took."""
    for one in spent:
        typical = say_length(one.typical) if one.typical is not None else ""
        yield Took(one.title, one.visits, say_length(one.spent), typical, *_beside(one))


def _beside(one: Spent) -> tuple[str, Tone]:
    if one.over is None or one.typical is None:
        return "", "plain"
    if not round(one.over.total_seconds()):
        return f"as long as typical{_of(one)}", "plain"
    if one.over.total_seconds() > 0:
        return f"{say_length(one.over)} longer{_of(one)}", "bad" if one.over > one.typical / 4 else "plain"
    return f"{say_length(-one.over)} shorter{_of(one)}", "good"


def _of(one: Spent) -> str:
    """Which time is set beside the typical one, where that is not all of it."""
    return "" if one.compared is None or one.compared == one.spent else f", of {say_length(one.compared)} that have one"


def tell_choices(decisions: Sequence[Decision], calendar: Calendar) -> Iterator[Choice]:
    """Every decision."""
    for one in decisions:
        others = [label for label in one.offered if label != one.label]
        yield Choice(
            one.seq, calendar.when(one.at), one.title, one.label, " · ".join(others), one.by_name, one.evidence,
            say_length(one.took),
        )  # fmt: skip


def tell_approvals(
    signoffs: Sequence[SignoffStory], shown: Mapping[str, str], calendar: Calendar
) -> Iterator[Approval]:
    """Every sign-off that was asked for. `shown`: values by name, as others may see them."""
    first: dict[str, str] = {}
    for one in signoffs:
        when = calendar.when(one.at)
        seen = first.get(one.digest, "")
        first.setdefault(one.digest, when)
        ended = _ENDED[one.ended] + (f" by {one.ended_by}" if one.ended in ("rejected", "glass") else "")
        ended += f" ({calendar.when(one.ended_at)})" if one.ended_at is not None and one.ended != "asked_again" else ""
        void = f"; its signatures count no more since {calendar.when(one.void_since)}" if one.void_since else ""
        tone: Tone = "plain" if one.ended in ("open", "asked_again") else "bad"
        yield Approval(
            one.seq, when, one.title, f"{ended}{void}",
            "good" if one.ended == "approved" and not void else tone,
            f"{join_words(one.asked, 'or')} ({one.need} needed)", tuple(_signatures(one, calendar)), one.reason,
            "" if seen else say_content(one.content, shown), seen, one.digest,
        )  # fmt: skip


def _signatures(story: SignoffStory, calendar: Calendar) -> Iterator[str]:
    for one in story.signatures:
        role = f" ({say_role(one.role)})" if one.role else ""
        read = f", read back “{one.readback}”" if one.readback else ""
        yield f"{one.name}{role} at {calendar.when(one.at)}{read}"


def tell_calls(pages: Sequence[PageStory], calendar: Calendar) -> Iterator[CalledPeople]:
    """Every page, and what came of it."""
    for one in pages:
        late = f"; {say_length(one.late)} late" if one.late > LATE else ""
        down = f", as Handrail was down since {calendar.when(one.down_since)}" if one.down_since and late else ""
        yield CalledPeople(
            one.number, calendar.when(one.at), join_words(one.names),
            f"{say_reason(one.reason, one.figure)}{late}{down}",
            join_words([say_channel(via) for via in one.via]) if one.via else "", *_answer(one),
        )  # fmt: skip


def _answer(page: PageStory) -> tuple[str, Tone]:
    answer, tone = _say_answer(page)
    if not page.pager_failed:
        return answer, tone
    tried = "The attempt" if page.pager_tries == 1 else f"All {page.pager_tries} attempts"
    return f"{answer} {tried} beyond Slack failed.", "plain" if tone == "good" else "bad"


def _say_answer(page: PageStory) -> tuple[str, Tone]:
    cannot = f"{join_words(page.declined)} cannot come. " if page.declined else ""
    if page.nobody_reached:
        return f"{cannot}Nobody could be reached.", "bad"
    after = f" after {say_length(page.answered_at - page.at)}" if page.answered_at is not None else ""
    match page.came_of:
        case "acknowledged":
            return f"{cannot}{page.answered_by} was on it{after}.", "good"
        case "acted_on":
            return f"{cannot}{page.answered_by} acted on it{after}.", "good"
        case "superseded" if page.answered_by is not None:
            return f"{cannot}No answer of whom it called; {page.answered_by} was on it{after}.", "plain"
        case "superseded":
            return f"{cannot}No answer; it was settled without them.", "plain"
        case "expired":
            return f"{cannot}No answer; the request ran out.", "bad"
        case _:
            return f"{cannot}No answer.", "plain"


def count_calls(pages: Sequence[PageStory]) -> str:
    """``14 pages: 7 acknowledged, 2 acted on, 4 without an answer.``; empty where nobody was called."""
    if not pages:
        return ""
    nobody = sum(one.nobody_reached and not one.is_answered for one in pages)
    counts = Counter(one.came_of for one in pages if one.is_answered or not one.nobody_reached)
    words: tuple[tuple[PageOutcome, str], ...] = (
        ("acknowledged", "acknowledged"), ("acted_on", "acted on"), ("superseded", "settled without an answer"),
        ("expired", "expired"), ("nobody", "without an answer"),
    )  # fmt: skip
    said = [f"{counts[kind]} {word}" for kind, word in words if counts[kind]]
    said += [f"{nobody} reached nobody"] if nobody else []
    return f"{len(pages)} {'page' if len(pages) == 1 else 'pages'}: {', '.join(said)}."


def count_turns(timeline: Timeline) -> str:
    """``3 things did not go as planned``."""
    many = len(timeline.deviations)
    unheard = sum(one.came_of in ("nobody", "expired") for one in timeline.pages)
    if not many and unheard:
        return "One page had no answer" if unheard == 1 else f"{unheard} pages had no answer"
    if not many:
        return "Everything went as planned"
    return "One thing did not go as planned" if many == 1 else f"{many} things did not go as planned"


MOST = 12
_BY_KIND: Mapping[str, int] = {
    "started": 100, "ended": 100, "signoff-approved": 70, "took-over": 45, "hand-over-accepted": 45, "chosen": 30,
    "begun": 25, "milestone-set": 40, "call-returned": 35, "glass-reviewed": 50,
}  # fmt: skip
_BY_DEVIATION: Mapping[DeviationKind, int] = {
    "glass": 95, "nobody_reached": 85, "elsewhere": 80, "problem": 75, "not_as_expected": 75, "mismatch": 72,
    "rejected": 68, "expired": 68, "void": 66, "went_back": 60, "visits_spent": 60, "sent_back": 55, "page_failed": 50,
    "late_page": 45, "skipped": 40, "corrected": 35, "barred": 30, "declined": 20, "erased": 5,
    "done_already": 90, "end_asked": 58, "read_otherwise": 25,
}  # fmt: skip


def tell_turning_points(timeline: Timeline, calendar: Calendar) -> tuple[Day, ...]:
    """The twelve records that weigh most, in their order, under their days; fewer where fewer weigh anything."""
    weighed = sorted((one for one in timeline.entries if _gravity(one)), key=lambda one: (-_gravity(one), one.seq))
    chosen = sorted(weighed[:MOST], key=lambda one: one.seq)
    names = names_of(timeline)
    return tuple(
        Day(name, tuple(tell_line(one, names, calendar) for one in entries))
        for name, entries in groupby(chosen, key=lambda one: calendar.day(one.at))
    )


def weightiest(deviations: Sequence[Deviation], most: int = 14) -> tuple[Deviation, ...]:
    """Those that weigh most, in their order."""
    chosen = sorted(deviations, key=lambda one: (-_BY_DEVIATION[one.kind], one.seq))[:most]
    return tuple(sorted(chosen, key=lambda one: one.seq))


def _gravity(entry: Entry) -> int:
    own = _BY_KIND.get(entry.kind, 0)
    return max(own, _BY_DEVIATION[entry.deviation]) if entry.deviation is not None else own
