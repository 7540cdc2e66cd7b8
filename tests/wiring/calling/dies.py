"""A process that reaches somebody and is killed before it can write that down."""

import sys
from time import sleep

from bot.engine import Outcome
from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.oncall.pager.sender import PageSender
from tests.wiring.calling.room import Room, Service


class Addresses(Service):
    """Channels whose address this process was given, and what really sends."""

    def __init__(self, url: str, sender: PageSender) -> None:
        super().__init__({url: []})
        self._url, self.send = url, sender.send  # type: ignore[method-assign]

    def address_of(self, channel: str) -> str:
        return self._url


def call_and_hang(database: str, url: str) -> None:
    """Make the attempts that wait; at the point of recording one, say so and wait to be killed."""
    room = Room(Journal(open_engine(database)), Addresses(url, PageSender({})))

    def never(*_: object, **__: object) -> Outcome:
        sys.stdout.write("sent\n")
        sys.stdout.flush()
        sleep(1_000)
        raise AssertionError("nobody killed it")

    room.office.handler.handle = never  # type: ignore[method-assign]
    room.pager("killed").look()


if __name__ == "__main__":
    call_and_hang(*sys.argv[1:])
