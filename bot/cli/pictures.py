"""Draws the cards of a rehearsal as the local workspace shows them: pictures when there is a browser, else pages."""

from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.cli.browser import NoBrowser, drawing
from bot.cli.failures import Failure
from bot.rehearsal.samples import STARTED
from bot.rehearsal.walk import Walked
from bot.render.card import card
from bot.run.state import Run
from bot.workspace import page
from bot.workspace.blocks.html import blocks_html
from bot.workspace.blocks.text.reader import TextContext

WIDTH = 720
"""Pixels: about as wide as a message in Slack on a laptop."""
_STATIC = Path(page.__file__).parent / "static"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}
html, body {{ height: auto; overflow: visible; }}
</style>
</head>
<body>
<article class="message">
<span class="face app" aria-hidden="true">H</span>
<div class="said">
<div class="who"><strong>Handrail</strong> <span class="appmark">APP</span></div>
<form class="blocks">{blocks}</form>
</div>
</article>
</body>
</html>
"""


def draw_cards(walked: Walked, folder: Path) -> str:
    """Draw every card into a folder; what was written, in a sentence."""
    pages = {f"{number:02}-{name}": _page(walked, name) for number, name in _numbered(walked)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with drawing() as draw:
            for name, html in pages.items():
                (folder / f"{name}.png").write_bytes(draw(html, WIDTH))
    except NoBrowser as why:
        _write_pages(folder, pages)
        return f"{why}, so {len(pages)} cards were written as pages (HTML) to {folder}.\n"
    except OSError as wrong:
        raise Failure(f"{folder} cannot be written: {wrong.strerror or wrong}.") from None
    return f"{len(pages)} cards were drawn to {folder}.\n"


def _numbered(walked: Walked) -> list[tuple[int, str]]:
    """The steps on whose card a run can be seen to stand, or to have ended; their place in the file."""
    ids = [step.id for step in walked.book.steps if _stands(walked.seen.get(step.id), step.id)]
    return list(enumerate(ids, 1))


def _stands(run: Run | None, step: str) -> bool:
    """Whether the run stands at the step: it never does at what happens by itself."""
    return run is not None and run.here.step == step


def _page(walked: Walked, step: str) -> str:
    run = walked.seen[step]
    people = {one.slack: one.name for one in run.members.known.values() if one.slack}
    reader = TextContext("U0SAMPLE", STARTED, ZoneInfo("UTC"), people, {"C0SAMPLE": "incidents"})
    style = "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in ("page.css", "blocks.css"))
    blocks = blocks_html(card(run).blocks, reader)
    title = escape(walked.book.by_id[step].title)
    return _PAGE.format(policy=_POLICY, title=title, style=style, blocks=blocks)


def _write_pages(folder: Path, pages: dict[str, str]) -> None:
    try:
        for name, html in pages.items():
            (folder / f"{name}.html").write_text(html, encoding="utf-8")
    except OSError as wrong:
        raise Failure(f"{folder} cannot be written: {wrong.strerror or wrong}.") from None
