"""Small checks from which the tables of Slack's rules are built.

A check looks at one value at one place and yields what Slack would say against it, in Slack's own form:
``[ERROR] must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

Check = Callable[[object, str], Iterator[str]]
Rule = Callable[[Mapping[str, object], str], Iterator[str]]

BLOCK_ID = 255
URL = 3000


def refusal(message: str, at: str) -> str:
    """Slack's sentence about the value at a JSON pointer."""
    return f"[ERROR] {message} [json-pointer:{at}]"


def anything(_value: object, _at: str) -> Iterator[str]:
    """Accept every value."""
    yield from ()


def string(most: int, least: int = 1, pattern: str = "") -> Check:
    """Accept strings of ``least`` to ``most`` characters which match ``pattern`` from end to end."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield refusal("must provide a string", at)
        elif len(value) > most:
            yield refusal(f"must be less than {most + 1} characters", at)
        elif len(value) < least:
            yield refusal(f"must be more than {least - 1} characters", at)
        elif pattern and not re.fullmatch(pattern, value):
            yield refusal(f"failed to match pattern: {pattern}", at)

    return check


def whole_number(least: int, most: int) -> Check:
    """Accept integers from ``least`` to ``most``."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield refusal("must provide a number", at)
        elif value > most:
            yield refusal(f"must be less than {most + 1}", at)
        elif value < least:
            yield refusal(f"must be more than {least - 1}", at)

    return check


def boolean(value: object, at: str) -> Iterator[str]:
    """Accept true and false."""
    if not isinstance(value, bool):
        yield refusal("must provide a boolean", at)


def one_of(*allowed: str) -> Check:
    """Accept one of a few words."""

    def check(value: object, at: str) -> Iterator[str]:
        if value not in allowed:
            yield refusal("must be a valid enum value", at)

    return check


def many(item: Check, most: int, least: int = 1) -> Check:
    """Accept an array of ``least`` to ``most`` items, each of which passes ``item``."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield refusal("must provide an array", at)
            return
        if len(value) > most:
            yield refusal(f"no more than {most} items allowed", at)
        if len(value) < least:
            yield refusal(f"must provide at least {least} items", at)
        for position, each in enumerate(value):
            yield from item(each, f"{at}/{position}")

    return check


def shape(
    *rules: Rule,
    needs: Mapping[str, Check] | None = None,
    may: Mapping[str, Check] | None = None,
) -> Check:
    """Accept an object with the fields it needs, the fields it may have and no other, and which keeps each rule."""
    needed = needs or {}
    known: dict[str, Check] = {"type": anything, **needed, **(may or {})}

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield refusal("must provide an object", at)
            return
        yield from (refusal(f"missing required field: {name}", at) for name in needed if value.get(name) is None)
        yield from (refusal(f"invalid additional property: {name}", at) for name in value if name not in known)
        for name, inner in known.items():
            if value.get(name) is not None:
                yield from inner(value[name], f"{at}/{name}")
        for rule in rules:
            yield from rule(value, at)

    return check


def by_type(table: Mapping[str, Check], allowed: Collection[str] | None = None) -> Check:
    """Accept an object whose ``type`` is in the table (and allowed here), checked by the entry of that type."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield refusal("must provide an object", at)
            return
        kind = value.get("type")
        if kind is None:
            yield refusal("missing required field: type", at)
        elif not isinstance(kind, str) or kind not in table or (allowed is not None and kind not in allowed):
            yield refusal(f"unsupported type: {kind}", f"{at}/type")
        else:
            yield from table[kind](value, at)

    return check
