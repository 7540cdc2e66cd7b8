"""The forms of a run that is over: a lesson, a follow-up, a follow-up that is done, and a question at a terminal."""

from collections.abc import Iterable, Mapping

from bot.render.actions import rating_of
from bot.render.after.words import ASKED, MILESTONES, every_answer_to, say_day
from bot.render.dialog.view import Asked, Choice, choice_input, day_input, form, text_input, words_input
from bot.render.message import Block, context, section
from bot.render.prose import join_words, say_who, spoken_name
from bot.run.after.events import MilestoneName
from bot.run.after.questions import ANOTHER, QUESTIONS, question_left
from bot.run.commands import AddFollowUp, AfterCommand, FinishFollowUp, Rate, SetMilestone, TellLesson
from bot.run.situation import Somebody
from bot.run.state import Run

_LESSON, _NEAR_MISS = "lesson", "near_miss"


def ask_lesson(run: Run, asked: Asked) -> Block:
    """A story worth sharing; a near miss too."""
    kinds = (
        Choice(_LESSON, "A lesson", "What others should know or do the next time"),
        Choice(_NEAR_MISS, "A near miss", "It went well, but only just"),
    )
    return form(
        run, asked, "Lessons", choice_input("f:kind", "What is it?", kinds, chosen=_LESSON),
        words_input("What can others learn from it?", hint="Tell what happened and why; leave out who was to blame."),
        context("It is kept in the record, and told in the thread."), submit="Tell it",
    )  # fmt: skip


def ask_follow_up(run: Run, asked: Asked, others: Iterable[Somebody] = ()) -> Block:
    """What is to be done, by whom and by when; `others` are people of the catalogue beside the run's own."""
    return form(
        run, asked, "Follow-up",
        text_input("f:what", "What is to be done?", several_lines=True),
        choice_input("f:owner", "Who looks after it?", list(_owners(run, others))),
        day_input("f:due", "By when?", hint="A day, such as 2026-12-01. Its owner is reminded then, and weekly."),
        submit="Add it",
    )  # fmt: skip


def ask_finished(run: Run, asked: Asked) -> Block:
    """Which follow-up is done; the one whose reminder was pressed is chosen already."""
    choices = [
        Choice(str(one.number), f"{one.number}: {one.what}", f"{say_who(run, one.owner)}, by {say_day(one.due)}")
        for one in run.after.to_do
        if not one.review
    ]
    if not choices:
        return form(run, asked, "Follow-up is done", section("No follow-up is left to be done."), submit="")
    only = choices[0].value if len(choices) == 1 else ""
    return form(
        run, asked, "Follow-up is done",
        choice_input("f:number", "Which one?", choices, chosen=asked.option or only),
        words_input("What came of it?", optional=True), submit="It is done",
    )  # fmt: skip


def ask_question(run: Run, asked: Asked) -> Block:
    """The question that is left, where there are no buttons to press. Both are asked one after the other."""
    named = next((one for one in QUESTIONS if asked.option == f"{one}={ANOTHER}"), None)
    question = named or question_left(run)
    if question is None:
        return form(run, asked, "Two questions", section("Both are answered. Thank you."), submit="")
    choices = [Choice(f"{question}={value}", label) for value, label in every_answer_to(run, question)]
    return form(run, asked, "Two questions", choice_input("f:answer", ASKED[question], choices), submit="Answer")


def ask_milestone(run: Run, asked: Asked) -> Block:
    """When something was reached, where the record shows it wrongly or not at all."""
    choices = [Choice(name, label[0].upper() + label[1:]) for name, label in MILESTONES.items()]
    return form(
        run, asked, "Milestone", choice_input("f:milestone", "What?", choices),
        text_input("f:at", "When was it?", hint="With its offset, such as 2026-11-22T14:05:00+01:00."),
        words_input("How do you know?", name="reason"),
        context("Reports go by the last time that was given; what was recorded before stays in the record."),
        submit="Put it right",
    )  # fmt: skip


def command_after(asked: Asked, own: Mapping[str, str]) -> AfterCommand | None:
    """The command that a filled form of these stands for; None when it is another's."""
    words = own.get("words", "")
    match asked.action:
        case "lesson":
            return TellLesson(words, own.get("kind") == _NEAR_MISS)
        case "follow_up":
            return AddFollowUp(own.get("what", ""), own.get("owner", ""), own.get("due", ""))
        case "follow_up_done":
            number = own.get("number") or asked.option
            return FinishFollowUp(int(number) if number.isdecimal() else 0, words)
        case "milestone":
            named: MilestoneName = next((name for name in MILESTONES if name == own.get("milestone")), "restored")
            return SetMilestone(named, own.get("at", ""), own.get("reason", ""))
        case "rate":
            return rating_of(own.get("answer", "")) or Rate(QUESTIONS[0], "")
        case _:
            return None


def _owners(run: Run, others: Iterable[Somebody]) -> Iterable[Choice]:
    """Whoever operated first, then the run's people, then everybody else by name."""
    own = sorted(run.members.people, key=lambda one: one.id != run.operator)
    known = {one.id for one in own}
    rest = sorted((one for one in others if one.id not in known), key=lambda one: one.name.casefold())
    for one in (*own, *rest):
        roles = join_words([spoken_name(role) for role in run.members.roles_of(one.id)])
        yield Choice(one.id, one.name, roles if roles != join_words([]) else "")
