"""Builds the tree of each document of a file from the events of the YAML parser.

The tree is built on a list, not by recursion: a file of ten thousand brackets is told that it is too deep, and nothing
overflows.
"""

import re
from collections.abc import Callable
from typing import Any, Protocol

import yaml

from bot.library.problems import Fault, PathInFile, Problem
from bot.library.reading import syntax
from bot.library.reading.scalars import read_plain, spoken
from bot.library.reading.tree import Mark, Row, Table, Text, Tree

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
        self.stack: list[Table | Row] = []
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
        above = [len(one) - 1 if isinstance(one, Row) else next(reversed(one), "") for one in self.stack[:-1]]
        here = self.stack[-1]
        return (*above, len(here) if isinstance(here, Row) else str(self.keys[-1]))

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
        if isinstance(holder, Row):
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
        self._open(event, Row(event.start_mark))

    def _open(self, event: Event, node: Table | Row) -> None:
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
            fault = syntax.not_yaml(*syntax.why_no_yaml(str(getattr(broken, "problem", None)), _sign_at(text, mark)))
    return Problem("", line, column, fault.rule, fault.severity, fault.message, fault.hint)
