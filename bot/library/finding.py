"""Which asset is meant: by id, name or alias, and what comes near when nothing fits."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from bot.format.catalogue import Asset
from bot.format.runbook import Runbook

_NEAR = 0.6
"""As alike as this a name may have been meant (difflib’s own default for close matches)."""
_PREFIX, _WITHIN = 2.0, 1.5
"""A beginning, or a word within, tells more than likeness does."""
_MOST = 8
_LONGEST = 80
_STEM, _SHORT, _HALF = 5, 3, 0.5
"""Letters by which words are compared; words up to so many letters are left out; the share that has to be there."""


@dataclass(frozen=True, slots=True)
class AssetMatch:
    """The asset that was named, or those that come near, best first."""

    exact: Asset | None = None
    near: tuple[Asset, ...] = ()


def plain(name: str) -> str:
    """A name without what people write differently: case, spaces, hyphens, underscores."""
    return re.sub(r"[\s_-]+", " ", name[:_LONGEST]).strip().casefold()


def find_assets(assets: Iterable[Asset], query: str) -> AssetMatch:
    """The one asset that `query` names, else the nearest; several of the same name are near, none is exact."""
    asked, known = plain(query), list(assets)
    if not asked:
        return AssetMatch()
    by_id = [asset for asset in known if plain(asset.id) == asked]
    named = by_id or [asset for asset in known if asked in map(plain, (asset.name, *asset.aliases))]
    if len(named) == 1:
        return AssetMatch(exact=named[0])
    ranked = [(_likeness(asked, asset), asset) for asset in known]
    near = sorted((one for one in ranked if one[0] >= _NEAR), key=lambda one: (-one[0], one[1].tier, one[1].id))
    return AssetMatch(near=tuple(asset for _, asset in near)[:_MOST])


def find_by_signs(
    assets: Iterable[Asset], books: Mapping[str, Runbook], query: str
) -> tuple[tuple[Asset, Runbook], ...]:
    """Assets with the runbook whose signs speak of what was typed, best first: at least half of the words are there."""
    asked = _words(query[: _LONGEST * 4])
    if not asked:
        return ()
    found = []
    for asset in assets:
        for book in (books[one] for one in asset.runbooks if one in books and books[one].status == "active"):
            share = max(len(asked & _words(f"{sign} {asset.name}")) for sign in (book.title, *book.enter_when)) / len(
                asked
            )
            if share >= _HALF:
                found.append((share, asset, book))
    found.sort(key=lambda one: (-one[0], one[1].tier, one[1].id, one[2].id))
    return tuple((asset, book) for _, asset, book in found)[:_MOST]


def _words(text: str) -> set[str]:
    """The words of a text that say something, by their first letters: `deleted` and `delete` are one."""
    return {word[:_STEM] for word in re.findall(r"\w+", text.casefold()) if len(word) > _SHORT}


def _likeness(asked: str, asset: Asset) -> float:
    return max(_alike(asked, plain(name)) for name in (asset.id, asset.name, *asset.aliases))


def _alike(asked: str, name: str) -> float:
    if name == asked:
        return _PREFIX + 1
    if name.startswith(asked):
        return _PREFIX + len(asked) / max(len(name), 1)
    if f" {asked}" in f" {name}":
        return _WITHIN + len(asked) / len(name) / 2
    return max(SequenceMatcher(None, asked, part).ratio() for part in {name, *name.split()})
