"""What a picture of a run is made of: its looks, axis, marks and where they stand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from html import escape
from typing import Literal

from bot.render.chart.picture.letters import tidy

_LIGHT = {
    "ink": "#182230", "quiet": "#475467", "rule": "#d0d5dd", "strong": "#475467", "paper": "#ffffff",
    "work": "#2f6f9f", "wait": "#b25e09", "danger": "#a3231a", "within": "#0b6b45", "beyond": "#a3231a",
    "operates": "#4b4f8f", "took_part": "#8f93c7", "wait-card": "#fdf0dc", "danger-card": "#fbe6e3",
}  # fmt: skip
_DARK = {
    "ink": "#eef2f6", "quiet": "#b3bdca", "rule": "#384250", "strong": "#b3bdca", "paper": "#10151c",
    "work": "#6fb1e0", "wait": "#f2b063", "danger": "#ff9a90", "within": "#4fc48d", "beyond": "#ff9a90",
    "operates": "#a9aef0", "took_part": "#6d72b8", "wait-card": "#3a2a12", "danger-card": "#3b1d1a",
}  # fmt: skip
_RULES = (
    ".when text{{fill:{ink}}}.when .quiet{{fill:{quiet}}}"
    ".when .tick{{stroke:{rule}}}.when .row{{stroke:{rule}}}.when .line{{stroke:{strong}}}"
    ".when .limit{{stroke:{beyond}}}.when .limit-word{{fill:{beyond}}}"
    ".when .work{{fill:{work};stroke:{work}}}.when .operates{{fill:{operates};stroke:{operates}}}"
    ".when .elsewhere,.when .paused{{fill:none;stroke:{strong}}}.when .hatch-paused{{stroke:{strong}}}"
    ".when .took_part{{fill:none;stroke:{took_part}}}.when .within{{fill:{within};stroke:{within}}}"
    ".when .wait{{fill:{wait-card};stroke:{wait}}}.when .beyond{{fill:{danger-card};stroke:{beyond}}}"
    ".when .danger{{fill:{danger-card};stroke:{danger}}}"
    ".when .hatch-wait{{stroke:{wait}}}.when .hatch-beyond,.when .hatch-danger{{stroke:{danger}}}"
    ".when .mark{{stroke:{paper}}}.when .sign{{stroke:{paper}}}.when .mark-word{{fill:{paper}}}"
    ".when .page{{fill:{wait}}}.when .signed{{fill:{within}}}.when .refused,.when .deviation{{fill:{danger}}}"
)
_FORM = (
    ".when{display:block;width:100%;height:auto}"
    '.when text{font:13px Inter,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;white-space:pre}'
    ".when .strong{font-weight:bold}.when .small{font-size:12px}.when .mark-word{font-size:11px;font-weight:bold}"
    ".when .mark-small{font-size:9px}"
    ".when .tick{stroke-width:1;stroke-dasharray:2 3}.when .row{stroke-width:1}.when .line{stroke-width:1.2}"
    ".when .limit{stroke-width:2;stroke-dasharray:7 4}.when .band{stroke-width:1.4}"
    ".when .hatch{stroke-width:2;fill:none}.when .mark{stroke-width:1.5}"
    ".when .sign{fill:none;stroke-width:2;stroke-linecap:round}"
    ".when.narrow{display:none}"
    "@media screen and (max-width:820px){.when.wide{display:none}.when.narrow{display:block;max-width:480px}}"
)


def style_sheet() -> str:
    """The styles of the picture: dark where the reader's screen is, light on paper."""
    return f"{_FORM}{_coloured(_LIGHT)}@media screen and (prefers-color-scheme:dark){{{_coloured(_DARK)}}}"


def _coloured(palette: dict[str, str]) -> str:
    return _RULES.format_map(palette)


