"""A key becomes a command: at once where it says everything, else by the form that asks for the rest."""

from collections.abc import Mapping
from dataclasses import replace

from bot.engine import Outcome
from bot.render.actions import Press, command_at_once
from bot.render.dialog.forms import ask, command_of, rehearsal_of
from bot.render.dialog.times import with_offsets
from bot.render.dialog.view import ANSWER, FormSubject
from bot.render.message import Block
from bot.render.terminal.page import lines_of_view
from bot.run.commands import AsksBack, Command, DoesNotHold, Finish, Refused, ReviewGlass
from bot.run.state import Run
from bot.terminal.filling import fill_form
from bot.terminal.seat import TerminalSession


def press(seat: TerminalSession, run: Run, pressed: Press) -> Outcome:
    """Do what a key stands for. Raises Refused, NotTaken, Cancelled, Left and Lost."""
    command = command_at_once(run, pressed)
    if command is not None:
        return _send(seat, run, command)
    asked = rehearsal_of(run, pressed)
    if asked is not None:
        _rehearse(seat, run, _by_me(seat, asked))

    def send(view: Block, typed: Mapping[str, str]) -> Outcome:
        asked = FormSubject.read(view)
        whole = with_offsets(run.book, typed, lambda: seat.zone, asked)
        return _send(seat, run, _by_me(seat, command_of(asked, whole)))

    at = seat.now()
    return fill_form(
        seat.face,
        lambda _typed: ask(run, pressed),
        lambda view: lines_of_view(run, view, at, seat.zone),
        send,
        secrets={f"{ANSWER}{name}" for name, field in run.book.fields.items() if field.type == "secret"},
    )


def _by_me(seat: TerminalSession, command: Command) -> Command:
    """A review says who reviews, as the catalogue has them: the run may not know them."""
    return replace(command, known=seat.myself) if isinstance(command, ReviewGlass) else command


def _send(seat: TerminalSession, run: Run, command: Command) -> Outcome:
    """Hand a command to the command handler; with a key of its own, so that it counts once however often it is tried.

    What has a price is asked back first; Refused when the answer is no.
    """
    key = f"terminal:{seat.new_id()}"
    try:
        return seat.insist(lambda: seat.handler.handle(run.id, command, seat.me, "terminal", key))
    except AsksBack as asks:
        if not seat.confirms(asks.sentence, asks.press):
            raise Refused("You left it as it was.") from None
        return _send(seat, run, asks.again)
    except DoesNotHold as doubt:
        if not isinstance(command, Finish) or not seat.confirms(doubt.sentence, "Record it as failed"):
            raise Refused(doubt.sentence, field=doubt.field) from None
        return _send(seat, run, replace(command, verdict="failed"))


def _rehearse(seat: TerminalSession, run: Run, asked: Command) -> None:
    """Refused unless only the typing is missing. An attempt that the record wants to know of is recorded."""
    try:
        seat.handler.rehearse(run.id, asked, seat.me, "terminal")
    except AsksBack:
        return  # it is asked when the form is sent
    except Refused as refused:
        if refused.events:
            _send(seat, run, asked)
        if refused.field is None:
            raise
