"""How the API answers: JSON with a tag, nothing when the tag is known already, problems in words."""

import hashlib
import re
from collections.abc import Callable, Iterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.web.api.shapes import Problem, Told

HEADERS = {
    "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie", "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip
JSON, PROBLEM = "application/json", "application/problem+json"
_TAG = re.compile(r'(?:W/)?("[^"]*")')


def tell(request: Request, told: Told) -> Response:
    """An answer, or 304 when whoever asks has it."""
    return tell_text(request, told.model_dump_json().encode())


def tell_text(request: Request, text: bytes) -> Response:
    """As `tell`, for JSON that is written already."""
    tag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    return _unchanged(tag) if knows(request, tag) else Response(text, 200, HEADERS | {"ETag": tag}, JSON)


def stream(request: Request, tag: str, begin: Callable[[], Iterator[str]]) -> Response:
    """A long answer under a tag that changes when it would read differently; it is not begun when that is known."""
    if knows(request, tag):
        return _unchanged(tag)
    return StreamingResponse(begin(), 200, HEADERS | {"ETag": tag}, JSON)


def knows(request: Request, tag: str) -> bool:
    """Whether If-None-Match names the tag; weak ones are compared by their text (RFC 9110, 13.1.2)."""
    sent = ",".join(request.headers.getlist("if-none-match")).strip()
    opaque = tag.removeprefix("W/")
    return sent == "*" or any(found[1] == opaque for found in _TAG.finditer(sent))


def refuse(status: int, title: str, detail: str, **headers: str) -> Response:
    """A problem in words (RFC 9457)."""
    problem = Problem(type="about:blank", title=title, status=status, detail=detail)
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(problem.model_dump_json(), status, HEADERS | {"Cache-Control": "no-store"} | named, PROBLEM)


def _unchanged(tag: str) -> Response:
    return Response(None, 304, HEADERS | {"ETag": tag})
