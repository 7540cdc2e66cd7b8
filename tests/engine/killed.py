"""A process that presses buttons until it is killed: it prints each click that was recorded, once that is so."""

import sys
from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

from bot.engine import CommandHandler
from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.run.commands import Finish
from bot.run.places import Over
from tests.engine.office import Office


def press_for_ever(url: str) -> None:
    """Start a run and click; each line is a run's id and the number of the last record of a click that was kept."""
    engine = open_engine(url)
    office = Office(Journal(engine))
    handler = CommandHandler(
        office.journal, office.book_of, lambda: datetime.now(UTC), lambda: uuid4().hex, lambda *_: None
    )  # fmt: skip
    run = handler.start(office.plan(reason="Another."), "ana", "slack").run
    for number in count():
        here = run.here
        if isinstance(here, Over) or here.visit > 900:
            return
        run = handler.handle(
            run.id, Finish(here.step, here.visit, "ok", note="x"), "ana", "slack", f"{run.id}:{number}"
        ).run
        sys.stdout.write(f"{run.id} {run.seq}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    press_for_ever(sys.argv[1])
