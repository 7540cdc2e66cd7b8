"""Each minute: was everybody told and called, and does somebody look at the clock? Says so, or says who should know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.bulkhead import contain
from bot.journal.standing import Late
from bot.render.message import Message, compose, context, foreign, section
from bot.web.health import NotReady

SUBJECT = "audit"
"""What the auditor's messages carry in place of a run."""
EVERY = timedelta(seconds=60)
WITHIN = timedelta(seconds=60)
"""What is due, untold or uncalled for longer than this is found."""
SWEPT_WITHIN = timedelta(seconds=10)
_NAMED = 5
"""Runs that are named in one sentence."""

log = structlog.get_logger(__name__)


class Known(Protocol):
    """What the auditor asks of the facts; times by the clock that judges."""

    def overdue(self, now: datetime, by: timedelta) -> tuple[Late, ...]: ...
    def uncalled(self, now: datetime, by: timedelta) -> tuple[Late, ...]: ...
    def untold(self, now: datetime, by: timedelta) -> tuple[Late, ...]: ...


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is wrong, in words, and the runs that it is about; none when it is about all of them."""

    what: str
    runs: tuple[Late, ...] = ()

    def __str__(self) -> str:
        named = ", ".join(f"{run.ref} since {run.since:%H:%M}" for run in self.runs[:_NAMED])
        more = f" and {len(self.runs) - _NAMED} more" if len(self.runs) > _NAMED else ""
        return f"{self.what}: {named}{more}." if named else f"{self.what}."


def audit(known: Known, now: datetime, swept: datetime | None, refusals: tuple[str, ...] = ()) -> tuple[Alarm, ...]:
    """Everything that is not as it should be at `now`; `swept` is when due times were looked at last, anywhere.

    `refusals` is what Slack does not let the app do, with its words.
    """
    found = [
        Alarm("What was due did not happen", known.overdue(now, WITHIN)),
        Alarm("People were not called beyond Slack", known.uncalled(now, WITHIN)),
        Alarm("Slack was not told", known.untold(now, WITHIN)),
    ]
    findings = tuple(one for one in found if one.runs)
    if refusals:
        findings = (*findings, Alarm(f"Slack refuses Handrail: {', '.join(refusals)}"))
    if swept is not None and now - swept <= SWEPT_WITHIN:
        return findings
    ago = f"for {(now - swept).total_seconds():.0f} s" if swept is not None else "yet"
    return (*findings, Alarm(f"No replica has looked at the clock {ago}"))


class Auditor:
    """Remembers the last audit for `/readyz`; tells the watchdog outside, or the owners."""

    def __init__(
        self,
        look: Callable[[], tuple[Alarm, ...]],
        speaks: Callable[[], bool],
        tell: Callable[[tuple[Alarm, ...]], None],
        beat: Callable[[], object] | None,
    ) -> None:
        """`look` audits; `speaks` says whether this replica is the one that tells; `beat` reaches the watchdog."""
        self._look, self._speaks, self._tell, self._beat = look, speaks, tell, beat
        self._findings: tuple[Alarm, ...] = ()
        self._is_blind = ""

    def audit(self) -> None:
        """Look once. All good: the watchdog hears it. Otherwise the owners do, and once more when it is right again."""
        with contain() as looking:
            self._findings, self._is_blind = self._look(), ""
            speaks = self._speaks()
        if looking.failure is not None:
            self._is_blind = f"The auditor cannot look: {type(looking.failure).__name__}. The log says more."
            raise looking.failure
        if not speaks:
            return
        for one in self._findings:
            log.error("the auditor found something", finding=str(one))
        self._tell(self._findings)
        if not self._findings and self._beat is not None:
            self._beat()

    @property
    def findings(self) -> int:
        """How many things the last audit found wrong."""
        return len(self._findings)

    @property
    def is_blind(self) -> bool:
        """Whether the last audit could not look."""
        return bool(self._is_blind)

    def probe(self) -> str:
        """That the last audit found nothing; NotReady says what it found."""
        if self._is_blind:
            raise NotReady(self._is_blind)
        if self._findings:
            raise NotReady(" ".join(map(str, self._findings)))
        return "All that was due was done and told."


def told_to(
    findings: tuple[Alarm, ...], channel_of: Callable[[str], str | None], all_channels: set[str]
) -> Mapping[str, list[Alarm]]:
    """What each channel hears: an owner team of its assets' runs; all of them of what is about everything."""
    heard: dict[str, list[Alarm]] = {}
    for finding in findings:
        runs: dict[str, list[Late]] = {}
        for run in finding.runs:
            channel = channel_of(run.asset)
            if channel is not None:
                runs.setdefault(channel, []).append(run)
        for channel, own in runs.items():
            heard.setdefault(channel, []).append(Alarm(finding.what, tuple(own)))
        if not finding.runs:
            for channel in all_channels:
                heard.setdefault(channel, []).append(finding)
    return heard


def message_of(findings: list[Alarm]) -> Message:
    """What is wrong, run by run, and what to do next."""
    lead = "Handrail is behind. Do not wait for it: call people yourself."
    return compose(
        f"{lead} {findings[0].what}.",
        section(f":rotating_light: *{lead}*"),
        *(section(f"• {foreign(str(one), 600)}") for one in findings),
        context("Next: look at `/readyz` and the log of each replica. This message says so when it is right again."),
    )


def all_right(at: datetime) -> Message:
    """That everything is right again."""
    said = f"Handrail has caught up: since {at:%H:%M} UTC everything that was due is done and told."
    return compose(said, section(f":white_check_mark: {said}"), broadcast=True)
