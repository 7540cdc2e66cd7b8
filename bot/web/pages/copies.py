"""What a reader takes along: a run as a picture, as a page of its own, and as files."""

from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC
from threading import Lock

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.engine.reading import Reading, open_reading
from bot.journal.hands import Output
from bot.journal.rows import RunRow
from bot.render.message import visible
from bot.render.report.formats import Format, formats_with
from bot.render.report.picture.drawing import NARROW, WIDE, draw_sheet
from bot.render.report.picture.plot import plot
from bot.render.report.picture.scene import style_sheet
from bot.run.hands.events import ActionFinished
from bot.web.pages.frame import STRICT
from bot.web.pages.reader import PageReader
from bot.web.pages.views.run import find_run
from bot.web.pages.views.sources import NotThere, Sources

OWN_STYLES = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
"""For what brings its styles along and holds nothing that runs."""
_KEPT = 32

log = structlog.get_logger(__name__)


class Copies:
    """Answers with copies of runs. Pictures are kept for a minute of an open run, and for as long as nothing changes.

    Safe to share between threads.
    """

    def __init__(self, sources: Sources) -> None:
        """Nothing is drawn yet."""
        self._sources = sources
        self._formats = formats_with(sources.templates)
        self._drawn: OrderedDict[tuple[str, int, str, bool], str] = OrderedDict()
        self._lock = Lock()

    def picture(self, request: Request, _: PageReader) -> Response:
        """The run as bars of time, as SVG; narrow ones for phones."""
        row = find_run(self._sources, request.path_params["ref"])
        drawn = self._picture(row, narrow="narrow" in request.query_params)
        return Response(drawn, headers=STRICT | OWN_STYLES, media_type="image/svg+xml")

    def copy(self, request: Request, _: PageReader) -> Response:
        """A file; the page of its own opens in the browser."""
        name = request.path_params["format"]
        format_ = self._formats.get(name)
        if format_ is None:
            raise NotThere("There is no copy in that format.")
        row = find_run(self._sources, request.path_params["ref"])
        headers = STRICT | OWN_STYLES | {"Content-Type": format_.media_type}
        if name != "html":
            headers |= {"Content-Disposition": f'attachment; filename="{_file_name(format_, row)}"'}
        return StreamingResponse(self._write(format_, self._read(row)), headers=headers)

    def output(self, request: Request, _: PageReader) -> Response:
        """What a command printed that hands executed, by the number of the record of its end: plain text, redacted."""
        row, number = find_run(self._sources, request.path_params["ref"]), request.path_params["seq"]
        seq = int(number) if number.isdecimal() and len(number) < 10 else 0  # noqa: PLR2004  (more than a run has)
        happened = self._sources.handler.history(row.run_id, seq - 1) if seq else []
        event = next((one for at, one, _ in happened if at == seq), None)
        outputs = self._sources.outputs(row.run_id) if isinstance(event, ActionFinished) else []
        found = next((one for one in outputs if _is_of(one, event)), None)
        if found is None:
            raise NotThere("No command that Handrail ran printed anything there.")
        text = "‹erased›" if found.text is None else visible(found.text)
        return Response(text, headers=STRICT, media_type="text/plain; charset=utf-8")

    def _picture(self, row: RunRow, *, narrow: bool) -> str:
        moment = f"{self._sources.now():%Y-%m-%d %H:%M}" if row.open else ""
        key = (row.run_id, row.head, moment, narrow)
        with self._lock:
            if key in self._drawn:
                return self._drawn[key]
        drawn = _stand_alone(draw_sheet(plot(self._read(row).whole(), UTC), NARROW if narrow else WIDE))
        with self._lock:
            self._drawn[key] = drawn
            while len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
        return drawn

    def _read(self, row: RunRow) -> Reading:
        handler = self._sources.handler
        return open_reading(handler.journal, handler.book, row, until=self._sources.now())

    @staticmethod
    def _write(format_: Format, reading: Reading) -> Iterator[str]:
        return format_.write(reading, UTC, lambda notice: log.warning("a copy is not set as asked", notice=notice))


def _is_of(output: Output, event: object) -> bool:
    which = (output.step, output.visit, output.attempt)
    return isinstance(event, ActionFinished) and which == (event.step, event.visit, event.attempt)


def _stand_alone(svg: str) -> str:
    """The picture with its styles, shown whatever the width of the screen."""
    start = svg.index(">") + 1
    style = f"<style>{style_sheet()}svg.when.when{{display:block;max-width:none}}</style>"
    return f"{svg[:start]}{style}{svg[start:]}"


def _file_name(format_: Format, row: RunRow) -> str:
    return "".join(sign for sign in format_.name_file(row.ref) if sign.isascii() and (sign.isalnum() or sign in "-_."))
