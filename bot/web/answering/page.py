"""The page behind the link: drawn here, without script, and strict about what a browser may do with it."""

import hashlib
from base64 import b64encode
from dataclasses import asdict
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from bot.render.paging.beyond_slack import Sight
from bot.web.pages.frame import STRICT

_HERE = Path(__file__).parent
_STYLE = (_HERE / "answer.css").read_text(encoding="utf-8").strip()
_DIGEST = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = STRICT | {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Robots-Tag": "noindex, nofollow",
}
_TEMPLATE = Environment(
    loader=FileSystemLoader(_HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
).get_template("answer.html")


def draw_sight(sight: Sight, said: str = "", status: int = 200) -> Response:
    """A page that is answered here; `said` is what came of an answer."""
    return _draw(status, **asdict(sight), said=said, then="")


def draw_words(status: int, heading: str, said: str, then: str) -> Response:
    """A page that says in words what is the matter, and what to do next."""
    nothing = Sight("", heading, "", (), ())
    return _draw(status, **asdict(nothing), said=said, then=then)


def _draw(status: int, **words: object) -> Response:
    style = Markup(_STYLE)  # noqa: S704  (ours)
    return HTMLResponse(_TEMPLATE.render(**words, style=style), status, _HEADERS)
