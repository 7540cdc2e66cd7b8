"""A firm with Handrail in it: a Slack workspace, the whole house serving in this process, a clock to wind."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from bot.cli import main
from bot.journal.rows import RunRow
from bot.library.registry import load_shelf
from bot.run.events import Event
from bot.run.paging.dues import propagation_due
from bot.run.paging.events import PagingEvent
from bot.run.situation import Stamp
from bot.run.state import Run
from bot.web.health import NotReady, Probe, health_routes
from bot.wiring import house as house_module
from bot.wiring import staff as staff_module
from bot.wiring.house import House
from bot.wiring.local import seed_of
from bot.wiring.process.supervision import Supervisor
from bot.wiring.process.webserver import address_of, listen_on, serve_web
from bot.wiring.staff import build_staff
from bot.workspace.serve import Options, Workspace
from bot.workspace.state import Seed, User
from tests.places import migrated, put_tables
from tests.walks.hand import Hand
from tests.walks.truth import differences
from tests.walks.winding import wind_postgres
from tests.workspace.office import AT_ONCE

Way = Literal["sockets", "http"]
SHIPPED = Path(__file__).parents[2] / "runbooks"
OUTSIDERS = (
    User("U0GUS", "gus", "Gus Stranger", is_stranger=True, team="T0OTHER"),
    User("U0RIA", "ria", "Ria Guest", is_restricted=True),
)
"""Somebody of another workspace, and a guest: both in every channel, neither in the catalogue."""
PATIENCE = 30.0


@dataclass
class Clock:
    """The real time, and as far ahead of it as a test winds it."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Firm:
    """Everything that a walk touches."""

    workspace: Workspace
    house: House
    environment: Mapping[str, str]
    clock: Clock
    log: list[Any]
    pressed: set[str] = field(default_factory=set)
    work: ExitStack = field(default_factory=ExitStack)
    address: str = ""
    """Where the house answers over HTTP."""
    wind_database: Callable[[timedelta], None] = lambda _: None
    """PostgreSQL judges by its own clock."""

    def stop_serving(self) -> None:
        """End the house at work; the workspace stays."""
        self.work.close()

    def hand(self, name: str, channel: str = "#incidents") -> Hand:
        """A person at work, who waits until Slack shows what has happened before they press."""
        return Hand(self.workspace.person(name), channel, self.settle, self.pressed)

    def settle(self) -> None:
        """Wait until everything that is due by now has happened, between runs too, and Slack was told of it."""
        wait_for(lambda: not self.left(), "it did not come to rest:", also=self.left)

    def untold(self) -> list[RunRow]:
        return [row for row in self.house.journal().newest_runs(100) if row.told < row.head]

    def left(self) -> list[str]:
        """What the house has yet to do by itself, in words.

        What is due of a run is put off while its errand is run, so the run itself is asked whether it has one; and
        what moved while we looked is looked at again.
        """
        journal = self.house.journal()
        rows = [row for row in journal.newest_runs(100) if not row.imported]
        left = [f"{run_id} is due" for run_id in journal.due(self.clock(), 100)]
        moving = [row for row in rows if row.outcome is None or row.due_at is not None]
        left += [f"{row.ref} has an errand" for row in moving if propagation_due(self.house.handler().load(row.run_id))]
        left += [f"{row.ref} is not told" for row in self.untold()]
        return left or [f"{row.ref} moves" for row in rows if (journal.head(row.run_id) or (0,))[0] != row.head]

    def row(self, ref: str) -> RunRow:
        row = self.house.journal().find_run(ref)
        assert row is not None, f"no run is called {ref}"
        return row

    def run(self, ref: str) -> Run:
        return self.house.handler().load(self.row(ref).run_id)

    def thread(self, ref: str) -> str:
        """Where the card of a run stands: its thread."""
        self.settle()
        ts = self.row(ref).thread_ts
        assert ts is not None, f"{ref} has no card"
        return ts

    def history(self, ref: str) -> list[tuple[int, Event, Stamp]]:
        return self.house.journal().history(self.row(ref).run_id)

    def kinds(self, ref: str) -> list[str]:
        """What has happened, in order; whom the clock called meanwhile has tests of its own."""
        return [type(event).__name__ for _, event, _ in self.history(ref) if not isinstance(event, PagingEvent)]

    def wind(self, **span: float) -> None:
        """Wind the clock, and wait until everything that is due by then has happened, and Slack was told of it."""
        self.clock.ahead += timedelta(**span)
        self.wind_database(self.clock.ahead)
        self.settle()

    def handrail(self, *arguments: str) -> str:
        """What a command prints; it has to end well."""
        done = CliRunner().invoke(main, list(arguments), env=dict(self.environment))
        assert done.exit_code == 0, f"handrail {' '.join(arguments)}: {done.exit_code}\n{done.output}"
        return done.output

    def check_all_is_well(self, *, errors: int = 0) -> None:
        """Every chain holds, Slack shows what the records say, it refused nothing, and no listing call was made."""
        self.settle()
        ledger = self.workspace.state.ledger
        # A form that opens late, as on a busy machine, is asked for once more: Slack says that it was, and it stands.
        refused = [one for one in ledger.refusals if one.error != "exchanged_trigger_id"]
        assert refused == [], f"what Slack would have refused: {refused}"
        assert ledger.failures == [], "where the app did not answer"
        assert not {"conversations.list", "users.list"} & set(ledger.calls), ledger.calls
        assert [line for line in self.log if line["log_level"] == "error"][errors:] == []
        wait_for_truth(self.house, self.workspace)
        said = self.handrail("verify", "--allow-empty")
        assert "hold" in said or "There is no run" in said


