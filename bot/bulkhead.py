"""A bulkhead: what breaks inside it goes no further. One run, page or look that breaks keeps no other waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol


class Log(Protocol):
    """Where it is said; a logger of structlog's."""

    def error(self, event: str, **fields: object) -> object: ...


@dataclass(slots=True)
class Caught:
    """What broke inside, once the block is left; None when nothing did."""

    failure: Exception | None = None


@contextmanager
def contain() -> Iterator[Caught]:
    """Keep whatever breaks inside for whoever asks for it. The only place where every exception is caught."""
    held = Caught()
    try:
        yield held
    except Exception as failure:  # noqa: BLE001  (what can break is not known: that is what it is for)
        held.failure = failure


@contextmanager
def bulkhead(log: Log, said: str, **fields: object) -> Iterator[Caught]:
    """Keep whatever breaks inside, and say so in the log, with its traceback."""
    with contain() as held:
        yield held
    if held.failure is not None:
        log.error(said, exc_info=held.failure, **fields)
