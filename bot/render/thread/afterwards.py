"""Lessons and follow-ups in the thread, their reminders, and what became of the two questions."""

from collections.abc import Iterator
from typing import assert_never

from bot.render.actions import button, finish_button
from bot.render.after import KEY, MILESTONES, POSTMORTEM, asks_in_slack, questions_message, say_day, say_exactly
from bot.render.message import (
    Block,
    Message,
    actions,
    bold,
    compose,
    context,
    foreign,
    mention,
    quote_block,
    section,
)
from bot.render.prose import say_mode, say_ref, say_who
from bot.render.thread.post import Edit, Moment, Post, event_post
from bot.run.after.events import (
    AfterEvent,
    FollowUpAdded,
    FollowUpDone,
    FollowUpHandedOn,
    FollowUpReminded,
    LessonTold,
    MilestoneSet,
    PostmortemSet,
    Rated,
)
from bot.run.after.rules import owner_of
from bot.run.after.state import FollowUp
from bot.run.state import Run


def ask_questions(moment: Moment) -> Iterator[Post]:
    """The two questions, once a run is over."""
    if asks_in_slack(moment.after):
        yield Post(KEY, questions_message(moment.after))


def tell_after(moment: Moment, event: AfterEvent) -> Iterator[Post | Edit]:
    """The posts of an event about a run that was over already."""
    run = moment.after
    match event:
        case MilestoneSet():
            yield _milestone(moment, event)
        case PostmortemSet():
            yield _postmortem(moment, event)
        case LessonTold():
            yield _lesson(moment, event)
        case FollowUpAdded(number=number):
            yield from (Post(_key(one), _follow_up(run, one)) for one in _found(run, number))
        case FollowUpDone(number=number):
            yield from (_done(moment, one) for one in _found(run, number) if not one.review)
            yield from _anew(run, number)
        case FollowUpReminded(number=number):
            for one in _found(run, number):
                yield from _reminder(moment, one)
        case FollowUpHandedOn(number=number):
            yield from _anew(run, number)
            yield from (_not_taken(moment, one, event.answer) for one in _found(run, number) if not event.taken)
        case Rated():
            yield Edit(KEY, questions_message(run))
        case _:
            assert_never(event)


def _found(run: Run, number: int) -> tuple[FollowUp, ...]:
    one = run.after.follow_up(number)
    return () if one is None else (one,)


def _key(follow_up: FollowUp) -> str:
    return f"follow-up:{follow_up.number}"


def _anew(run: Run, number: int) -> Iterator[Edit]:
    yield from (Edit(_key(one), _follow_up(run, one)) for one in _found(run, number))


def _lesson(moment: Moment, event: LessonTold) -> Post:
    who, what = say_who(moment.after, moment.stamp.by), "a near miss" if event.near_miss else "a lesson"
    mark = "construction" if event.near_miss else "bulb"
    said = section(f":{mark}: *{foreign(who)} told {what}*")
    return event_post(moment, f"{who} told {what}: {event.words}", said, quote_block(event.words))


def _milestone(moment: Moment, event: MilestoneSet) -> Post:
    who, what = say_who(moment.after, moment.stamp.by), f"{MILESTONES[event.milestone]} at {say_exactly(event.at)}"
    said = section(f":triangular_flag_on_post: *{foreign(who)} put a milestone right: {foreign(what, 200)}*")
    return event_post(moment, f"{who} put a milestone right: {what}", said, quote_block(event.reason))


def _postmortem(moment: Moment, event: PostmortemSet) -> Post:
    """Where it stands and whose it is; done is said by whoever reviewed it."""
    run = moment.after
    who, owner = say_who(run, moment.stamp.by), say_who(run, event.owner)
    what = f"the post-mortem is {POSTMORTEM[event.state]}, {owner} looks after it"
    if event.state == "done":
        what = f"the post-mortem of {owner} is done, reviewed by {who}"
    said = section(f":memo: *{foreign(who)}: {foreign(what, 300)}*")
    return event_post(moment, f"{who}: {what}", said, quote_block(event.words) if event.words else None)


def _follow_up(run: Run, one: FollowUp) -> Message:
    """A follow-up as it stands: to be done, or done; what the tracker said."""
    owner, who = owner_of(run, one), foreign(say_who(run, one.by))
    mark = "white_check_mark" if one.is_done else "pushpin"
    by = f"by {bold(say_day(one.due), 80)}"
    head = f":{mark}: *Follow-up {one.number}* for {mention(owner.slack, owner.name)}, {by}"
    told = [f"Added by {who}"]
    told += [f"{say_mode(run)}"] if run.start.mode != "live" else []
    told += [_say_tracker(one)] if one.handed_on else []
    told += [f"done: {foreign(say_who(run, one.done_by))}, {one.done_at:%-d %b %Y}"] if one.done_at else []
    text = f"{say_ref(run)}: follow-up {one.number} for {owner.name}, by {say_day(one.due)}: {one.what}"
    return compose(text, section(head), quote_block(one.what), context(" · ".join(told)))


def _say_tracker(one: FollowUp) -> str:
    if one.handed_on is None or not one.handed_on.taken:
        return "the tracker did not take it"
    return f"the tracker has it: {foreign(one.handed_on.answer, 200)}"


def _done(moment: Moment, one: FollowUp) -> Post:
    who = say_who(moment.after, moment.stamp.by)
    said = section(f":white_check_mark: *{foreign(who)}: follow-up {one.number} is done*\n{foreign(one.what, 500)}")
    words = quote_block(one.said) if one.said else None
    return event_post(moment, f"{who}: follow-up {one.number} is done: {one.what}", said, words)


def _reminder(moment: Moment, one: FollowUp) -> Iterator[Post]:
    """In the thread, where everybody sees it, and to the owner alone."""
    run, owner = moment.after, owner_of(moment.after, one)
    asset = foreign(run.start.asset.name, 75)
    lead = f":alarm_clock: {mention(owner.slack, owner.name)}: *follow-up {one.number} of {foreign(run.start.ref)}*"
    due = f"is due on {say_day(one.due)}" if _is_first(moment, one) else f"was due on {say_day(one.due)}"
    blocks: list[Block | None] = [
        section(f"{lead} ({asset}) {foreign(due, 80)}."),
        quote_block(one.what),
        actions([button(run, "review") if one.review else finish_button(run, one.number)]),
    ]
    text = f"Follow-up {one.number} {due}: {one.what}"
    post = event_post(moment, text, *blocks)
    yield post
    if owner.slack is not None:
        yield Post(f"{post.key}:dm", post.message, f"dm:{owner.slack}")


def _is_first(moment: Moment, one: FollowUp) -> bool:
    before = moment.before.after.follow_up(one.number) if moment.before else None
    return before is None or before.reminded_at is None


def _not_taken(moment: Moment, one: FollowUp, answer: str) -> Post:
    text = f"The tracker did not take follow-up {one.number}: {answer}"
    said = f":warning: *The tracker did not take follow-up {one.number}.* Put it there by hand."
    return event_post(moment, text, section(f"{said}\n{foreign(answer, 500)}"))
