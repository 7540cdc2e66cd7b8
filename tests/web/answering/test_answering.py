"""A link answers one page for one person: by its button, for a day, and never by being looked at."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.run.commands import AnswerPage, Stop
from bot.web.answering.link import Claim, derive_secret, read_token, write_token
from tests.web.answering.handler import SECRET, Answering


def test_looking_answers_nothing_and_pressing_does(answering: Answering) -> None:
    """What previews and scans links sends GET and HEAD."""
    path = answering.link()
    assert [answering.look(path, method).status_code for method in ("GET", "HEAD", "GET")] == [200] * 3
    assert answering.answers() == []
    answer = answering.press(path)
    assert answer.status_code == 200
    assert "You are on it. Thank you." in answer.text
    assert answering.answers() == [("ana", "on", "web")]
    assert "You are on it since 12:00 UTC." in answering.look(path).text


def test_the_page_says_what_it_is_about_and_who_reads_it(answering: Answering) -> None:
    said = answering.look(answering.link()).text
    for words in ("LIVE", "ORDERS-1 · Orders database", "A recovery was started by Dora Lind.",
                  "You answer as Ana Ruiz.", "Operator: nobody", "Called with you: Ben Okafor", "RTO"):  # fmt: skip
        assert words in said
    assert said.count("<button") == 2
    assert "<script" not in said


def test_a_second_press_changes_nothing(answering: Answering) -> None:
    path = answering.link()
    answering.press(path)
    again = answering.press(path)
    assert again.status_code == 409
    assert "You are on it already." in again.text
    assert len(answering.answers()) == 1


def test_whoever_comes_second_hears_who_is_on_it(answering: Answering) -> None:
    answering.office.handler.handle(answering.run.id, AnswerPage(1), "ben", "slack")
    path = answering.link()
    assert "Ben Okafor is on it since 12:00 UTC." in answering.look(path).text
    said = answering.press(path).text
    assert "Ben Okafor is on it since 12:00 UTC. It is recorded that you are there too." in said
    assert answering.answers() == [("ben", "on", "slack"), ("ana", "on", "web")]


def test_who_cannot_lets_the_next_one_be_called(answering: Answering) -> None:
    said = answering.press(answering.link(), "cannot").text
    assert "Called next: Chen Wei." in said
    assert answering.answers() == [("ana", "cannot", "web")]
    again = answering.look(answering.link()).text
    assert "You have said that you can&#39;t." in again
    assert again.count("<button") == 1, "one may find after all that one can"


def test_a_run_that_ended_asks_nothing(answering: Answering) -> None:
    answering.office.handler.handle(answering.run.id, Stop("Not needed."), "dora", "slack")
    said = answering.look(answering.link()).text
    assert "The run has ended." in said
    assert "<button" not in said
    assert answering.press(answering.link()).status_code == 409


def test_a_link_ends_after_a_day(answering: Answering) -> None:
    path = answering.link()
    answering.office.later(hours=23, minutes=59)
    assert answering.look(path).status_code == 200
    answering.office.later(minutes=1)
    assert (answering.look(path).status_code, answering.press(path).status_code) == (410, 410)
    assert answering.answers() == []


def test_a_link_for_another_person_answers_for_them_alone(answering: Answering) -> None:
    """Eve is in no role and on no rung; she is refused though her link is whole, and Ben's is Ben's."""
    assert answering.press(answering.link("eve")).status_code == 409
    answering.press(answering.link("ben"))
    assert answering.answers() == [("ben", "on", "web")]


def test_who_left_the_catalogue_answers_no_more(answering: Answering) -> None:
    answering.known.discard("ana")
    assert answering.press(answering.link()).status_code == 403
    assert answering.answers() == []


def test_what_nobody_signed_is_not_let_in(answering: Answering) -> None:
    token = answering.link().removeprefix("/answer/")
    raw = bytearray(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    for position in range(len(raw)):
        forged = bytes(raw[:position]) + bytes([raw[position] ^ 1]) + bytes(raw[position + 1 :])
        assert read_token(SECRET, urlsafe_b64encode(forged).rstrip(b"=").decode()) is None
    other = answering.link(secret=derive_secret("another secret of another house"))
    for path in (other, "/answer/x", "/answer/" + "A" * 3_000, "/answer/" + "é" * 5, answering.link()[:-6]):
        assert (answering.look(path).status_code, answering.press(path).status_code) == (404, 404)
    assert answering.look(answering.link(page=9)).status_code == 404
    assert answering.answers() == []


@pytest.mark.parametrize("answer", ["", "off", "on" * 900])
def test_a_press_of_nothing_is_nothing(answering: Answering, answer: str) -> None:
    assert answering.press(answering.link(), answer).status_code == 400
    assert answering.answers() == []


def test_a_browser_is_told_to_be_strict(answering: Answering) -> None:
    for answer in (answering.look(answering.link()), answering.look("/answer/x")):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "script" not in policy
        assert "form-action 'self'" in policy
        assert answer.headers["referrer-policy"] == "no-referrer", "the link would be told to whoever is visited next"
        assert answer.headers["cache-control"] == "no-store"


def test_names_that_would_be_markup_stay_names(drill: Answering) -> None:
    said = drill.look(drill.link()).text
    assert "<script" not in said
    assert "&lt;script&gt;alert(1)" in said
    assert "DRILL" in said
    assert "This is a drill: touch nothing live." in said


IDS = st.one_of(st.uuids().map(lambda one: one.hex), st.text("abcdefgh-0123456789", min_size=1, max_size=60))


@given(run=IDS, page=st.integers(1, 5_000), person=st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True),
       after=st.integers(0, 10**8))  # fmt: skip
def test_what_is_written_is_read(run: str, page: int, person: str, after: int) -> None:
    """And by nobody with another secret. The usual link is short enough for a text message."""
    claim = Claim(run, page, person, datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=after))
    token = write_token(SECRET, claim)
    assert read_token(SECRET, token) == claim
    assert read_token(derive_secret("other"), token) is None
    assert len(run) != 32 or len(person) > 12 or len(token) <= 72


def test_no_secret_is_no_secret() -> None:
    with pytest.raises(ValueError, match="lets everybody answer"):
        derive_secret(" ")
