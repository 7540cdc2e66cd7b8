"""A step as a box: its lines of text, each with its place, and how large the box has to be."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.format.runbook import Step
from bot.render.chart.graph import Chart, ExitArrow, acting
from bot.render.chart.picture.letters import GLUE, tidy, width_of, wrap
from bot.render.chart.words import KINDS, say_exits, say_facts, say_role, say_target

WIDTH = 248.0
EDGE = 18.0
"""Room at both sides of a box for the slants and points of its shape."""
_INSIDE = WIDTH - 2 * EDGE
_PILL_SIDE = 9.0
_SHORT = 24
Ink = Literal["title", "kind", "badge", "role", "facts", "stub", "label", "hand-off", "phase", "head", "line"]
_SIZES: dict[Ink, float] = {
    "title": 13, "kind": 10, "badge": 10, "role": 10, "facts": 10.5, "stub": 10.5,
    "label": 10.5, "hand-off": 10.5, "phase": 11, "head": 20, "line": 12,
}  # fmt: skip
_BOLD: frozenset[Ink] = frozenset({"title", "kind", "badge", "role", "phase", "head", "hand-off"})


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text; (x, y) is where its baseline begins, from the upper left corner of what it stands in."""

    text: str
    x: float
    y: float
    ink: Ink

    @property
    def size(self) -> float:
        """The height of its letters."""
        return size_of(self.ink)

    @property
    def width(self) -> float:
        """At most so wide."""
        return width_of(self.text, self.size, bold=is_bold(self.ink))


@dataclass(frozen=True, slots=True)
class Pill:
    """A stub in a box: the ways that are not drawn as lines, each with where it leads."""

    way: ExitArrow
    y: float
    height: float
    lines: tuple[TextLine, ...]


@dataclass(frozen=True, slots=True)
class Badge:
    """The roles that act in a step, in a frame of their own."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[TextLine, ...]
    usual: bool
    """Whether it is the operator who acts, as in most steps."""


@dataclass(frozen=True, slots=True)
class Box:
    """A step, measured. Places are from the box's own upper left corner."""

    step: Step
    height: float
    lines: tuple[TextLine, ...]
    badge: Badge | None
    pills: tuple[Pill, ...]
    width: float = WIDTH


def size_of(ink: Ink) -> float:
    """The height of its letters, in pixels."""
    return _SIZES[ink]


def is_bold(ink: Ink) -> bool:
    """Whether text of this kind is bold."""
    return ink in _BOLD


def leading(ink: Ink) -> float:
    """The height of a line of this kind."""
    return round(_SIZES[ink] * 1.3, 1)


def set_lines(text: str, width: float, ink: Ink, x: float, y: float) -> list[TextLine]:
    """Text broken into lines, the first with its top at `y`."""
    parts = wrap(text, width, _SIZES[ink], bold=is_bold(ink))
    return [TextLine(part, x, y + _SIZES[ink] + place * leading(ink), ink) for place, part in enumerate(parts)]


def measure(chart: Chart, step: Step) -> Box:
    """The box of a step."""
    kind = TextLine(f"{chart.number[step.id]}  {KINDS[step.kind].upper()}", EDGE, 20, "kind")
    badge = _badge(step, EDGE + kind.width + 8)
    y = max(27.0, badge.y + badge.height + 5 if badge else 0)
    lines = [kind]
    texts: tuple[tuple[str, Ink], ...] = ((step.title, "title"), (_facts(chart, step), "facts"))
    for text, ink in texts:
        set_now = set_lines(text, _INSIDE, ink, EDGE, y) if tidy(text) else []
        lines += set_now
        y += len(set_now) * leading(ink) + (3 if set_now else 0)
    pills = tuple(_pills(chart, step, y + 3))
    bottom = pills[-1].y + pills[-1].height if pills else y
    return Box(step, bottom + 10, tuple(lines), badge, pills)


def _facts(chart: Chart, step: Step) -> str:
    """What a step says of itself; a short fact stands on one line, and no line begins with a dot."""
    facts = (fact if len(fact) > _SHORT else fact.replace(" ", GLUE) for fact in say_facts(chart, step))
    return f"{GLUE}· ".join(facts)


def _badge(step: Step, left: float) -> Badge | None:
    roles = " + ".join(say_role(role) for role in acting(step))
    if not roles:
        return None
    room = WIDTH - EDGE - left - 14
    usual = acting(step) == ("operator",)
    ink: Ink = "badge" if usual else "role"
    lines = set_lines(roles, room, ink, 0, 0)
    wide = max(line.width for line in lines) + 14
    x = WIDTH - EDGE - wide
    placed = tuple(TextLine(one.text, x + 7, 9 + 2.2 + one.y, ink) for one in lines)
    return Badge(x, 9, wide, len(lines) * leading(ink) + 3.4, placed, usual)


def _pills(chart: Chart, step: Step, y: float) -> Iterator[Pill]:
    for way in chart.leaving(step.id):
        if way.drawn == "stub":
            target = say_target(chart, way, title=False).replace(" ", GLUE, 1)
            text = f"{say_exits(chart, way)} →{GLUE}{target}"
            lines = set_lines(text, _INSIDE - 21 - _PILL_SIDE, "stub", EDGE + 21, y + 2.5)
            height = len(lines) * leading("stub") + 5
            yield Pill(way, y, height, tuple(lines))
            y += height + 4
