"""`/recover ready …`: how ready assets are, what they lack, and the next thing to do."""

from bot.readiness.judging import judge
from bot.render.message import Message
from bot.render.readiness import no_such_reply, ready_one_reply, ready_reply
from bot.slack.hearing.context import ListenerContext

WORD = "ready"


def answer_ready(context: ListenerContext, typed: str) -> Message | None:
    """The answer to `ready` or `ready ASSET`; None when something else was typed, or nobody gathers findings here.

    An asset that is called like the whole is meant instead.
    """
    word, _, named = typed.partition(" ")
    if context.gatherer is None or word.casefold() != WORD or context.registry.find_assets(typed).exact is not None:
        return None
    named = named.strip()
    found = context.registry.find_assets(named) if named else None
    if found is not None and found.exact is None:
        return no_such_reply(named, found.near)
    if found is None or found.exact is None:
        return ready_reply(context.gatherer.judged(), context.gatherer.findings())
    return ready_one_reply(judge(context.gatherer.facts(), found.exact))
