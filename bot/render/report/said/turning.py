"""The dozen moments of a run at which it turned: what a post-mortem tells of its timeline."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from bot.render.report.said.lines import Day, tell_line
from bot.render.report.said.sentences import names_of
from bot.render.report.said.times import Calendar
from bot.timeline.entries import Entry, Timeline
from bot.timeline.stories import Deviation, DeviationKind

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
    weighed = sorted((one for one in timeline.entries if _weight(one)), key=lambda one: (-_weight(one), one.seq))
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


def _weight(entry: Entry) -> int:
    own = _BY_KIND.get(entry.kind, 0)
    return max(own, _BY_DEVIATION[entry.deviation]) if entry.deviation is not None else own
