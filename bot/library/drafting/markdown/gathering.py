"""Gathers the pieces of a section into steps: what is done, with what is said about it."""

from collections.abc import Sequence
from dataclasses import replace

from bot.library.drafting.markdown.commands import is_command, safe_command
from bot.library.drafting.markdown.nodes import Deed, Fork, Mark, Node, Way
from bot.library.drafting.markdown.pieces import (
    Fence,
    Grid,
    Heading,
    Item,
    Listing,
    Paragraph,
    Piece,
    Quote,
    grid_lines,
    plain_words,
)
from bot.library.drafting.markdown.words import (
    Condition,
    capital,
    first_sentence,
    read_condition,
    read_jump,
    read_otherwise,
    read_warning,
    without_note,
)

TITLE = 150
WHETHER = "Say whether this is so: "
"""How the question of an “if …” line begins."""
_MOST_OPTIONS = 4
_SEEN = ("symptom", "condition", "if", "when", "case", "error", "you see", "problem", "observation", "message")
_DONE = ("action", "then", "do", "fix", "resolution", "response", "what to do", "remedy", "next", "solution")
_FORK_NOTE = "TODO guess: an “if … then …” line; is this the question to ask, and are these all the answers?"


class Gathering:
    """The steps of one section, or of one item of a list."""

    def __init__(self, marks: dict[Mark, Node], heading: str = "", *, first: Deed | None = None) -> None:
        """Begin, with the deed of the item when it is one; `marks` takes what jumps may lead to."""
        self.marks = marks
        self.heading = heading
        self.within = first is not None
        self.nodes: list[Node] = [first] if first else []
        self.says: list[str] = []
        self.caution = ""
        self.list_number = 0

    def take(self, pieces: Sequence[Piece]) -> list[Node]:
        """The steps that these pieces make."""
        for number, piece in enumerate(pieces):
            after = pieces[number + 1] if number + 1 < len(pieces) else None
            self._take_one(piece, before_command=isinstance(after, Fence) and is_command(after.language))
        self._leave_nothing()
        return self.nodes

    def _take_one(self, piece: Piece, *, before_command: bool) -> None:
        match piece:
            case Paragraph():
                self._paragraph(piece, before_command=before_command)
            case Fence():
                self._fence(piece)
            case Quote(parts=parts):
                self._remark(plain_words(parts))
            case Listing():
                self._listing(piece)
            case Grid():
                self._grid(piece)
            case Heading(text=text):
                self.says.append(text)

    def _add(self, node: Node) -> None:
        """A new step; what was said before it belongs to it."""
        node.say[:0] = self.says
        node.caution = self.caution or node.caution
        self.says, self.caution = [], ""
        self.nodes.append(node)

    def _last(self) -> Deed | None:
        last = self.nodes[-1] if self.nodes else None
        return last if isinstance(last, Deed) and not self.says else None

    def _paragraph(self, piece: Paragraph, *, before_command: bool) -> None:
        condition = read_condition(piece.text)
        last = self._last()
        if warning := read_warning(piece.text):
            self._warn(warning)
        elif condition is not None and condition.then:
            self._fork(condition, ())
        elif before_command and not (self.within and last is not None and last.command is None):
            self._deed(piece.text)
        elif self.within and last is not None:
            last.say.append(without_note(piece.text))
        else:
            self.says.append(without_note(piece.text))

    def _remark(self, text: str) -> None:
        """A quotation: a warning, or something to know."""
        bare = text.removeprefix("[!").replace("]", " ", 1) if text.startswith("[!") else text
        if warning := read_warning(bare):
            self._warn(" ".join(warning.split()))
        elif self.within and (last := self._last()) is not None:
            last.say.append(without_note(bare))
        else:
            self.says.append(without_note(bare))

    def _warn(self, text: str) -> None:
        last = self._last()
        if self.within and last is not None:
            last.caution = f"{last.caution} {text}".strip()
        else:
            self.caution = f"{self.caution} {text}".strip()

    def _deed(self, text: str) -> Deed:
        deed = deed_of(text)
        self._add(deed)
        return deed

    def _fence(self, piece: Fence) -> None:
        last = self._last()
        if not is_command(piece.language):
            (last.say if last is not None else self.says).append(piece.text)
            return
        if last is None or last.command is not None:
            called = last.title if last is not None else self.heading or "Run the command"
            last = Deed(called[:TITLE], notes=["TODO guess: a title for this command"])
            self._add(last)
        last.command = safe_command(piece.text, piece.language)

    def _listing(self, piece: Listing) -> None:
        last = self._last()
        if self.within and last is not None and not _holds_steps(piece):
            last.say.append("\n".join(f"• {plain_words(item.parts)}" for item in piece.items))
            return
        intro = last.title if self.within and last is not None and last.command is None else ""
        if last is not None and intro.endswith(":"):
            self.nodes.remove(last)
            self.says = [intro, *last.say, *self.says]
        self.list_number += 1
        key = id(piece)
        for number, item in enumerate(piece.items, 1):
            made = self._item(item, key)
            if made:
                self.marks[key, number] = made[0]
            for node in made:
                self._add(node)

    def _item(self, item: Item, key: int) -> list[Node]:
        first = item.parts[0] if item.parts else None
        text = first.text if isinstance(first, Paragraph) else ""
        condition = read_condition(text)
        rest = item.parts[1:] if text else item.parts
        if condition is not None and (condition.then or rest):
            inner = Gathering(self.marks)
            inner._fork(condition, rest, key)
            return inner.nodes
        if not text:
            return Gathering(self.marks, self.heading).take(rest)
        deed = deed_of(text)
        deed.title += ":" if text.endswith(":") and not deed.say else ""
        if item.ticked:
            deed.notes.append("TODO guess: its box was ticked in the original; it is a step like the others")
        if isinstance(first, Paragraph) and len(first.codes) == 1 and _is_typed(text, first.codes[0]):
            deed.command = safe_command(first.codes[0])
            deed.notes.append("TODO guess: the code in the sentence is the command")
        return Gathering(self.marks, self.heading, first=deed).take(rest)

    def _fork(self, condition: Condition, rest: Sequence[Piece], key: int = 0) -> None:
        condition, rest, after = _split_otherwise(condition, rest)
        when = capital(condition.when.rstrip("."))
        yes, no = Way("Yes", when, within=key), Way("No", f"It is not so: {condition.when}", within=key)
        for way, text, under in ((yes, condition.then, rest), (no, condition.otherwise, after)):
            asked, way.jump = read_jump(text)
            first = deed_of(capital(asked)) if asked else None
            way.nodes = Gathering(self.marks, when, first=first).take(under) if first or under else []
        self._add(Fork(f"{WHETHER}{condition.when.rstrip('.?')}", [yes, no], notes=[_FORK_NOTE]))

    def _grid(self, piece: Grid) -> None:
        if _is_choice(piece):
            ways = [Way(first_sentence(row[0], 24)[0], row[0], [deed_of(row[1])]) for row in piece.rows]
            note = "TODO guess: a table of what one sees and what one does; is something missing?"
            self._add(Fork("Choose the line that matches what you see", ways, notes=[note]))
        else:
            last = self._last() if self.within else None
            (last.say if last is not None else self.says).append("\n".join(grid_lines(piece)))

    def _leave_nothing(self) -> None:
        """What is still unsaid goes to the last step, or is a step of its own."""
        said = [text for text in self.says if text]
        last = self.nodes[-1] if self.nodes else None
        if last is not None:
            last.say += said
            last.caution = f"{last.caution} {self.caution}".strip()
        elif said or self.caution:
            called = self.heading or said[0] if said else self.heading or self.caution
            title, rest = first_sentence(called, TITLE)
            self.nodes.append(Deed(title, [*([rest] if rest else []), *said], caution=self.caution))
        self.says, self.caution = [], ""


