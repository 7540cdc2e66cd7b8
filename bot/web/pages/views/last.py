"""When an asset or a runbook was recovered and drilled last, and how that stood against the RTO."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from bot.format.text import spoken_duration
from bot.journal.rows import RunRow
from bot.render.prose import say_outcome, say_span
from bot.web.pages.words import time_html


@dataclass(frozen=True, slots=True)
class Last:
    """The last run of a kind; `late` when it took longer than the RTO that it had."""

    ref: str
    said: Markup
    late: bool


def say_last(rows: Iterable[RunRow], by: str) -> Mapping[tuple[str, str], Last]:
    """By (id of the asset or runbook, ``live`` or ``drill``); `by` is the column of the row that holds the id."""
    return {(getattr(row, by), row.mode): _say(row, row.ended_at) for row in rows if row.ended_at is not None}


def _say(row: RunRow, ended_at: datetime) -> Last:
    took = ended_at - row.started_at
    late = row.rto is not None and took.total_seconds() > row.rto
    against = f" of {spoken_duration(row.rto)}" if row.rto else ""
    over = ", over its RTO" if late else ""
    words = f": {say_outcome(row.outcome or '')} in {say_span(took)}{against}{over}"
    return Last(row.ref, Markup("{}{}").format(time_html(ended_at, "moment"), words), late)
