"""What a caller and the run that it called say of each other, held to the records of both."""

import json
from collections.abc import Mapping

import pytest

from bot.engine.kinship import Shelf, compare_family
from bot.journal.chain import Record, canonical
from bot.journal.store import Journal
from bot.run.calls.rules import child_id
from bot.run.commands import Finish, TakeOver
from tests.engine.office import Office
from tests.engine.test_propagation import calling, child_of


class Meddled(Journal):
    """A journal in which the records of one kind in a run say something else."""

    def __init__(self, journal: Journal, whose: str, kind: str, said: Mapping[str, object]) -> None:
        super().__init__(journal.engine)
        self._whose, self._kind, self._said = whose, kind, said

    def records(self, run_id: str, after: int = 0) -> list[Record]:
        """The records, meddled with."""
        return [self._as_said(one) if run_id == self._whose else one for one in super().records(run_id, after)]

    def _as_said(self, one: Record) -> Record:
        return one._replace(body=canonical(json.loads(one.body) | self._said)) if one.kind == self._kind else one


@pytest.fixture
def family(journal: Journal) -> tuple[Office, str, str]:
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
    return office, run.id, child


CHAIN = {"requesters": ["ana", "chen"], "operators": ["ana", "chen"]}
LIES: dict[str, tuple[str, str, Mapping[str, object], str]] = {
    "nobody else operated": (
        "caller", "call-returned", {"chain": CHAIN}, "Record 8 leaves out Ben Okafor, who started or"
    ),
    "nobody gave it": ("caller", "call-returned", {"givers": {}}, "Record 8 leaves out who gave “copied” in ORDERS-2."),
    "another value": (
        "caller", "call-returned", {"captured": {"copied": 4}}, "Record 8 takes “copied” home otherwise"
    ),
    "another end": ("caller", "call-returned", {"outcome": "aborted"}, "Record 8 says that ORDERS-2 ended “aborted”"),
    "it had not ended": ("child", "ended", {"step": None, "outcome": "aborted"}, "Record 8 says that ORDERS-2 ended"),
    "it was called by another": (
        "child", "started", {"parent": {"run": "id-9", "ref": "ORDERS-9", "step": "ask", "visit": 1}},
        "Record 7 says that it called ORDERS-2, whose records do not say so.",
    ),
    "another runbook": ("child", "started", {"digest": "0" * 64}, "It is not what ORDERS-1 called"),
    "a drill": ("child", "started", {"mode": "drill"}, "It is not what ORDERS-1 called"),
    "a value from nowhere": ("child", "started", {"given": {"files": 7}}, "It is not what ORDERS-1 called"),
    "nobody above": ("child", "started", {"chain": {"requesters": [], "operators": []}}, "It leaves out Ana Ruiz"),
    "another account": ("caller", "started", {"accounts": [["ann", "U0ANN"]]}, "It leaves out Slack accounts"),
}  # fmt: skip


def faults(journal: Journal, office: Office, run_id: str) -> list[str]:
    shelf = Shelf(journal.records, office.book_of, lambda _: True)
    return list(compare_family(shelf, journal.records(run_id)))


@pytest.mark.parametrize("lie", LIES)
def test_what_runs_say_of_each_other_is_held_to_both(family: tuple[Office, str, str], lie: str) -> None:
    office, caller, child = family
    whose, kind, said, named = LIES[lie]
    meddled = Meddled(office.journal, caller if whose == "caller" else child, kind, said)
    assert faults(office.journal, office, caller) == faults(office.journal, office, child) == []
    found = [*faults(meddled, office, caller), *faults(meddled, office, child)]
    assert any(one.startswith(named) for one in found), found


def test_a_run_above_that_cannot_be_read_hides_no_lie_about_those_below(family: tuple[Office, str, str]) -> None:
    """Otherwise a forger would name one, and nothing of the chain were compared any more."""
    office, caller, _ = family
    lies: dict[str, Mapping[str, object]] = {
        "started": {"parent": {"run": "id-9", "ref": "ORDERS-9", "step": "ask", "visit": 1}},
        "call-returned": {"givers": {}},
    }
    forged = [
        one._replace(body=canonical(json.loads(one.body) | lies.get(one.kind, {})))
        for one in office.journal.records(caller)
    ]

    def records_of(run_id: str) -> list[Record]:
        if run_id == "id-9":
            raise LookupError(run_id)
        return forged if run_id == caller else office.journal.records(run_id)

    told = compare_family(Shelf(records_of, office.handler.book, lambda _: True), forged)
    assert list(told) == ["Record 8 leaves out who gave “copied” in ORDERS-2."]


def test_a_relative_that_is_not_here_is_missed_where_it_has_to_be(family: tuple[Office, str, str]) -> None:
    """What was made here stands beside those that it called; what was imported came alone."""
    office, *both = family
    for here, there, said in (
        (0, 1, "Record 7 says that it called ORDERS-2, and no"),
        (1, 0, "It says that ORDERS-1 called"),
    ):
        alone = {both[here]: office.journal.records(both[here])}
        assert both[there] not in alone

        def records_of(run_id: str, known: Mapping[str, list[Record]] = alone) -> list[Record]:
            return known.get(run_id, [])

        for made_here in (True, False):
            shelf = Shelf(records_of, office.book_of, lambda _, so=made_here: so)  # type: ignore[misc]
            missed = list(compare_family(shelf, alone[both[here]]))
            assert [one[: len(said)] for one in missed[:1]] == ([said] if made_here else [])


@pytest.mark.parametrize("step", ["ask", "a" * 64])
def test_a_call_of_a_call_of_a_call_has_an_id_that_a_database_holds(step: str) -> None:
    """However long names of steps are, and no two alike; what the shortest would be, it stays."""
    run, seen = "0" * 32, set[str]()
    for visit in (1, 2, 10):
        run = child_id(run, step, visit)
        assert len(run) <= 64
        assert run.startswith("0" * 32 + ".")
        seen.add(run)
    assert len(seen) == 3
    assert child_id("id-1", "ask", 1) == "id-1.ask.1"