_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STEPS = (
    10, 30, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 3 * _HOUR,
    6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY, 30 * _DAY, 90 * _DAY, 365 * _DAY,
)  # fmt: skip
_APART = 74.0
"""Pixels between two times at least."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From `first` to `last` in `width` pixels, from `left` on."""

    first: datetime
    last: datetime
    left: float
    width: float
    zone: tzinfo

    def x(self, at: datetime) -> float:
        """Where a moment stands; what lies beyond an end stands at that end."""
        share = (at - self.first) / (self.last - self.first)
        return self.left + self.width * min(1.0, max(0.0, share))

    def shows(self, at: datetime) -> bool:
        """Whether a moment lies on the axis."""
        return self.first <= at <= self.last

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Round times with their places; a day in place of midnight."""
        seconds = (self.last - self.first).total_seconds()
        room = max(2.0, self.width / _APART)
        step = next((one for one in _STEPS if seconds / one <= room), _STEPS[-1] * max(1, int(seconds / _STEPS[-1])))
        offset = (self.first.astimezone(self.zone).utcoffset() or timedelta()).total_seconds()
        at = (-(-(self.first.timestamp() + offset) // step)) * step - offset
        while at <= self.last.timestamp():
            moment = datetime.fromtimestamp(at, UTC)
            yield self.x(moment), self._label(moment.astimezone(self.zone), step)
            at += step

    @staticmethod
    def _label(local: datetime, step: float) -> str:
        if step >= _DAY or (local.hour, local.minute, local.second) == (0, 0, 0):
            return f"{local.day} {local:%b}"
        return f"{local:%H:%M:%S}" if step < _MINUTE else f"{local:%H:%M}"


BandKind = Literal["work", "wait", "elsewhere", "paused", "danger", "within", "beyond", "operates", "took_part"]
MarkKind = Literal["page", "signed", "refused", "deviation"]
BANDS: dict[BandKind, str] = {
    "work": "work", "wait": "waiting for people", "elsewhere": "another run works", "paused": "paused",
    "danger": "data at risk", "within": "within the RTO", "beyond": "beyond the RTO", "operates": "operates",
    "took_part": "takes part",
}  # fmt: skip
MARKS: dict[MarkKind, str] = {
    "page": "page", "signed": "signed", "refused": "rejected, expired or void", "deviation": "not as planned",
}  # fmt: skip
_FAR_BACK, _SHOWN_BACK = 1.0, 0.25
_FAR_AHEAD, _SHOWN_AHEAD = 2.5, 0.35
"""Times the length of the run: what is further away is cut off, and this much of it is shown."""
_SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Band:
    """Something that lasted. `said` is what a pointer or a screen reader gives for it."""

    start: datetime
    end: datetime
    kind: BandKind
    said: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at one moment."""

    at: datetime
    kind: MarkKind
    said: str


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A line of the picture: what it is about, a few words more, and what stands on it."""

    label: str
    detail: str
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole picture. `start` and `end` are those of the run; bands may reach further. `about` says it in words."""

    title: str
    about: str
    start: datetime
    end: datetime
    over: bool
    zone: tzinfo
    rows: tuple[PictureRow, ...]
    deadline: datetime | None = None

    def window(self) -> tuple[datetime, datetime]:
        """From when until when the axis goes: the run, and what is near it of the damage and of the RTO."""
        length = max(self.end - self.start, _SHORTEST)
        first = min([self.start, *(band.start for row in self.rows for band in row.bands)])
        last = max([self.end, self.start + _SHORTEST, *([self.deadline] if self.deadline else [])])
        if self.start - first > length * _FAR_BACK:
            first = self.start - length * _SHOWN_BACK
        if last - self.start > length * _FAR_AHEAD:
            last = max(self.end, self.start + _SHORTEST) + length * _SHOWN_AHEAD
        return first, last


RADIUS = 8.5
_TOUCH = 2 * RADIUS + 1
_TICK, _CROSS = "m-3.6 .4 2.6 2.8 4.8-5.8", "m-3-3 6 6m0-6-6 6"
_OUTLINES: dict[MarkKind, str] = {
    "page": f"M0 {-RADIUS} {RADIUS} {RADIUS - 1.5} {-RADIUS} {RADIUS - 1.5}Z",
    "deviation": f"M0 {-RADIUS} {RADIUS} 0 0 {RADIUS} {-RADIUS} 0Z",
}
_MANY = 9


def draw_marks(marks: Iterable[Mark], axis: Axis, y: float) -> Iterator[str]:
    """Every mark in its place at the height `y`; of several that would touch, one with their number."""
    groups = [group for group in _groups([mark for mark in marks if axis.shows(mark.at)], axis) if group]
    free = axis.left + RADIUS
    for middle, group in sorted(((_middle(one, axis), one) for one in groups), key=lambda placed: placed[0]):
        x = min(max(middle, free), axis.left + axis.width - RADIUS)
        free = x + _TOUCH
        said = "; ".join(tidy(one.said) for one in group if one.said)
        yield draw_mark(group[0].kind, x, y, len(group), said)


def _middle(group: Sequence[Mark], axis: Axis) -> float:
    return sum(axis.x(one.at) for one in group) / len(group)


def draw_mark(kind: MarkKind, x: float, y: float, many: int = 1, said: str = "") -> str:
    """One mark, or several of one kind as one; `said` is what a pointer or a screen reader gives for it."""
    title = f"<title>{escape(said, quote=True)}</title>" if said else ""
    return f'<g transform="translate({x:.1f} {y:.1f})">{title}{_outline(kind)}{_sign(kind, many)}</g>'


def _groups(marks: Sequence[Mark], axis: Axis) -> Iterator[list[Mark]]:
    """Marks of a kind that stand apart, or lots of those that would touch."""
    for kind in dict.fromkeys(one.kind for one in marks):
        group: list[Mark] = []
        for mark in sorted((one for one in marks if one.kind == kind), key=lambda one: one.at):
            if group and axis.x(mark.at) - axis.x(group[0].at) >= _TOUCH:
                yield group
                group = []
            group.append(mark)
        yield group


def _outline(kind: MarkKind) -> str:
    if kind in _OUTLINES:
        return f'<path class="mark {kind}" d="{_OUTLINES[kind]}"/>'
    return f'<circle class="mark {kind}" r="{RADIUS}"/>'


def _sign(kind: MarkKind, many: int) -> str:
    if many > 1:
        return _word(kind, str(many) if many <= _MANY else "+")
    if kind in ("signed", "refused"):
        return f'<path class="sign" d="{_TICK if kind == "signed" else _CROSS}"/>'
    return _word(kind, "!")


def _word(kind: MarkKind, word: str) -> str:
    small = " mark-small" if kind == "page" else ""
    return f'<text class="mark-word{small}" text-anchor="middle" y="{5 if kind == "page" else 4}">{word}</text>'
