"""A button or a menu of a run was pressed, or its form was sent: it becomes a command."""

from dataclasses import replace

from slack_bolt import Ack

from bot.oncall.references import as_somebody
from bot.render.actions import Press, button_again, command_at_once, read_press
from bot.render.dialog.forms import FORMED, OWNED, ask, command_of, rehearsal_of
from bot.render.dialog.knowing import ask_again, doubted, warned
from bot.render.dialog.times import with_offsets
from bot.render.dialog.view import FormSubject, block_of, notice, read_typed, read_written
from bot.render.dialog.zones import on_the_clock
from bot.render.paging.ahead import say_thanks
from bot.run.commands import (
    AddFollowUp,
    AsksBack,
    Command,
    DeclinePage,
    DoesNotHold,
    Refused,
    ReviewGlass,
    SetPostmortem,
    TakeOver,
)
from bot.run.situation import Somebody
from bot.run.state import Run
from bot.slack.hearing.context import Body, ListenerContext, key_of_click, key_of_form, sender_in, tell
from bot.slack.hearing.hours import say_to_who_took_over, with_hours
from bot.slack.hearing.starts import open_form
from bot.slack.hearing.zones import known_zone, zone_of_sender

_ERROR = 250
"""Characters of an error beside a field."""


def hear_press(context: ListenerContext, ack: Ack, body: Body) -> None:
    """Act at once where a press says everything; else open the form that asks for the rest."""
    press = read_press(body["actions"][0])
    by = sender_in(context, body, press.run_id)
    # What a press means is written in the pinned runbook; what has happened meanwhile, the command handler finds.
    run = context.handler.glance(press.run_id)
    command = command_at_once(run, press)
    if command is None:
        _open_form(context, ack, body, context.handler.load(press.run_id), press, by)
        return
    try:
        outcome = context.handler.handle(press.run_id, command, by, "slack", key_of_click(body))
    except AsksBack as asks:
        view = ask_again(context.handler.load(press.run_id), press, asks)
        open_form(context, ack, body, view, button_again(press))
        return
    except Refused as refused:
        # What has to be typed depends on what has happened meanwhile: then the form asks for it.
        if refused.field is None or press.action not in FORMED:
            raise
        _open_form(context, ack, body, context.handler.load(press.run_id), press, by)
        return
    said = ""
    if isinstance(command, DeclinePage):
        said = say_thanks(outcome.run, by)
    elif isinstance(command, TakeOver):
        said = say_to_who_took_over(context, outcome.run, by)
    if said:
        context.later(lambda: tell(context, body, said))
    ack()


def _open_form(context: ListenerContext, ack: Ack, body: Body, run: Run, press: Press, by: str) -> None:
    """Open the form, unless this person would be refused whatever they typed; that is said at once."""
    asked = rehearsal_of(run, press)
    asks = None if asked is None else _rehearse(context, body, press, _with_known(context, asked, by), by)
    view = ask(run, press, _everybody(context, press))
    view = with_hours(context, view, run, by) if press.action in ("approve", "accept") else view
    open_form(context, ack, body, view if asks is None else warned(view, asks), button_again(press))


def _rehearse(context: ListenerContext, body: Body, press: Press, asked: Command, by: str) -> AsksBack | None:
    """Refused unless only the typing is missing, or a press more. What the record wants to know of is recorded."""
    try:
        context.handler.rehearse(press.run_id, asked, by, "slack")
    except AsksBack as asks:
        return asks
    except Refused as refused:
        if refused.events:
            context.handler.handle(press.run_id, asked, by, "slack", key_of_click(body))
        if refused.field is None:
            raise
    return None


def _everybody(context: ListenerContext, press: Press) -> list[Somebody]:
    """Everybody of the catalogue, where a form lets one be chosen."""
    catalogue = context.registry.catalogue
    return [as_somebody(catalogue, one) for one in catalogue.people.values()] if press.action in OWNED else []


def _with_known(context: ListenerContext, command: Command, by: str) -> Command:
    """The command with whom it speaks of as the catalogue has them now: the run may not know them.

    The owner of a follow-up or of the post-mortem, and whoever reviews a broken glass.
    """
    if not isinstance(command, AddFollowUp | SetPostmortem | ReviewGlass):
        return command
    catalogue = context.registry.catalogue
    person = catalogue.people.get(by if isinstance(command, ReviewGlass) else command.owner)
    return command if person is None else replace(command, known=as_somebody(catalogue, person))


def hear_form(context: ListenerContext, ack: Ack, body: Body) -> None:
    """Take what was typed. What is wrong stands beside its field and nothing typed is lost."""
    view = body["view"]
    asked = FormSubject.read(view)
    by = sender_in(context, body, asked.run_id)
    try:
        book = context.handler.glance(asked.run_id).book
        typed = with_offsets(book, read_typed(view), lambda: zone_of_sender(context, body), asked)
        command = _with_known(context, command_of(asked, typed), by)
        context.handler.handle(asked.run_id, command, by, "slack", key_of_form(body))
    except AsksBack as asks:
        ack(response_action="update", view=warned(view, asks))
    except DoesNotHold as doubt:
        ack(response_action="update", view=doubted(view, doubt))
    except Refused as refused:
        beside = block_of(view, refused.field)
        if beside is None:
            ack(response_action="update", view=notice("Not recorded", refused.sentence, read_written(view)))
        else:
            said = on_the_clock(refused.sentence, known_zone(context, body))
            ack(response_action="errors", errors={beside: said[:_ERROR]})
    else:
        ack()
