"""Commands as people copy them: every value in its place, whole, and left out where something would read it again."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from bot.format.pieces import TypedField, Value
from bot.format.shell import shell_line, shell_word
from bot.format.shell.grammar import read_arguments, read_command
from bot.format.shell.places import PlaceholderPosition, Why
from bot.format.shell.words import HOLE
from bot.format.text import Hole, parse_text, said
from bot.format.typed import words_in

Fields = Mapping[str, TypedField]
_NEVER = frozenset({Why.ESCAPED, Why.BESIDE_A_SIGN})


@lru_cache(maxsize=16_384)
def places_of(command: str) -> tuple[PlaceholderPosition, ...]:
    """The place of each placeholder of a command, in order. Read once: it takes some 100 µs."""
    text = _with_gaps(command)
    return read_command(text) if text is not None else _nowhere(command)


@lru_cache(maxsize=16_384)
def places_of_arguments(argv: tuple[str, ...]) -> tuple[PlaceholderPosition, ...]:
    """The place of each placeholder of an argument list, in order."""
    gaps = [_with_gaps(argument) for argument in argv]
    whole = [gap for gap in gaps if gap is not None]
    return read_arguments(whole) if len(whole) == len(gaps) else tuple(one for part in argv for one in _nowhere(part))


def _with_gaps(text: str) -> str | None:
    """A gap for each placeholder; None when the text holds such a sign itself."""
    return None if HOLE in text else "".join(part if isinstance(part, str) else HOLE for part in parse_text(text))


def _nowhere(text: str) -> tuple[PlaceholderPosition, ...]:
    return tuple(PlaceholderPosition(Why.UNREAD, Why.UNSURE) for part in parse_text(text) if isinstance(part, Hole))


def fill_command(command: str, names: Mapping[str, Value], fields: Fields, *, strict: bool = False) -> str:
    """A shell command with its values quoted. What could be run there is left for a person to type."""
    places = iter(places_of(command))
    return "".join(
        part if isinstance(part, str) else _in_its_place(part, next(places), names, fields, strict=strict)
        for part in parse_text(command)
    )


def _in_its_place(
    hole: Hole, place: PlaceholderPosition, names: Mapping[str, Value], fields: Fields, *, strict: bool
) -> str:
    value = names.get(hole.name)
    text = said(hole, names, strict=strict)
    if value is None:
        return text
    why = place.refuses(words_in(hole, fields.get(hole.name.removeprefix("vars.")), value))
    one_line = "\n" not in text and "\r" not in text
    if why is None and (place.holds or one_line):
        return shell_word(text)
    stands = not place.holds and why not in _NEVER and shlex.quote(text) == text
    return text if stands else _by_hand(hole)


def _by_hand(hole: Hole) -> str:
    return f"‹{hole.name}: type this by hand›"


def argument_line(argv: Sequence[str], names: Mapping[str, Value], fields: Fields) -> str:
    """An argument list as one line for a shell, under the same rule."""
    places = iter(places_of_arguments(tuple(argv)))
    return shell_line("".join(_argument(argument, places, names, fields)) for argument in argv)


def _argument(
    argument: str, places: Iterator[PlaceholderPosition], names: Mapping[str, Value], fields: Fields
) -> Iterator[str]:
    for part in parse_text(argument):
        if isinstance(part, str):
            yield part
            continue
        place, value, text = next(places), names.get(part.name), said(part, names, strict=False)
        words = "own" if value is None else words_in(part, fields.get(part.name.removeprefix("vars.")), value)
        yield text if place.refuses(words) is None else _by_hand(part)
