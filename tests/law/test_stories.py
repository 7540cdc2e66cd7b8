"""Stories that once left one person alone with a destructive step: in Slack and at terminals, on both databases.

Each place is opened once; every story has a run of its own in it, and stops it at its end.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from bot.run.events import CallNotOpened
from bot.run.members.events import LetIn, PeopleChanged
from bot.run.paging.events import Paged, ToldToCall
from tests.law.folder import write_books
from tests.law.offices import AtTerminals, Office, Opens, begun, history_of, newest, run_of, slack, terminals
from tests.walks.firm import wait_for

pytestmark = pytest.mark.slow
PLACES: dict[str, tuple[Opens, bool]] = {
    "slack on SQLite": (slack, False), "slack on PostgreSQL": (slack, True),
    "terminals on SQLite": (terminals, False), "terminals on PostgreSQL": (terminals, True),
}  # fmt: skip
LIVE = {"Live or drill?": "Live"}
ROWS = {"Rows that are gone": "7"}
NAME = {"asset's name": "Orders database"}
TARGET = "2026-11-22T09:59:00+01:00"
FAILED = {"Which is it?": "It failed", "What do you see?": "The disk is full"}
AGAIN = {"What was decided?": "Once more"}
OPENED = {"Name of the bucket": "b-all-2"}


_KINDS = [pytest.param(name, marks=pytest.mark.long if "terminals on P" in name else ()) for name in PLACES]


@pytest.fixture(scope="module", params=_KINDS)
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres_url: str
) -> Iterator[Office]:
    opens, on_postgres = PLACES[request.param]
    home = tmp_path_factory.mktemp("office")
    database = ""
    if on_postgres:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            name = "law_at_terminals" if opens is terminals else "law_in_slack"
            connection.execute(f"CREATE DATABASE {name}".encode())
        database = postgres_url.replace("/postgres?", f"/{name}?")
    with opens(home, write_books(home / "books"), database) as opened:
        yield opened


@contextmanager
def a_run(office: Office, by: str = "ana", asset: str = "orders") -> Iterator[str]:
    """A run that somebody starts; when the story is told, a lead stops it."""
    office.person(by).start(asset, LIVE)
    ref = newest(office)
    try:
        yield ref
    finally:
        for row in office.house.handler().open_runs():
            if row.outcome is not None:
                continue
            office.person("chen").press(row.ref, "Stop the run…", {"Why": "The story is told"})


def give_rows(office: Office, ref: str, by: str = "dora") -> None:
    office.person(by).press(ref, "Done", ROWS)


def sign_and_fail(office: Office, ref: str) -> None:
    """Ben signs, Chen watches, Ana begins, and it fails."""
    office.person("ben").press(ref, "Approve…", {"Type the rows": "7"})
    office.person("chen").press(ref, "I am watching")
    office.person("ana").press(ref, "Begin", NAME)
    office.person("ana").press(ref, "There is a problem", FAILED)


def test_a_spent_signature_covers_no_second_start(office: Office) -> None:
    """The signer takes over and goes back: it is asked for anew, the reason is said, and nobody of them signs it."""
    with a_run(office) as ref:
        give_rows(office, ref)
        sign_and_fail(office, ref)
        office.person("ben").press(ref, "Take over")
        office.person("chen").press(ref, "Back to where we were", AGAIN)
        assert "“Restore the rows” destroys, so each start is signed for anew" in office.person("ana").sees(ref)
        assert run_of(office, ref).here_is("ask")
        assert "someone else has to sign" in office.person("ben").refused(ref, "Approve…")
        assert begun(office, ref) == ["ana"]


def test_a_name_that_nobody_proved_begins_nothing_and_keeps_signers_away(office: Office) -> None:
    """At a terminal without a login: whoever sits there could be Ben, who signed, or Chen, who would sign anew."""
    if not isinstance(office, AtTerminals):
        pytest.skip("in Slack everybody is somebody")
    with a_run(office) as ref:
        give_rows(office, ref)
        office.person("ben").press(ref, "Approve…", {"Type the rows": "7"})
        office.person("chen").press(ref, "I am watching")
        office.person("nobody").press(ref, "Take over")
        assert run_of(office, ref).approvals == {}, "what was signed ends with it"
        office.person("nobody").press(ref, "Begin", NAME)
        assert begun(office, ref) == []
        assert run_of(office, ref).here_is("ask")
        assert "You are not logged in here" in office.person("nobody").refused(ref, "Approve…")
        assert "could be anybody" in office.person("chen").refused(ref, "Approve…")


def test_what_was_signed_and_left_without_a_begin_is_not_begun_by_its_signer(office: Office) -> None:
    """It does not match what Ana sees; Ben, who signed, takes over and goes back: his signature counts no more."""
    with a_run(office) as ref:
        give_rows(office, ref)
        office.person("ben").press(ref, "Approve…", {"Type the rows": "7"})
        seen = "What I see is not what stands here"
        office.person("ana").press(ref, "There is a problem", {"Which is it?": seen, "What do you see?": "Another"})
        office.person("ben").press(ref, "Take over")
        office.person("chen").press(ref, "Back to where we were", AGAIN)
        assert run_of(office, ref).here_is("ask")
        assert "someone else has to sign" in office.person("ben").refused(ref, "Approve…")
        assert begun(office, ref) == []


def test_who_started_or_operated_above_signs_nothing_below_and_the_other_way_round(office: Office) -> None:
    """Chen started and Dora operated the calling run: neither signs in the called one, nor after it what it did."""
    with a_run(office, by="chen") as ref:
        office.person("ana").press(ref, "Take over")
        give_rows(office, ref, by="ben")
        office.person("dora").press(ref, "Approve…", {"Type the rows": "7"})
        office.person("ben").press(ref, "I am watching")
        office.person("ana").press(ref, "Begin", NAME)
        office.person("dora").press(ref, "Take over")
        office.person("dora").press(ref, "Done")
        office.attend()
        below = newest(office)
        assert below != ref
        if run_of(office, below).operator != "chen":
            office.person("chen").press(below, "Take over")
        office.person("chen").press(below, "Done", OPENED)
        for name in ("chen", "dora"):
            assert "someone else has to sign" in office.person(name).refused(below, "Approve…")
        assert not run_of(office, below).over


def test_who_operated_the_called_run_does_not_accept_what_it_did(office: Office) -> None:
    with a_run(office) as ref:
        give_rows(office, ref)
        office.person("ben").press(ref, "Approve…", {"Type the rows": "7"})
        office.person("chen").press(ref, "I am watching")
        office.person("ana").press(ref, "Begin", NAME)
        office.person("ana").press(ref, "Done")
        office.attend()
        below = newest(office)
        office.person("dora").press(below, "Take over")
        office.person("dora").press(below, "Done", OPENED)
        office.person("chen").press(below, "Approve…", {"bucket name": "b-all-2"})
        office.attend()
        assert run_of(office, ref).here_is("accept"), office.person("ana").sees(ref)
        for name in ("ana", "dora"):
            assert "someone else has to sign" in office.person(name).refused(ref, "Approve…")
        office.person("chen").press(ref, "Approve…", {"asset": "Orders database"})
        assert run_of(office, ref).over


def test_who_watches_does_not_begin(office: Office) -> None:
    """Ben watches, takes over, and finds no Begin; once Chen watches, Ben begins, and it is he who is seen."""
    with a_run(office) as ref:
        give_rows(office, ref)
        office.person("chen").press(ref, "Approve…", {"Type the rows": "7"})
        office.person("ben").press(ref, "I am watching")
        office.person("ben").press(ref, "Take over")
        assert "Begin" not in office.person("ben").labels(ref)
        assert "so somebody else has to watch" in office.person("ben").refused(ref, "I am watching")
        office.person("ana").press(ref, "I am watching")
        office.person("ben").press(ref, "Begin", NAME)
        assert begun(office, ref) == ["ben"]


def ask_in_vain(office: Office, ref: str) -> None:
    for _ in range(2):
        office.wind(minutes=16)
        office.person("chen").press(ref, "Ask again", {"What was decided?": "They are there now"})
        give_rows(office, ref)


def test_the_glass_ends_when_its_lead_comes_to_operate(office: Office) -> None:
    """Dora gave the value and may not break it; Chen may, takes over, and begins nothing."""
    with a_run(office) as ref:
        give_rows(office, ref)
        ask_in_vain(office, ref)
        assert "who gave “rows” cannot break the glass" in office.person("dora").refused(ref, "Break glass…")
        office.person("chen").press(ref, "Break glass…", {"Why": "Nobody of orders can be reached"})
        office.person("chen").press(ref, "Take over")
        assert "Chen Wei operates now, so their broken glass has ended." in office.person("ben").sees(ref)
        assert run_of(office, ref).operator == "chen"
        if run_of(office, ref).here_is("restore"):
            office.person("ben").press(ref, "I am watching")
            office.person("chen").press(ref, "Begin", NAME)
        assert begun(office, ref) == []
        assert run_of(office, ref).here_is("ask")
        office.person("chen").press(ref, "Stop the run…", {"Why": "The story is told"})
        office.person("ben").press(ref, "Review…", {"What did you review": "It was not needed"})


def test_who_has_operated_does_not_break_the_glass(office: Office) -> None:
    """Chen operated for a moment, and handed it back: another lead has to."""
    with a_run(office) as ref:
        give_rows(office, ref)
        office.person("chen").press(ref, "Take over")
        office.person("ana").press(ref, "Take over")
        ask_in_vain(office, ref)
        assert "You have operated this run, so another lead" in office.person("chen").refused(ref, "Break glass…")


def test_a_glass_that_nobody_may_review_closes_with_the_review_open(office: Office) -> None:
    """Ana operates and Chen breaks it, and they are all there is: Eve, of the catalogue, reviews it afterwards."""
    with a_run(office, asset="billing") as ref:
        office.person("ana").press(ref, "Done", {"Recovery target": TARGET})
        office.wind(minutes=16)
        office.person("chen").press(ref, "Back to where we were", AGAIN)
        office.wind(minutes=6)
        office.person("chen").press(ref, "Break glass…", {"Why": "Nobody can be reached"})
        office.person("ana").press(ref, "Begin")
        office.person("ana").press(ref, "Done")
        office.person("chen").press(ref, "Done", {"What shows that it is done?": "I counted them"})
        assert run_of(office, ref).over
        assert "anybody of the catalogue who neither broke the glass nor operated" in office.person("ana").sees(ref)
        assert "waiting for a review" in office.handrail("runs")
        assert "review why it was broken" in office.handrail("lessons")
        assert "You have operated" in office.person("ana").refused(ref, "Review…")
        assert "You broke the glass" in office.person("chen").refused(ref, "Review…")
        office.person("eve").press(ref, "Review…", {"What did you review": "It could not wait"})
        assert ref not in office.handrail("runs")


def test_a_signature_that_nobody_could_give_is_said_before_and_calls_the_lead(office: Office) -> None:
    """Chen alone owns the data of billing: the form says so when Chen starts, and the start calls Ana."""
    words = "“Approve the target” needs a signature of the data owner, and nobody may still sign."
    said = office.person("chen").start("billing", LIVE)
    assert f"If you start this, too few people are left to sign. {words} Ana Ruiz will be called at once." in said
    office.wind(seconds=1)
    ref = newest(office)
    pages = [one for _, one, _ in history_of(office, ref) if isinstance(one, Paged | ToldToCall)]
    assert ("no_signer", ("ana",)) in [(one.reason, one.people) for one in pages]
    office.person("chen").press(ref, "Stop the run…", {"Why": "The story is told"})
    with a_run(office, asset="billing") as ref:
        asked = office.person("chen").press(ref, "Take over")
        assert f"If you take over, too few people are left to sign. {words}" in asked


def test_who_gave_or_corrected_a_value_does_not_sign_it(office: Office) -> None:
    """Dora gives it and signs nothing; what Chen signed falls with her correction; Chen corrects it too."""
    with a_run(office, by="ben") as ref:
        give_rows(office, ref)
        assert "You gave “rows”, so someone else has to sign." in office.person("dora").refused(ref, "Approve…")
        office.person("chen").press(ref, "Approve…", {"Type the rows": "7"})
        correction = {"Which value?": "rows", "What should it be?": "8", "Why?": "Misread"}
        office.person("dora").press(ref, "Correct…", correction)
        assert run_of(office, ref).approvals == {}
        office.person("ana").press(ref, "I am watching")
        office.person("ben").press(ref, "Begin", NAME)
        assert begun(office, ref) == []
        office.person("chen").press(ref, "Correct…", correction | {"What should it be?": "9"})
        for name, why in (("ben", "started or ran"), ("chen", "You gave “rows”")):
            assert why in office.person(name).refused(ref, "Approve…")


@contextmanager
def edited(office: Office, before: str, after: str) -> Iterator[None]:
    """The catalogue with other words in it, and back."""
    file = office.folder / "catalogue.yaml"
    whole = file.read_text("utf-8")
    assert before in whole
    file.write_text(whole.replace(before, after), "utf-8")
    yield
    file.write_text(whole, "utf-8")
    office.house.registry().reload()


def test_who_leaves_loses_their_signature_and_who_comes_waits_for_a_lead(office: Office) -> None:
    """Ben signed and leaves the data's owners, Eve comes: his signature is void, hers waits for Dora's press."""
    orders = "{id: orders, name: Orders, members: [ben, dora]}"
    with a_run(office) as ref:
        give_rows(office, ref)
        office.person("ben").press(ref, "Approve…", {"Type the rows": "7"})

        def changed() -> bool:
            return any(isinstance(event, PeopleChanged) for _, event, _ in history_of(office, ref))

        with edited(office, orders, orders.replace("ben", "eve")):
            wait_for(changed, "nobody was taken out")
            assert run_of(office, ref).approvals == {}
            if run_of(office, ref).here_is("restore"):
                office.person("chen").press(ref, "I am watching")
                office.person("ana").press(ref, "Begin", NAME)
            assert run_of(office, ref).here_is("ask")
            assert "This needs the" in office.person("eve").refused(ref, "Approve…")
            assert "This needs the" in office.person("ben").refused(ref, "Approve…")
            assert "a lead of this run since its start" in office.person("ana").refused(ref, "Let in Eve Stone")
            office.person("dora").press(ref, "Let in Eve Stone")
            office.person("eve").press(ref, "Approve…", {"Type the rows": "7"})
            assert run_of(office, ref).here_is("restore")
        assert begun(office, ref) == []
        assert any(isinstance(event, LetIn) for _, event, _ in history_of(office, ref))


def test_a_call_that_cannot_be_opened_leaves_by_else(office: Office) -> None:
    """Its asset has left the catalogue since the run began: the card says so, and nobody waits."""
    with a_run(office) as ref:
        give_rows(office, ref)
        office.person("ben").press(ref, "Approve…", {"Type the rows": "7"})
        office.person("chen").press(ref, "I am watching")
        text = (office.folder / "catalogue.yaml").read_text("utf-8")
        start = text.index("  - {id: bucket,")
        with edited(office, text[start : text.index("\n", text.index("\n", start) + 1)], ""):
            office.house.registry().reload()
            office.person("ana").press(ref, "Begin", NAME)
            office.person("ana").press(ref, "Done")
            office.wind(seconds=1)
            (failed,) = [one for _, one, _ in history_of(office, ref) if isinstance(one, CallNotOpened)]
            assert "The catalogue has no asset “bucket” any more." in failed.why
            assert failed.why in office.person("ana").sees(ref)
            assert run_of(office, ref).here_is("hold")
