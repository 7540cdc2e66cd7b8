"""Signed payloads that Slack never sends: 400 and a line in the log, over HTTP and in the frames of Socket Mode."""

import copy
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from slack_bolt.response import BoltResponse
from structlog.testing import capture_logs
from websockets.sync.server import ServerConnection

from bot.slack.payload import answer_request
from bot.slack.sockets import Sockets
from bot.stopping import Stopping
from bot.workspace.serve import Workspace
from bot.workspace.state import Message
from tests.slack.office import SEED, Office, build_office
from tests.slack.test_sockets import Slack, far_end, until
from tests.workspace.office import AT_ONCE, over_http

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
Payload = dict[str, Any]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    workspace = Workspace.start(SEED, AT_ONCE)
    built = build_office(workspace, tmp_path_factory.mktemp("office"), lambda work: work())
    with over_http(workspace, built):
        yield built
    built.handler.journal.engine.dispose()
    workspace.stop()


@pytest.fixture(scope="module")
def sound(office: Office) -> dict[str, Payload]:
    """One payload of each kind, as the workspace sends it."""
    office.start()
    ana = office.press("ana", "Note…")
    ana.modal().fill("What should be on record?", "a note").submit()
    ana.type("/recover", "C0INC")
    ana.modal().fill("go:asset", "Orders database")
    ana.choose_shortcut("Start recovery")
    ana.modal().close()
    message = office.workspace.state.talk.post(Message("C0INC", "U0BEN", "The vendor was paged"))
    ana.choose_shortcut("Add to the record", message)
    ana.modal().submit()
    office.press("ana", "Pause…")
    ana.modal().close()
    ana.open_home()
    until(lambda: office.requests[-1].body.get("type") == "event_callback")
    found: dict[str, Payload] = {}
    for request in office.requests:
        body = dict(request.body)
        name = body.get("type") or "command"
        name += str((body.get("view") or {}).get("callback_id", "")) if name == "view_submission" else ""
        found.setdefault(name, body)
    return found


def post(office: Office, payload: Payload) -> BoltResponse:
    """As the door hands it on, once it knows that Slack signed it."""
    if "command" in payload and "type" not in payload:
        return answer_request(office.app, urlencode(payload, errors="surrogatepass").encode(), {"content-type": FORM})
    if payload.get("type") == "event_callback":
        return answer_request(office.app, json.dumps(payload).encode(), {"content-type": JSON})
    body = urlencode({"payload": json.dumps(payload)}).encode()
    return answer_request(office.app, body, {"content-type": FORM})


class Heard(logging.Handler):
    """What Bolt says by the standard library."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def nothing_breaks() -> Iterator[list[Any]]:
    """Nothing is logged as a failure meanwhile, by us or by Bolt."""
    heard, bolt = Heard(), logging.getLogger("slack_bolt")
    bolt.addHandler(heard)
    try:
        with capture_logs() as logs:
            yield logs
    finally:
        bolt.removeHandler(heard)
    assert heard.lines == []
    assert [line for line in logs if line["log_level"] in ("error", "critical")] == []


KINDS = (
    "command", "block_actions", "view_submissionhr:form:note", "view_submissiongo:begin", "view_submissiongo:keep",
    "block_suggestion", "shortcut", "message_action", "event_callback",
)  # fmt: skip


def test_one_of_each_kind_is_at_hand_and_is_taken(office: Office, sound: dict[str, Payload]) -> None:
    assert set(KINDS) <= set(sound), sorted(sound)
    for name in KINDS:
        with nothing_breaks():
            assert post(office, sound[name]).status == 200, name


PRESS, EVENT = (
    b'{"type": "block_actions", "user": {"id": "U0ANA"}, "actions": ',
    b'{"type": "event_callback", "event": ',
)
SENT = b'{"type": "view_submission", "user": {"id": "U0ANA"}'
FORMS = (
    b"", b"hello", b"payload=", b"payload=[]", b"payload=null", b"payload=1", b"payload=%22text%22", b"payload={",
    b"payload={}", b"payload=%FF%FE", b"command=%2Frecover&user_id=U0ANA&text=%C3%28", b"\xff\xfe",
    b"command=%2Frecover", "command=/recover&user_id=U0ANA".encode("utf-16"),
    b"&".join(b"a%d=1" % number for number in range(200)),
    b"payload=" + b"[" * 100_000,
)  # fmt: skip
OBJECTS = (
    b"", b"[]", b"null", b"7", b'"x"', b"{", b"{}", b'{"type": 7}', '{"type": "x"}'.encode("utf-16"),
    b'{"type": "event_callback"}', EVENT + b"[]}", EVENT + b'{"type": {}}}', EVENT + b'{"type": "x"}, "team": 7}',
    EVENT + b'{"type": "app_home_opened", "user": 7}}', EVENT + b'{"type": "app_home_opened", "user": "\\ud800"}}',
    EVENT + b'{"type": "x"}, "authorizations": [7]}', PRESS + b"[]}", PRESS + b'{"0": {"action_id": "hr:done"}}}',
    PRESS + b"[7]}", PRESS + b'[{"action_id": "hr:done"}], "user": "U0ANA"}', PRESS + b'[{"action_id": 7}]}',
    SENT + b"}", SENT + b', "view": {"id": "V1", "callback_id": "go:start"}}', SENT + b', "view": []}',
    b'{"type": "message_action", "user": {"id": "U0ANA"}, "callback_id": "add_to_record", "message": {"ts": "nan"}}',
    b'{"a":' * 100_000, b'{"type": ' + b"9" * 10_000 + b"}",
)  # fmt: skip


@pytest.mark.parametrize(("kind", "body"), [*((FORM, one) for one in FORMS), *((JSON, one) for one in OBJECTS)])
def test_what_slack_never_sends_is_a_bad_request(office: Office, kind: str, body: bytes) -> None:
    with nothing_breaks() as logs:
        assert answer_request(office.app, body, {"content-type": kind}).status == 400
    assert [line["event"] for line in logs] == ["a signed request was malformed"]


def test_the_log_names_the_place_and_not_the_content(office: Office, sound: dict[str, Payload]) -> None:
    payload = copy.deepcopy(sound["block_actions"])
    payload["actions"][0]["value"] = ["hunter2"]
    with capture_logs() as logs:
        assert post(office, payload).status == 400
    assert logs[0]["reason"] == "block_actions: actions.0.value (string_type)"


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 10**30), st.floats(), st.text(max_size=5), st.just("\0"),
    st.just("\ud800"), st.just("1e999"), st.just("{}"), st.just('{"r":1,"s":[],"v":{}}'), st.just('{"r":"\\u0000"}'),
    st.just('{"r":"x","s":"y","v":1e999}'), st.just([]), st.just({}), st.just([[]]), st.just({"id": 7}),
    st.just({"id": None}), st.just("x" * 4_000), st.just("hr:menu:step|a|b"), st.just("hr:menu:step|\0|b|1"),
)  # fmt: skip


def places(thing: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a payload."""
    if path:
        yield path
    parts = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    for name, one in parts:
        yield from places(one, (*path, name))


