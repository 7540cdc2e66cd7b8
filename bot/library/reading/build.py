"""A syntax tree becomes typed values: mappings and lists, scalars, what is repaired on the way."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import yaml

from bot.format.runbook import KIND_OF, KINDS
from bot.library.problems import Fault, PathInFile, Problem
from bot.library.reading import syntax
from bot.library.reading.shape import ErrorLocation, fields_of, near, stand_in
from bot.library.reading.syntax import boolean_trap, instant_trap, number_trap


class Mark(Protocol):
    """A place in the text; lines and columns count from 0."""

    line: int
    column: int
    index: int


class Table(dict[str, Any]):
    """A mapping that knows where it begins, and for each key where the key and its value stand."""

    __slots__ = ("at", "marks")

    def __init__(self, at: Mark) -> None:
        super().__init__()
        self.at = at
        self.marks: dict[str, tuple[Mark, Mark]] = {}


class PlacedList(list[Any]):
    """A sequence that knows where it begins and where each item stands."""

    __slots__ = ("at", "marks")

    def __init__(self, at: Mark) -> None:
        super().__init__()
        self.at = at
        self.marks: list[Mark] = []


class Text(NamedTuple):
    """A text that holds a placeholder, with its line and column, from 1, and the way to it."""

    text: str
    line: int
    column: int
    path: PathInFile


@dataclass(slots=True)
class Tree:
    """One document: its value, the faults of syntax in it, and every text that holds a placeholder."""

    root: Any
    at: Mark
    start: int
    """Where the document begins, in characters of the file."""
    faults: list[tuple[Mark, Fault]] = field(default_factory=list)
    templates: list[Text] = field(default_factory=list)
    sound: bool = True
    """It was read to its end."""

    def place(self, path: PathInFile, *, key: bool = False) -> tuple[int, int]:
        """Line and column, from 1, of the value at `path`, or of its key; of what encloses it when it is not there."""
        here, mark = self.root, self.at
        for part in path:
            if isinstance(here, Table) and part in here.marks:
                mark = here.marks[str(part)][0 if key else 1]
                here = here.get(str(part))
            elif isinstance(here, PlacedList) and isinstance(part, int) and part < len(here.marks):
                mark, here = here.marks[part], here[part]
        return mark.line + 1, mark.column + 1


Plain = str | int | float | bool | None

_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_TRAPS = frozenset({form for word in ("yes", "no", "on", "off") for form in (word, word.title(), word.upper())})
_MAY_BE_MORE = frozenset("0123456789+-.~nNtTfFyYoO")
"""The first letters of everything that is not simply text."""
_OPENS_A_NUMBER = frozenset("0123456789+-.")
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_BROKEN = re.compile(r"[-+]?[0-9]{1,15}\.[0-9]{1,15}")
_CLOCK = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|[ \t]+)?(?:\d{1,2}:\d{2}(?::\d{2})?.*)?")
_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_OTHER_NUMBER = re.compile(
    r"""[-+]?(?: 0b[01_]+ | 0x[0-9a-fA-F_]+ | [1-9][0-9_]* | [0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?
    | \.[0-9][0-9_]*(?:[eE][-+][0-9]+)? | \.(?:inf|Inf|INF) ) | \.(?:nan|NaN|NAN)""",
    re.VERBOSE,
)


def read_plain(text: str) -> tuple[Plain, Fault | None]:
    """The value of an unquoted scalar, and the fault in it; a faulty one stays text."""
    if text and text[0] not in _MAY_BE_MORE:
        return text, None
    if text in _NOTHING:
        return None, None
    if text in _BOOLEANS:
        return _BOOLEANS[text], None
    if text in _TRAPS:
        return text, boolean_trap(text)
    if text[0] not in _OPENS_A_NUMBER:
        return text, None
    if _WHOLE.fullmatch(text):
        return int(text), None
    if _BROKEN.fullmatch(text):
        return float(text), None
    return text, _number_or_time(text)


def _number_or_time(text: str) -> Fault | None:
    if _DAY.fullmatch(text):
        return instant_trap(text)
    if _CLOCK.fullmatch(text):
        return number_trap(text, _on_the_clock(text))
    if _OCTAL.fullmatch(text):
        return number_trap(text, "a number to the base 8")
    if _OTHER_NUMBER.fullmatch(text):
        return number_trap(text, "a number of another form")
    return None


def _on_the_clock(text: str) -> str:
    if len(text) > len("23:59:59.999") or not re.fullmatch(r"[0-9]+(?::[0-9]+)+", text):
        return "a number to the base 60"
    total = 0
    for part in text.split(":"):
        total = total * 60 + int(part)
    return f"the number {total}"


def spoken(value: object) -> str:
    """How a value that is not text is called in a sentence."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case _:
            return "text"


_SHAPES_THE_TREE = frozenset(
    {"go", "options", "cases", "else", "id", "max_visits", "binds", "from", "forbid", "mode", "effect", "undo", "steps"}
)
"""Keys of a step without which the tree as a whole cannot be judged."""
_KINDS = frozenset(KINDS)
_STEP_KEYS = frozenset(key for kind in KIND_OF for key in fields_of(kind)) - _KINDS


def repair(root: Table, place: ErrorLocation) -> bool:
    """Take out or replace what is wrong at a place; False when there is nothing that could be changed."""
    if not place.path:
        return False
    *way, last = place.path
    holder: object = root
    for part in way:
        holder = _inside(holder, part)
    if isinstance(holder, Table) and isinstance(last, str):
        if place.needed and not place.is_key:
            holder[last] = stand_in(place.annotation)
            return True
        return holder.pop(last, None) is not None
    if isinstance(holder, PlacedList) and isinstance(last, int) and last < len(holder):
        was, new = holder[last], stand_in(place.annotation)
        if isinstance(was, Table) and isinstance(new, dict) and isinstance(was.get("id"), str):
            new["id"] = was["id"]
        holder[last] = new
        return True
    return False


def _inside(holder: object, part: str | int) -> object:
    if isinstance(holder, Table) and isinstance(part, str):
        return holder.get(part)
    return holder[part] if isinstance(holder, PlacedList) and isinstance(part, int) and part < len(holder) else None


def bends_the_tree(place: ErrorLocation) -> bool:
    """The repair may have cut a way through the tree, so rules about the whole tree have to keep silent."""
    if place.path[:1] in {("steps",), ("exception",)}:
        if len(place.path) <= len(("steps", 0)):
            return True
        key = str(place.path[2])
        return (near(key, _SHAPES_THE_TREE) if place.is_key else key) in _SHAPES_THE_TREE | _KINDS
    return False


def settle_kinds(root: Table) -> list[tuple[PathInFile, Fault]]:
    """One kind for every step: the faults, with the likeliest kind put in place of none or several."""
    steps = root.get("steps")
    found: list[tuple[PathInFile, Fault]] = []
    for number, step in enumerate(steps if isinstance(steps, PlacedList) else ()):
        if not isinstance(step, Table):
            continue
        kinds = tuple(key for key in step if key in _KINDS)
        if len(kinds) == 1:
            continue
        if len(kinds) > 1:
            found.append((("steps", number, kinds[1]), syntax.step_kind(kinds, None, KINDS)))
            for key in kinds[1:]:
                del step[key]
        else:
            meant = _meant(step)
            found.append((("steps", number, *meant[:1]), syntax.step_kind((), meant or None, KINDS)))
            step[meant[1] if meant else "do"] = step.pop(meant[0]) if meant else "x"
    return found


def _meant(step: Table) -> tuple[str, str] | tuple[()]:
    """The key that was most likely meant as a kind, and the kind."""
    for key in step:
        kind = "" if key in _STEP_KEYS or not isinstance(step[key], str) else near(key, KINDS)
        if kind:
            return key, kind
    return ()


_NO_KEY: Any = object()
_DROPPED: Any = object()
_TEMPLATED = re.compile(r"\{[{%#]|[}%#]\}")
"""Signs that mean a placeholder, or nothing at all: what a text that holds one of them says has to be readable."""


class Event(Protocol):
    """What the parser tells of; `value` and `implicit` are those of a scalar."""

    start_mark: Mark
    end_mark: Mark
    value: str
    implicit: tuple[bool, bool]
    tag: str | None
    anchor: str | None


class _TooMuch(Exception):
    """The text goes beyond what a file may hold, and reading stops here."""


class _Builder:
    """Takes the events of one file and makes a tree of each document."""

    def __init__(self) -> None:
        self.trees: list[Tree] = []
        self.values = 0
        self.stack: list[Table | PlacedList] = []
        self.keys: list[Any] = []
        self.key_marks: list[Mark | None] = []
        self.quoted: Event | None = None
        """The last scalar, when it is in quotes and has several lines."""
        self.quiet = 0
        """While the stack is as deep as this, what is found follows from a fault that was told already."""

    def begin(self, event: Event) -> None:
        self.tree = Tree(None, event.start_mark, event.start_mark.index)
        self.trees.append(self.tree)

    def report(self, mark: Mark, fault: Fault) -> None:
        if self.quiet:
            return
        self.tree.faults.append((mark, fault))
        if len(self.tree.faults) > syntax.MAX_FAULTS:
            self.give_up(mark, f"it has more than {syntax.MAX_FAULTS} problems")

    def give_up(self, mark: Mark, reason: str) -> None:
        self.tree.faults.append((mark, syntax.too_big(reason)))
        self.tree.sound = False
        raise _TooMuch

    def scalar(self, event: Event) -> None:
        mark, text = event.start_mark, event.value
        self.quoted = event if not event.implicit[0] and event.end_mark.line > mark.line else None
        self.look_at(event)
        value, fault = read_plain(text) if event.implicit[0] and event.tag is None else (text, None)
        if self._awaits_key():
            self._key(mark, text, value, fault)
            return
        if fault is not None:
            key = self.keys[-1] if self.stack and type(self.stack[-1]) is Table else None
            self.report(mark, syntax.instant_trap(text, key) if fault.rule == "S12" else fault)
        if value is None and self.stack:
            key = self.keys[-1]
            self.report(self.key_marks[-1] or mark, syntax.nothing_there(key if isinstance(key, str) else "-"))
        if "{" in text and _TEMPLATED.search(text) and self.keys and self.keys[-1] != "pattern":
            self.tree.templates.append(Text(text, mark.line + 1, mark.column + 1, self._way()))
        self._put(value, mark)

    def _way(self) -> PathInFile:
        """The way to the value that comes next. What holds it stands in its own holder already, as the last there."""
        above = [len(one) - 1 if isinstance(one, PlacedList) else next(reversed(one), "") for one in self.stack[:-1]]
        here = self.stack[-1]
        return (*above, len(here) if isinstance(here, PlacedList) else str(self.keys[-1]))

    def _awaits_key(self) -> bool:
        return bool(self.stack) and self.keys[-1] is _NO_KEY and type(self.stack[-1]) is Table

    def _key(self, mark: Mark, text: str, value: object, fault: Fault | None) -> None:
        table = self.stack[-1]
        self.keys[-1], self.key_marks[-1] = _DROPPED, mark
        if fault is not None or not isinstance(value, str):
            self.report(mark, syntax.key_not_text(text, "a word by some only" if fault else spoken(value)))
        elif text == "<<":
            self.report(mark, syntax.anchor(text))
        elif isinstance(table, Table) and text in table.marks:
            self.report(mark, syntax.key_twice(text, table.marks[text][0].line + 1))
        else:
            self.keys[-1] = text

    def _put(self, value: object, mark: Mark) -> None:
        if not self.stack:
            self.tree.root, self.tree.at = value, mark
            return
        holder = self.stack[-1]
        if isinstance(holder, PlacedList):
            holder.append(value)
            holder.marks.append(mark)
            return
        key, key_mark, self.keys[-1] = self.keys[-1], self.key_marks[-1], _NO_KEY
        if key is not _DROPPED and key_mark is not None:
            holder[key] = value
            holder.marks[key] = (key_mark, mark)

    def open_table(self, event: Event) -> None:
        if self._awaits_key() and _opens_twice(self.stack[-1].at, event.start_mark):
            self.report(self.stack[-1].at, syntax.bare_placeholder())
            self.quiet = self.quiet or len(self.stack)
        self._open(event, Table(event.start_mark))

    def open_row(self, event: Event) -> None:
        self._open(event, PlacedList(event.start_mark))

    def _open(self, event: Event, node: Table | PlacedList) -> None:
        self.look_at(event)
        if len(self.stack) >= syntax.MAX_DEPTH:
            self.give_up(event.start_mark, f"it is nested more than {syntax.MAX_DEPTH} deep")
        self._take(event.start_mark, node, "a list or a mapping")
        self.stack.append(node)
        self.keys.append(_NO_KEY)
        self.key_marks.append(None)

    def _take(self, mark: Mark, value: object, called: str) -> None:
        if self._awaits_key():
            self.report(mark, syntax.key_not_text("?", called))
            self.keys[-1], self.key_marks[-1] = _DROPPED, mark
        else:
            self._put(value, mark)

    def close(self, _event: Event) -> None:
        self.stack.pop()
        self.quiet = 0 if len(self.stack) < self.quiet else self.quiet
        self.keys.pop()
        self.key_marks.pop()

    def alias(self, event: Event) -> None:
        self.report(event.start_mark, syntax.anchor(f"*{event.anchor}"))
        self._take(event.start_mark, None, "an alias")

    def look_at(self, event: Event) -> None:
        self.values += 1
        if self.values > syntax.MAX_VALUES:
            self.give_up(event.start_mark, f"it holds more than {syntax.MAX_VALUES} values")
        if event.anchor is not None:
            self.report(event.start_mark, syntax.anchor(f"&{event.anchor}"))
        if event.tag is not None:
            self.report(event.start_mark, syntax.tag(event.tag))


def _opens_twice(outer: Mark, inner: Mark) -> bool:
    return outer.line == inner.line and outer.column + 1 == inner.column


def read_trees(text: str) -> tuple[list[Tree], Problem | None]:
    """Every document of a file, and the problem at which the reading broke off (with no file name yet)."""
    builder = _Builder()
    parser = yaml.CSafeLoader(text)
    tasks: dict[type[yaml.Event], Callable[[Any], None]] = {
        yaml.ScalarEvent: builder.scalar,
        yaml.MappingStartEvent: builder.open_table,
        yaml.SequenceStartEvent: builder.open_row,
        yaml.MappingEndEvent: builder.close,
        yaml.SequenceEndEvent: builder.close,
        yaml.AliasEvent: builder.alias,
        yaml.DocumentStartEvent: builder.begin,
    }
    next_event = parser.get_event
    try:
        while (event := next_event()) is not None:
            task = tasks.get(type(event))
            if task is not None:
                task(event)
    except _TooMuch:
        return builder.trees, None
    except yaml.YAMLError as broken:
        if builder.stack:
            builder.tree.sound = False
        return builder.trees, _break(broken, text, builder.quoted)
    finally:
        parser.dispose()
    return builder.trees, None


def _code(character: object) -> int:
    return character if isinstance(character, int) else ord(str(character)[:1] or " ")


def _open_quote(broken: yaml.YAMLError, last: Event | None) -> Mark | None:
    """Where a quote opens that does not close, or closes only where another was meant to open."""
    if "quoted scalar" in str(getattr(broken, "context", None)) and "end of stream" in str(
        getattr(broken, "problem", None)
    ):
        opened: Mark | None = getattr(broken, "context_mark", None)
        return opened
    mark = getattr(broken, "problem_mark", None)
    if last is None or mark is None or last.end_mark.line != mark.line:
        return None
    return last.start_mark


def _sign_at(text: str, mark: Mark | None) -> str:
    """The sign at which the parser stopped."""
    return text[mark.index : mark.index + 1] if mark is not None else ""


def _break(broken: yaml.YAMLError, text: str, last: Event | None) -> Problem:
    """Why the parser stopped; `last` is the last text in quotes before, if it has several lines."""
    if isinstance(broken, yaml.reader.ReaderError):
        fault = syntax.not_text(f"there is the control character {_code(broken.character):#06x} in it")
        before = text[: broken.position] if isinstance(broken.position, int) else ""
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    else:
        mark = getattr(broken, "problem_mark", None) or getattr(broken, "context_mark", None)
        opened = _open_quote(broken, last)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if opened is not None:
            fault = syntax.not_yaml(*syntax.quote_without_end(line if last is not None else None))
            line, column = opened.line + 1, opened.column + 1
        else:
            said = str(getattr(broken, "problem", None))
            whole = text.split("\n")[line - 1] if line <= text.count("\n") + 1 else ""
            fault = syntax.not_yaml(*syntax.why_no_yaml(said, _sign_at(text, mark), whole, column - 1))
    return Problem("", line, column, fault.rule, fault.severity, fault.message, fault.hint)
