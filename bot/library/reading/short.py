"""The short form: what an author may leave out, written out before anything else looks at the file.

Works on the tree that was read. What counts afterwards, and what a run is pinned to, is the whole runbook: every exit,
every step of the product's own, everything that the folder's `defaults/v1` says.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bot.format.runbook import FORWARD, KINDS
from bot.library.reading.build import PlacedList, Table

EVERYBODY = "everybody"
"""The reference that means all people of the catalogue: who acts in a role of a draft that names nobody."""
NOBODY = "nobody"
"""The owner of a draft that names none."""
EXCEPTION = "hold"
USUAL: Mapping[str, Mapping[str, Any]] = {
    "hold": {
        "id": "hold",
        "decide": "Hold here and call the lead",
        "phase": "hold",
        "who": "lead",
        "say": "The run holds. Nothing goes on by itself.",
        "page": True,
        "back": True,
        "options": [
            {"id": "stop", "label": "Stop the run", "when": "Going on would make it worse.", "go": "stopped"},
            {
                "id": "partial",
                "label": "Close as partial",
                "when": "What can be recovered is recovered.",
                "go": "partly",
            },
        ],
        "max_visits": 20,
        "go": {"unsure": "hold"},
    },
    "stopped": {
        "id": "stopped",
        "end": "Stop the run and leave everything as it is",
        "phase": "hold",
        "outcome": "escalated",
        "say": "Nothing is taken back. The lead owns it now.",
    },
    "partly": {
        "id": "partly",
        "end": "Close the run as partly recovered",
        "phase": "hold",
        "outcome": "partial",
        "say": "The timeline lists what is missing. The lead opens the follow-ups.",
    },
    "done": {"id": "done", "end": "Close the run", "outcome": "recovered"},
    "not_this": {"id": "not_this", "end": "Close the run: this was something else", "outcome": "not_applicable"},
}
"""Steps of the product's own, by the name that an exit calls them; a step of the file by that name stands instead."""
_KINDS = frozenset(KINDS)
_COMMON = ("owner", "roles", "policy", "review", "drill", "language")
"""What a folder says for all its runbooks."""
_GOVERNED = ("owner", "roles", "enter_when", "objective")
"""What only an active runbook needs; a draft gets stand-ins."""
_ROLE = re.compile("[a-z][a-z0-9_]{0,63}")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(slots=True)
class Short:
    """What was written out."""

    fell: dict[int, str | None] = field(default_factory=dict)
    """Number of a step whose forward exit is not written -> the step that follows; None when it is the last."""
    left_out: tuple[str, ...] = ()
    """What a draft leaves out, and an active runbook may not."""
    own: int = 0
    """How many steps are the author's; those behind them are the product's."""


def write_out(root: Table, defaults: Mapping[str, Any]) -> Short:
    """Write out a runbook in place; `defaults` is what the folder says."""
    short = Short()
    merge(root, {key: defaults[key] for key in _COMMON if key in defaults})
    is_draft = root.get("status", "draft") == "draft"
    if is_draft:
        short.left_out = tuple(_stand_in(root))
    root.setdefault("exception", EXCEPTION)
    steps = root.get("steps")
    if isinstance(steps, PlacedList):
        short.own = len(steps)
        _carry_phases(steps)
        _write_ways(steps, short, "done" if is_draft else root["exception"])
        _add_usual(root, steps)
    return short


def write_out_assets(root: Table, defaults: Mapping[str, Any]) -> bool:
    """Write out the assets of a file in place; whether anything was left out."""
    assets = root.get("assets")
    common = {**{key: defaults[key] for key in ("owner", "ladder") if key in defaults}}
    merge_over(common, defaults.get("assets", {}))
    filled = False
    for asset in assets if isinstance(assets, PlacedList) else ():
        if isinstance(asset, Table):
            filled = _write_asset(asset, common, defaults) or filled
    return filled


