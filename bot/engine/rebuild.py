"""The index of runs made anew from the records, and what in it was wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.engine.reading import fold
from bot.format.runbook import Runbook
from bot.journal.rows import row_of
from bot.journal.store import Journal
from bot.journal.transaction import WriteTransaction, mend_given
from bot.run.state import Run


@dataclass(frozen=True, slots=True)
class Repair:
    """A run whose row was wrong in these columns, or the values beside its records; `missing` when it had none."""

    ref: str
    columns: tuple[str, ...]
    missing: bool = False


def rebuild_runs(journal: Journal, books: Callable[[str], Runbook]) -> list[Repair]:
    """Compare every run's row with what its records say and put right what differs; one transaction a run.

    How far a run was told is not in its records: a row that was missing counts as told, so that nothing is told twice.
    """

    def rebuild(run_id: str) -> Repair | None:
        return journal.write(lambda transaction: _rebuild(transaction, run_id, journal, books))

    return [repair for run_id in journal.run_ids() if (repair := rebuild(run_id)) is not None]


def _rebuild(
    transaction: WriteTransaction, run_id: str, journal: Journal, books: Callable[[str], Runbook]
) -> Repair | None:
    transaction.lock_run(run_id)
    records = transaction.records(run_id)
    run = fold(run_id, records, books)
    should = row_of(run, records[-1].hash, imported=bool(journal.arrivals(run_id)))
    keep_counting(transaction, run)
    mended = mend_given(transaction, run_id, records)
    there = transaction.run_columns(run_id)
    if there is None:
        ref = free_ref(transaction, run.start.ref)
        transaction.add_run({**should, "ref": ref}, told=run.seq)
        return Repair(ref, (), missing=True)
    wrong = differing(should, there)
    if "ref" in wrong:
        wrong["ref"] = free_ref(transaction, run.start.ref)
    if wrong:
        transaction.set_columns(run_id, wrong)
    named = (*sorted(wrong), *(("given values",) if mended else ()))
    return Repair(str(there["ref"]), named) if named else None


def differing(should: Mapping[str, object], there: Mapping[str, object]) -> dict[str, object]:
    """The columns of a run's row that are not what its records say, with what they say.

    A run that came in while its ref was taken is listed by another one, which only the row knows.
    """
    wrong = {name: value for name, value in should.items() if there[name] != value}
    if should["imported"] and _is_renamed(str(should["ref"]), str(there["ref"])):
        wrong.pop("ref", None)
    return wrong


def _is_renamed(ref: str, listed: str) -> bool:
    before, _, number = listed.rpartition(".")
    return before == ref and number.isdecimal()


_COUNTED = 10**9


def keep_counting(transaction: WriteTransaction, run: Run) -> None:
    """Let the next number of this run's word be above its own; one that nobody comes to by counting moves nothing."""
    word, _, number = run.start.ref.rpartition("-")
    if word and number.isdecimal() and int(number) < _COUNTED:
        transaction.reach_number(word, int(number))


def free_ref(transaction: WriteTransaction, ref: str) -> str:
    """The ref itself, or with ``.2``, ``.3`` … when another run is listed by it already."""
    if transaction.ref_is_free(ref):
        return ref
    return next(named for number in range(2, 10_000) if transaction.ref_is_free(named := f"{ref}.{number}"))
