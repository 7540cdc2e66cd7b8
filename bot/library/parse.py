"""One file of an author as documents: models where it is sound, problems with a place where it is not."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from bot.format.alerts import ALERTS, AlertsFile
from bot.format.catalogue import FILES
from bot.format.defaults import DEFAULTS, DefaultsFile
from bot.format.hands import HANDS, HandsFile
from bot.format.pieces import Shape
from bot.format.runbook import Runbook
from bot.format.text import TextProblem, parse_text
from bot.library.effective import effective_text
from bot.library.problems import At, Fault, PathInFile, Problem, in_order
from bot.library.reading import syntax
from bot.library.reading.build import (
    Mark,
    PlacedList,
    Table,
    Text,
    Tree,
    bends_the_tree,
    read_trees,
    repair,
    settle_kinds,
)
from bot.library.reading.quoting import quoted_in_line
from bot.library.reading.sentences import faults_of
from bot.library.reading.shape import near
from bot.library.reading.short import Short, write_out, write_out_assets
from bot.library.reading.spelling import spell_out
from bot.library.wording import HOUSE, HouseFile

RUNBOOK, ASSETS = "runbook/v1", "assets/v1"
SCHEMAS: dict[str, type[Shape]] = {
    RUNBOOK: Runbook,
    **FILES,
    DEFAULTS: DefaultsFile,
    HOUSE: HouseFile,
    HANDS: HandsFile,
    ALERTS: AlertsFile,
}
_ROUNDS = 4
"""A repair may bring to light what stood behind it; more rounds than this find nothing new."""
_MOST_BREAKS, _READ_ON = 20, 65_536
"""So many values that are no YAML are told at once, and in files of no more characters: each is read anew."""
_DROPS_A_PART = frozenset({"S6", "S7", "S8", "S18"})
"""Faults of syntax that leave something out of the tree."""
_MARKS_OF_ENCODING = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


class Unreadable(ValueError):
    """A text is not a sound runbook; `problems` says why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{one.place} {one.message}" for one in problems) or "This is not one runbook.")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Filling:
    """What is written out in a file that an author wrote."""

    defaults: Mapping[str, Any]
    """What the file's folders say."""
    live: bool
    """A draft is read as if it were active."""


class Mended:
    """Places that hold stand-ins: nothing is to be said again of them, of what is in them, or of what holds them."""

    def __init__(self, places: frozenset[PathInFile]) -> None:
        self.places = places
        self._above = {place[:depth] for place in places for depth in range(len(place))}

    def __contains__(self, path: PathInFile) -> bool:
        return path in self._above or self.holds(path)

    def holds(self, path: PathInFile) -> bool:
        """The path is a stand-in, or leads into one."""
        return bool(self.places) and any(path[:depth] in self.places for depth in range(len(path) + 1))


@dataclass(slots=True, eq=False)
class Document:
    """One YAML document of a file. A faulty one is mended with stand-ins, so that the rules can look at the rest."""

    file: str
    text: str
    line: int
    """How many lines of the file come before the text."""
    read: Tree | None
    """What was read; forgotten of a sound runbook, since a thousand trees are a burden to keep."""
    schema: str = ""
    model: Shape | None = None
    templates: list[Text] = field(default_factory=list)
    """Every text that holds a placeholder."""
    mended: Mended = field(default_factory=lambda: Mended(frozenset()))
    id_line: int = 1
    """The line of the `id` of a runbook."""
    bent: bool = False
    """A way through the tree may be missing because of a fault."""
    short: Short = field(default_factory=Short)
    """What the author left out, and was written out."""
    spelled: bool = False
    """Short spellings in it were spelled out."""
    filled: bool = False
    """The folder's defaults said something of it."""
    _pinned: str | None = None

    @property
    def pinned(self) -> str:
        """What counts, whole: of a runbook everything written out; of what the folder filled in, that; else the text.

        This is what runs are pinned to, what is kept, signed and exported.
        """
        if self._pinned is None:
            whole = self.model is not None and (isinstance(self.model, Runbook) or self.filled)
            self._pinned = effective_text(self.model) if whole and self.model is not None else self.text
        return self._pinned

    def place(self, path: PathInFile, *, key: bool = False) -> At:
        """Where a value of this document stands, or its key; where it would stand, when it is not there."""
        if self.read is None:
            self.read = read_trees("\n" * self.line + self.text)[0][0]
            if self.spelled and isinstance(self.read.root, Table):
                spell_out(self.read.root)
        return At(*self.read.place(path, key=key))

    def problem(self, path: PathInFile, fault: Fault, *, key: bool = False) -> Problem:
        """A fault at a place of this document."""
        return _placed(self.file, self.place(path, key=key), fault)


