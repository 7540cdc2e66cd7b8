"""An office for each test, its listeners reached over signed HTTP."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.workspace.serve import Workspace
from tests.slack.office import SEED, Office, build_office
from tests.workspace.office import AT_ONCE, over_http


@pytest.fixture(scope="session")
def stop_later() -> Iterator[Callable[[Workspace], object]]:
    """Stops workspaces while the next test runs: a server waits for a moment before it ends."""
    with ThreadPoolExecutor(2) as threads:
        yield lambda workspace: threads.submit(workspace.stop)


@pytest.fixture
def office(tmp_path: Path, stop_later: Callable[[Workspace], object]) -> Iterator[Office]:
    """Ana, Ben, Chen, Dora and Eve, and Gus of another company; Handrail sits in two channels."""
    workspace = Workspace.start(SEED, AT_ONCE)
    built = build_office(workspace, tmp_path, lambda work: work())
    with over_http(workspace, built):
        yield built
    built.handler.journal.engine.dispose()
    stop_later(workspace)
