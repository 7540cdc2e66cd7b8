"""`handrail doctor`: looks at all that Handrail stands on, and says what to do about each."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click

from bot.cli.failures import Failure, in_words
from bot.wiring.calling.looking import examine_channels
from bot.wiring.examination import Finding, examine_database, examine_runbooks, examine_slack
from bot.wiring.house import House


@dataclass(frozen=True)
class _Mark:
    sign: str
    colour: str


_MARKS = {"fine": _Mark("✓", "green"), "odd": _Mark("!", "yellow"), "bad": _Mark("✗", "red")}


@click.command("doctor")
@click.pass_obj
def doctor(house: House) -> None:
    """Check tokens, scopes, database, migrations, runbooks, channels and clock, and say what to do about each.

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


def _examine(house: House) -> Iterator[Finding]:
    """All findings; an examination that breaks is a finding too."""
    try:
        settings = house.settings
    except Exception as failure:  # noqa: BLE001 (whatever it is, the doctor goes on to say it)
        yield _broken("settings", failure)
        return
    yield Finding("settings", "fine", f"Slack at {settings.slack_api_url}, runbooks in {settings.runbooks}.")
    for name, examine in _EXAMINATIONS.items():
        try:
            yield from examine(house)
        except Exception as failure:  # noqa: BLE001 (as above)
            yield _broken(name, failure)


def _broken(name: str, failure: Exception) -> Finding:
    words: Failure = in_words(failure)
    said, _, more = words.message.partition("\n")
    return Finding(name, "bad", said, " ".join(more.split()))


def _line(finding: Finding) -> str:
    mark = _MARKS[finding.state]
    line = f"{click.style(mark.sign, fg=mark.colour)} {finding.part:<12} {finding.says}"
    return line + (f"\n{'':<14} → {finding.todo}" if finding.todo else "")


_EXAMINATIONS: dict[str, Callable[[House], Iterator[Finding]]] = {
    "slack": lambda house: examine_slack(house.settings),
    "database": lambda house: examine_database(house.settings, house.engine),
    "runbooks": lambda house: examine_runbooks(house.settings.runbooks),
    "paging": examine_channels,
}
