"""The API does what its OpenAPI document says: schemathesis asks it everything that the document allows, and more."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.schemas import BaseSchema
from starlette.applications import Starlette

from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.web.api.document import write_document
from tests.render.stories import at_look, at_restore, broken_glass
from tests.web.api.conftest import Counter, counter_of
from tests.web.room import open_room


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """One API for all questions; nothing that is asked changes it."""
    from bot.journal.database import migrate  # noqa: PLC0415

    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('asked')}/record.db")
    migrate(engine)
    with open_room(Journal(engine)) as room, ThreadPoolExecutor(2) as pool:
        room.keep(at_look(), "ORDERS-7")
        room.keep(at_restore(), "ORDERS-8")
        room.keep(broken_glass(), "ORDERS-9")
        yield counter_of(room, pool)
    engine.dispose()


@pytest.fixture(scope="module")
def described(asked: Counter) -> BaseSchema:
    app = Starlette(routes=asked.routes)
    headers = {"authorization": f"Bearer {asked.token}"}
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers=headers)


everything = schemathesis.pytest.from_fixture("described")


@everything.parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_question_is_answered_as_the_document_says(case: Case[Any], asked: Counter) -> None:
    case.call_and_validate(headers={"authorization": f"Bearer {asked.token}"})


def test_the_document_names_every_answer_once() -> None:
    document = write_document()
    text = str(document)
    names = set(document["components"]["schemas"])
    used = {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= names
    assert names - used == set()
    ids = [one["get"]["operationId"] for one in document["paths"].values()]
    assert len(ids) == len(set(ids)) == 5
