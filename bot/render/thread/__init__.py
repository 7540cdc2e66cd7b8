"""The run's thread: what each event says there."""

from collections.abc import Iterator
from typing import assert_never

from bot.render.card import card
from bot.render.thread.afterwards import ask_questions, tell_after
from bot.render.thread.members import follow_members, tell_members
from bot.render.thread.paging import follow_pages, pages_of, tell_paging
from bot.render.thread.people import tell_people
from bot.render.thread.post import CARD, Edit, Moment, Post, asked_key, signoff_key, step_key
from bot.render.thread.signing import close_asking, tell_signing
from bot.render.thread.walking import follow_steps, tell_hands, tell_start, tell_walking
from bot.run.after.events import AfterEvent
from bot.run.events import Ended, PeopleEvent, SigningEvent, Started, StepEvent, TellingEvent
from bot.run.hands.events import HandsEvent
from bot.run.members.events import MembersEvent
from bot.run.paging.events import PagingEvent

__all__ = ["CARD", "Edit", "Moment", "Post", "asked_key", "pages_of", "signoff_key", "step_key", "tell"]


def tell(moment: Moment) -> Iterator[Post | Edit]:
    """Everything that one event says, in the order of need: new posts first, then posts that read differently now."""
    yield from _posts(moment)
    if isinstance(moment.event, Started | MembersEvent):
        yield from follow_members(moment)
    yield from close_asking(moment)
    yield from follow_steps(moment)
    yield from follow_pages(moment)


def _posts(moment: Moment) -> Iterator[Post | Edit]:
    event = moment.event
    if isinstance(event, Started):
        yield Post(CARD, card(moment.after), "card")
        yield from tell_start(moment)
    elif isinstance(event, StepEvent):
        yield from tell_walking(moment, event)
    elif isinstance(event, SigningEvent):
        yield from tell_signing(moment, event)
    elif isinstance(event, PeopleEvent | TellingEvent):
        yield from tell_people(moment, event)
        if isinstance(event, Ended):
            yield from ask_questions(moment)
    elif isinstance(event, MembersEvent):
        yield from tell_members(moment, event)
    elif isinstance(event, PagingEvent):
        yield from tell_paging(moment, event)
    elif isinstance(event, AfterEvent):
        yield from tell_after(moment, event)
    elif isinstance(event, HandsEvent):
        yield from tell_hands(moment, event)
    else:
        assert_never(event)
