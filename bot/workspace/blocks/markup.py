"""HTML tags from Python, with every attribute escaped."""

from __future__ import annotations

from html import escape

_VOID = frozenset({"input", "img", "hr", "br"})


def tag(name: str, content: str = "", /, **attributes: str | int | bool | None) -> str:
    """Build one element; ``content`` is HTML already, attributes are escaped, those that are None or False left out.

    Underscores in attribute names become hyphens, one at the end is dropped (``class_``, ``for_``).
    """
    given = "".join(
        f" {key.removesuffix('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return f"<{name}{given}>" if name in _VOID else f"<{name}{given}>{content}</{name}>"
