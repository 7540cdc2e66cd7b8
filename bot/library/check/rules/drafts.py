"""Rules about what is not written yet: every TODO is named, and none is left in what runs live."""

import re
from collections.abc import Iterator

from bot.core.runbook import Runbook
from bot.library.check.page import Sheet
from bot.library.problems import At, shown
from bot.library.rules import Found, rule

_TODO = re.compile(r"\bTODO\b[:\s]*(.*)")


@rule("L1", "warning")
def drafts_are_finished(sheet: Sheet) -> Iterator[Found]:
    """What is still to be written is named, each place by itself. A draft may have it; a reader should not meet it."""
    model = sheet.document.model
    if not isinstance(model, Runbook) or model.status == "draft":
        yield from _todos(sheet)


@rule("L2")
def active_runbooks_are_finished(sheet: Sheet) -> Iterator[Found]:
    """No TODO is left in an active runbook, not even in a comment. At night nobody can fill it in."""
    model = sheet.document.model
    if isinstance(model, Runbook) and model.status == "active":
        yield from _todos(sheet)


def _todos(sheet: Sheet) -> Iterator[Found]:
    text, before = sheet.document.text, sheet.document.line
    if "TODO" not in text:
        return
    for number, line in enumerate(text.split("\n"), before + 1):
        found = _TODO.search(line)
        if found is not None:
            quoted = line.count('"', 0, found.start()) % 2
            asked = (found[1].partition('"')[0] if quoted else found[1]).strip().rstrip(". ")
            message = f"Still to do: “{shown(asked)}”." if asked else "A TODO is left here."
            yield At(number, found.start() + 1), message, "what it asks for, and take the TODO out"
