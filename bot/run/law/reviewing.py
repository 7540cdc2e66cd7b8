"""Who may review a broken glass: the nearest to it of those who neither broke it nor operated."""

from collections.abc import Iterator

from bot.run.members.rules import one_with
from bot.run.state import Run

_ROLES = ("peer", "lead", "data_owner")


def reviewers(run: Run) -> tuple[str, ...]:
    """Who may review what waits for it: the first group of which somebody is left; empty when nobody of the run is.

    A peer, the lead, the data owner, the owner team, anybody of the run.
    """
    return run.found("reviewers", _find_reviewers)


def kept_from_review(run: Run) -> frozenset[str]:
    """Who broke a glass that waits, everybody who operated the run or one of its chain, and who is one with them."""
    kept = run.operators | {glass.by for glass in run.unreviewed}
    return kept.union(*(one_with(run, person) for person in kept))


def _find_reviewers(run: Run) -> tuple[str, ...]:
    kept = kept_from_review(run)
    left = (tuple(one for one in group if one not in kept and run.members.has(one)) for group in _groups(run))
    return next((group for group in left if group), ())


def _groups(run: Run) -> Iterator[tuple[str, ...]]:
    yield from (run.holders(role) for role in _ROLES)
    yield run.start.owners
    yield tuple(one.id for one in run.members.people if one.id not in run.members.waiting)
