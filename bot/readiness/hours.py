"""How long somebody was at work in runs, whichever they are: pauses of more than an hour are left out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

LOOKED_AT = timedelta(hours=24)
"""How far back it is counted."""
PAUSE = timedelta(hours=1)
"""A longer pause is no work."""
TIRING = timedelta(hours=4)
"""From here on it is said."""


def worked(acts: Sequence[datetime], now: datetime) -> timedelta:
    """The time between the first and the last thing they did, without long pauses; `acts` are in order."""
    recent = [one for one in acts if timedelta(0) <= now - one <= LOOKED_AT]
    spans = (after - before for before, after in pairwise(recent))
    return sum((one for one in spans if one <= PAUSE), timedelta(0))
