"""A web request, bounded: no redirect, no proxy, no private address that the file does not name, one answer."""

import ipaddress
import os
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from threading import Event, Thread
from time import monotonic
from urllib.parse import urlsplit

import certifi

from bot.bulkhead import contain
from bot.format.requests import target_of
from bot.hands.allowing import Web
from bot.hands.executing import KEPT, READ, Ended

Resolve = Callable[[str, int], Sequence[str]]
"""A name and a port -> its addresses; OSError when there are none."""
_LOOK = 0.1
_PIECE = 65_536
_LATER = 5.0
_PORTS = {"http": 80, "https": 443}
_OURS = ("host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect",
         "accept-encoding", "keep-alive")  # fmt: skip
"""Headers that say how a request is carried: the client's own."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
_GIVEN_UP = "It was given up before it was sent."
_METADATA = tuple(map(ipaddress.ip_address, (
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd00:42::42", "fd20:ce::254",
)))  # fmt: skip
"""Where clouds keep a machine's own credentials, beside the addresses of its link (169.254.0.0/16)."""


class _NotSent(Exception):
    """Nothing of the request has left; the sentence is for people."""


class _Broken(Exception):
    """The request was sent, and no whole answer came: nobody knows what it did."""


@dataclass(slots=True)
class _Passage:
    """One request on its way, as the thread that waits for it sees it."""

    over: Event = field(default_factory=Event)
    sent: bool = False
    given_up: bool = False
    status: int | None = None
    body: bytes = b""
    failure: Exception | None = None
    line: socket.socket | None = None
    """A second hold of the connection, by which it is cut from outside."""

    def cut(self) -> None:
        """End it, whatever it waits for."""
        self.given_up = True
        if self.line is not None:
            try:
                self.line.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as this machine knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[4][0]) for where in found))


def send(
    web: Web, seconds: float, *, go_on: Callable[[], bool] = lambda: True, addresses: Resolve = resolve,
    steady: Callable[[], float] = monotonic,
) -> Ended:  # fmt: skip
    """Send a request and read its answer, within so many seconds in all; `go_on` is asked every moment."""
    return _wait(lambda passage: _ask(web, passage, seconds, addresses), seconds, go_on, steady)


def reach(
    host: str, port: int, seconds: float, *, private: bool, addresses: Resolve = resolve,
    steady: Callable[[], float] = monotonic,
) -> Ended:  # fmt: skip
    """Open a connection to an address that may be reached, and close it again: an exit of 0 is that it was taken."""

    def connect(passage: _Passage) -> None:
        _connected(host, port, passage, seconds + _LATER, private=private, addresses=addresses).close()

    ended = _wait(connect, seconds, lambda: True, steady)
    return Ended("exit", ended.seconds, 0) if ended.how == "status" else ended


def _wait(
    ask: Callable[[_Passage], None], seconds: float, go_on: Callable[[], bool], steady: Callable[[], float]
) -> Ended:
    """Let it go its way on a thread, and say how it ended, within so many seconds."""
    begun, passage = steady(), _Passage()
    # A thread of its own: a name that is looked up cannot be interrupted, and is not waited for either.
    Thread(target=_pass, args=(ask, passage), name="request", daemon=True).start()
    in_time = True
    while not passage.over.wait(_LOOK):
        if steady() - begun >= seconds or not go_on():
            in_time = False
            passage.cut()
            passage.over.wait(1.0)
            break
    took = steady() - begun
    if not in_time:
        if passage.sent:
            return Ended("limit", took, trouble=f"No whole answer came within {seconds:g} s, its limit.")
        late = f"It could not be sent within {seconds:g} s, its limit."
        return Ended("not started", took, trouble=late if steady() - begun >= seconds else _GIVEN_UP)
    match passage.failure:
        case None:
            printed = f"HTTP {passage.status}\n\n".encode() + passage.body
            return Ended("status", took, passage.status, passage.body, printed[-KEPT:], len(printed))
        case _NotSent() as why:
            return Ended("not started", took, trouble=str(why))
        case _Broken() as why:
            return Ended("lost", took, trouble=str(why))
        case unforeseen:
            raise unforeseen


def _pass(ask: Callable[[_Passage], None], passage: _Passage) -> None:
    with contain() as asking:  # it is raised again where the request is waited for
        ask(passage)
    passage.failure = asking.failure
    if passage.line is not None:
        passage.line.close()
    passage.over.set()


