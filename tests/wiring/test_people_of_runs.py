"""Open runs follow the catalogue: judged once by whoever has the lease, and only by one that loads whole."""

from datetime import timedelta
from pathlib import Path

from structlog.testing import capture_logs

from bot.engine import CommandHandler
from bot.engine.continuing import plan_continuation
from bot.engine.opening import StartRequest, people_now, plan_call, plan_start
from bot.engine.plan import called_plan
from bot.journal.leases import DutyLeases
from bot.journal.store import Journal
from bot.library.parse import parse_runbook
from bot.library.registry import load_shelf
from bot.oncall.roster import Roster
from bot.run.commands import LetSomebodyIn, NotePeople
from bot.run.members.events import LetIn, PeopleChanged, PeopleInDoubt
from bot.run.members.rules import judge_people
from bot.run.places import InCall
from bot.run.state import Run, but
from bot.workers.leased import is_ours
from bot.workers.people import PEOPLE, PeopleOfRuns
from tests.journal.conftest import database_url, engine, journal, sqlite_url
from tests.slack.folder import write_folder
from tests.story import NOON

__all__ = ["database_url", "engine", "journal", "sqlite_url"]
BEN = "  - {id: ben, name: Ben Okafor, slack: U0BEN}\n"
FAY = "  - {id: fay, name: Fay Moor, slack: U0FAY}\n"


