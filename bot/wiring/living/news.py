"""What an owner team hears of its files: which cannot be loaded and why, and when all is right again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.herald.voice import Doubtful, Gone, Impossible, Label, Limited, Sent, Voice
from bot.journal.letters import Letter, Letters
from bot.journal.store import NotRecorded
from bot.library.problems import Problem
from bot.library.shelf import Shelf
from bot.render.message import Message, compose, context, foreign, section

SETTLED = timedelta(seconds=20)
"""How long a file has to be bad before anybody is told: an editor saves more than once."""
LOST = timedelta(minutes=1)
"""How long after a post of which nobody knows whether it arrived it is looked for, and else posted again."""
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

    def __init__(self, shelf: Shelf, letters: Letters, voice: Voice, now: Callable[[], datetime]) -> None:
        """Take a clock; what was told before a restart is remembered by the letters."""
        self._shelf, self._letters, self._voice, self._now = shelf, letters, voice, now
        self._since: dict[str, datetime] = {}
        self._refused: dict[str, str] = {}
        """Channels that Slack does not let us post in -> the message that they would not take."""
        self._homeless: set[str] = set()
        """Bad files that no team with a channel owns."""

    def look(self) -> None:
        """Tell what has changed. What Slack or the database does not take now is told at the next look."""
        bad = self._bad()
        channels = {team.channel for team in self._shelf.catalogue.teams.values() if team.channel} | bad.keys()
        try:
            told = self._letters.of(OF_FILES, channels)
            for channel in sorted({*bad, *told}):
                self._tell(channel, bad.get(channel, []), told.get(channel))
        except (SQLAlchemyError, NotRecorded) as failure:
            log.warning("nobody was told of bad runbooks yet", failure=str(failure))

    def _bad(self) -> dict[str, list[Trouble]]:
        """The bad files of each channel."""
        errors: dict[str, list[Problem]] = {}
        for problem in self._shelf.problems:
            if problem.severity == "error":
                errors.setdefault(problem.file, []).append(problem)
        now = self._now()
        self._since = {file: self._since.get(file, now) for file in errors}
        found: dict[str, list[Trouble]] = {}
        for file, problems in errors.items():
            for channel in self._channels(file):
                found.setdefault(channel, []).append(Trouble(file, tuple(problems), file in self._shelf.files))
        return found

    def _channels(self, file: str) -> list[str]:
        """Where the owners of a file are told."""
        teams = (self._shelf.catalogue.teams.get(team) for team in self._shelf.owners_of(file))
        channels = [team.channel for team in teams if team is not None and team.channel is not None]
        if not channels and file not in self._homeless:
            self._homeless.add(file)
            log.warning("no team with a channel owns this bad file", file=file)
        return list(dict.fromkeys(channels))

    def _tell(self, channel: str, bad: list[Trouble], letter: Letter | None) -> None:
        if letter is not None and letter.ts is None:
            letter = self._look_for(channel, letter)
            if letter is None:
                return
        settled = [one for one in bad if self._now() - self._since[one.file] >= SETTLED]
        if letter is not None and not bad:
            self._end(channel, letter)
        elif settled and letter is None:
            self._post(channel, message_of(settled))
        elif settled and letter is not None and letter.shown != message_of(settled).digest:
            self._change(channel, letter, message_of(settled))

    def _look_for(self, channel: str, letter: Letter) -> Letter | None:
        """The message of which nobody knew whether it arrived; when it did not, it is forgotten."""
        if self._now() - letter.intended_at < LOST:
            return None
        found = self._voice.find(channel, OF_FILES, letter.intended_at)
        if isinstance(found, Mapping) and channel in found:
            sent = found[channel]
            self._letters.sent(OF_FILES, channel, sent.channel, sent.ts, sent.digest)
            return Letter(channel, sent.channel, sent.ts, sent.digest, letter.intended_at)
        if isinstance(found, Mapping | Impossible):
            self._letters.forget(OF_FILES, channel)
        return None

    def _post(self, channel: str, message: Message) -> None:
        if self._refused.get(channel) == message.digest:
            return
        if not self._letters.claim(OF_FILES, channel):
            return  # another server tells it
        sent = self._voice.post(channel, message, Label(OF_FILES, channel))
        match sent:
            case Sent():
                self._letters.sent(OF_FILES, channel, sent.channel, sent.ts, message.digest)
            case Limited():
                self._letters.forget(OF_FILES, channel)
            case Impossible(why=why):
                self._letters.forget(OF_FILES, channel)
                self._refused[channel] = message.digest
                log.warning("the owner team cannot be told of a bad file", channel=channel, why=why)
            case Doubtful(why=why):
                log.info("slack did not answer", channel=channel, why=why)

    def _change(self, channel: str, letter: Letter, message: Message) -> None:
        match self._voice.update(letter.channel or channel, letter.ts or "", message, Label(OF_FILES, channel)):
            case Sent():
                self._letters.shown(OF_FILES, {channel: message.digest})
            case Gone() | Impossible():
                self._letters.forget(OF_FILES, channel)
            case _:
                return

    def _end(self, channel: str, letter: Letter) -> None:
        """Say in the thread, and in the channel, that all is right; the message itself says so too."""
        place, over = letter.channel or channel, all_right(self._now())
        said = self._voice.post(place, over, Label(OF_FILES, f"{channel}:right"), letter.ts)
        if isinstance(said, Sent | Impossible):
            self._voice.update(place, letter.ts or "", over, Label(OF_FILES, channel))
            self._letters.forget(OF_FILES, channel)


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
