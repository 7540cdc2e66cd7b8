"""A web request of hands against servers that do not mean well: what is sent, where, and what is made of the answer."""

import ipaddress
import json
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.format.pieces import Http, Value
from bot.format.requests import Request, RequestProblem, fill_request, require_sound, target_of
from bot.hands.allowing import Web
from bot.hands.executing import READ
from bot.hands.requesting import send

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
Serve = Callable[[socket.socket], None]


def request_of(one: socket.socket) -> bytes:
    """What somebody asks, with all that they send."""
    heard = b""
    while b"\r\n\r\n" not in heard and (piece := one.recv(65_536)):
        heard += piece
    head, _, body = heard.partition(b"\r\n\r\n")
    size = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < size and (piece := one.recv(65_536)):
        body += piece
    return head + b"\r\n\r\n" + body


@contextmanager
def server(serve: Serve, secured: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A server on this machine that says what a test lets it say; what it heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    plain, _ = listening.accept()
                except OSError:
                    return
                try:
                    one = plain if secured is None else secured.wrap_socket(plain, server_side=True)
                except OSError:
                    continue
                with one:
                    heard.append(request_of(one))
                    try:
                        serve(one)
                    except OSError:
                        continue

        Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1], heard
        listening.shutdown(socket.SHUT_RDWR)


def hangs(one: socket.socket) -> None:
    """Say nothing, until the other side goes."""
    one.recv(1)


def saying(answer: bytes) -> Serve:
    return lambda one: one.sendall(answer)


def web(
    port: int, host: str = "127.0.0.1", *, private: bool = True, scheme: str = "http",
    secret: dict[str, str] | None = None,
) -> Web:  # fmt: skip
    request = Request("GET", f"{scheme}://{host}:{port}/jobs/7?a=b", (("Accept", "application/json"),), None)
    return Web(request, secret or {}, private, None)


def test_what_is_sent_is_what_was_asked_for_and_the_answer_is_read() -> None:
    with server(saying(OK)) as (port, heard):
        ended = send(web(port, secret={"Authorization": "Bearer abc"}), 5.0)
    assert (ended.how, ended.exit, ended.out) == ("status", 200, b"hi")
    lines = heard[0].decode().split("\r\n")
    assert lines[0] == "GET /jobs/7?a=b HTTP/1.1"
    assert {"Authorization: Bearer abc", "Accept: application/json", "Accept-Encoding: identity"} <= set(lines)


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with server(saying(OK)) as (inside, reached):
        location = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inside}/\r\nContent-Length: 0\r\n\r\n"
        with server(saying(location.encode())) as (port, _):
            ended = send(web(port), 5.0)
    assert (ended.how, ended.exit, reached) == ("status", 302, [])


@pytest.mark.parametrize(
    ("addresses", "private", "is_reached"),
    [
        (["127.0.0.1"], True, True),
        (["127.0.0.1"], False, False),
        (["::ffff:127.0.0.1"], False, False),
        (["64:ff9b::7f00:1"], False, False),
        (["10.0.0.7", "192.168.1.1", "fd00::1"], False, False),
        (["169.254.169.254"], True, False),
        (["fe80::1%eth0"], True, False),
        (["0.0.0.0"], True, False),
        (["::"], True, False),
        (["::127.0.0.1"], False, False),
        (["::169.254.169.254"], True, False),
        (["2002:a9fe:a9fe::"], True, False),
        (["fd00:ec2::254", "fd20:ce::254"], True, False),
        (["100.100.100.200", "168.63.129.16"], True, False),
        (["::ffff:100.100.100.200"], True, False),
    ],
)
def test_a_private_address_is_reached_only_where_the_file_says_so(
    addresses: Sequence[str], private: bool, is_reached: bool
) -> None:
    """The very address that was looked at is connected to: the name is asked once, and cannot mean another then."""
    asked = []

    def resolve(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        return addresses

    with server(saying(OK)) as (port, heard):
        ended = send(web(port, "api.example.com", private=private), 5.0, addresses=resolve)
    assert asked == ["api.example.com"]
    assert bool(heard) is is_reached
    assert ended.how == ("status" if is_reached else "not started")
    assert is_reached or "private address" in ended.trouble


@pytest.mark.parametrize(
    ("answer", "how"),
    [
        (OK, "status"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", "lost"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi", "lost"),
        (b"", "lost"),
        (b"nonsense\r\n\r\n", "lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (READ + 1, b"x" * (READ + 1)), "lost"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n", "lost"),
    ],
)
def test_an_answer_that_is_not_whole_is_no_answer(answer: bytes, how: str) -> None:
    with server(saying(answer)) as (port, _):
        ended = send(web(port), 5.0)
    assert ended.how == how
    assert (ended.exit == 200) is (how == "status")


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nX: y", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nh"])
def test_an_answer_that_never_ends_ends_at_the_limit(begun: bytes) -> None:
    gone: list[bytes] = []

    def hang(one: socket.socket) -> None:
        one.sendall(begun)
        gone.append(one.recv(1))

    with server(hang) as (port, _):
        ended = send(web(port), 0.3)
    assert (ended.how, ended.exit) == ("limit", None)
    assert "0.3 s" in ended.trouble


