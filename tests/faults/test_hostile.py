"""Strangers, guests, forged payloads and hostile words: nobody acts who may not, nobody is pinged, nothing breaks."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from bot.workspace.state.marks import MentionedPeople, calls_in
from tests.faults.wire import Tap
from tests.walks.firm import Firm
from tests.walks.test_every_button import START, TARGET, read_size
from tests.walks.truth import shown_messages

HOSTILE = (
    "<!channel> <!here> <!everyone> @channel @here <@U0DORA> <!subteam^S0DATA> <#C0INC> `code` ```fence``` *bold* _it_ "
    "&lt;!channel&gt; &amp; <https://evil.example|click here> \u202egnp.exe\u202c \u200b\u2066x\u2069 :rotating_light: "
    "\"}],'--; DROP TABLE run; {{ vars.target_time }} {% raw %} ${HOME} $(rm -rf /) \x07 \x1b[31m "
)


@pytest.fixture
def tap(firm: Firm) -> Iterator[Tap]:
    made = Tap(firm.workspace)
    yield made
    made.remove()


def begin(firm: Firm) -> None:
    assert firm.hand("ana").start("orders", START).errors == {}


def test_strangers_guests_and_people_of_other_teams_may_read_and_not_act(firm: Firm) -> None:
    """Somebody of another workspace, a guest whom nobody listed, and somebody listed who is not of this run."""
    begin(firm)
    before = firm.kinds("ORDERS-1")
    for stranger in map(firm.hand, ("gus", "ria", "eve")):
        for label in ("Done", "I need help", "Take over", "Note…", "Stop the run…"):
            said = stranger.is_refused(label)
            assert "you can read along but not act" in said or "add you" in said, said
        assert firm.kinds("ORDERS-1") == before
        assert "Stop the writers" in stranger.replies("/recover status")
    firm.check_all_is_well()


@pytest.mark.parametrize(("name", "may"), [("gus", False), ("ria", False), ("eve", True)])
def test_whoever_the_catalogue_knows_may_start_and_others_may_not(firm: Firm, name: str, may: bool) -> None:
    """Eve sees the damage and starts; she operates nothing, and those who may are called."""
    hand = firm.hand(name)
    assert hand.start("archive", {"What changed?": "x"}).errors == {}
    assert hand.person.has_modal is not may
    assert may or "does not know you" in hand.person.modal().words
    assert [row.operator for row in firm.house.journal().newest_runs(9)] == [None] * may
    firm.check_all_is_well()


def test_a_stranger_who_tries_to_sign_is_recorded(firm: Firm) -> None:
    ana = firm.hand("ana")
    begin(firm)
    ana.press("Done").press("Rows are wrong").press("Done", {"Recovery target": TARGET})
    read_size(firm)
    firm.hand("gus").is_refused("Approve…")
    _, event, stamp = firm.history("ORDERS-1")[-1]
    assert (type(event).__name__, stamp.by) == ("SigningRefused", "slack:T0OTHER/U0GUS")
    firm.check_all_is_well()


def _value(**changes: object) -> Callable[[Any], None]:
    """Change what a button's value says."""

    def change(payload: Any) -> None:  # noqa: ANN401  (a payload)
        action = payload["actions"][0]
        action["value"] = json.dumps({**json.loads(action["value"]), **changes})

    return change


def _raw(text: str) -> Callable[[Any], None]:
    def change(payload: Any) -> None:  # noqa: ANN401  (a payload)
        payload["actions"][0]["value"] = text

    return change


FORGED: dict[str, Callable[[Any], None]] = {
    "another run": _value(r="0" * 32),
    "another step": _value(s="restore"),
    "a step that is not there": _value(s="no_such_step"),
    "another visit": _value(v=7),
    "a visit that is no number": _value(v="x' OR 1=1"),
    "a visit beyond all numbers": _value(v=10**400),
    "another person": _value(u="dora", user="U0DORA", by="dora", option="x"),
    "a huge value": _raw(json.dumps({"r": "x" * 100_000, "s": "y", "v": 1})),
    "no JSON": _raw("not JSON <!channel>"),
    "a list": _raw("[1, 2]"),
    "deep JSON": _raw("[" * 100_000),
    "nothing": _raw(""),
    "a null": lambda payload: payload["actions"][0].pop("value"),
    "another action": lambda payload: payload["actions"][0].update(action_id="hr:become_root"),
    "a menu of nothing": lambda payload: payload["actions"][0].update(action_id="hr:menu:step|x"),
    "no actions": lambda payload: payload.update(actions=[]),
}


