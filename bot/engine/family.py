"""Runs that called each other: who is above, who is below, and who has come to operate there."""

from collections.abc import Callable, Iterator

from bot.journal.chain import Unreadable
from bot.run.places import Chain
from bot.run.state import Run


def chain_around(run: Run, load: Callable[[str], Run | None]) -> Chain:
    """The chain of a run with everybody who has come to operate around it since it was told last.

    That is: in the runs above it, in those that they and this one opened meanwhile and that are out, and in theirs.
    The clock tells a run as well, a moment later; whoever starts or signs something in it does not wait for that. What
    cannot be read holds nobody up here: `verify` names it.
    """
    chain = run.chain
    for here in (run, *_above(run, load)):
        if here is not run:
            chain = chain.joined(here.whole_chain)
        for below in _below(here, run.id, load):
            chain = chain.joined(below.whole_chain)
    return chain


def _above(run: Run, load: Callable[[str], Run | None]) -> Iterator[Run]:
    caller = run.start.parent
    while caller is not None:
        above = _loaded(caller.run, load)
        if above is None:
            return
        yield above
        caller = above.start.parent


def _below(run: Run, but: str, load: Callable[[str], Run | None]) -> Iterator[Run]:
    """The runs that a run opened meanwhile and that are out, and theirs; without the one that asks."""
    for call in run.calls.values():
        below = _loaded(call.child, load) if call.child != but and not call.outcome else None
        if below is not None:
            yield below
            yield from _below(below, but, load)


def _loaded(run_id: str, load: Callable[[str], Run | None]) -> Run | None:
    try:
        return load(run_id)
    except (Unreadable, LookupError):
        return None
