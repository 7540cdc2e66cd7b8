"""What is said of a run as a whole: its times, the verdict against RPO and RTO, the front page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Literal

from bot.format.text import spoken_duration
from bot.render.after import POSTMORTEM
from bot.render.prose import ROLES, join_words, say_outcome, spoken_name
from bot.timeline.entries import Facts, Objective, PostmortemStory, Timeline
from bot.timeline.reckoning import BACK


@dataclass(frozen=True, slots=True)
class Calendar:
    """Says times in `zone`."""

    zone: tzinfo
    since: datetime
    """What is said without its day is of the day of this moment."""

    def local(self, at: datetime) -> datetime:
        """The same moment on the reader's clocks."""
        return at.astimezone(self.zone)

    def day(self, at: datetime) -> str:
        """``Sunday 22 November 2026``."""
        local = self.local(at)
        return f"{local:%A} {local.day} {local:%B %Y}"

    def clock(self, at: datetime) -> str:
        """``14:02:31``."""
        return f"{self.local(at):%H:%M:%S}"

    def when(self, at: datetime) -> str:
        """``14:02:31``; with its day when that is not the day of `since`."""
        local = self.local(at)
        return self.clock(at) if local.date() == self.local(self.since).date() else f"{local.day} {local:%b %H:%M:%S}"

    def moment(self, at: datetime) -> str:
        """``22 Nov 2026, 14:02 CET``."""
        local = self.local(at)
        return f"{local.day} {local:%b %Y, %H:%M} {self.zone_at(at)}"

    def exact(self, at: datetime) -> str:
        """As `moment`, with its seconds where it has some: ``22 Nov 2026, 14:02:30 CET``."""
        local = self.local(at)
        return f"{local.day} {local:%b %Y}, {_to_the_second(local)} {self.zone_at(at)}"

    def short(self, at: datetime, beside: datetime) -> str:
        """``14:02``, or ``14:02:30``; with its day when that is not the day of `beside`."""
        local = self.local(at)
        clock = _to_the_second(local)
        return clock if local.date() == self.local(beside).date() else f"{local.day} {local:%b} {clock}"

    @property
    def name(self) -> str:
        """What a reader is told of the zone: ``CET (Europe/Berlin)``."""
        short, whole = self.zone_at(self.since), str(self.zone)
        return short if short == whole else f"{short} ({whole})"

    def zone_at(self, at: datetime) -> str:
        """What the zone is called at that time of the year: ``CET``, ``UTC+03``."""
        name = self.local(at).tzname() or "UTC"
        return f"UTC{name}" if name[:1] in "+-" else name


def _to_the_second(local: datetime) -> str:
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def say_length(length: timedelta) -> str:
    """``1 h 30 min``; nothing is shorter than ``0 s``."""
    return spoken_duration(max(0, round(length.total_seconds())))


Tone = Literal["good", "bad", "plain"]
MARKS: dict[Tone, str] = {"good": "✓", "bad": "✗", "plain": "–"}
"""What stands before a sentence, so that colour says nothing alone."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with the way they are meant."""

    tone: Tone
    text: str

    @property
    def mark(self) -> str:
        return MARKS[self.tone]


def say_outcome_of(timeline: Timeline) -> Sentence:
    """How it ended, and after how long."""
    run, facts = timeline.run, timeline.facts
    if run.outcome is None:
        return Sentence("plain", f"Still open after {say_length(facts.lasted)}")
    tone: Tone = "good" if run.outcome == "recovered" else "plain" if run.outcome == "not_applicable" else "bad"
    return Sentence(tone, f"{say_outcome(run.outcome)} after {say_length(facts.lasted)}")


def say_objectives(timeline: Timeline, calendar: Calendar) -> tuple[Sentence, Sentence]:
    """RTO and RPO: what was promised, what became of it."""
    return _say_rto(timeline), _say_rpo(timeline, calendar)


def _judges(timeline: Timeline) -> bool:
    """Whether a promise counts as kept: in a live run that recovered, and in no other."""
    return timeline.run.mode == "live" and timeline.run.outcome == "recovered"


