"""Writes what was brought in as a file, and merges it on a further run without touching what people changed.

Three texts are compared, entry by entry and key by key: what the last run brought, what stands in the file, and what
comes now. Where the file still says what the last run wrote, it follows; where people wrote something else, it stays.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.library.bringing.entries import PLACES, Brought, Fields, NotBrought
from bot.library.drafting.scribe import quoted, scalar
from bot.library.reading.build import read_plain
from bot.library.spans import Edit, Text, apply, child, insert, last_index

Base = dict[str, dict[str, Fields]]
"""What the last run brought: list -> id -> keys."""
_SHARED = ("type", "tier", "owner")
"""Keys of assets that a folder may say once, also for those of whom nobody said it."""
_SAME = ("rpo", "rto", "ladder", "runbooks", "depends_on")
"""Keys that it says once where all say the same."""
_FEW = 3
_WIDE = 110


@dataclass(slots=True)
class Merged:
    """The text of the file, what the next run compares with, and what people have to know."""

    text: str
    base: Base
    remarks: list[str] = field(default_factory=list)
    added: int = 0
    changed: int = 0


def first_text(brought: Brought, fallback: Fields, hint: str) -> str:
    """A new file: what most assets have in common stands once, as defaults, and each entry on a line.

    `fallback` says type, tier and owner of assets of which nobody said it.
    """
    assets = brought.entries["assets"]
    shared = _defaults(list(assets.values()), fallback)
    parts = []
    if shared:
        held = "\n".join(f"  {key}: {_flow(value)}" for key, value in shared.items())
        parts.append(f"# What assets of this folder have that do not say it.\nschema: defaults/v1\nassets:\n{held}\n")
    for schema in dict.fromkeys(PLACES.values()):
        lists = [(place, brought.entries[place]) for place in PLACES if PLACES[place] == schema]
        body = "".join(f"{place}:\n{_lines(held, shared)}" for place, held in lists if held)
        parts += [f"schema: {schema}\n{body}"] if body else []
    head = f"{hint}# Brought in; edit what you like: the next run leaves alone what you changed.\n"
    return head + "---\n".join(parts)


def _lines(entries: Mapping[str, Fields], shared: Fields) -> str:
    return "".join(
        f"  - {_entry(id_, {key: value for key, value in fields.items() if shared.get(key) != value})}\n"
        for id_, fields in entries.items()
    )


def _defaults(assets: list[Fields], fallback: Fields) -> Fields:
    """What is said once: a value that most share, and what stands in where nobody said anything."""
    found: Fields = {}
    for key in (*_SHARED, *_SAME):
        values = Counter(_flow(one[key]) for one in assets if key in one)
        value, many = values.most_common(1)[0] if values else ("", 0)
        shared = next((one[key] for one in assets if key in one and _flow(one[key]) == value), None)
        lacking = any(key not in one for one in assets)
        if key in _SHARED and lacking and fallback.get(key) is not None:
            found[key] = fallback[key]
        elif many >= _FEW and (not lacking and (key in _SHARED or many == len(assets))) and many * 2 > len(assets):
            found[key] = shared
    return found


def merge(text: str, base: Base, brought: Brought, elsewhere: Mapping[str, Mapping[str, str]]) -> Merged:
    """The file with what is new. `elsewhere` are the ids of the folder's other files, by list, with where they stand.

    NotBrought when the file is no YAML.
    """
    known = _text(text)
    merged = Merged(text, {place: dict(base.get(place, {})) for place in PLACES})
    shared = _said_once(known)
    edits: list[Edit] = []
    for place, entries in brought.entries.items():
        held = _held(known, place)
        new: dict[str, Fields] = {}
        for id_, fields in entries.items():
            before = base.get(place, {}).get(id_)
            if id_ in held:
                edits += _changes(known.text, (place, id_), held[id_], (before, fields), shared, merged)
            elif before is not None:
                merged.remarks.append(f"{id_} was taken out of the file, and stays out.")
            elif id_ in elsewhere.get(place, {}):
                if fields:
                    merged.remarks.append(f"{id_} stands in {elsewhere[place][id_]}: left as it is there.")
                continue
            else:
                new[id_] = fields
            merged.base[place][id_] = {**(before or {}), **fields}
        if new:
            merged.added += len(new)
            edits.append(_further(known, place, _lines(new, shared)))
        gone = [one for one in base.get(place, {}) if one in held and one not in entries]
        if gone and entries:
            merged.remarks.append(f"No longer brought, and left in the file: {', '.join(gone)}.")
    merged.text = _put(known.text, edits)
    return merged


def _changes(
    text: str,
    entry: tuple[str, str],
    node: MappingNode,
    values: tuple[Fields | None, Fields],
    shared: Fields,
    merged: Merged,
) -> Iterator[Edit]:
    """What of one entry follows the source: keys that still say what the last run brought, and keys that are new."""
    (place, id_), (before, now) = entry, values
    changed = False
    for key, value in now.items():
        written = child(node, key)
        stands = _plain(written) if written is not None else shared.get(key) if place == "assets" else None
        old = (before or {}).get(key)
        if value in (stands, old):
            continue
        if written is None and stands is None and old is None and before is not None:
            yield insert(text, node, f"{key}: {_flow(value)}")
        elif before is not None and old is not None and stands == old:
            yield (
                Edit(written.start_mark.index, last_index(written), _flow(value))
                if written is not None
                else insert(text, node, f"{key}: {_flow(value)}")
            )
        else:
            here = "is not written" if stands is None else f"is {_flow(stands)}"
            merged.remarks.append(f"{id_}: {key} {here} in the file, and would be {_flow(value)}; left as it is.")
            continue
        changed = True
    merged.changed += changed


def _text(text: str) -> Text:
    try:
        return Text(text)
    except yaml.YAMLError as wrong:
        raise NotBrought(str(wrong)) from None


def _said_once(known: Text) -> Fields:
    """What the file's own defaults say of assets."""
    for root in known.roots:
        if isinstance(root, MappingNode) and _schema(root) == "defaults/v1":
            held = child(root, "assets")
            return dict(_plain(held)) if isinstance(held, MappingNode) else {}
    return {}