def wait_for(
    holds: Callable[[], object], otherwise: str, seconds: float = PATIENCE, also: Callable[[], object] = str
) -> None:
    """Look until it is so; when time is up, `otherwise` and what `also` finds are said."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{otherwise} {also()}"
        time.sleep(0.003)


def wait_for_truth(house: House, workspace: Workspace) -> None:
    """Until Slack shows what the records say, message by message."""
    wait_for(lambda: not differences(house, workspace), "Slack is wrong:", also=lambda: differences(house, workspace))


def seed_for(folder: Path) -> Seed:
    """The catalogue's people in a workspace, and two who are in none."""
    seed = seed_of(load_shelf(folder).catalogue)
    others = tuple(one.id for one in OUTSIDERS)
    channels = tuple(replace(one, members=(*one.members, *others)) for one in seed.channels)
    return replace(seed, users=(*seed.users, *OUTSIDERS), channels=channels)


@contextmanager
def open_firm(
    home: Path, folder: Path = SHIPPED, way: Way = "sockets", database: str = "", options: Options = AT_ONCE,
    more: Mapping[str, str] | None = None, seed: Seed | None = None,
) -> Iterator[Firm]:  # fmt: skip
    """A workspace and a serving house, ready; both are ended in order at the end. `more` are further settings."""
    workspace = Workspace.start(seed or seed_for(folder), options)
    environment = {
        "SLACK_API_URL": workspace.api_url,
        "SLACK_BOT_TOKEN": workspace.tokens.bot,
        "SLACK_SIGNING_SECRET": workspace.tokens.signing_secret,
        "DATABASE_URL": database or put_tables(f"sqlite:///{home}/handrail.db"),
        "HANDRAIL_RUNBOOKS": str(folder),
        "HANDRAIL_HTTP": "127.0.0.1:0",
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
    } | ({"SLACK_APP_TOKEN": workspace.tokens.app} if way == "sockets" else {})
    environment |= more or {}
    with ExitStack() as stack:
        stack.callback(workspace.stop)
        clock, patch = Clock(), stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(house_module, "utc_now", clock)
        patch.setattr(staff_module, "utc_now", clock)
        log = stack.enter_context(capture_logs())
        wind_database = wind_postgres(database) if database else lambda _: None
        house = House(environment)
        stack.callback(house.close)
        migrated(house.engine)
        firm = Firm(workspace, house, environment, clock, log, wind_database=wind_database)
        stack.enter_context(firm.work)
        firm.address = firm.work.enter_context(serving(house, workspace, way))
        yield firm


@contextmanager
def serving(house: House, workspace: Workspace, way: Way) -> Iterator[str]:
    """The house at work: the same parts as `handrail serve` runs, in threads of this process. Its address."""
    supervisor, staff = Supervisor(), build_staff(house)
    with closing(listen_on(house.settings.http)) as bound:
        routes = [*health_routes(staff.probes), *staff.routes]
        supervisor.start("web", lambda stopping: serve_web(routes, bound, stopping))
        for name, work in staff.loops.items():
            supervisor.start(name, work)
        if way == "http":
            workspace.deliver_to(f"{address_of(bound)}/slack/events")
        try:
            wait_for(
                lambda: not list(_unready(staff.probes)),
                "the house is not ready",
                also=lambda: list(_unready(staff.probes)),
            )
            yield address_of(bound)
        finally:
            if way == "http":
                workspace.deliver_to("")
            supervisor.end("the test is over")
            supervisor.wait()
            assert supervisor.join(PATIENCE) == (), threading.enumerate()


def _unready(probes: Mapping[str, Probe]) -> Iterator[str]:
    for name, probe in probes.items():
        try:
            probe()
        except NotReady as why:
            yield f"{name}: {why}"
