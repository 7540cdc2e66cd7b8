"""`handrail import-assets` and `handrail people`: what others know already, merged into files of the folder."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.cli.failures import Failure
from bot.cli.folder import RunbookFolder
from bot.format.catalogue import Catalogue
from bot.format.printable import printable
from bot.library.bringing.backstage import is_backstage, read_backstage
from bot.library.bringing.directory import read_groups
from bot.library.bringing.entries import MOST_BYTES, PLACES, Brought, Fields, NotBrought, settle
from bot.library.bringing.merging import Base, Merged, complete, first_text, merge
from bot.library.bringing.table import TEMPLATE, read_table
from bot.library.check import CheckReport, check_folder
from bot.library.check.folder import read_folder
from bot.library.check.known import SECTIONS, entries_of
from bot.library.defaults import FolderDefaults
from bot.library.registry import load_shelf
from bot.library.schema import file_name
from bot.slack.directory import SCOPES, groups_of, user_of
from bot.wiring.house import House

_FILE = Path("imported") / "catalogue.yaml"
"""Where what is brought in stands in the folder: in one of its own, so that its defaults reach nothing else."""
_NOBODY = "todo-team"
_PATIENCE = 10
_folder = click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("runbooks"),
    envvar="HANDRAIL_RUNBOOKS", show_default=True, help="The folder of runbooks and catalogue.",
)  # fmt: skip
_output = click.option(
    "--output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help=f"Write it there instead of {_FILE} in the folder.",
)  # fmt: skip


@click.command("import-assets")
@click.argument("files", metavar="FILE…", nargs=-1, type=click.Path(path_type=Path))
@click.option("--template", is_flag=True, help="Print the columns of a CSV file, with one row to replace.")
@_output
@_folder
def import_assets(files: tuple[Path, ...], template: bool, output: Path | None, folder: Path) -> None:  # noqa: FBT001  (click's flag)
    """Bring assets in from CSV files and Backstage's catalog-info.yaml.

    What most have in common stands once, as defaults; each asset is a line. Run it again with newer files: what is new
    is added, what changed there follows, and what people changed here stays. Nothing is taken out. It says what nobody
    knew.
    """
    if template:
        click.echo(TEMPLATE, nl=False)
        return
    if not files:
        raise Failure("Name a CSV file or a catalog-info.yaml. `handrail import-assets --template` prints the columns.")
    brought = Brought()
    for file in files:
        _gather(brought, _read(file))
    _bring(brought, folder, output)


@click.command("people")
@click.option("--from-slack", is_flag=True, required=True, help="Ask the workspace that SLACK_BOT_TOKEN belongs to.")
@click.option(
    "--group", "groups", metavar="NAME", multiple=True, help="Only this user group, by its handle; may be repeated."
)
@_output
@_folder
@click.pass_obj
def people(house: House, from_slack: bool, groups: tuple[str, ...], output: Path | None, folder: Path) -> None:  # noqa: ARG001, FBT001  (click's flag)
    """Bring people in from Slack: each user group as a team, and whoever is in it.

    Run it again when groups change: what people changed in the file stays.
    """
    if house.settings.bot_token is None:
        raise Failure("SLACK_BOT_TOKEN is not set here, so Slack cannot be asked.")
    client = WebClient(
        house.settings.bot_token, house.settings.slack_api_url, _PATIENCE,
        retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=5)],
    )  # fmt: skip
    known = load_shelf(folder).catalogue if folder.is_dir() else Catalogue()
    try:
        found = list(groups_of(client, groups))
        brought = read_groups(found, lambda user: user_of(client, user), known)
    except SlackApiError as refusal:
        raise Failure(_refused(str(refusal.response.get("error")))) from None
    except (SlackClientError, OSError) as failure:
        raise Failure(f"Slack cannot be reached ({type(failure).__name__}). Try again.") from None
    if not found:
        meant = f"no group {', '.join(groups)}" if groups else "no user groups"
        raise Failure(f"The workspace has {meant}. Slack shows them under People, User groups.")
    _bring(brought, folder, output)


def _refused(error: str) -> str:
    if error == "missing_scope":
        needs = ", ".join(SCOPES)
        return f"Slack wants more scopes: add {needs} under OAuth & Permissions of your app, and install it again."
    return f"Slack said {printable(error)}."


def _read(file: Path) -> Brought:
    try:
        data = file.read_bytes() if file.stat().st_size <= MOST_BYTES else b""
        if not data:
            raise Failure(f"{file} is empty, or has more than {MOST_BYTES // 1_000_000} MB. Split it.")
        text = data.decode("utf-8-sig")
        named_yaml = file.suffix.lower() in (".yaml", ".yml")
        return read_backstage(text, file.name) if named_yaml or is_backstage(text) else read_table(text, file.name)
    except OSError as wrong:
        raise Failure(f"{file} cannot be read: {wrong.strerror or wrong}.") from None
    except UnicodeDecodeError:
        raise Failure(f"{file} is not text in UTF-8. Save it as UTF-8.") from None
    except NotBrought as why:
        raise Failure(str(why)) from None


def _gather(all_: Brought, one: Brought) -> None:
    """Several files as one; of what two of them say the first counts."""
    for place, entries in one.entries.items():
        for id_, fields in entries.items():
            held = all_.entries[place].setdefault(id_, {})
            held |= {key: value for key, value in fields.items() if key not in held}
    all_.remarks += one.remarks
    for key, ids in one.unsaid.items():
        all_.unsaid.setdefault(key, []).extend(ids)


def _bring(brought: Brought, folder: Path, output: Path | None) -> None:
    """Merge into the file, and say what came of it."""
    if not any(brought.entries.values()):
        raise Failure(" ".join(["Nothing was brought, so nothing was written.", *brought.remarks]))
    file = output or folder / _FILE
    report = check_folder(folder) if folder.is_dir() else None
    own = os.path.relpath(file, folder)
    base_file = file.with_name(f".{file.stem}.brought.json")
    base = _base(base_file)
    elsewhere = _elsewhere(report, own)
    settle(brought, _known(folder, elsewhere))
    fallback = _fallback(brought, folder, own)
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        merged = _merged(text, base, brought, elsewhere, fallback, folder, file)
    except (NotBrought, UnicodeDecodeError):
        raise Failure(
            f"{file} is no YAML that can be read. `handrail check` says where; nothing was written."
        ) from None
    _write(file, merged.text)
    _write(base_file, json.dumps(merged.base, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    RunbookFolder(folder).keep_schemas()
    _tell(file, folder, brought, merged, fallback)


def _merged(
    text: str,
    base: Base,
    brought: Brought,
    elsewhere: dict[str, dict[str, str]],
    fallback: Fields,
    folder: Path,
    file: Path,
) -> Merged:
    """The file after this run; a new one begins as what it would merge into."""
    complete(brought, text, fallback)
    if text.strip():
        return merge(text, base, brought, elsewhere)
    new = Brought(
        {
            place: {id_: one for id_, one in held.items() if id_ not in elsewhere.get(place, {})}
            for place, held in brought.entries.items()
        }
    )
    schemas = Path(os.path.relpath(folder / ".schema", file.parent)).as_posix()
    hint = f"# yaml-language-server: $schema={schemas}/{file_name('any')}\n"
    begun = first_text(new, fallback, hint)
    merged = merge(begun, new.entries, brought, elsewhere)
    merged.added = sum(map(len, new.entries.values()))
    return merged


def _base(file: Path) -> Base:
    """What the last run brought; nothing where there is no such file, and then all that stands is people's."""
    try:
        held: Base = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise Failure(
            f"{file} cannot be read. It keeps what the last run brought; put it back, or remove it."
        ) from None
    return held