def test_what_drips_is_cut_at_the_limit_as_well() -> None:
    """A time limit on each read alone would let it go on for ever."""

    def drip(one: socket.socket) -> None:
        one.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            one.sendall(b"y")
            one.settimeout(0.02)
            try:
                if one.recv(1) == b"":
                    return
            except TimeoutError:
                continue

    begun = monotonic()
    with server(drip) as (port, _):
        assert send(web(port), 0.5).how == "limit"
    assert monotonic() - begun < 10


def test_what_could_not_be_sent_was_not_started_and_says_why() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert send(web(port), 5.0).how == "not started"

    def nobody(*_: object) -> Sequence[str]:
        raise socket.gaierror

    assert "has no address" in send(web(1, "gone.example"), 5.0, addresses=nobody).trouble
    for header in ("Host", "Transfer-Encoding", "Proxy-Authorization", "accept"):
        assert "is not the runbook's to write" in send(web(1, secret={header: "x"}), 5.0).trouble


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS, with a certificate for this address that it signed itself, and the file of that."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))])
    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(called, called, key.public_key(), 1, since, until, [])
    signed = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public, both = folder / "ca.pem", folder / "both.pem"
    public.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    both.write_bytes(secret + public.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, public


@pytest.mark.parametrize(
    ("name", "is_known", "is_sent"),
    [("127.0.0.1", True, True), ("127.0.0.1", False, False), ("127.0.0.2", True, False)],
)
def test_a_server_that_cannot_show_who_it_is_is_sent_nothing(
    tmp_path: Path, name: str, is_known: bool, is_sent: bool
) -> None:
    context, public = certified(tmp_path, name)
    with server(saying(OK), context) as (port, heard):
        asked = web(port, scheme="https", secret={"Authorization": "Bearer abc"})
        ended = send(replace(asked, ca=str(public) if is_known else None), 5.0)
    assert bool(heard) is is_sent
    assert ended.how == ("status" if is_sent else "not started")
    assert is_sent or "could not be trusted" in ended.trouble


def test_it_is_given_up_when_nobody_waits_any_more() -> None:
    with server(hangs) as (port, _):
        assert send(web(port), 60.0, go_on=lambda: False).how == "limit"


NASTY = ["; rm -rf /", "$(id)", "a\r\nHost: evil", "--data @/etc/passwd", "-K /etc/passwd", "../../admin", "..", ".",
         "a/b?c=d#e", "a&b=c", "@evil.example", '", "admin": "yes', "x\0y", "ä ö", "%2e%2e", "\\",
         "‹vars.x?›", "\ud800"]  # fmt: skip


@pytest.mark.parametrize("value", NASTY)
def test_a_value_stays_where_it_was_put(value: str) -> None:
    """In the path, the query, a header, JSON and a form: it is one part of it, whatever it holds, or it is refused."""
    names: dict[str, Value] = {"vars.x": value, "asset.api": "https://awx.example.com:8443"}
    how = Http(
        method="POST", url="{{ asset.api }}/jobs/{{ vars.x }}/run?of={{ vars.x }}&b=1",
        headers={"X-Of": "{{ vars.x }}", "Content-Type": "application/json"}, body='{"of": "{{ vars.x }}", "n": 1}',
    )  # fmt: skip
    try:
        request = fill_request(how, names)
        require_sound(how, request)
    except RequestProblem:
        assert value in ("..", ".", "a\r\nHost: evil", "x\0y", "ä ö", "‹vars.x?›", "\ud800")
        return
    parts = urlsplit(request.url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "awx.example.com:8443", "")
    assert [unquote(one) for one in parts.path.split("/")] == ["", "jobs", value, "run"]
    assert parse_qs(parts.query) == {"of": [value], "b": ["1"]}
    assert json.loads(request.body or "") == {"of": value, "n": 1}
    form = Http(url="https://a.example/", headers={"Content-Type": "application/x-www-form-urlencoded"},
                body="of={{ vars.x }}&b=1")  # fmt: skip
    assert parse_qs(fill_request(form, names).body or "")["of"] == [value]


def test_an_address_begins_with_a_fact_alone_and_a_bare_value_in_json_is_a_number() -> None:
    typed = Http(url="{{ vars.x }}/jobs")
    with pytest.raises(RequestProblem, match="only a fact of the asset"):
        require_sound(typed, fill_request(typed, {"vars.x": "https://evil.example"}))
    for fact in ("https://ana:pw@evil.example", "file:///etc", "https://a.example/#b", "awx.example.com",
                 "http://[::1", "http://a:99999", "http://a:0", "http://a:b"):  # fmt: skip
        how = Http(url="{{ asset.api }}")
        with pytest.raises(RequestProblem, match="address"):
            require_sound(how, fill_request(how, {"asset.api": fact}))
    bare = Http(method="POST", url="https://a.example/", body='{"n": {{ vars.n }}}')
    assert fill_request(bare, {"vars.n": 7}).body == '{"n": 7}'
    with pytest.raises(RequestProblem, match="outside of quotes"):
        fill_request(bare, {"vars.n": '1, "admin": true'})
    slipped = Http(method="POST", url="https://a.example/", body='{"path": "C:\\{{ vars.n }}"}')
    with pytest.raises(RequestProblem, match="backslash"):
        fill_request(slipped, {"vars.n": '", "admin": true, "x": "'})


@pytest.mark.parametrize("host", ["h", "p", "http"])
def test_the_server_is_asked_for_what_was_held_to_the_file(host: str) -> None:
    """Also where its name stands in the address before it does."""
    with server(saying(OK)) as (port, heard):
        request = Request("GET", f"http://{host}:{port}?a=b", (), None)
        ended = send(Web(request, {}, private=True, ca=None), 5.0, addresses=lambda *_: ["127.0.0.1"])
    assert ended.how == "status"
    assert heard[0].startswith(b"GET /?a=b HTTP/1.1\r\n")
    short = Request("GET", f"http://{host}/x", (), None)
    assert target_of(short.url) == "/x"


@pytest.mark.parametrize("secret", ["Bearer ä", "one\ntwo", "a\0b", "‹"])
def test_a_secret_that_no_header_can_take_sends_nothing(secret: str) -> None:
    with server(saying(OK)) as (port, heard):
        ended = send(web(port, secret={"Authorization": secret}), 5.0)
    assert (ended.how, heard) == ("not started", [])


def test_what_was_given_up_before_it_was_sent_says_so() -> None:
    """A name that takes for ever to be looked up: nothing has left, and nobody is told of a limit that was not met."""
    looked, goes = Event(), Event()

    def slow(*_: object) -> Sequence[str]:
        looked.set()
        goes.wait(30)
        return ["127.0.0.1"]

    ended = send(web(9), 60.0, go_on=lambda: not looked.is_set(), addresses=slow)
    goes.set()
    assert (ended.how, ended.trouble) == ("not started", "It was given up before it was sent.")