def _say_rto(timeline: Timeline) -> Sentence:
    facts, rto = timeline.facts, timeline.facts.rto
    if rto.promised is None:
        return Sentence("plain", "No recovery time (RTO) is promised for this asset.")
    said = f"Recovery time (RTO) {say_length(rto.promised)}, counted from the start of the run"
    if rto.actual is None or rto.met is None:
        return Sentence("plain", f"{said}: {say_length(facts.lasted)} used ({_share(rto, facts)}), not judged.")
    spare = rto.promised - rto.actual
    if rto.met:
        met = f"met in {say_length(rto.actual)}, with {say_length(spare)} to spare"
        return Sentence("good" if _judges(timeline) else "plain", f"{said}: {met}{_beyond(timeline)}.")
    return Sentence("bad", f"{said}: missed by {say_length(-spare)}. It took {say_length(rto.actual)}.")


def _beyond(timeline: Timeline) -> str:
    return "" if timeline.run.mode == "live" else f", in a {timeline.run.mode}"


def _share(rto: Objective, facts: Facts) -> str:
    return f"{facts.lasted / rto.promised:.0%} of it" if rto.promised else "no limit"


def _say_rpo(timeline: Timeline, calendar: Calendar) -> Sentence:
    """How far the recovery point lies before the damage, against the RPO; and what was lost by the way back."""
    facts, rpo = timeline.facts, timeline.facts.rpo
    if rpo.promised is None and rpo.actual is None:
        return Sentence(
            "plain", f"No limit of data loss (RPO) is promised for this asset. {_say_loss(timeline, calendar)}"
        )
    said = f"Recovery point (RPO {say_length(rpo.promised)})" if rpo.promised is not None else "Recovery point"
    if rpo.actual is None:
        words = f"{said}: cannot be told, as the record does not say {_unknown(facts)}. {_say_loss(timeline, calendar)}"
        return Sentence("plain", words)
    words = f"{said}: {_span(facts, calendar)}"
    loss = _say_loss(timeline, calendar)
    if timeline.run.outcome not in BACK or rpo.met is None:
        return Sentence("plain", f"{words}, not judged. {loss}")
    if not rpo.met:
        return Sentence("bad", f"{words}: earlier than promised. {loss}")
    good = _judges(timeline) and facts.loss.way_back in ("beside", "replayed")
    return Sentence("good" if good else "plain", f"{words}: as promised{_beyond(timeline)}. {loss}")


def _say_loss(timeline: Timeline, calendar: Calendar) -> str:
    """What was lost, which follows from how data came back; a drill loses nothing."""
    facts, loss = timeline.facts, timeline.facts.loss
    if timeline.run.mode != "live":
        return "Nothing live was lost."
    if timeline.run.outcome is None:
        return "What is lost is known once data came back."
    since = (
        f"since {calendar.short(facts.recovery_point, facts.started_at)}" if facts.recovery_point else "since the point"
    )
    match loss.way_back:
        case "beside":
            return f"Lost: only what was not taken over from the copy; what was written {since} stayed."
        case "switched":
            return f"Lost: everything written {since}, as the live data was replaced."
        case "replayed":
            return f"Lost: only what was written {since} and was not put in again."
        case _:
            return "What was lost is not known: no step recorded how data came back."


def _unknown(facts: Facts) -> str:
    missing = [("when the damage began", facts.damage_began), ("to which moment data came back", facts.recovery_point)]
    return join_words([words for words, known in missing if known is None]) if None in dict(missing).values() else "it"


def _span(facts: Facts, calendar: Calendar) -> str:
    """The recovery point and the damage, with what lies between them."""
    if facts.recovery_point is None or facts.damage_began is None:
        return ""
    began, point, actual = facts.damage_began, facts.recovery_point, facts.rpo.actual
    apart = f"{say_length(actual)} before the damage" if actual else "at the very start of the damage"
    return f"{calendar.short(point, began)}, {apart} ({calendar.exact(began)})"