def digest_of(text: str) -> str:
    """SHA-256 of a document's exact text, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def parse_runbook(text: str) -> Runbook:
    """The runbook of a pinned text, in which all is written out; Unreadable when it is not one sound document."""
    documents, problems = parse_file("runbook", text.encode(), whole=True)
    errors = tuple(one for one in problems if one.severity == "error")
    if errors or len(documents) != 1 or not isinstance(documents[0].model, Runbook):
        raise Unreadable(errors)
    return documents[0].model


def parse_file(
    name: str, data: bytes, defaults: Mapping[str, Any] | None = None, *, whole: bool = False, live: bool = False
) -> tuple[list[Document], tuple[Problem, ...]]:
    """Every document of a file, and every problem of syntax in it.

    `defaults` is what the file's folder says. In a text that was pinned (`whole`) nothing is left out, and nothing is
    filled in: it means for ever what it meant. With `live` a draft is read as if it were active.
    """
    fill = None if whole else Filling(defaults or {}, live=live)
    text, fault = _decode(data)
    if fault is not None:
        return [], (_placed(name, _end_of(text), fault),)
    text, trees, breaks = _read_on(text)
    documents = list(_documents(name, text, trees))
    problems = [_placed(name, At(1, 1), syntax.no_schema(tuple(SCHEMAS)))] if not trees and not breaks else []
    problems += [replace(one, file=name) for one in breaks]
    for document, tree in zip(documents, trees, strict=True):
        faults = [_placed(name, _of(mark), fault) for mark, fault in tree.faults]
        faults += _fill_in(document, tree, fill) if tree.sound else ()
        document.id_line = tree.place(("id",))[0]
        document.read = None if isinstance(document.model, Runbook) and not faults else tree
        problems += faults
    return documents, in_order(problems)


def _read_on(text: str) -> tuple[str, list[Tree], list[Problem]]:
    """Every document, and each place where the reading broke off.

    Behind a value that only lacks its quotes it goes on as if they stood there, so that an author hears of everything
    at once; what is read so counts for nothing, since the file has an error.
    """
    breaks = list[Problem]()
    while True:
        trees, broke = read_trees(text)
        if broke is None:
            return text, trees, breaks
        breaks.append(broke)
        mended = quoted_in_line(text, broke) if len(breaks) < _MOST_BREAKS and len(text) <= _READ_ON else None
        if mended is None:
            return text, trees, breaks
        text = mended


def _decode(data: bytes) -> tuple[str, Fault | None]:
    """The text of a file; with a fault, the text up to it."""
    if len(data) > syntax.MAX_BYTES:
        return "", syntax.too_big(f"it has {len(data)} bytes, and at most {syntax.MAX_BYTES} are read")
    if data == syntax.LEADS_OUT:
        return "", syntax.not_text("it is a link that leads out of the folder, and is not followed")
    encoding = _MARKS_OF_ENCODING.get(data[:2])
    if encoding:
        return "", syntax.not_text(f"it is {encoding}")
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8"), None
    except UnicodeDecodeError as wrong:
        before = data[: wrong.start].decode("utf-8", "replace")
        return before, syntax.not_text(f"the byte {data[wrong.start]:#04x} does not belong here")


def _end_of(text: str) -> At:
    return At(text.count("\n") + 1, len(text) - text.rfind("\n"))


def _of(mark: Mark) -> At:
    return At(mark.line + 1, mark.column + 1)


def _placed(file: str, at: At, fault: Fault) -> Problem:
    return Problem(file, at.line, at.column, fault.rule, fault.severity, fault.message, fault.hint)


def _documents(name: str, text: str, trees: list[Tree]) -> Iterator[Document]:
    """Each document with its exact text; a file of one document is its text whole, comments on top included."""
    starts = [0, *(tree.start for tree in trees[1:]), len(text)]
    for number, tree in enumerate(trees):
        before = text.count("\n", 0, starts[number])
        yield Document(name, text[starts[number] : starts[number + 1]], before, tree, templates=tree.templates)


def _fill_in(document: Document, tree: Tree, fill: Filling | None) -> Iterator[Problem]:
    """Find the kind of a document and make its model."""
    root = tree.root
    if not isinstance(root, Table):
        yield document.problem((), syntax.no_schema(tuple(SCHEMAS)))
        return
    written = root.get("schema")
    known = isinstance(written, str) and written in SCHEMAS
    document.schema = str(written) if known else _likeliest(root)
    if written is None:
        yield document.problem((), syntax.no_schema(tuple(SCHEMAS)))
    elif not known:
        yield document.problem(("schema",), syntax.unknown_schema(str(written), document.schema, tuple(SCHEMAS)))
    if document.schema:
        root["schema"] = document.schema
        yield from _model_of(document, tree, root, fill)
        yield from _unreadable_placeholders(document)


def _likeliest(root: Table) -> str:
    by_key = {"steps": RUNBOOK, "check": HOUSE} | {name.partition("/")[0]: name for name in FILES}
    guess = next((schema for key, schema in by_key.items() if key in root), "")
    written = root.get("schema")
    return near(written, SCHEMAS) or guess if isinstance(written, str) else guess


def _model_of(document: Document, tree: Tree, root: Table, fill: Filling | None) -> Iterator[Problem]:
    steps = root.get("steps")
    if isinstance(steps, PlacedList) and len(steps) > syntax.MAX_STEPS:
        yield document.problem(("steps",), syntax.too_big(f"it has {len(steps)} steps, at most {syntax.MAX_STEPS}"))
        return
    mended: set[PathInFile] = set()
    told = {_of(mark) for mark, _ in tree.faults}
    document.spelled = fill is not None and document.schema == RUNBOOK
    usual = fill.defaults.get("at") if fill is not None else None
    if document.spelled and "at" not in root and isinstance(usual, str) and "{{" in usual:
        document.templates.append(Text(usual, 1, 1, ("at",)))  # what the folder says is held to this runbook's facts
    for path, fault in spell_out(root, usual) if document.spelled else ():
        yield document.problem(path, fault)
    for path, fault in settle_kinds(root) if document.schema == RUNBOOK else ():
        yield document.problem(path, fault, key=True)
        mended.add(path[:2])
        document.bent = True
    if fill is not None and document.schema == RUNBOOK:
        if fill.live and root.get("status", "draft") == "draft":
            root["status"] = "active"
        document.short = write_out(root, fill.defaults)
    elif fill is not None and document.schema == ASSETS:
        document.filled = write_out_assets(root, fill.defaults)
    model = SCHEMAS[document.schema]
    for _ in range(_ROUNDS):
        try:
            document.model = model.model_validate(root)
        except ValidationError as wrong:
            yield from _mend(document, wrong, root, mended, told)
            if wrong.error_count() > syntax.MAX_FAULTS:
                count = f"it has {wrong.error_count()} problems, and the first {syntax.MAX_FAULTS} are told"
                yield document.problem((), syntax.too_big(count))
                break
        else:
            break
    document.mended = Mended(frozenset(mended))
    document.bent = document.bent or any(fault.rule in _DROPS_A_PART for _, fault in tree.faults)
    document.bent = document.bent or any(place == ("steps",) for place in mended)


def _mend(
    document: Document, wrong: ValidationError, root: Table, mended: set[PathInFile], told: set[At]
) -> Iterator[Problem]:
    before = Mended(frozenset(mended))
    for place, fault in faults_of(wrong, SCHEMAS[document.schema], root):
        found = document.problem(place.path, fault, key=place.is_key)
        if place.path not in before and (fault.rule == "S15" or At(found.line, found.column) not in told):
            yield found
        document.bent = document.bent or bends_the_tree(place)
        mended.add(place.path)
        repair(root, place)


def _unreadable_placeholders(document: Document) -> Iterator[Problem]:
    for one in document.templates:
        try:
            parse_text(one.text)
        except TextProblem as wrong:
            yield _placed(
                document.file, At(one.line, one.column), syntax.bad_placeholder(re.sub(r"\.$", "", str(wrong)))
            )
