"""What is brought in, whatever it comes from: entries of the catalogue, and what nobody knew."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.library.drafting.markdown.commands import without_placeholders
from bot.library.reading.short import slug
from bot.library.secrets import without_secrets

Fields = dict[str, Any]
"""Keys of an entry as they stand in a file, but for its id: text, whole numbers, lists of text, mappings of text."""
PLACES = {"assets": "assets/v1", "resources": "resources/v1", "people": "people/v1", "teams": "people/v1"}
"""The list that an entry stands in, and the kind of document that holds it; in the order in which they are written."""
MOST_BYTES = 2_000_000
_LENGTH = re.compile(r"(\d{1,6})\s*(s|sec|m|min|h|hr|d|w)?[a-z]*\.?", re.IGNORECASE)
_UNITS = {"sec": "s", "min": "m", "hr": "h"}
_TIERS = {"critical": 1, "gold": 1, "high": 2, "important": 2, "silver": 2, "standard": 3, "low": 3, "bronze": 3}
_LONGEST_NAME = 75
_KINDS = {
    "bucket": "storage", "s3": "storage", "backup": "storage", "storage": "storage", "nfs": "storage",
    "db": "database", "database": "database", "postgres": "database", "mysql": "database", "redis": "database",
    "vpn": "network", "dns": "network", "network": "network", "vault": "credential", "kms": "credential",
    "sso": "auth", "ldap": "auth",
}  # fmt: skip
"""What a resource is that is only named, by a part of its name."""


class NotBrought(ValueError):
    """A file cannot be read as what it should be; the message says why and what to do."""


@dataclass(slots=True)
class Brought:
    """Entries by list and id, in the order in which they came, and what a person has to know about them."""

    entries: dict[str, dict[str, Fields]] = field(default_factory=lambda: {place: {} for place in PLACES})
    remarks: list[str] = field(default_factory=list)
    unsaid: dict[str, list[str]] = field(default_factory=dict)
    """What nobody knew -> the ids of the assets of which it is not known."""

    def add(self, place: str, id_: str, fields: Fields, source: str) -> None:
        """One more entry; of two with one id the first counts."""
        if id_ in self.entries[place]:
            self.remarks.append(f"{source}: “{id_}” was there before; this one is left out.")
        else:
            held = {key: self._safe(value, source) for key, value in fields.items()}
            self.entries[place][id_] = {key: value for key, value in held.items() if value not in (None, "", [], {})}

    def _safe(self, value: Any, source: str) -> Any:  # noqa: ANN401  (whatever an entry holds)
        """A value in which nothing is a placeholder, and nothing a secret by its shape."""
        match value:
            case str():
                text, secret = without_secrets(" ".join(value.split()))
                if secret:
                    self.remarks.append(f"{source}: what looks like a secret was left out.")
                return without_placeholders(text)
            case list():
                return [self._safe(one, source) for one in value]
            case dict():
                return {key: self._safe(one, source) for key, one in value.items()}
            case _:
                return value

    def lacking(self, key: str, id_: str) -> None:
        """Nobody said this of an asset."""
        self.unsaid.setdefault(key, []).append(id_)


def id_of(text: str) -> str:
    """A text as an id, as small letters, digits and hyphens; empty where nothing of it can be one."""
    return slug(text, "-")


def name_of(text: str) -> str:
    """A name that fits; a longer one is cut between words."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1].rsplit(" ", 1)[0] + "…"


def length_of(text: str) -> str:
    """A length of time as files write it, such as ``4h`` for “4 hours”; empty when it is none, as a bare number is."""
    found = _LENGTH.fullmatch(text.strip())
    if found is None or not found[2]:
        return ""
    unit = _UNITS.get(found[2].lower(), found[2].lower())
    return f"{int(found[1]) * 7}d" if unit == "w" else f"{int(found[1])}{unit}"


def tier_of(text: str) -> int | None:
    """A tier: 1 to 3, also as “Tier 1”, “P1” or “critical”; None when it is none."""
    digits = re.findall(r"\d+", text)
    if len(digits) == 1 and digits[0] in ("1", "2", "3"):
        return int(digits[0])
    return next((tier for word, tier in _TIERS.items() if word in text.lower()), None) if not digits else None


def many_of(text: str) -> list[str]:
    """A cell of several: between semicolons, bars, line ends or commas."""
    return list(dict.fromkeys(one.strip() for one in re.split(r"[;|,\n]", text) if one.strip()))


def fact_of(text: str) -> str:
    """The name of a fact, as placeholders write it; empty where nothing of it can be one."""
    return slug(text, "_").replace("-", "_").lstrip("0123456789_")


def settle(brought: Brought, known: Mapping[str, Iterable[str]]) -> None:
    """Leave no link that leads nowhere: teams and resources that nobody described are begun, other links go out.

    `known` are the ids of the folder: teams, resources, runbooks, ladders.
    """
    assets = brought.entries["assets"]
    for id_, fields in assets.items():
        for key, many in (("runbooks", "runbooks"), ("ladder", "ladders")):
            said = fields.get(key, [])
            lost = [one for one in ([said] if isinstance(said, str) else said) if one not in set(known[many])]
            if lost:
                brought.remarks.append(f"{id_}: there is no {key.rstrip('s')} {', '.join(lost)} here; left out.")
                left = [one for one in said if one not in lost] if isinstance(said, list) else []
                if left:
                    fields[key] = left
                else:
                    del fields[key]
    links = {**{f"a {id_}": fields for id_, fields in assets.items()}, **brought.entries["resources"]}
    for fields in links.values():
        for one in fields.get("depends_on", []):
            if one not in brought.entries["resources"] and one not in set(known["resources"]):
                kind = next((kind for word, kind in _KINDS.items() if word in one), "service")
                brought.entries["resources"][one] = {"kind": kind, "name": name_of(one)}
                brought.remarks.append(f"Nobody describes {one}: it stands as a resource of kind {kind}.")
    owners = [str(fields["owner"]) for fields in [*links.values()] if "owner" in fields]
    there = {*brought.entries["teams"], *known["teams"]}
    empty = [one for one in dict.fromkeys(owners) if one not in there]
    brought.entries["teams"] |= {one: {} for one in empty}
    if empty:
        todo = "`handrail people --from-slack` brings them, or write `members:`"
        brought.remarks.append(f"Nobody says who is in {', '.join(empty)}: {todo}.")
