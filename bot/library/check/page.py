"""What the rules look at: a document in its folder, and of a runbook its ways, worked out once."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from bot.format.runbook import Alone, Branch, Decide, Runbook, StepBase
from bot.format.text import Hole, TextProblem, parse_text
from bot.format.ways import Ways
from bot.library.check.flow import Flow
from bot.library.check.known import View
from bot.library.parse import Document
from bot.library.problems import At, PathInFile


class Placeholder(NamedTuple):
    """A placeholder, the place of its text, and the way to it."""

    at: At
    hole: Hole
    path: PathInFile


@dataclass
class CheckedDocument:
    """A document of the catalogue, in its folder."""

    document: Document
    folder: View


class CheckedRunbook(CheckedDocument):
    """A runbook in its folder, with its ways."""

    def __init__(self, document: Document, folder: View, book: Runbook) -> None:
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
            targets if isinstance(step, Alone) else [*targets, hold]
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
    def holes(self) -> list[Placeholder]:
        """Every placeholder of the document."""
        found = []
        for text, line, column, path in self.document.templates:
            try:
                found += [Placeholder(At(line, column), part, path) for part in parse_text(text) if type(part) is Hole]
            except TextProblem:
                continue  # told when the file was read
        return found

    @cached_property
    def flow(self) -> Flow:
        """Which variables have a value where."""
        return Flow(self.book, self.number, self.exits)

    @cached_property
    def ways(self) -> Ways:
        """The good ways through the runbook."""
        return Ways(self.book, self.number, self.exits)


def named(step: StepBase) -> str:
    """A step in a sentence: its id in quotes."""
    return f"“{step.id}”"
