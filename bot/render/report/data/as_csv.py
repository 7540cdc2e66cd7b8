"""A timeline as CSV (RFC 4180): one row an entry, and no cell that a spreadsheet would run as a formula."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import tzinfo

from bot.render.report.data.columns import seconds_of, tell_instant
from bot.render.report.data.saying import Saying
from bot.render.report.said.turns import DEVIATIONS
from bot.render.report.source import Source
from bot.timeline.entries import Chain, Entry

COLUMNS = (
    "record", "at", "claimed_at", "who", "role", "via", "kind", "phase", "step", "title", "visit", "what", "why",
    "evidence", "values", "corrects", "corrected_by", "erased_by", "late_seconds", "run", "chain_head",
    "chain_verified", "check_with", "not_as_planned",
    "ledger_head", "breaks_law",
)  # fmt: skip
"""The first row. Every row names the chain, so that one that was cut out still says where to check it."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the wide forms, which some spreadsheets take for the others."""
_NEXT_CELL = re.compile(r"""([;\t\r\n][\s"']*)(?=[-=+@\uff1d\uff0b\uff0d\uff20])""")
"""Where a formula would begin for a spreadsheet that parts cells by semicolons or tabs, as much of Europe's do."""
_PORTION = 256
"""Rows that are handed over at once."""


def write_csv(source: Source, zone: tzinfo) -> Iterator[str]:
    """The text of a timeline, some rows at a time; lines end with CR LF."""
    saying, buffer = Saying(), io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    chain = source.chain
    named = (source.ref, *_chain_cells(chain))
    last = (chain.ledger, "yes" if chain.breaks_law else "no")
    for number, entry in enumerate(source.entries(), 1):
        writer.writerow([safe_cell(cell) for cell in (*_cells(entry, saying, zone), *named, _turn(entry), *last)])
        if number % _PORTION == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def safe_cell(text: str) -> str:
    """A cell that stays text: what a spreadsheet would take for a formula gets an apostrophe before it."""
    text = _NEXT_CELL.sub(r"\1'", text)
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def _cells(entry: Entry, saying: Saying, zone: tzinfo) -> Iterator[str]:
    yield str(entry.seq)
    yield tell_instant(entry.at, zone)
    yield tell_instant(entry.claimed_at, zone) if entry.claimed_at is not None else ""
    yield entry.by_name
    yield entry.role or ""
    yield entry.via
    yield entry.kind
    yield entry.phase or ""
    yield entry.step or ""
    yield entry.title or ""
    yield str(entry.visit) if entry.visit else ""
    yield saying.say(entry)
    yield entry.why
    yield entry.evidence
    yield "; ".join(f"{name}: {value}" for name, value in entry.values.items())
    yield str(entry.corrects or "")
    yield " ".join(str(seq) for seq in entry.corrected_by)
    yield str(entry.erased_by or "")
    yield str(seconds_of(entry.late)) if entry.late is not None else ""


def _turn(entry: Entry) -> str:
    """What was not as planned here; a late column, as it came late: programs count on the places of the others."""
    return DEVIATIONS[entry.deviation] if entry.deviation is not None else ""


def _chain_cells(chain: Chain) -> tuple[str, str, str]:
    return chain.head, "yes" if chain.verified else "no", chain.command
