"""Whether the file of hands is sound, its programs and secrets are there, and who executes."""

import os
from collections.abc import Iterator
from pathlib import Path

from bot.format.hands import HandsFile
from bot.library.hands import read_hands
from bot.library.parse import Unreadable
from bot.wiring.examination.finding import Finding
from bot.wiring.house import House

PART = "hands"


def examine_hands(house: House) -> Iterator[Finding]:
    """What keeps hands from executing; nothing where nothing is to be executed."""
    file = house.settings.hands
    if file is None:
        return
    try:
        hands = read_hands(file)
    except OSError as wrong:
        yield Finding(
            PART, "bad", f"{file} cannot be read: {wrong.strerror}.", "Name the right file in HANDRAIL_HANDS."
        )
        return
    except Unreadable as wrong:
        for one in wrong.problems:
            yield Finding(PART, "bad", f"{file.name}:{one.line} {one.message}", one.hint)
        return
    places = ", ".join(f"{one.at} ({one.effect})" for one in hands.places)
    yield Finding(PART, "fine", f"{hands.name} may execute at {places}.")
    yield from _missing(hands)
    if _others_may_write(file):
        yield Finding(
            PART, "bad", f"Others than its owner may write {file}, and so say what is executed.", f"chmod go-w {file}"
        )
    if house.settings.sqlite_path is not None:
        yield Finding(
            PART, "odd", "With SQLite the hands run as the same user as serve, and can read what it reads.",
            "Use PostgreSQL, and run handrail hands as a user of its own, where this matters.",
        )  # fmt: skip


def _missing(hands: HandsFile) -> Iterator[Finding]:
    for program in (*hands.programs, *hands.read):
        if not os.access(program.path, os.X_OK):
            yield Finding(PART, "odd", f"{program.path} is no program here.", "Correct the path, or install it.")
    for name, profile in hands.profiles.items():
        for variable, secret in profile.files.items():
            if not os.access(secret, os.R_OK):
                yield Finding(
                    PART, "odd", f"The profile {name} cannot read {variable} here.", f"Look at {secret}, as this user."
                )


def _others_may_write(file: Path) -> bool:
    return bool(file.stat().st_mode & 0o022)
