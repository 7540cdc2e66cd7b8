"""The parts that every command shares, each built when it is first asked for."""

import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from bot.settings import Settings, cache_folder, read_settings
from bot.settings.variables import VARIABLES
from bot.wiring.credentials import Credential
from bot.wiring.process.lock import server_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from bot.engine import CommandHandler, StartPlan
    from bot.engine.gathering import Gatherer
    from bot.format.runbook import Runbook
    from bot.journal.feeds import Feeds
    from bot.journal.store import Journal
    from bot.library.registry import Registry
    from bot.offline.mirror import Mirror
    from bot.oncall.roster import Roster
    from bot.render.report.formats import Templates
    from bot.run.state import Run

OnChange = Callable[[str, datetime | None], None]
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters and digits that are not mistaken for each other when read out."""
_WHICH = "Name the right one in DATABASE_URL; `handrail serve` and `handrail migrate` make a new one."


class CannotServe(Exception):
    """Something that Handrail stands on is missing; the words say what to do."""


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def new_id() -> str:
    """An id that nobody has had before."""
    return uuid.uuid4().hex


def new_reference() -> str:
    """A short reference that a person can read out, the same in their message and in the log."""
    return "".join(secrets.choice(_LETTERS) for _ in range(6))


class CommitSignal:
    """Rings after each commit: which run changed, and when it is due next."""

    def __init__(self) -> None:
        self._listeners: list[OnChange] = []

    def add(self, listener: OnChange) -> None:
        """Tell `listener` from now on; it must not raise, and not keep the caller waiting."""
        self._listeners.append(listener)

    def ring(self, run_id: str, due_at: datetime | None) -> None:
        """Tell everybody."""
        for listener in self._listeners:
            listener(run_id, due_at)


class House:
    """Settings, database, journal, shelf and desk of one process; nothing is opened before it is used."""

    def __init__(self, environment: Mapping[str, str], *, makes_database: bool = True) -> None:
        """Take the environment; it is read when a setting is first asked for.

        Without `makes_database` a database that is not there stays so: CannotServe says it.
        """
        self._environment, self._makes_database = environment, makes_database
        self.bell = CommitSignal()
        self._behind = timedelta(0)
        self._secrets: dict[str, Credential] = {}

    def secret(self, name: str) -> Callable[[], str]:
        """A secret of the settings as it is now: one that stands in a file is read again when the file has changed."""
        return self.credential(name).now

    def credential(self, name: str) -> Credential:
        """As `secret`, with a way to look at its file at once."""
        if name not in self._secrets:
            value = getattr(self.settings, VARIABLES[name][0]) or ""
            self._secrets[name] = Credential(name, value, self._environment, monotonic)
        return self._secrets[name]

    @cached_property
    def settings(self) -> Settings:
        """The environment, read; BadSettings when it cannot be used."""
        return read_settings(self._environment)

    @property
    def environment(self) -> Mapping[str, str]:
        """Every variable, for what the catalogue names: channels and feeds. The settings have read their own."""
        return self._environment

    @cached_property
    def engine(self) -> "Engine":
        """The database, whatever its tables are; it is first spoken to when it is used."""
        from bot.journal.database import Pooling, open_engine

        path = self.settings.sqlite_path
        if path is not None and not self._makes_database and not (path.exists() and path.stat().st_size):
            raise CannotServe(f"There is no database at {path}. {_WHICH}")
        if path is not None and not path.absolute().parent.is_dir():
            raise CannotServe(f"There is no folder {path.parent} for the database {path.name}. Make it first.")
        settings = self.settings
        pooling = Pooling(settings.database_pool, by_transaction=settings.database_pooler)
        return open_engine(settings.database_url, pooling, self.secret("DATABASE_URL"))

    def journal(self) -> "Journal":
        """The record, its tables as this version wants them; CannotServe when they are not."""
        return self._journal

    @cached_property
    def _journal(self) -> "Journal":
        from bot.journal.store import Journal

        prepare_tables(self.engine, makes_database=self._makes_database)
        journal, now = Journal(self.engine), utc_now()
        self.set_clock(journal.moment(now) - now)
        return journal

    def now(self) -> datetime:
        """The time by the clock that judges the record: PostgreSQL's, as replicas may differ; on SQLite, ours."""
        return utc_now() + self._behind

    def set_clock(self, behind: timedelta) -> None:
        """Take how far our clock is behind the one that judges, as it was compared just now."""
        self._behind = behind

    def registry(self) -> "Registry":
        """The runbooks and the catalogue; CannotServe when their folder cannot be read."""
        return self._registry

    @cached_property
    def _registry(self) -> "Registry":
        from bot.library.memory import Memory
        from bot.library.registry import load_shelf

        folder = self.settings.runbooks
        if not folder.is_dir():
            raise CannotServe(
                f"There is no folder of runbooks at {folder}. Set HANDRAIL_RUNBOOKS to the folder that holds them."
            )
        below = cache_folder(self._environment)
        return load_shelf(folder, Memory(below, folder) if below else None)

    def handler(self) -> "CommandHandler":
        """The one way to change a run."""
        return self._handler

    @cached_property
    def _handler(self) -> "CommandHandler":
        from bot.engine import CommandHandler

        return CommandHandler(self.journal(), self.book_of, self.now, new_id, self.bell.ring, self._plan_call)

    def _plan_call(self, caller: "Run") -> "StartPlan":
        from bot.engine.opening import plan_call

        return plan_call(self.registry(), self.book_of, self.now(), caller, self.roster)

    @cached_property
    def templates(self) -> "Templates":
        """How reports are set: by the team's own templates, where there are any."""
        from bot.wiring.overrides import read_templates

        return read_templates(self.settings.templates)

    @cached_property
    def roster(self) -> "Roster":
        """Who is on call, by the catalogue and the last good copies of feeds; without feeds no database is asked."""
        from bot.oncall.roster import Roster
        from bot.workers.feeds.copies import KnownCopies

        return Roster(lambda: self.registry().catalogue.people, KnownCopies(self._feeds, monotonic))

    def _feeds(self) -> "Feeds | None":
        from bot.journal.feeds import Feeds

        try:
            return Feeds(self.journal())
        except CannotServe:  # there is no database yet, so nothing was fetched
            return None

    def feed_address(self, name: str) -> str | None:
        """The address of a calendar feed: a secret of the environment, or of a file that it names. Raises Unfetched."""
        from bot.workers.feeds.fetching import secret_named

        return secret_named(self._environment, name)

    @cached_property
    def gatherer(self) -> "Gatherer":
        """Gathers what findings are made of."""
        from bot.engine.gathering import Gatherer
        from bot.wiring.readying import look_around

        around = look_around(lambda: self.roster, self.settings.pack)
        return Gatherer(self.journal(), self.registry(), self.book_of, around, self.now)

    @cached_property
    def book_of(self) -> Callable[[str], "Runbook"]:
        """The runbook of a digest that a run is pinned to; LookupError when its text is not in this database."""
        return lru_cache(maxsize=256)(self._read_book)

    def _read_book(self, digest: str) -> "Runbook":
        from bot.library.parse import digest_of, parse_runbook

        text = self.journal().text_of(digest)
        if text is None:
            raise LookupError(f"The runbook {digest[:12]} that a run is pinned to is not in this database.")
        if digest_of(text) != digest:
            raise LookupError(f"The text of the runbook {digest[:12]} was changed: run `handrail verify`.")
        return parse_runbook(text)

    @cached_property
    def mirror(self) -> "Mirror":
        """Where copies of this database's open runs are kept on this machine."""
        from bot.offline.mirror import Mirror

        return Mirror(self.settings.mirror_of(self._environment))

    def away(self) -> "House":
        """The same house on a file of this machine, for the hour when the database is out of reach."""
        folder = self.mirror.folder.absolute() / "away"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.beside(f"sqlite:///{folder / 'away.db'}")

    def beside(self, url: str) -> "House":
        """A house like this one over another database."""
        rest = {name: text for name, text in self._environment.items() if name != "DATABASE_URL_FILE"}
        return House(rest | {"DATABASE_URL": url})

    @cached_property
    def pages_token(self) -> str:
        """What a browser on this machine shows to read the pages; new with each process."""
        return secrets.token_urlsafe(24)

    def close(self) -> None:
        """Let the database go."""
        if "engine" in self.__dict__:
            self.engine.dispose()


