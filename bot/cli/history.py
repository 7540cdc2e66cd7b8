"""`handrail history`: every version of a runbook that ever served, and where each came from."""

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from bot.cli.failures import Failure
from bot.cli.printing import write_out
from bot.format.printable import printable
from bot.journal.versions import Version, Versions

if TYPE_CHECKING:
    from bot.wiring.house import House

_SHORT = 12


@click.command("history")
@click.argument("runbook")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON list.")
@click.option(
    "--text", "digest", metavar="DIGEST", help="Print the exact text of one version, by the start of its digest."
)
@click.pass_obj
def history(house: "House", runbook: str, *, as_json: bool, digest: str | None) -> None:
    """List the versions of RUNBOOK that ever served here: since when, by which commit and author, from which file."""
    versions = Versions(house.journal())
    found = versions.of(runbook)
    if not found:
        near = get_close_matches(runbook, list(versions.last()), n=1)
        hint = f"Did you mean {near[0]}?" if near else "Versions are kept while `handrail serve` runs."
        raise Failure(f"No version of “{printable(runbook)}” has served here. {hint}")
    if digest is not None:
        write_out(_text_of(house, found, digest))
    elif as_json:
        write_out(json.dumps([_as_dict(one) for one in found], indent=2, ensure_ascii=False) + "\n")
    else:
        click.echo("\n".join(map(_line, found)))
        click.echo(f"\nRead one: handrail history {printable(runbook)} --text {found[-1].digest[:_SHORT]}")


def _text_of(house: "House", found: list[Version], start: str) -> str:
    meant = {one.digest for one in found if one.digest.startswith(start.lower())}
    if len(meant) != 1:
        many = "Several versions begin so: give more of the digest." if meant else "No version has this digest."
        raise Failure(f"{many} `handrail history {printable(found[0].runbook)}` lists them.")
    text = house.journal().text_of(meant.pop())
    if text is None:
        raise Failure("The text of this version is not in this database.")
    return text


def _line(one: Version) -> str:
    commit, _, dirty = (one.commit or "").partition("-")
    came = f"commit {commit[:_SHORT]}{' and changes not committed' if dirty else ''}" if commit else "no commit"
    by = f" by {one.author}" if one.author else ""
    return printable(f"{one.at:%Y-%m-%d %H:%M} UTC  {one.digest[:_SHORT]}  {one.file}  {came}{by}")


def _as_dict(one: Version) -> dict[str, str | None]:
    return {
        "runbook": one.runbook, "at": one.at.isoformat(), "digest": one.digest, "file": one.file,
        "commit": one.commit, "author": one.author,
    }  # fmt: skip