def _held(known: Text, place: str) -> dict[str, MappingNode]:
    """The entries of a list, by id."""
    found: dict[str, MappingNode] = {}
    for items in _sequences(known, place):
        for item in items.value:
            id_ = child(item, "id") if isinstance(item, MappingNode) else None
            if isinstance(id_, ScalarNode):
                found[id_.value] = item
    return found


def _sequences(known: Text, place: str) -> list[SequenceNode]:
    roots = (one for one in known.roots if isinstance(one, MappingNode) and _schema(one) == PLACES[place])
    return [held for one in roots if isinstance(held := child(one, place), SequenceNode)]


def _schema(root: MappingNode) -> str:
    held = child(root, "schema")
    return held.value if isinstance(held, ScalarNode) else ""


def _further(known: Text, place: str, lines: str) -> Edit:
    """More entries at the end of their list, or a list of their own where there is none."""
    lists = [one for one in _sequences(known, place) if not one.flow_style and one.value]
    if lists:
        indent = " " * (lists[-1].value[0].start_mark.column - len("- "))
        at = _behind(known.text, last_index(lists[-1]))
        return Edit(at, at, "".join(f"\n{indent}{line[2:]}" for line in lines.rstrip("\n").split("\n")))
    end = len(known.text)
    return Edit(
        end, end, f"{'' if known.text.endswith(chr(10)) else chr(10)}---\nschema: {PLACES[place]}\n{place}:\n{lines}"
    )


def _behind(text: str, at: int) -> int:
    """The end of the line of a place, so that a comment there stays where it is."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _put(text: str, edits: list[Edit]) -> str:
    """The changes made, of which several may stand at one place: in the order in which they came."""
    joined: dict[tuple[int, int], str] = {}
    for edit in edits:
        joined[edit.start, edit.end] = joined.get((edit.start, edit.end), "") + edit.text
    return apply(text, [Edit(start, end, said) for (start, end), said in joined.items()])


def _plain(node: Node) -> Any:  # noqa: ANN401  (whatever a file holds)
    match node:
        case MappingNode():
            return {key.value: _plain(value) for key, value in node.value if isinstance(key, ScalarNode)}
        case SequenceNode():
            return [_plain(one) for one in node.value]
        case _:
            return yaml.safe_load(yaml.serialize(node))


def _entry(id_: str, fields: Fields) -> str:
    """An entry in braces, on one line or on some."""
    parts = [f"{key}: {_flow(value)}" for key, value in {"id": id_, **fields}.items()]
    lines = [""]
    for number, part in enumerate(parts):
        said = part + (", " if number + 1 < len(parts) else "")
        if lines[-1] and len(lines[-1]) + len(said) > _WIDE:
            lines.append("")
        lines[-1] += said
    return "{" + "\n     ".join(one.rstrip() for one in lines) + "}"


def _flow(value: object) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case int():
            return str(value)
        case _:
            text = str(value)
            bare = text[:-1].isdigit() and text[-1:] in ("s", "m", "h", "d") and read_plain(text) == (text, None)
            return text if bare else scalar(text) if "\n" not in text else quoted(text)


def complete(brought: Brought, text: str, fallback: Fields) -> None:
    """Give type, tier and owner to assets of which nobody said it, where the file's own defaults do not."""
    shared = _said_once(_text(text)) if text.strip() else fallback
    for fields in brought.entries["assets"].values():
        fields |= {key: value for key, value in fallback.items() if key not in fields and key not in shared}
