"""Follow-ups are handed on to a real web server: signed, once, patiently, and nowhere else."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest

from bot.engine import CommandHandler
from bot.journal.database import open_engine
from bot.journal.search import Following
from bot.journal.store import Journal
from bot.run.after.events import FollowUpHandedOn
from bot.run.commands import AddFollowUp, FinishFollowUp, Stop
from bot.workers.tracker.handing import EVERY, WAITS, HandingOn
from bot.workers.tracker.webhook import Webhook, WebhookResult
from tests.engine.office import Office
from tests.places import migrated
from tests.story import NOON

SECRET = "s" * 32


@dataclass
class Request:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Server:
    """A tracker that answers what it is told to; `hangs` keeps its callers waiting."""

    url: str = ""
    answers: list[tuple[int, str]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    hangs: threading.Event = field(default_factory=threading.Event)
    location: str = ""
    drips: bool = False

    def answer(self) -> tuple[int, str]:
        return self.answers.pop(0) if self.answers else (201, "https://tracker.example/T-1")


@contextmanager
def tracker() -> Iterator[Server]:
    server = Server()
    server.hangs.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            server.requests.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            server.hangs.wait(5)
            status, words = server.answer()
            self.send_response(status)
            if server.location:
                self.send_header("location", server.location)
            self.end_headers()
            with suppress(OSError):  # its caller has gone
                for sign in words * 4 if server.drips else (words,):
                    self.wfile.write(sign.encode())
                    time.sleep(0.02 if server.drips else 0)

        do_GET = do_POST  # noqa: N815  (as above)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (as above)
            del format, args

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{httpd.server_port}/hook"
    try:
        yield server
    finally:
        server.drips = False
        server.hangs.set()
        httpd.shutdown()
        thread.join()
        httpd.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    with tracker() as opened:
        yield opened


def hook(server: Server, seconds: float = 5.0) -> Webhook:
    return Webhook(lambda: server.url, lambda: SECRET, lambda: NOON, seconds)


def verify(request: Request, secret: str) -> bool:
    """As docs/after.md tells a receiver to do it."""
    signed = b"v1:" + request.headers["handrail-timestamp"].encode() + b":" + request.body
    wanted = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, request.headers["handrail-signature"])


def test_a_receiver_can_tell_that_we_sent_it(server: Server) -> None:
    """The signature holds for the body and the time as they were sent, and for no other secret, body or time."""
    answer = hook(server).hand_on("run-1:2", {"what": "Größer"})
    assert answer == WebhookResult(taken=True, words="201: https://tracker.example/T-1")
    (request,) = server.requests
    assert json.loads(request.body) == {"what": "Größer"}
    assert request.headers["idempotency-key"] == "run-1:2"
    assert request.headers["handrail-timestamp"] == str(int(NOON.timestamp()))
    assert verify(request, SECRET)
    assert not verify(request, "t" * 32)
    assert not verify(Request(request.path, request.headers, request.body + b" "), SECRET)
    late = dict(request.headers) | {"handrail-timestamp": "1"}
    assert not verify(Request(request.path, late, request.body), SECRET)


@pytest.mark.parametrize(
    ("status", "final"), [(400, True), (403, True), (404, True), (408, False), (429, False), (500, False), (503, False)]
)
def test_what_may_be_taken_later_is_no_last_word(server: Server, status: int, final: bool) -> None:
    server.answers = [(status, "no\x1b[2J such\n project")]
    assert hook(server).hand_on("k", {}) == WebhookResult(
        taken=False, words=f"{status}: no[2J such project", final=final
    )


def test_what_is_signed_for_one_address_is_sent_to_no_other(server: Server) -> None:
    with tracker() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            server.answers, server.location = [(status, "")], elsewhere.url
            answer = hook(server).hand_on("k", {})
            assert answer.final
            assert not answer.taken
            assert "points elsewhere" in answer.words
        assert elsewhere.requests == []
    assert len(server.requests) == 5


def test_a_tracker_that_hangs_holds_nobody_beyond_the_limit(server: Server) -> None:
    server.hangs.clear()
    patient = hook(server, seconds=0.2)
    begun = time.monotonic()
    late = WebhookResult(taken=False, words="no answer in 0.2 s", final=False)
    assert patient.hand_on("k", {}) == late
    server.drips = True
    server.hangs.set()
    assert patient.hand_on("k", {}) == late
    assert "still hangs" in patient.hand_on("k", {}).words
    assert time.monotonic() - begun < 10


def test_a_tracker_that_is_not_there_is_asked_again_later() -> None:
    with tracker() as gone:
        pass
    assert hook(gone).hand_on("k", {}) == WebhookResult(taken=False, words="not reached (URLError)", final=False)


@dataclass
class Steady:
    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Scene:
    """An ended run with two follow-ups on a real desk, and what hands them on."""

    handler: CommandHandler
    run_id: str
    server: Server
    steady: Steady

    def handing(self) -> HandingOn:
        return HandingOn(self.handler, Following(self.handler.journal), hook(self.server), self.steady)

    def add(self, what: str) -> None:
        self.handler.handle(self.run_id, AddFollowUp(what, "ben", "2026-12-01"), "ana", "slack")

    def answers(self) -> list[FollowUpHandedOn]:
        happened = self.handler.history(self.run_id)
        return [event for _, event, _ in happened if isinstance(event, FollowUpHandedOn)]


@pytest.fixture
def scene(tmp_path: Path, server: Server) -> Iterator[Scene]:
    engine = open_engine(f"sqlite:///{tmp_path}/handrail.db")
    migrated(engine)
    office = Office(Journal(engine))
    run = office.start()
    office.handler.handle(run.id, Stop("Enough"), "ana", "slack")
    made = Scene(office.handler, run.id, server, Steady())
    for what in ("Widen the volume", "Name the host"):
        made.add(what)
    yield made
    engine.dispose()


def test_each_follow_up_is_handed_on_once(scene: Scene) -> None:
    """A second look, and a process that has forgotten everything, offer nothing again."""
    handing = scene.handing()
    for looker in (handing, handing, scene.handing()):
        looker.look()
    keys = [request.headers["idempotency-key"] for request in scene.server.requests]
    assert keys == [f"{scene.run_id}:1", f"{scene.run_id}:2"]
    assert [(one.number, one.taken) for one in scene.answers()] == [(1, True), (2, True)]


def test_it_is_offered_again_after_longer_and_longer_waits_and_then_given_up(scene: Scene) -> None:
    scene.handler.handle(scene.run_id, FinishFollowUp(2), "ben", "slack")
    scene.server.answers = [(503, "down")] * (len(WAITS) + 1)
    handing = scene.handing()
    for number, wait in enumerate(WAITS, 1):
        handing.look()
        assert len(scene.server.requests) == number
        scene.steady.at += wait - 0.1
        handing.look()
        assert len(scene.server.requests) == number, "too early"
        assert scene.answers() == []
        scene.steady.at += 0.1
    handing.look()
    assert scene.answers() == [FollowUpHandedOn(1, taken=False, answer="503: down")]
    scene.steady.at += 1e6
    handing.look()
    assert len(scene.server.requests) == len(WAITS) + 1
    assert len({request.headers["idempotency-key"] for request in scene.server.requests}) == 1


def test_one_that_comes_back_takes_it(scene: Scene) -> None:
    scene.server.answers = [(500, ""), (500, "")]
    handing = scene.handing()
    handing.look()
    assert scene.answers() == []
    scene.steady.at += WAITS[0]
    handing.look()
    assert [(one.number, one.taken) for one in scene.answers()] == [(1, True), (2, True)]


def test_what_was_done_before_the_tracker_answered_is_its_business_no_more(scene: Scene) -> None:
    for number in (1, 2):
        scene.handler.handle(scene.run_id, FinishFollowUp(number), "ben", "slack")
    scene.handing().look()
    assert scene.server.requests == []
    scene.add("More")
    scene.handing().look()
    assert len(scene.server.requests) == 1


def test_a_look_lasts_no_longer_than_a_while(scene: Scene) -> None:
    """The lease on the duty is two whiles: nobody offers on one that ran out."""
    ticks = count()
    slow = HandingOn(
        scene.handler,
        Following(scene.handler.journal),
        hook(scene.server),
        lambda: next(ticks) * EVERY.total_seconds() / 2,
    )
    slow.look()
    assert len(scene.server.requests) == 1
