"""From a timeline to its picture: which rows there are, what lasted, and what is marked."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from bot.render.prose import join_words, say_phase
from bot.render.report.picture.scene import Band, BandKind, Mark, PictureRow, Scene
from bot.render.report.turns import DEVIATIONS
from bot.render.report.verdict import Calendar, say_length, say_outcome_of, say_role
from bot.render.sentences import say_reason
from bot.timeline.entries import Actor, Doing, PageStory, SignoffStory, Stretch, Timeline
from bot.timeline.pages import LATE

_DOING: dict[Doing, BandKind] = {
    "working": "work", "waiting": "wait", "elsewhere": "elsewhere", "paused": "paused",
}  # fmt: skip
_PEOPLE = 8
"""People who get a row; those who operated, then those who did most."""
_FINEST = 900
"""Bands of a row at most: what is shorter than such a part of the run is one with its neighbour."""


def plot(timeline: Timeline, zone: tzinfo) -> Scene:
    """The picture of a run, row by row."""
    facts, calendar = timeline.facts, Calendar(zone, timeline.facts.started_at)
    deadline = facts.started_at + facts.rto.promised if facts.rto.promised else None
    rows = (
        *_damage(timeline, calendar), *_limit(timeline, deadline), *_phases(timeline), *_pages(timeline, calendar),
        *_signoffs(timeline, calendar), *_deviations(timeline, calendar), *_people(timeline),
    )  # fmt: skip
    about = f"{say_outcome_of(timeline).text}. " + " ".join(f"{row.label}: {row.detail}." for row in rows)
    title = f"{timeline.run.ref} in time"
    over = timeline.run.outcome is not None
    return Scene(title, about, facts.started_at, facts.until, over, zone, rows, deadline)


def _back_at(timeline: Timeline) -> datetime:
    return timeline.facts.recovered_at or timeline.facts.until


def _damage(timeline: Timeline, calendar: Calendar) -> Iterator[PictureRow]:
    began = timeline.facts.damage_began
    if began is not None:
        said = f"since {calendar.short(began, timeline.facts.started_at)}"
        yield PictureRow(
            "Data at risk", said, (Band(began, max(began, _back_at(timeline)), "danger", f"Data at risk {said}"),)
        )


def _limit(timeline: Timeline, deadline: datetime | None) -> Iterator[PictureRow]:
    promised = timeline.facts.rto.promised
    if deadline is None or promised is None:
        return
    start, back = timeline.facts.started_at, _back_at(timeline)
    used = f"{say_length(back - start)} of {say_length(promised)} ({(back - start) / promised:.0%})"
    bands = [Band(start, min(back, deadline), "within", f"Within the RTO: {used}")]
    if back > deadline:
        bands.append(Band(deadline, back, "beyond", f"Beyond the RTO by {say_length(back - deadline)}"))
    yield PictureRow("RTO", used, tuple(bands))


def _phases(timeline: Timeline) -> Iterator[PictureRow]:
    known = {phase.id for phase in timeline.phases}
    for phase in timeline.phases:
        spans = [(one.since, one.until or timeline.facts.until) for one in timeline.visits if _of(one.phase, phase.id)]
        typical = f" · typical {say_length(phase.typical)}" if phase.typical is not None else ""
        bands = _doings(spans, timeline.stretches, timeline.facts.lasted)
        if bands:
            yield PictureRow(say_phase(phase.title), f"{say_length(phase.spent)}{typical}", bands)
    rest = [(one.since, one.until or timeline.facts.until) for one in timeline.visits if (one.phase or "") not in known]
    if rest:
        label = "Other steps" if known else "Steps"
        spent = sum((until - since for since, until in rest), timedelta())
        yield PictureRow(label, say_length(spent), _doings(rest, timeline.stretches, timeline.facts.lasted))


def _of(phase: str | None, wanted: str) -> bool:
    return (phase or "") == wanted


def _doings(
    spans: Sequence[tuple[datetime, datetime]], stretches: Sequence[Stretch], lasted: timedelta
) -> tuple[Band, ...]:
    """What was done in these spans. Both are in the order of time, so that one look at each is enough."""
    bands: list[Band] = []
    finest, at = lasted / _FINEST, 0
    for since, until in spans:
        while at < len(stretches) and stretches[at].until <= since:
            at += 1
        ahead = at
        while ahead < len(stretches) and stretches[ahead].since < until:
            one = stretches[ahead]
            _add(bands, Band(max(one.since, since), min(one.until, until), _DOING[one.doing]), finest)
            ahead += 1
    return tuple(bands)


def _add(bands: list[Band], band: Band, finest: timedelta) -> None:
    """Put a band behind the last one, or make the last one longer where nobody would see the difference."""
    last = bands[-1] if bands else None
    near = last is not None and band.start - last.end <= finest
    if last is not None and near and (last.kind == band.kind or band.end - band.start < finest):
        bands[-1] = Band(last.start, max(last.end, band.end), last.kind)
    else:
        bands.append(band)


def _pages(timeline: Timeline, calendar: Calendar) -> Iterator[PictureRow]:
    if timeline.pages:
        marks = tuple(_page_mark(one, calendar) for one in timeline.pages)
        answered = sum(one.is_answered for one in timeline.pages)
        late = sum(one.late > LATE for one in timeline.pages)
        tail = f", {late} late" if late else ""
        yield PictureRow("Pages", f"{len(marks)} sent, {answered} answered{tail}", (), marks)


def _page_mark(page: PageStory, calendar: Calendar) -> Mark:
    why = say_reason(page.reason, page.figure)
    return Mark(page.at, "page", f"{calendar.when(page.at)} page {page.number} to {join_words(page.names)}: {why}")


def _signoffs(timeline: Timeline, calendar: Calendar) -> Iterator[PictureRow]:
    if timeline.signoffs:
        marks = tuple(mark for one in timeline.signoffs for mark in _signoff_marks(one, calendar))
        signed = sum(mark.kind == "signed" for mark in marks)
        failed = len(marks) - signed
        tail = f", {failed} refused or void" if failed else ""
        yield PictureRow("Sign-offs", f"{signed} signed{tail}", (), marks)


def _signoff_marks(story: SignoffStory, calendar: Calendar) -> Iterator[Mark]:
    for one in story.signatures:
        yield Mark(one.at, "signed", f"{calendar.when(one.at)} {one.name} signed {story.title}")
    if story.ended in ("rejected", "expired") and story.ended_at is not None:
        yield Mark(story.ended_at, "refused", f"{calendar.when(story.ended_at)} {story.title}: {story.ended}")
    if story.void_since is not None:
        yield Mark(story.void_since, "refused", f"{calendar.when(story.void_since)} {story.title}: void")


def _deviations(timeline: Timeline, calendar: Calendar) -> Iterator[PictureRow]:
    if timeline.deviations:
        marks = tuple(
            Mark(one.at, "deviation", f"{calendar.when(one.at)} {DEVIATIONS[one.kind]}: {one.title or one.by_name}")
            for one in timeline.deviations
        )
        yield PictureRow("Not as planned", f"{len(marks)} {'time' if len(marks) == 1 else 'times'}", (), marks)


def _people(timeline: Timeline) -> Iterator[PictureRow]:
    active = [one for one in timeline.people if one.records and one.first_at is not None]
    first = sorted(active, key=lambda one: (-one.operated.total_seconds(), -one.records))[:_PEOPLE]
    for actor in sorted(first, key=lambda one: one.first_at or timeline.facts.until):
        yield PictureRow(actor.name, _part(actor), tuple(_person_bands(timeline, actor)))


def _part(actor: Actor) -> str:
    if actor.operated:
        return f"operated {say_length(actor.operated)}"
    return ", ".join(say_role(role) for role in actor.acted_as) or "takes part"


def _person_bands(timeline: Timeline, actor: Actor) -> Iterable[Band]:
    until = timeline.facts.until
    if actor.first_at is not None and actor.last_at is not None and actor.first_at <= until:
        yield Band(actor.first_at, min(actor.last_at, until), "took_part", f"{actor.name} takes part")
    for shift in timeline.shifts:
        if shift.person == actor.id:
            yield Band(shift.since, min(shift.until or until, until), "operates", f"{actor.name} operates")
