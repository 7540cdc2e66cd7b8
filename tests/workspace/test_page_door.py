"""The door of the page: who gets in, and what every answer tells the browser."""

from collections.abc import Iterator

import httpx
import pytest

from bot.workspace.state import Message
from tests.workspace.page_bot import Office, open_office


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with open_office() as opened:
        yield opened


@pytest.fixture
def browser_of(office: Office) -> Iterator[httpx.Client]:
    """A client that has shown the token once and sends what a browser would send from the page."""
    own = {"Origin": office.workspace.origin, "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=office.workspace.origin, headers=own) as client:
        assert client.get("/", params={"token": office.workspace.tokens.page}).status_code == 303
        yield client


def test_the_token_is_asked_for_once_and_becomes_a_strict_cookie(office: Office) -> None:
    origin, token = office.workspace.origin, office.workspace.tokens.page
    first = httpx.get(f"{origin}/as/U0ANA/C0INC?thread=1&token={token}")
    assert (first.status_code, first.headers["location"]) == (303, "/as/U0ANA/C0INC?thread=1")
    assert "HttpOnly" in first.headers["set-cookie"]
    assert "SameSite=strict" in first.headers["set-cookie"]
    assert httpx.get(f"{origin}/as/U0ANA/C0INC", cookies=first.cookies).status_code == 200


@pytest.mark.parametrize("query", ["", "?token=", "?token=guess"])
def test_nobody_gets_in_without_the_token(office: Office, query: str) -> None:
    refused = httpx.get(f"{office.workspace.origin}/as/U0ANA/C0INC{query}")
    assert refused.status_code == 403
    assert "This page needs its key." in refused.text
    assert "set-cookie" not in refused.headers


def test_the_token_never_leads_to_another_host(office: Office) -> None:
    origin, token = office.workspace.origin, office.workspace.tokens.page
    led = httpx.get(f"{origin}//evil.example/?token={token}")
    assert led.headers["location"] == "/evil.example/"


def test_another_name_for_this_machine_is_refused(office: Office, browser_of: httpx.Client) -> None:
    """A name that points here after a DNS change would carry another site's script to us."""
    port = office.workspace.origin.rpartition(":")[2]
    assert browser_of.get("/as/U0ANA/C0INC").status_code == 200
    for host in (
        f"evil.example:{port}",
        "evil.example",
        f"127.0.0.1.evil.example:{port}",
        f"127.0.0.1:{int(port) + 1}",
    ):
        assert browser_of.get("/as/U0ANA/C0INC", headers={"Host": host}).status_code in (400, 421), host


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_only_the_page_itself_may_act(office: Office, browser_of: httpx.Client, headers: dict[str, str]) -> None:
    """A request that carries the cookie, from another page of the same browser."""
    before = len(office.workspace.state.talk.messages("C0INC"))
    said = {"text": "hello"}
    del browser_of.headers["Origin"], browser_of.headers["Sec-Fetch-Site"]
    assert browser_of.post("/as/U0ANA/C0INC/say", json=said).status_code == 403
    assert browser_of.post("/as/U0ANA/C0INC/say", json=said, headers=headers).status_code == 403
    assert len(office.workspace.state.talk.messages("C0INC")) == before
    own = {"Origin": office.workspace.origin, "Sec-Fetch-Site": "same-origin"}
    assert browser_of.post("/as/U0ANA/C0INC/say", json=said, headers=own).status_code == 200
    assert len(office.workspace.state.talk.messages("C0INC")) == before + 1


def test_every_answer_is_strict_with_the_browser(browser_of: httpx.Client) -> None:
    for path in ("/as/U0ANA/C0INC", "/as/U0ANA/home", "/nowhere", "/as/U0NOBODY/C0INC"):
        headers = browser_of.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_the_page_asks_no_other_host_and_holds_no_script(office: Office, browser_of: httpx.Client) -> None:
    office.post_card()
    html = browser_of.get("/as/U0ANA/C0INC").text
    assert html.count("<script") == html.count('<script src="/static/')
    assert "style=" not in html
    assert 'src="http' not in html


def test_a_person_sees_their_own_places_only(office: Office, browser_of: httpx.Client) -> None:
    assert browser_of.get("/as/U0ANA/C0ORD").status_code == 200
    elsewhere = browser_of.get("/as/U0DORA/C0ORD")
    assert (elsewhere.status_code, elsewhere.headers["location"]) == (303, "/as/U0DORA/C0INC")
    assert browser_of.post("/as/U0DORA/C0ORD/say", json={"text": "hello"}).status_code == 404
    assert browser_of.get("/as/U0BOT/C0INC").status_code == 404


def test_an_ephemeral_is_for_one_person(office: Office, browser_of: httpx.Client) -> None:
    whisper = office.workspace.state.talk.post_whisper(Message("C0INC", "U0BOT", "psst, Ana", only_for="U0ANA"))
    assert "psst, Ana" in browser_of.get("/as/U0ANA/C0INC").text
    assert "psst, Ana" not in browser_of.get("/as/U0BEN/C0INC").text
    spot = {"channel": "C0INC", "ts": whisper.ts}
    browser_of.post("/as/U0BEN/dismiss", json=spot)
    assert "psst, Ana" in browser_of.get("/as/U0ANA/C0INC").text
    browser_of.post("/as/U0ANA/dismiss", json=spot)
    assert "psst, Ana" not in browser_of.get("/as/U0ANA/C0INC").text


def test_a_file_is_for_those_with_whom_it_was_shared(office: Office, browser_of: httpx.Client) -> None:
    files = office.workspace.state.files
    file = files.announce('run "7".jsonl', 3, "U0BOT")
    files.fill(file, b"{}\n")
    shared = files.complete(file, "The record", "C0ORD")
    path = f"file/{shared.id}/run.jsonl"
    sent = browser_of.get(f"/as/U0ANA/{path}")
    assert (sent.status_code, sent.content) == (200, b"{}\n")
    assert sent.headers["content-disposition"] == "attachment; filename*=UTF-8''run%20%227%22.jsonl"
    assert browser_of.get(f"/as/U0DORA/{path}").status_code == 404
    assert browser_of.get("/as/U0ANA/file/F0NONE/x").status_code == 404


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'"x"', b'{"text": 7}', b'{"text": null}'])
def test_odd_bodies_do_nothing(browser_of: httpx.Client, content: bytes) -> None:
    for path in ("C0INC/say", "press", "modal/submit", "modal/close", "react", "dismiss", "C0INC/read"):
        assert browser_of.post(f"/as/U0ANA/{path}", content=content).status_code == 200, path


def test_a_link_to_a_message_leads_to_its_thread_as_whoever_reads(office: Office, browser_of: httpx.Client) -> None:
    """`chat.getPermalink` gives it; the page adds who reads, and without anybody it is the first who may."""
    message = office.workspace.state.talk.messages("C0INC")[0]
    mark = f"C0INC/p{message.ts.replace('.', '')}"
    led = browser_of.get(f"/as/U0BEN/archives/{mark}?thread_ts=1&cid=C0INC")
    assert (led.status_code, led.headers["location"]) == (303, f"/as/U0BEN/C0INC?thread={message.ts}")
    assert browser_of.get(led.headers["location"]).status_code == 200
    assert browser_of.get(f"/archives/{mark}").headers["location"].endswith(f"/C0INC?thread={message.ts}")
    assert browser_of.get("/as/U0BEN/archives/C0INC/p1").headers["location"] == "/as/U0BEN/C0INC"
    assert browser_of.get("/archives/C0NOWHERE/p1700000000000000").status_code == 404
