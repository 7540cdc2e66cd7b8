"""What an owner team hears of its files: which cannot be loaded and why, and when all is right again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.journal.outbox import Outbox, OutboxMessage
from bot.journal.store import NotRecorded
from bot.library.problems import Problem
from bot.library.registry import Registry
from bot.notifier.messenger import Messenger
from bot.render.message import Message, compose, context, foreign, section
from bot.workers.notices import Notices

SETTLED = timedelta(seconds=20)
"""How long a file has to be bad before anybody is told: an editor saves more than once."""
OF_FILES = "runbooks"
"""What these messages carry in place of a run."""
_FILES, _PROBLEMS = 8, 3
"""Files in a message, and problems of a file."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A file that cannot be loaded: its errors, and whether an older version of it serves."""

    file: str
    problems: tuple[Problem, ...]
    serves: bool


class News:
    """One living message for each channel with bad files. `look` is called after every reload and every while."""

    def __init__(self, registry: Registry, outbox: Outbox, messenger: Messenger, now: Callable[[], datetime]) -> None:
        """Take a clock; what was told before a restart is remembered by the letters."""
        self._registry, self._now = registry, now
        self._notices = Notices(OF_FILES, outbox, messenger, now)
        self._since: dict[str, datetime] = {}
        self._homeless: set[str] = set()
        """Bad files that no team with a channel owns."""

    def look(self) -> None:
        """Tell what has changed. What Slack or the database does not take now is told at the next look."""
        bad = self._bad()
        channels = {team.channel for team in self._registry.catalogue.teams.values() if team.channel} | bad.keys()
        try:
            told = self._notices.told(channels)
            for channel in sorted({*bad, *told}):
                self._tell(channel, bad.get(channel, []), told.get(channel))
        except (SQLAlchemyError, NotRecorded) as failure:
            log.warning("nobody was told of bad runbooks yet", failure=str(failure))

    def _bad(self) -> dict[str, list[Trouble]]:
        """The bad files of each channel."""
        errors: dict[str, list[Problem]] = {}
        for problem in self._registry.problems:
            if problem.severity == "error":
                errors.setdefault(problem.file, []).append(problem)
        now = self._now()
        self._since = {file: self._since.get(file, now) for file in errors}
        found: dict[str, list[Trouble]] = {}
        for file, problems in errors.items():
            for channel in self._channels(file):
                found.setdefault(channel, []).append(Trouble(file, tuple(problems), file in self._registry.files))
        return found

    def _channels(self, file: str) -> list[str]:
        """Where the owners of a file are told."""
        teams = (self._registry.catalogue.teams.get(team) for team in self._registry.owners_of(file))
        channels = [team.channel for team in teams if team is not None and team.channel is not None]
        if not channels and file not in self._homeless:
            self._homeless.add(file)
            log.warning("no team with a channel owns this bad file", file=file)
        return list(dict.fromkeys(channels))

    def _tell(self, channel: str, bad: list[Trouble], letter: OutboxMessage | None) -> None:
        settled = [one for one in bad if self._now() - self._since[one.file] >= SETTLED]
        self._notices.tell(
            channel, message_of(settled) if settled else None, None if bad else all_right(self._now()), letter
        )


def message_of(troubles: list[Trouble]) -> Message:
    """The bad files of a team, each with its first problems and what to write instead."""
    count = len(troubles)
    first = f"{foreign(troubles[0].file, 80)} cannot be loaded" if count == 1 else f"{count} files cannot be loaded"
    lead = f":warning: *{first}.* {_meanwhile(troubles)}"
    more = [context(f"… and {count - _FILES} more files.")] if count > _FILES else []
    plain = troubles[0].file if count == 1 else f"{count} files"
    return compose(
        f"{plain} cannot be loaded. {_meanwhile(troubles)}",
        section(lead),
        *(section(_said(trouble)) for trouble in troubles[:_FILES]),
        *more,
        context("Next: `handrail check` shows all of it; a saved file is read again at once."),
    )


def _meanwhile(troubles: list[Trouble]) -> str:
    if all(trouble.serves for trouble in troubles):
        return "The last good version keeps serving."
    if any(trouble.serves for trouble in troubles):
        return "Where there was a good version, it keeps serving."
    return "Nothing of it serves until it is right."


def _said(trouble: Trouble) -> str:
    lines = [f"*{foreign(trouble.file, 120)}*"]
    for problem in trouble.problems[:_PROBLEMS]:
        hint = f" Write: {foreign(problem.hint, 150)}" if problem.hint else ""
        lines.append(f"• line {problem.line}: {foreign(problem.message, 300)}{hint} ({problem.rule})")
    left = len(trouble.problems) - _PROBLEMS
    return "\n".join([*lines, f"… and {left} more."] if left > 0 else lines)


def all_right(at: datetime) -> Message:
    """That every file is right again."""
    said = f"The runbook files of this team are right again and serve since {at:%H:%M} UTC."
    return compose(said, section(f":white_check_mark: {said}"), broadcast=True)
