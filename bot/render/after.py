"""After the end of a run, as it is read and asked: questions, lessons, follow-ups."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from bot.render.actions import rating_button, rating_of
from bot.render.dialog.view import Choice, FormSubject, choice_input, day_input, form, text_input, words_input
from bot.render.message import Block, Message, actions, compose, context, foreign, list_block, mention_all, section
from bot.render.prose import join_words, people_of, say_mode, say_names, say_ref, say_reviewed, say_who, spoken_name
from bot.run.after.events import MilestoneName, PostmortemState, Question
from bot.run.after.rules import (
    ANOTHER,
    CLARITY,
    NOWHERE,
    QUESTIONS,
    hesitated_steps,
    owner_of,
    question_left,
    walked_steps,
)
from bot.run.after.state import FollowUp
from bot.run.commands import AddFollowUp, AfterCommand, FinishFollowUp, Rate, SetMilestone, SetPostmortem, TellLesson
from bot.run.law.reviewing import reviewers
from bot.run.law.scope import title_of
from bot.run.places import Over
from bot.run.situation import Somebody
from bot.run.state import Run

ASKED: Mapping[Question, str] = {"clarity": "How clear were the steps?", "hesitation": "Where did you hesitate?"}
MILESTONES: Mapping[MilestoneName, str] = {
    "began": "the damage began", "down": "the service went down", "noticed": "somebody noticed",
    "answered": "somebody answered", "understood": "the cause was known", "restored": "the service was restored",
    "confirmed": "the data was confirmed",
}  # fmt: skip
"""Milestones in words, to be read before a time."""
POSTMORTEM: Mapping[PostmortemState, str] = {"draft": "a draft", "in_review": "in review", "done": "done"}
"""Where a post-mortem stands, in words."""
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


VERSION = 1


def key_of(run: Run, follow_up: FollowUp) -> str:
    """The same for the same follow-up, however often it is sent."""
    return f"{run.id}:{follow_up.number}"


def as_handed_on(run: Run, follow_up: FollowUp) -> dict[str, object]:
    """A follow-up for a tracker; times are UTC, `due` is a day where its owner is."""
    owner, over = owner_of(run, follow_up), run.here if isinstance(run.here, Over) else None
    return {
        "version": VERSION, "type": "follow-up", "key": key_of(run, follow_up), "number": follow_up.number,
        "what": follow_up.what, "due": follow_up.due,
        "owner": {"id": owner.id, "name": owner.name, "slack": owner.slack},
        "added_by": {"id": follow_up.by, "name": run.name_of(follow_up.by)}, "added_at": follow_up.at.isoformat(),
        "run": {
            "id": run.id, "ref": run.start.ref, "mode": run.start.mode, "title": run.start.title,
            "runbook": run.start.runbook, "asset": {"id": run.start.asset.id, "name": run.start.asset.name},
            "outcome": over.outcome if over else None, "started_at": run.started_at.isoformat(),
            "ended_at": over.at.isoformat() if over else None,
        },
    }  # fmt: skip


def after_blocks(run: Run) -> Iterator[Block]:
    """The review first, for the run stays in every list until then; then what is to be done, and what was told."""
    if run.unreviewed:
        yield section(f":hourglass_flowing_sand: *{foreign(say_review(run), 500)}*")
    if run.after.to_do:
        yield section("*Follow-ups*")
        yield list_block([say_follow_up(run, one)[:400] for one in run.after.to_do])
    done, lessons = len(run.after.follow_ups) - len(run.after.to_do), len(run.after.lessons)
    counted = [_count(done, "follow-up") + " done"] if done else []
    counted += [_count(lessons, "lesson")] if lessons else []
    if counted:
        yield context(" · ".join(counted) + ": see the thread")


def say_review(run: Run) -> str:
    """Who is waited for: ``Waiting for a review of the broken glass, by Ben or Chen``."""
    may = reviewers(run)
    if not may:
        return "Review open: anybody of the catalogue who neither broke the glass nor operated can press Review…"
    return f"Waiting for a review of {say_reviewed(run)}, by {say_names(run, may, 'or')}"


def _count(many: int, word: str) -> str:
    return f"{many} {word if many == 1 else f'{word}s'}"


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


def lessons_as_data(runs: Sequence[Run]) -> dict[str, object]:
    """Everything that was told and is still to be done, run by run; times are UTC."""
    return {
        "version": VERSION,
        "lessons": [lesson for run in runs for lesson in _lessons(run)],
        "follow_ups": [follow_up for run in runs for follow_up in _to_do(run)],
    }


def lessons_as_text(runs: Sequence[Run]) -> Iterator[str]:
    """The same as lines to read, the newest run last; a line may hold what anybody typed."""
    for run in runs:
        if not run.after.lessons and not run.after.to_do:
            continue
        yield f"{run.start.ref} · {say_mode(run)} · {run.start.asset.name} · {run.start.title}"
        for one in run.after.lessons:
            what = "Near miss" if one.near_miss else "Lesson"
            yield f"  {what} ({say_who(run, one.by)}, {one.at:%Y-%m-%d}): {_indented(one.words)}"
        for todo in run.after.to_do:
            yield f"  To do {_indented(say_follow_up(run, todo))}"
        yield ""


def _lessons(run: Run) -> Iterator[dict[str, object]]:
    for one in run.after.lessons:
        by = {"id": one.by, "name": run.name_of(one.by)}
        told = {"record": one.seq, "near_miss": one.near_miss, "words": one.words}
        yield _of_run(run) | told | {"by": by, "at": one.at.isoformat()}


def _to_do(run: Run) -> Iterator[dict[str, object]]:
    for one in run.after.to_do:
        owner = owner_of(run, one)
        asked = {"number": one.number, "what": one.what, "due": one.due, "owner": {"id": owner.id, "name": owner.name}}
        handed = None if one.handed_on is None else {"taken": one.handed_on.taken, "answer": one.handed_on.answer}
        yield _of_run(run) | asked | {"added_at": one.at.isoformat(), "tracker": handed}


def _of_run(run: Run) -> dict[str, object]:
    start = run.start
    return {"run": start.ref, "mode": start.mode, "asset": start.asset.id, "runbook": start.runbook}


def _indented(words: str) -> str:
    return words.replace("\n", "\n    ")


_LESSON, _NEAR_MISS = "lesson", "near_miss"


def ask_lesson(run: Run, asked: FormSubject) -> Block:
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


def ask_follow_up(run: Run, asked: FormSubject, others: Iterable[Somebody] = ()) -> Block:
    """What is to be done, by whom and by when; `others` are people of the catalogue beside the run's own."""
    return form(
        run, asked, "Follow-up",
        text_input("f:what", "What is to be done?", several_lines=True),
        choice_input("f:owner", "Who looks after it?", list(_owners(run, others))),
        day_input("f:due", "By when?", hint="A day, such as 2026-12-01. Its owner is reminded then, and weekly."),
        submit="Add it",
    )  # fmt: skip


