"""What pages are made of: the record, the runbooks, the catalogue and a clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.engine import CommandHandler
from bot.engine.gathering import Gatherer
from bot.format.catalogue import Asset, Catalogue
from bot.journal.hands import HandsLeases, Output
from bot.journal.search import Search
from bot.journal.versions import Versions
from bot.library.registry import Registry
from bot.render.report.formats import Templates
from bot.render.rota import Board
from bot.web.pages.chronicle import Chronicle
from bot.web.pages.views.drawings import Drawings
from bot.web.pages.views.facts import FactSheets


@dataclass(frozen=True, slots=True)
class Sources:
    """All of it; only read, and shared by all threads."""

    handler: CommandHandler
    registry: Registry
    search: Search
    versions: Versions
    chronicle: Chronicle
    drawings: Drawings
    facts: FactSheets
    templates: Templates
    outputs: Callable[[str], list[Output]]
    """What the commands of a run printed that hands executed."""
    now: Callable[[], datetime]
    on_call: Callable[[Asset], Board]
    """Whom a run on an asset would call now, rung by rung."""
    gatherer: Gatherer | None = None
    """Gathers and judges how ready assets are; nothing where nobody does."""

    @property
    def catalogue(self) -> Catalogue:
        """Assets, people and teams as they stand in the files now."""
        return self.registry.catalogue


def sources_of(
    handler: CommandHandler,
    registry: Registry,
    now: Callable[[], datetime],
    templates: Templates,
    on_call: Callable[[Asset], Board],
    gatherer: Gatherer | None = None,
) -> Sources:
    """The sources of a serving house; `templates` set what readers take along, `on_call` tells whom an asset calls."""
    search, versions = Search(handler.journal), Versions(handler.journal)
    facts = FactSheets(handler, now)
    told = Chronicle(handler), Drawings(), facts
    outputs = HandsLeases(handler.journal).outputs
    return Sources(handler, registry, search, versions, *told, templates, outputs, now, on_call, gatherer)


class NotThere(Exception):
    """There is no such run, runbook or asset; the words say so to whoever asked."""
