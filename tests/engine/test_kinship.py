"""What a caller takes home from a called run, held to how that one ended: nobody is left out, nor who gave a value."""

import json
from collections.abc import Mapping

import pytest

from bot.engine.family import compare_family
from bot.journal.chain import Record, canonical
from bot.journal.store import Journal
from bot.run.commands import Finish, TakeOver
from tests.engine.office import Office
from tests.engine.test_propagation import calling, child_of


class Meddled(Journal):
    """A journal in which some records of one kind say something else."""

    def __init__(self, journal: Journal, kind: str, said: Mapping[str, object]) -> None:
        super().__init__(journal.engine)
        self._kind, self._said = kind, said

    def records(self, run_id: str, after: int = 0) -> list[Record]:
        """The records, meddled with."""
        return [self._as_said(one) for one in super().records(run_id, after)]

    def _as_said(self, one: Record) -> Record:
        return one._replace(body=canonical(json.loads(one.body) | self._said)) if one.kind == self._kind else one


@pytest.fixture
def family(journal: Journal) -> tuple[Office, str]:
    """Chen starts the caller, Ana operates it; Ben operates the called run to its end, and says the number of files."""
    office = calling(journal)
    run = office.start("caller", by="chen", calls={"storage": office.digests["storage"]})
    office.handler.handle(run.id, TakeOver(), "ana", "slack")
    office.finish(run.id)
    office.handler.propagate(run.id)
    child = child_of(office.handler.load(run.id))
    office.handler.handle(child, TakeOver(), "ben", "slack")
    office.handler.handle(child, Finish("copy", 1, "ok", {"files": "3"}), "ben", "slack")
    office.handler.propagate(child)
    return office, child


CHAIN = {"requesters": ["ana", "chen"], "operators": ["ana", "chen"]}


@pytest.mark.parametrize(
    ("kind", "said", "named"),
    [
        ("noted", {}, []),
        ("call-returned", {"chain": CHAIN}, ["ORDERS-1 leaves out Ben Okafor, who started or operated in this one."]),
        ("call-returned", {"givers": {}}, ["ORDERS-1 leaves out who gave “copied” in this one."]),
    ],
)
def test_nobody_is_left_out_on_the_way_home(
    family: tuple[Office, str], kind: str, said: Mapping[str, object], named: list[str]
) -> None:
    office, child = family
    meddled = Meddled(office.journal, kind, said)
    assert list(compare_family(meddled, office.book_of, meddled.records(child))) == named
