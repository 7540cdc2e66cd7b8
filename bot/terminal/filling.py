"""A form filled in question by question: what is wrong is asked again, and nothing typed is lost."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from bot.render.dialog.view import Choice, block_of
from bot.render.message import Block
from bot.render.terminal.page import Question, ScreenLine, questions_of
from bot.run.commands import Refused
from bot.terminal.faces import Cancelled, Face

T = TypeVar("T")


class NotTaken(Exception):
    """The form was refused as a whole; `written` holds the words that the person typed into it, to be kept by them."""

    def __init__(self, sentence: str, written: Sequence[str]) -> None:
        super().__init__(sentence)
        self.sentence, self.written = sentence, tuple(written)


_NEVER_FILLED = "f:readback"
"""What is read back is typed each time, from what stands above."""
_YES_OR_NO = (Choice("yes", "Yes"), Choice("no", "No"))


def fill_form(
    face: Face,
    draw: Callable[[Mapping[str, str]], Block],
    read: Callable[[Block], Sequence[ScreenLine]],
    send: Callable[[Block, Mapping[str, str]], T],
    *,
    given: Mapping[str, str] | None = None,
    secrets: Collection[str] = (),
) -> T:
    """Ask what a form asks, and send it. What is refused beside a field is asked again, the rest stays as it was.

    `draw` makes the form from what was typed so far; `read` its lines; `given` answers that are not asked for;
    `secrets` names the fields that are typed unseen. Raises Cancelled, Left, and NotTaken when no field is to blame.
    """
    typed = dict(given or {})
    view = draw(typed)
    lines = read(view)
    face.tell(lines)
    _confirm_bare_form(face, view)
    wrong: dict[str, str] = {}
    done = set(typed)
    while True:
        question = next((one for one in questions_of(view) if one.field not in done), None)
        if question is not None:
            beside = wrong.pop(question.field, "")
            typed[question.field] = _answer(face, question, typed.get(question.field, ""), beside, secrets)
            done.add(question.field)
            if question.redraws:
                view = draw(typed)
                fresh = read(view)
                face.tell([line for line in fresh if line not in lines])
                lines = fresh
            continue
        try:
            return send(view, typed)
        except Refused as refused:
            field = block_of(view, refused.field)
            if field is None:
                raise NotTaken(refused.sentence, _words_in(view, typed, secrets)) from None
            wrong[field] = refused.sentence
            done.discard(field)


def _words_in(view: Block, typed: Mapping[str, str], secrets: Collection[str]) -> list[str]:
    free = {one.field for one in questions_of(view) if not one.choices} - set(secrets)
    return [words for field, words in typed.items() if field in free and words]


def _answer(face: Face, question: Question, typed: str, wrong: str, secrets: Collection[str]) -> str:
    while True:
        before = "" if question.choices or question.field == _NEVER_FILLED else typed
        said = face.ask(question, before, wrong, hidden=question.field in secrets)
        answer = question.read(said)
        if answer is not None:
            return answer
        wrong = f"Type a number from 1 to {len(question.choices)}."


def _confirm_bare_form(face: Face, view: Block) -> None:
    """A form without fields is read, then taken or left; one with nothing to send is only read."""
    if questions_of(view):
        return
    if "submit" not in view:
        face.pause()
        raise Cancelled
    label = str(view["submit"]["text"])  # type: ignore[index]
    if _answer(face, Question("f:sure", f"{label}?", choices=_YES_OR_NO), "", "", ()) != "yes":
        raise Cancelled
