"""Times that were typed into a form without an offset, completed by the zone of whoever typed them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo

from bot.format.runbook import Runbook, Signoff
from bot.format.values import BadValue
from bot.format.wall import is_without_offset, with_offset
from bot.render.dialog.view import ANSWER, OWN, FormSubject
from bot.run.commands import Refused

_ALWAYS = frozenset({f"{OWN}damage_began", f"{OWN}happened_at", f"{OWN}at"})
"""Fields of Handrail's own that hold a time."""


def with_offsets(
    book: Runbook, typed: Mapping[str, str], zone: Callable[[], tzinfo | None], asked: FormSubject | None = None
) -> Mapping[str, str]:
    """What was typed, each time with its offset. The zone is asked for only where one is missing.

    Refused beside the field where that hour came twice, or never. Where no zone is known it stays as it was typed.
    """
    bare = [block for block in _time_blocks(book, typed, asked) if is_without_offset(typed.get(block, ""))]
    there = zone() if bare else None
    return typed if there is None else {**typed, **{block: _completed(block, typed[block], there) for block in bare}}


def _completed(block: str, text: str, zone: tzinfo) -> str:
    try:
        return with_offset(text, zone)
    except BadValue as bad:
        raise Refused(str(bad), field=block.removeprefix(ANSWER).removeprefix(OWN)) from None


def _time_blocks(book: Runbook, typed: Mapping[str, str], asked: FormSubject | None) -> Iterator[str]:
    """The fields of a form that hold a time."""
    times = {name for name, field in book.fields.items() if field.type == "timestamp"} | {"damage_began"}
    yield from (block for block in typed if block in _ALWAYS or block.removeprefix(ANSWER) in times)
    if typed.get(f"{OWN}which", "").partition(":")[2] in times:
        yield f"{OWN}text"
    step = book.by_id.get(asked.step) if asked is not None else None
    if isinstance(step, Signoff) and step.readback in times:
        yield f"{OWN}readback"
