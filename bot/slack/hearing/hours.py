"""How long people were at work in runs: said to who takes over, and to who signs what they operate."""

from bot.format.catalogue import Asset
from bot.journal.hours import acts_of
from bot.readiness.hours import LOOKED_AT, TIRING, worked
from bot.render import message
from bot.render.hours import AtWork, say_at_work
from bot.render.message import Block, foreign
from bot.run.state import Run
from bot.slack.hearing.context import ListenerContext


def at_work(context: ListenerContext, person: str, asset: Asset | None) -> AtWork | None:
    """How long somebody was at work lately; None while that is nothing to speak of."""
    if context.journal is None:
        return None
    now = context.now()
    acts, refs = acts_of(context.journal, person, now - LOOKED_AT)
    span = worked(acts, now)
    if span < TIRING:
        return None
    known = context.registry.catalogue.people.get(person)
    relief = (
        []
        if asset is None
        else [context.registry.catalogue.people[one].name for one in _relief(context, asset, person)]
    )
    return AtWork(known.name if known is not None else person, span, refs, relief)


def _relief(context: ListenerContext, asset: Asset, person: str) -> list[str]:
    """Whoever is on call for the asset, or comes next, and was not at work for so long."""
    catalogue, now = context.registry.catalogue, context.now()
    ladder = catalogue.ladders.get(asset.ladder or "")
    names = [
        one.removeprefix("rotation:") for rung in (ladder.rungs if ladder is not None else ()) for one in rung.tell
    ]
    rotations = [catalogue.rotations[one] for one in dict.fromkeys(names) if one in catalogue.rotations]
    found: dict[str, None] = {}
    for rotation in rotations:
        here, after = context.roster.now_and_next(rotation, now)
        found |= dict.fromkeys((*here.people, *(after.people if after is not None else ())))
    return [one for one in found if one != person and one in catalogue.people and at_work(context, one, None) is None]


def say_to_who_took_over(context: ListenerContext, run: Run, by: str) -> str:
    """What whoever took over is told alone; empty when there is nothing to say."""
    found = at_work(context, by, context.registry.catalogue.assets.get(run.start.asset.id))
    return say_at_work(found, to_themselves=True) if found is not None else ""


def with_hours(context: ListenerContext, view: Block, run: Run, by: str) -> Block:
    """The form of who signs, with how long the operator and they themselves were at work."""
    found = [(one, one == by) for one in dict.fromkeys((run.operator, by)) if one is not None]
    said = [say_at_work(known, to_themselves=own) for one, own in found if (known := at_work(context, one, None))]
    blocks = view.get("blocks")
    if not said or not isinstance(blocks, list):
        return view
    told = message.context(*(f":hourglass: {foreign(one, 300)}" for one in said))
    return view | {"blocks": [*blocks[:1], told, *blocks[1:]][:100]}
