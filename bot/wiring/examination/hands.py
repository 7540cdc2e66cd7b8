"""Whether the file of hands is sound, its programs and secrets are there, and who executes."""

import os
from collections.abc import Iterator
from pathlib import Path

from bot.format.hands import HandsFile
from bot.library.check import check_folder
from bot.library.check.permitted import held_to
from bot.library.hands import read_hands
from bot.library.parse import Unreadable
from bot.wiring.examination.finding import Diagnosis
from bot.wiring.house import House

PART = "hands"
_MOST = 5
"""Steps that are named."""


def examine_hands(house: House) -> Iterator[Diagnosis]:
    """What keeps hands from executing; nothing where nothing is to be executed."""
    file = house.settings.hands
    if file is None:
        return
    try:
        hands = read_hands(file)
    except OSError as wrong:
        yield Diagnosis(
            PART, "bad", f"{file} cannot be read: {wrong.strerror}.", "Name the right file in HANDRAIL_HANDS."
        )
        return
    except Unreadable as wrong:
        for one in wrong.problems:
            yield Diagnosis(PART, "bad", f"{file.name}:{one.line} {one.message}", one.hint)
        return
    places = ", ".join(f"{one.at} ({one.effect})" for one in hands.places)
    yield Diagnosis(PART, "fine", f"{hands.name} may execute at {places}.")
    yield from _missing(hands)
    yield from _by_hand(house, hands)
    if _others_may_write(file):
        yield Diagnosis(
            PART, "bad", f"Others than its owner may write {file}, and so say what is executed.", f"chmod go-w {file}"
        )
    if house.settings.sqlite_path is not None:
        yield Diagnosis(
            PART, "odd", "With SQLite the hands run as the same user as serve, and can read what it reads.",
            "Use PostgreSQL, and run handrail hands as a user of its own, where this matters.",
        )  # fmt: skip


def _missing(hands: HandsFile) -> Iterator[Diagnosis]:
    for program in (*hands.programs, *hands.read):
        if not os.access(program.path, os.X_OK):
            yield Diagnosis(PART, "odd", f"{program.path} is no program here.", "Correct the path, or install it.")
    for name, profile in hands.profiles.items():
        for variable, secret in profile.files.items():
            if not os.access(secret, os.R_OK):
                yield Diagnosis(
                    PART, "odd", f"The profile {name} cannot read {variable} here.", f"Look at {secret}, as this user."
                )


def _by_hand(house: House, hands: HandsFile) -> Iterator[Diagnosis]:
    """What of the active runbooks people would walk by hand tonight, as far as these hands say."""
    if not house.settings.runbooks.is_dir():
        return
    report = check_folder(house.settings.runbooks, whole=True)
    active = {book.id for book in report.runbooks.values() if book.status == "active"}
    told = [one for one in held_to(report, [hands]).problems if one.rule in ("X1", "X2")]
    files = {document.file for one in report.documents.values() for document in one if document.model in
             [report.runbooks[id_] for id_ in active]}  # fmt: skip
    told = [one for one in told if one.file in files]
    for one in told[:_MOST]:
        yield Diagnosis(PART, "odd", f"{one.place} {one.message}", f"Write {one.hint}.")
    if len(told) > _MOST:
        todo = f"Run: handrail check {house.settings.runbooks} --hands {house.settings.hands}"
        yield Diagnosis(PART, "odd", f"{len(told) - _MOST} more steps are walked by hand.", todo)


def _others_may_write(file: Path) -> bool:
    return bool(file.stat().st_mode & 0o022)
