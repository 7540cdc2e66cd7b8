"""A firm whose house serves in a process of its own, which may be killed and started again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.wiring.house import House
from bot.workspace.serve import Workspace
from tests.walks.firm import Clock, Firm, wait_for_truth
from tests.wiring.running import Running, running


@dataclass
class Branch(Firm):
    """Looks into the same database from here; `trigger` says when the cut is meant."""

    trigger: Path = Path()

    @contextmanager
    def serve(self, place: str = "", when: str = "", hint: str = "", since: str = "") -> Iterator[Running]:
        """A serving process, ready; with a place it kills itself there once `trigger` exists."""
        cut = f"cut({place!r}, {when!r}, {str(self.trigger)!r}, {hint!r}, {since!r})"
        script = f"from tests.faults.seam import cut\n{cut}" if place else ""
        with running(["serve"], dict(self.environment), script=script) as serve:
            serve.wait_ready()
            yield serve

    def check_slack_shows_the_record(self) -> None:
        """Nothing lost, nothing twice, every chain whole."""
        self.settle()
        wait_for_truth(self.house, self.workspace)
        journal = self.house.journal()
        assert [fault for run_id in journal.run_ids() if (fault := journal.verify(run_id).fault)] == []
        assert self.workspace.state.ledger.refusals == []


@contextmanager
def open_branch(workspace: Workspace, home: Path, folder: Path, database: str = "") -> Iterator[Branch]:
    """The branch, over Socket Mode; nothing serves yet."""
    environment = {
        "SLACK_API_URL": workspace.api_url,
        "SLACK_BOT_TOKEN": workspace.tokens.bot,
        "SLACK_APP_TOKEN": workspace.tokens.app,
        "DATABASE_URL": database or f"sqlite:///{home}/handrail.db",
        "HANDRAIL_RUNBOOKS": str(folder),
        "HANDRAIL_HTTP": "127.0.0.1:0",
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
    }
    house = House(environment)
    try:
        yield Branch(workspace, house, environment, Clock(), [], trigger=home / "cut")
    finally:
        house.close()
