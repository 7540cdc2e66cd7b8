"""An entry as one line of JSON, written straight: what many entries share is spelled once."""

from datetime import datetime, tzinfo
from functools import lru_cache
from json.encoder import encode_basestring as quoted

from pydantic_core import to_json

from bot.render.report.data.columns import seconds_of, tell_instant
from bot.render.report.data.saying import Saying
from bot.timeline.entries import Entry

_KEPT = 1_024
_NOTHING_BESIDE = '"values":{},"corrects":null,"corrected_by":[],"erased_by":null,"late_seconds":null,"deviation":null'
"""What most entries have beside them."""


class Lines:
    """Writes the entries of one run, the first to the last, with their sentences; times in `zone`.

    The names are those of `as_plain`, in its order. A third of its time with `to_json` after it (measured 2026-11-22).
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone, self._saying = zone, Saying()
        self._at: datetime | None = None
        self._told_at = ""

    def write(self, entry: Entry) -> str:
        """The line of the next entry, without its end."""
        claimed = "null" if entry.claimed_at is None else f'"{tell_instant(entry.claimed_at, self._zone)}"'
        if entry.at is not self._at:  # all records of a click share one
            self._at, self._told_at = entry.at, tell_instant(entry.at, self._zone)
        return (
            f'{{"seq":{entry.seq},"at":"{self._told_at}",'
            f"{_spell_doer(entry.kind, entry.by, entry.by_name, entry.role, entry.acted_as, entry.via)},"
            f'"claimed_at":{claimed},{_spell_place(entry.step, entry.title)},"visit":{entry.visit},'
            f'{_spell_phase(entry.phase)},"why":{quoted(entry.why)},"evidence":{quoted(entry.evidence)},{_spell_beside(entry)},'
            f'"what":{quoted(self._saying.say(entry))}}}'
        )


@lru_cache(_KEPT)
def _spell_doer(kind: str, by: str, by_name: str, role: str | None, acted_as: str | None, via: str) -> str:
    return _members({
        "kind": kind, "by": by, "by_name": by_name, "role": role, "acted_as": acted_as, "via": via,
    })  # fmt: skip


@lru_cache(_KEPT)
def _spell_place(step: str | None, title: str | None) -> str:
    return _members({"step": step, "title": title})


@lru_cache(_KEPT)
def _spell_phase(phase: str | None) -> str:
    return _members({"phase": phase})


def _spell_beside(entry: Entry) -> str:
    alone = entry.corrects is None and entry.erased_by is None and entry.late is None and entry.deviation is None
    if alone and not entry.values and not entry.corrected_by:
        return _NOTHING_BESIDE
    return _members({
        "values": entry.values, "corrects": entry.corrects, "corrected_by": entry.corrected_by,
        "erased_by": entry.erased_by, "late_seconds": None if entry.late is None else seconds_of(entry.late),
        "deviation": entry.deviation,
    })  # fmt: skip


def _members(names: dict[str, object]) -> str:
    """The inside of a JSON object."""
    return to_json(names).decode()[1:-1]
