"""Who started or operated the runs above a called one, as it stands at this very moment."""

from collections.abc import Callable

from bot.journal.chain import Unreadable
from bot.run.places import Chain
from bot.run.state import Run


def chain_above(run: Run, load: Callable[[str], Run | None]) -> Chain:
    """The chain of a run with everybody who has come to operate above it since it was told last.

    The clock tells a called run as well, a moment later; whoever starts something in it does not wait for that. What
    is above and cannot be read holds nobody up here: `verify` names it.
    """
    chain, caller = run.chain, run.start.parent
    while caller is not None:
        try:
            above = load(caller.run)
        except (Unreadable, LookupError):
            break
        if above is None:
            break
        chain = chain.grown(above.requesters, above.operators)
        caller = above.start.parent
    return chain
