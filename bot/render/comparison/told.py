"""What changed between two versions, told as text or for programs."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import groupby

from bot.format.runbook import Runbook
from bot.render.comparison.change import Change
from bot.render.comparison.versions import compare_runbooks

SAME = "Comments and order only: the procedure is the same."
Books = Mapping[str, Runbook]
Pair = tuple[str, tuple[Change, ...]]


def compare_books(old: Books, new: Books) -> list[Pair]:
    """The changes of each runbook, by its id. One alone on both sides is compared though its id may be another."""
    if len(old) == len(new) == 1:
        (was,), (now,) = old.values(), new.values()
        return [(now.id, compare_runbooks(was, now))]
    pairs: list[Pair] = []
    for id_ in dict.fromkeys([*old, *new]):
        if id_ not in new:
            pairs.append((id_, (Change("runbook", "", f"the runbook {id_} is gone: “{old[id_].title}”", id_),)))
        elif id_ not in old:
            pairs.append((id_, (Change("runbook", "", f"the runbook {id_} is new: “{new[id_].title}”", "", id_),)))
        else:
            pairs.append((id_, compare_runbooks(old[id_], new[id_])))
    return pairs


def as_text(pairs: Iterable[Pair]) -> str:
    """For a terminal: a heading for each topic, a line for each change."""
    return "\n\n".join(_text(id_, changes, len(changes)) for id_, changes in pairs)


def _text(id_: str, changes: tuple[Change, ...], count: int) -> str:
    if not changes:
        return f"{id_}: {SAME[0].lower()}{SAME[1:]}"
    lines = [f"{id_}: {count} change{'' if count == 1 else 's'} of the procedure"]
    for topic, found in groupby(changes, key=lambda one: one.topic):
        lines += ["", topic.capitalize(), *(f"  {_line(one)}" for one in found)]
    return "\n".join(lines)


def _line(change: Change) -> str:
    return f"{change.step}: {change.words}" if change.step else change.words


def as_json(pairs: Iterable[Pair]) -> str:
    """For programs: a list of runbooks, each with its changes."""
    told = [
        {"runbook": id_, "same": not changes, "changes": [asdict(change) for change in changes]}
        for id_, changes in pairs
    ]
    return json.dumps(told, indent=2, ensure_ascii=False)
