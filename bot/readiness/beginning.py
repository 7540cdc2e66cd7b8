"""Where to begin: the one asset that matters most, failure modes of its type without an answer, a day for a drill."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bot.format.catalogue import Asset
from bot.readiness.facts import ReadinessFacts
from bot.readiness.judging import Ready, judge_all

WITHIN = timedelta(days=30)
MOST = 3
TYPICAL: Mapping[str, tuple[tuple[str, str], ...]] = {
    "postgres": (
        ("rows or tables are lost or changed by mistake", r"row|table"),
        ("the primary is down or hangs", r"primary|standby|failover"),
        ("blocks or pages are damaged", r"block|page|checksum|corrupt"),
        ("a key or a password is refused", r"key|credential|password"),
        ("the backup is late or cannot be read", r"backup|archive"),
        ("the disk is full", r"disk|space|full"),
    ),
    "s3": (
        ("objects are deleted in masses", r"delet"),
        ("objects are overwritten or encrypted", r"overwrit|encrypt|ransom|version"),
        ("the account or the key is lost", r"account|key|credential"),
        ("the region is away", r"region|replica"),
    ),
    "vm": (
        ("the machine does not start", r"start|boot"),
        ("its disk is lost or damaged", r"disk|volume"),
        ("its image or snapshot cannot be restored", r"image|snapshot"),
        ("the host or the zone is away", r"host|zone|region"),
    ),
}
"""Type -> what usually goes wrong with it, and the words by which a runbook that answers it speaks of it."""
OF_ANY = (
    ("data is deleted or changed by mistake", r"delet|lost|gone|mistake"),
    ("what it runs on is away", r"host|region|zone|cluster|platform|down"),
    ("a key or a credential is refused", r"key|credential|password|secret"),
    ("a release broke it", r"release|deploy|version|migration"),
)
"""The same of every other type."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """One asset, up to three failure modes that no active runbook of it speaks of, and by when to drill."""

    ready: Ready
    unanswered: tuple[str, ...]
    drill_by: date


def begin(facts: ReadinessFacts) -> Beginning | None:
    """Where to begin; None without assets. The most urgent of the most critical tier that there is."""
    judged = judge_all(facts)
    if not judged:
        return None
    tier = min(one.asset.tier for one in judged)
    first = next(one for one in judged if one.asset.tier == tier)
    return Beginning(first, unanswered(facts, first.asset)[:MOST], facts.at.date() + WITHIN)


def unanswered(facts: ReadinessFacts, asset: Asset) -> tuple[str, ...]:
    """Failure modes of its type of which no active runbook of the asset speaks in title, signs or failure modes."""
    said = " ".join(
        " ".join([book.title, *book.enter_when, *(one.mode for one in book.failure_modes)])
        for book in facts.active(asset)
    ).casefold()
    return tuple(mode for mode, words in TYPICAL.get(asset.type, OF_ANY) if not re.search(words, said))
