"""What the doctor found out about one part."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Diagnosis:
    """How one part is, in words, and what to do about it."""

    part: str
    state: Literal["fine", "odd", "bad"]
    says: str
    todo: str = ""
