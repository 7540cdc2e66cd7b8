"""One run: where it stands, its card, and its log."""

from dataclasses import dataclass

from markupsafe import Markup

from bot.engine import Unknown
from bot.journal.rows import RunRow
from bot.render.message import one_line
from bot.render.prose import say_mode, say_place, say_who
from bot.run.state import Run
from bot.web.pages.chronicle import ChronicleSlice, DrawnRecord
from bot.web.pages.frame import draw
from bot.web.pages.reader import PageReader
from bot.web.pages.views.clocks import Clocks, risk_of
from bot.web.pages.views.facts import LONGEST
from bot.web.pages.views.sources import NotThere, Sources
from bot.web.pages.views.standing import statuses_of
from bot.web.pages.words import card_html

OFFERED = (
    ("html", "a page to read and print"), ("md", "for a wiki"), ("postmortem", "a draft of the post-mortem"),
    ("csv", "for a spreadsheet"), ("json", "for programs"),
)  # fmt: skip
"""The copies that the page offers, and what each is good for."""


@dataclass(frozen=True, slots=True)
class Title:
    """What stands on top of a run's pages."""

    ref: str
    asset: str
    title: str
    mode: str
    live: bool
    over: bool
    evidence: bool = False
    """It was imported though its record breaks the law."""


def find_run(sources: Sources, ref: str) -> RunRow:
    """The row of a run by its ref; NotThere when there is none."""
    row = sources.handler.find(ref[:80])
    if row is None:
        raise NotThere(f"There is no run {one_line(ref)[:80]}.")
    return row


def draw_run(sources: Sources, ref: str, reader: PageReader, before: int | None) -> Markup:
    """The whole page; with `before`, the entries that stand before that record."""
    row = find_run(sources, ref)
    told = _tell(sources, row)
    run = told.run
    entries = told.entries if before is None else sources.chronicle.older(run, before)
    first = entries[0].seq if entries else 1
    shared = {
        "reader": reader, "top": _title(run, row.ref, evidence=row.evidence), "before": before,
        "entries": [one.html for one in reversed(entries)], "older": first if first > 1 else None,
        "book": run.start.runbook, "asset": run.start.asset.id,
    }  # fmt: skip
    if before is not None:
        return draw("run", **shared)
    facts = sources.facts.tell(row)
    return draw(
        "run", **shared, now=draw_now(sources, run), facts=facts.html, whole=facts.seq <= LONGEST, offered=OFFERED,
        mark=mark_of(run.seq, facts.seq),
    )  # fmt: skip


def mark_of(seq: int, summed_up: int) -> str:
    """What a reader has seen, by a name: the last record of the log, and the record up to which facts were told."""
    return f"{seq}.{summed_up}"


def _tell(sources: Sources, row: RunRow) -> ChronicleSlice:
    try:
        return sources.chronicle.tell(row.run_id)
    except Unknown:
        raise NotThere(f"There is no run {row.ref}.") from None


def draw_now(sources: Sources, run: Run) -> Markup:
    """What changes: the clocks, who is asked for what, and the card."""
    at = sources.now()
    clocks = Clocks.of(run, at)
    return draw(
        "parts/now", run=_title(run, run.start.ref), place=say_place(run),
        clocks=clocks, statuses=statuses_of(run, clocks), seen=_seen(run), risk=risk_of(run, at),
        operator=say_who(run, run.operator) if run.operator else "", card=card_html(run, at),
        paused=f"{say_who(run, run.paused.by)} paused it: {run.paused.reason}" if run.paused else "",
    )  # fmt: skip


def _seen(run: Run) -> str:
    """What is at stake, before the step: the situation, and what was seen in the words of whoever started it."""
    fields = run.book.inputs
    texts = (name for name, field in fields.items() if field.type == "text" and name in run.vars)
    named = next((name for name in texts if name not in run.hidden), None)
    return f"{run.start.title}: {one_line(str(run.vars[named]))}" if named is not None else run.start.title


def say_news(entries: tuple[DrawnRecord, ...]) -> str:
    """What a screen reader is told of new entries: the newest, and how many came with it."""
    if not entries:
        return ""
    text = one_line(entries[-1].html.striptags())
    return text if len(entries) == 1 else f"{text} ({len(entries)} new records)"


def _title(run: Run, ref: str, *, evidence: bool = False) -> Title:
    """`ref` is what the run is listed by here: one that was imported may be called as another one here is."""
    start = run.start
    return Title(ref, start.asset.name, start.title, say_mode(run), start.mode == "live", run.over, evidence)
