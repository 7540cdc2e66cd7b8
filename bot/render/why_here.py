"""Why the run stands where it stands when it came back: rejected, expired, void, gone back."""

from collections.abc import Iterator

from bot.format.runbook import Branch, Notify
from bot.render.message import Block, foreign, quote_block, section
from bot.render.prose import say_who
from bot.run.law.scope import title_of
from bot.run.places import AwaitingSignature, Over, Visit
from bot.run.state import Run

_NO = ("rejected", "expired")


def why_here_blocks(run: Run) -> Iterator[Block]:
    """Who sent the run back and what they said, or why signatures fell; nothing where it simply went on."""
    if isinstance(run.here, Over) or run.here_is(run.book.exception):  # the hold says by itself whence it comes
        return
    fallen = [run.void[one] for one in _signoffs_here(run, run.here.step) if one in run.void]
    if fallen:
        what = (
            "Signatures are asked for anew" if isinstance(run.here, AwaitingSignature) else "Begin asks for signatures"
        )
        yield section(f":rewind: *{what}.* {foreign(fallen[0], 500)}")
        return
    before = _turned_back(run)
    if before is not None:
        yield section(f":rewind: {_say_turn(run, before)}")
        if before.said:
            yield quote_block(before.said)


def _signoffs_here(run: Run, step: str) -> tuple[str, ...]:
    """The sign-off where the run stands, or those that bind the step."""
    return (step, *(one.id for one in run.book.signoffs_of.get(step, ())))


def _turned_back(run: Run) -> Visit | None:
    """The visit that sent the run back to here; at a sign-off that is asked for anew, how it ended the last time."""
    here, bots_own = run.here, (Branch, Notify)
    before = next((one for one in reversed(run.done) if not isinstance(run.book.by_id[one.step], bots_own)), None)
    if before is not None and before.exit in (*_NO, "went back"):
        return before
    if not isinstance(here, AwaitingSignature):
        return None
    same = next((one for one in reversed(run.done) if one.step == here.step), None)
    return same if same is not None and same.exit in _NO else None


def _say_turn(run: Run, before: Visit) -> str:
    title, who = foreign(title_of(run, before.step)), foreign(say_who(run, before.by))
    match before.exit:
        case "rejected":
            return f"*{who} rejected “{title}”*{':' if before.said else '.'}"
        case "expired":
            return f"*Nobody answered “{title}” in time.*"
        case _:
            return f"*{who} went back from “{title}”*{':' if before.said else '.'}"
