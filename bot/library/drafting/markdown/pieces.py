"""What a Markdown file is made of, as far as a runbook can use it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    codes: tuple[str, ...] = ()
    """What stands in it as code."""


@dataclass(frozen=True, slots=True)
class Fence:
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    parts: "tuple[Piece, ...]"


@dataclass(frozen=True, slots=True)
class Item:
    parts: "tuple[Piece, ...]"
    ticked: bool | None = None
    """Whether the box of a task list was ticked; None without a box."""


@dataclass(frozen=True, slots=True)
class Listing:
    ordered: bool
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its head and its rows, as text."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Piece = Heading | Paragraph | Fence | Quote | Listing | Grid


@dataclass(frozen=True, slots=True)
class Link:
    """Where the page leads, and the words that lead there; nothing leads out of a page to itself."""

    words: str
    address: str


@dataclass(slots=True)
class Written:
    """A whole file: its pieces in order, its links, and the title that its front matter gives."""

    pieces: tuple[Piece, ...] = ()
    links: list[Link] = field(default_factory=list)
    title: str = ""
    comments: list[str] = field(default_factory=list)
    """What it says where no reader of the page sees it: in comments of HTML."""
    front: str = ""
    """What else its front matter says."""


def plain_words(parts: tuple[Piece, ...]) -> str:
    """All the text of some pieces, a line for each."""
    lines: list[str] = []
    for part in parts:
        match part:
            case Heading(text=text) | Paragraph(text=text) | Fence(text=text):
                lines.append(text)
            case Quote(parts=inner):
                lines.append(plain_words(inner))
            case Listing(items=items):
                lines += [f"- {plain_words(item.parts)}" for item in items]
            case Grid():
                lines += grid_lines(part)
    return "\n".join(lines)


def grid_lines(grid: Grid) -> list[str]:
    """A table as lines: each row with the names of its columns."""
    return ["; ".join(f"{name}: {cell}" if name else cell for name, cell in _cells(grid, row)) for row in grid.rows]


def _cells(grid: Grid, row: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, cell) for name, cell in zip(grid.head, row, strict=False) if cell]