def _holds_steps(piece: Listing) -> bool:
    """Whether a list inside an item is work, and not detail."""
    parts = [part for item in piece.items for part in item.parts]
    boxed = any(item.ticked is not None for item in piece.items)
    return piece.ordered or boxed or any(isinstance(part, Fence | Listing) for part in parts)


def _is_typed(text: str, code: str) -> bool:
    """Whether a sentence asks to run the code in it."""
    begins = text.split(" ", 1)[0].lower().strip("`:")
    return begins in {"run", "execute", "type", "issue"} and " " in code


def _is_choice(piece: Grid) -> bool:
    heads = [name.lower() for name in piece.head]
    both = len(heads) == 2 and 2 <= len(piece.rows) <= _MOST_OPTIONS  # noqa: PLR2004  (what one sees, what one does)
    full = all(len(row) == len(heads) and all(row) for row in piece.rows)
    return both and full and any(word in heads[0] for word in _SEEN) and any(word in heads[1] for word in _DONE)


def _split_otherwise(condition: Condition, rest: Sequence[Piece]) -> tuple[Condition, Sequence[Piece], Sequence[Piece]]:
    """What stands under a condition, and what stands under its “otherwise”."""
    for number, piece in enumerate(rest):
        other = read_otherwise(piece.text) if isinstance(piece, Paragraph) else ""
        if other:
            return replace(condition, otherwise=other), rest[:number], rest[number + 1 :]
    return condition, rest, ()


def deed_of(text: str) -> Deed:
    """A step from a text: its first sentence is the title."""
    title, rest = first_sentence(text, TITLE)
    return Deed(title, [rest] if rest else [])
