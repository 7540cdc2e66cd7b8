"""The pages say what the record says, in Slack's own words, to those who may read, and nothing in them can run."""

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from bot.journal.hands import HandsLeases, Output
from bot.render.prose import say_place
from bot.run.commands import AddNote, FinishAction, Stop, Watch
from bot.run.hands.events import ActionFinished
from bot.web.access.loopback import loopback_access
from bot.web.pages.chronicle import NEWEST
from bot.web.pages.frame import ASSETS, STRICT
from bot.web.pages.reader import PageReader
from tests.render.stories import at_look, at_restore, at_signoff, at_wipe
from tests.render.walk import hostile
from tests.run.test_hands import reading, start
from tests.story import NOON, ORDERS, PEOPLE, Story
from tests.web.asgi import ask
from tests.web.room import HERE, TOKEN, Room, after_the_first_visit

PATHS = (
    "/", "/runs", "/runs/ORDERS-7", "/runbooks", "/runbooks/postgres-pitr", "/assets", "/assets/orders-db", "/ready",
    "/ready/orders-db",
)  # fmt: skip


def test_the_board_tells_what_is_open_what_waits_and_what_ended(room: Room) -> None:
    assert "No recovery is open." in room.read("/")
    run = room.keep(at_signoff(), "ORDERS-7")
    said = room.read("/")
    assert say_place(run) in said
    assert "0 of 2 signed" in said
    assert "No run has ended yet." in said
    room.keep(
        Story(*[at_look().book], inputs={}).started().problem().at_step("hold").choose("stop", by="chen"), "ORDERS-8"
    )
    assert re.search(r"Ended lately.*ORDERS-8", room.read("/"), re.DOTALL)


def test_no_clock_goes_on_for_damage_once_the_run_is_over(room: Room) -> None:
    """Whoever opens an ended run must not read that data is at risk still."""
    began = (NOON - timedelta(minutes=20)).isoformat()
    room.keep(at_look(damage_began=began), "ORDERS-7")
    assert re.search(r"Data at risk since.*\(<time[^>]*>1 h 20 min ago", room.read("/runs/ORDERS-7"), re.DOTALL)
    room.keep(at_look(damage_began=began).when("ana", Stop("A false alarm")), "ORDERS-8")
    said = room.read("/runs/ORDERS-8")
    assert re.search(r"Damage began</dt><dd><strong><time[^>]*>22 Nov 2026 11:40 UTC</time></strong>", said)
    assert "Data at risk since</dt>" not in said


def test_a_run_is_told_in_the_cards_words_with_its_clocks_and_its_log(room: Room) -> None:
    room.keep(at_restore(), "ORDERS-7")
    room.at = NOON + timedelta(hours=3, minutes=30)
    said = room.read("/runs/ORDERS-7")
    for words in (
        "Restore a copy beside",
        "16:00 UTC",
        "3 h 30 min of 4 h used (88%)",
        "Ana Ruiz",
        'class="gauge close"',
    ):
        assert words in said, words
    assert said.index('id="record-7"') < said.index('id="record-1"')
    room.at = NOON + timedelta(hours=5)
    assert 'class="gauge late"' in room.read("/runs/orders-7")


def test_a_run_that_came_in_as_evidence_says_so_wherever_it_is_named(room: Room) -> None:
    """On its own page, in lists, and to programs."""
    run = room.keep(at_restore(), "ORDERS-7")
    named = ("/runs/ORDERS-7", "/runs", "/")
    assert not any("evidence" in room.read(path).lower() for path in named)
    room.mark_as_evidence(run)
    assert '<strong class="bad-word">Imported as evidence.</strong>' in room.read("/runs/ORDERS-7")
    assert all("EVIDENCE" in room.read(path) for path in ("/runs", "/"))


