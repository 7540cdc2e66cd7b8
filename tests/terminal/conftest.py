"""A home for walks at a terminal: runbooks, a record, and tokens of people."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from bot.engine import CommandHandler
from bot.run.paging.events import PagingEvent
from bot.run.places import Over
from bot.run.state import Run
from bot.terminal.tokens import TokenFile
from bot.wiring.house import House
from tests.places import put_tables
from tests.slack.folder import write_folder
from tests.terminal.pseudo import Terminal, terminal


@dataclass
class Home:
    """What a walk finds: settings, and for each person a place where their tokens are kept."""

    folder: Path
    environment: dict[str, str]

    def __post_init__(self) -> None:
        self.house = House(self.environment)

    @property
    def handler(self) -> CommandHandler:
        return self.house.handler()

    def place_of(self, person: str) -> dict[str, str]:
        """The environment of somebody's own machine."""
        return {"XDG_CONFIG_HOME": str(self.folder / "machines" / person)}

    def log_in(self, *people: str) -> None:
        """Give people a token, each on a machine of their own."""
        for person in people:
            token = self.handler.logins.redeem(self.handler.logins.hand_out(person), "a test")[1]
            TokenFile(self.folder / "machines" / person / "handrail" / "tokens.json").keep(person, token)

    def sit(
        self, person: str, *arguments: str, columns: int = 80, rows: int = 24, more: Mapping[str, str] | None = None
    ) -> AbstractContextManager[Terminal]:
        """Somebody at their own machine types `handrail ARGUMENTS`."""
        environment = self.environment | self.place_of(person) | dict(more or {})
        return terminal(arguments, environment, columns=columns, rows=rows)

    @property
    def run(self) -> Run:
        """The newest run."""
        return self.handler.load(self.handler.journal.newest_runs(1)[0].run_id)

    @property
    def here(self) -> str:
        place = self.run.here
        return place.outcome if isinstance(place, Over) else place.step

    def kinds(self) -> list[str]:
        """What has happened in the newest run, in order; whom the clock called meanwhile has tests of its own."""
        happened = self.handler.history(self.run.id)
        return [type(event).__name__ for _, event, _ in happened if not isinstance(event, PagingEvent)]


_numbers = count(1)


@pytest.fixture
def make_home(tmp_path: Path) -> Iterator[Callable[[str], Home]]:
    """Makes a home whose record is in the database of this URL."""
    made: list[Home] = []

    def make(url: str) -> Home:
        folder = tmp_path / f"home{next(_numbers)}"
        (folder / "runbooks").mkdir(parents=True)
        books = write_folder(folder / "runbooks", on_call="ana")
        made.append(Home(folder, {"DATABASE_URL": url, "HANDRAIL_RUNBOOKS": str(books)}))
        return made[-1]

    yield make
    for one in made:
        one.house.close()


@pytest.fixture
def home(make_home: Callable[[str], Home], tmp_path: Path) -> Home:
    """A home with a SQLite file."""
    return make_home(put_tables(f"sqlite:///{tmp_path / 'handrail.db'}"))
