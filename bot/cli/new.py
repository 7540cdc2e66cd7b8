"""`handrail new`: the beginning of a runbook, an asset, a resource, or a team and its people."""

import re
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.failures import Failure
from bot.cli.folder import home_of, write_new
from bot.library.check import check_folder
from bot.library.drafting.templates import draft_asset, draft_people, draft_resource, draft_runbook

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_DRAFTS = {"runbook": draft_runbook, "asset": draft_asset, "resource": draft_resource, "people": draft_people}
_LISTS = {"people": "teams"}
"""Where an entry stands that is not called as its list is."""
_NEXT = {
    "runbook": "open it in your editor and write what each TODO asks for, then",
    "asset": "write what each TODO asks for, then",
    "resource": "write what each TODO asks for, then",
    "people": "put your people and teams in the place of the TODOs, then",
}


@click.command("new")
@click.argument("kind", type=click.Choice(list(_DRAFTS)))
@click.argument("id_", metavar="ID")
@click.option(
    "--output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write it there instead of ID.yaml in the folder; - prints it.",
)  # fmt: skip
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("runbooks"),
    envvar="HANDRAIL_RUNBOOKS", show_default=True, help="The folder of runbooks and catalogue.",
)  # fmt: skip
def new(kind: str, id_: str, output: Path | None, folder: Path) -> None:
    """Begin a runbook, an asset, a resource, or a team with its people, with this ID.

    With `people` the ID is the team’s; the file also says once what all runbooks of the folder have in common.

    Every mandatory element is there. What only you know is a TODO, and `handrail check` names each one that is left.
    A runbook is a draft from the first moment: it can be checked, simulated, shown and walked as a drill.
    """
    if not _ID.fullmatch(id_):
        raise Failure(f"“{id_}” is not an id. Use small letters, digits, - and _, such as orders-restore.")
    printed = output is not None and str(output) == "-"
    home = home_of(folder, None if printed else output)
    _require_free(kind, id_, home.path)
    path = None if printed else output or folder / (f"{id_}.yaml" if kind == "runbook" else f"{kind}-{id_}.yaml")
    today = datetime.now(UTC).date()
    text = _DRAFTS[kind](id_, home.around(), today, home.schemas_from(path))
    if path is None:
        click.echo(text, nl=False)
        return
    write_new(path, text)
    home.keep_schemas()
    todos = sum("TODO" in line for line in text.splitlines())
    click.echo(f"Wrote {path}, with {todos} TODOs.")
    click.echo(f"Next: {_NEXT[kind]} handrail check {home.path}")


def _require_free(kind: str, id_: str, folder: Path) -> None:
    """The id is not taken; Failure with the place where it stands."""
    if not folder.is_dir():
        return
    for file, documents in check_folder(folder).documents.items():
        for document in documents:
            model, name = document.model, _LISTS.get(kind, f"{kind}s")
            listed = [model] if kind == "runbook" else [*getattr(model, name, ())]
            for number, one in enumerate(listed):
                if getattr(one, "id", None) == id_ and (kind != "runbook" or document.schema == "runbook/v1"):
                    place = document.place(("id",) if kind == "runbook" else (name, number, "id"))
                    raise Failure(
                        f"There is a {name.removesuffix('s')} “{id_}” already, at {folder / file}:{place.line}."
                    )
