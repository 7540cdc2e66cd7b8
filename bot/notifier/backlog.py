"""What is new in a run since it was told last: new posts in order, and how the posts that stand there read now."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from bot.format.runbook import Runbook
from bot.journal.chain import Record, decode
from bot.journal.outbox import Outbox
from bot.journal.rows import RunRow
from bot.journal.store import Journal
from bot.notifier.condensing import condense_posts, lists_made_anew
from bot.render.card import card
from bot.render.meanwhile import MANY, MEANWHILE
from bot.render.message import Message
from bot.render.step import step_message
from bot.render.thread import CARD, Edit, Moment, Post, asked_key, step_key, tell
from bot.render.thread.paging import PAGE, read_page
from bot.run.events import Redacted
from bot.run.evolve import evolve
from bot.run.places import AwaitingSignature, Over
from bot.run.situation import Stamp, Via
from bot.run.state import Run, Unstarted

ERASURE = "redacted"
_KEPT = 128
"""Runs that are kept folded, so that a click costs the events since the last one."""


@dataclass(frozen=True)
class Backlog:
    """A run up to record `head`. `wanted` holds how every message that was touched reads now, by its key.

    `since` is when the first thing happened that was not told yet. `stands_for` has, by the key of a direct message,
    the older ones that it is sent in place of.
    """

    run: Run
    head: int
    since: datetime
    posts: tuple[Post, ...]
    wanted: dict[str, Message] = field(default_factory=dict)
    stands_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recall: Callable[[str], Message | None] = lambda _key: None
    """How the message under this key reads now, though nothing of it is new; None when the run has no such message."""

    @property
    def current_key(self) -> str | None:
        """The key of the post that people act on now; it is posted again when somebody deleted it."""
        return _current_key(self.run)


class BacklogReader:
    """Reads backlogs from the journal. Safe to share between threads."""

    def __init__(self, journal: Journal, book_of: Callable[[str], Runbook]) -> None:
        """Take the journal, and the runbook of a digest."""
        self._journal, self._book_of, self._outbox = journal, book_of, Outbox(journal)
        self._folded: OrderedDict[str, Run] = OrderedDict()
        self._lock = Lock()

    def read(self, row: RunRow) -> Backlog | None:
        """What is new since `row.told`; None when nothing is."""
        state = self._state_at(row)
        known = state.seq if isinstance(state, Run) else 0
        records = self._journal.records(row.run_id, known)
        if known and any(record.kind == ERASURE for record in records):
            # Words of an earlier record are gone: what was folded with them, and posted, is made anew without them.
            state, records = Unstarted(row.run_id, self._book_of(row.digest)), self._journal.records(row.run_id)
        outbox = self._outbox
        backlog = _tell(state, records, row.told, lambda: outbox.keys_of(row.run_id, f"{MEANWHILE}:"))
        return replace(backlog, recall=lambda key: self._recall(row, key)) if backlog is not None else None

    def whole(self, row: RunRow) -> Backlog | None:
        """A run with nothing new to tell: how all of its messages read now."""
        backlog = _tell(
            Unstarted(row.run_id, self._book_of(row.digest)), self._journal.records(row.run_id), 0, lambda: ()
        )
        return replace(backlog, posts=(), recall=backlog.wanted.get) if backlog is not None else None

    def _recall(self, row: RunRow, key: str) -> Message | None:
        whole = self.whole(row)
        return whole.wanted.get(key) if whole is not None else None

    def keep(self, backlog: Backlog) -> None:
        """Remember the run as far as it was told."""
        with self._lock:
            self._folded[backlog.run.id] = backlog.run
            self._folded.move_to_end(backlog.run.id)
            while len(self._folded) > _KEPT:
                self._folded.popitem(last=False)

    def _state_at(self, row: RunRow) -> Run | Unstarted:
        with self._lock:
            known = self._folded.get(row.run_id)
        if known is not None and known.seq <= row.told:
            return known
        return Unstarted(row.run_id, self._book_of(row.digest))


def _current_key(run: Run) -> str | None:
    here = run.here
    if isinstance(here, AwaitingSignature):
        return asked_key(here)
    return None if isinstance(here, Over) else step_key(here.step, here.visit)


def _tell(
    state: Run | Unstarted, records: Sequence[Record], told: int, lists: Callable[[], Sequence[str]]
) -> Backlog | None:
    """The backlog of these records. `lists` reads the keys of the posts of the run that list records."""
    moments = list(_moments(state, records))
    if not moments:
        return None
    new = [moment for moment in moments if moment.seq > told]
    run = moments[-1].after
    erased = {moment.event.of for moment in new if isinstance(moment.event, Redacted)}
    wanted: dict[str, Message] = {}
    for moment in moments:
        if moment.seq in erased and moment.seq <= told:
            wanted |= dict(_without_words(moment, run))
    told_now = [(moment, one) for moment in new for one in tell(moment)]
    wanted |= {one.key: one.message for _, one in told_now}
    posts = [(moment, one) for moment, one in told_now if isinstance(one, Post)]
    # The lists are only asked for where there may be one: a click tells a post or two.
    listed = lists() if erased or len(posts) > MANY else ()
    left = condense_posts(new, posts, wanted, _current_key(run), listed)
    wanted |= dict(lists_made_anew(moments, listed, erased)) | dict(left.lists) | {CARD: card(run)}
    since = new[0].stamp.at if new else run.started_at
    return Backlog(run, run.seq, since, left.posts, wanted, left.stands_for)


def _moments(state: Run | Unstarted, records: Sequence[Record]) -> Iterator[Moment]:
    for record in records:
        event = decode(record.kind, record.body, record.words)
        via: Via = record.via  # type: ignore[assignment]
        stamp = Stamp(record.at, record.by, via)
        after = evolve(state, event, stamp)
        yield Moment(state if isinstance(state, Run) else None, record.seq, event, stamp, after, record.hash)
        state = after


def _without_words(moment: Moment, run: Run) -> Iterator[tuple[str, Message]]:
    """What an earlier event said, now that its words are erased; a step reads as it does today, not as it did then."""
    for one in tell(moment):
        kind, _, place = one.key.partition(":")
        if kind == "step":
            step, _, visit = place.partition(":")
            yield one.key, step_message(run, step, int(visit))
        elif kind == PAGE:
            yield one.key, read_page(run, one.key)
        elif isinstance(one, Edit) or kind != "signoff":
            yield one.key, one.message
