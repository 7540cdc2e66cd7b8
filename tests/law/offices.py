"""People at work, in Slack or at terminals: the same hands, so that one story is told in both places."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import pytest
from click.testing import CliRunner

from bot.cli import main, visit
from bot.cli.walk import Visit
from bot.journal.rows import RunRow
from bot.render.terminal.page import Question, ScreenLine, ScreenPage
from bot.run.events import Begun, Event
from bot.run.paging.dues import propagation_due
from bot.run.situation import Stamp
from bot.run.state import Run
from bot.terminal.faces import Left
from bot.terminal.tokens import TokenFile
from bot.wiring import attending
from bot.wiring import house as house_module
from bot.wiring.attending import attend_people
from bot.wiring.house import House
from tests.places import migrated, put_tables
from tests.walks.firm import Clock, Firm, Way, open_firm
from tests.walks.hand import Hand
from tests.walks.winding import wind_postgres

Answers = Mapping[str, str]
EVERYBODY = ("ana", "ben", "chen", "dora", "eve")
_BEYOND_SLACK = {
    "open-bucket": "#storage-platform", "database-back": "#data-platform", "archive-back": "#data-platform",
}  # fmt: skip
"""Where runs of a runbook live when it is not the channel in which everybody works."""


class Person(Protocol):
    """Somebody who acts in a run, named by its ref; "" for the run that is to be started."""

    def start(self, asset: str, answers: Answers) -> str:
        """What the start form said above its fields."""

    def press(self, ref: str, label: str, answers: Answers | None = None) -> str:
        """Press, fill in what is asked, and where it is asked back say yes; what was asked back."""

    def refused(self, ref: str, label: str) -> str:
        """Press in vain; the sentence that says why."""

    def sees(self, ref: str) -> str:
        """All words of a run: its card or page, and what has happened."""

    def labels(self, ref: str) -> list[str]:
        """What can be pressed."""


class Office(Protocol):
    """A place where people work, with a house in it and a clock to wind."""

    @property
    def house(self) -> House: ...

    @property
    def folder(self) -> Path: ...

    def person(self, name: str) -> Person: ...

    def wind(self, **span: float) -> None: ...

    def attend(self) -> None:
        """Let happen what happens by itself."""

    def handrail(self, *arguments: str) -> str: ...


Opens = Callable[[Path, Path, str], AbstractContextManager[Office]]
"""Opens an office: with a home for its files, the folder of runbooks, and the URL of a PostgreSQL or ""."""


def run_of(office: Office, ref: str) -> Run:
    office.attend()
    row = office.house.journal().find_run(ref)
    assert row is not None, f"no run is called {ref}"
    return office.house.handler().load(row.run_id)


def history_of(office: Office, ref: str) -> list[tuple[int, Event, Stamp]]:
    return office.house.journal().history(run_of(office, ref).id)


def begun(office: Office, ref: str) -> list[str]:
    """Who began commands in a run, in order."""
    return [stamp.by for _, event, stamp in history_of(office, ref) if isinstance(event, Begun)]


def newest(office: Office) -> str:
    """The ref of the newest run."""
    return office.house.journal().newest_runs(1)[0].ref


# --- over Slack's wire -------------------------------------------------------------------------------------------


@dataclass
class InSlack:
    """The local workspace and the whole house serving."""

    firm: Firm
    folder: Path

    @property
    def house(self) -> House:
        return self.firm.house

    def person(self, name: str) -> Person:
        return AtSlack(self.firm, name)

    def wind(self, **span: float) -> None:
        self.firm.wind(**span)

    def attend(self) -> None:
        self.firm.settle()

    def handrail(self, *arguments: str) -> str:
        return self.firm.handrail(*arguments)


@dataclass
class AtSlack:
    """A person in front of Slack."""

    firm: Firm
    name: str

    def _hand(self, ref: str) -> tuple[Hand, str]:
        run_book = self.firm.run(ref).book.id
        channel = _BEYOND_SLACK.get(run_book, "#incidents")
        return self.firm.hand(self.name, channel), self.firm.thread(ref)

    def start(self, asset: str, answers: Answers) -> str:
        hand = self.firm.hand(self.name)
        assert hand.person.type(f"/recover {asset}", hand.channel).ok
        said = hand.person.modal().words
        assert hand.send(answers).errors == {}
        return said

    def press(self, ref: str, label: str, answers: Answers | None = None) -> str:
        hand, thread = self._hand(ref)
        hand.press(label, thread=thread)
        said = ""
        if answers is not None:
            modal = hand.send(answers)
            assert modal.errors == {}, modal.errors
        if hand.person.has_modal:
            said = hand.person.modal().words
            assert hand.person.modal().submit().ok
        return said

    def refused(self, ref: str, label: str) -> str:
        hand, thread = self._hand(ref)
        return hand.is_refused(label, thread)

    def sees(self, ref: str) -> str:
        hand, thread = self._hand(ref)
        return hand.sees(thread)

    def labels(self, ref: str) -> list[str]:
        hand, thread = self._hand(ref)
        return hand.labels(thread)


@contextmanager
def slack(home: Path, folder: Path, database: str) -> Iterator[InSlack]:
    """Socket Mode on SQLite, signed HTTP on PostgreSQL."""
    way: Way = "http" if database else "sockets"
    with open_firm(home, folder, way=way, database=database) as firm:
        yield InSlack(firm, folder)
        firm.check_all_is_well(errors=1000)


# --- at the terminal ---------------------------------------------------------------------------------------------


@dataclass
class Script:
    """A face with somebody before it who presses one key, answers what they know, and leaves."""

    label: str
    answers: Answers
    shown: list[ScreenPage] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    done: bool = False

    def show(self, page: ScreenPage) -> None:
        self.shown.append(page)

    def tell(self, lines: Sequence[ScreenLine]) -> None:
        self.told += [line.text for line in lines]

    def key(self, seconds: float) -> str | None:
        page = self.shown[-1]
        if self.done or not self.label:
            return "q"
        self.done = True
        wanted = self.label.rstrip("…")
        keys = [one.key for one in page.keys if one.label.rstrip("…") == wanted]
        assert keys, f"No key is called {self.label!r}: {[one.label for one in page.keys]}"
        return keys[0]

    def ask(self, question: Question, typed: str = "", wrong: str = "", *, hidden: bool = False) -> str:
        if wrong:
            self.told.append(f"Not taken: {wrong}")
            raise Left
        if question.field == "f:sure":
            self.asked.append(self.told[-1])
            return "yes"
        known = next((said for part, said in self.answers.items() if part in question.label), None)
        assert known is not None or question.optional or question.usual, f"Nobody knows {question.label!r}"
        return known or question.usual

    def pause(self) -> None:
        pass

    def settle(self) -> None:
        pass

    @property
    def page(self) -> str:
        return "\n".join(line.text for line in (*self.shown[-1].news, *self.shown[-1].lines))


@dataclass
class AtTerminals:
    """A machine for each person, no server, and one terminal that stays open all the while."""

    house: House
    folder: Path
    machines: Path
    environment: Mapping[str, str]
    clock: Clock
    wind_database: Callable[[timedelta], None]
    patch: pytest.MonkeyPatch
    judge_people: Callable[[], None]
    _looked_at: dict[str, int] = field(default_factory=dict)

    def person(self, name: str) -> Person:
        return AtTerminal(self, name)

    def wind(self, **span: float) -> None:
        self.clock.ahead += timedelta(**span)
        self.wind_database(self.clock.ahead)
        self._looked_at.clear()
        self.attend()

    def attend(self) -> None:
        """Where no server is, a terminal judges who left and came, and somebody looks at what is due."""
        self.judge_people()
        while due := [row for row in self._due() if self._looked_at.get(row.ref) != row.head]:
            for row in due:
                self._looked_at[row.ref] = row.head
                self.sit("chen", Script("", {}), ref=row.ref)

    def _due(self) -> list[RunRow]:
        handler = self.house.handler()
        due = set(handler.journal.due(self.clock(), 100))
        rows = [row for row in handler.journal.newest_runs(3) if row.outcome is None or row.due_at is not None]
        return [row for row in rows if row.run_id in due or propagation_due(handler.load(row.run_id))]

    def handrail(self, *arguments: str) -> str:
        done = CliRunner().invoke(main, list(arguments), env=dict(self.environment))
        assert done.exit_code == 0, done.output
        return done.output

    def sit(self, name: str, script: Script, *, ref: str | None = None, asset: str = "") -> None:
        """Somebody sits down at their own machine, until the script is played."""
        self.patch.setenv("XDG_CONFIG_HOME", str(self.machines / name))
        with suppress(Left):
            Visit(self.house, None, drill=False).go(script, asset, ref)


@dataclass
class AtTerminal:
    """A person at a terminal of their own."""

    office: AtTerminals
    name: str

    def _sit(self, ref: str, label: str, answers: Answers | None) -> Script:
        self.office.attend()
        script = Script(label, answers or {})
        self.office.sit(self.name, script, ref=ref)
        return script

    def start(self, asset: str, answers: Answers) -> str:
        script = Script("", answers)
        self.office.sit(self.name, script, asset=asset)
        return "\n".join(script.told)

    def press(self, ref: str, label: str, answers: Answers | None = None) -> str:
        script = self._sit(ref, label, answers)
        assert f"Recorded: {label.rstrip('…')}." in script.page.splitlines(), f"{script.told}\n{script.page}"
        return "\n".join(script.asked)

    def refused(self, ref: str, label: str) -> str:
        script = self._sit(ref, label, None)
        said = [line for line in script.page.splitlines() if line.startswith("Not recorded: ")]
        assert said, f"nobody said why not: {script.told}\n{script.page}"
        return said[0]

    def sees(self, ref: str) -> str:
        script = self._sit(ref, "What happened so far", {})
        return "\n".join([*script.told, script.page])

    def labels(self, ref: str) -> list[str]:
        return [one.label for one in self._sit(ref, "", {}).shown[-1].keys]


@contextmanager
def terminals(home: Path, folder: Path, database: str) -> Iterator[AtTerminals]:
    """No Slack and no server; everybody but `nobody` has logged in. The user of each machine is called the same."""
    url = database or put_tables(f"sqlite:///{home}/handrail.db")
    environment = {
        "DATABASE_URL": url, "HANDRAIL_RUNBOOKS": str(folder),
        "XDG_STATE_HOME": str(home / "state"), "XDG_CACHE_HOME": str(home / "cache"),
    }  # fmt: skip
    clock, house = Clock(), House(environment)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house_module, "utc_now", clock)
        patch.setattr(visit, "utc_now", clock)
        patch.setattr(attending, "LOOK_EVERY", 0.0)
        patch.setenv("LOGNAME", "mia")
        wind = wind_postgres(url) if database else lambda _: None
        migrated(house.engine)
        judge_people = attend_people(house)
        patch.setattr(visit, "attend_people", lambda _: judge_people)
        office = AtTerminals(house, folder, home / "machines", environment, clock, wind, patch, judge_people)
        logins = house.handler().logins
        for person in EVERYBODY:
            token = logins.redeem(logins.hand_out(person), "a test")[1]
            TokenFile(office.machines / person / "handrail" / "tokens.json").keep(person, token)
        yield office
        office.handrail("verify", "--allow-empty")
    house.close()
