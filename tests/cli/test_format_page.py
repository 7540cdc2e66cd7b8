"""docs/format.md says what the models say, and each of its examples is read and walked."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.cli.format_page import fill_page, shape_called
from bot.format.catalogue import Catalogue
from bot.format.pieces import Shape
from bot.format.runbook import KIND_OF, Runbook, StepBase
from bot.library.check import check_files
from bot.library.check.known import CallOutline, Outline
from bot.rehearsal.report import report_of
from bot.rehearsal.samples import sample_asset
from bot.rehearsal.walk import rehearse

PAGE = (Path(__file__).parents[2] / "docs" / "format.md").read_text(encoding="utf-8")
EXAMPLES = [one for one in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "runbook/v1" in one]
PEOPLE = """\
schema: people/v1
people: [{id: ana, name: Ana}, {id: ben, name: Ben}, {id: chen, name: Chen}]
---
schema: runbook/v1
id: postgres-failover
title: The primary is down
steps: [{do: Look at the primary, go: done}]
---
schema: assets/v1
assets: [{id: orders-db, type: postgres, tier: 3, owner: data, runbooks: [postgres-failover]}]
---
schema: people/v1
teams: [{id: data, members: [ana, ben, chen]}]
"""


def shapes(one: type[BaseModel]) -> set[type[BaseModel]]:
    return {one, *(deeper for below in one.__subclasses__() for deeper in shapes(below))}


FORMAT = sorted(shapes(Shape) - {Shape, Catalogue, CallOutline, Outline}, key=lambda one: one.__name__)


def test_the_tables_of_keys_are_those_of_the_models() -> None:
    """Otherwise: make format."""
    assert fill_page(PAGE) == PAGE


@pytest.mark.parametrize("shape", FORMAT, ids=lambda one: one.__name__)
def test_every_shape_is_in_the_page_and_every_key_says_what_it_means(shape: type[BaseModel]) -> None:
    named = set(re.findall(r"<!-- keys: (\w+) -->", PAGE))
    files = {"AssetsFile", "ResourcesFile", "PeopleFile"}  # lists, told by what they hold
    assert shape.__name__ in named | files
    kind = KIND_OF.get(shape) if issubclass(shape, StepBase) else None
    silent = [name for name, info in shape.model_fields.items() if not info.description and name != kind]
    assert silent == []
    assert (shape.__doc__ or "").strip().endswith(".")


def test_every_table_is_of_a_shape() -> None:
    for name in re.findall(r"<!-- keys: (\w+) -->", PAGE):
        assert issubclass(shape_called(name), Shape)


def test_every_kind_has_an_example() -> None:
    kinds = {step.kind for text in EXAMPLES for step in _read(text).steps}
    assert kinds == set(KIND_OF.values())


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.split("steps:")[1].split(":")[0].strip(" -\n{"))
def test_an_example_is_read_and_walked(text: str) -> None:
    book = _read(text)
    report = report_of(rehearse(book, sample_asset(book)))
    assert report.sound
    assert report.complete


def _read(text: str) -> Runbook:
    files = check_files([("others.yaml", PEOPLE.encode()), ("example.yaml", text.encode())])
    assert [one for one in files.problems if one.severity == "error"] == []
    book = files.documents["example.yaml"][0].model
    assert isinstance(book, Runbook)
    return book
