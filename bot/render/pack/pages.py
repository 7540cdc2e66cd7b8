"""The pages of the printable copy: file name -> text. Jinja2 writes them, so everything foreign is escaped."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined

from bot.format.catalogue import Asset, Catalogue
from bot.format.runbook import Runbook
from bot.format.shapes import write_duration
from bot.format.text import spoken_duration
from bot.render.pack.boxes import BLANK, boxes_of, fill_known, look_of

STYLE = "style.css"
_TEMPLATES = ("base.html", "index.html", "runbook.html", "catalogue.html", "people.html", STYLE)


@dataclass(frozen=True, slots=True)
class Shelved:
    """What is printed: the catalogue, the runbooks, and for each runbook the digest of its text."""

    catalogue: Catalogue
    runbooks: Mapping[str, Runbook]
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A runbook for one asset, or for any."""

    file: str
    book: Runbook
    asset: Asset | None


def draw_pack(shelved: Shelved, at: datetime) -> dict[str, str]:
    """Every page, by its name in the folder. The same shelf at the same time gives the same pages."""
    sheets = tuple(_sheets(shelved))
    shared = {"at": f"{at:%Y-%m-%d %H:%M} UTC", "shelved": shelved, "sheets": sheets}
    pages = {sheet.file: _draw("runbook.html", **shared, **_of_sheet(shelved, sheet)) for sheet in sheets}
    pages |= {name: _draw(name, **shared) for name in ("index.html", "catalogue.html", "people.html")}
    return pages | {STYLE: _source(STYLE)}


def _sheets(shelved: Shelved) -> Iterator[_Sheet]:
    """A sheet for each asset and runbook that go together; one for any asset where no asset names the runbook."""
    books = {name: book for name, book in shelved.runbooks.items() if book.status != "retired"}
    used: set[str] = set()
    for asset in sorted(shelved.catalogue.assets.values(), key=lambda one: (one.tier, one.name)):
        for name in asset.runbooks:
            if name in books:
                used.add(name)
                yield _Sheet(f"{name}--{asset.id}.html", books[name], asset)
    for name in sorted(set(books) - used):
        yield _Sheet(f"{name}.html", books[name], None)


def _of_sheet(shelved: Shelved, sheet: _Sheet) -> dict[str, object]:
    book, asset, catalogue = sheet.book, sheet.asset, shelved.catalogue
    return {
        "sheet": sheet,
        "boxes": boxes_of(book, asset),
        "digest": shelved.digests.get(book.id, "")[:12],
        "roles": {
            role.replace("_", " "): [catalogue.people[one] for one in catalogue.members(reference)]
            for role, reference in book.roles.items()
        },
        "preflight": [look_of(probe, asset) for probe in book.preflight],
        "stop_when": [look_of(probe, asset) for probe in book.stop_when],
        "inputs": [field.ask or name.replace("_", " ").capitalize() for name, field in book.inputs.items()],
        "not_for": [(one.when, _use(shelved, one.use)) for one in book.not_for],
        "objective": fill_known(book.objective, asset),
    }


def _use(shelved: Shelved, use: str) -> str:
    return shelved.runbooks[use].title if use in shelved.runbooks else use


def _draw(template: str, **values: object) -> str:
    return _environment().get_template(template).render(values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader({name: _source(name) for name in _TEMPLATES}), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"spoken": spoken_duration, "length": _say_length}
    environment.globals |= {"BLANK": BLANK}
    return environment


def _say_length(length: object) -> str:
    """A `timedelta` as an author writes it, and as a person reads it."""
    return spoken_duration(write_duration(length)) if length is not None else "–"  # type: ignore[arg-type]


def _source(name: str) -> str:
    return (files("bot.render.pack") / "templates" / name).read_text(encoding="utf-8")
