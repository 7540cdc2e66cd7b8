"""Lessons, follow-ups and the two questions in plain words: neither escaped nor marked up."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from bot.render.prose import say_who
from bot.run.after.events import MilestoneName, Question
from bot.run.after.questions import ANOTHER, CLARITY, NOWHERE, hesitated_steps, walked_steps
from bot.run.after.state import FollowUp
from bot.run.law.scope import title_of
from bot.run.state import Run

ASKED: Mapping[Question, str] = {"clarity": "How clear were the steps?", "hesitation": "Where did you hesitate?"}
MILESTONES: Mapping[MilestoneName, str] = {
    "began": "the damage began", "noticed": "somebody noticed", "answered": "somebody answered",
    "understood": "the cause was known", "restored": "the service was restored",
    "confirmed": "the data was confirmed",
}  # fmt: skip
"""Milestones in words, to be read before a time."""
_ENDS = {CLARITY[0]: "1 – I was lost", CLARITY[-1]: "5 – always clear"}


def answers_to(run: Run, question: Question) -> tuple[tuple[str, str], ...]:
    """The answers that have a button, as (what is sent, what is read)."""
    if question == "clarity":
        return tuple((one, _ENDS.get(one, one)) for one in CLARITY)
    named = hesitated_steps(run)
    another = ((ANOTHER, "Another…"),) if len(named) < len(walked_steps(run)) else ()
    return (*((step, title_of(run, step)) for step in named), (NOWHERE, "Nowhere"), *another)


def every_answer_to(run: Run, question: Question) -> tuple[tuple[str, str], ...]:
    """The same where there is room for all: every step of people that was walked."""
    if question == "clarity":
        return answers_to(run, question)
    return (*((step, title_of(run, step)) for step in walked_steps(run)), (NOWHERE, "Nowhere"))


def say_answer(run: Run, question: Question, answer: str) -> str:
    """An answer in a line: ``Clear: 4 of 5``, ``Hesitated at “Restore”``."""
    if question == "clarity":
        return f"Clear: {answer} of {len(CLARITY)}"
    return "Hesitated nowhere" if answer == NOWHERE else f"Hesitated at “{title_of(run, answer)}”"


def say_day(day: str) -> str:
    """``1 Dec 2026``; a day that is none stays as it was written."""
    try:
        return f"{date.fromisoformat(day):%-d %b %Y}"
    except ValueError:
        return day


def say_exactly(at: datetime) -> str:
    """``22 Nov 2026 14:05:00 UTC``."""
    return f"{at.astimezone(UTC):%-d %b %Y %H:%M:%S} UTC"


def say_follow_up(run: Run, follow_up: FollowUp) -> str:
    """``2: Widen the volume – Ben Okafor, by 1 Dec 2026``."""
    owner = say_who(run, follow_up.owner)
    return f"{follow_up.number}: {follow_up.what} – {owner}, by {say_day(follow_up.due)}"