class Replica:
    """One process of several: its own look at the folder, its own token, one database for all."""

    def __init__(self, journal: Journal, folder: Path, token: str) -> None:
        self.registry = load_shelf(folder)
        self.handler = CommandHandler(journal, self._book, lambda: NOON, lambda: token, lambda *_: None)
        self.roster = Roster(lambda: self.registry.catalogue.people)
        self.leases = DutyLeases(journal, token)
        self.people = PeopleOfRuns(self.handler, self.registry, self.roster, lambda: NOON)

    def _book(self, digest: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  (as the command handler asks for it)
        text = self.handler.journal.text_of(digest)
        assert text is not None
        return parse_runbook(text)

    def start(self) -> Run:
        plan = plan_start(
            self.registry, StartRequest("orders-db", "rows-wrong", "live", "ana", {"damage_text": "x"}), NOON
        )
        return self.handler.start(plan, "ana", "slack").run

    def look(self) -> bool:
        """What the duty does after each look at the folder; whether it was ours to do."""
        self.registry.reload()
        ours = is_ours(self.leases, PEOPLE, timedelta(seconds=30))
        if ours:
            self.people.look()
        return ours


def without_ben(text: str) -> str:
    """The catalogue as it is once Ben has left: nothing names him any more."""
    return text.replace(BEN, "").replace("ben, ", "")


def catalogue_of(folder: Path) -> Path:
    return next(one for one in folder.rglob("*.yaml") if "people/v1" in one.read_text())


def changed(handler: CommandHandler, run: Run) -> list[object]:
    kinds = (PeopleChanged, PeopleInDoubt, LetIn)
    return [event for _, event, _ in handler.history(run.id) if isinstance(event, kinds)]


def test_two_replicas_judge_once(journal: Journal, tmp_path: Path) -> None:
    """Ben is taken out: one replica has the lease and says so; the other does not judge, nor does the first again."""
    folder = write_folder(tmp_path)
    one, other = Replica(journal, folder, "one"), Replica(journal, folder, "other")
    run = one.start()
    file = catalogue_of(folder)
    assert one.look()
    assert changed(one.handler, run) == []
    file.write_text(without_ben(file.read_text()))
    assert (other.look(), one.look(), other.look(), one.look()) == (False, True, False, True)
    told = changed(one.handler, run)
    assert [[leaver.person for leaver in event.out] for event in told if isinstance(event, PeopleChanged)] == [["ben"]]
    assert other.handler.load(run.id).holders("data_owner") == ("dora",)
    one.leases.release(PEOPLE)
    assert other.look()
    assert changed(other.handler, run) == told


def test_both_at_the_same_time_still_judge_once(journal: Journal, tmp_path: Path) -> None:
    """A lease that ran out in between: what the other has recorded is judged again within the transaction."""
    folder = write_folder(tmp_path)
    one, other = Replica(journal, folder, "one"), Replica(journal, folder, "other")
    run = one.start()
    file = catalogue_of(folder)
    file.write_text(without_ben(file.read_text()))
    one.registry.reload()
    other.registry.reload()
    now = people_now(other.registry, other.handler.load(run.id), NOON, other.roster)
    one.people.look()
    other.handler.handle(run.id, NotePeople(now), "clock", "clock")
    assert len(changed(one.handler, run)) == 1


def test_a_catalogue_that_does_not_load_whole_judges_nobody(journal: Journal, tmp_path: Path) -> None:
    """Broken, then gone, then emptied: everybody stays, and of the last a lead is asked; mended, Ben is out."""
    folder = write_folder(tmp_path)
    replica = Replica(journal, folder, "one")
    run = replica.start()
    file = catalogue_of(folder)
    whole = file.read_text()
    with capture_logs() as log:
        file.write_text(whole.replace(BEN, "  - {id: ben, name: Ben Okafor, slack: not an id}\n"))
        replica.look()
        file.unlink()
        replica.look()
    assert [line["event"] for line in log if "does not load whole" in line["event"]] == [
        "the catalogue does not load whole: the people of open runs stay as they were"
    ]
    assert changed(replica.handler, run) == []
    file.write_text("schema: people/v1\npeople: []\n")
    replica.look()
    assert [type(event) for event in changed(replica.handler, run)] == [PeopleInDoubt]
    assert replica.handler.load(run.id).holders("data_owner") == ("ben", "dora")
    file.write_text(without_ben(whole))
    replica.look()
    assert [type(event) for event in changed(replica.handler, run)] == [PeopleInDoubt, PeopleChanged]
    assert replica.handler.load(run.id).members.doubt is None


def test_a_faulty_runbook_keeps_nobody_in(journal: Journal, tmp_path: Path) -> None:
    """A runbook with an error holds nobody: who is out is out. A file that may be anything is waited for."""
    folder = write_folder(tmp_path)
    replica = Replica(journal, folder, "one")
    run = replica.start()
    file = catalogue_of(folder)
    file.write_text(without_ben(file.read_text()))
    odd = folder / "odd.yaml"
    odd.write_text("people: [\n")
    replica.look()
    assert changed(replica.handler, run) == []
    odd.write_text("schema: runbook/v1\nid: odd\n")
    replica.look()
    assert [type(event) for event in changed(replica.handler, run)] == [PeopleChanged]


def test_a_catalogue_file_that_is_gone_waits_for_a_lead(journal: Journal, tmp_path: Path) -> None:
    """The data owners stand in a file of their own, which goes: they stay until a lead says otherwise."""
    folder = write_folder(tmp_path)
    file = catalogue_of(folder)
    extra = folder / "orders-team.yaml"
    team = "  - {id: orders, members: [ben, dora]}\n"
    file.write_text(file.read_text().replace(team, ""))
    extra.write_text(f"schema: people/v1\nteams:\n{team}")
    replica = Replica(journal, folder, "one")
    run = replica.start()
    assert set(run.start.catalogue) == {file.name, extra.name}
    extra.unlink()
    replica.look()
    doubt = changed(replica.handler, run)[-1]
    assert isinstance(doubt, PeopleInDoubt)
    assert doubt.missing == (extra.name,)
    assert replica.handler.load(run.id).holders("data_owner") == ("ben", "dora")


def test_nobody_gets_in_by_a_call(journal: Journal, tmp_path: Path) -> None:
    """Fay was put in while the caller ran: in the run that it calls she waits as well, even before she was judged."""
    folder = write_folder(tmp_path)
    replica = Replica(journal, folder, "one")
    caller = replica.start()
    file = catalogue_of(folder)
    more = file.read_text().replace(BEN, BEN + FAY).replace("members: [ben, dora]", "members: [ben, dora, fay]")
    file.write_text(more)
    replica.registry.reload()
    book = replica.registry.kept("rows-gone")
    assert book is not None
    here = InCall("ask", 1, NOON, "child", "rows-gone", book.digest, "orders-archive", {})
    for judged in (False, True):
        if judged:
            replica.people.look()
        calling = but(replica.handler.load(caller.id), here=here)
        start = called_plan(
            plan_call(replica.registry, lambda _: book.book, NOON, calling, replica.roster), calling, here, book.book
        ).start
        assert start.roles["data_owner"] == ("ben", "dora")
        assert start.waiting == {"data_owner": ("fay",)}
    waits = replica.handler.load(caller.id).members.waiting["fay"]
    replica.handler.handle(caller.id, LetSomebodyIn("fay", waits.seq), "dora", "slack")
    calling = but(replica.handler.load(caller.id), here=here)
    start = plan_call(replica.registry, lambda _: book.book, NOON, calling, replica.roster).start
    assert (start.roles["data_owner"], start.waiting) == (("ben", "dora", "fay"), {})
    assert start.let_in == {"fay": ("dora",)}, "there, too, the two count as one"
    assert plan_continuation(replica.handler.load(caller.id), "0" * 64, {}).start.let_in == {"fay": ("dora",)}

    file.write_text(more.replace("{id: ana, name: Ana Ruiz", "{id: ann, name: Ann Ruiz").replace("dora, fay]", "ann]"))
    replica.registry.reload()
    start = plan_call(replica.registry, lambda _: book.book, NOON, calling, replica.roster).start
    assert "ann" not in {*start.roles["data_owner"], *start.waiting.get("data_owner", ())}, "Ana called this run"


def test_a_start_pins_what_it_is_taken_from(tmp_path: Path) -> None:
    """The catalogue's files with people, and who has a role by being on call alone."""
    folder = write_folder(tmp_path)
    file = catalogue_of(folder)
    text = file.read_text().replace(
        "order: [ana, ben, chen]",
        'order: [ana, ben, chen], overrides: [{from: "2026-11-22T00:00Z", to: "2026-11-23T00:00Z", who: dora}]',
    )
    file.write_text(text)
    registry = load_shelf(folder)
    start = plan_start(
        registry,
        StartRequest("orders-db", "rows-wrong", "live", "ana", {}),
        NOON,
        Roster(lambda: registry.catalogue.people),
    ).start
    assert list(start.catalogue) == [file.name]
    assert start.on_call == {"operator": ("dora",)}


def test_whose_rung_has_lost_somebody_is_called_in_their_place(journal: Journal, tmp_path: Path) -> None:
    """Whoever was on call at the start is out: whoever is on call now is called; the end of a turn changes nothing."""
    folder = write_folder(tmp_path)
    file = catalogue_of(folder)
    file.write_text(file.read_text().replace("order: [ana, ben, chen]", "order: [ben, ana, chen]"))
    replica = Replica(journal, folder, "one")
    run = replica.start()
    first = run.members.rungs[0].people
    assert first == replica.roster.on_call(replica.registry.catalogue.rotations["dba"], NOON)
    later = NOON + timedelta(days=7)
    assert replica.roster.on_call(replica.registry.catalogue.rotations["dba"], later) != first
    assert tuple(judge_people(run.members, people_now(replica.registry, run, later, replica.roster))) == ()
    whole = file.read_text()
    line = next(one for one in whole.splitlines(keepends=True) if f"{{id: {first[0]}," in one)
    gone = whole.replace(line, "").replace(f"{first[0]}, ", "").replace(f", {first[0]}]", "]")
    file.write_text(gone)
    replica.look()
    now = replica.handler.load(run.id).members.rungs[0].people
    assert now == replica.roster.on_call(replica.registry.catalogue.rotations["dba"], NOON)
    assert first[0] not in now
