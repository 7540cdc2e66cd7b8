"""Which values can be turned against a shell: the one place that decides what counts as free text."""

from bot.format.pattern import holds_no_signs, lets_no_signs_through
from bot.format.pieces import TypedField, Value
from bot.format.shell.places import Words
from bot.format.text import Hole

_FIXED_FORM = frozenset({"int", "bool", "timestamp", "duration"})


def words_of(hole: Hole, field: TypedField | None) -> Words:
    """What a value may hold, as far as its declaration says: the question of `check`.

    Facts, and what the run and its owner are called, are the author's own words; so is each value of an `enum`.
    """
    if not hole.name.startswith("vars.") or (field is not None and field.type == "enum"):
        return "own"
    if hole.filters:
        return "plain"  # each of them makes a fixed form, or refuses the value
    if field is None:
        return "free"
    closed = field.pattern is not None and lets_no_signs_through(field.pattern)
    return "plain" if field.type in _FIXED_FORM or closed else "free"


def words_in(hole: Hole, field: TypedField | None, value: Value) -> Words:
    """The same of a value that is there: what a declaration promises is not taken on trust once it can be seen."""
    if not hole.name.startswith("vars.") or (field is not None and field.type == "enum" and value in field.values):
        return "own"
    return "plain" if hole.filters or holds_no_signs(str(value)) else "free"
