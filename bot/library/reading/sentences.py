"""What the models refuse, in plain sentences with a place; nothing of the validator's own words comes through."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bot.format.pieces import Shape
from bot.library.problems import Fault, shown
from bot.library.reading import syntax
from bot.library.reading.build import PlacedList, Table, spoken
from bot.library.reading.shape import ErrorLocation, example_of, expected, near, spot

Words = tuple[str, str]
"""What is wrong, and what to write instead."""


@dataclass(frozen=True, slots=True)
class RefusedValue:
    """A value that the models refuse."""

    key: str
    ctx: Mapping[str, Any]
    place: ErrorLocation
    written: object


_FORMS = {
    r"^[a-z0-9][a-z0-9_-]{0,63}$": ("an id: small letters, digits, - and _, at most 64", "orders-db"),
    r"^[a-z][a-z0-9_]{0,63}$": ("a name: small letters, digits and _, a letter first, at most 64", "target_time"),
    r"^[UW][A-Z0-9]{2,}$": ("the id of a Slack user", "U0ANA"),
    r"^S[A-Z0-9]{2,}$": ("the id of a Slack user group", "S0DATA"),
    r"^[CG][A-Z0-9]{2,}$": ("the id of a Slack channel", "C0DATA"),
    r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$": ("wall time in the rotation’s zone", '"2026-01-05T09:00"'),
}
"""What the patterns of the models mean."""


def faults_of(wrong: ValidationError, model: type[Shape], root: Table) -> list[tuple[ErrorLocation, Fault]]:
    """Each refusal with its place. Several for one place, one for each type that was tried, become one."""
    found: dict[tuple[Any, ...], tuple[ErrorLocation, Fault]] = {}
    for error in wrong.errors(include_url=False, include_input=False)[: syntax.MAX_FAULTS]:
        place = spot(model, error["loc"])
        written = _at(root, place.path)
        fault = _fault(error["type"], error.get("ctx", {}), place, written)
        if fault is not None:
            found.setdefault((place.path, place.is_key), (place, fault))
    return list(found.values())


def _at(root: object, path: tuple[str | int, ...]) -> object:
    for part in path:
        if not isinstance(root, Table | PlacedList) or (isinstance(root, PlacedList) and not isinstance(part, int)):
            return None
        try:
            root = root[part]  # type: ignore[index]
        except (KeyError, IndexError):
            return None
    return root


def _fault(kind: str, ctx: Mapping[str, Any], place: ErrorLocation, written: object) -> Fault | None:
    key = _called(place.path)
    if kind == "extra_forbidden":
        return syntax.unknown_key(key, near(key, place.keys), place.keys)
    if kind == "missing":
        return syntax.missing_key(key, example_of(place.annotation))
    if kind == "literal_error" and place.is_key:
        known = tuple(re.findall(r"'([^']*)'", str(ctx.get("expected", ""))))
        return syntax.unknown_key(key, near(key, known), known)
    if kind in {"too_short", "too_long"} and not _counts_wrong(ctx, written):
        return None  # its items are wrong, and each is told by itself
    words = _WORDS.get(kind, _wrong_type)(RefusedValue(key, ctx, place, written))
    return syntax.wrong_value(*words)


def _called(path: tuple[str | int, ...]) -> str:
    """The key of a place, or which item of which list it is."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    return key if not path or isinstance(path[-1], str) else f"{key} [{path[-1] + 1}]"


def _count(written: object) -> int:
    return len(written) if isinstance(written, Table | PlacedList) else 0


def _counts_wrong(ctx: Mapping[str, Any], written: object) -> bool:
    count = _count(written)
    return bool(count < ctx.get("min_length", 0) or count > ctx.get("max_length", count))


def _wrong_type(wrong: RefusedValue) -> Words:
    wanted = expected(wrong.place.annotation)
    if isinstance(wrong.written, Table | PlacedList):
        found = "a mapping" if isinstance(wrong.written, Table) else "a list"
        return f"“{shown(wrong.key)}” takes {wanted}, not {found}.", wanted
    if wanted.startswith("text") and not isinstance(wrong.written, str):
        said = str(wrong.written).lower() if isinstance(wrong.written, bool) else wrong.written
        return (
            f"“{shown(wrong.key)}” takes text, and {said} is {spoken(wrong.written)} here.",
            f'"{said}", in quotes',
        )
    choice = near(str(wrong.written), re.split(r", | or |one of ", wanted)) if wanted.startswith("one of") else ""
    return f"“{shown(wrong.key)}” takes {wanted}, not “{shown(wrong.written)}”.", choice or wanted


def _wrong_form(wrong: RefusedValue) -> Words:
    called, example = _FORMS.get(str(wrong.ctx.get("pattern")), (f"of the form {wrong.ctx.get('pattern')}", "another"))
    bad = wrong.key if wrong.place.is_key else wrong.written
    return f"“{shown(bad)}” is not {called}.", f"such as {example}"


def _too_long(wrong: RefusedValue) -> Words:
    most = wrong.ctx.get("max_length")
    return (
        f"“{shown(wrong.key)}” has {len(str(wrong.written))} characters; at most {most} fit.",
        f"at most {most} characters",
    )


def _too_short(wrong: RefusedValue) -> Words:
    return f"“{shown(wrong.key)}” is empty.", "some words"


def _too_few(wrong: RefusedValue) -> Words:
    least = wrong.ctx.get("min_length")
    return f"“{shown(wrong.key)}” has {_count(wrong.written)}, and needs at least {least}.", f"at least {least}"


def _too_many(wrong: RefusedValue) -> Words:
    most = wrong.ctx.get("max_length")
    return f"“{shown(wrong.key)}” has {_count(wrong.written)}; at most {most} can stand here.", f"at most {most}"


def _out_of_range(wrong: RefusedValue) -> Words:
    bounds = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    limit = next((f"{said} {wrong.ctx[name]}" for name, said in bounds.items() if name in wrong.ctx), "another number")
    return f"“{shown(wrong.key)}” is {wrong.written}; it has to be {limit}.", limit


def _own_words(wrong: RefusedValue) -> Words:
    """The models’ own validators speak plainly; most say what to write."""
    said = str(wrong.ctx.get("error", "this does not fit"))
    value = f" to “{shown(wrong.written)}”" if isinstance(wrong.written, str | int) else ""
    if said.startswith("write "):
        return f"“{shown(wrong.key)}” cannot be set{value} like this.", said.removeprefix("write ")
    if "regular expression" in said:
        return f"{said[:1].upper()}{said[1:]}.", "a pattern such as ^[0-9]+$"
    return f"{said[:1].upper()}{said[1:]}.", example_of(wrong.place.annotation)


_WORDS: Mapping[str, Callable[[RefusedValue], Words]] = {
    "string_pattern_mismatch": _wrong_form,
    "string_too_long": _too_long,
    "string_too_short": _too_short,
    "too_short": _too_few,
    "too_long": _too_many,
    "greater_than_equal": _out_of_range,
    "greater_than": _out_of_range,
    "less_than_equal": _out_of_range,
    "less_than": _out_of_range,
    "value_error": _own_words,
}
