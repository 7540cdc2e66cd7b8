"""`handrail verify`: guards, ledger, chains, rows and law, and the heads that somebody kept."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.failures import Failure
from bot.cli.kept_heads import KeptHead, read_heads
from bot.engine.verifying import verify_run
from bot.format.printable import printable
from bot.journal.guards import say_weak, weak_guards
from bot.journal.ledger.following import LedgerVerdict, follow_ledger
from bot.journal.streams import stream_names, streams_named

if TYPE_CHECKING:
    from bot.wiring.house import House

_EMPTY = (
    "There is no run in this database, so nothing was verified. Is it the one that you mean? DATABASE_URL names it; "
    "where none is expected yet, say --allow-empty."
)


@click.command("verify")
@click.argument("ref", required=False)
@click.option("--head", "until", metavar="HASH", help="A head that somebody holds; it has to be in the chain.")
@click.option(
    "--heads", "file", metavar="FILE", type=click.Path(exists=True, path_type=Path, dir_okay=False),
    help="Heads that somebody kept, a line each: of the ledger, as it is posted each day, or of runs.",
)  # fmt: skip
@click.option("--allow-empty", is_flag=True, help="A database without runs is as it should be.")
@click.pass_obj
def verify(house: "House", ref: str | None, until: str | None, file: Path | None, *, allow_empty: bool) -> None:
    """Verify a run, or all runs, the ledger and the records of protections, and name all that does not fit.

    Recomputed are the hash chains; compared with the records are the ledger, what lists say of each run, and the rules:
    what they never let happen is named. Exits with 1 when something does not fit.
    """
    if until and not ref:
        raise click.UsageError("Say whose head this is: handrail verify REF --head HASH")
    kept = read_heads(file) if file is not None else ()
    journal = house.journal()
    row = journal.find_run(ref) if ref else None
    if ref and row is None:
        raise Failure(f"There is no run {printable(ref)} here. `handrail runs --all` lists them.")
    weak = say_weak(weak_guards(house.engine))
    if weak:
        _say_bad("guards", weak)
    ledger = follow_ledger(journal.read)
    chosen = [row.run_id] if row else list(dict.fromkeys([*journal.run_ids(), *journal.listed_ids()]))
    bad = sum(not _verify_one(house, run_id, until, ledger) for run_id in chosen)
    missed = list(_missed(house, ledger, kept)) if kept else []
    sound = _tell_ledger(ledger, chosen, whole=row is None) and not weak and not missed
    sound = (row is not None or _tell_streams(house)) and sound
    for sentence in missed:
        _say_bad("heads", sentence)
    if kept and not missed:
        _say_good("heads", f"all {len(kept)} that were kept are where they were")
    _conclude(chosen, bad, sound=sound, allow_empty=allow_empty)


def find_faults(house: "House") -> Iterator[tuple[str, str]]:
    """All that does not fit in a whole record: of what, and the sentence."""
    journal = house.journal()
    weak = say_weak(weak_guards(house.engine))
    if weak:
        yield "guards", weak
    ledger = follow_ledger(journal.read)
    for fault in ledger.faults:
        yield "ledger", fault.sentence
    for run_id in dict.fromkeys([*journal.run_ids(), *journal.listed_ids()]):
        verdict = verify_run(journal, house.book_of, run_id, house.now(), None, ledger.bound_from)
        for sentence in verdict.faults:
            yield verdict.ref or run_id, sentence
    for name in stream_names(journal):
        streams = streams_named(journal, name)
        verified = streams.verify(name) if streams is not None else None
        if verified is not None and verified.fault is not None:
            yield name, verified.fault


def _conclude(chosen: list[str], bad: int, *, sound: bool, allow_empty: bool) -> None:
    if bad:
        click.echo(f"\n{bad} of {len(chosen)} {'run does' if len(chosen) == 1 else 'runs do'} not hold.")
    if bad or not sound:
        click.echo("\nKeep a copy of the database as it is before anything else.")
        sys.exit(1)
    if not chosen:
        click.echo(_EMPTY if not allow_empty else "There is no run in this database.")
        sys.exit(0 if allow_empty else 1)
    click.echo(f"\n{len(chosen)} {'chain holds' if len(chosen) == 1 else 'chains hold'}.")


def _verify_one(house: "House", run_id: str, until: str | None, ledger: LedgerVerdict) -> bool:
    verdict = verify_run(
        house.journal(), house.book_of, run_id, house.now(), until.strip().lower() if until else None,
        ledger.bound_from,
    )  # fmt: skip
    name = verdict.ref or run_id
    for note in verdict.notes:
        click.echo(f"  {click.style(printable(name), bold=True)}  {printable(note)}")
    faults = (*verdict.faults, *(fault.sentence for fault in ledger.faults if fault.run_id == run_id))
    for sentence in faults:
        _say_bad(name, sentence)
    if not faults:
        _say_good(name, f"{verdict.records} records, head {verdict.head}")
    return not faults


def _tell_ledger(ledger: LedgerVerdict, chosen: Iterable[str], *, whole: bool) -> bool:
    """Say how the ledger is; of one run alone, what is wrong with others is not said."""
    told = {*chosen}
    others = [one for one in ledger.faults if one.run_id is None or (whole and one.run_id not in told)]
    for fault in others:
        _say_bad("ledger", fault.sentence)
    if not others and whole:
        number, hash_ = ledger.tip
        _say_good("ledger", f"{number} entries, head {hash_}")
    return not others


def _tell_streams(house: "House") -> bool:
    """Say how the records of protections are; those that hold in one line."""
    journal, good, bad = house.journal(), 0, 0
    for name in stream_names(journal):
        streams = streams_named(journal, name)
        verdict = streams.verify(name) if streams is not None else None
        if verdict is None:
            click.echo(
                f"  {click.style(printable(name), bold=True)}  A newer Handrail wrote this: verify it with that one."
            )
        elif verdict.fault is not None:
            bad += 1
            _say_bad(name, verdict.fault)
        else:
            good += 1
            for note in verdict.notes:
                click.echo(f"  {click.style(printable(name), bold=True)}  {printable(note)}")
    if good:
        _say_good("protections", f"{good} {'record holds' if good == 1 else 'records hold'}")
    return not bad


def _missed(house: "House", ledger: LedgerVerdict, kept: Iterable[KeptHead]) -> Iterator[str]:
    journal = house.journal()
    for one in kept:
        if one.of == "ledger":
            there = {ledger.hashes.get(one.number)} if one.number is not None else set(ledger.hashes.values())
            if one.hash not in there:
                yield f"{one}: the ledger does not have this head: its end was cut off, or it was made anew."
            continue
        row = journal.find_run(one.of)
        if row is None:
            yield f"{one}: there is no run {one.of} here."
            continue
        numbers = [one.number] if one.number is not None else range(1, row.head + 1)
        if all(journal.hash_at(row.run_id, number) != one.hash for number in numbers):
            yield f"{one}: {one.of} does not have this head: it was cut short or made anew."


def _say_bad(name: str, sentence: str) -> None:
    click.echo(f"{click.style('✗', fg='red')} {click.style(printable(name), bold=True)}  {printable(sentence)}")


def _say_good(name: str, sentence: str) -> None:
    click.echo(f"{click.style('✓', fg='green')} {click.style(printable(name), bold=True)}  {sentence}")
