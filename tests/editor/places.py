"""Every place of every kind of file where an author may write a key, found from the models themselves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from bot.format.runbook import KIND_OF, StepBase
from bot.library.schema import MODELS

_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A text whose last line waits for a key; `keys` are those of `shape` that may stand there."""

    kind: str
    lines: tuple[str, ...]
    indent: int
    shape: type[BaseModel]
    keys: tuple[str, ...]

    @property
    def text(self) -> str:
        """The text up to the place itself."""
        return "\n".join(_then(self.lines, self.indent, ""))


def places() -> Iterator[Place]:
    """Each shape of each kind of file once."""
    for kind, model in MODELS.items():
        schema = get_args(model.model_fields["schema_"].annotation)[0]
        yield from _within(kind, (f"schema: {schema}",), 0, model, (), set())


def _within(
    kind: str, lines: tuple[str, ...], indent: int, shape: type[BaseModel], written: tuple[str, ...],
    seen: set[type[BaseModel]],
) -> Iterator[Place]:  # fmt: skip
    if shape in seen or indent > 2 * _DEEPEST:
        return
    seen.add(shape)
    yield Place(kind, lines, indent, shape, tuple(one for one in _keys(shape) if one not in ("schema", *written)))
    for name, field in shape.model_fields.items():
        key = field.alias or name
        for opening, more, inner in _ways_in(field.annotation):
            ahead = _then(lines, indent, f"{key}:{opening.format(pad=' ' * (indent + 2))}")
            for put, own, known in _beginnings(inner, indent + more):
                yield from _within(kind, (*ahead[:-1], ahead[-1] + put), indent + more, own, known, seen)


def _beginnings(shape: type[BaseModel], indent: int) -> Iterator[tuple[str, type[BaseModel], tuple[str, ...]]]:
    """What has to stand first: a step says its kind."""
    if not issubclass(shape, StepBase):
        yield "", shape, ()
        return
    kind = KIND_OF[shape]
    yield f"{kind}: Look at it\n{' ' * indent}id: look", shape, (kind, "id")


def _ways_in(annotation: Any) -> Iterator[tuple[str, int, type[BaseModel]]]:  # noqa: ANN401  (a type)
    """How a value of a field is begun, how much deeper it stands, and its shape."""
    origin = get_origin(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield "", 2, annotation
    elif origin == Annotated:
        yield from _ways_in(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for one in get_args(annotation):
            yield from _ways_in(one)
    elif origin is tuple:
        for _, _, inner in _ways_in(get_args(annotation)[0]):
            yield "\n{pad}- ", 4, inner
    elif isinstance(origin, type) and issubclass(origin, Mapping | dict):
        for _, _, inner in _ways_in(get_args(annotation)[1]):
            yield "\n{pad}name:", 4, inner


def _then(lines: tuple[str, ...], indent: int, text: str) -> tuple[str, ...]:
    """One line more; the first of an item stands behind its dash."""
    if lines[-1].endswith("- "):
        return (*lines[:-1], lines[-1] + text)
    return (*lines, " " * indent + text)


def _keys(shape: type[BaseModel]) -> Iterator[str]:
    for name, field in shape.model_fields.items():
        yield field.alias or name
