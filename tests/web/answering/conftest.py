"""A run that pages Ana and Ben, and the counter where links are answered."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.journal.database import open_engine
from bot.journal.store import Journal
from tests.journal.conftest import sqlite_url
from tests.web.answering.handler import Answering

__all__ = ["sqlite_url"]


@pytest.fixture
def answering(sqlite_url: str) -> Iterator[Answering]:
    """A live run, its first page just called."""
    engine = open_engine(sqlite_url)
    yield Answering(Journal(engine))
    engine.dispose()


@pytest.fixture
def drill(answering: Answering) -> Answering:
    """The same, as a drill whose names would like to be markup."""
    hostile = replace(answering.asset, name='<script>alert(1)</script> "orders" & @everyone')
    return Answering(answering.office.journal, "drill", mode="drill", asset=hostile)
