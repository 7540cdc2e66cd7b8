"""The steps of a draft as a tree: deeds one after the other, and forks whose ways come together again."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.library.drafting.markdown.commands import Command
from bot.library.drafting.markdown.words import Jump

Mark = tuple[int, int] | str
"""What a jump leads to: (list, number of the item), or the slug of a section."""


@dataclass(slots=True, eq=False)
class DraftedDo:
    """What becomes a `do`."""

    title: str
    say: list[str] = field(default_factory=list)
    command: Command | None = None
    caution: str = ""
    notes: list[str] = field(default_factory=list)
    phase: str = ""
    id: str = ""
    optional: bool = False
    """The page leaves it to whoever does it."""
    signer: str = ""
    """The role that is asked to sign: then it becomes a `signoff`."""


@dataclass(slots=True, eq=False)
class ForkAnswer:
    """One answer of a fork. An empty way goes on after the fork."""

    label: str
    when: str
    nodes: "list[Node]" = field(default_factory=list)
    jump: Jump | None = None
    within: int = 0
    """The list that the number of the jump counts in."""


@dataclass(slots=True, eq=False)
class Fork:
    """What becomes a `decide`."""

    title: str
    ways: list[ForkAnswer]
    caution: str = ""
    say: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    phase: str = ""
    id: str = ""


Node = DraftedDo | Fork


def every(nodes: list[Node]) -> Iterator[Node]:
    """Every node, each before what it holds, in the order in which one reads."""
    for node in nodes:
        yield node
        for way in node.ways if isinstance(node, Fork) else ():
            yield from every(way.nodes)
