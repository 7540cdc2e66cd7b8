"""`/recover oncall …`: who now, who next and until when, and what nobody covers."""

from bot.render.message import Message
from bot.render.rota import oncall_reply, unknown_asset_reply
from bot.slack.hearing.door import Door
from bot.slack.survey import survey

WORD = "oncall"


def answer_oncall(door: Door, typed: str) -> Message | None:
    """The answer to `oncall` or `oncall ASSET`; None when something else was typed.

    An asset that is called like the whole is meant instead.
    """
    word, _, named = typed.partition(" ")
    if word.casefold() != WORD or door.shelf.find_assets(typed).exact is not None:
        return None
    named, catalogue = named.strip(), door.shelf.catalogue
    if not named:
        return oncall_reply(survey(catalogue, door.roster, door.now()))
    found = door.shelf.find_assets(named)
    if found.exact is None:
        return unknown_asset_reply(named, found.near)
    return oncall_reply(survey(catalogue, door.roster, door.now(), found.exact))
