"""A web request with its values in: each stays where it was put, whatever signs it holds."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from bot.format.pieces import Http, Value
from bot.format.text import Hole, parse_text, said

_UNSEEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ADDRESS = re.compile(r"[!-~]+")
_BARE = re.compile(r"-?[0-9]+|true|false")
_HALF = re.compile("[\ud800-\udfff]")
_DOTS = re.compile(r"(?:\.|%2e){1,2}", re.IGNORECASE)


class RequestProblem(ValueError):
    """The request cannot be trusted with its values in; the sentence is for people."""


@dataclass(frozen=True, slots=True)
class Request:
    """A web request, word for word."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str | None

    @property
    def words(self) -> tuple[str, ...]:
        """The same as a command to copy."""
        headers = [word for name, value in self.headers for word in ("-H", f"{name}: {value}")]
        body = [] if self.body is None else ["--data-raw", self.body]
        return ("curl", "--fail-with-body", "-sS", "-X", self.method, *headers, *body, self.url)


def fill_request(how: Http, names: Mapping[str, Value], *, strict: bool = True) -> Request:
    """The request with its values in; TextProblem for one that is unknown. Without `strict` those stay visible."""
    say = lambda hole: _whole(said(hole, names, strict=strict), strict=strict)  # noqa: E731  (one door for every value)
    headers = tuple((name, _filled(value, say)) for name, value in how.headers.items())
    body = None if how.body is None else _body(how, say, strict=strict)
    return Request(how.method, _url(how.url, say, names), headers, body)


def require_sound(how: Http, request: Request) -> None:
    """RequestProblem where a value would make another request of it than the runbook's."""
    first = parse_text(how.url)[0]
    if isinstance(first, Hole) and not first.name.startswith("asset."):
        raise RequestProblem("Its address begins with a value that was typed or read; only a fact of the asset may.")
    parts = _parts(request.url)
    whole = _ADDRESS.fullmatch(request.url) and not set(request.url) & set('\\"<>^`{|}')
    if not whole or parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise RequestProblem("Its address is no web address, once the values stand in it.")
    if parts.username is not None or "@" in parts.netloc or parts.fragment:
        raise RequestProblem("Its address holds a name, a password or a fragment.")
    if any(_DOTS.fullmatch(segment) for segment in parts.path.split("/")):
        raise RequestProblem("A value in its address leads elsewhere: “.” and “..” are no parts of a path.")
    if any(_UNSEEN.search(value) or not value.isascii() or value != value.strip() for _, value in request.headers):
        raise RequestProblem("A value in a header holds a sign that no header can take.")
    if request.body is not None and "\0" in request.body:
        raise RequestProblem("A value in what is sent holds a sign that cannot be sent.")


def _whole(value: str, *, strict: bool) -> str:
    """A value that can be written in UTF-8: half of a sign is none."""
    if strict and _HALF.search(value):
        raise RequestProblem("A value in it holds a sign that cannot be sent.")
    return _HALF.sub("\ufffd", value)


def target_of(url: str) -> str:
    """What follows the origin of a sound address: path and query, as the server is asked for them."""
    parts = urlsplit(url)
    target = url[len(f"{parts.scheme}://{parts.netloc}") :]
    return target if target.startswith("/") else f"/{target}"


def _parts(url: str) -> SplitResult | None:
    """The parts of an address; None where it has none, or a port that no server has."""
    try:
        parts = urlsplit(url)
        is_served = parts.port != 0
    except ValueError:
        return None
    return parts if is_served else None


def _filled(text: str, say: Callable[[Hole], str]) -> str:
    return "".join(part if isinstance(part, str) else say(part) for part in parse_text(text))


def _url(text: str, say: Callable[[Hole], str], names: Mapping[str, Value]) -> str:
    """Values are parts of the address, and never more: only a fact that it begins with stands as it is."""
    filled = ""
    for number, part in enumerate(parse_text(text)):
        if isinstance(part, str):
            filled += part
        else:
            value = say(part)
            filled += value if number == 0 or part.name not in names else quote(value, safe="")
    return filled


def _body(how: Http, say: Callable[[Hole], str], *, strict: bool) -> str:
    """A value in JSON stays within its quotes, one in a form within its field; in any other text it is text."""
    text = how.body or ""
    kind = next((value for name, value in how.headers.items() if name.lower() == "content-type"), "")
    if "x-www-form-urlencoded" in kind:
        return "".join(part if isinstance(part, str) else quote(say(part), safe="‹›?") for part in parse_text(text))
    if "json" not in kind and not text.lstrip().startswith(("{", "[")):
        return _filled(text, say)
    filled, quoted = "", False
    for part in parse_text(text):
        if isinstance(part, str):
            filled, quoted = filled + part, _is_quoted(part, already=quoted)
            continue
        value = say(part)
        if strict and not quoted and not _BARE.fullmatch(value):
            raise RequestProblem(f"“{value[:60]}” stands outside of quotes in JSON, and is no number.")
        if strict and filled.endswith("\\") and (len(filled) - len(filled.rstrip("\\"))) % 2:
            raise RequestProblem("A backslash stands before a value in JSON, so its quotes would not hold.")
        filled += json.dumps(value, ensure_ascii=False)[1:-1] if quoted else value
    return filled


def _is_quoted(text: str, *, already: bool) -> bool:
    """Whether the end of this piece of JSON stands within quotes."""
    for sign in re.findall(r"\\.|.", text, re.DOTALL):
        already = already is not (sign == '"')
    return already
