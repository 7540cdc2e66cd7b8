"""Whether the clocks on which Handrail leans agree."""

from datetime import UTC, datetime

from bot.wiring.examination.finding import Diagnosis
from bot.wiring.house import utc_now

ADRIFT = 5.0
"""Seconds by which a clock may differ before it is worth a word; Slack's signatures allow 300."""


def compare_clocks(whose: str, theirs: datetime) -> Diagnosis:
    """Whether this machine's clock agrees with another one."""
    apart = abs((utc_now() - theirs.astimezone(UTC)).total_seconds())
    if apart > ADRIFT:
        return Diagnosis(
            "clock",
            "bad",
            f"This machine's clock and {whose} are {apart:.0f} s apart.",
            "Switch on time synchronisation (NTP); from 300 s on Slack's signed requests are refused.",
        )
    return Diagnosis("clock", "fine", f"Agrees with {whose}.")
