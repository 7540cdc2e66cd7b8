"""The API does what its OpenAPI document says: schemathesis asks it everything that the document allows, and more."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from starlette.applications import Starlette

from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.web.api.document import write_document
from tests.places import migrated
from tests.render.stories import at_look, at_restore, broken_glass
from tests.web.api.conftest import Counter, counter_of
from tests.web.room import open_room

MANY = 60
"""Questions of each kind."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """One API for all questions; nothing that is asked changes it."""

    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('asked')}/record.db")
    migrated(engine)
    with open_room(Journal(engine)) as room, ThreadPoolExecutor(2) as pool:
        room.keep(at_look(), "ORDERS-7")
        room.keep(at_restore(), "ORDERS-8")
        room.keep(broken_glass(), "ORDERS-9")
        yield counter_of(room, pool)
    engine.dispose()


@pytest.fixture(scope="module")
def described(asked: Counter) -> BaseSchema:
    app = Starlette(routes=asked.routes)
    headers = {"Authorization": f"Bearer {asked.token}"}
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers=headers)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("path", sorted(write_document()["paths"]))
def test_every_question_is_answered_as_the_document_says(
    described: BaseSchema, asked: Counter, path: str, mode: GenerationMode
) -> None:
    """Questions that the document allows are answered by its models; others are refused in words.

    Which cursors and zones there are, no pattern can say: those may be refused.
    """
    operation = described[path]["GET"]
    held: list[bool] = []

    @settings(
        max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
    )
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: Case[Any]) -> None:
        vague = {"cursor", "timezone"} & set(case.query)
        whole = "Authorization" in (case.headers or {})  # else the token is put back here, and with it what was wrong
        case.call_and_validate(
            headers={"Authorization": f"Bearer {asked.token}"},
            excluded_checks=[
                *([positive_data_acceptance] if vague else []),
                *([] if whole else [negative_data_rejection]),
            ],
        )
        held.append(whole)

    ask()
    assert any(held)


def test_the_document_names_every_answer_once() -> None:
    document = write_document()
    text = str(document)
    names = set(document["components"]["schemas"])
    used = {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= names
    assert names - used == set()
    ids = [one["get"]["operationId"] for one in document["paths"].values()]
    assert len(ids) == len(set(ids)) == 5
