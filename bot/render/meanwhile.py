"""What happened while Slack could not be told: one post that lists it, and the few that are still worth a post."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.format.catalogue import CLOCK
from bot.render.message import Message, compose, context, foreign, section, slack_date, slack_moment
from bot.render.prose import say_mode, say_ref, say_who
from bot.render.sentences import say_event
from bot.render.thread import CARD, Moment, Post
from bot.render.thread.paging import PAGE, matters_of
from bot.run.events import Ended, Notified, Started, StepEntered
from bot.run.paging.events import PageTried
from bot.run.state import Run

MEANWHILE = "meanwhile"
MANY = 8
"""So many posts for one thread are too many at once: Slack takes one each second, and nobody reads them."""
_LINES, _TOGETHER = 32, 8
"""Lines at most, and lines in one block."""
_PASSING = (StepEntered, PageTried)
"""What the next event says as well, or what stands on the page itself."""
_SAID_WHOLE = (Started, Notified, Ended)
"""What people have to notice, however late: what to know, what a step tells them, and the outcome."""

Told = tuple[Moment, Post]


def is_too_much(told: Iterable[Told]) -> bool:
    """Whether so many posts wait for the thread that they are told in one."""
    return sum(post.where == "thread" for _, post in told) > MANY


def meanwhile_key(first: int, last: int) -> str:
    """The key of the post that lists these records."""
    return f"{MEANWHILE}:{first}-{last}"


def records_listed(key: str) -> range:
    """The records that the post under this key lists; none for any other key."""
    kind, _, span = key.partition(":")
    first, _, last = span.partition("-")
    return range(int(first), int(last) + 1) if kind == MEANWHILE else range(0)


def condense(told: Sequence[Told], listing: Post, wanted: Mapping[str, Message], current: str | None) -> list[Post]:
    """The posts that are left: pages first, then what happened, then what people can still act on.

    `wanted` is how each message reads now, `current` the key of the post that people act on now.
    """
    kept = [post for moment, post in told if _is_worth_a_post(moment, post, wanted, current)]
    pages = [post for post in kept if post.key.partition(":")[0] == PAGE]
    rest = [post for post in kept if post not in pages]
    return [*pages, listing, *rest]


def newest_pages(run: Run, posts: Sequence[Post]) -> dict[str, str]:
    """Messages of pages that call for nothing that newer ones of the same place do not: their keys, and the newest's.

    Whoever was called three times for one thing while nothing came through is called once, by the newest.
    """
    newest: dict[str, str] = {}
    called_for: dict[str, set[object]] = {}
    older: dict[str, str] = {}
    for post in reversed(posts):
        if post.key.partition(":")[0] != PAGE:
            continue
        matters, known = matters_of(run, post.key), called_for.setdefault(post.where, set())
        if matters <= known:
            older[post.key] = newest[post.where]
        else:
            newest.setdefault(post.where, post.key)
            known |= matters
    return older


def meanwhile_message(run: Run, moments: Sequence[Moment]) -> Message:
    """What happened in these records, line by line, the newest when there are too many, and the head of the chain."""
    first, last = moments[0], moments[-1]
    lines = [_say(moment) for moment in moments if not isinstance(moment.event, _PASSING)]
    shown = lines[-_LINES:]
    span = f"{slack_moment(first.stamp.at)} – {slack_date(last.stamp.at)}"
    drill = "" if run.start.mode == "live" else f"*{say_mode(run)}* · "
    chain = f" · chain `{last.chain}`" if last.chain else ""
    return compose(
        f"{say_ref(run)}: {len(lines)} things happened before Slack could be told.",
        section(f":hourglass: *This happened before Slack could be told* ({span}):"),
        context(f"{len(lines) - len(shown)} earlier ones stand in the record.") if len(shown) < len(lines) else None,
        *(section("\n".join(some)) for some in _by(_TOGETHER, shown)),
        context(f"{drill}Records {first.seq} to {last.seq} · {slack_date(last.stamp.at)}{chain}"),
    )


def _by(many: int, lines: Sequence[str]) -> Iterator[Sequence[str]]:
    return (lines[at : at + many] for at in range(0, len(lines), many))


def _say(moment: Moment) -> str:
    by = moment.stamp.by
    who = "" if by == CLOCK else f"*{foreign(say_who(moment.after, by), 60)}* "
    return f"{slack_date(moment.stamp.at)} {who}{foreign(say_event(moment.after, moment.event), 220)}"


def _is_worth_a_post(moment: Moment, post: Post, wanted: Mapping[str, Message], current: str | None) -> bool:
    if post.where != "thread" or post.key in (CARD, current) or isinstance(moment.event, _SAID_WHOLE):
        return True
    # A phase that is behind us offers to hand over and to pause: so does the card.
    return not post.key.startswith("phase:") and _can_be_acted_on(wanted.get(post.key, post.message))


def _can_be_acted_on(message: Message) -> bool:
    return any(block["type"] == "actions" for block in message.blocks)
