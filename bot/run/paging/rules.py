"""The law about pages: silence moves a run to more people, never forward. And what else is due when the clock ticks.

1. Whatever is due when the clock looks is called, each with when it was due: what comes late says so.
2. Nobody is called twice within a minute for the same reason on the same rung.
3. A ladder is climbed until somebody answers; who cannot come, or cannot be reached, lets it go on at once.
4. Anybody of the run's roles or ladder may answer, but whoever asked for somebody else: not who started or operates
   for the start, not who pressed I need help or broke the glass. An answer never moves the run.
5. Whoever starts or operates a run is not called for its start. What else answers a page than I'm on it: `state.heed`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.run.after.rules import remind_next
from bot.run.commands import AnswerPage, DeclinePage, NoteAttempt, Refused
from bot.run.events import Event, SignoffExpired
from bot.run.hands.rules import lapse
from bot.run.law.draft import Draft
from bot.run.paging.dues import PageDue, due_pages, next_of_clock
from bot.run.paging.events import NobodyReached, PageAnswered, Paged, PageDeclined, PageTried, ToldToCall
from bot.run.paging.ladder import is_quiet, nobody_is_reached
from bot.run.paging.state import Page, asks_for_others
from bot.run.places import AwaitingSignature
from bot.run.situation import Stamp
from bot.run.state import Run

_APART = timedelta(minutes=1)
MOST_AT_ONCE = 50
"""Pages of one look, so that no mistake of ours can fill a record: more than a ladder of ten rungs and everything else
that can be late after an outage. What is left is due still, and comes with the next look."""
_LATE = timedelta(seconds=60)


def call_next(run: Run, at: datetime, down_since: datetime | None) -> Paged | None:
    """The page that is due longest at `at`; None when none is. Asked again until then, it catches up with an outage."""
    due = min((one for one in due_pages(run) if one.at <= at), key=lambda one: one.at, default=None)
    if due is None:
        return None
    spared = tuple(one for one in due.people if _is_spared(run, due, one, at))
    return Paged(
        number=len(run.pages.pages) + 1, reason=due.reason, via=due.via, was_due=due.at, rung=due.rung,
        people=tuple(one for one in due.people if one not in spared), round=due.round, step=due.step, visit=due.visit,
        figure=due.figure, stair=due.stair, spared=spared, down_since=down_since if at - due.at > _LATE else None,
    )  # fmt: skip


def tell_next(run: Run, at: datetime, reader: str) -> ToldToCall | None:
    """Whom the reader has to call next, as nothing that sends stands by; each once. The page itself stays due."""
    known = {one.key for one in run.pages.by_hand}
    waiting = [one for one in due_pages(run) if one.at <= at and one.key not in known and set(one.people) - {reader}]
    due = min(waiting, key=lambda one: one.at, default=None)
    if due is None:
        return None
    others = tuple(one for one in due.people if one != reader)
    return ToldToCall(due.reason, reader, others, due.at, due.rung, due.step, due.visit, due.figure)


def unreachable(run: Run, number: int) -> Iterator[Event]:
    """That nobody of a page can be reached: when the last attempt failed, or when nobody has any channel at all."""
    page = run.pages.page(number)
    if page is not None and not page.nobody and page.answered_by is None and nobody_is_reached(run, page):
        yield NobodyReached(page.number)


def _is_spared(run: Run, due: PageDue, person: str, at: datetime) -> bool:
    return is_quiet(run, person, at) or any(
        person in page.people and (page.reason, page.rung) == (due.reason, due.rung) and abs(at - page.at) < _APART
        and set(due.via) <= set(page.via)
        and page.number not in _of_this_look(run, at)
        for page in reversed(run.pages.pages[-MOST_AT_ONCE:])
    )  # fmt: skip


def _of_this_look(run: Run, at: datetime) -> tuple[int, ...]:
    """Pages that were called in this very look: they are told as one message anyway."""
    return tuple(page.number for page in run.pages.pages[-MOST_AT_ONCE:] if page.at == at)


def answer(run: Run, command: AnswerPage, stamp: Stamp) -> PageAnswered:
    """I'm on it."""
    page = require_page(run, command.page)
    if asks_for_others(page, stamp.by, frozenset((run.requester, run.operator))):
        raise Refused("This asks for somebody else than you: you are in this run already. It goes on calling.")
    climb = run.pages.climb
    # While a climb waits for somebody, an answer to whatever page is one to it: see `state.follow`.
    counts = climb is not None and (page.number in climb.pages or climb.answered_by is None)
    on_it = climb.answered_by if climb is not None and counts else page.answered_by
    if on_it == stamp.by and run.pages.heard_at >= page.at:
        raise Refused("You are on it already. Thank you.")
    return PageAnswered(page.number)


def decline(run: Run, command: DeclinePage, stamp: Stamp) -> PageDeclined:
    """I can't."""
    page = require_page(run, command.page)
    if stamp.by in page.declined:
        raise Refused("You have said that you can't. The next person is called.")
    return PageDeclined(page.number, command.words)


def require_page(run: Run, number: int) -> Page:
    """The page that is meant; Refused when this run has no such page."""
    page = run.pages.page(number)
    if page is None:
        raise Refused(f"{run.start.ref} has no such page.")
    return page


def note_attempt(run: Run, command: NoteAttempt) -> Iterator[Event]:
    """What came of an attempt. It comes at least once, so one that is known already is no event."""
    page = run.pages.page(command.page)
    if page is None:
        return
    before = page.tries.get((command.person, command.channel))
    if before is not None and (before.attempt >= command.attempt or before.reached):
        return
    yield PageTried(
        command.page, command.person, command.channel, command.attempt, command.reached, command.answer, command.last
    )


def tick(draft: Draft, down_since: datetime | None, reader: str = "") -> None:
    """Pages, reminders, and a sign-off that runs out between them; what goes between runs are the command handler's.

    A `reader` at a terminal is told whom to call instead, where nothing that sends stands by.
    """
    at = draft.stamp.at
    for _ in range(MOST_AT_ONCE):
        if reader and (call := tell_next(draft.run, at, reader)) is not None:
            draft.add(call)
            continue
        due, here = next_of_clock(draft.run, pages=not reader), draft.run.here
        if due is None or due.at > at:
            return
        if due.what == "onward":
            draft.leave("approved")
        elif due.what == "expires" and isinstance(here, AwaitingSignature):
            draft.add(SignoffExpired(here.step, here.visit, here.expires_at)).leave("expired")
        elif due.what == "lapses":
            lapse(draft)
        elif due.what == "joins":
            draft.go_on()
        elif due.what == "closes":
            draft.close_unreviewed()
        elif (page := call_next(draft.run, at, down_since)) is not None:
            draft.add(page)
            draft.add(*unreachable(draft.run, page.number))
        elif (reminder := remind_next(draft.run, at)) is not None:
            draft.add(reminder)
        else:
            return
