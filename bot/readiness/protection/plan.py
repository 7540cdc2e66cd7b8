"""What the catalogue asks of protections."""

from collections.abc import Iterator
from datetime import timedelta

from bot.format.catalogue import Asset, Catalogue, Protection
from bot.readiness.protection.events import PlanTaken


def name_of(asset: str, protection: str) -> str:
    """What the record of a protection is called."""
    return f"{asset}/{protection}"


def plan_of(protection: Protection) -> PlanTaken:
    """Its plan. Where no place is written, the copies are at one that is called as the protection is."""
    places = (protection.target or protection.id, *((protection.secondary,) if protection.secondary else ()))
    return PlanTaken(protection.every, protection.grace or timedelta(0), tuple(dict.fromkeys(places)))


NO_PLAN = PlanTaken(timedelta(0), timedelta(0), ())
"""Of a protection that is no longer in the catalogue: nothing is asked of it, so nothing of it is ever due."""


def protections_of(catalogue: Catalogue) -> Iterator[tuple[str, Asset, Protection]]:
    """Every protection of the catalogue, with the name of its record and its asset."""
    for asset in catalogue.assets.values():
        for one in asset.protection:
            yield name_of(asset.id, one.id), asset, one
