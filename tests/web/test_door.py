"""Only Slack comes in at the door, once per request, and with a body of a sane size."""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from bot.web.slack_requests import LARGEST, PATH, RequestVerifier, slack_route
from tests.web.asgi import ask

SECRET = "0123456789abcdef0123456789abcdef"
NOW = 1_763_800_000


def signed(body: str | bytes, at: str = str(NOW), secret: str = SECRET) -> dict[str, str]:
    content = body.encode() if isinstance(body, str) else body
    digest = hmac.new(secret.encode(), b"v0:%b:%b" % (at.encode(), content), hashlib.sha256).hexdigest()
    return {
        "x-slack-request-timestamp": at,
        "x-slack-signature": f"v0={digest}",
        "content-type": "application/x-www-form-urlencoded",
    }


class Slack:
    """Posts to the door; `taken` is what got in."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.taken: list[str] = []
        self.now = float(NOW)
        self.answer: Callable[[bytes], BoltResponse] = lambda _: BoltResponse(status=200, body={"text": "ok"})
        seal = RequestVerifier(SECRET.encode(), lambda: self.now)
        self.routes = [slack_route(self._take, seal, pool)]

    def _take(self, body: bytes, _: Mapping[str, str]) -> BoltResponse:
        self.taken.append(body.decode())
        return self.answer(body)

    def post(self, body: str | bytes | list[bytes], headers: dict[str, str]) -> tuple[int, str]:
        content = body.encode() if isinstance(body, str) else body
        raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        answer = ask(self.routes, "POST", PATH, content, raw)
        return answer.status_code, answer.text


@pytest.fixture
def slack() -> Iterator[Slack]:
    with ThreadPoolExecutor(4) as pool:
        yield Slack(pool)


def test_a_signed_request_is_answered_by_the_app(slack: Slack) -> None:
    assert slack.post("command=%2Frecover", signed("command=%2Frecover")) == (200, '{"text": "ok"}')
    assert slack.taken == ["command=%2Frecover"]


def test_the_seal_agrees_with_slacks_own_library() -> None:
    headers = signed("a=1")
    at, signature = headers["x-slack-request-timestamp"], headers["x-slack-signature"]
    assert SignatureVerifier(SECRET).generate_signature(timestamp=at, body="a=1") == signature
    assert RequestVerifier(SECRET.encode(), lambda: NOW).judge(at, signature, b"a=1") is None


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "the timestamp is not a number"),
        (signed("a=1", secret="f" * 32), "the signature is wrong"),
        (signed("a=2"), "the signature is wrong"),
        (signed("a=1") | {"x-slack-signature": "v0=\xff"}, "the signature is wrong"),
        (signed("a=1", at="soon"), "the timestamp is not a number"),
        (signed("a=1", at="-1"), "the timestamp is not a number"),
        (signed("a=1", at="9" * 400), "the timestamp is not a number"),
        (signed("a=1", at=str(NOW - 301)), "the timestamp is too old or too new"),
        (signed("a=1", at=str(NOW + 301)), "the timestamp is too old or too new"),
    ],
)
def test_who_is_not_slack_stays_outside(slack: Slack, headers: dict[str, str], reason: str) -> None:
    """Each differs from a request that gets in by one thing only."""
    assert slack.post("a=1", headers) == (401, f'{{"error":"{reason}"}}')
    assert slack.post("a=1", signed("a=1"))[0] == 200
    assert slack.taken == ["a=1"]


def test_a_replay_is_refused_and_a_retry_of_slack_is_not(slack: Slack) -> None:
    """Slack signs its retry anew, with the time of the retry."""
    first = signed("a=1")
    assert slack.post("a=1", first)[0] == 200
    assert slack.post("a=1", first) == (401, '{"error":"the request was here before"}')
    slack.now += 299
    assert slack.post("a=1", first)[0] == 401
    assert slack.post("a=1", signed("a=1", at=str(NOW + 299)))[0] == 200
    assert len(slack.taken) == 2


def test_what_is_remembered_is_forgotten_when_it_is_too_old_to_come_in() -> None:
    now = [float(NOW)]
    seal = RequestVerifier(SECRET.encode(), lambda: now[0])
    for turn in range(50):
        now[0] = NOW + turn * 100
        headers = signed(f"a={turn}", at=str(int(now[0])))
        assert seal.judge(headers["x-slack-request-timestamp"], headers["x-slack-signature"], b"a=%d" % turn) is None
    assert len(seal._seen) == len(seal._order) <= 5  # noqa: SLF001 (the memory it takes is the point)


def test_a_body_is_capped_whether_it_is_announced_or_not(slack: Slack) -> None:
    fits = b"a=" + b"x" * (LARGEST - 2)
    assert slack.post(fits, signed(fits))[0] == 200
    too_large = fits + b"x"
    assert slack.post(too_large, signed(too_large))[0] == 413
    assert slack.post([fits, b"x"], signed(too_large))[0] == 413
    assert len(slack.taken) == 1


def test_what_breaks_inside_is_a_500_and_tells_nothing(slack: Slack) -> None:
    def breaks(_: bytes) -> BoltResponse:
        raise RuntimeError("postgresql://me:hush@db")

    slack.answer = breaks
    assert slack.post("a=1", signed("a=1")) == (500, '{"error": "broken"}')


def test_only_posts_come_in(slack: Slack) -> None:
    assert ask(slack.routes, "GET", PATH).status_code == 405


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="lets everybody in"):
        RequestVerifier(b" ", lambda: NOW)
