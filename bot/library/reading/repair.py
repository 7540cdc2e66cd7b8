"""Puts stand-ins where a file is faulty, so that one wrong word does not hide what else is wrong."""

from bot.format.runbook import KIND_OF, KINDS
from bot.library.problems import Fault, PathInFile
from bot.library.reading import syntax
from bot.library.reading.shape import Spot, fields_of, near, stand_in
from bot.library.reading.tree import Row, Table

_SHAPES_THE_TREE = frozenset(
    {"go", "options", "cases", "else", "id", "max_visits", "binds", "from", "forbid", "mode", "effect", "undo", "steps"}
)
"""Keys of a step without which the tree as a whole cannot be judged."""
_KINDS = frozenset(KINDS)
_STEP_KEYS = frozenset(key for kind in KIND_OF for key in fields_of(kind)) - _KINDS


def repair(root: Table, place: Spot) -> bool:
    """Take out or replace what is wrong at a place; False when there is nothing that could be changed."""
    if not place.path:
        return False
    *way, last = place.path
    holder: object = root
    for part in way:
        holder = _inside(holder, part)
    if isinstance(holder, Table) and isinstance(last, str):
        if place.needed and not place.is_key:
            holder[last] = stand_in(place.annotation)
            return True
        return holder.pop(last, None) is not None
    if isinstance(holder, Row) and isinstance(last, int) and last < len(holder):
        was, new = holder[last], stand_in(place.annotation)
        if isinstance(was, Table) and isinstance(new, dict) and isinstance(was.get("id"), str):
            new["id"] = was["id"]
        holder[last] = new
        return True
    return False


def _inside(holder: object, part: str | int) -> object:
    if isinstance(holder, Table) and isinstance(part, str):
        return holder.get(part)
    return holder[part] if isinstance(holder, Row) and isinstance(part, int) and part < len(holder) else None


def bends_the_tree(place: Spot) -> bool:
    """The repair may have cut a way through the tree, so rules about the whole tree have to keep silent."""
    if place.path[:1] in {("steps",), ("exception",)}:
        if len(place.path) <= len(("steps", 0)):
            return True
        key = str(place.path[2])
        return (near(key, _SHAPES_THE_TREE) if place.is_key else key) in _SHAPES_THE_TREE | _KINDS
    return False


def settle_kinds(root: Table) -> list[tuple[PathInFile, Fault]]:
    """One kind for every step: the faults, with the likeliest kind put in place of none or several."""
    steps = root.get("steps")
    found: list[tuple[PathInFile, Fault]] = []
    for number, step in enumerate(steps if isinstance(steps, Row) else ()):
        if not isinstance(step, Table):
            continue
        kinds = tuple(key for key in step if key in _KINDS)
        if len(kinds) == 1:
            continue
        if len(kinds) > 1:
            found.append((("steps", number, kinds[1]), syntax.step_kind(kinds, None, KINDS)))
            for key in kinds[1:]:
                del step[key]
        else:
            meant = _meant(step)
            found.append((("steps", number, *meant[:1]), syntax.step_kind((), meant or None, KINDS)))
            step[meant[1] if meant else "do"] = step.pop(meant[0]) if meant else "x"
    return found


def _meant(step: Table) -> tuple[str, str] | tuple[()]:
    """The key that was most likely meant as a kind, and the kind."""
    for key in step:
        kind = "" if key in _STEP_KEYS or not isinstance(step[key], str) else near(key, KINDS)
        if kind:
            return key, kind
    return ()
