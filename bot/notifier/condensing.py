"""What is left to post when so much is untold that it would flood Slack: pages, one list of it, and what is open."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.render.meanwhile import (
    Told,
    condense,
    is_too_much,
    meanwhile_key,
    meanwhile_message,
    newest_pages,
    records_listed,
)
from bot.render.message import Message
from bot.render.thread import Moment, Post

_NONE = range(0)


@dataclass(frozen=True)
class Condensed:
    """The posts that go out.

    `lists` are those among them that list records. `stands_for` has, by the key of a page's direct message, the older
    ones that it is sent in place of.
    """

    posts: tuple[Post, ...]
    lists: Mapping[str, Message] = field(default_factory=dict)
    stands_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def condense_posts(
    new: Sequence[Moment], told: Sequence[Told], wanted: Mapping[str, Message], current: str | None,
    listed: Iterable[str],
) -> Condensed:  # fmt: skip
    """The posts of the moments that are new, condensed where there are too many; as they are where there are not.

    `listed` are the keys of lists that may stand in Slack already. Their records stay together, so that a round that
    was broken off is taken up with the same posts, whatever happened since.
    """
    posts: list[Post] = []
    lists: dict[str, Message] = {}
    for part, is_listed in _parts(new, listed):
        own = [one for one in told if part[0].seq <= one[0].seq <= part[-1].seq]
        if not is_listed and not is_too_much(own):
            posts += [post for _, post in own]
            continue
        key = meanwhile_key(part[0].seq, part[-1].seq)
        lists[key] = meanwhile_message(part[-1].after, part)
        posts += condense(own, Post(key, lists[key]), wanted, current)
    if not lists:
        return Condensed(tuple(posts))
    newer = newest_pages(new[-1].after, posts)
    stands_for: dict[str, tuple[str, ...]] = {}
    for older, by in newer.items():
        stands_for[by] = (*stands_for.get(by, ()), older)
    return Condensed(tuple(post for post in posts if post.key not in newer), lists, stands_for)


def lists_made_anew(
    moments: Sequence[Moment], listed: Iterable[str], erased: Iterable[int]
) -> Iterator[tuple[str, Message]]:
    """The lists that name a record whose words are erased by now, as they read without them."""
    gone = set(erased)
    for key in listed:
        own = [moment for moment in moments if moment.seq in records_listed(key)]
        if own and any(moment.seq in gone for moment in own):
            yield key, meanwhile_message(own[-1].after, own)


def _parts(new: Sequence[Moment], listed: Iterable[str]) -> Iterator[tuple[Sequence[Moment], bool]]:
    """The new moments, cut where a list of them begins or ends; whether each part has its list."""
    spans = [records_listed(key) for key in listed]
    part: list[Moment] = []
    before = _NONE
    for moment in new:
        span = next((one for one in spans if moment.seq in one), _NONE)
        if part and span != before:
            yield part, bool(before)
            part = []
        part.append(moment)
        before = span
    if part:
        yield part, bool(before)
