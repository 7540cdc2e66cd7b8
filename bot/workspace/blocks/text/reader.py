"""Who reads a message, when, and the names that ids stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class TextContext:
    """All that the drawing of a text depends on besides the text.

    ``now`` is aware; ``people``, ``channels`` and ``groups`` map ids to names without ``@`` or ``#``;
    ``home`` is the path below which this reader's channels are found.
    """

    user_id: str
    now: datetime
    zone: ZoneInfo
    people: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    member_of: frozenset[str] = frozenset()
    home: str = ""
