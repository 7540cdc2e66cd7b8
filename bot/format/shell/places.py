"""What a place in a command means for a value that is put there."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

Words = Literal["own", "plain", "free"]
"""Whose words a value holds: the author's own, signs that no shell reads as anything, or whatever somebody typed."""


class Why(Enum):
    """Why a value may not stand at a place, or only some values may."""

    QUOTES = auto()
    BACKQUOTES = auto()
    ESCAPED = auto()
    DOCUMENT = auto()
    ARITHMETIC = auto()
    EXPANSION = auto()
    BESIDE_A_SIGN = auto()
    UNREAD = auto()
    COMMENT = auto()
    PROGRAM = auto()
    PART_OF_PROGRAM = auto()
    UNKNOWN_PROGRAM = auto()
    EVALUATES = auto()
    READER = auto()
    OPTION = auto()
    ASSIGNMENT = auto()
    SUBSTITUTION = auto()
    PIPE = auto()
    KEPT = auto()
    REDIRECT = auto()
    GRAMMAR = auto()
    PATTERN = auto()
    UNSURE = auto()


@dataclass(frozen=True, slots=True)
class PlaceholderPosition:
    """Where a placeholder stands: whether a quoted value is one word here, and whether something reads it again."""

    lexical: Why | None = None
    """Why quotes around a value would not hold it."""
    grammar: Why | None = None
    """Why even a whole word may not be free text."""
    program: str = ""
    """The program that the reason is about."""

    @property
    def holds(self) -> bool:
        """Whether a quoted value is one word, whatever it holds."""
        return self.lexical is None

    def refuses(self, words: Words) -> Why | None:
        """Why a value of this kind may not stand here; None when it may."""
        match self.lexical:
            case None:
                pass
            case Why.COMMENT:
                return Why.COMMENT if words == "free" else None
            case _:
                return self.lexical
        match self.grammar:
            case None:
                return None
            case Why.PROGRAM:
                return None if words == "own" else Why.PROGRAM
            case _:
                return self.grammar if words == "free" else None
