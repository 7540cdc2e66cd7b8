"""One person's visit at a terminal: at home, at the database, or away from it, in a file of this machine."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.cli.failures import Failure
from bot.cli.identity import who_sits_here
from bot.engine import RunRow, StartPlan
from bot.engine.continuing import plan_continuation
from bot.engine.opening import StartRequest, plan_start
from bot.engine.travel import CannotImport, import_run
from bot.format.printable import printable
from bot.journal.store import NotRecorded
from bot.offline.mirror import Copy, Mirror
from bot.oncall.references import as_somebody
from bot.render.dialog.view import Choice
from bot.run.commands import Refused
from bot.run.situation import Stamp
from bot.terminal.faces import Face
from bot.terminal.faces.zoned import Zoned
from bot.terminal.seat import Lost, TerminalSession
from bot.terminal.starting import Wanted, choose_asset, choose_one, choose_run, start_run
from bot.terminal.walk import Walk
from bot.wiring.attending import attend_people
from bot.wiring.house import House, new_id, utc_now
from bot.workers.clock import SWEEP

TROUBLE: tuple[type[Exception], ...] = (SQLAlchemyError, NotRecorded)
"""What a database that is out of reach raises."""
_NEW = "new"
_AWAKE = timedelta(seconds=30)
"""A server sweeps each second; one that did not for so long calls nobody."""


class OpenJournal:
    """Where runs are recorded: a house, who sits there, and where copies of what changes are kept."""

    def __init__(self, house: House, face: Face, as_: str | None, mirror: Mirror | None) -> None:
        self.house, self.mirror = house, mirror
        handler = house.handler()
        registry = house.registry()
        catalogue = registry.catalogue
        whole = registry.is_whole and bool(catalogue.people)
        me, said = who_sits_here(face, handler.logins, catalogue, as_, whole=whole)
        myself = as_somebody(catalogue, catalogue.people[me]) if me in catalogue.people else None
        zone = _local_zone()
        seen = Zoned(face, zone, utc_now())
        self.seat = TerminalSession(handler, seen, me, said, utc_now, zone, new_id, TROUBLE, myself)

    def find(self, ref: str) -> RunRow | None:
        """A run's row, by its ref."""
        return self.seat.look(lambda: self.seat.handler.find(ref))

    def walk(self, run_id: str, news: tuple[str, ...] = ()) -> Walk:
        """A walk of one of its runs."""
        return Walk(self.seat, run_id, self._copy, news)

    def _copy(self, run_id: str) -> None:
        """Keep a copy; a walk is never held up by a disk that is full."""
        with contextlib.suppress(OSError, *TROUBLE):
            row = self.seat.handler.journal.run_row(run_id)
            if self.mirror is not None and row is not None:
                self.mirror.keep(self.seat.handler.journal, row, utc_now())


class Home(OpenJournal):
    """At the database."""

    def __init__(self, house: House, face: Face, as_: str | None) -> None:
        super().__init__(house, face, as_, house.mirror if house.settings.keeps_mirror else None)
        self.seat = replace(self.seat, attend=attend_people(house), is_served=lambda: _is_served(house))
        self._face = face
        if self.mirror is not None:
            with contextlib.suppress(OSError, *TROUBLE):
                self.mirror.keep_logins(self.seat.handler.logins)

    def begin(self, query: str, *, drill: bool) -> str:
        """A run on the asset that is meant: one that is open, or a new one."""
        registry = self.house.registry()
        if not query:
            joined = choose_run(self._face, self._open(), "Start another recovery")
            if joined is not None:
                return joined.run_id
        asset = choose_asset(self._face, registry, query)
        joined = choose_run(self._face, self._open(asset.id), "Start a second run") if query else None
        if joined is not None:
            return joined.run_id
        return start_run(self.seat, registry, asset, self._plan, drill=drill)

    def not_home_yet(self) -> tuple[str, ...]:
        """Sentences about runs that were walked away from this database and have not been imported."""
        found = [copy for copy in Mirror(away_folder(self.house)).copies() if not self._knows(copy)]
        return tuple(f"{one.ref} was walked away from here. Bring it home: handrail import {one.file}" for one in found)

    def _knows(self, copy: Copy) -> bool:
        row = self.seat.look(lambda: self.seat.handler.journal.run_row(copy.run_id))
        return row is not None and row.head >= copy.head

    def _open(self, asset: str | None = None) -> list[RunRow]:
        return [row for row in self.seat.look(lambda: self.seat.handler.open_runs(asset)) if not row.imported]

    def _plan(self, wanted: Wanted) -> StartPlan:
        wish = StartRequest(
            wanted.asset, wanted.runbook, wanted.mode, self.seat.me, wanted.inputs, wanted.damage_began, wanted.reason
        )
        return plan_start(self.house.registry(), wish, utc_now(), self.house.roster)


