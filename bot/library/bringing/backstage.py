"""Backstage's `catalog-info.yaml`: components and resources become assets, what they lean on resources."""

from collections.abc import Iterator
from typing import Any

import yaml

from bot.library.bringing.entries import Brought, Fields, NotBrought, fact_of, id_of, name_of, tier_of

_API = "backstage.io/"
_NOT_OURS = frozenset({"API", "System", "Domain", "Location", "Template"})
_STORES = {
    "database": "database", "db": "database", "postgres": "database", "postgresql": "database", "mysql": "database",
    "s3-bucket": "storage", "s3": "storage", "bucket": "storage", "storage": "storage", "volume": "storage",
    "network": "network", "vpn": "network", "server": "server", "vm": "server", "host": "host",
}  # fmt: skip
"""What types of Backstage's resources are to a recovery; all others are services."""
_GONE = frozenset({"deprecated", "retired", "decommissioned"})
_MOST_ENTITIES = 5_000


def is_backstage(text: str) -> bool:
    """Whether a text names itself an entity of Backstage."""
    return "apiVersion:" in text and _API in text


def read_backstage(text: str, file: str) -> Brought:
    """The entities of a file; NotBrought when it holds none. What is not used is said."""
    try:
        found = [one for one in yaml.safe_load_all(text) if one is not None]
    except (yaml.YAMLError, ValueError, RecursionError) as wrong:
        mark = getattr(wrong, "problem_mark", None)
        where = f"{file}:{mark.line + 1}" if mark is not None else file
        raise NotBrought(f"{where} is no YAML that can be read. Does Backstage take it?") from None
    entities = [one for one in found if isinstance(one, dict) and str(one.get("apiVersion", "")).startswith(_API)]
    if not entities or len(entities) > _MOST_ENTITIES:
        reason = f"{file} holds no entity of Backstage: a document with `apiVersion: backstage.io/…`."
        raise NotBrought(reason if not entities else f"{file} holds more than {_MOST_ENTITIES} entities. Split it.")
    brought = Brought()
    leant_on = {_name(ref) for one in entities for ref in _texts(_spec(one).get("dependsOn"))}
    for entity in entities:
        _take(brought, entity, file, leant_on)
    members = _members(entities)
    for team, people in members.items():
        held = brought.entries["teams"].get(team)
        if held is not None:
            held["members"] = list(dict.fromkeys([*held.get("members", []), *people]))
    for fields in brought.entries["teams"].values():
        known = [one for one in fields.get("members", []) if one in brought.entries["people"]]
        lost = [one for one in fields.pop("members", []) if one not in known]
        if known:
            fields["members"] = known
        if lost:
            brought.remarks.append(f"{file}: nobody describes {', '.join(lost)}; left out of their groups.")
    return brought


def _take(brought: Brought, entity: dict[str, Any], file: str, leant_on: set[str]) -> None:
    kind, meta, spec = str(entity.get("kind", "")), _mapping(entity.get("metadata")), _spec(entity)
    id_ = id_of(str(meta.get("name", "")))
    where = f"{file}: {kind or 'an entity'} {meta.get('name', 'without a name')}"
    if not id_ or kind in _NOT_OURS:
        why = "a kind that has nothing to recover" if id_ else "it has no name"
        brought.remarks.append(f"{where}: {why}; left out.")
    elif kind in ("Component", "Resource"):
        _asset(brought, id_, meta, spec, where)
        if id_ in leant_on:
            store = _STORES.get(str(spec.get("type", "")).lower(), "service")
            owner = _owner(spec)
            brought.add("resources", id_, {"kind": store, "name": _title(meta), "owner": owner}, where)
    elif kind == "Group":
        named = _mapping(spec.get("profile")).get("displayName") or meta.get("title") or ""
        people = [_name(one) for one in _texts(spec.get("members"))]
        brought.add("teams", id_, {"name": name_of(str(named)), "members": people}, where)
    elif kind == "User":
        profile = _mapping(spec.get("profile"))
        named = str(profile.get("displayName") or meta.get("title") or meta.get("name"))
        brought.add("people", id_, {"name": name_of(named), "email": str(profile.get("email") or "")}, where)
    else:
        brought.remarks.append(f"{where}: a kind that Handrail does not know; left out.")


def _asset(brought: Brought, id_: str, meta: dict[str, Any], spec: dict[str, Any], where: str) -> None:
    if str(spec.get("lifecycle", "")).lower() in _GONE:
        brought.remarks.append(f"{where}: its lifecycle is {spec['lifecycle']}; left out.")
        return
    owner, tier = _owner(spec), _tier(meta, spec)
    if spec.get("owner") and not owner:
        brought.remarks.append(f"{where}: its owner {spec['owner']} is a person, and assets belong to teams; left out.")
    fields: Fields = {
        "name": _title(meta), "type": str(spec.get("type") or "") or None, "tier": tier, "owner": owner,
        "depends_on": [_name(one) for one in _texts(spec.get("dependsOn"))], "facts": _facts(meta),
    }  # fmt: skip
    for key in ("type", "tier", "owner"):
        if not fields[key]:
            brought.lacking(key, id_)
    for key in ("rpo", "rto"):
        brought.lacking(key, id_)
    brought.add("assets", id_, fields, where)


def _facts(meta: dict[str, Any]) -> Fields:
    """Its links, by their titles: a runbook reads them as facts."""
    links = [_mapping(one) for one in meta.get("links") or [] if isinstance(one, dict)]
    found: Fields = {}
    for number, link in enumerate(links, 1):
        url, name = str(link.get("url", "")), fact_of(str(link.get("title", "")))[:60] or f"link_{number}"
        if url.startswith(("https://", "http://")):
            found[name if name not in found else f"{name}_{number}"] = url
    return found


def _tier(meta: dict[str, Any], spec: dict[str, Any]) -> int | None:
    """A tier, wherever people put one: in the spec, a label or an annotation whose name ends in it."""
    held = [*spec.items(), *_mapping(meta.get("labels")).items(), *_mapping(meta.get("annotations")).items()]
    said = (str(value) for key, value in held if str(key).rpartition("/")[2].lower() in ("tier", "criticality"))
    return next((tier for one in said if (tier := tier_of(one)) is not None), None)


def _owner(spec: dict[str, Any]) -> str:
    """The team that owns it; empty for a person, and where nobody does."""
    said = str(spec.get("owner") or "")
    return "" if said.lower().startswith("user:") else _name(said)


def _members(entities: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Team -> the people who say that they are in it."""
    found: dict[str, list[str]] = {}
    for one in entities:
        if one.get("kind") == "User":
            for team in _texts(_spec(one).get("memberOf")):
                found.setdefault(_name(team), []).append(id_of(str(_mapping(one.get("metadata")).get("name", ""))))
    return found


def _name(reference: str) -> str:
    """``kind:namespace/name`` as an id; kind and namespace are left out, as Backstage itself leaves them out."""
    return id_of(reference.rpartition(":")[2].rpartition("/")[2])


def _title(meta: dict[str, Any]) -> str:
    return name_of(str(meta.get("title") or meta.get("name")))


def _spec(entity: dict[str, Any]) -> dict[str, Any]:
    return _mapping(entity.get("spec"))


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> Iterator[str]:
    yield from (one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
