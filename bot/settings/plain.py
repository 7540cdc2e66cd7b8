"""Readers of switches, numbers and words."""

from collections.abc import Callable

from bot.settings.problems import BadSetting

_LEVELS = ("debug", "info", "warning", "error")


def read_switch(text: str) -> bool:
    """``on`` or ``off``."""
    if text not in ("on", "off"):
        raise BadSetting(f"is neither on nor off: {text[:20]!r}.", "Write on or off.")
    return text == "on"


def number_reader(least: int, most: int, what: str) -> Callable[[str], int]:
    """Reads a whole number of `what`, from `least` to `most`."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise BadSetting(
                f"is not a number of {what}: {text[:20]!r}.", f"Write a whole number from {least} to {most}."
            )
        return int(text)

    return read


def read_log_level(text: str) -> str:
    """From which level on lines are written."""
    if text.lower() not in _LEVELS:
        raise BadSetting(f"is not a level: {text[:20]!r}.", f"Write one of {', '.join(_LEVELS)}.")
    return text.lower()
