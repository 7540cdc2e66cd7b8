"""What the rules look at: a runbook with its ways worked out once, and the names that the whole folder knows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bot.core.catalogue import Asset, AssetsFile, PeopleFile, ResourcesFile
from bot.core.plain.shapes import Shape
from bot.core.plain.text import Hole, TextProblem, parse_text
from bot.core.runbook import Branch, Decide, Notify, Runbook, StepBase
from bot.library.parse import Document
from bot.library.problems import At, PathInFile

SECTIONS: Mapping[str, str] = {
    "asset": "assets", "resource": "resources", "person": "people",
    "team": "teams", "rotation": "rotations", "ladder": "ladders",
}  # fmt: skip
"""What one of a kind is called -> the key that it stands under."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an id of the folder stands."""

    document: Document
    path: PathInFile
    shape: Shape

    @property
    def place(self) -> str:
        """``file:line``."""
        return f"{self.document.file}:{self.document.place(self.path).line}"


@dataclass
class Folder:
    """Every id of the folder, by kind: the first of each; faulty files count too, so that one fault stays one."""

    known: dict[str, dict[str, Entry]] = field(default_factory=dict)
    lists: dict[str, Document] = field(default_factory=dict)
    """The document with the first list of each kind."""

    def add(self, document: Document) -> None:
        """Take in the ids of a document."""
        if isinstance(document.model, Runbook):
            self._enter("runbook", document.model.id, Entry(document, ("id",), document.model))
        for kind, path, id_, shape in entries_of(document):
            self._enter(kind, id_, Entry(document, path, shape))
            self.lists.setdefault(kind, document)

    def _enter(self, kind: str, id_: str, entry: Entry) -> None:
        if not entry.document.mended.holds(entry.path):
            self.known.setdefault(kind, {}).setdefault(id_, entry)

    def section(self, kind: str) -> str:
        """Where the first list of a kind stands, as ``file:line``; empty when there is none."""
        held = self.lists.get(kind)
        return f"{held.file}:{held.place((SECTIONS[kind],), key=True).line}" if held else ""

    def ids(self, kind: str) -> Mapping[str, Entry]:
        """The ids of a kind, such as ``team``."""
        return self.known.get(kind, {})

    @cached_property
    def assets_of(self) -> Mapping[str, tuple[Asset, ...]]:
        """Runbook id -> the assets that use it."""
        found: dict[str, tuple[Asset, ...]] = {}
        for entry in self.ids("asset").values():
            if isinstance(entry.shape, Asset):
                for runbook in entry.shape.runbooks:
                    found[runbook] = (*found.get(runbook, ()), entry.shape)
        return found


def entries_of(document: Document) -> Iterator[tuple[str, PathInFile, str, Shape]]:
    """Kind, place, id and shape of everything that a catalogue file lists."""
    model = document.model
    lists: dict[str, tuple[Shape, ...]] = {}
    match model:
        case AssetsFile():
            lists = {"asset": model.assets}
        case ResourcesFile():
            lists = {"resource": model.resources}
        case PeopleFile():
            lists = {
                "person": model.people, "team": model.teams, "rotation": model.rotations, "ladder": model.ladders,
            }  # fmt: skip
        case _:
            return
    for kind, shapes in lists.items():
        for number, shape in enumerate(shapes):
            yield kind, (SECTIONS[kind], number), str(getattr(shape, "id", "")), shape


@dataclass
class Sheet:
    """A document of the catalogue, in its folder."""

    document: Document
    folder: Folder


class Page(Sheet):
    """A runbook in its folder, with its ways."""

    def __init__(self, document: Document, folder: Folder, book: Runbook) -> None:
        super().__init__(document, folder)
        self.book = book
        self.number: dict[str, int] = {}
        for number, step in enumerate(book.steps):
            self.number.setdefault(step.id, number)
        self.exits = [tuple(book.exits(step)) for step in book.steps]
        """For each step, its (exit, step id), unwritten failure exits included."""

    def path(self, number: int, *rest: str | int) -> PathInFile:
        """The way to a step, or to something in it."""
        return ("steps", number, *rest)

    def exit_path(self, number: int, exit_: str) -> PathInFile:
        """The way to where an exit is written; to the step’s id when it is not."""
        step = self.book.steps[number]
        match step:
            case Decide() if exit_ not in step.go:
                options = [at for at, option in enumerate(step.options) if option.id == exit_]
                return self.path(number, *(("options", options[0], "go") if options else ("id",)))
            case Branch():
                case_ = exit_.removeprefix("case ")
                return self.path(number, *(("else",) if exit_ == "else" else ("cases", int(case_) - 1, "go")))
            case _:
                written = exit_ in step.written_exits
                return self.path(number, *(("go", exit_) if written else ("id",)))

    @cached_property
    def edges(self) -> list[list[int]]:
        """For each step the steps that it leads to, as far as they exist."""
        number = self.number
        return [[number[target] for _, target in exits if target in number] for exits in self.exits]

    @cached_property
    def with_buttons(self) -> list[list[int]]:
        """As `edges`, and from every step where a person acts the button that leads to `exception`."""
        hold = self.number.get(self.book.exception)
        if hold is None:
            return self.edges
        return [
            targets if isinstance(step, _ENDS_OR_TELLS) else [*targets, hold]
            for step, targets in zip(self.book.steps, self.edges, strict=True)
        ]

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where a run may come in: the first step, and `exception`, which any step may lead to."""
        hold = self.number.get(self.book.exception)
        return (0,) if hold is None else (0, hold)

    def cut(self, removed: set[tuple[int, str]]) -> list[list[int]]:
        """The ways, buttons included, without some exits: (number of the step, exit)."""
        edges = list(self.with_buttons)
        hold = self.number.get(self.book.exception)
        for number in {number for number, _ in removed}:
            kept = [
                self.number[target]
                for exit_, target in self.exits[number]
                if (number, exit_) not in removed and target in self.number
            ]
            edges[number] = kept if hold is None else [*kept, hold]
        return edges

    @cached_property
    def holes(self) -> list[tuple[At, Hole]]:
        """Every placeholder of the document with the place of its text."""
        found = []
        for text, line, column in self.document.templates:
            try:
                found += [(At(line, column), part) for part in parse_text(text) if isinstance(part, Hole)]
            except TextProblem:
                continue  # told when the file was read
        return found


_ENDS_OR_TELLS = (Branch, Notify)


def named(step: StepBase) -> str:
    """A step in a sentence: its id in quotes."""
    return f"“{step.id}”"
