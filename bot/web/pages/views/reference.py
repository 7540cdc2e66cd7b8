"""What the team has written down: runbooks with their drawings and versions, assets with what protects them."""

from collections.abc import Mapping
from datetime import UTC
from typing import NamedTuple

from markupsafe import Markup

from bot.format.catalogue import Asset, Protection
from bot.format.runbook import Runbook
from bot.format.text import spoken_duration
from bot.journal.versions import Version
from bot.library.registry import ServedRunbook
from bot.render.chart.graph import Chart, draw_chart
from bot.render.chart.words import say_paths
from bot.render.rota import Board, cover_lines, say_rung, watch_line
from bot.web.pages.frame import draw
from bot.web.pages.reader import PageReader
from bot.web.pages.views.last import Last, say_last
from bot.web.pages.views.runs import newest_of
from bot.web.pages.views.sources import NotThere, Sources
from bot.web.pages.words import time_html


class Named(NamedTuple):
    """Something to follow: where it leads, and its name; `address` is empty when it leads nowhere."""

    address: str
    name: str


class Called(NamedTuple):
    """Whom a ladder calls at a moment: each rung with its lines, and what the next days do not cover."""

    rungs: list[tuple[str, list[str]]]
    notes: list[str]
    alarming: bool
    at: Markup


def draw_runbooks(sources: Sources, reader: PageReader) -> Markup:
    """All runbooks, those that serve live first."""
    order = {"active": 0, "draft": 1, "retired": 2}
    books = sorted(sources.registry.runbooks.values(), key=lambda book: (order[book.status], book.title.casefold()))
    last = say_last(sources.search.last_ended("runbook"), "runbook")
    listed = [(book, _owner(sources, book.owner), _used_by(sources, book), _last_of(last, book.id)) for book in books]
    bad = sum(problem.severity == "error" for problem in sources.registry.problems)
    return draw("runbooks", reader=reader, books=listed, bad=bad)


def draw_runbook(sources: Sources, reader: PageReader, id_: str) -> Markup:
    """One runbook."""
    kept = _kept(sources, id_)
    chart = _chart(sources, kept)
    return draw(
        "runbook", reader=reader, book=kept.book, digest=kept.digest, file=kept.file,
        owner=_owner(sources, kept.book.owner), paths=say_paths(chart), not_for=_not_for(sources, kept.book),
        assets=_used_by(sources, kept.book),
        versions=[_say_version(one) for one in reversed(sources.versions.of(id_)[-20:])],
        runs=newest_of(sources, runbook=id_),
    )  # fmt: skip


def draw_picture(sources: Sources, id_: str) -> str:
    """The drawing of a runbook, as SVG."""
    kept = _kept(sources, id_)
    return sources.drawings.picture(kept, sources.catalogue.assets.values(), _owner(sources, kept.book.owner))


def draw_steps(sources: Sources, id_: str) -> str:
    """The drawing of a runbook with all its texts, as a page of its own."""
    kept = _kept(sources, id_)
    return sources.drawings.page(kept, sources.catalogue.assets.values(), _owner(sources, kept.book.owner))


def draw_assets(sources: Sources, reader: PageReader) -> Markup:
    """All assets, the most important first."""
    order = sorted(sources.catalogue.assets.values(), key=lambda one: (one.tier, one.name.casefold()))
    last = say_last(sources.search.last_ended("asset"), "asset")
    assets = [(one, _objectives(one), _books(sources, one), _last_of(last, one.id)) for one in order]
    return draw("assets", reader=reader, assets=assets)


def draw_asset(sources: Sources, reader: PageReader, id_: str) -> Markup:
    """One asset."""
    asset = sources.catalogue.assets.get(id_)
    if asset is None:
        raise NotThere("There is no such asset in the catalogue.")
    needs = [_named(sources, one) for one in asset.depends_on]
    needed = [_link(one) for one in sources.catalogue.assets.values() if id_ in one.depends_on]
    return draw(
        "asset", reader=reader, asset=asset, objectives=_objectives(asset), owner=_owner(sources, asset.owner),
        protection=[_say_protection(sources, one) for one in asset.protection], needs=needs, needed=needed,
        books=_books(sources, asset), runs=newest_of(sources, asset=id_), called=_called(sources.on_call(asset)),
    )  # fmt: skip


def _last_of(last: Mapping[tuple[str, str], Last], id_: str) -> tuple[Last | None, Last | None]:
    """The last recovery and the last drill."""
    return last.get((id_, "live")), last.get((id_, "drill"))


def _called(board: Board) -> Called:
    """Whom the ladder of an asset calls, in the words of `handrail oncall`."""
    rungs = [(say_rung(rung), [watch_line(one, UTC) for one in rung.watches])
             for ladder in board.ladders for rung in ladder.rungs]  # fmt: skip
    return Called(rungs, list(cover_lines(board, UTC)), bool(board.holes) or not rungs, time_html(board.at, "moment"))


def _kept(sources: Sources, id_: str) -> ServedRunbook:
    kept = sources.registry.kept(id_)
    if kept is None:
        raise NotThere("No runbook of this name serves now.")
    return kept


def _chart(sources: Sources, kept: ServedRunbook) -> Chart:
    return draw_chart(kept.book, sources.catalogue.assets.values())


def _owner(sources: Sources, team: str) -> str:
    found = sources.catalogue.teams.get(team)
    return (found.name or found.id) if found is not None else team


def _used_by(sources: Sources, book: Runbook) -> list[Named]:
    return [_link(one) for one in sources.catalogue.assets.values() if book.id in one.runbooks]


def _link(asset: Asset) -> Named:
    return Named(f"/assets/{asset.id}", asset.name)


def _books(sources: Sources, asset: Asset) -> list[Named]:
    """What the asset names, loaded or not."""
    held = sources.registry.runbooks
    return [Named(f"/runbooks/{id_}" if id_ in held else "", held[id_].title if id_ in held else id_)
            for id_ in asset.runbooks]  # fmt: skip


def _not_for(sources: Sources, book: Runbook) -> list[Mapping[str, str | Named]]:
    """When it is the wrong one, and what to use: another runbook, or words."""
    held = sources.registry.runbooks
    return [{"when": one.when,
             "use": Named(f"/runbooks/{one.use}", held[one.use].title) if one.use in held else Named("", one.use)}
            for one in book.not_for]  # fmt: skip


def _objectives(asset: Asset) -> tuple[str, str]:
    """RTO and RPO in words."""
    rto, rpo = (spoken_duration(int(one.total_seconds())) if one else "not agreed" for one in (asset.rto, asset.rpo))
    return rto, rpo


def _named(sources: Sources, id_: str) -> Named:
    """What an asset leans on: another asset, or a resource, which has no page."""
    asset, resource = sources.catalogue.assets.get(id_), sources.catalogue.resources.get(id_)
    if asset is not None:
        return _link(asset)
    return Named("", f"{resource.name} ({resource.kind})" if resource is not None else id_)


def _say_protection(sources: Sources, one: Protection) -> str:
    every = spoken_duration(int(one.every.total_seconds()))
    places = [_named(sources, place).name for place in (one.target, one.secondary) if place is not None]
    return f"{one.method}, every {every}" + (f", to {' and '.join(places)}" if places else "")


def _say_version(one: Version) -> tuple[Markup, str, str, str]:
    return time_html(one.at, "moment"), one.digest[:12], (one.commit or "")[:12], one.author or ""
