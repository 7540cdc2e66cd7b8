"""The tables of keys in docs/format.md, made of the models that read the files."""

import re
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import bot.library.check.rules  # noqa: F401  (enters the rules)
from bot.format import alerts, catalogue, defaults, hands, pieces, runbook
from bot.format.pieces import Shape, write_duration
from bot.library import wording
from bot.library.reading.shape import expected, fields_of
from bot.library.rules import RULES

_REGION = re.compile(r"<!-- keys: (\w+) -->\n.*?<!-- end -->\n", re.DOTALL)
_MODULES = (pieces, runbook, catalogue, defaults, wording, hands, alerts)
_TOP = "| key | takes | default | meaning | rules |\n|---|---|---|---|---|"
_HIDDEN = frozenset({"schema_"})


def fill_page(page: str) -> str:
    """The page with each table of keys as the models are now."""
    return _REGION.sub(lambda one: f"<!-- keys: {one[1]} -->\n{table_of(shape_called(one[1]))}\n<!-- end -->\n", page)


def shape_called(name: str) -> type[Shape]:
    """The shape of the format by its name."""
    found = next(getattr(module, name) for module in _MODULES if hasattr(module, name))
    if not isinstance(found, type) or not issubclass(found, Shape):
        raise TypeError(name)
    return found


def table_of(shape: type[Shape]) -> str:
    """Every key of a shape: what it takes, its default, what it means, and the rules that speak of it."""
    inherited = set(runbook.StepBase.model_fields) if shape is not runbook.StepBase else set()
    own = {key: info for key, info in fields_of(shape).items() if key not in inherited or not _is_step(shape)}
    return "\n".join([_TOP, *_rows(shape, own)])


def _is_step(shape: type[BaseModel]) -> bool:
    return issubclass(shape, runbook.StepBase)


def _rows(shape: type[Shape], fields: dict[str, FieldInfo]) -> Iterator[str]:
    kind = runbook.KIND_OF.get(shape) if issubclass(shape, runbook.StepBase) else None
    for key, info in fields.items():
        meaning = (info.description or ("The title, as it stands on the card." if key == kind else "")).strip()
        cells = (f"`{key}`", expected(info.annotation), _default(info), " ".join(meaning.split()), _rules(shape, key))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "needed"
    value = info.get_default(call_default_factory=True)
    if value is PydanticUndefined or value is None or value in ((), {}) or isinstance(value, BaseModel):
        return ""
    return f"`{_said(value)}`"


def _said(value: Any) -> str:  # noqa: ANN401  (whatever a model holds)
    match value:
        case timedelta():
            return write_duration(value)
        case bool():
            return str(value).lower()
        case Enum():
            return str(value.value)
        case tuple():
            return "[" + ", ".join(map(str, value)) + "]"
        case _:
            return str(value)


def _rules(shape: type[Shape], key: str) -> str:
    """The rules whose words name a key; of a step’s, those about runbooks only."""
    if key in _HIDDEN or not (issubclass(shape, runbook.StepBase) or shape is runbook.Runbook):
        return ""
    return ", ".join(rule.id for rule in RULES.values() if f"`{key}`" in rule.words and rule.group not in {"S", "A"})
