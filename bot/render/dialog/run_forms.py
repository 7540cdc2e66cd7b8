"""The forms of a whole run: note, hand over, accept, pause, correct, stop."""

from collections.abc import Iterator

from bot.format.runbook import Decide
from bot.format.text import spoken_duration
from bot.render.dialog.view import (
    TIME_HINT,
    Choice,
    FormSubject,
    choice_input,
    form,
    text_input,
    words_input,
)
from bot.render.message import Block, context, fields, foreign, list_block, quote_block, section, slack_moment
from bot.render.prose import due_by, join_words, say_approval, say_place, say_value, say_who, spoken_name
from bot.run.law.scope import title_of
from bot.run.places import AwaitingSignature
from bot.run.state import Run

_NEWEST = 12


def ask_note(run: Run, asked: FormSubject) -> Block:
    """Words for the record, and when it happened if that was not just now."""
    when = text_input(
        "f:happened_at",
        "When did it happen?",
        optional=True,
        hint=f"Only if it was not just now. {TIME_HINT}",
    )
    return form(run, asked, "Note", words_input("What should be on record?"), when, submit="Add the note")


def ask_hand_over(run: Run, asked: FormSubject) -> Block:
    """To whom: operators first, then leads; without whoever operates now."""
    may = dict.fromkeys([*run.holders("operator"), *run.holders("lead")])
    choices = [Choice(one, say_who(run, one), _roles_of(run, one)) for one in may if one != run.operator]
    if not choices:
        nobody = section("Nobody else of this run may operate. Ask the owner team to add somebody to the catalogue.")
        return form(run, asked, "Hand over", nobody, submit="")
    words = words_input("What should they know?", optional=True)
    return form(
        run, asked, "Hand over", choice_input("f:to", "To whom?", choices), words, context(
            "You operate until they press Accept."
        ), submit="Hand over"
    )  # fmt: skip


def ask_accept(run: Run, asked: FormSubject) -> Block:
    """The briefing, and the button that takes the run."""
    return form(run, asked, "Accept the run", *briefing(run), submit="Accept")


def ask_pause(run: Run, asked: FormSubject) -> Block:
    """Why the run stands still."""
    said = context("Nobody can act on a step until somebody presses Resume. Signatures and their deadlines go on.")
    return form(run, asked, "Pause the run", said, words_input("Why?"), submit="Pause")


def ask_correct(run: Run, asked: FormSubject) -> Block:
    """Which value, what it should be, and why. The old record stays; hidden answers stay hidden."""
    choices = list(_values_to_correct(run))
    if not choices:
        return form(run, asked, "Correct", section("No value has been given yet."), submit="")
    return form(
        run,
        asked,
        "Correct",
        choice_input("f:which", "Which value?", choices),
        text_input("f:text", "What should it be?"),
        words_input("Why?", hint="The old value stays on record beside the new one."),
        submit="Correct",
    )


def ask_stop(run: Run, asked: FormSubject) -> Block:
    """Why the run ends here."""
    said = section("The run *ends* and cannot be taken up again. What was done stays done: nothing is undone by this.")
    return form(run, asked, "Stop the run", said, words_input("Why does it stop?"), submit="Stop the run")


def briefing(run: Run) -> Iterator[Block]:
    """What the next person has to know: where we are, the time, decisions, answers, signatures, their words."""
    yield section(f"*Now*\n{foreign(say_place(run), 500)}")
    yield fields(*_times(run))
    yield from _words_of_offer(run)
    yield from _listed("Decisions", _decisions(run))
    yield from _listed("Answers", _answers(run))
    yield from _listed("Signatures", _signatures(run))


def _times(run: Run) -> Iterator[str]:
    yield f"*Started*\n{slack_moment(run.started_at)}"
    until, rto = due_by(run), run.start.asset.rto
    if until is not None and rto:
        yield f"*Back by*\n{slack_moment(until)} (RTO {spoken_duration(rto)})"
    yield f"*Operates now*\n{foreign(say_who(run, run.operator), 100)}"


def _words_of_offer(run: Run) -> Iterator[Block]:
    if run.offer is not None and run.offer.words:
        yield section(f"*{foreign(say_who(run, run.offer.by), 100)} says*")
        yield quote_block(run.offer.words)


def _listed(title: str, lines: list[str]) -> Iterator[Block]:
    if lines:
        yield section(f"*{title}*")
        yield list_block(lines[-_NEWEST:])


def _decisions(run: Run) -> list[str]:
    made = [visit for visit in run.done if isinstance(run.book.by_id[visit.step], Decide)]
    return [f"{title_of(run, one.step)}: {one.said or one.exit} ({say_who(run, one.by)})" for one in made]


def _answers(run: Run) -> list[str]:
    return [f"{spoken_name(name)}: {say_value(run, name, run.vars.get(name))[:200]}" for name in run.given]


def _signatures(run: Run) -> list[str]:
    given = [f"{title_of(run, one.step)}: {say_approval(run, one)}" for one in run.approvals.values()]
    here = run.here
    if isinstance(here, AwaitingSignature):
        waits = join_words([say_who(run, one) for one in here.eligible if one not in here.signed], "or")
        given.append(f"{title_of(run, here.step)}: waits for {waits} until {here.expires_at:%H:%M} UTC")
    return given


def _values_to_correct(run: Run) -> Iterator[Choice]:
    """Newest first; the option's value carries the record that holds it, so that a newer one is not overwritten."""
    for name, given in sorted(run.given.items(), key=lambda item: -item[1].seq):
        below = f"{say_value(run, name, run.vars.get(name))} – {say_who(run, given.by)}"
        yield Choice(f"{given.seq}:{name}", spoken_name(name), below)


def _roles_of(run: Run, person: str) -> str:
    return join_words([spoken_name(role) for role in run.members.roles_of(person)])
