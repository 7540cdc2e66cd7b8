"""The board of who is on call as lines for a terminal, and as JSON for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta, tzinfo
from typing import Any

from bot.render.prose import join_words
from bot.render.rota.board import Board, Ladder, Watch, Who
from bot.render.rota.wording import say_age, say_cover, say_rung, say_strangers, say_watch


def board_lines(board: Board, zone: tzinfo) -> Iterator[str]:
    """Line after line, times in `zone`. Whatever is foreign in it is for the caller to make printable."""
    yield f"On call{f' for {board.asset}' if board.asset else ''} at {_say(board.at, zone)}"
    for ladder in board.ladders:
        yield ""
        yield from _ladder_lines(ladder, zone)
    if board.others:
        yield from ("", "On no ladder", *(f"  {watch_line(one, zone)}" for one in board.others))
    yield ""
    yield from cover_lines(board, zone)


def cover_lines(board: Board, zone: tzinfo) -> Iterator[str]:
    """What nobody covers, and how old feeds are."""
    yield say_cover(board)
    yield from (f"  {one.rotation}: {_say(one.since, zone)} to {_say(one.until, zone)}" for one in board.holes)
    for feed in board.feeds:
        yield say_age(feed, board.at)
        yield from [said] if (said := say_strangers(feed)) else []


def board_json(board: Board) -> dict[str, Any]:
    """The same as plain values: times in ISO 8601 and UTC, lengths in seconds."""
    plain = _plain(asdict(board))
    return {**plain, "covered": not board.holes}


def _plain(value: Any) -> Any:  # noqa: ANN401  (whatever a board holds)
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return int(value.total_seconds())
        case dict():
            return {key: _plain(one) for key, one in value.items()}
        case tuple() | list():
            return [_plain(one) for one in value]
        case _:
            return value


def _ladder_lines(ladder: Ladder, zone: tzinfo) -> Iterator[str]:
    yield f"Ladder {ladder.id}" + (f": {', '.join(ladder.assets)}" if ladder.assets else "")
    for number, rung in enumerate(ladder.rungs, 1):
        yield f"  {number}. {say_rung(rung)}"
        yield from (f"     {watch_line(one, zone)}" for one in rung.watches)


def watch_line(watch: Watch, zone: tzinfo) -> str:
    """Who is told, until when and who comes next."""
    if watch.kind == "person":
        return _people(watch.now)
    if watch.is_gap:
        after = f" {_people(watch.after)} begins {_say(watch.after_at, zone)}." if watch.after_at else ""
        return f"{say_watch(watch)}: nobody is on call, so everybody of it is told.{after}"
    until = f" until {_say(watch.until, zone)}" if watch.until else ""
    after = f", then {_people(watch.after)}" if watch.after else ""
    begins = f" from {_say(watch.after_at, zone)}" if watch.after_at not in (None, watch.until) else ""
    return f"{say_watch(watch)}: {_people(watch.now)}{until}{after}{begins}"


def _people(people: Sequence[Who]) -> str:
    return join_words([one.name for one in people])


def _say(at: datetime | None, zone: tzinfo) -> str:
    return "" if at is None else f"{at.astimezone(zone):%a %Y-%m-%d %H:%M %Z}"