def spoil(payload: Payload, data: st.DataObject) -> Payload:
    """The payload with something missing, of another type, or twice."""
    made = copy.deepcopy(payload)
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(sorted(places(made), key=repr)))
        within: Any = made
        for name in way:
            within = within[name]
        match data.draw(st.sampled_from(("drop", "junk", "wrap"))):
            case "drop":
                del within[last]
            case "junk":
                within[last] = copy.deepcopy(data.draw(JUNK))  # the next round may spoil it too
            case "wrap":
                within[last] = [within[last]]
        if not made:
            break
    return made


@given(data=st.data(), kind=st.sampled_from(KINDS))
@settings(suppress_health_check=[HealthCheck.too_slow], phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_whatever_is_missing_or_of_another_type_breaks_nothing(
    office: Office, sound: dict[str, Payload], data: st.DataObject, kind: str
) -> None:
    payload = spoil(sound[kind], data)
    with nothing_breaks():
        assert post(office, payload).status in (200, 400, 404)


ENVELOPES: dict[str, str] = {"command": "slash_commands", "event_callback": "events_api"}


@pytest.fixture(scope="module")
def wire(office: Office) -> Iterator["Wire"]:
    """One connection of Socket Mode, to the same app."""
    slack, stopping = Slack(), Stopping()
    with far_end(slack):
        sockets = Sockets(office.app, slack.connect, time.monotonic)
        thread = threading.Thread(target=sockets.run, args=(stopping,), daemon=True)
        thread.start()
        until(lambda: sockets.connected == 2)
        yield Wire(slack, slack.lines[0], sockets)
        stopping.set()
        thread.join(30)


@dataclass
class Wire:
    """A connection of Socket Mode, from Slack's end."""

    slack: Slack
    line: ServerConnection
    sockets: Sockets

    def take(self, frame: str | bytes) -> None:
        """Send a frame; when it was worked on, a sound command has to be answered over the same connection."""
        self.line.send(frame)
        envelope = f"alive {len(self.slack.answers)}"
        self.slack.ask(self.line, envelope, "help")
        until(lambda: any(answer.get("envelope_id") == envelope for _, answer in self.slack.answers))
        until(lambda: self.sockets._under_way == 0)  # noqa: SLF001  (nothing else says that a frame is done with)


FRAMES = (
    "", "hello", "[]", "null", "7", "{", '"x"', b"\xff\xfe", b"{}", "{}", '{"type": []}', "[" * 100_000,
    '{"type": "hello", "num_connections": "x"}', '{"type": "interactive", "envelope_id": 7, "payload": {}}',
    '{"type": "interactive", "envelope_id": "e", "payload": []}',
    '{"type": "events_api", "envelope_id": "e", "payload": {"type": "event_callback"}}',
    '{"type": "interactive", "envelope_id": "e", "payload": {}, "retry_attempt": {}}',
)  # fmt: skip


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_that_slack_never_sends_costs_no_connection(wire: Wire, frame: str | bytes) -> None:
    with nothing_breaks():
        wire.take(frame)


@given(data=st.data(), kind=st.sampled_from(KINDS))
@settings(suppress_health_check=[HealthCheck.too_slow], phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_whatever_a_frame_holds_breaks_nothing(
    wire: Wire, sound: dict[str, Payload], data: st.DataObject, kind: str
) -> None:
    frame = {"type": ENVELOPES.get(kind, "interactive"), "envelope_id": "fuzz", "payload": sound[kind]}
    with nothing_breaks():
        wire.take(json.dumps(spoil(frame, data)))