def _ask(web: Web, passage: _Passage, seconds: float, addresses: Resolve) -> None:
    from urllib3.connection import HTTPConnection, HTTPSConnection  # noqa: PLC0415  (it opens a socket when it is imported)
    from urllib3.exceptions import HTTPError  # noqa: PLC0415  (as above)

    request, headers, seconds = web.request, _headers(web), seconds + _LATER
    parts = urlsplit(request.url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    connection = (HTTPConnection if parts.scheme == "http" else HTTPSConnection)(host, port, timeout=seconds)
    try:
        plain = _connected(host, port, passage, seconds, private=web.private, addresses=addresses)
        connection.sock = plain if parts.scheme == "http" else _in_tls(plain, host, web)
        if passage.given_up:
            raise _NotSent(_GIVEN_UP)
        body = None if request.body is None else request.body.encode()
        passage.sent = True
        try:
            connection.request(
                request.method,
                target_of(request.url),
                body=body,
                headers=headers,
                preload_content=False,
                decode_content=False,
            )
            answer = connection.getresponse()
            passage.status, passage.body = answer.status, _read(answer.stream(_PIECE, decode_content=False))
        except (HTTPError, HTTPException, OSError, ValueError) as failure:
            raise _Broken(f"The answer could not be read to its end ({_plain(failure)}).") from None
    finally:
        connection.close()


def _headers(web: Web) -> dict[str, str]:
    asked = dict(web.request.headers)
    lower = {name.lower() for name in asked}
    twice = [name for name in web.headers if name.lower() in lower]
    ours = [name for name in (*asked, *web.headers) if name.lower() in _OURS or name.lower().startswith("proxy-")]
    if twice or ours:
        raise _NotSent(f"The header {(twice or ours)[0]} is not the runbook's to write.")
    if any(not value.isascii() or not value.isprintable() for value in web.headers.values()):
        raise _NotSent("A secret header of its profile holds more than one line, or a sign that no header can take.")
    return {"User-Agent": "Handrail", "Accept-Encoding": "identity", **asked, **web.headers}


def _in_tls(plain: socket.socket, host: str, web: Web) -> socket.socket:
    """The same connection in TLS, with the certificate held to the name."""
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(web.ca or certifi.where())
    except OSError:
        raise _NotSent(f"The certificates of {web.ca} cannot be read.") from None
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except OSError as wrong:
        plain.close()
        raise _NotSent(f"{host} could not be trusted ({_plain(wrong)}).") from None


def _connected(
    host: str, port: int, passage: _Passage, seconds: float, *, private: bool, addresses: Resolve
) -> socket.socket:  # fmt: skip
    """A connection to an address that may be reached: the very one that was looked at, whatever the name says later."""
    try:
        found = addresses(host, port)
    except (OSError, UnicodeError):
        raise _NotSent(f"{host} has no address.") from None
    reachable = [one for one in found if _may_reach(one, private=private)]
    if not reachable:
        raise _NotSent(f"{host} is at a private address, which hands.yaml does not allow for it.")
    failure: OSError | None = None
    for address in reachable:
        try:
            sock = socket.create_connection((address, port), timeout=seconds)
        except OSError as refused:
            failure = refused
            continue
        passage.line = socket.socket(fileno=os.dup(sock.fileno()))
        if passage.given_up:
            sock.close()
            raise _NotSent(_GIVEN_UP)
        return sock
    raise _NotSent(f"{host} could not be reached ({_plain(failure)}).")


def _may_reach(address: str, *, private: bool) -> bool:
    """Whether an address is public, or private where that is allowed; never what only the own machine's link knows."""
    one = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(one, ipaddress.IPv6Address) and not (one.is_loopback or one.is_unspecified):
        inner = one.ipv4_mapped or one.sixtofour or (one.teredo[1] if one.teredo else None)
        if inner is None and (one in _NAT64 or one in _COMPATIBLE):
            inner = ipaddress.IPv4Address(int(one) & 0xFFFF_FFFF)
        one = inner or one
    if one.is_link_local or one.is_multicast or one.is_unspecified or one in _METADATA:
        return False
    return one.is_global or private


def _read(pieces: Iterable[bytes]) -> bytes:
    body = b""
    for piece in pieces:
        body += piece
        if len(body) > READ:
            raise _Broken(f"The answer is longer than {READ // 1_000_000} MB, and was not read to its end.")
    return body


def _plain(failure: Exception | None) -> str:
    said = getattr(failure, "strerror", None) or getattr(failure, "verify_message", None) or type(failure).__name__
    return str(said)
