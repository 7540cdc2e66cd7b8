"""Runs from elsewhere: values and names that no runbook could hold, and words that were erased where they came from."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from bot.engine.continuing import plan_continuation
from bot.engine.rebuild import rebuild_runs
from bot.engine.travel import CannotImport, Unlawful, import_run
from bot.engine.verifying import verify_run
from bot.format.runbook import Runbook
from bot.journal.chain import link
from bot.journal.database import for_writing, migrate, open_engine
from bot.journal.search import Search, Wanted
from bot.journal.store import Journal
from bot.run.commands import AddNote, TakeOver
from bot.run.situation import Stamp
from bot.run.state import Run
from tests.attacks.test_forged_runs import _record_of
from tests.engine.office import Office, open_elsewhere
from tests.engine.test_propagation import calling
from tests.journal.conftest import database_url, engine
from tests.journal.winding import BEFORE_GIVEN, wind_back
from tests.story import NOON

__all__ = ["database_url", "engine"]
BY = Stamp(NOON, "unverified: root", "import")
WORD = "Quuxbury"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Office]:
    """An office whose records come from somebody who means ill."""
    with open_elsewhere(tmp_path) as office:
        yield office


def forged(office: Office, run: Run, **body: object) -> list[str]:
    """The first record of a run with other things in it, its link made anew."""
    header, first, *_ = [json.loads(line) for line in office.export(run.id)]
    first["body"] |= body
    first["hash"] = link(first["prev"], _record_of(first))
    return [json.dumps(header | {"head": 1, "hash": first["hash"]}), json.dumps(first)]


ODD = {
    "alike once they are stored": {"a\0": "Emu", "a\ufffd": "Emu"},
    "longer than an index takes": {"".join(map(str, range(5_000))): "Emu"},
    "no text of a database": {"\0": "Emu\0", "": "Emu"},
}


@pytest.mark.parametrize("inputs", ODD.values(), ids=ODD)
def test_names_that_no_runbook_gives_stop_neither_an_import_nor_an_upgrade(
    engine: Engine, elsewhere: Office, inputs: dict[str, str]
) -> None:
    here = Office(Journal(engine))
    lines = forged(elsewhere, elsewhere.start(), inputs=inputs | {"seen": "Emu"})
    assert import_run(here.journal, here.book_of, lines, BY, "odd.jsonl").state == "new"
    assert [row.ref for row in Search(here.journal).runs(Wanted(words=("emu",)), 9)] == ["ORDERS-1"]
    with for_writing(engine).begin() as connection:
        before = connection.execute(text("SELECT name FROM given")).scalars().all()
        wind_back(connection, BEFORE_GIVEN)
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM given")).scalars().all() == before == ["seen"]
    assert rebuild_runs(here.journal, here.book_of) == []


def test_a_number_of_five_thousand_digits_is_refused_in_words(engine: Engine, elsewhere: Office) -> None:
    here = Office(Journal(engine))
    header, first = forged(elsewhere, elsewhere.start(), inputs={"a": 77777})
    with pytest.raises(CannotImport, match="Line 2"):
        import_run(here.journal, here.book_of, [header, first.replace("77777", "7" * 5_000)], BY, "big.jsonl")


def test_words_that_were_erased_elsewhere_leave_every_file_of_this_database(tmp_path: Path, elsewhere: Office) -> None:
    """As they do when they are erased here: SQLite's log too."""
    file = tmp_path / "here.db"
    engine = open_engine(f"sqlite:///{file}")
    migrate(engine)
    here = Office(Journal(engine))
    run = elsewhere.start()
    (seq, *_), *_ = elsewhere.handler.handle(run.id, AddNote(WORD), "ana", "slack").events
    import_run(here.journal, here.book_of, elsewhere.export(run.id), BY, "first.jsonl")
    elsewhere.handler.redact(run.id, seq, "a name", "dora", "terminal")
    import_run(here.journal, here.book_of, elsewhere.export(run.id), BY, "second.jsonl")
    found = [one.name for one in tmp_path.glob("here.db*") if WORD.encode() in one.read_bytes()]
    engine.dispose()
    assert found == []


ARRIVAL = {"head": 1, "hash": "", "at": "2026-11-22T12:00:00Z", "by": "root", "source": "other.jsonl"}
CROOKED: dict[str, tuple[int, dict[str, object], str]] = {
    "an arrival twice": (0, {"arrivals": [ARRIVAL, ARRIVAL]}, "does not fit its records"),
    "an arrival beyond its end": (0, {"arrivals": [ARRIVAL | {"head": 9}]}, "does not fit its records"),
    "an arrival of other records": (0, {"arrivals": [ARRIVAL | {"hash": "0" * 64}]}, "does not fit its records"),
    "an arrival at no time": (0, {"arrivals": [ARRIVAL | {"at": "2026-11-22T12:00:00"}]}, "it has no time zone"),
    "a number that no database holds": (0, {"arrivals": [ARRIVAL | {"head": 2**70}]}, "does not fit its records"),
    "an arrival from NUL": (0, {"arrivals": [ARRIVAL | {"source": "a\0"}]}, "arrivals.0.source"),
    "exported at no time": (0, {"exported_at": "2026-11-22T12:00:00"}, "it has no time zone"),
    "an id of several lines": (0, {"run_id": "a\nb"}, "run_id"),
    "a record at no time": (1, {"at": "2026-11-22T12:00:00"}, "it has no time zone"),
    "a record before all time": (1, {"at": "0001-01-01T00:00:00+14:00"}, "there was no such time"),
    "a record by NUL": (1, {"by": "ana\0"}, "by: String should match"),
}


