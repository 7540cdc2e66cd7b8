"""One look at a folder: read every file once, hold it to every rule, and give back what is sound."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.core.runbook import Runbook
from bot.library.check import rules
from bot.library.check.page import Folder, Page, Sheet
from bot.library.parse import Document, parse_file
from bot.library.problems import At, Fault, Problem, files_with_errors, in_order
from bot.library.reading import syntax
from bot.library.rules import Rule

_SUFFIXES = frozenset({".yaml", ".yml"})
_FOR_SHEETS = ("C", "L")
"""Groups whose rules look at every document, runbook or not."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `documents` are those of the files without an error, by file."""

    problems: tuple[Problem, ...]
    documents: Mapping[str, tuple[Document, ...]]
    files: int

    @property
    def errors(self) -> int:
        """How many problems keep a file from being loaded."""
        return sum(one.severity == "error" for one in self.problems)

    @property
    def warnings(self) -> int:
        """How many problems are only shown."""
        return len(self.problems) - self.errors

    @property
    def bad(self) -> frozenset[str]:
        """The files that have an error."""
        return files_with_errors(self.problems)

    @property
    def runbooks(self) -> dict[str, Runbook]:
        """The sound runbooks by id."""
        models = (document.model for documents in self.documents.values() for document in documents)
        return {model.id: model for model in models if isinstance(model, Runbook)}


def read_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every YAML file below a folder, as its name and its bytes; OSError when one cannot be read."""
    for file in sorted(one for one in folder.rglob("*") if one.suffix in _SUFFIXES and one.is_file()):
        name = file.relative_to(folder)
        if not any(part.startswith(".") for part in name.parts):
            yield name.as_posix(), _read(file)


def _read(file: Path) -> bytes:
    """A file’s bytes; of one that is too long, as many as show that it is."""
    with file.open("rb") as opened:
        return opened.read(syntax.MAX_BYTES + 1)


def check_folder(path: Path) -> Report:
    """Every problem of a folder. Of a file, its own problems, with what lies beside it as its folder.

    OSError when there is nothing that can be looked at.
    """
    if not path.is_file():
        if not path.is_dir():
            raise FileNotFoundError(f"There is no folder {path}.")
        return check_files(read_folder(path))
    beside = sorted(one for one in path.parent.iterdir() if one.suffix in _SUFFIXES and one.is_file() and one != path)
    whole = check_files([(path.name, _read(path)), *((one.name, _read(one)) for one in beside)])
    own = tuple(one for one in whole.problems if one.file == path.name)
    return Report(own, {name: found for name, found in whole.documents.items() if name == path.name}, 1)


def check_files(files: Iterable[tuple[str, bytes]]) -> Report:
    """Every problem of some files, each given as its name and its bytes."""
    problems: list[Problem] = []
    documents: dict[str, tuple[Document, ...]] = {}
    folder = Folder()
    for name, data in files:
        found, faults = parse_file(name, data)
        documents[name] = tuple(found)
        problems += faults
        for document in found:
            folder.add(document)
    for held in documents.values():
        for document in held:
            problems += _problems_of(document, folder)
    ordered = in_order(problems)
    bad = files_with_errors(ordered)
    sound = {name: held for name, held in documents.items() if name not in bad}
    return Report(ordered, sound, len(documents))


def _problems_of(document: Document, folder: Folder) -> Iterator[Problem]:
    if document.model is None:
        return
    if isinstance(document.model, Runbook):
        page = Page(document, folder, document.model)
        for rule in _PAGE_RULES:
            yield from _apply(rule, page)
    else:
        sheet = Sheet(document, folder)
        for rule in _SHEET_RULES:
            yield from _apply(rule, sheet)


_PAGE_RULES = tuple(rule for rule in rules.entered() if rule.look is not None)
_SHEET_RULES = tuple(rule for rule in _PAGE_RULES if rule.group in _FOR_SHEETS)


def _apply(rule: Rule, sheet: Sheet) -> Iterator[Problem]:
    document = sheet.document
    if rule.look is None or (rule.whole and document.bent):
        return
    for place, message, hint in rule.look(sheet):
        fault = Fault(rule.id, rule.severity, message, hint)
        if isinstance(place, At):
            yield Problem(document.file, place.line, place.column, rule.id, rule.severity, message, hint)
        elif place not in document.mended:
            yield document.problem(place, fault)
