"""`handrail retain`: what was kept for as long as the team's rules say is erased, and the record says so."""

import getpass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from bot.cli.failures import Failure
from bot.format.printable import printable
from bot.format.text import spoken_duration
from bot.journal.retaining import (
    OldWords,
    count_spent,
    erase_outputs,
    find_old_outputs,
    find_old_words,
    forget_spent,
)
from bot.run.commands import Refused
from bot.run.hands.events import ActionFinished
from bot.run.situation import unverified_id

if TYPE_CHECKING:
    from bot.wiring.house import House


def read_clock() -> datetime:
    """The time by which it is judged what is old."""
    return datetime.now(UTC)


@click.command("retain")
@click.option("--apply", "apply", is_flag=True, help="Do it; without this it is only said.")
@click.pass_obj
def retain(house: "House", *, apply: bool) -> None:
    """Erase what was kept for long enough, by the rules under `retain:` in a handrail/v1 file.

    Typed words of ended runs are redacted: the records stay, their chains hold, and say that this was done. Without
    --apply nothing is changed.
    """
    house.journal()  # a database that is not there is said whatever the rules are
    rules, now = house.registry().retention, read_clock()
    if any(one.severity == "error" for one in house.registry().problems):
        raise Failure("The runbooks' folder has errors, so its rules may be half read. Run handrail check first.")
    if rules.words is None and rules.logins is None:
        click.echo("No rule says how long anything is kept, so all of it is. See docs/retention.md.")
        return
    if rules.words is not None:
        _retain_words(house, now, rules.words, apply=apply)
        _retain_outputs(house, now - rules.words, _reason(rules.words), apply=apply)
    if rules.logins is not None:
        _retain_logins(house, now - rules.logins, apply=apply)
    if not apply:
        click.echo("Nothing was changed. Do it: handrail retain --apply")


def _retain_words(house: "House", now: datetime, kept: timedelta, *, apply: bool) -> None:
    found = [one for one in find_old_words(house.journal(), now - kept) if not _is_waited_for(house, one)]
    for one in found:
        click.echo(printable(f"{one.ref}: ended {one.ended_at:%Y-%m-%d}, typed words in {len(one.seqs)} records."))
        if apply:
            _erase(house, one, _reason(kept))
    total = sum(len(one.seqs) for one in found)
    click.echo(f"Typed words of {total} records in {len(found)} runs {_said(apply=apply)}.")
    if apply and found:
        click.echo("Slack, exports, backups and PostgreSQL's archive may hold copies: look after those too.")


def _is_waited_for(house: "House", one: OldWords) -> bool:
    """Whether a follow-up of the run is still to be done: whoever does it has to be able to read what."""
    return bool(house.handler().load(one.run_id).after.to_do)


def _erase(house: "House", one: OldWords, reason: str) -> None:
    for seq in one.seqs:
        try:
            house.handler().redact(one.run_id, seq, reason, unverified_id(getpass.getuser()), "terminal")
        except Refused as refused:  # somebody else erased it a moment ago
            click.echo(printable(f"! {one.ref}, record {seq}: {refused.sentence}"), err=True)


def _retain_outputs(house: "House", before: datetime, reason: str, *, apply: bool) -> None:
    """What commands of hands printed: nothing is said where there is none."""
    found = find_old_outputs(house.journal(), before)
    many = sum(map(len, found.values()))
    for run_id, attempts in found.items() if apply else ():
        handler = house.handler()
        for seq, event, _ in handler.history(run_id):
            if isinstance(event, ActionFinished) and (event.step, event.visit, event.attempt) in attempts:
                handler.redact(run_id, seq, reason, unverified_id(getpass.getuser()), "terminal")
    if many and apply:
        erase_outputs(house.journal(), before)  # of hands that did not live to record what had ended
        house.journal().clear_traces()
    if many:
        click.echo(f"What {many} commands printed {_said(apply=apply)}.")


def _reason(kept: timedelta) -> str:
    return f"Kept for {spoken_duration(int(kept.total_seconds()))}, by the team's rule."


def _retain_logins(house: "House", before: datetime, *, apply: bool) -> None:
    many = forget_spent(house.journal(), before) if apply else count_spent(house.journal(), before)
    click.echo(f"{many} codes and tokens that count no more {'were' if apply else 'would be'} forgotten.")


def _said(*, apply: bool) -> str:
    return "were erased" if apply else "would be erased"