@pytest.mark.parametrize("what", CROOKED)
def test_a_file_that_no_export_wrote_is_refused_in_words(engine: Engine, elsewhere: Office, what: str) -> None:
    here = Office(Journal(engine))
    which, said, why = CROOKED[what]
    lines = [json.loads(line) for line in forged(elsewhere, elsewhere.start())]
    arrivals = said.get("arrivals")
    if isinstance(arrivals, list):
        said = {"arrivals": [one | {"hash": one["hash"] or lines[0]["hash"]} for one in arrivals]}
    lines[which] |= said
    with pytest.raises(CannotImport, match=re.escape(why)):
        import_run(here.journal, here.book_of, map(json.dumps, lines), BY, "odd.jsonl", as_evidence=True)
    assert here.journal.run_ids() == []


ALONE: dict[str, tuple[dict[str, object], str]] = {
    "values that nobody gave": ({"given": {"target": "x"}}, "belongs to none"),
    "accounts of others": ({"accounts": [["eve", "U0ANA"]]}, "belongs to none"),
    "a law before the first": ({"law": 0}, "there never was such a law"),
    "the text of another runbook": ({"digest": "0" * 64}, "another runbook than the one with which its chain begins"),
    "somebody twice": ({"people": [{"id": "ana", "name": "Ana", "slack": None}] * 2}, "somebody twice"),
    "itself as its caller": (
        {"parent": {"run": "elsewhere-1", "ref": "A-1", "step": "a", "visit": 1}},
        "do not say so",
    ),
}


@pytest.mark.parametrize("what", ALONE)
def test_a_start_that_says_what_no_start_says_is_unlawful(engine: Engine, elsewhere: Office, what: str) -> None:
    here = Office(Journal(engine))
    said, why = ALONE[what]
    with pytest.raises(Unlawful, match=why):
        import_run(here.journal, here.book_of, forged(elsewhere, elsewhere.start(), **said), BY, "odd.jsonl")


def test_a_number_that_nobody_counts_to_leaves_our_numbers_alone(engine: Engine, elsewhere: Office) -> None:
    here = Office(Journal(engine))
    lines = forged(elsewhere, elsewhere.start(), ref=f"ORDERS-{10**18 - 1}")
    assert import_run(here.journal, here.book_of, lines, BY, "odd.jsonl").listed_as == f"ORDERS-{10**18 - 1}"
    assert here.start().start.ref == "ORDERS-1"


def renamed(lines: list[str], run_id: str, **body: object) -> list[str]:
    """The start of a run under another id, its link made anew."""
    header, first, *_ = [json.loads(line) for line in lines]
    first |= {"run_id": run_id, "body": first["body"] | body}
    first["hash"] = link(first["prev"], _record_of(first))
    return [json.dumps(header | {"run_id": run_id, "head": 1, "hash": first["hash"]}), json.dumps(first)]


def test_nobody_takes_the_place_of_a_run_that_is_to_be_called_here(engine: Engine, elsewhere: Office) -> None:
    """Its id is known before it is opened: a file that claims it, or the caller, is refused; ours is opened."""
    office = calling(Journal(engine))
    caller = office.start("caller", calls={"storage": office.digests["storage"]})
    lines = elsewhere.export(elsewhere.start("signing").id)
    for run_id, parent in (
        (f"{caller.id}.ask.1", None),
        ("z-1", {"run": caller.id, "ref": caller.start.ref, "step": "ask", "visit": 1}),
    ):
        squatter = renamed(lines, run_id, parent=parent)
        with pytest.raises(CannotImport):
            import_run(office.journal, both(office, elsewhere), squatter, BY, "odd.jsonl", as_evidence=True)
    office.finish(caller.id)
    office.handler.propagate(caller.id)
    assert office.handler.load(f"{caller.id}.ask.1").start.parent is not None


def both(office: Office, elsewhere: Office) -> Callable[[str], Runbook]:
    return lambda digest: {**office.books, **elsewhere.books}[digest]


def test_a_file_that_makes_liars_of_those_that_are_here_is_refused(engine: Engine, elsewhere: Office) -> None:
    """A run that goes on from one elsewhere is here; a forged file of that one says that somebody else operated it."""
    here = Office(Journal(engine))
    first = elsewhere.start()
    elsewhere.handler.handle(first.id, TakeOver(), "ben", "slack")
    run, head = elsewhere.handler.load(first.id), elsewhere.journal.head(first.id)
    assert head is not None
    plan = replace(plan_continuation(run, head[1], {head[2]: elsewhere.texts[head[2]]}), book=run.book, word="ORDERS1")
    gone_on = elsewhere.handler.start(plan, "dora", "terminal").run
    import_run(here.journal, here.book_of, elsewhere.export(gone_on.id), BY, "on.jsonl")
    header, *lines, last = [json.loads(line) for line in elsewhere.export(first.id)]
    last |= {"by": "chen"}
    last["hash"] = link(last["prev"], _record_of(last))
    lie = map(json.dumps, [header | {"hash": last["hash"]}, *lines, last])
    with pytest.raises(Unlawful, match="Of a run that is here: It leaves out Chen Wei, who started or operated"):
        import_run(here.journal, here.book_of, lie, BY, "odd.jsonl")
    assert import_run(here.journal, here.book_of, elsewhere.export(first.id), BY, "first.jsonl").state == "new"
    assert [verify_run(here.journal, here.book_of, one, here.at).faults for one in here.journal.run_ids()] == [(), ()]