def test_a_forged_press_does_nothing_and_breaks_nothing(firm: Firm, tap: Tap, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that only adds a person is a sound press by whoever sent it. After each of them, what is sound works."""
    begin(firm)
    ben = firm.hand("ben")
    ben.is_refused("Done")
    before, sound = firm.kinds("ORDERS-1"), tap.last
    for how, change in FORGED.items():
        with monkeypatch.context() as patch:
            patch.setattr(firm.workspace.hub, "patience", 2.0)  # one of them is never answered
            reply = tap.forged(change, sound)
        assert reply.error in ("", "operation_timeout") or reply.error.startswith("http_error"), (how, reply)
        ben.is_refused("Done")
        assert firm.kinds("ORDERS-1") == before, how
    firm.hand("ana").press("Done")
    assert firm.kinds("ORDERS-1")[-1] == "StepEntered"
    assert [line for line in firm.log if line["log_level"] == "critical"] == []


METADATA: dict[str, Callable[[dict[str, Any]], object]] = {
    "another run": lambda asked: {**asked, "run_id": "0" * 32},
    "another action": lambda asked: {**asked, "action": "stop"},
    "an action that is not there": lambda asked: {**asked, "action": "become_root"},
    "another step": lambda asked: {**asked, "step": "ask", "action": "approve"},
    "more than there is": lambda asked: {**asked, "by": "dora"},
    "types of all kinds": lambda asked: {**asked, "visit": "x", "step": [1], "option": {"a": None}},
    "a list": lambda _: [1],
    "no JSON": lambda _: "}{",
}


def test_a_forged_form_does_nothing_that_its_sender_may_not(firm: Firm, tap: Tap) -> None:
    """Eve sends Ben's form with what it is about changed: she is told no, whatever it says."""
    begin(firm)
    firm.hand("ben").press("I need help", {"What do you need?": "Nothing"})
    before, sound = firm.kinds("ORDERS-1"), tap.last
    for how, change in METADATA.items():
        reply = tap.forged(_sent_by_eve(change), sound)
        assert (reply.error, reply.body is not None) == ("", True), (how, reply)
        assert reply.body is not None
        assert reply.body["response_action"] in ("update", "errors"), how
        assert firm.kinds("ORDERS-1") == before, how


def _sent_by_eve(change: Callable[[dict[str, Any]], object]) -> Callable[[Any], None]:
    def change_form(payload: Any) -> None:  # noqa: ANN401  (a payload)
        asked = change(json.loads(payload["view"]["private_metadata"]))
        payload["view"]["private_metadata"] = asked if isinstance(asked, str) else json.dumps(asked)
        payload["user"] = {"id": "U0EVE", "team_id": payload["team"]["id"]}

    return change_form


def test_requests_without_a_sound_signature_are_not_let_in(by_http: Firm) -> None:
    """None, an old one, one of another secret, and a sound one that comes a second time."""
    begin(by_http)
    ana = by_http.hand("ana")
    tap = Tap(by_http.workspace)
    try:
        message, spot = ana.find("Done")
        assert ana.press_on(message, spot).ok
        body = urlencode({"payload": json.dumps(tap.last.payload | {"forged": True})})
    finally:
        tap.remove()
    url, before = _address(by_http), by_http.kinds("ORDERS-1")
    secret, now = by_http.workspace.tokens.signing_secret, int(time.time())
    for headers in (
        {}, _signed(body, now - 400, secret), _signed(body, now + 400, secret), _signed(body, now, "f" * 32),
        _signed(body + "&x=1", now, secret), {**_signed(body, now, secret), "x-slack-request-timestamp": "soon"},
    ):  # fmt: skip
        assert httpx.post(url, content=body, headers=headers | FORM).status_code == 401
    assert httpx.post(url, content=body, headers=_signed(body, now, secret) | FORM).status_code == 200
    assert httpx.post(url, content=body, headers=_signed(body, now, secret) | FORM).status_code == 401
    assert httpx.post(url, content=b"x" * 1_100_000, headers=FORM).status_code == 413
    assert by_http.kinds("ORDERS-1") == before


FORM = {"content-type": "application/x-www-form-urlencoded"}


def _address(firm: Firm) -> str:
    carrier: Any = firm.workspace._parts.route.carrier  # noqa: SLF001  (where it delivers to)
    return str(carrier._url.geturl())  # noqa: SLF001  (as above)


def _signed(body: str, at: int, secret: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": str(at), "x-slack-signature": f"v0={digest}"}


def walk_with(firm: Firm, words: str) -> None:
    """Type these words wherever words can be typed."""
    ana, ben, chen = firm.hand("ana"), firm.hand("ben"), firm.hand("chen")
    assert ana.start("orders", {**START, "What changed?": words[:200]}).errors == {}
    ana.press("I need help", {"What do you need?": words})
    ana.press("Skip…", {"Why is it skipped?": words})
    ana.press("There is a problem", {"Which is it?": "What I see is not what stands here", "What do you see?": words})
    chen.press("Back to where we were", {"What was decided?": words})
    ana.press("Go back…", {"Back to which step?": "Stop the writers", "Why?": words})
    ana.press("There is a problem", {"Which is it?": "It failed", "What do you see?": words})
    chen.press("Back to where we were", {"What was decided?": words})
    ana.press("Note…", {"What should be on record?": words})
    ana.press("Pause…", {"Why?": words}).press("Resume")
    ana.press("Hand over…", {"To whom?": "Dora Lind", "What should they know?": words})
    ana.press("Done").press("Rows are wrong").press("Done", {"Recovery target": TARGET})
    read_size(firm)
    ana.press("Correct…", {"Which value?": "size", "What should it be?": "600", "Why?": words})
    ben.press("Reject", {"Why": words})
    ben.person.type(words, "#incidents")
    said = ben.person.messages("#incidents")[-1]
    assert ana.person.choose_shortcut("Add to the record", said).ok
    assert ana.send({}).errors == {}
    ana.press("Stop the run…", {"Why does it stop?": words})
    firm.settle()


def called_by(firm: Firm, ref: str) -> list[MentionedPeople]:
    """Whom the messages of a run call, in order; those that call nobody are left out."""
    found = shown_messages(firm.workspace, firm.row(ref).run_id)
    calls = [calls_in(message) for _, message in sorted(found, key=lambda one: one[1].ts)]
    return [call for call in calls if call.users or call.groups or call.everybody]


@pytest.mark.parametrize("length", [1, 12])
def test_hostile_words_in_every_field_ping_nobody_and_break_nothing(firm: Firm, length: int) -> None:
    """As typed, and at their longest: exactly those are called whom the same walk in plain words calls."""
    walk_with(firm, "plain words")
    walk_with(firm, (HOSTILE * length)[:2_900])
    assert called_by(firm, "ORDERS-2") == called_by(firm, "ORDERS-1")
    assert not any(call.everybody or call.groups for call in called_by(firm, "ORDERS-2"))
    assert "DROP TABLE" in firm.hand("ana").sees(firm.thread("ORDERS-2"))
    for _, message in shown_messages(firm.workspace, firm.row("ORDERS-2").run_id):
        assert not set("\u202e\u2066\x07\x1b") & set(json.dumps([message.text, message.blocks], ensure_ascii=False))
        assert "<!channel>" not in message.text
        assert "<@U0DORA>" not in message.text
    firm.check_all_is_well()
    told = firm.handrail("log", "ORDERS-2")
    assert "DROP TABLE" in told
    assert not set("\u202e\u2066\x07\x1b") & set(told)