def say_facts(timeline: Timeline, calendar: Calendar) -> Iterator[tuple[str, str]]:
    """Short facts under their names, in the order of need."""
    run, facts = timeline.run, timeline.facts
    yield "Started", f"{calendar.moment(facts.started_at)}, by {run.requester_name}"
    if run.ended_at is not None:
        yield "Ended", calendar.moment(run.ended_at)
    if facts.damage_began is not None:
        yield "Damage began", calendar.exact(facts.damage_began)
    if facts.recovery_point is not None:
        named = f" ({spoken_name(facts.recovery_point_named)})" if facts.recovery_point_named else ""
        back = "Brought back as of" if run.outcome in BACK else "To come back as of"
        yield back, f"{calendar.exact(facts.recovery_point)}{named}"
    lengths = (
        ("Until somebody answered", facts.to_acknowledge), ("Until the first action", facts.to_first_action),
        ("Until recovered", facts.to_recovered), ("People worked", facts.at_work),
        ("Waited for people", facts.waiting + facts.before_begin), ("Held", facts.held or None),
        ("A wait ran", facts.in_wait or None), ("Another run worked", facts.elsewhere or None),
        ("Paused", facts.paused or None),
    )  # fmt: skip
    yield from ((name, say_length(length)) for name, length in lengths if length is not None)
    yield "Operated by", join_words(list(dict.fromkeys(one.name for one in timeline.shifts)))
    if timeline.postmortem is not None:
        yield "Post-mortem", say_postmortem(timeline.postmortem)
    if run.continues:
        yield "Goes on from", run.continues
    if run.parent:
        yield "Called by", run.parent


def say_postmortem(one: PostmortemStory) -> str:
    """``in review, Ben Okafor looks after it``; ``done, by Ben Okafor, reviewed by Chen Wei``."""
    if one.reviewed_by is not None:
        return f"done, by {one.owner}, reviewed by {one.reviewed_by}"
    return f"{POSTMORTEM[one.state]}, {one.owner} looks after it"


def say_role(role: str | None) -> str:
    """A role after a name: ``operator``, ``data owner``; nothing for Handrail itself."""
    return ROLES.get(role, role.replace("_", " ")).removeprefix("the ").removeprefix("a ") if role else ""


@dataclass(frozen=True, slots=True)
class Front:
    """What stands on the first page beside the verdict."""

    seen: str
    """One sentence of what was seen."""
    down: str
    still_open: tuple[str, ...]


def tell_front(timeline: Timeline, calendar: Calendar) -> Front:
    """The first page's own words."""
    return Front(_seen(timeline), _down(timeline, calendar), tuple(still_open(timeline)))


def reached(timeline: Timeline, name: str) -> datetime | None:
    """When a milestone was reached; None when nobody knows."""
    return next((one.at for one in timeline.milestones if one.name == name), None)


def _seen(timeline: Timeline) -> str:
    title, seen = timeline.run.title.rstrip("."), timeline.run.seen.strip()
    return f"{title}: {seen}" if seen else f"{title}."


def _down(timeline: Timeline, calendar: Calendar) -> str:
    """From when to when the service was down, as far as the record says: damage alone takes nothing down."""
    down, restored = reached(timeline, "down"), reached(timeline, "restored")
    if down is None:
        since = "" if restored is None else f"; restored {calendar.exact(restored)}"
        return f"since when was not recorded{since}"
    if restored is not None and restored >= down:
        return f"{calendar.exact(down)} to {calendar.short(restored, down)} ({say_length(restored - down)})"
    if timeline.run.ended_at is None:
        return f"since {calendar.exact(down)}; not marked as restored yet"
    return f"since {calendar.exact(down)}; when the service was restored was not recorded"


def say_reviews_owed(timeline: Timeline) -> Iterator[str]:
    """What went on without signatures, and nobody has reviewed."""
    if timeline.run.unreviewed > timeline.run.unreviewed_work:
        yield "A broken glass that nobody has reviewed."
    if timeline.run.unreviewed_work:
        yield "Work that was done before it was signed for, and that nobody has reviewed."


def still_open(timeline: Timeline) -> Iterator[str]:
    """What is to be done after the run, a sentence each."""
    if timeline.run.outcome is None:
        yield "The run itself."
    yield from say_reviews_owed(timeline)
    for one in timeline.left:
        if one.undo:
            yield f"“{one.title}” was not taken back (by “{one.undo_title}”)."
        else:
            yield f"“{one.title}” was changed and kept, unless somebody took it back by its command: {one.undo_title}"
    if timeline.postmortem is not None and timeline.postmortem.state != "done":
        yield f"The post-mortem: {say_postmortem(timeline.postmortem)}."
    for told in timeline.after:
        if told.kind == "follow_up" and told.done_at is None:
            yield f"Follow-up {told.number}: {told.words} – {told.owner or 'nobody'}, by {told.due or 'no day'}."
