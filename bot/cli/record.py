"""The record at a terminal: list, read, verify, carry, rebuild, redact, migrate."""

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.failures import Failure
from bot.cli.printing import write_out
from bot.format.printable import printable
from bot.journal.chain import Unreadable
from bot.journal.database import schema_state
from bot.journal.guards import mend_guards
from bot.journal.rows import RunRow
from bot.journal.streams import stream_names, streams_named
from bot.render.prose import MODES, say_outcome, say_who
from bot.render.sentences import say_event
from bot.run.commands import Refused
from bot.run.situation import Stamp, unverified_id

if TYPE_CHECKING:
    from bot.engine.travel import Imported
    from bot.wiring.house import House


def _find(house: "House", ref: str) -> RunRow:
    row = house.journal().find_run(ref)
    if row is None:
        raise Failure(f"There is no run {printable(ref)} here. `handrail runs --all` lists them.")
    return row


def _myself() -> str:
    return unverified_id(getpass.getuser())


@click.command("runs")
@click.option("--all", "everything", is_flag=True, help="Ended runs too, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON list.")
@click.pass_obj
def runs(house: "House", *, everything: bool, as_json: bool) -> None:
    """List the runs that are open."""
    journal = house.journal()
    found = journal.newest_runs(500) if everything else journal.open_runs()
    if as_json:
        write_out(json.dumps([_as_dict(row) for row in found], indent=2, ensure_ascii=False) + "\n")
        return
    if not found:
        click.echo("No run is open. `handrail runs --all` lists those that ended." if not everything else "No run yet.")
        return
    for row in found:
        click.echo(_line(row))
    click.echo(f"\nRead one: handrail log {found[0].ref}")


def _line(row: RunRow) -> str:
    stands = say_outcome(row.outcome) if row.outcome else f"{row.operator_name or 'nobody'} operates"
    step = f" · {row.step_title}" if row.step_title and not row.outcome else ""
    step += " · waiting for a review" if row.waits_for_review else ""
    came = " · imported as evidence: it breaks the law" if row.evidence else " · imported" if row.imported else ""
    name = click.style(f"{row.ref:14}", bold=True)
    told = (
        f" {row.started_at:%Y-%m-%d %H:%M}  {MODES[row.mode]:5}  {row.asset_name} · {row.title} · {stands}{step}{came}"
    )
    return name + printable(told)


def _as_dict(row: RunRow) -> dict[str, object]:
    times = {"started_at": row.started_at.isoformat(), "ended_at": row.ended_at.isoformat() if row.ended_at else None}
    kept = ("run_id", "ref", "asset", "runbook", "digest", "title", "mode", "state", "outcome", "operator", "step")
    return {
        name: getattr(row, name) for name in (*kept, "waits_for_review", "head", "hash", "imported", "evidence")
    } | times


@click.command("log")
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object a line, as it is recorded.")
@click.pass_obj
def log(house: "House", ref: str, *, as_json: bool) -> None:
    """Print what happened in a run: when, who, what."""
    row = _find(house, ref)
    if as_json:
        from bot.engine.travel import export_run

        for line in list(export_run(house.journal(), row, datetime.now(UTC)))[1:]:
            write_out(f"{line}\n")
        return
    try:
        run = house.handler().load(row.run_id)
    except Unreadable as why:
        raise Failure(str(why)) from None
    mode = MODES[row.mode]
    click.echo(click.style(f"{row.ref} · {mode} · {printable(row.asset_name)}", bold=True))
    click.echo(printable(f"{row.title} ({row.runbook}, {row.digest[:12]}); times in UTC"))
    for came in house.journal().arrivals(row.run_id):
        mark = " As evidence: it breaks the law." if came.evidence else ""
        click.echo(printable(f"Imported {came.at:%Y-%m-%d %H:%M} UTC by {came.by} from {came.source}.{mark}"))
    for seq, event, stamp in house.journal().history(row.run_id):
        said = printable(say_event(run, event)).replace("\n", "\n" + " " * 27)
        who = printable(say_who(run, stamp.by))
        click.echo(f"{seq:4}  {stamp.at:%m-%d %H:%M:%S}  {click.style(who, bold=True)} ({stamp.via})  {said}")
    click.echo(f"\nHead {row.hash} (record {row.head}).\nCheck it: handrail verify {row.ref}")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.option("--as-evidence", is_flag=True, help="Take it in though it breaks the law; it is marked so for ever.")
