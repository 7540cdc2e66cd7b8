"""`/recover review …` and `/recover mine`, and the buttons by which people answer for themselves and for runbooks."""

from collections.abc import Callable
from datetime import date, datetime

from slack_bolt import Ack

from bot.engine.upkeep import Upkeep
from bot.format.pieces import read_instant
from bot.format.runbook import Runbook
from bot.readiness.drift import reviewed_on
from bot.readiness.upkeep.events import Reviewed
from bot.readiness.upkeep.rules import QUESTIONS, SAID
from bot.render import upkeep as words
from bot.render.actions import StrangePress
from bot.render.comparison import compare_runbooks
from bot.render.dialog.view import notice, read_metadata, read_typed
from bot.render.message import Block, Message
from bot.render.mine import mine_reply
from bot.run.commands import Refused
from bot.slack.hearing.context import Body, ListenerContext, tell
from bot.slack.hearing.mine import waiting_for

REVIEW, MINE = "review", "mine"


def review_asked(context: ListenerContext, typed: str) -> Block | None:
    """The form of `review RUNBOOK`; None when something else was typed. Refused when there is no such runbook."""
    word, _, named = typed.partition(" ")
    if context.upkeep is None or word.casefold() != REVIEW or context.registry.find_assets(typed).exact is not None:
        return None
    book = context.registry.runbook(named.strip())
    if book is None:
        known = ", ".join(sorted(context.registry.runbooks)[:12])
        raise Refused(f"Say which runbook: /recover review ID. There are: {known}.")
    facts = context.gatherer.facts() if context.gatherer is not None else None
    last = reviewed_on(facts, book) if facts is not None else None
    drills = [
        run.ended_at.date() for runs in (facts.runs.values() if facts is not None else ()) for run in runs
        if run.runbook == book.id and run.mode == "drill" and run.ended_at is not None
    ]  # fmt: skip
    days = {"What changed since the last review": last, "What changed since the last drill": max(drills, default=None)}
    changed = {since: _changes(context.upkeep, book, day) for since, day in days.items() if day is not None}
    return words.review_form(book, context.upkeep.digest(book.id), last, changed)


def _changes(upkeep: Upkeep, book: Runbook, day: date) -> tuple[str, ...]:
    """What changed in a runbook since a day, in words; that it is not known, where the version of then is not."""
    then = upkeep.book_on(book.id, day)
    if then is None:
        return ("The version of then is not known here.",)
    named = {step.id: step.title for step in book.steps}
    changes = compare_runbooks(then, book)
    return tuple(f"{named[one.step]}: {one.words}" if one.step in named else one.words for one in changes)


def answer_mine(context: ListenerContext, body: Body, typed: str) -> Message | None:
    """The answer to `mine`; None when something else was typed."""
    if typed.casefold() != MINE or context.registry.find_assets(typed).exact is not None:
        return None
    by = context.people.sender_of(body)
    return mine_reply(waiting_for(context, by))


def hear_answer(context: ListenerContext, ack: Ack, body: Body) -> None:
    """A button by which somebody answers for themselves, or signs a review."""
    upkeep, action = _upkeep(context), body["actions"][0]
    by, value = context.people.sender_of(body), str(action.get("value") or "")
    runbook, other = words.read_pair(value)
    match str(action["action_id"]):
        case words.CONTACT:
            upkeep.confirm_contact(by, value)
            said = "Thank you. You are asked again in 90 days, or when the catalogue says something else."
        case words.READ:
            upkeep.read(by, runbook, other)
            said = "Recorded: you have read it."
        case words.SIGN:
            upkeep.sign(by, runbook, _moment(other))
            said = "Signed: the review counts from now on."
        case _:
            raise StrangePress(str(action["action_id"])[:80])
    context.later(_saying(context, body, said))
    ack()


def hear_review(context: ListenerContext, ack: Ack, body: Body) -> None:
    """The form of a review was sent."""
    of = read_metadata(body["view"], words.OfReview)
    typed = read_typed(body["view"])
    wrong = tuple(one for one in QUESTIONS if typed.get(f"f:{one}") == "no")
    asked = Reviewed(context.people.sender_of(body), of.digest, wrong, typed.get("f:said", "")[:SAID])
    _upkeep(context).review(of.runbook, asked)
    ack(response_action="update", view=notice("Recorded", "A peer is asked to sign it in the channel of its team."))


def _upkeep(context: ListenerContext) -> Upkeep:
    if context.upkeep is None:
        raise Refused("Nobody keeps these records here.")
    return context.upkeep


def _moment(text: str) -> datetime:
    try:
        return read_instant(text)
    except ValueError:
        raise StrangePress(text[:40]) from None


def _saying(context: ListenerContext, body: Body, said: str) -> Callable[[], object]:
    return lambda: tell(context, body, said)
