"""`handrail backup`, `restore` and `move`: everything of one database, in another one, compared and verified."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import quote

import click
from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from bot.cli.failures import Failure
from bot.cli.verifying import find_faults
from bot.format.printable import printable
from bot.journal.copying import NotEmpty, NotTheSame, copy_all, moved_away, open_again
from bot.journal.database import migrate, open_engine, schema_state
from bot.journal.ledger import read_tip
from bot.journal.store import Journal
from bot.wiring.process.lock import server_of
from bot.workers.clock import SWEEP

if TYPE_CHECKING:
    from bot.wiring.house import House

_SWEPT_WITHIN = 8.0
"""A server notes its sweeps every four seconds; one that did not for so long is gone."""
_NAMED = 5


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(house: "House", file: Path) -> None:
    """Write a copy of the whole record into FILE, as it is at one moment, while Handrail serves.

    FILE is a SQLite database, whichever kind the record lives in; it is read back, compared and verified. Exits with 1
    when what it holds does not verify: keep it all the same. `handrail restore FILE` brings it back.
    """
    house.journal()
    if file.exists():
        raise Failure(f"{file} is there already, and a backup is never written over. Name another file.")
    if not file.absolute().parent.is_dir():
        raise Failure(f"There is no folder {file.absolute().parent}. Make it first.")
    since = monotonic()
    with tempfile.TemporaryDirectory(prefix=".handrail-backup-", dir=file.absolute().parent) as folder:
        part = Path(folder) / file.name
        part.touch(mode=0o600)
        with _opened(f"sqlite:///{part}") as target:
            migrate(target)
            many = _copy(house.engine, target)
            with closing(house.beside(f"sqlite:///{part}")) as written:
                bad = _say_faults(written)
            _say(str(file), many, Journal(target), since)
        _close_file(part)
        os.link(part, file)  # never over a file that came meanwhile
    click.echo(f"Bring it back: handrail restore {file}")
    click.get_current_context().exit(1 if bad else 0)


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.pass_obj
def restore(house: "House", file: Path) -> None:
    """Bring a backup back, into the database that DATABASE_URL names; it has to be new or empty.

    FILE is what `handrail backup` wrote, or any copy of a SQLite record. Open runs are open again, and whatever was
    due since is done when `handrail serve` starts.
    """
    since = monotonic()
    with _reading(file) as source:
        _prepare(house.engine)
        many = _copy(source, house.engine)
    bad = _say_faults(house)
    _say(_name(house.engine), many, house.journal(), since)
    click.echo("Next: handrail doctor. Runs that were open are driven from the moment `handrail serve` starts.")
    click.get_current_context().exit(1 if bad else 0)


@click.command("move")
@click.option("--to", "url", metavar="URL", help="The new database; `env:NAME` reads it from a variable.")
@click.option("--undo", is_flag=True, help="Let the old database take records again; use it before the new one serves.")
@click.pass_obj
def move(house: "House", url: str | None, *, undo: bool) -> None:
    """Move the whole record from the database of DATABASE_URL into a new one, from SQLite to PostgreSQL or back.

    Stop `handrail serve` and `handrail hands` first. The copy is compared, row for row, and verified; then the old
    database takes no record any more and says where it went. Then set DATABASE_URL to the new one, and start.
    """
    if undo == (url is not None):
        raise click.UsageError("Say where to: handrail move --to URL. (Or, to go back: handrail move --undo.)")
    journal, source = house.journal(), house.engine
    went = moved_away(source)
    if undo:
        _undo(source, went)
        return
    if went:
        raise Failure(went)
    _refuse_while_served(house, journal)
    since, address = monotonic(), _address(house, url or "")
    with _opened(address) as target:
        if _name(target) == _name(source):
            raise Failure("The new database is the old one: name another one behind --to.")
        bad = _say_faults(house)
        if bad:
            raise Failure(
                "Nothing was moved: the record has to verify first. To carry it over as it is: handrail backup FILE, "
                "then handrail restore FILE with DATABASE_URL on the new database."
            )
        _prepare(target)
        many = _copy(
            source, target,
            f"This record has moved to {_name(target)}. Set DATABASE_URL to it. "
            "To go back before the new one serves: handrail move --undo",
        )  # fmt: skip
        _say(_name(target), many, Journal(target), since)
    click.echo("The old database takes no record any more. Set DATABASE_URL to the new one, then start Handrail there.")


def _undo(source: Engine, went: str) -> None:
    if not went:
        click.echo("This record has not moved. Nothing was changed.")
        return
    open_again(source)
    click.echo(
        "This database takes records again. What the new one was given since, it alone has: never let both serve."
    )


def _refuse_while_served(house: "House", journal: Journal) -> None:
    file = house.settings.sqlite_path
    if file is not None and (holder := server_of(file)) is not None:
        raise Failure(f"`handrail serve` (process {holder}) works on {file}. Stop it first; nothing was moved.")
    swept = journal.last_sweep(SWEEP)
    ago = (journal.database_time() - swept).total_seconds() if swept and file is None else _SWEPT_WITHIN
    if ago < _SWEPT_WITHIN:
        raise Failure(
            f"A `handrail serve` worked on this database {max(ago, 0):.0f} s ago. Stop every replica, wait for "
            f"{_SWEPT_WITHIN:.0f} seconds, and say it again; nothing was moved."
        )


def _address(house: "House", url: str) -> str:
    if not url.startswith("env:"):
        return url
    found = house.environment.get(url.removeprefix("env:"), "")
    if not found:
        raise Failure(
            f"The variable {printable(url.removeprefix('env:'))} is not set. It holds the new database's URL."
        )
    return found


def _prepare(target: Engine) -> None:
    """Make its tables; those of a newer Handrail are left alone."""
    try:
        migrate(target)
    except RuntimeError as why:
        raise Failure(str(why)) from None


def _copy(source: Engine, target: Engine, closed_with: str = "") -> Mapping[str, int]:
    try:
        return copy_all(source, target, closed_with=closed_with)
    except NotEmpty as table:
        raise Failure(
            f"{_name(target)} holds something already (in the table {table}). A record goes into a new or empty "
            "database only; nothing was changed."
        ) from None
    except NotTheSame as why:
        raise Failure(f"{why} Nothing of the copy was kept. Try again, and look at that machine's disk.") from None
    except DBAPIError as failure:
        if getattr(failure.orig, "sqlstate", None) == "42501":
            raise Failure(
                "The role that logs in does not own the tables. Do this as their owner, as migrate."
            ) from None
        raise


def _say_faults(house: "House") -> int:
    """Name what does not verify; how much that is."""
    many = 0
    for name, sentence in find_faults(house):
        many += 1
        if many <= _NAMED:
            click.echo(f"{click.style('✗', fg='red')} {click.style(printable(name), bold=True)}  {printable(sentence)}")
    if many > _NAMED:
        click.echo(f"✗ and {many - _NAMED} more: handrail verify names them all.")
    return many


def _say(where: str, many: Mapping[str, int], journal: Journal, since: float) -> None:
    runs, opened = many["run"], len(journal.open_runs())
    click.echo(
        f"{click.style('✓', fg='green')} {printable(where)}: {runs} {'run' if runs == 1 else 'runs'} ({opened} open), "
        f"{many['record'] + many['stream_record']} records, {sum(many.values())} rows in all, read back and the same; "
        f"{monotonic() - since:.1f} s."
    )
    click.echo(f"  {read_tip(journal.read)}")


def _name(engine: Engine) -> str:
    if engine.dialect.name == "sqlite":
        return str(Path(engine.url.database or "").absolute())
    return engine.url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    try:
        engine = open_engine(url)
    except ValueError as why:
        raise Failure(str(why)) from None
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _reading(file: Path) -> Iterator[Engine]:
    """A backup, as it lies there: nothing is written beside it. One of an older version is upgraded in a copy."""
    beside = file.with_name(f"{file.name}-wal")
    if beside.exists() and beside.stat().st_size:
        raise Failure(
            f"{beside.name} lies beside {file.name}: this is a database in use, not a backup. Make one of it with "
            "handrail backup, or stop what uses it."
        )
    address = f"file:{quote(str(file.absolute()))}?mode=ro&immutable=1"
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=NullPool, hide_parameters=True
    )
    try:
        state = schema_state(engine)
    except DBAPIError:
        raise Failure(f"{file} is no SQLite database, so no backup of Handrail.") from None
    if state == "empty":
        raise Failure(f"{file} has no tables of Handrail.")
    if state == "ahead":
        raise Failure(f"{file} was written by a newer Handrail. Install that version.")
    if state == "current":
        yield engine
        return
    with tempfile.TemporaryDirectory(prefix="handrail-restore-") as folder:
        copy = Path(folder) / "older.db"
        with sqlite3.connect(address, uri=True) as old, sqlite3.connect(copy) as new:
            old.backup(new)
        with _opened(f"sqlite:///{copy}") as upgraded:
            migrate(upgraded)
            yield upgraded


def _close_file(part: Path) -> None:
    """Make one file of it, on disk, with nothing beside it."""
    connection = sqlite3.connect(part)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    handle = os.open(part, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