def prepare_tables(engine: "Engine", *, makes_database: bool = True) -> None:
    """Bring SQLite's tables up to this version; on PostgreSQL only look. CannotServe when they do not fit.

    Without `makes_database` tables are made anew nowhere, and a record that has moved away may still be read.
    """
    from bot.journal.copying import moved_away
    from bot.journal.database import schema_state

    state = schema_state(engine)
    if state == "empty" and not makes_database and engine.dialect.name == "sqlite":
        raise CannotServe(f"The database {engine.url.database} has no tables of Handrail. {_WHICH}")
    if state == "ahead":
        raise CannotServe(
            "This database belongs to a newer Handrail. Install that version, or name another one in DATABASE_URL."
        )
    if state == "current":
        if makes_database and (went := moved_away(engine)):
            raise CannotServe(went)
        return
    if engine.dialect.name == "postgresql":
        word = "has no tables of Handrail yet" if state == "empty" else "is older than this Handrail"
        raise CannotServe(f"The database {word}. Run `handrail migrate` once, then start again.")
    upgrade_tables(engine)


def upgrade_tables(engine: "Engine") -> None:
    """Bring the tables up to this version; CannotServe while a server of the older version works on this SQLite file.

    It would go on as it is, and what it starts would not stand in the ledger. On PostgreSQL it may: a trigger there
    does for it what is new.
    """
    from bot.journal.database import migrate, schema_state

    sqlite = engine.dialect.name == "sqlite" and engine.url.database
    holder = server_of(Path(engine.url.database or "")) if sqlite and schema_state(engine) == "behind" else None
    if holder is not None:
        raise CannotServe(
            f"`handrail serve` of an older version (process {holder}) works on {engine.url.database}. Stop it first: "
            "it would go on in tables that it does not know. Then start this version."
        )
    migrate(engine)
