"""What every page shares: its templates, its styles and script, and the headers that make a browser strict."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.render.message import visible
from bot.render.report.picture.scene import style_sheet

_HERE = Path(__file__).parent
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
STRICT = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""Nothing from elsewhere is loaded, nothing frames us, nothing stays in a cache."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of ours that pages load, under an address that changes with it."""

    name: str
    content: bytes
    media_type: str

    @property
    def address(self) -> str:
        return f"/static/{hashlib.sha256(self.content).hexdigest()[:12]}/{self.name}"


def _read_assets() -> Iterator[PageFile]:
    for path in sorted((_HERE / "static").iterdir()):
        if path.suffix in _TYPES:
            yield PageFile(path.name, path.read_bytes(), _TYPES[path.suffix])
    yield PageFile("picture.css", style_sheet().encode(), _TYPES[".css"])


ASSETS = {one.name: one for one in _read_assets()}


def _finish(said: object) -> object:
    """Nothing that is written into a page turns the order of reading round or hides."""
    return visible(said) if isinstance(said, str) and not isinstance(said, Markup) else said


_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
    finalize=_finish,
)
_TEMPLATES.filters["exactly"] = lambda text: escape(visible(text, exactly=True))
_TEMPLATES.globals["static"] = {name: one.address for name, one in ASSETS.items()}


def draw(template: str, **words: Any) -> Markup:  # noqa: ANN401  (whatever the template asks for)
    """A template with its words; every one of them is escaped that is no markup of ours."""
    return Markup(_TEMPLATES.get_template(f"{template}.html").render(**words))  # noqa: S704  (drawn with autoescape)


def respond(html: str, status: int = 200) -> Response:
    """A page as it goes out."""
    return HTMLResponse(html, status, STRICT)


def respond_in_words(status: int, heading: str, said: str, then: str, *, back: bool = False) -> Response:
    """A page that says in words what is the matter and what to do next; `back`: with the way to the first page."""
    return respond(draw("words", heading=heading, said=said, then=then, back=back, reader=None), status)


def respond_not_there(said: str) -> Response:
    """The page for an address behind which nothing is, with the way back."""
    return respond_in_words(
        404, "Not found", said, "It may be written in another way: search for a part of it.", back=True
    )


def static_routes() -> list[Route]:
    """Styles and script, for as long as a browser likes: their addresses change with them."""

    async def serve(request: Request) -> Response:
        one = ASSETS.get(request.path_params["name"])
        if one is None or one.address != request.url.path:
            return Response(status_code=404, headers=STRICT)
        kept = STRICT | {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(one.content, headers=kept | {"Content-Type": one.media_type})

    return [Route("/static/{digest}/{name}", serve)]
