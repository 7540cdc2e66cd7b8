"""`handrail doctor`: looks at all that Handrail stands on, and says what to do about each."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click

from bot.bulkhead import contain
from bot.cli.failures import Failure, in_words
from bot.format.printable import printable
from bot.settings import BadSettings
from bot.wiring.calling.looking import examine_channels
from bot.wiring.examination.access import examine_access
from bot.wiring.examination.database import examine_database
from bot.wiring.examination.feeds import examine_feeds
from bot.wiring.examination.finding import Diagnosis
from bot.wiring.examination.folders import examine_runbooks, examine_templates, examine_written
from bot.wiring.examination.hands import examine_hands
from bot.wiring.examination.outside import examine_outside
from bot.wiring.examination.slack import examine_slack
from bot.wiring.house import House
from bot.wiring.process.logs import hide_secrets


@dataclass(frozen=True)
class _Mark:
    sign: str
    colour: str


_MARKS = {"fine": _Mark("✓", "green"), "odd": _Mark("!", "yellow"), "bad": _Mark("✗", "red")}


@click.command("doctor")
@click.pass_obj
def doctor(house: House) -> None:
    """Check all that Handrail stands on, and say what to do about each thing that is not right.

    Settings, tokens and scopes of Slack, database and migrations, runbooks and templates, who may read, channels and
    calendars of people, what watches Handrail, and clocks. Nothing is changed, and nobody is called.

    Exits with 0 when nothing stands in the way, with 1 when something does.
    """
    findings = list(_examine(house))
    for finding in findings:
        click.echo(_line(finding))
    bad = sum(finding.state == "bad" for finding in findings)
    click.echo()
    if bad:
        click.echo(f"{bad} of {len(findings)} need your hand. Do what the arrows say, then ask the doctor again.")
        sys.exit(1)
    click.echo("Nothing stands in the way. Next: handrail serve")


def _examine(house: House) -> Iterator[Diagnosis]:
    """All findings; an examination that breaks is a finding too."""
    with contain() as reading:
        settings = house.settings
    if isinstance(reading.failure, BadSettings):
        bad = reading.failure.problems
        yield from (Diagnosis("settings", "bad", f"{one.name} {one.message}", one.hint) for one in bad)
        return
    if reading.failure is not None:
        yield _broken("settings", reading.failure)
        return
    yield Diagnosis("settings", "fine", f"Slack at {settings.slack_api_url}, runbooks in {settings.runbooks}.")
    for name, examine in _EXAMINATIONS.items():
        with contain() as examining:  # whatever it is, the doctor goes on to say it
            yield from examine(house)
        if examining.failure is not None:
            yield _broken(name, examining.failure)


def _broken(name: str, failure: Exception) -> Diagnosis:
    words: Failure = in_words(failure)
    said, _, more = words.message.partition("\n")
    return Diagnosis(name, "bad", said, " ".join(more.split()))


def _line(finding: Diagnosis) -> str:
    mark = _MARKS[finding.state]
    line = f"{click.style(mark.sign, fg=mark.colour)} {finding.part:<12} {_said(finding.says)}"
    return line + (f"\n{'':<14} → {_said(finding.todo)}" if finding.todo else "")


def _said(text: str) -> str:
    """Settings are repeated in it, and what the doctor says is pasted into tickets."""
    return printable(hide_secrets(text))


_EXAMINATIONS: dict[str, Callable[[House], Iterator[Diagnosis]]] = {
    "slack": examine_slack,
    "database": examine_database,
    "runbooks": examine_runbooks,
    "templates": examine_templates,
    "copies": examine_written,
    "access": examine_access,
    "paging": examine_channels,
    "feeds": examine_feeds,
    "hands": examine_hands,
    "outside": examine_outside,
}