def _write_asset(asset: Table, common: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    before = len(asset), len(asset.get("facts") or ())
    tier = asset.get("tier", common.get("tier"))
    if "id" in asset:
        asset.setdefault("name", asset["id"])
    merge(asset, defaults.get(f"tier_{tier}", {}))
    merge(asset, common)
    return before != (len(asset), len(asset.get("facts") or ()))


def merge_over(under: dict[str, Any], over: Mapping[str, Any]) -> None:
    """Put into a mapping what another says, which counts before it; mappings in it key by key."""
    for key, value in over.items():
        if isinstance(under.get(key), dict) and isinstance(value, dict):
            merge_over(under[key], value)
        else:
            under[key] = deepcopy(value)


def merge(own: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Put into a mapping what it does not say itself; mappings in it key by key."""
    for key, value in more.items():
        if key not in own:
            own[key] = deepcopy(value)
        elif isinstance(own[key], dict) and isinstance(value, dict):
            merge(own[key], value)


def slug(title: str, separator: str = "_") -> str:
    """An id made of a title."""
    return _NOT_SLUG.sub(separator, title.lower()).strip("_-")[:64].rstrip("_-")


def _stand_in(root: Table) -> Iterator[str]:
    """Fill in what a draft leaves out; its name, for the list of what is missing."""
    title = root.get("title")
    if "id" not in root and isinstance(title, str) and (made := slug(title, "-")):
        root["id"] = made
        yield "id"
    yield from (key for key in _GOVERNED if key not in root)
    root.setdefault("owner", NOBODY)
    if isinstance(title, str) and title:
        root.setdefault("enter_when", [title])
        root.setdefault("objective", title)
    named = () if "roles" in root else set(_roles_named(root.get("steps")))
    roles = root.setdefault("roles", {})
    if isinstance(roles, dict):
        roles.update(dict.fromkeys(sorted(named), EVERYBODY))
        for role in ("operator", "lead"):
            roles.setdefault(role, EVERYBODY)
    if ids := sum(_name_steps(root.get("steps"))):
        yield f"id of {ids} step{'' if ids == 1 else 's'}"


def _roles_named(steps: object) -> Iterator[str]:
    """The roles that steps name: in a draft that says of none who is in it, everybody is."""
    for step in steps if isinstance(steps, PlacedList) else ():
        held = [step.get("who"), step.get("witness"), *_items(step.get("from"))] if isinstance(step, Table) else ()
        yield from (one for one in held if isinstance(one, str) and _ROLE.fullmatch(one))


def _items(held: object) -> list[Any]:
    return list(held) if isinstance(held, list) else []


def _name_steps(steps: object) -> Iterator[bool]:
    """Give each step an id that has none, made of its title."""
    rows = [step for step in steps if isinstance(step, Table)] if isinstance(steps, PlacedList) else []
    taken = {str(step["id"]) for step in rows if "id" in step}
    for step in rows:
        title = next((step[kind] for kind in step if kind in _KINDS), None)
        if "id" not in step and isinstance(title, str):
            step["id"] = name = free(slug(title) or "step", taken)
            taken.add(name)
            yield True


def free(name: str, taken: set[str]) -> str:
    """The name, with a number behind it when it is taken."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name[:60]}_{number}"
    return found


def _carry_phases(steps: PlacedList) -> None:
    """A step without a phase is of the phase of the step before it in the file."""
    phase = None
    for step in steps:
        if isinstance(step, Table):
            phase = step.get("phase", phase)
            if phase is not None and "phase" not in step:
                step["phase"] = phase


def _write_ways(steps: PlacedList, short: Short, at_last: object) -> None:
    """`go: NAME` as the forward exit; where none is written, the step that follows in the file, at last `at_last`."""
    last = len(steps) - 1
    for number, step in enumerate(steps):
        if not isinstance(step, Table):
            continue
        forward = next((FORWARD[kind] for kind in step if kind in FORWARD), None)
        if forward is None:
            continue
        forward = "ok" if "call" in step and step.get("meanwhile") is True else forward
        go = step.get("go")
        if isinstance(go, str):
            step["go"] = {forward: go}
        elif go is None or (isinstance(go, dict) and forward not in go):
            after = steps[number + 1] if number < last else None
            next_id = after.get("id") if isinstance(after, Table) else None
            short.fell[number] = next_id if isinstance(next_id, str) else None
            to = short.fell[number] or (at_last if number == last else None)
            if to is not None:
                step["go"] = {forward: to, **(go or {})}


def _add_usual(root: Table, steps: PlacedList) -> None:
    """Put the product's own steps behind those of the file, as far as an exit names them."""
    defined = {step["id"] for step in steps if isinstance(step, Table) and isinstance(step.get("id"), str)}
    wanted = [root["exception"], *(name for step in steps if isinstance(step, Table) for name in _named_by(step))]
    while wanted:
        name = wanted.pop(0)
        if isinstance(name, str) and name in USUAL and name not in defined:
            defined.add(name)
            naming = (step for step in steps if isinstance(step, Mapping) and name in _named_by(step))
            phase = next((step.get("phase") for step in naming), None)
            steps.append({**({"phase": phase} if phase is not None else {}), **deepcopy(dict(USUAL[name]))})
            wanted += _named_by(USUAL[name])


def _named_by(step: Mapping[str, Any]) -> Iterator[Any]:
    """Every step that an exit names."""
    go = step.get("go")
    if isinstance(go, dict):
        yield from go.values()
    elif isinstance(go, str):
        yield go
    if "else" in step:
        yield step["else"]
    for key in ("options", "cases"):
        held = step.get(key)
        if isinstance(held, list):
            yield from (one["go"] for one in held if isinstance(one, dict) and "go" in one)
