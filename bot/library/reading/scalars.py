"""What an unquoted scalar means: the little of YAML 1.1 that is kept, and its traps."""

import re

from bot.library.problems import Fault
from bot.library.reading.syntax import boolean_trap, instant_trap, number_trap

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