def ask_finished(run: Run, asked: FormSubject) -> Block:
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


def ask_question(run: Run, asked: FormSubject) -> Block:
    """The question that is left, where there are no buttons to press. Both are asked one after the other."""
    named = next((one for one in QUESTIONS if asked.option == f"{one}={ANOTHER}"), None)
    question = named or question_left(run)
    if question is None:
        return form(run, asked, "Two questions", section("Both are answered. Thank you."), submit="")
    choices = [Choice(f"{question}={value}", label) for value, label in every_answer_to(run, question)]
    return form(run, asked, "Two questions", choice_input("f:answer", ASKED[question], choices), submit="Answer")


def ask_milestone(run: Run, asked: FormSubject) -> Block:
    """When something was reached, where the record shows it wrongly or not at all."""
    choices = [Choice(name, label[0].upper() + label[1:]) for name, label in MILESTONES.items()]
    return form(
        run, asked, "Milestone", choice_input("f:milestone", "What?", choices),
        text_input("f:at", "When was it?", hint="With its offset, such as 2026-11-22T14:05:00+01:00."),
        words_input("How do you know?", name="reason"),
        context("Reports go by the last time that was given; what was recorded before stays in the record."),
        submit="Put it right",
    )  # fmt: skip


def ask_postmortem(run: Run, asked: FormSubject, others: Iterable[Somebody] = ()) -> Block:
    """Where the post-mortem stands, and who looks after it."""
    now = run.after.postmortem
    choices = (
        Choice("draft", "A draft", "Its owner writes it; /recover timeline brings what the record knows"),
        Choice("in_review", "In review", "Others read it"),
        Choice("done", "Done", "You have read it, and it is not yours: you stand there as who reviewed it"),
    )
    return form(
        run, asked, "Post-mortem",
        choice_input("f:state", "Where does it stand?", choices, chosen=now.state if now else "draft"),
        choice_input(
            "f:owner", "Who looks after it?", list(_owners(run, others)),
            chosen=now.owner if now else (run.operator or ""),
        ),
        words_input("Where is it kept, or what did the review find?", optional=True), submit="Keep it",
    )  # fmt: skip


def command_after(asked: FormSubject, own: Mapping[str, str]) -> AfterCommand | None:
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
        case "postmortem":
            return SetPostmortem(own.get("state", ""), own.get("owner", ""), words)
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
