"""Why the run stands where it stands when it came back: rejected, expired, void, sent back, gone back, held."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.format.runbook import Alone
from bot.render.message import Block, foreign, quote_block, section
from bot.render.prose import join_words, ordinal_word, say_exit, say_who
from bot.render.room import cut_to_fit
from bot.run.law.offers import ends_to_ask
from bot.run.law.scope import title_of
from bot.run.places import AwaitingSignature, Over, Visit
from bot.run.state import ROUNDS, Run

_NO = ("rejected", "expired")
_MOST_QUOTED = 20
"""Words of what somebody typed that stand before the buttons; all of them stand below."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """What brought the run here: a line of ours, and what somebody typed."""

    line: str
    words: str = ""


def why_here_blocks(run: Run) -> Iterator[Block]:
    """Who sent the run back and what they said, or why signatures fell; nothing where it simply went on."""
    decided = _decided(run)
    if decided is not None:
        yield section(f":speech_balloon: *Decided at the hold, by {foreign(say_who(run, decided.by))}:*")
        yield quote_block(cut_to_fit(decided.decided, _MOST_QUOTED))
    turn = _turn(run)
    if turn is not None:
        yield section(turn.line)
        if turn.words:
            yield quote_block(cut_to_fit(turn.words, _MOST_QUOTED))
    yield from _circle(run)
    yield from _wish(run)


def _circle(run: Run) -> Iterator[Block]:
    """The same way to the hold for the third time: other ends are named."""
    times, ends = run.times_round, [title_of(run, one) for one in ends_to_ask(run)]
    if times >= ROUNDS and ends:
        other = foreign(join_words([f"“{one}”" for one in ends[:3]], "or"), 600)
        yield section(f":repeat: *The {ordinal_word(times)} time by the same way.* Other ends: {other}.")


def _wish(run: Run) -> Iterator[Block]:
    """An end that somebody asks for; the lead answers with one press."""
    wish = run.wish
    if wish is not None:
        by, end = foreign(say_who(run, wish.by)), foreign(title_of(run, wish.end))
        yield section(f":triangular_flag_on_post: *{by} asks to close the run: “{end}”, because*")
        yield quote_block(cut_to_fit(wish.words, _MOST_QUOTED))


def _decided(run: Run) -> Visit | None:
    """The visit of the hold that sent the run on to here, with what was decided there."""
    own = (one for one in reversed(run.done) if not isinstance(run.book.by_id[one.step], Alone))
    before = next(own, None)
    return before if before is not None and before.decided and not isinstance(run.here, Over) else None


def whole_quote(run: Run) -> str:
    """What somebody typed, where it was cut above."""
    turn = _turn(run)
    words = turn.words if turn is not None else ""
    return "" if words == cut_to_fit(words, _MOST_QUOTED) else words


def _turn(run: Run) -> _Turn | None:
    if isinstance(run.here, Over):
        return None
    if run.here_is(run.book.exception):
        return _held(run)
    fallen = [run.void[one] for one in _signoffs_here(run, run.here.step) if one in run.void]
    if fallen:
        asked = isinstance(run.here, AwaitingSignature)
        what = "Signatures are asked for anew" if asked else "Begin asks for signatures"
        return _Turn(f":rewind: *{what}.* {foreign(fallen[0], 500)}")
    before = _turned_back(run)
    if before is not None:
        return _Turn(f":rewind: {_say_turn(run, before)}", before.said)
    return _not_opened(run)


def _held(run: Run) -> _Turn | None:
    """From where the run came to `exception`, and how that step ended."""
    if run.held_from is None:
        return None
    left = next((one for one in reversed(run.done) if one.step == run.held_from), None)
    word = say_exit(run, left) if left else ""
    by = f", {foreign(say_who(run, left.by))}" if left and left.by != "clock" else ""
    how = f" ({foreign(word)}{by})" if word else ""
    said = left.said if left is not None and left.said != word else ""
    title = foreign(title_of(run, run.held_from))
    return _Turn(f":octagonal_sign: *The run holds* after “{title}”{how}.", said)


def _not_opened(run: Run) -> _Turn | None:
    """That the step before called a run which could not be opened, and why."""
    before = run.done[-1] if run.done else None
    if before is None or before.exit != "not opened":
        return None
    title = foreign(title_of(run, before.step))
    return _Turn(f":octagonal_sign: The run of “{title}” could not be opened.", before.said)


def _signoffs_here(run: Run, step: str) -> tuple[str, ...]:
    """The sign-off where the run stands, or those that bind the step."""
    return (step, *(one.id for one in run.book.signoffs_of.get(step, ())))


def _turned_back(run: Run) -> Visit | None:
    """The visit that sent the run back to here; at a sign-off that is asked for anew, how it ended the last time."""
    here = run.here
    before = next((one for one in reversed(run.done) if not isinstance(run.book.by_id[one.step], Alone)), None)
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
