"""The folder that a new file goes into: what it knows already, where it keeps the editor's schemas."""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

from bot.cli.failures import Failure
from bot.library.check.folder import read_folder
from bot.library.defaults import FolderDefaults
from bot.library.drafting.around import Around, look_around
from bot.library.registry import load_shelf
from bot.library.schema import MODELS, file_name, schema_of

SCHEMAS = ".schema"
"""A folder beside the runbooks; what begins with a dot is not read as a runbook."""


@dataclass(frozen=True, slots=True)
class RunbookFolder:
    """A folder of runbooks, which need not exist yet."""

    path: Path

    def around(self) -> Around:
        """What a draft can name; with nobody in the folder, stand-ins."""
        if not self.path.is_dir():
            return Around()
        registry = load_shelf(self.path)
        said = FolderDefaults(dict(read_folder(self.path))).of("new.yaml").defaults
        return replace(look_around(registry.catalogue, registry.runbooks), says=frozenset(said))

    def language(self, file: Path | None) -> str:
        """The language that runbooks are written in, as the folder of a file says it."""
        if not self.path.is_dir():
            return "en"
        where = "new.yaml" if file is None else Path(os.path.relpath(file, self.path)).as_posix()
        return str(FolderDefaults(dict(read_folder(self.path))).of(where).defaults.get("language", "en"))

    def schemas_from(self, file: Path | None) -> str:
        """The folder of the schemas as a file that is to be written sees it; as its neighbour does, without a file."""
        if file is None:
            return SCHEMAS
        return Path(os.path.relpath(self.path / SCHEMAS, file.parent)).as_posix()

    def keep_schemas(self) -> tuple[Path, ...]:
        """Write the schemas that are not there yet; those that were written."""
        missing = [kind for kind in ("any", *MODELS) if not (self.path / SCHEMAS / file_name(kind)).exists()]
        return tuple(write_schema(kind, self.path / SCHEMAS) for kind in missing)


def home_of(folder: Path, output: Path | None) -> RunbookFolder:
    """The folder of runbooks when the file goes into it, or nowhere; else the folder that the file goes into."""
    inside = output is None or output.absolute().is_relative_to(folder.absolute())
    return RunbookFolder(folder if inside or output is None else output.parent)


def schema_text(kind: str) -> str:
    """A schema as it stands in its file."""
    return json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"


def write_schema(kind: str, folder: Path) -> Path:
    """Write one schema; Failure when that cannot be done."""
    path = folder / file_name(kind)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(schema_text(kind), encoding="utf-8")
    except OSError as wrong:
        raise Failure(f"{path} cannot be written: {wrong.strerror or wrong}.") from None
    return path


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet; Failure when it is, or when that cannot be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise Failure(f"{path} is there already. Nothing was written: name another file with --output.") from None
    except OSError as wrong:
        raise Failure(f"{path} cannot be written: {wrong.strerror or wrong}.") from None
