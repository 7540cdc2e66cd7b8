"""Keeps each version that serves, with its origin; and gives back the last good one after a restart."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.journal.store import Journal, NotRecorded
from bot.journal.versions import CATALOGUE, Version, Versions
from bot.library.parse import Unreadable, digest_of, parse_runbook
from bot.library.registry import Registry, ServedRunbook
from bot.workers.origins import origin_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Text:
    """Something that serves and is kept: a runbook by its id, a file of the catalogue by its name."""

    id: str
    text: str
    file: str

    @property
    def digest(self) -> str:
        return digest_of(self.text)


class VersionRecorder:
    """Knows what was kept last, so that most looks ask nothing of the database."""

    def __init__(self, registry: Registry, journal: Journal, now: Callable[[], datetime]) -> None:
        """Take a clock; nothing is read yet."""
        self._registry, self._journal, self._now = registry, journal, now
        self._versions = Versions(journal)
        self._kept: dict[str, str] | None = None

    def keep(self) -> None:
        """Keep the versions that are new since the last look. A database that does not answer is asked again later."""
        serving = self._serving()
        try:
            if self._kept is None:
                self._kept = {id_: one.digest for id_, one in self._versions.last().items()}
            fresh = [one for one in serving if self._kept.get(one.id) != one.digest]
            self._versions.keep([self._version(one) for one in fresh], {one.digest: one.text for one in fresh})
        except (SQLAlchemyError, NotRecorded) as failure:
            log.warning("versions of runbooks were not kept yet", failure=str(failure))
            return
        self._kept |= {one.id: one.digest for one in fresh}
        for one in fresh:
            log.info("a version serves", runbook=one.id, digest=one.digest[:12], file=one.file)

    def _serving(self) -> list["_Text"]:
        """Everything that serves now: runbooks by their ids, files of the catalogue by their names."""
        kept = [one for id_ in self._registry.runbooks if (one := self._registry.kept(id_)) is not None]
        files = [_Text(CATALOGUE + file, text, file) for file, text in self._registry.catalogue_texts.items()]
        return [*(_Text(one.book.id, one.text, one.file) for one in kept), *files]

    def _version(self, kept: "_Text") -> Version:
        origin = origin_of(self._registry.path, kept.file)
        return Version(kept.id, self._now(), kept.digest, kept.file, origin.commit, origin.author)

    def give_back(self) -> None:
        """Let the last good version of each bad file serve again: it went with the process that had read it."""
        bad = {one.file for one in self._registry.problems if one.severity == "error"}
        found = []
        files: dict[str, str] = {}
        for version in self._versions.last().values() if bad else ():
            text = self._journal.text_of(version.digest) if version.file in bad else None
            if text is None or digest_of(text) != version.digest:
                continue
            if version.runbook.startswith(CATALOGUE):
                files[version.file] = text
            else:
                try:
                    found.append(ServedRunbook(parse_runbook(text), text, version.digest, version.file))
                except Unreadable as why:
                    log.warning("the last good version cannot be read any more", file=version.file, why=str(why))
        for file in self._registry.give_back_files(files):
            log.warning("a bad file of the catalogue serves as it last was", file=file)
        for one in self._registry.give_back(found):
            log.warning("a bad file serves as it last was", file=one.file, runbook=one.book.id, digest=one.digest[:12])
