"""The answer to `/recover oncall`: who now, who next and until when, in each reader's own time zone."""

import re
from collections.abc import Iterator, Sequence

from bot.format.catalogue import Asset
from bot.render.message import Message, bold, compose, context, foreign, mention, section, slack_moment
from bot.render.prose import join_words
from bot.render.rota.board import Board, Feed, Ladder, Rung, Watch, Who
from bot.render.rota.wording import say_age, say_cover, say_rung, say_strangers, say_watch

_GROUP = re.compile(r"S[A-Z0-9]{2,}")
_LADDERS, _HOLES, _FEEDS, _PEOPLE, _ASSETS = 20, 10, 10, 8, 6
"""How many of each a message shows; the rest are counted."""


def oncall_reply(board: Board) -> Message:
    """The board as a message for the asker's eyes: mentions in it notify nobody."""
    title = f"*On call for {foreign(board.asset, 75)}*" if board.asset else "*On call*"
    more = len(board.ladders) - _LADDERS
    return compose(
        say_in_short(board),
        section(f"{title} at {slack_moment(board.at)}"),
        *(section(_say_ladder(one)) for one in board.ladders[:_LADDERS]),
        context(f"and {more} more ladders; `/recover oncall` with an asset shows its own.") if more > 0 else None,
        section("*On no ladder*\n" + "\n".join(_say_watch(one) for one in board.others)) if board.others else None,
        section("\n".join(_cover_lines(board))),
        *(context(_say_feed(one, board)) for one in board.feeds[:_FEEDS]),
    )


def say_in_short(board: Board) -> str:
    """For the lock screen and the screen reader: who is on call in each rotation, and whether there is a gap."""
    watches = [one for ladder in board.ladders for rung in ladder.rungs for one in rung.watches] + [*board.others]
    turns = {one.name: one for one in watches if one.kind == "rotation"}
    said = [f"{name}: {join_words([who.name for who in one.now])}" for name, one in turns.items()]
    return f"On call now. {'; '.join(said) or 'No rotation'}. {say_cover(board).rstrip(':.')}."


def unknown_asset_reply(named: str, near: Sequence[Asset]) -> Message:
    """No asset is called so: those that may be meant."""
    said = f"No asset is called “{named[:60]}”. Type /recover oncall for all ladders."
    meant = [section(f"Did you mean {bold(one.name)}? Type `/recover oncall {one.id}`") for one in near[:3]]
    return compose(said, section(foreign(said)), *meant)


def _say_ladder(ladder: Ladder) -> str:
    shown = [foreign(one, 75) for one in ladder.assets[:_ASSETS]]
    more = f" and {len(ladder.assets) - _ASSETS} more" if len(ladder.assets) > _ASSETS else ""
    used = f" · {', '.join(shown)}{more}" if shown else ""
    return "\n".join([f"*Ladder {foreign(ladder.id, 64)}*{used}", *_rung_lines(ladder.rungs)])


def _rung_lines(rungs: Sequence[Rung]) -> Iterator[str]:
    for number, rung in enumerate(rungs, 1):
        yield f"{number}. {foreign(say_rung(rung), 120)}"
        yield from (f"      {_say_watch(one)}" for one in rung.watches)


def _say_watch(watch: Watch) -> str:
    named = _group(watch) or foreign(say_watch(watch), 120)
    if watch.kind == "person":
        return _people(watch.now) or named
    if watch.is_gap:
        after = f" {_people(watch.after)} begins {slack_moment(watch.after_at)}." if watch.after_at else ""
        return f":warning: {named}: *nobody* is on call, so everybody of it is told.{after}"
    until = f" until {slack_moment(watch.until)}" if watch.until else ""
    after = f", then {_people(watch.after)}" if watch.after else ""
    begins = (
        f" from {slack_moment(watch.after_at)}" if watch.after and watch.after_at not in (None, watch.until) else ""
    )
    return f"{named}: {_people(watch.now) or 'nobody'}{until}{after}{begins}"


def _group(watch: Watch) -> str:
    """A team's Slack user group, which opens on a click; nothing when its id is not one."""
    return f"<!subteam^{watch.group}>" if watch.group is not None and _GROUP.fullmatch(watch.group) else ""


def _people(people: Sequence[Who]) -> str:
    said = [mention(one.slack, one.name) for one in people[:_PEOPLE]]
    more = f" and {len(people) - _PEOPLE} more" if len(people) > _PEOPLE else ""
    return ", ".join(said) + more


def _cover_lines(board: Board) -> Iterator[str]:
    yield f":warning: *{say_cover(board)}*" if board.holes else f":white_check_mark: {say_cover(board)}"
    for hole in board.holes[:_HOLES]:
        yield f"• {foreign(hole.rotation, 64)}: {slack_moment(hole.since)} to {slack_moment(hole.until)}"
    if len(board.holes) > _HOLES:
        yield f"… and {len(board.holes) - _HOLES} more times"


def _say_feed(feed: Feed, board: Board) -> str:
    return foreign(f"{say_age(feed, board.at)} {say_strangers(feed)}", 900)
