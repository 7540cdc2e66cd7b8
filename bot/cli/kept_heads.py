"""Heads that somebody kept outside the database: lines copied from Slack or from exports, or written by hand."""

import re
from dataclasses import dataclass
from pathlib import Path

from bot.cli.failures import Failure

_HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", re.IGNORECASE)
_HEAD = re.compile(
    r"\b(?P<of>ledger|[A-Z0-9]{1,10}-[0-9]{1,18}(?:\.[0-9]{1,5})?)[^\w\n]+(?:(?P<number>[0-9]{1,18})[^\w\n]+)?"
    r"(?:head[^\w\n]+)?(?P<hash>[0-9a-f]{64})(?![0-9a-f])",
    re.IGNORECASE,
)
_HOW = "Write `ledger NUMBER HASH`, as it is posted, or `REF HASH`, a line each."


@dataclass(frozen=True, slots=True)
class KeptHead:
    """A head of the ledger (`of` is ``ledger``) or of a run; `number` is that of its entry or record, where known."""

    of: str
    number: int | None
    hash: str

    def __str__(self) -> str:
        """As it is written in such a file."""
        return " ".join(str(part) for part in (self.of, self.number, self.hash) if part is not None)


def read_heads(file: Path) -> tuple[KeptHead, ...]:
    """The heads of a file; Failure when there is none in it, or one of which nobody can say whose it is."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Failure(f"{file} cannot be read as text. {_HOW}") from None
    heads: list[KeptHead] = []
    for number, line in enumerate(lines, 1):
        found = [_head(one) for one in _HEAD.finditer(line)]
        if len(found) < len(_HASH.findall(line)):
            raise Failure(f"Line {number} of {file} has a head, and does not say whose. {_HOW}")
        heads += found
    if not heads:
        raise Failure(f"There is no head in {file}. {_HOW}")
    return tuple(dict.fromkeys(heads))


def _head(found: re.Match[str]) -> KeptHead:
    of, number = found["of"], found["number"]
    return KeptHead(
        "ledger" if of.lower() == "ledger" else of.upper(), int(number) if number else None, found["hash"].lower()
    )
