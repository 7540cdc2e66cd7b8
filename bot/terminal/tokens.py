"""The tokens of this machine's user: a file that nobody else may read."""

import json
import os
from pathlib import Path

_MOST = 8
"""Tokens kept for one person: one for each Handrail that they work with."""


class TokenFile:
    """Tokens by person, the newest first. A file that cannot be read counts as empty."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def of(self, person: str | None) -> tuple[str, ...]:
        """The tokens of one person, or of everybody."""
        held = self._read()
        return tuple(held.get(person, ())) if person else tuple(one for tokens in held.values() for one in tokens)

    def people(self) -> tuple[str, ...]:
        """Whose tokens are here."""
        return tuple(self._read())

    def keep(self, person: str, token: str) -> None:
        """Keep a token, the first to be tried."""
        held = self._read()
        self._write(held | {person: [token, *held.get(person, ())][:_MOST]})

    def drop(self, token: str) -> None:
        """Forget a token."""
        left = {person: [one for one in tokens if one != token] for person, tokens in self._read().items()}
        self._write({person: tokens for person, tokens in left.items() if tokens})

    def _read(self) -> dict[str, list[str]]:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        lists = found.items() if isinstance(found, dict) else ()
        return {str(person): [str(one) for one in tokens] for person, tokens in lists if isinstance(tokens, list)}

    def _write(self, held: dict[str, list[str]]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(held, file, indent=1)
        beside.replace(self.path)
