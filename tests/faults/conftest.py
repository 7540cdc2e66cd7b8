"""A firm to break things in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.walks.firm import Firm, open_firm
from tests.walks.folder import write_folder


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    """Over Socket Mode, on SQLite."""
    with open_firm(tmp_path, write_folder(tmp_path / "books")) as opened:
        yield opened


@pytest.fixture
def by_http(tmp_path: Path, postgres_database: str) -> Iterator[Firm]:
    """Over signed HTTP, on PostgreSQL."""
    with open_firm(tmp_path, write_folder(tmp_path / "books"), "http", postgres_database) as opened:
        yield opened


@pytest.fixture(params=["firm", "by_http"])
def either(request: pytest.FixtureRequest) -> Firm:
    """Both ways in, each on its database."""
    found: Firm = request.getfixturevalue(request.param)
    return found
