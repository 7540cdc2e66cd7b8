"""The words of pages, and of what was said once the run was over."""

from collections.abc import Callable, Iterable
from typing import assert_never

from bot.format.text import spoken_duration
from bot.render.after import MILESTONES, say_exactly
from bot.run.after.events import (
    AfterEvent,
    FollowUpAdded,
    FollowUpDone,
    FollowUpHandedOn,
    FollowUpReminded,
    LessonTold,
    MilestoneSet,
    Rated,
)
from bot.run.paging.events import (
    NobodyReached,
    PageAnswered,
    Paged,
    PageDeclined,
    PageReason,
    PageTried,
    PagingEvent,
    ToldToCall,
)

REASONS: dict[PageReason, str] = {
    "start": "the run began", "operator": "nobody operates", "nudge": "the step takes long",
    "step": "the step takes too long", "signoff": "a signature is waited for", "decide": "a decision is waited for",
    "signoff_wider": "a signature is waited for, so more people are asked", "help": "somebody asked for help",
    "handover": "nobody took the run over", "glass": "the glass was broken",
    "already": "something was done before it was signed for", "circle": "the run goes round in a circle",
    "end": "an end is asked for", "burn": "the RTO is running out",
    "forecast": "the RTO will be missed", "fatigue": "the run is past its limit",
    "no_signer": "too few people may sign", "still": "are they still on it?",
}  # fmt: skip
"""Why people are called, to be read after “because”; the last one is a question."""


def say_reason(reason: PageReason, figure: int | None) -> str:
    """Why people were called, with the number that goes with it."""
    match reason, figure:
        case "burn", int(share):
            return f"{share} % of the RTO are used"
        case "forecast", int(seconds):
            return f"the RTO will be missed by {spoken_duration(seconds)}"
        case (("still" | "step" | "nudge"), int(seconds)):
            return f"{REASONS[reason]} ({spoken_duration(seconds)} of silence)"
        case _:
            return REASONS[reason]


def say_paging(event: PagingEvent, all_of: Callable[[Iterable[str]], str], person: Callable[[str | None], str]) -> str:
    """What happened about a page."""
    match event:
        case Paged(number=number, people=people, reason=reason, figure=figure, spared=spared):
            left = f"; {all_of(spared)} left out" if spared else ""
            return f"page {number} to {all_of(people)}: {say_reason(reason, figure)}{left}"
        case PageAnswered(page=page):
            return f"is on it (page {page})"
        case PageDeclined(page=page):
            return f"cannot come (page {page})"
        case PageTried(page=page, person=whom, channel=channel, attempt=attempt, reached=reached, answer=answer):
            how = "taken" if reached else "failed"
            said = f" – {answer}" if answer else ""
            return f"page {page} to {person(whom)} by {say_channel(channel)}, attempt {attempt}: {how}{said}"
        case ToldToCall(people=people, reason=reason, figure=figure, told=told):
            who = f"told {person(told)} to call {all_of(people)}"
            return f"nobody has been called by Handrail: {who}: {say_reason(reason, figure)}"
        case NobodyReached(page=page):
            return f"page {page}: nobody could be reached"
        case _:
            assert_never(event)


def say_channel(channel: str) -> str:
    """A channel as people say it: Slack, or the name that the catalogue gives it."""
    return "Slack" if channel == "slack" else channel.removeprefix("env:")


def say_after(event: AfterEvent, person: Callable[[str | None], str], step: Callable[[str], str]) -> str:
    """What was said or done about the run once it was over."""
    match event:
        case MilestoneSet(milestone=milestone, at=at):
            return f"put a milestone right: {MILESTONES[milestone]} at {say_exactly(at)}"
        case LessonTold(near_miss=near_miss):
            return "told a near miss" if near_miss else "told a lesson"
        case FollowUpAdded(number=number, what=what, owner=owner, due=due):
            return f"follow-up {number} for {person(owner)}, due {due}: {what}"
        case FollowUpDone(number=number):
            return f"follow-up {number} is done"
        case FollowUpReminded(number=number):
            return f"reminded the owner of follow-up {number}"
        case FollowUpHandedOn(number=number, taken=taken, answer=answer):
            return f"follow-up {number}: the tracker {'took it' if taken else 'did not take it'} – {answer}"
        case Rated(question="clarity", answer=answer):
            return f"rated how clear the steps were: {answer} of 5"
        case Rated(answer=answer):
            return f"hesitated {'nowhere' if answer == 'nowhere' else f'at {step(answer)}'}"
        case _:
            assert_never(event)