def _is_served(house: House) -> bool:
    """Whether a server looked at this database a moment ago: it calls people, and we do not."""
    journal = house.journal()
    swept = journal.last_sweep(SWEEP)
    return swept is not None and journal.moment(utc_now()) - swept < _AWAKE


class Away(Home):
    """In a file of this machine: new runs, some of which go on from runs whose copies are here."""

    def __init__(self, home: House, face: Face, as_: str | None) -> None:
        house = home.away()
        with contextlib.suppress(*TROUBLE):
            house.handler().logins.take_copies(home.mirror.logins())
        OpenJournal.__init__(self, house, face, as_, Mirror(away_folder(home), keeps_ended=True))
        self._face, self._copies = face, home.mirror.copies()

    def go_on(self, query: str, ref: str | None, *, drill: bool) -> str:
        """The run to walk here: one that goes on from a copy, one that was begun here, or a new one."""
        if ref is not None:
            return self.go_on_from(ref)
        asset = choose_asset(self._face, self.house.registry(), query) if query else None
        chosen = self._choose(asset.id if asset else None)
        if chosen is not None:
            return self._continue(chosen)
        return self.begin(query, drill=drill)

    def go_on_from(self, ref: str) -> str:
        """The run of this ref that is here, or one that goes on from its copy."""
        here = self.find(ref)
        if here is not None and not here.imported:
            return here.run_id
        copy = next((one for one in self._copies if one.ref == ref.strip().upper()), None)
        if copy is None:
            raise Failure(f"There is no copy of {printable(ref)} on this machine, so it cannot be gone on with here.")
        return self._continue(copy)

    def _choose(self, asset: str | None) -> Copy | None:
        named = {copy.run_id: copy for copy in self._copies if asset in (None, copy.asset)}
        if not named:
            return None
        choices = [
            Choice(
                one.run_id,
                f"Go on from {one.ref}",
                printable(f"{one.asset_name}, {one.title}; as of {one.at:%H:%M} UTC"),
            )
            for one in named.values()
        ]
        hint = "It goes on as a new run on this machine. What is known carries over; signatures do not."
        return named.get(choose_one(self._face, "Which run?", [*choices, Choice(_NEW, "A new recovery")], hint))

    def _continue(self, copy: Copy) -> str:
        """The run that goes on from a copy: the one that was begun here already, or a new one."""
        handler = self.seat.handler
        for row in handler.open_runs():
            if row.continues == copy.ref and not row.imported:
                return row.run_id
        stamp = Stamp(utc_now(), self.seat.me, "import")
        try:
            lines = copy.file.read_text(encoding="utf-8").split("\n")
            import_run(
                handler.journal, self.house.book_of, lines, stamp, f"a copy on this machine, {copy.file.name}",
                as_evidence=True,  # what is wrong with the copy is no reason to refuse a recovery
            )  # fmt: skip
        except (CannotImport, OSError) as why:
            raise Failure(f"The copy of {copy.ref} cannot be used: {why}") from None
        hash_ = handler.journal.hash_at(copy.run_id, handler.load(copy.run_id).seq) or ""
        try:
            plan = plan_continuation(handler.load(copy.run_id), hash_, {})
        except Refused as refused:
            raise Failure(refused.sentence) from None
        return handler.start(plan, self.seat.me, "terminal").run.id


def away_folder(house: House) -> Path:
    """Where runs are that were walked away from this house's database."""
    return house.mirror.folder / "away"


def walked_away(house: House, ref: str) -> bool:
    """Whether a run of this ref was walked on this machine, away from the database."""
    return any(copy.ref == ref.strip().upper() for copy in Mirror(away_folder(house)).copies())


@contextlib.contextmanager
def lost_when_out_of_reach() -> Iterator[None]:
    """What a database that is out of reach raises becomes Lost."""
    try:
        yield
    except TROUBLE as why:
        raise Lost(say_trouble(why)) from why


def say_trouble(why: Exception) -> str:
    """Why the record is out of reach, in one line."""
    reason = str(getattr(why, "orig", why)).strip().splitlines() or [type(why).__name__]
    return printable(reason[0])[:300]


def _local_zone() -> timezone:
    """The time zone of this machine, as it is now."""
    now = datetime.now().astimezone()
    return timezone(now.utcoffset() or timedelta(0), now.tzname() or "")