def test_what_a_command_printed_is_one_click_away_as_plain_text(room: Room) -> None:
    """Nothing in it runs or hides; what was erased is said; who reads it is noted as for every page."""
    story = start(reading())
    story.when("clock", FinishAction("space", 1, 1, "exit", 5, 0, "12", {"free": "12"}, {}, "d" * 64, 30))
    run = room.keep(story, "ORDERS-7")
    seq = next(number for number, (one, _) in enumerate(story.history, 1) if isinstance(one, ActionFinished))
    path = f"/runs/ORDERS-7/output/{seq}"
    assert f'<a href="{path}">what it printed</a>' in room.read("/runs/ORDERS-7")
    assert room.look(path).status_code == 404, "it was never kept"
    output = Output(run.id, "space", 1, 1, "d" * 64, 30, "<script>12</script>\u202e\n", room.at)
    leases = HandsLeases(room.journal)
    leases.keep(output)
    answer = room.look(path)
    assert (answer.status_code, answer.text) == (200, "<script>12</script>\\u202e\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    for other in (seq - 1, seq + 1, "x", "9" * 30):
        assert room.look(f"/runs/ORDERS-7/output/{other}").status_code == 404
    assert ask(room.pages.routes, "GET", path, headers={}).status_code != 200, "a stranger reads none"


def test_what_is_not_there_is_said_kindly(room: Room) -> None:
    for path in ("/runs/NONE-1", "/runbooks/none", "/assets/none", "/runbooks/none/drawing.svg"):
        answer = room.look(path)
        assert answer.status_code == 404, path
        assert "<h1>Not found</h1>" in answer.text
    assert room.look("/runs/%3Cscript%3E").text.count("<script") == 1


def test_what_breaks_is_said_without_its_words(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise OSError("postgresql://me:hush@db")

    monkeypatch.setattr(room.handler.journal, "open_runs", lost)
    answer = room.look("/")
    assert answer.status_code == 500
    assert "hush" not in answer.text
    assert "The record is untouched" in answer.text


def test_every_page_is_strict_and_loads_nothing_from_elsewhere(busy: Room) -> None:
    for path in PATHS:
        answer = busy.look(path)
        assert answer.status_code == 200, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//""", answer.text), path
        assert not re.search(r"<[^>]* (?:style|on\w+)=", answer.text), path
        assert answer.text.count("<h1>") == 1


def test_only_reading_is_answered(busy: Room) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        for path in PATHS:
            assert ask(busy.pages.routes, method, path, headers=HERE).status_code == 405, (method, path)


def test_hostile_texts_are_words_and_nothing_else(room: Room) -> None:
    """Names, titles and notes that carry markup, script and marks that turn the reading round."""
    bad = "<script>alert(1)</script><img src=x onerror=alert(1)>\u202e\"'><b>&amp;"
    people = tuple(replace(one, name=f"{one.name} {bad}") for one in PEOPLE)
    asset = replace(ORDERS, name=bad)
    story = Story(hostile(), inputs={"damage": bad}, people=people, asset=asset).started().done(note=bad)
    run = room.keep(story, "ORDERS-7")
    room.handler.handle(run.id, AddNote(bad), "ana", "slack")
    for path in ("/", "/runs", "/runs/ORDERS-7", "/runs?q=" + "%3Cscript%3E"):
        said = room.read(path)
        assert said.count("<script") == 1, path
        assert "<img src=x" not in said
        assert "\u202e" not in said
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in room.read("/runs/ORDERS-7")


def test_secrets_and_blind_answers_stay_out(room: Room) -> None:
    """What was counted blind is shown once it was compared, and not a moment before."""
    blind = at_wipe().at_visit(Watch, by="ben").begin(typed="Orders database").done().at_step("owner")
    blind.done(by="dora", counted="4711")
    run = room.keep(blind, "ORDERS-7")
    assert run.hidden
    assert "4711" not in room.read("/runs/ORDERS-7")
    assert "‹hidden until it is compared›" in room.read("/runs/ORDERS-7")


def test_a_long_run_is_read_in_pieces(room: Room) -> None:
    run = room.keep(at_look(), "ORDERS-7")
    for number in range(NEWEST + 30):
        room.handler.handle(run.id, AddNote(f"note {number}"), "ana", "slack")
    said = room.read("/runs/ORDERS-7")
    assert said.count('<li id="record-') == NEWEST
    older = re.search(r'href="(/runs/ORDERS-7\?before=\d+)"', said)
    assert older is not None
    before = room.read(older[1])
    assert 'id="record-1"' in before
    assert "data-live" not in before
    seqs = [int(one) for one in re.findall(r'<li id="record-(\d+)"', said + before)]
    assert seqs == list(range(run.seq + NEWEST + 30, 0, -1))


def test_what_was_erased_is_gone_from_the_page_and_from_the_search(room: Room) -> None:
    run = room.keep(at_look(), "ORDERS-7")
    noted = room.handler.handle(run.id, AddNote("the customer is Zephyrine"), "ana", "slack").events[0][0]
    assert "Zephyrine" in room.read("/runs/ORDERS-7")
    assert "ORDERS-7" in room.read("/runs?q=zephyrine")
    room.handler.redact(run.id, noted, "a name", "dora", "terminal")
    assert "Zephyrine" not in room.read("/runs/ORDERS-7")
    assert "ORDERS-7" not in room.read("/runs?q=zephyrine")


def test_runbooks_and_assets_lead_to_each_other_and_to_their_runs(busy: Room) -> None:
    assert 'href="/runbooks/postgres-pitr"' in busy.read("/runbooks")
    assert 'href="/runbooks/postgres-pitr"' in busy.read("/assets/orders-db")
    assert 'href="/assets/orders-db"' in busy.read("/runbooks/postgres-pitr")
    assert "ORDERS-7" in busy.read("/assets/orders-db")
    drawing = busy.look("/runbooks/postgres-pitr/drawing.svg")
    assert drawing.headers["content-type"] == "image/svg+xml"
    assert drawing.text.startswith("<?xml")
    assert "script-src" not in drawing.headers["content-security-policy"]
    assert "The steps" in busy.read("/runbooks/postgres-pitr/steps")


@pytest.mark.parametrize(
    ("bound", "peer", "host", "more", "status"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1:8080", {}, 200),
        ("127.0.0.1", "127.0.0.1", "localhost:8080", {}, 200),
        ("::1", "::1", "[::1]:8080", {}, 200),
        ("0.0.0.0", "127.0.0.1", "127.0.0.1:8080", {}, 403),
        ("127.0.0.1", "10.0.0.9", "127.0.0.1:8080", {}, 403),
        ("127.0.0.1", "127.0.0.1", "evil.example", {}, 403),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1.evil.example", {}, 403),
        ("127.0.0.1", "127.0.0.1", "evil@127.0.0.1", {}, 403),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1:8080", {"x-forwarded-for": "10.0.0.9"}, 403),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1:8080", {"forwarded": "for=10.0.0.9"}, 403),
    ],
)
def test_only_this_machine_reads_until_there_is_a_way_to_sign_in(
    bound: str, peer: str, host: str, more: dict[str, str], status: int
) -> None:
    headers = [(b"host", host.encode()), *((name.encode(), text.encode()) for name, text in more.items())]
    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers, "scheme": "http",
        "client": (peer, 40000), "server": (bound, 8080),
    }  # fmt: skip
    found = after_the_first_visit(loopback_access(bound, TOKEN))(Request(scope))
    assert (found.status_code if isinstance(found, Response) else 200) == status
    shut = after_the_first_visit(loopback_access(bound, TOKEN, behind_proxy=True))(Request(scope))
    assert isinstance(shut, Response)
    assert shut.status_code == 403


