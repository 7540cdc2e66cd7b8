"""Who is on call, as people read it: the board, its lines, the answer to a command."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from bot.format.catalogue import Asset
from bot.render.message import Message, bold, compose, context, foreign, mention, section, slack_moment
from bot.render.prose import join_words, say_span

WINDOW = timedelta(days=14)
"""How far ahead a board looks for times that nobody covers."""


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody, by name and Slack id."""

    name: str
    slack: str | None = None


@dataclass(frozen=True, slots=True)
class RungWatch:
    """One thing that a rung tells: a rotation, a team or a person.

    `now` until `until`, then `after` from `after_at`; no times where they are not known or where nothing changes.
    `group` is a team's Slack user group. `is_gap`: nobody is on call, and so everybody of the rotation is told.
    """

    kind: str
    name: str
    now: tuple[Who, ...] = ()
    until: datetime | None = None
    after: tuple[Who, ...] = ()
    after_at: datetime | None = None
    group: str | None = None
    is_gap: bool = False


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of a ladder: how long after the start whom it tells, by what, and how often."""

    after: timedelta
    via: tuple[str, ...]
    repeat: int
    watches: tuple[RungWatch, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """A ladder, with the names of the assets that use it."""

    id: str
    assets: tuple[str, ...]
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """A time within the window in which nobody is on call in a rotation."""

    rotation: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A rotation's feed: when its last good copy was fetched, why it failed since, and what in it fits nobody.

    `remarks` are sentences about what of it was left out, or guessed.
    """

    rotation: str
    fetched_at: datetime | None
    failure: str
    strangers: tuple[str, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """Everything about being on call at a moment. `asset` is the name of the one that was asked about, if any."""

    at: datetime
    asset: str | None
    ladders: tuple[Ladder, ...]
    others: tuple[RungWatch, ...]
    """Rotations that stand on no ladder: they say who comes first in a role."""
    holes: tuple[Hole, ...]
    feeds: tuple[Feed, ...]


_NAMES = 5


def say_watch(watch: RungWatch) -> str:
    """``rotation dba``, ``team Data platform``; a person is said by name alone."""
    return watch.name if watch.kind == "person" else f"{watch.kind} {watch.name}"


def say_rung(rung: Rung) -> str:
    """When, by what and how often: ``after 10 min, by Slack and pager, 3 times``."""
    when = f"after {say_span(rung.after)}" if rung.after else "at once"
    by = join_words(["Slack" if one == "slack" else one for one in rung.via])
    return f"{when}, by {by}" + (f", {rung.repeat} times" if rung.repeat > 1 else "")


def say_age(feed: Feed, at: datetime) -> str:
    """How old the copy of a feed is, and why there is no newer one."""
    if feed.fetched_at is None:
        why = feed.failure or "nobody has fetched it yet, as handrail serve does"
        return f"The feed of {feed.rotation} was never read: {why}."
    age = say_span(max(timedelta(0), at - feed.fetched_at))
    if feed.failure:
        return f"The feed of {feed.rotation} cannot be read: {feed.failure}. Its last good copy counts, {age} old."
    return f"The feed of {feed.rotation} was read {age} ago."


def say_strangers(feed: Feed) -> str:
    """What stands in a feed and fits nobody of the catalogue, and what could not be read; nothing where all is well."""
    odd = " ".join(f"In the feed of {feed.rotation} {one}." for one in feed.remarks[:_NAMES])
    return " ".join(one for one in (_say_nobodys(feed), odd) if one)


def _say_nobodys(feed: Feed) -> str:
    if not feed.strangers:
        return ""
    shown = [f"“{one}”" for one in feed.strangers[:_NAMES]]
    more = len(feed.strangers) - len(shown)
    said = join_words(shown) + (f" and {more} more" if more else "")
    todo = "Put a full name or an e-mail address there."
    return f"The feed of {feed.rotation} says {said}: nobody of the catalogue for sure. {todo}"


def say_cover(board: Board) -> str:
    """Whether everything is covered."""
    days = f"the next {WINDOW.days} days"
    if not (board.ladders or board.others):
        return "Nobody is on call: there is no ladder here."
    return f"Not covered in {days}:" if board.holes else f"Every rotation is covered for {days}."


def feed_dead(rotation: str, variable: str, fetched_at: datetime | None, failure: str) -> Message:
    """A feed has had no good copy for a while; what counts meanwhile, and what to do."""
    if fetched_at is None:
        meanwhile = "It was never read, so everybody of the rotation is told instead of whoever is on call."
    else:
        meanwhile = f"Its last good copy counts meanwhile, of {slack_moment(fetched_at)}."
    lead = f":warning: *The calendar feed of {foreign(rotation, 80)} cannot be read: {foreign(failure, 200)}.*"
    todo = f"Next: put right what `{foreign(variable, 80)}` holds, where Handrail runs. It is tried every five minutes."
    text = f"The calendar feed of {rotation} cannot be read: {failure}. Who is on call may be out of date."
    return compose(text, section(f"{lead}\n{meanwhile}"), context(todo))


def feed_right(rotation: str, fetched_at: datetime) -> Message:
    """The feed is read again."""
    text = f"The calendar feed of {rotation} is right again."
    lead = f":white_check_mark: The calendar feed of {foreign(rotation, 80)} is right again"
    return compose(text, section(f"{lead} since {slack_moment(fetched_at)}."), broadcast=True)


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


def watch_line(watch: RungWatch, zone: tzinfo) -> str:
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


def _say_watch(watch: RungWatch) -> str:
    named = _group(watch) or foreign(say_watch(watch), 120)
    if watch.kind == "person":
        return _mentioned(watch.now) or named
    if watch.is_gap:
        after = f" {_mentioned(watch.after)} begins {slack_moment(watch.after_at)}." if watch.after_at else ""
        return f":warning: {named}: *nobody* is on call, so everybody of it is told.{after}"
    until = f" until {slack_moment(watch.until)}" if watch.until else ""
    after = f", then {_mentioned(watch.after)}" if watch.after else ""
    begins = (
        f" from {slack_moment(watch.after_at)}" if watch.after and watch.after_at not in (None, watch.until) else ""
    )
    return f"{named}: {_mentioned(watch.now) or 'nobody'}{until}{after}{begins}"


def _group(watch: RungWatch) -> str:
    """A team's Slack user group, which opens on a click; nothing when its id is not one."""
    return f"<!subteam^{watch.group}>" if watch.group is not None and _GROUP.fullmatch(watch.group) else ""


def _mentioned(people: Sequence[Who]) -> str:
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
