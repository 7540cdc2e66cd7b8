"""What there is, by an inventory, against what the catalogue protects: what is in no protection is found."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.format.catalogue import Catalogue
from bot.readiness.finding import Finding
from bot.readiness.protection.plan import name_of
from bot.readiness.protection.state import Standing

_NAMED = 5
_TODO = "Find who owns each, and write down what protects it: handrail new asset ID"


@dataclass(frozen=True, slots=True)
class Listed:
    """An inventory as it was read: what its things are called together, each by its names, or why it was not read."""

    kind: str
    source: str
    things: tuple[tuple[str, ...], ...] = ()
    """The names of each: its id first, then what else it is called."""
    trouble: str = ""


def gaps_of(catalogue: Catalogue, standing: dict[str, Standing], listed: Iterable[Listed]) -> Iterator[Finding]:
    """A finding for each inventory of which something is in no protection, or that cannot be read."""
    covered = set(_covered(catalogue, standing))
    known = {_plain(one) for asset in catalogue.assets.values() for one in (asset.id, asset.name, *asset.aliases)}
    for one in listed:
        if one.trouble:
            yield Finding(f"The inventory {one.source} cannot be read: {one.trouble}", "Put the file right.")
            continue
        bare = [names for names in one.things if not covered & {_plain(name) for name in names}]
        if bare:
            yield Finding(_say_bare(one, bare, known), _TODO)


def _say_bare(one: Listed, bare: list[tuple[str, ...]], known: set[str]) -> str:
    new = [names[0] for names in bare if not known & {_plain(name) for name in names}]
    found = f" {_listed(new)} {'is' if len(new) == 1 else 'are'} in no catalogue." if new else ""
    return f"{len(one.things)} {one.kind}, {len(bare)} in no protection: {_listed([one[0] for one in bare])}.{found}"


def _covered(catalogue: Catalogue, standing: dict[str, Standing]) -> Iterator[str]:
    """The names of what is protected: assets with a protection, and whatever a restore point says that it holds."""
    for asset in catalogue.assets.values():
        if asset.protection:
            yield from map(_plain, (asset.id, asset.name, *asset.aliases))
        for one in asset.protection:
            yield from map(_plain, standing.get(name_of(asset.id, one.id), Standing()).covers)


def _plain(name: str) -> str:
    return " ".join(name.replace("-", " ").replace("_", " ").split()).casefold()


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
