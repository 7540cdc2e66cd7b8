"""The clock looks at a run: whatever is due happens, in the order in which it was due."""

from datetime import datetime

from bot.run.after.rules import remind_next
from bot.run.events import SignoffExpired
from bot.run.hands.rules import lapse
from bot.run.law.draft import Draft
from bot.run.paging.dues import next_but_pages, next_due
from bot.run.paging.rules import MOST_AT_ONCE, call_next, tell_next, unreachable
from bot.run.places import AwaitingSignature


def tick(draft: Draft, down_since: datetime | None, reader: str = "") -> None:
    """Pages, reminders, and a sign-off that runs out between them; errands between runs are the desk's.

    A `reader` at a terminal is told whom to call instead, where nothing that sends stands by.
    """
    at = draft.stamp.at
    for _ in range(MOST_AT_ONCE):
        if reader and (call := tell_next(draft.run, at, reader)) is not None:
            draft.add(call)
            continue
        due, here = (next_but_pages if reader else next_due)(draft.run), draft.run.here
        if due is None or due.at > at or due.what == "errand":
            return
        if due.what == "onward":
            draft.leave("approved")
        elif due.what == "expires" and isinstance(here, AwaitingSignature):
            draft.add(SignoffExpired(here.step, here.visit, here.expires_at)).leave("expired")
        elif due.what == "lapses":
            lapse(draft)
        elif due.what == "closes":
            draft.close_unreviewed()
        elif (page := call_next(draft.run, at, down_since)) is not None:
            draft.add(page)
            draft.add(*unreachable(draft.run, page.number))
        elif (reminder := remind_next(draft.run, at)) is not None:
            draft.add(reminder)
        else:
            return
