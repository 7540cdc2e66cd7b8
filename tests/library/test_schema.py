"""What editors are told is what the loader says: the shipped files are valid, planted faults are not."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from pydantic import BaseModel

from bot.cli.folder import SCHEMAS, schema_text
from bot.format.alerts import AlertsFile
from bot.format.catalogue import FILES
from bot.format.defaults import DefaultsFile
from bot.format.hands import HandsFile
from bot.format.pieces import Shape
from bot.format.runbook import KINDS, Runbook
from bot.library.schema import MODELS, ONE_OF, file_name, schema_of
from bot.library.wording import HouseFile
from tests.library.faulty import HEAD, TAIL
from tests.library.test_short_form import FIVE, SHORT

SHIPPED = Path(__file__).parent.parent.parent / "runbooks"
BOOK = """
schema: runbook/v1
id: book
title: Rows are missing
status: active
enter_when: [A report shows fewer rows.]
not_for: [{when: The server is down., use: Call the lead.}]
objective: Bring the rows back.
owner: data
review: {every: 90d, last_on: "2026-11-01", by: chen}
failure_modes: [{mode: A, answer: hold}, {mode: B, answer: hold}, {mode: C, answer: hold}]
roles: {operator: "team:data", lead: ["person:ana"]}
vars: {rows: {type: int}, how: {type: enum, values: [a, b]}}
exception: hold
steps:
  - {id: look, do: "Look at {{ asset.host }}", typical: 5m, answer: {var: rows}, go: {ok: agree}}
  - {id: agree, signoff: Agree, from: [lead], binds: {steps: [wipe]}, go: {approved: wipe}}
  - {id: wipe, run: Wipe, effect: destroy, undo: {none: It is gone.}, exec: {argv: [wipe]}, go: {ok: pause}}
  - {id: pause, wait: Wait, for: 10m, go: {ok: which}}
  - {id: which, branch: Choose, cases: [{when: {all: [{var: rows, gt: "{{ vars.rows }}"}]}, go: done}], else: hold}
  - {id: done, end: Close, outcome: recovered}
  - id: hold
    decide: Hold here
    options: [{id: a, label: A, when: A., go: done}, {id: b, label: B, when: B., go: done}]
    go: {unsure: hold}
"""


def read(text: str) -> dict[str, Any]:
    """The documents as plain data; the test's own reader, so that the schema is judged by itself."""
    found: dict[str, Any] = yaml.safe_load(text)
    return found


@cache
def validator(kind: str) -> Draft7Validator:
    return Draft7Validator(schema_of(kind))


def complaints(document: object, kind: str = "runbook") -> list[str]:
    return [error.message for error in validator(kind).iter_errors(document)]


