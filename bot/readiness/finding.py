"""One finding: what is not as it should be, what to do about it, and where it stands."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["person", "team", "rotation", "resource", "runbook"]
Of = tuple[Kind, str]
"""A kind of thing in the files, and its id."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as it should be, what to do about it, and the file and line to mend where there is one."""

    what: str
    todo: str
    place: str = ""
    """``file:line``; empty when it is of no file, or the files were not asked."""
    of: Of | None = None
    """What in the files it is about."""