def test_a_stranger_is_told_kindly_and_sees_nothing(busy: Room) -> None:
    for path in (*PATHS, "/runbooks/postgres-pitr/drawing.svg", "/runbooks/postgres-pitr/steps"):
        answer = busy.look(path, {b"host": b"evil.example"})
        assert answer.status_code == 403, path
        assert "ORDERS" not in answer.text
        assert "These pages are closed here" in answer.text
    assert busy.look("/live", {b"host": b"evil.example"}).status_code == 204
    assert busy.look("/runs/ORDERS-7/live", {b"host": b"evil.example"}).status_code == 204


def test_the_banner_says_why_the_door_is_open(busy: Room) -> None:
    assert "came by the address that Handrail printed" in busy.read("/")
    assert PageReader("dora").banner == ""


def test_styles_and_script_are_kept_by_browsers_until_they_change(room: Room) -> None:
    for name in ("pages.css", "pages.js", "mark.svg"):
        answer = room.look(ASSETS[name].address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert room.look(f"/static/000000000000/{name}").status_code == 404
    assert room.look("/static/x/..%2froutes.py").status_code == 404


def test_a_run_can_be_taken_along_as_a_picture_and_as_files(busy: Room) -> None:
    picture = busy.look("/runs/ORDERS-7/picture.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg")
    assert busy.read("/runs/ORDERS-7/picture.svg?narrow=1") != picture.text
    for format_, holds, kind in (
        ("html", "<!DOCTYPE html>", "text/html"),
        ("md", "Restore a copy beside", "text/markdown"),
        ("postmortem", "Restore a copy beside", "text/markdown"),
        ("csv", "step-finished", "text/csv"),
        ("json", '"ORDERS-7"', "application/json"),
    ):
        answer = busy.look(f"/runs/ORDERS-7/copy/{format_}")
        assert answer.headers["content-type"].startswith(kind)
        assert holds in answer.text, format_
        saved = answer.headers.get("content-disposition", "")
        assert saved.startswith('attachment; filename="ORDERS-7') is (format_ != "html")
    assert busy.look("/runs/ORDERS-7/copy/exe").status_code == 404
    assert busy.look("/runs/ORDERS-7/copy/json", {b"host": b"evil.example"}).status_code == 403


def test_an_address_that_nothing_stands_behind_says_so_kindly_with_the_way_back(busy: Room) -> None:
    with busy.open() as address:
        for path, said in (("/nope", "There is no such page."), ("/runs/NOPE-1", "NOPE-1")):
            answer = httpx.get(f"{address}{path}")
            assert answer.status_code == 404
            assert answer.headers["content-security-policy"] == STRICT["Content-Security-Policy"]
            assert said in answer.text
            assert '<a href="/">To what is going on now</a>' in answer.text


def test_readiness_is_shown_for_all_assets_and_for_one_with_its_evidence(busy: Room) -> None:
    whole = busy.read("/ready")
    assert "Ready before the night" in whole
    assert "/ready/orders-db" in whole
    assert "workflow debt" in whole
    one = busy.read("/ready/orders-db")
    assert "It was tested in the last 90 days" in one
    assert "What is missing" in one
    assert busy.look("/ready/nowhere").status_code == 404
