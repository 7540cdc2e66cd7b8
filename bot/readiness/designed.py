"""Whether the recovery of a service is designed: what its files have to say before anything was ever recorded."""

from collections.abc import Iterator, Mapping

from bot.format.catalogue import Asset, Catalogue
from bot.format.runbook import Runbook
from bot.readiness.questions import MODES, RUNGS, NextAction


def undesigned(catalogue: Catalogue, books: Mapping[str, Runbook], service: str) -> Iterator[NextAction]:
    """What is missing, each with a sentence and a command; nothing when it is designed."""
    asset = catalogue.assets.get(service)
    if asset is None:
        yield NextAction(f"“{service}” is no asset of the catalogue.", f"handrail new asset {service}")
        return
    yield from _of_asset(catalogue, asset)
    active = [books[one] for one in asset.runbooks if one in books and books[one].status == "active"]
    if not active:
        yield NextAction("No active runbook recovers it.", f"handrail new runbook {service}-restore")
    for book in active:
        if len(book.failure_modes) < MODES:
            yield NextAction(
                f"{book.id} answers {len(book.failure_modes)} of {MODES} failure modes.", f"handrail show {book.id}"
            )
        if book.drill is None and asset.tier < 3:  # noqa: PLR2004  (what is standard need not be drilled)
            yield NextAction(f"{book.id} does not say when it is drilled.", f"handrail show {book.id}")


def _of_asset(catalogue: Catalogue, asset: Asset) -> Iterator[NextAction]:
    if asset.rpo is None or asset.rto is None:
        yield NextAction(
            "It does not say how much may be lost (`rpo`) and how long it may be away (`rto`).", "handrail check"
        )
    often = min((one.every for one in asset.protection), default=None)
    if often is None:
        yield NextAction("Nothing protects it (`protection`).", "handrail check")
    elif asset.rpo is not None and often > asset.rpo:
        yield NextAction("No protection runs as often as its RPO asks for.", "handrail check")
    if not asset.triggers:
        yield NextAction("Nothing starts its recovery but people who see it (`triggers`).", "handrail check")
    ladder = catalogue.ladders.get(asset.ladder or "")
    if ladder is None or len(ladder.rungs) < RUNGS:
        yield NextAction(f"Its ladder has to have {RUNGS} rungs (`ladder`).", f"handrail oncall {asset.id}")
    if not asset.depends_on:
        yield NextAction("It does not say what a recovery leans on (`depends_on`).", "handrail check")
    if catalogue.teams.get(asset.owner) is None or not catalogue.members(f"team:{asset.owner}"):
        yield NextAction("The team that owns it has nobody.", "handrail check")