def _elsewhere(report: CheckReport | None, own: str) -> dict[str, dict[str, str]]:
    """The ids of the folder's other files, by list, each with its file."""
    found: dict[str, dict[str, str]] = {place: {} for place in PLACES}
    for name, documents in (report.documents if report is not None else {}).items():
        for document in documents if name != own else ():
            for kind, _, id_, _ in entries_of(document):
                if SECTIONS[kind] in found:
                    found[SECTIONS[kind]][id_] = name
    return found


def _known(folder: Path, elsewhere: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    registry = load_shelf(folder) if folder.is_dir() else None
    return {
        "teams": list(elsewhere["teams"]),
        "resources": list(elsewhere["resources"]),
        "runbooks": list(registry.runbooks) if registry else [],
        "ladders": list(registry.catalogue.ladders) if registry else [],
    }


def _fallback(brought: Brought, folder: Path, own: str) -> Fields:
    """What stands for assets where nobody said type, tier or owner; a folder's own defaults count before it."""
    said: dict[str, Any] = dict(FolderDefaults(dict(read_folder(folder))).of(own).defaults) if folder.is_dir() else {}
    of_assets = dict(said.get("assets") or {})
    teams = list(brought.entries["teams"])
    around = RunbookFolder(folder).around()
    owner = teams[0] if len(teams) == 1 else _NOBODY if around.people else around.owner
    found = {
        "type": None if "type" in of_assets else "service",
        "tier": None if "tier" in of_assets else 3,
        "owner": None if "owner" in of_assets or "owner" in said else owner,
    }
    if found["owner"] == _NOBODY and brought.unsaid.get("owner"):
        brought.entries["teams"].setdefault(_NOBODY, {"name": "TODO: the team that answers for these"})
    return {key: value for key, value in found.items() if value is not None}


def _write(file: Path, text: str) -> None:
    """Write a whole file, or nothing of it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f"{file.name}.new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)
    except OSError as wrong:
        raise Failure(f"{file} cannot be written: {wrong.strerror or wrong}.") from None


def _tell(file: Path, folder: Path, brought: Brought, merged: Merged, fallback: Fields) -> None:
    say: Callable[[str], None] = lambda text: click.echo(printable(text))  # noqa: E731  (one word for many)
    kinds = [f"{len(held)} {_counted(place, len(held))}" for place, held in brought.entries.items() if held]
    say(f"Brought {', '.join(kinds) or 'nothing'}: {merged.added} new, {merged.changed} changed, in {file}.")
    for remark in [*brought.remarks, *merged.remarks]:
        say(f"  {remark}")
    for key, ids in brought.unsaid.items():
        shown = ", ".join(ids[:8]) + (f" and {len(ids) - 8} more" if len(ids) > 8 else "")  # noqa: PLR2004  (a line)
        stands = f" {fallback[key]} stands for them." if key in fallback else ""
        say(f"  Nobody said {key} of {shown}.{stands}")
    errors = [one for one in check_folder(folder).problems if one.severity == "error"] if folder.is_dir() else []
    if errors:
        say(f"`handrail check` finds {len(errors)} error{'' if len(errors) == 1 else 's'} in the folder now.")
    say(f"Next: handrail check {folder}")


def _counted(place: str, many: int) -> str:
    return place if many != 1 else {"people": "person"}.get(place, place.removesuffix("s"))
