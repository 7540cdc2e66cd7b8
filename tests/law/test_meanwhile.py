"""Several teams at once, over Slack's wire and at terminals: each its own operator and thread, one card over all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.run.calls.events import EndAwaited, HandedAnew, Joined
from bot.run.calls.rules import calls_out
from bot.run.events import CallNotOpened, SignatureVoided
from tests.law.offices import InSlack, Office, Opens, begun, history_of, newest, run_of, slack, terminals
from tests.walks.folder import CATALOGUE, book

pytestmark = pytest.mark.slow
SITE = """
vars: {rows: {type: int, unit: rows, ask: "Rows that are gone"}}
steps:
  - {id: count, do: Count the rows, answer: {var: rows}, max_visits: 9, go: {ok: database, problem: hold}}
  - {id: database, call: Bring the database back, runbook: database-back, meanwhile: true, max_visits: 9,
     with: {asset: orders-db, rows: "{{ vars.rows }}"}, go: {ok: archive}}
  - {id: archive, call: Bring the archive back, runbook: archive-back, meanwhile: true, max_visits: 9,
     with: {asset: "{{ asset.second }}", rows: "{{ vars.rows }}"}, go: {ok: tell}}
  - {id: tell, do: Tell the customers, max_visits: 9, go: {ok: both, problem: hold}}
  - {id: both, join: Both are back, timeout: 2h, max_visits: 9, go: {ok: accept, fail: stuck, timeout: silent}}
  - id: stuck
    decide: Decide about the team that failed
    who: lead
    max_visits: 9
    options:
      - {id: archive, label: The archive again, when: It can be tried anew., go: archive}
      - {id: hold, label: Hold the run, when: It cannot., go: hold}
    go: {unsure: hold}
  - id: silent
    decide: Choose what the teams say
    who: lead
    max_visits: 9
    options:
      - {id: wait, label: They are working, when: They say so., go: both}
      - {id: hold, label: Hold it, when: Nobody answers., go: hold}
    go: {unsure: hold}
  - {id: accept, signoff: Accept the data, from: [data_owner], mode: after, binds: {vars: [rows]}, max_visits: 9,
     go: {approved: good, rejected: hold, expired: hold}}
  - {id: good, end: Close the run, outcome: recovered}
"""
TEAM = """
inputs: {rows: {type: int, unit: rows, ask: "Rows that are gone", required: true}}
steps:
  - {id: ask, signoff: Approve the restore, from: [data_owner], binds: {vars: [rows], steps: [restore]}, readback: rows,
     timeout: 9h, max_visits: 9, go: {approved: restore, rejected: hold, expired: hold}}
  - {id: restore, run: Restore the rows, effect: destroy, undo: {none: Gone.}, timeout: 9h, max_visits: 9,
     exec: {at: "{{ asset.host }}", argv: [restore]}, go: {ok: accept, fail: hold, timeout: hold}}
  - {id: accept, signoff: Accept what was done, from: [data_owner], mode: after, binds: {vars: [rows]}, max_visits: 9,
     timeout: 9h, go: {approved: good, rejected: hold, expired: hold}}
  - {id: good, end: Close the run, outcome: recovered}
"""
LIVE = {"Live or drill?": "Live"}
ROWS, TYPED = {"Rows that are gone": "7"}, {"Type the rows": "7"}
STOP = {"Why": "It is worse"}


def write_books(folder: Path) -> Path:
    """A site of two assets, with a team for each, and one whose two teams would work on one asset."""
    folder.mkdir(parents=True)
    site = """
  - {id: site, name: The site, aliases: [site], type: site, tier: 3, owner: leads, rpo: 1d, rto: 1d,
     runbooks: [site-down], facts: {second: orders-archive}, depends_on: [vault]}
  - {id: twice, name: The same twice, aliases: [twice], type: site, tier: 3, owner: leads, rpo: 1d, rto: 1d,
     runbooks: [site-down], facts: {second: orders-db}, depends_on: [vault]}