@click.pass_obj
def import_(house: "House", file: Path, *, as_evidence: bool) -> None:
    """Take in a run that was exported. It is read here and driven where it was made.

    It is verified first: a file whose chain does not hold is refused, and so is one that tells what the rules never let
    happen.
    """
    from bot.engine.travel import CannotImport, Unlawful, import_run

    stamp = Stamp(datetime.now(UTC), _myself(), "import")
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
        done = import_run(house.journal(), house.book_of, lines, stamp, file.name, as_evidence=as_evidence)
    except UnicodeDecodeError:
        raise Failure(f"{file} is not a file that `handrail export` wrote.") from None
    except Unlawful as why:
        raise Failure(
            f"{file} was not taken in. {why}\n  Ask where it comes from. To keep it all the same, marked for ever: "
            f"handrail import --as-evidence {file.name}"
        ) from None
    except CannotImport as why:
        raise Failure(f"{file} was not taken in. {why}") from None
    _say_import(done)
    if not done.unlawful:  # evidence is written nowhere but into its own place
        _tell_homecoming(house, done.listed_as, stamp)
    click.echo(f"Read it: handrail log {done.listed_as}")


def _say_import(done: "Imported") -> None:
    said = {
        "new": f"{done.listed_as}: {done.added} records taken in, their chain holds.",
        "extended": f"{done.listed_as}: {done.added} new records taken in.",
        "same": f"{done.listed_as} is here already, record for record. Nothing was changed.",
        "older": f"{done.listed_as} is here already and goes further than this file. Nothing was changed.",
    }
    click.echo(printable(said[done.state]))
    if done.listed_as != done.ref:
        click.echo(
            f"Another run here is {done.ref}, so it is listed as {done.listed_as}; its record still says {done.ref}."
        )
    for sentence in done.unlawful:
        click.echo(printable(f"! {sentence} Do not trust this record before you know where it comes from."))
    if done.unlawful and done.state in ("new", "extended"):
        click.echo("It is marked as evidence for ever.")


def _tell_homecoming(house: "House", listed_as: str, stamp: Stamp) -> None:
    """Link a run that went on from another one with that one, and name what does not fit."""
    from bot.engine.continuing import link_home
    from bot.wiring.house import new_id

    row = _find(house, listed_as)
    told = link_home(house.journal(), house.book_of, house.handler().load(row.run_id), stamp, new_id)
    if told is None:
        return
    said = {
        "linked": f"It went on from {told.ref}, record {told.after}; {told.ref} says so now.",
        "known": f"It went on from {told.ref}, record {told.after}, which says so already.",
        "missing": f"It went on from {told.ref}, which is not in this database: import that one too.",
        "away": f"It went on from {told.ref}, record {told.after}, which is only read here.",
        "strange": f"It says that it went on from {told.ref}, but record {told.after} of that one is another here: "
        "they are not linked. Compare both before you trust either.",
    }
    click.echo(said[told.state])
    if told.since:
        click.echo(
            f"! {told.ref} went on here too, by {told.since} records after record {told.after}. "
            "Two people may have done the same step: read both logs."
        )
    for other in told.others:
        click.echo(f"! {other} went on from {told.ref} as well: read both logs.")


@click.command("rebuild")
@click.pass_obj
def rebuild(house: "House") -> None:
    """Rebuild the index of runs and protections from the records, and say what was wrong in it."""
    from bot.engine.rebuild import rebuild_runs

    repairs = rebuild_runs(house.journal(), house.book_of)
    for repair in repairs:
        what = "was not listed" if repair.missing else f"{', '.join(repair.columns)} put right"
        click.echo(f"{repair.ref}: {what}.")
    click.echo(f"{len(repairs)} of {len(house.journal().run_ids())} runs were put right.")
    journal = house.journal()
    for name in stream_names(journal):
        streams = streams_named(journal, name)
        if streams is not None and streams.rebuild(name):
            click.echo(f"{printable(name)}: put right.")
    click.echo("Check the chains: handrail verify")


@click.command("redact")
@click.argument("ref")
@click.argument("seq", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why; it is recorded.")
@click.pass_obj
def redact(house: "House", ref: str, seq: int, reason: str) -> None:
    """Erase the words that somebody typed in record SEQ, or what the command printed of whose end it tells.

    The chain still holds; copies elsewhere stay as they are.
    """
    row = _find(house, ref)
    try:
        done = house.handler().redact(row.run_id, seq, reason, _myself(), "terminal")
    except Refused as refused:
        raise Failure(refused.sentence) from None
    click.echo(f"Erased in {row.ref}, record {seq}. Record {done.run.seq} says so.")
    click.echo("Slack, exports, backups and PostgreSQL's archive may hold copies: erase those too.")


@click.command("migrate")
@click.pass_obj
def migrate(house: "House") -> None:
    """Bring the database's tables up to this version."""
    from bot.wiring.house import upgrade_tables

    before = schema_state(house.engine)
    try:
        upgrade_tables(house.engine)
    except RuntimeError as why:
        raise Failure(str(why)) from None
    said = {"current": "The tables are up to date already.", "empty": "The tables were made."}
    click.echo(said.get(before, "The tables were brought up to this version."))
    mended = mend_guards(house.engine)
    if mended:
        click.echo(f"Put back, what refuses to change the record: {', '.join(one.name for one in mended)}.")
        click.echo("Find out who took that away, and run handrail verify: the record stood open meanwhile.")
    click.echo("Next: handrail doctor")