def models(shape: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """Every shape that a document of this kind may hold."""
    return seen | {one for one in Shape.__subclasses__() for one in (one, *one.__subclasses__())}


@pytest.mark.parametrize("kind", [*MODELS, "any"])
def test_each_schema_is_a_schema(kind: str) -> None:
    Draft7Validator.check_schema(schema_of(kind))


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.yaml")), ids=lambda path: path.stem)
def test_what_ships_is_valid_and_carries_its_hint(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    first, _, _ = text.partition("\n")
    assert first.startswith("# yaml-language-server: $schema="), f"`handrail schema` says what stands on top of {path}"
    assert (path.parent / first.partition("=")[2]).is_file()
    for document in yaml.safe_load_all(text):
        assert complaints(document, "any") == []
        assert complaints(document, document["schema"].partition("/")[0]) == []


@pytest.mark.parametrize("kind", ["any", *MODELS])
def test_the_schemas_that_ship_are_up_to_date(kind: str) -> None:
    """Otherwise: handrail schema --output runbooks/.schema."""
    assert (SHIPPED / SCHEMAS / file_name(kind)).read_text(encoding="utf-8") == schema_text(kind)


def test_every_kind_of_file_has_its_schema() -> None:
    assert set(MODELS.values()) == {Runbook, *FILES.values(), DefaultsFile, HouseFile, HandsFile, AlertsFile}


def test_every_rule_of_a_model_is_in_its_schema() -> None:
    """A shape with a validator of its own says so to editors too; `TypedField` does it with an `if`.

    What `HandsFile` asks of its own names no schema can say.
    """
    found = {one for one in models(Runbook, set()) if one.__pydantic_decorators__.model_validators}
    assert {one.__name__ for one in found} - {"TypedField", "HandsFile"} == {one.__name__ for one in ONE_OF}


def test_the_sound_runbook_is_sound_to_both() -> None:
    Runbook.model_validate(read(BOOK))
    assert complaints(read(BOOK)) == []


POLL = {"every": "1m", "exec": {"argv": ["look"]}, "until": {"all": [{"var": "exit", "eq": 0}]}}
FAULTS: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
    ("a misspelt key", lambda book: book.update(onwer="data"), "onwer"),
    ("a misspelt key of a step", lambda book: book["steps"][0].update(tipical="5m"), "tipical"),
    ("no kind", lambda book: book["steps"][0].pop("do"), "is not valid under any of the given schemas"),
    ("a title that is no text", lambda book: book["steps"][0].update(do=["Look"]), "is not of type 'string'"),
    ("a duration that is a number", lambda book: book["steps"][0].update(typical=90), "is not of type 'string'"),
    ("a duration without a unit", lambda book: book["steps"][0].update(typical="90"), "does not match"),
    ("a day that is none", lambda book: book["review"].update(last_on="yesterday"), "does not match"),
    ("an exit that the kind has not", lambda book: book["steps"][0]["go"].update(approved="done"), "approved"),
    ("no else", lambda book: book["steps"][4].pop("else"), "'else' is a required property"),
    ("one option", lambda book: book["steps"][6]["options"].pop(), "is too short"),
    ("a change without an undo", lambda book: book["steps"][2].pop("undo"), "'undo' is a required property"),
    ("an undo of two sorts", lambda book: book["steps"][2]["undo"].update(step="look"), "is valid under each of"),
    ("a wait for two things", lambda book: book["steps"][3].update(poll=POLL), "is valid under each of"),
    ("two comparisons in a test", lambda book: book["steps"][4]["cases"][0]["when"]["all"][0].update(lt=1), "each of"),
    ("an unknown outcome", lambda book: book["steps"][5].update(outcome="fine"), "is not one of"),
    ("an id with a blank", lambda book: book.update(id="my book"), "does not match"),
    ("an enum without values", lambda book: book["vars"]["how"].pop("values"), "'values' is a required property"),
    ("nothing after a key", lambda book: book["steps"][0].update(say=None), "None is not of type 'string'"),
    ("too long a title", lambda book: book.update(title="x" * 76), "is too long"),
    ("an active one that fits everything", lambda book: book.pop("not_for"), "'not_for' is a required property"),
    ("an active one that cannot fail", lambda book: book["failure_modes"].pop(), "is too short"),
]


@pytest.mark.parametrize(("fault", "words"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_planted_fault_is_told_in_one_complaint(fault: Callable[[dict[str, Any]], object], words: str) -> None:
    """One fault, one complaint: an editor that underlines ten things underlines nothing."""
    book = read(BOOK)
    fault(book)
    told = complaints(book)
    assert len(told) == 1, told
    assert words in told[0]


def test_a_step_of_two_kinds_is_told_as_such() -> None:
    """Each kind also finds the other's key odd, which is the same fault again."""
    book = read(BOOK)
    book["steps"][0]["end"] = "Close"
    assert any("is valid under each of" in one for one in complaints(book))


def test_a_draft_owes_less_than_an_active_runbook() -> None:
    book = read(BOOK)
    for key in ("review", "not_for", "failure_modes"):
        del book[key]
    assert len(complaints(book)) == 2
    assert complaints(book | {"status": "draft"}) == []


def test_the_short_form_is_sound_to_editors_too() -> None:
    draft = read(FIVE)
    assert complaints(draft) == []
    book = read(HEAD + SHORT + TAIL)
    assert complaints(book) == []
    book["steps"][0]["check  count"] = "x"
    assert len(complaints(book)) == 1


def test_every_key_of_a_step_says_what_it_is() -> None:
    """An editor shows these words beside the key."""
    kinds = schema_of("runbook")["properties"]["steps"]["items"]["properties"]
    assert all(kinds[kind]["description"] for kind in KINDS)
    assert schema_of("runbook")["$defs"]["Do"]["properties"]["caution"]["description"].startswith("A consequence")


def test_a_catalogue_with_faults_is_told() -> None:
    rotation = {"id": "r", "starts": "2026-01-05T09:00", "turn": "7d", "order": ["ana"]}
    people = {"schema": "people/v1", "rotations": [rotation]}
    assert complaints(people, "people") == complaints(people, "any") == []
    rotation["ics"] = "env:CALENDAR"
    assert len(complaints(people, "people")) == len(complaints(people, "any")) == 1
    assert complaints({"schema": "assets/v2"}, "any")


@pytest.mark.parametrize("kind", [*MODELS, "any"])
def test_whatever_an_editor_offers_says_what_it_is_for(kind: str) -> None:
    """A language server shows what stands at the key itself, not within the ways that its value may be written."""

    def mute(part: Any) -> Iterator[str]:  # noqa: ANN401  (any piece of a schema)
        if isinstance(part, dict):
            for key, told in part["properties"].items() if isinstance(part.get("properties"), dict) else ():
                if isinstance(told, dict) and "if" in told and "description" not in told:
                    yield key
            for inner in part.values():
                yield from mute(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from mute(inner)

    schema = schema_of(kind)
    assert not set(mute(schema))
    if "Condition" in schema["$defs"]:
        assert all(schema["$defs"]["Condition"]["properties"][name]["description"] for name in ("all", "any"))
