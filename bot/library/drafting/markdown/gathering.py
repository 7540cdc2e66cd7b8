"""Gathers the pieces of a section into steps: what is done, with what is said about it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from bot.library.drafting.markdown.commands import is_command, safe_command
from bot.library.drafting.markdown.nodes import DraftedDo, Fork, ForkAnswer, Mark, Node
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
    begins_with_verb,
    capital,
    first_sentence,
    is_optional,
    leads_to_output,
    read_condition,
    read_jump,
    read_otherwise,
    read_sign_off,
    read_warning,
    slug,
    without_note,
    without_order,
)
from bot.library.wording import VERBS

TITLE = 150
WHETHER = "Say whether this is so: "
"""How the question of an “if …” line begins."""
_MOST_OPTIONS = 4
_SEEN = ("symptom", "condition", "if", "when", "case", "error", "you see", "problem", "observation", "message")
_DONE = ("action", "then", "do", "fix", "resolution", "response", "what to do", "remedy", "next", "solution")
_FORK_NOTE = "TODO guess: an “if … then …” line; is this the question to ask, and are these all the answers?"


class Gathering:
    """The steps of one section, or of one item of a list."""

    def __init__(
        self, marks: dict[Mark, Node], heading: str = "", *, first: DraftedDo | None = None, all_steps: bool = False
    ) -> None:
        """Begin, with the deed of the item when it is one; `marks` takes what jumps may lead to.

        With `all_steps` no item of a list is taken for a mere detail.
        """
        self.all_steps = all_steps
        self.marks = marks
        self.heading = heading
        self.within = first is not None
        self.nodes: list[Node] = [first] if first else []
        self.says: list[str] = []
        self.caution = ""
        self.list_number = 0

    def take(self, pieces: Sequence[Piece]) -> list[Node]:
        """The steps that these pieces make."""
        at = 0
        while at < len(pieces):
            piece, behind = pieces[at], pieces[at + 1 :]
            at += 1
            if isinstance(piece, Paragraph) and (taken := self._with_what_follows(piece, behind)):
                at += taken
            else:
                after = behind[0] if behind else None
                self._take_one(piece, before_command=isinstance(after, Fence) and is_command(after.language))
        self._leave_nothing()
        return self.nodes

    def _with_what_follows(self, piece: Paragraph, behind: Sequence[Piece]) -> int:
        """A line that says what stands behind it: only under a condition, or what one sees. How much of it is taken."""
        fences = list(takewhile(lambda one: isinstance(one, Fence), behind))
        condition = read_condition(piece.text)
        guarded = fences or (
            behind[:1] if piece.text.endswith(":") and isinstance(next(iter(behind), None), Listing) else []
        )
        if condition is not None and guarded and not read_warning(piece.text) and not is_optional(condition):
            guarded = [*guarded, *_other_way(behind[len(guarded) :])]
            self._fork(condition, guarded, codes=piece.codes)
            return len(guarded)
        if fences and leads_to_output(piece.text):
            last = self._last()
            (last.say if last is not None else self.says).extend([piece.text, plain_words((fences[0],))])
            return 1
        return 0

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

    def _last(self) -> DraftedDo | None:
        last = self.nodes[-1] if self.nodes else None
        return last if isinstance(last, DraftedDo) and not self.says else None

    def _paragraph(self, piece: Paragraph, *, before_command: bool) -> None:
        condition = read_condition(piece.text)
        last = self._last()
        if warning := read_warning(piece.text):
            self._warn(warning)
        elif condition is not None and condition.then:
            self._if(condition, piece.codes)
        elif before_command and not (self.within and last is not None and last.command is None):
            self._deed(piece.text)
        elif (deed := _deed_with_code(piece.text, piece.codes)) and not (self.within and last is not None):
            self._add(deed)
        elif deed and last is not None and last.command is None:
            last.say.append(piece.text)
            last.command, last.notes = deed.command, [*last.notes, *deed.notes]
        elif self.within and last is not None:
            last.say.append(without_note(piece.text))
        else:
            self.says.append(without_note(piece.text))

    def _if(self, condition: Condition, codes: Sequence[str]) -> None:
        """A line under a condition, or one that everybody may leave."""
        if is_optional(condition):
            self._add(_optional(condition, codes))
        else:
            self._fork(condition, (), codes=codes)

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

    def _deed(self, text: str) -> DraftedDo:
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
            last = DraftedDo(called[:TITLE], notes=["TODO guess: a title for this command"])
            self._add(last)
        last.command = safe_command(piece.text, piece.language)
        if last.command.seen:
            last.say.append(f"It says:\n{last.command.seen}")

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
        aside = not piece.ordered and not self.all_steps
        for number, item in enumerate(piece.items, 1):
            if aside and is_detail(item):
                before = self._last()
                (before.say if before is not None else self.says).append(f"• {plain_words(item.parts)}")
                continue
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
        if condition is not None and condition.then and is_optional(condition):
            codes = first.codes if isinstance(first, Paragraph) else ()
            return Gathering(self.marks, self.heading, first=_optional(condition, codes)).take(rest)
        if condition is not None and (condition.then or rest):
            inner = Gathering(self.marks)
            inner._fork(condition, rest, key, codes=first.codes if isinstance(first, Paragraph) else ())
            return inner.nodes
        if not text:
            return Gathering(self.marks, self.heading).take(rest)
        codes = first.codes if isinstance(first, Paragraph) else ()
        if asked := _sign_off(text):
            signed, then = asked
            after = Item((Paragraph(capital(then), codes), *rest), item.ticked) if then else Item(tuple(rest))
            return [signed, *(self._item(after, key) if then or rest else ())]
        deed = _deed_with_code(text, codes) or deed_of(text)
        deed.title += ":" if text.endswith(":") and not deed.say and deed.command is None else ""
        if item.ticked:
            deed.notes.append("TODO guess: its box was ticked in the original; it is a step like the others")
        return Gathering(self.marks, self.heading, first=deed).take(rest)

    def _fork(self, condition: Condition, rest: Sequence[Piece], key: int = 0, *, codes: Sequence[str] = ()) -> None:
        codes = [*codes, *(code for piece in rest if isinstance(piece, Paragraph) for code in piece.codes)]
        condition, rest, after = _split_otherwise(condition, rest)
        when = capital(condition.when.rstrip("."))
        yes, no = ForkAnswer("Yes", when, within=key), ForkAnswer("No", f"It is not so: {condition.when}", within=key)
        for way, text, under in ((yes, condition.then, rest), (no, condition.otherwise, after)):
            asked, way.jump = read_jump(text)
            within = [code for code in codes if code in asked]
            first = (_deed_with_code(capital(asked), within) or deed_of(capital(asked))) if asked else None
            way.nodes = Gathering(self.marks, when, first=first).take(under) if first or under else []
        self._add(Fork(f"{WHETHER}{condition.when.rstrip('.?')}", [yes, no], notes=[_FORK_NOTE]))

    def _grid(self, piece: Grid) -> None:
        if _is_choice(piece):
            ways = [ForkAnswer(first_sentence(row[0], 24)[0], row[0], [deed_of(row[1])]) for row in piece.rows]
            heads = ", ".join(piece.head)
            note = f"TODO guess: a table of what one sees and what one does ({heads}); is something missing?"
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
            told = bool(said) and (not self.heading or begins_with_verb(said[0]))
            called = said.pop(0) if told else self.heading or self.caution
            title, rest = first_sentence(called, TITLE)
            self.nodes.append(DraftedDo(title, [*([rest] if rest else []), *said], caution=self.caution))
        self.says, self.caution = [], ""


def is_detail(item: Item) -> bool:
    """Whether an item of a list tells nothing to do: it begins with no verb, and holds no command and no question."""
    first = item.parts[0] if item.parts else None
    if len(item.parts) != 1 or not isinstance(first, Paragraph) or first.codes or item.ticked is not None:
        return False
    text = first.text.strip()
    begins = re.match(r"\W*(?:please|then|now|first|next|finally|also|again)?\W*([A-Za-z’'-]+)", text, re.IGNORECASE)
    said = read_condition(text) or read_sign_off(text) or read_jump(text)[1] or read_warning(text) or text.endswith(":")
    return not said and (begins is None or begins[1].lower() not in VERBS)


def _holds_steps(piece: Listing) -> bool:
    """Whether a list inside an item is work, and not detail."""
    parts = [part for item in piece.items for part in item.parts]
    boxed = any(item.ticked is not None for item in piece.items)
    return piece.ordered or boxed or any(isinstance(part, Fence | Listing) for part in parts)


def _deed_with_code(text: str, codes: Sequence[str]) -> DraftedDo | None:
    """A step whose command stands in its sentence: “Title: code”, code alone, “Run code”; None when there is none."""
    code = next((one for one in codes if text.partition(one)[0].endswith(": ")), codes[0] if codes else "")
    before, found, behind = text.partition(code) if code else ("", "", "")
    if not found or (" " not in code and not (before.endswith(": ") or not before)):
        return None
    title, rest = before.strip(), behind.strip().lstrip(".;, ").strip()
    if title.endswith(":"):
        deed = DraftedDo(first_sentence(title.rstrip(": "), TITLE)[0], [rest] if rest else [])
        deed.say[:0] = [title] if len(title) > TITLE else []
    elif not title and len(behind.strip(" .;")) == 0:
        deed = DraftedDo(first_sentence(f"Run {code}", TITLE)[0])
    elif len(codes) == 1 and (_asks_to_run(before) or (begins_with_verb(before) and _BY.search(before))):
        deed = deed_of(text)
    else:
        return None
    deed.command = safe_command(code)
    deed.notes.append("TODO guess: the code in the sentence is the command")
    return deed


_BY = re.compile(r"\b(?:with|using|by(?: running)?|via|through):?\s*$", re.IGNORECASE)


def _asks_to_run(before: str) -> bool:
    return without_order(before).split(" ", 1)[0].lower() in {"run", "execute", "type", "issue"}


def _sign_off(text: str) -> tuple[DraftedDo, str] | None:
    """A signature that the page asks for, and what it says is done after that."""
    found = read_sign_off(text)
    role = slug(found[0]) if found is not None else ""
    if found is None or not role:
        return None
    note = f"TODO guess, from “{text[:150]}”: who signs as {role}, and what? Bind the steps and values under `binds`"
    return DraftedDo(f"Sign off as {found[0].lower()}", notes=[note], signer=role), found[1]


def _optional(condition: Condition, codes: Sequence[str] = ()) -> DraftedDo:
    """“If needed, …”: a step that may be skipped."""
    deed = _deed_with_code(capital(condition.then), codes) or deed_of(capital(condition.then))
    deed.optional = True
    deed.notes.append(f"TODO guess: “if {condition.when}”: it may be skipped")
    return deed


def _is_choice(piece: Grid) -> bool:
    heads = [name.lower() for name in piece.head]
    both = len(heads) == 2 and 2 <= len(piece.rows) <= _MOST_OPTIONS  # noqa: PLR2004  (what one sees, what one does)
    full = all(len(row) == len(heads) and all(row) for row in piece.rows)
    return both and full and any(word in heads[0] for word in _SEEN) and any(word in heads[1] for word in _DONE)


def _other_way(behind: Sequence[Piece]) -> Sequence[Piece]:
    """An “otherwise …” behind what stands under a condition, with its own code: it belongs to No alone."""
    first = behind[0] if behind else None
    if not isinstance(first, Paragraph) or not read_otherwise(first.text):
        return ()
    return [first, *takewhile(lambda one: isinstance(one, Fence), behind[1:])]


def _split_otherwise(condition: Condition, rest: Sequence[Piece]) -> tuple[Condition, Sequence[Piece], Sequence[Piece]]:
    """What stands under a condition, and what stands under its “otherwise”."""
    for number, piece in enumerate(rest):
        other = read_otherwise(piece.text) if isinstance(piece, Paragraph) else ""
        if other:
            return replace(condition, otherwise=other), rest[:number], rest[number + 1 :]
    return condition, rest, ()


def deed_of(text: str) -> DraftedDo:
    """A step from a text: its first sentence is the title."""
    title, rest = first_sentence(without_order(text), TITLE)
    return DraftedDo(title, [rest] if rest else [])
