"""Words about being on call that Slack and the terminal share: plain text, neither escaped nor marked up."""

from datetime import datetime, timedelta

from bot.render.prose import join_words, say_span
from bot.render.rota.board import WINDOW, Board, Feed, Rung, Watch

_NAMES = 5


def say_watch(watch: Watch) -> str:
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
    """What stands in a feed and fits nobody of the catalogue; nothing where all of it does."""
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
