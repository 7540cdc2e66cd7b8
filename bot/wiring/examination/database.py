"""Whether the database answers, fits this version, and still refuses to change a record."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import Engine

from bot.journal.copying import moved_away
from bot.journal.database import schema_state
from bot.journal.grants import missing_grants
from bot.journal.guards import say_weak, weak_guards
from bot.journal.ledger.following import follow_ledger
from bot.journal.store import Journal
from bot.wiring.examination.clocks import compare_clocks
from bot.wiring.examination.connections import examine_connections
from bot.wiring.examination.finding import Diagnosis
from bot.wiring.house import House

_NAMED = 3
"""Faults of the ledger that are named."""


def examine_database(house: House) -> Iterator[Diagnosis]:
    """That it answers, that its tables are of this version, and its clock."""
    file = house.settings.sqlite_path
    if file is not None and not file.exists():
        yield _place_for(file)
        return
    engine = house.engine
    if file is None:
        missing = missing_grants(engine)
        if missing:
            yield _grants(missing)
            return
    state = schema_state(engine)
    name = "SQLite" if file is not None else "PostgreSQL"
    yield Diagnosis("database", "fine", f"{name} at {engine.url.render_as_string(hide_password=True)} answers.")
    if state == "current" and (went := moved_away(engine)):
        yield Diagnosis("database", "bad", "It takes no record any more.", went)
        return
    yield _tables(state, by_itself=file is not None)
    weak = weak_guards(engine) if state == "current" else ()
    if weak:
        yield Diagnosis(
            "record",
            "bad",
            say_weak(weak),
            "Find out who took that away, keep a copy, and run `handrail verify` with heads from Slack or exports. "
            "`handrail migrate`, as the owner of the tables, puts it back.",
        )
    if state == "current":
        yield from _ledger(engine)
    if file is None:
        yield examine_connections(house)
    if state == "current" and file is None:
        yield compare_clocks("the database's", Journal(engine).database_time())


def _ledger(engine: Engine) -> Iterator[Diagnosis]:
    """That no run is missing which the ledger knows, and that it goes on to its end."""
    verdict = follow_ledger(Journal(engine).read)
    if not verdict.faults:
        number, hash_ = verdict.tip
        yield Diagnosis("ledger", "fine", f"{number} entries, head {hash_}.")
        return
    named = " ".join(one.sentence for one in verdict.faults[:_NAMED])
    more = f" And {len(verdict.faults) - _NAMED} more." if len(verdict.faults) > _NAMED else ""
    yield Diagnosis("ledger", "bad", named + more, "Keep a copy of the database as it is, then run `handrail verify`.")


def _grants(missing: Mapping[str, tuple[str, ...]]) -> Diagnosis:
    named = "; ".join(f"{', '.join(rights)} on {table}" for table, rights in list(missing.items())[:_NAMED])
    more = f" and {len(missing) - _NAMED} more tables" if len(missing) > _NAMED else ""
    todo = "As the owner of the tables run the GRANT and REVOKE lines of docs/install.md for this role."
    return Diagnosis("grants", "bad", f"The role that logs in may not: {named}{more}.", todo)


def _place_for(file: Path) -> Diagnosis:
    folder = file.absolute().parent
    if not os.access(folder, os.W_OK):
        return Diagnosis("database", "bad", f"Nothing can be written into {folder}.", "Name another in DATABASE_URL.")
    return Diagnosis("database", "fine", f"The file {file} is made when `handrail serve` starts.")


def _tables(state: str, *, by_itself: bool) -> Diagnosis:
    match state:
        case "current":
            return Diagnosis("migrations", "fine", "The tables are of this version.")
        case "ahead":
            return Diagnosis("migrations", "bad", "The tables belong to a newer Handrail.", "Install that version.")
        case _ if by_itself:
            return Diagnosis("migrations", "fine", "The tables are made when `handrail serve` starts.")
        case _:
            word = "There are no tables yet." if state == "empty" else "The tables are of an older version."
            return Diagnosis("migrations", "bad", word, "Run `handrail migrate`.")
