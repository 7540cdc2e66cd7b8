"""Asks the YAML language server that editors use what it offers and says: `python -m tests.editor`, in `make faults`.

At every place where a key may stand each key of the format is offered, with a description; what stands over a key is
said; the shipped files have nothing underlined, and what is wrong is underlined where it stands.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.cli.folder import write_schema
from bot.format.runbook import KINDS
from bot.library.schema import MODELS, file_name
from tests.editor.places import places
from tests.editor.server import Editor, Missing, editing

SHIPPED = Path(__file__).parents[2] / "runbooks"
WRONG = """\
schema: runbook/v1
title: Rows are missing
status: acive
steps:
  - do: Look at it
    typical: ten minutes
    optoins: []
"""


def main() -> int:
    """0 when all is as it should be."""
    try:
        with TemporaryDirectory() as made:
            folder = Path(made)
            for kind in ("any", *MODELS):
                write_schema(kind, folder / ".schema")
            with editing(folder) as editor:
                lacking = [*_completion(editor, folder), *_kinds(editor, folder), *_words(editor, folder)]
                lacking += [*_underlined(editor, folder)]
    except Missing as missing:
        print(f"== editor: not tried: {missing}.")
        return 1
    print("\n".join([*lacking, f"== editor: {'DOES NOT HOLD' if lacking else 'holds'}"]))
    return 1 if lacking else 0


def _headed(kind: str, text: str) -> str:
    return f"# yaml-language-server: $schema=.schema/{file_name(kind)}\n{text}"


def _completion(editor: Editor, folder: Path) -> list[str]:
    """Keys that are not offered, or without a word on what they are for; in a file of one kind, and of several."""
    lacking, count = [], 0
    for number, place in enumerate(places()):
        for kind in (place.kind, "any"):
            text = _headed(kind, place.text)
            uri = editor.open(folder / f"{number}-{kind}.yaml", text)
            lines = text.split("\n")
            offered = editor.completions(uri, len(lines) - 1, len(lines[-1]))
            where = f"{place.kind} ({file_name(kind)}), {place.shape.__name__}"
            lacking += [f"{where}: “{key}” is not offered" for key in place.keys if key not in offered]
            mute = [key for key in place.keys if key in offered and not offered[key].get("documentation")]
            lacking += [f"{where}: “{key}” is offered without a description" for key in mute]
            count += len(place.keys)
    print(f"   {count} keys of {number + 1} shapes, in files of one kind and of several")
    return lacking


def _kinds(editor: Editor, folder: Path) -> list[str]:
    """Kinds of steps that are not offered where a step begins."""
    text = _headed("runbook", "schema: runbook/v1\nsteps:\n  - ")
    offered = editor.completions(editor.open(folder / "kinds.yaml", text), 3, 4)
    return [f"“{kind}” is not offered for a step" for kind in KINDS if not offered.get(kind, {}).get("documentation")]


def _words(editor: Editor, folder: Path) -> list[str]:
    """What stands over a key."""
    uri = editor.open(folder / "hover.yaml", _headed("runbook", "schema: runbook/v1\nexception: hold\n"))
    said = editor.hover(uri, 2, 3)
    return [] if "every unwritten failure exit" in said else [f"over `exception:` stands {said!r}"]


def _underlined(editor: Editor, folder: Path) -> list[str]:
    """Nothing in what ships, and the three faults of a text that has three."""
    found = []
    for path in sorted(SHIPPED.glob("*.yaml")):
        said = editor.complaints(editor.open(folder / path.name, path.read_text(encoding="utf-8")))
        found += [f"{path.name}:{one['range']['start']['line'] + 1}: {one['message']}" for one in said]
    wrong = editor.complaints(editor.open(folder / "wrong.yaml", _headed("runbook", WRONG)))
    lines = {one["range"]["start"]["line"] for one in wrong}
    return found + [f"line {line} of a faulty text is not underlined" for line in (3, 6, 7) if line not in lines]


if __name__ == "__main__":
    sys.exit(main())
