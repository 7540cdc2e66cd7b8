"""What the record and the files hold, put into the API's shapes."""

from collections.abc import Iterator
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response

from bot.engine.reading import open_reading
from bot.format.catalogue import Asset
from bot.journal.rows import RunRow
from bot.journal.search import Wanted
from bot.library.registry import ServedRunbook
from bot.render.prose import say_place
from bot.render.report.data import write_json
from bot.web.api.answering import stream, tell
from bot.web.api.asking import BadQuestion, read_listing, read_nothing, read_telling, write_cursor
from bot.web.api.shapes import (
    AssetLine,
    AssetList,
    ProtectionLine,
    RunbookLine,
    RunbookList,
    RunLine,
    RunList,
    RunWhole,
)
from bot.web.pages.views.run import find_run
from bot.web.pages.views.sources import NotThere, Sources

ROOT = "/api/v1"
_ORDER = {"active": 0, "draft": 1, "retired": 2}
_SAME = (
    "ref", "asset", "asset_name", "tier", "runbook", "digest", "title", "mode", "state", "outcome", "waits_for_review",
    "operator", "operator_name", "step", "step_title", "phase", "started_at", "ended_at", "due_at", "imported",
    "evidence",
)  # fmt: skip


class ApiQueries:
    """Answers what programs ask. Safe to share between threads."""

    def __init__(self, sources: Sources) -> None:
        """Nothing is read yet."""
        self._sources = sources
        self._version = version("handrail")

    def runs(self, request: Request) -> Response:
        """`GET /runs`: the newest first, a page at a time."""
        asked = read_listing(request)
        before = None
        if asked.after is not None:
            before = self._sources.handler.journal.run_row(asked.after)
            if before is None:
                raise BadQuestion("cursor leads nowhere. Begin again without it.")
        state = None if asked.open is None else "open" if asked.open else "ended"
        wanted = Wanted(asset=asked.asset, state=state, before=before, since=asked.since)
        found = self._sources.search.runs(wanted, asked.limit + 1)
        shown = found[: asked.limit]
        cursor = write_cursor(shown[-1].run_id) if len(found) > len(shown) else None
        return tell(request, RunList(runs=tuple(map(_line, shown)), next_cursor=cursor))

    def run(self, request: Request) -> Response:
        """`GET /runs/{ref}`."""
        read_nothing(request)
        row = self._find(request)
        run = self._sources.handler.load(row.run_id)
        line = _line(row).model_dump()
        return tell(request, RunWhole(
            **line, place=say_place(run), objective=run.book.objective, requester=row.requester,
            continues=row.continues, timeline=f"{ROOT}/runs/{row.ref}/timeline",
        ))  # fmt: skip

    def timeline(self, request: Request) -> Response:
        """`GET /runs/{ref}/timeline`: version 1 of the published schema, written as it is read."""
        zone, pseudonyms = read_telling(request)
        row, now = self._find(request), self._sources.now()
        # What an open run says of lengths of time goes on with the clock, so its tag lasts for a minute.
        minute = f"-{now:%Y%m%d%H%M}" if row.open else ""
        tag = f'W/"{row.hash[:32]}-{row.head}-{zone.key}-{int(pseudonyms)}-{self._version}{minute}"'

        def begin() -> Iterator[str]:
            handler = self._sources.handler
            return write_json(open_reading(handler.journal, handler.book, row, until=now, pseudonyms=pseudonyms), zone)

        return stream(request, tag, begin)

    def assets(self, request: Request) -> Response:
        """`GET /assets`."""
        read_nothing(request)
        order = sorted(self._sources.catalogue.assets.values(), key=lambda one: (one.tier, one.name.casefold(), one.id))
        return tell(request, AssetList(assets=tuple(map(_asset, order))))

    def runbooks(self, request: Request) -> Response:
        """`GET /runbooks`."""
        read_nothing(request)
        registry = self._sources.registry
        kept = [one for id_ in registry.runbooks if (one := registry.kept(id_)) is not None]
        kept.sort(key=lambda one: (_ORDER[one.book.status], one.book.title.casefold(), one.book.id))
        return tell(request, RunbookList(runbooks=tuple(self._runbook(one) for one in kept)))

    def _find(self, request: Request) -> RunRow:
        ref = str(request.path_params["ref"])
        if not ref.isprintable():
            raise NotThere("There is no such run.")
        return find_run(self._sources, ref)

    def _runbook(self, kept: ServedRunbook) -> RunbookLine:
        book = kept.book
        named = tuple(one.id for one in self._sources.catalogue.assets.values() if book.id in one.runbooks)
        return RunbookLine(
            id=book.id, title=book.title, status=book.status, objective=book.objective, enter_when=book.enter_when,
            owner=book.owner, digest=kept.digest, file=kept.file, steps=len(book.steps), assets=named,
        )  # fmt: skip


def _line(row: RunRow) -> RunLine:
    same = {name: getattr(row, name) for name in _SAME}
    return RunLine(**same, rto_seconds=row.rto, records=row.head, head=row.hash)


def _asset(one: Asset) -> AssetLine:
    protection = tuple(
        ProtectionLine(id=each.id, method=each.method, every_seconds=each.every.total_seconds())
        for each in one.protection
    )
    return AssetLine(
        id=one.id, name=one.name, aliases=one.aliases, type=one.type, tier=one.tier, owner=one.owner,
        rto_seconds=one.rto.total_seconds() if one.rto else None,
        rpo_seconds=one.rpo.total_seconds() if one.rpo else None,
        protection=protection, runbooks=one.runbooks, depends_on=one.depends_on,
    )  # fmt: skip
