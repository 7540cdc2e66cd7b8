"""A value as others may see it."""

from collections.abc import Collection, Mapping

from bot.format.shapes import TypedField, Value


def show_value(fields: Mapping[str, TypedField], hidden: Collection[str], name: str, value: Value | None) -> str:
    """With its unit; secrets never, and what is in `hidden` (blind answers that were not compared) not yet."""
    field = fields.get(name)
    if field is not None and field.type == "secret":
        return "‹secret›"
    if name in hidden:
        return "‹hidden until it is compared›"
    if value is None:
        return "not set"
    said = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return f"{said} {field.unit}" if field is not None and field.unit else said
