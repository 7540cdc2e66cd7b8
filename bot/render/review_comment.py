"""What changed, as a comment in a review, for people who read no YAML: in words by the steps' titles, and in pictures.

The pictures are Mermaid, which GitHub, GitLab and Gitea draw themselves. Nothing that an author wrote is markup there
or calls anybody.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from bot.format.runbook import Runbook
from bot.render.chart.graph import Chart, draw_chart
from bot.render.chart.mermaid import mermaid
from bot.render.chart.words import say_paths
from bot.render.comparison import SAME, Books, Change, Pair
from bot.render.message import one_line

LONGEST = 60_000
"""Characters of a comment: GitHub takes 65,536."""
_MOST_SIGNS, _MOST_WAYS = 50_000, 500
"""What Mermaid draws at most, unless it is told otherwise (`maxTextSize`, `maxEdges`)."""
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_STYLES = {
    "fresh": "fill:#d3f9d8,stroke:#2b8a3e,color:#111",
    "other": "fill:#fff3bf,stroke:#e67700,color:#111",
    "gone": "fill:#ffe3e3,stroke:#c92a2a,color:#111,stroke-dasharray:6",
}


def as_comment(pairs: Iterable[Pair], old: Books, new: Books) -> str:
    """The whole comment; where it would be longer than GitHub takes, the words stay and pictures are left out."""
    parts = [_Part(id_, changes, *_two(id_, old, new)) for id_, changes in pairs]
    room = LONGEST - sum(len(part.words) + 200 for part in parts)
    told = []
    for part in parts:
        pictures = part.pictures
        if len(pictures) > room:
            pictures = f"The pictures are too large for a comment: handrail show {part.id} --output {part.id}.html\n"
        room -= len(pictures)
        told.append(part.words + (f"\n{pictures}" if pictures else ""))
    return "\n".join(told).rstrip()


def _two(id_: str, old: Books, new: Books) -> tuple[Runbook | None, Runbook | None]:
    """Both versions of a runbook; one alone on both sides is compared though its id may be another."""
    alone = len(old) == len(new) == 1
    return (next(iter(old.values())) if alone else old.get(id_)), (next(iter(new.values())) if alone else new.get(id_))


class _Part:
    """What is said of one runbook."""

    def __init__(self, id_: str, changes: tuple[Change, ...], old: Runbook | None, new: Runbook | None) -> None:
        self.id, self._changes = id_, changes
        self._old = draw_chart(old) if old is not None else None
        self._new = draw_chart(new) if new is not None else None
        before, after = (set(chart.steps) if chart else set() for chart in (self._old, self._new))
        both = before & after if old is not None and new is not None else set()
        self._fresh = after - before if both else set()
        self._gone = before - after if both else set()
        self._other = {one.step for one in changes} & both

    @property
    def words(self) -> str:
        """Heading, sums, and a line for each change."""
        return "\n".join(self._lines()).rstrip() + "\n"

    def _lines(self) -> Iterator[str]:
        shown = self._new or self._old
        title = f"“{_plain(one_line(shown.book.title))}” " if shown is not None else ""
        yield f"### What changes in {title}(`{self.id}`)"
        yield ""
        if not self._changes:
            yield SAME
            return
        yield from self._sums()
        for topic, found in groupby(self._changes, key=lambda one: one.topic):
            yield f"**{topic.capitalize()}**"
            yield ""
            yield from (f"- {self._named(one.step)}{_plain(one.words)}" for one in found)
            yield ""

    def _sums(self) -> Iterator[str]:
        counted = [(self._fresh, "new"), (self._gone, "gone"), (self._other, "changed")]
        said = [f"{len(steps)} {word}" for steps, word in counted if steps]
        if said:
            yield f"Steps: {', '.join(said)}."
            yield ""
        if self._old is None or self._new is None:
            return
        was, now = say_paths(self._old), say_paths(self._new)
        if was != now:
            yield "| before | after |\n|---|---|"
            yield f"| {'<br>'.join(map(_plain, was))} | {'<br>'.join(map(_plain, now))} |"
            yield ""

    def _named(self, step: str) -> str:
        """A step by its number and title, as both pictures have it."""
        for chart in (self._new, self._old):
            if chart is not None and step in chart.steps:
                title = _plain(one_line(chart.steps[step].title))
                return f"{chart.number[step]} · **{title}** (`{step}`): "
        return f"`{step}`: " if step else ""

    @property
    def pictures(self) -> str:
        """Both versions, what differs marked; nothing where nothing changed."""
        if not self._changes:
            return ""
        marked_old = {"gone": self._gone, "other": self._other}
        marked_new = {"fresh": self._fresh, "other": self._other}
        drawn = [
            _drawn("Before", "red goes, yellow changes", self._old, marked_old, is_open=self._new is None),
            _drawn("After", "green is new, yellow has changed", self._new, marked_new, is_open=True),
        ]
        return "\n".join(filter(None, drawn))


def _drawn(caption: str, legend: str, chart: Chart | None, marked: Mapping[str, set[str]], *, is_open: bool) -> str:
    if chart is None:
        return ""
    drawn = mermaid(chart)
    if len(drawn) > _MOST_SIGNS or len(chart.ways) >= _MOST_WAYS:
        return f"{caption}: too large for Mermaid. Look at it with handrail show {chart.book.id}\n"
    marks = "".join(_mark(chart, name, steps) for name, steps in marked.items() if steps)
    opened = "<details open>" if is_open else "<details>"
    return (
        f"{opened}<summary><b>{caption}</b>: {legend}; thick lines are the good path</summary>\n\n"
        f"```mermaid\n{drawn}{marks}```\n\n</details>\n"
    )


def _mark(chart: Chart, name: str, steps: Iterable[str]) -> str:
    nodes = ",".join(f"s{number}" for number in sorted(chart.number[step] for step in steps))
    return f"  classDef {name} {_STYLES[name]}\n  class {nodes} {name}\n"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is; an unseen sign keeps a name after @ from being called."""
    return _MARKUP.sub(r"\\\1", text).replace("@", "@\u2060")