---
schema: resources/v1"""
    text = CATALOGUE.replace("\n---\nschema: resources/v1", site)
    text = text.replace("[rows-gone, trial]", "[database-back, archive-back]").replace("[rows-gone]", "[archive-back]")
    text = text.replace("runbooks: [open-bucket]", "runbooks: []")
    (folder / "catalogue.yaml").write_text(text, "utf-8")
    for name, title, steps, operator, again in (
        ("site-down", "The site is down", SITE, "team:finance", "count"),
        ("database-back", "The database is gone", TEAM, "team:data-platform", "ask"),
        ("archive-back", "The archive is gone", TEAM, "team:storage-platform", "ask"),
    ):
        written = book(name, title, "It is down.", steps, operator=operator, again=again)
        (folder / f"{name}.yaml").write_text(written, "utf-8")
    return folder


PLACES: dict[str, tuple[Opens, bool]] = {
    "slack on SQLite": (slack, False), "slack on PostgreSQL": (slack, True),
    "terminals on SQLite": (terminals, False), "terminals on PostgreSQL": (terminals, True),
}  # fmt: skip
_KINDS = [pytest.param(name, marks=pytest.mark.long if "PostgreSQL" in name else ()) for name in PLACES]


@pytest.fixture(scope="module", params=_KINDS)
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres_url: str
) -> Iterator[Office]:
    opens, on_postgres = PLACES[request.param]
    home = tmp_path_factory.mktemp("site")
    database = ""
    if on_postgres:
        name = f"meanwhile_{opens.__name__}"
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        database = postgres_url.replace("/postgres?", f"/{name}?")
    with opens(home, write_books(home / "books"), database) as opened:
        yield opened


@contextmanager
def a_site(office: Office, asset: str = "site") -> Iterator[tuple[str, str, str]]:
    """Eve starts it and counts; Ana and Dora operate what was opened. Whatever is open at the end is stopped."""
    office.person("eve").start(asset, LIVE)
    site = newest(office)
    try:
        office.person("eve").press(site, "Done", ROWS)
        office.attend()
        database, archive = opened(office, site)
        for ref, who in ((database, "ana"), (archive, "dora")):
            if ref and run_of(office, ref).operator != who:
                office.person(who).press(ref, "Take over")
        yield site, database, archive
    finally:
        for row in sorted(office.house.handler().open_runs(), key=lambda row: row.ref.startswith("SITE")):
            if row.outcome is None:
                stop(office, row.ref)


def stop(office: Office, ref: str, by: str = "chen") -> None:
    if not run_of(office, ref).over:
        office.person(by).press(ref, "Stop the run…", STOP)
        office.attend()


def opened(office: Office, site: str) -> tuple[str, str]:
    """The refs of the runs that the site has opened; "" for one that was not."""
    calls = {call.step: call.ref or "" for call in calls_out(run_of(office, site))}
    return calls.get("database", ""), calls.get("archive", "")


def kinds(office: Office, ref: str) -> list[type]:
    return [type(event) for _, event, _ in history_of(office, ref)]


def recover(office: Office, ref: str, operator: str, asset: str) -> None:
    """Ben signs, the operator restores, Ben accepts."""
    office.person("ben").press(ref, "Approve…", TYPED)
    office.person(operator).press(ref, "Begin", {"asset's name": asset})
    office.person(operator).press(ref, "Done")
    office.person("ben").press(ref, "Approve…", {"asset": asset})
    assert run_of(office, ref).over


def test_two_teams_work_at_once_and_the_site_is_closed_after_both(office: Office) -> None:
    """Each has its own operator; the card of the site shows both; who works in one signs in none; a value voids all."""
    with a_site(office) as (site, database, archive):
        card = office.person("eve").sees(site)
        for ref in (database, archive):
            assert f"{ref}, " in card
            assert run_of(office, ref).start.parent is not None
        assert "under way" in card
        if isinstance(office, InSlack):
            threads = {office.firm.thread(ref) for ref in (site, database, archive)}
            assert len(threads) == 3, "a thread each"
        office.person("ben").press(database, "Approve…", TYPED)
        assert "someone else has to sign" in office.person("dora").refused(archive, "Approve…")
        assert "dora" in run_of(office, database).whole_chain.operators, "who works in one signs in none"
        assert run_of(office, database).here_is("restore")
        correction = {"Which value?": "rows", "What should it be?": "8", "Why?": "Misread"}
        office.person("eve").press(site, "Correct…", correction)
        office.attend()
        for ref in (database, archive):
            assert HandedAnew in kinds(office, ref)
            assert run_of(office, ref).vars["rows"] == 8
            assert run_of(office, ref).approvals == {}
        assert SignatureVoided in kinds(office, database)
        office.person("eve").press(site, "Correct…", correction | {"What should it be?": "7"})
        office.attend()
        office.person("ana").press(database, "Begin", {"asset's name": "Orders database"})
        assert begun(office, database) == [], "the signature was void, so it is asked for anew"
        recover(office, database, "ana", "Orders database")
        office.attend()
        office.person("eve").press(site, "Done")
        assert run_of(office, site).here_is("both"), "the archive is still out"
        recover(office, archive, "dora", "Orders archive")
        office.attend()
        assert run_of(office, site).here_is("accept")
        office.person("ben").press(site, "Approve…", {"asset": "The site"})
        assert run_of(office, site).over


def test_one_that_fails_is_a_way_of_its_own_and_is_called_again(office: Office) -> None:
    """The archive is stopped: the lead decides at once, the database works on, and the team gets a new run."""
    with a_site(office) as (site, database, archive):
        office.person("eve").press(site, "Done")
        stop(office, archive)
        assert run_of(office, site).here_is("stuck")
        assert not run_of(office, database).over
        office.person("chen").press(site, "The archive again")
        office.attend()
        again = opened(office, site)[1]
        assert again not in {"", archive}
        office.person("eve").press(site, "Done")
        recover(office, database, "ana", "Orders database")
        office.attend()
        assert run_of(office, site).here_is("both")
        if run_of(office, again).operator != "dora":
            office.person("dora").press(again, "Take over")
        recover(office, again, "dora", "Orders archive")
        office.attend()
        assert run_of(office, site).here_is("accept")


def test_one_that_is_silent_is_a_way_of_its_own(office: Office) -> None:
    with a_site(office) as (site, database, archive):
        office.person("eve").press(site, "Done")
        office.wind(hours=2, minutes=1)
        assert run_of(office, site).here_is("silent")
        left = [event for _, event, _ in history_of(office, site) if isinstance(event, Joined)]
        assert [one.exit for one in left] == ["timeout"]
        office.person("chen").press(site, "They are working")
        assert run_of(office, site).here_is("both")
        assert opened(office, site) == (database, archive)


def test_stopping_asks_each_team_and_waits_for_what_runs(office: Office) -> None:
    """Ana has begun the restore: the site does not end before she has said how it went and her run is stopped."""
    with a_site(office) as (site, database, archive):
        office.person("ben").press(database, "Approve…", TYPED)
        office.person("ana").press(database, "Begin", {"asset's name": "Orders database"})
        office.person("chen").press(site, "Stop the run…", STOP)
        office.attend()
        assert EndAwaited in kinds(office, site)
        assert not run_of(office, site).over
        assert "asked to stop" in office.person("eve").sees(site)
        for ref in (database, archive):
            assert "stops SITE" in office.person("ana").sees(ref)
        stop(office, archive, by="dora")
        assert not run_of(office, site).over, "the restore runs still"
        office.person("ana").press(database, "Done")
        stop(office, database)
        assert run_of(office, site).over


def test_no_second_run_is_opened_on_one_asset(office: Office) -> None:
    """Which asset it is nobody knew before the run: the second is refused, with the reason, and the lead decides."""
    with a_site(office, "twice") as (site, database, archive):
        assert (database != "", archive) == (True, "")
        office.wind(seconds=1)
        (failed,) = [event for _, event, _ in history_of(office, site) if isinstance(event, CallNotOpened)]
        assert database in failed.why
        office.person("eve").press(site, "Done")
        assert run_of(office, site).here_is("stuck")
        assert failed.why in office.person("eve").sees(site)
