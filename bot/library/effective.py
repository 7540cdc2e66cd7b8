"""A document as it counts, written out whole: what a run is pinned to, and what `handrail show --effective` prints.

The text is YAML for people and one certain text for a digest. What a model holds by default stands in it as long as it
says anything (a time, a role, an exit code); what is merely absent, empty or false does not.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.format.pieces import Shape
from bot.format.runbook import Decide, Runbook, StepBase
from bot.library.drafting.scribe import entry

_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
"""What JSON lets stand in quotes, and YAML does not."""


def effective_text(model: Shape) -> str:
    """The document with everything written out."""
    whole = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    said = model.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)
    values = _told(whole, said)
    if isinstance(model, Runbook):
        values["steps"] = [
            _step(model, step, written) for step, written in zip(model.steps, values["steps"], strict=True)
        ]
    return "\n".join(_lines({"schema": values["schema"]} | values)) + "\n"


def _step(book: Runbook, step: StepBase, written: dict[str, Any]) -> dict[str, Any]:
    """A step with its kind behind its id, and every exit."""
    head = {key: written.pop(key) for key in ("id", step.kind)}
    go = {exit_: to for exit_, to in book.exits(step) if "go" in type(step).model_fields}
    if isinstance(step, Decide):
        go = {"unsure": book.target(step, "unsure")}
    return head | {key: value for key, value in written.items() if key != "go"} | ({"go": go} if go else {})


def _told(whole: Any, said: Any) -> Any:  # noqa: ANN401  (plain values of JSON)
    """What is written, and those defaults that say something."""
    if isinstance(whole, dict) and isinstance(said, dict):
        return {key: _told(value, said.get(key)) for key, value in whole.items() if key in said or _says(value)}
    if isinstance(whole, list) and isinstance(said, list) and len(whole) == len(said):
        return [_told(one, other) for one, other in zip(whole, said, strict=True)]
    if isinstance(whole, dict):
        return {key: _told(value, None) for key, value in whole.items() if _says(value)}
    return whole


def _says(value: object) -> bool:
    return value not in (None, False, "", [], {})


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            yield f"{key}:"
            for item in value:
                first, *rest = [line for name, held in item.items() for line in _entry(name, held, 4)]
                yield f"  - {first[4:]}"
                yield from rest
        elif isinstance(value, dict) and value and all(isinstance(one, dict) for one in value.values()):
            yield f"{key}:"
            for name, held in value.items():
                yield from _entry(name, held, 2)
        else:
            yield from _entry(key, value, 0)


def _entry(key: str, value: object, indent: int) -> list[str]:
    if isinstance(value, str):
        return entry(key, value, indent)
    return [f"{' ' * indent}{key}: {_flow(value)}"]


def _flow(value: object) -> str:
    return _UNSEEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(value, ensure_ascii=False))
