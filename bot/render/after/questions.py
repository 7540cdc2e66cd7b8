"""The post that asks whoever operated a run how clear its steps were, and where they hesitated."""

from collections.abc import Iterator

from bot.render.actions import rating_button
from bot.render.after.words import ASKED, answers_to, say_answer
from bot.render.message import Block, Message, actions, compose, context, foreign, mention_all, section
from bot.render.prose import people_of, say_mode, say_ref
from bot.run.after.events import Question
from bot.run.after.questions import QUESTIONS, question_left
from bot.run.state import Run

KEY = "questions"
"""The key of the post."""


def asks_in_slack(run: Run) -> bool:
    """Whether somebody can be asked there: a run that nobody operated, or that another one called, asks nobody."""
    return question_left(run) is not None and people_of(run, [run.operator or ""])[0].slack is not None


def questions_message(run: Run) -> Message:
    """Both questions with five buttons each; thanks in one line once both are answered."""
    if question_left(run) is None:
        return _thanks(run)
    who = mention_all(people_of(run, [run.operator or ""]))
    asked = f":speech_balloon: {who}: *two questions about {foreign(run.start.ref)}*, while you remember."
    return compose(
        f"{say_ref(run)}: two questions, while you remember",
        section(f"{asked} They are about the runbook, not about you."),
        *(block for question in QUESTIONS for block in _ask(run, question)),
        context("Ten seconds. Your last answer counts." + _drill(run)),
    )


def _ask(run: Run, question: Question) -> Iterator[Block | None]:
    given = run.after.ratings.get(question)
    yield section(f"*{ASKED[question]}*")
    yield actions(
        [
            rating_button(run, f"{question}={value}", label, chosen=given is not None and given.answer == value)
            for value, label in answers_to(run, question)
        ]
    )


def _thanks(run: Run) -> Message:
    given = [(question, run.after.ratings[question]) for question in QUESTIONS if question in run.after.ratings]
    said = " · ".join(foreign(say_answer(run, question, one.answer), 200) for question, one in given)
    who = foreign(run.name_of(given[-1][1].by if given else run.operator))
    return compose(f"{say_ref(run)}: thank you for both answers", section(f":pray: Thank you, {who}. {said}"))


def _drill(run: Run) -> str:
    return "" if run.start.mode == "live" else f" · {say_mode(run)}"
