"""`hands.yaml`: read as every file is, with all of its problems at once."""

from pathlib import Path

from bot.format.hands import HandsFile
from bot.library.parse import Unreadable, parse_file
from bot.library.problems import Problem
from bot.library.secrets import without_secrets


def read_hands(file: Path) -> HandsFile:
    """What hands may do; Unreadable with every problem when the file is not sound, OSError when it is not there."""
    documents, problems = parse_file(file.name, file.read_bytes())
    errors: tuple[Problem, ...] = tuple(one for one in problems if one.severity == "error")
    if errors or len(documents) != 1 or not isinstance(documents[0].model, HandsFile):
        raise Unreadable(errors)
    return documents[0].model


def scrub(text: str) -> str:
    """The text without what looks like a secret."""
    return without_secrets(text)[0]
