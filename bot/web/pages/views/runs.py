"""Runs in a list, and those that hold some words."""

from urllib.parse import urlencode

from markupsafe import Markup

from bot.journal.search import Wanted, words_of
from bot.web.pages.frame import draw
from bot.web.pages.reader import PageReader
from bot.web.pages.views.board import BoardRow, row_of
from bot.web.pages.views.sources import Sources

MANY = 25
_LONGEST = 200


def draw_runs(sources: Sources, reader: PageReader, query: str, state: str, before: str) -> Markup:
    """A page of the list, the newest first; `before` is the ref of the last run on the page before."""
    last = sources.handler.find(before[:80]) if before else None
    narrowed = state if state in ("open", "ended") else None
    wanted = Wanted(words=words_of(query[:_LONGEST]), state=narrowed, before=last)
    found = sources.search.runs(wanted, MANY + 1)
    shown = [row_of(sources, row) for row in found[:MANY]]
    kept = {"q": " ".join(wanted.words), "state": narrowed or ""}
    return draw(
        "runs", reader=reader, query=kept["q"], state=kept["state"], runs=shown, paged=last is not None,
        more=urlencode({**kept, "before": found[MANY - 1].ref}) if len(found) > MANY else "",
    )  # fmt: skip


def newest_of(sources: Sources, *, asset: str | None = None, runbook: str | None = None) -> list[BoardRow]:
    """The newest runs of an asset or a runbook."""
    return [row_of(sources, row) for row in sources.search.runs(Wanted(asset=asset, runbook=runbook), MANY)]
