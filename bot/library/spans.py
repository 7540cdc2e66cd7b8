"""Changes to the text of a file at single places: everything else of it, comments and all, stays as it was written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.library.drafting.scribe import scalar


class Edit(NamedTuple):
    """Characters `start` to `end` of the text, and what stands there instead."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class NodeSpan:
    """A node of the text, and what holds it."""

    node: Node
    key: ScalarNode | None
    """The key that it stands under, if a mapping holds it."""
    holder: MappingNode | SequenceNode | None
    is_key: bool = False


class Text:
    """The text of a file with the places of everything in it; YAMLError where it is no YAML."""

    def __init__(self, text: str) -> None:
        """Read where everything stands."""
        self.text = text
        self.roots: list[Node] = list(yaml.compose_all(text, Loader=yaml.SafeLoader))

    def at(self, line: int, column: int) -> NodeSpan | None:
        """What begins at a line and a column, from 1: the innermost value, else a key."""
        found = [one for one in self._all() if _begins(one.node, line, column)]
        return found[-1] if found else None

    def _all(self) -> Iterator[NodeSpan]:
        for root in self.roots:
            yield from _below(NodeSpan(root, None, None))


def _begins(node: Node, line: int, column: int) -> bool:
    return node.start_mark.line + 1 == line and node.start_mark.column + 1 == column


def _below(spot: NodeSpan) -> Iterator[NodeSpan]:
    yield spot
    node = spot.node
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                yield NodeSpan(key, key, node, is_key=True)
                yield from _below(NodeSpan(value, key, node))
    elif isinstance(node, SequenceNode):
        for item in node.value:
            yield from _below(NodeSpan(item, None, node))


def child(mapping: MappingNode, key: str) -> Node | None:
    """What stands under a key."""
    return next((value for name, value in mapping.value if isinstance(name, ScalarNode) and name.value == key), None)


def replace(node: Node, text: str) -> Edit:
    """Another scalar in place of one."""
    return Edit(node.start_mark.index, node.end_mark.index, scalar(text))


def insert(text: str, mapping: MappingNode, entry: str, *, first: bool = False) -> Edit:
    """A further ``key: value`` in a mapping, as its last or first, in the mapping's own style."""
    if mapping.flow_style:
        if first or not mapping.value:
            at = mapping.start_mark.index + 1
            return Edit(at, at, entry + (", " if mapping.value else ""))
        at = mapping.value[-1][1].end_mark.index
        return Edit(at, at, f", {entry}")
    indent = " " * mapping.start_mark.column
    if first:
        at = mapping.start_mark.index
        return Edit(at, at, f"{entry}\n{indent}")
    at = _line_end(text, last_index(mapping))
    return Edit(at, at, f"\n{indent}{entry}")


def last_index(node: Node) -> int:
    """Behind the last sign of a node; a block ends for YAML only where the next thing begins."""
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        return last_index(node.value[-1][1])
    if isinstance(node, SequenceNode) and not node.flow_style and node.value:
        return last_index(node.value[-1])
    return int(node.end_mark.index)


def _line_end(text: str, at: int) -> int:
    """The end of the line that holds the last sign before a place."""
    at -= len(text[:at]) - len(text[:at].rstrip())
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with the changes; of two that touch the same place the first is made."""
    free = len(text)
    for edit in sorted(dict.fromkeys(edits), key=lambda one: (one.start, one.end), reverse=True):
        if edit.end <= free:
            text = text[: edit.start] + edit.text + text[edit.end :]
            free = edit.start
    return text
