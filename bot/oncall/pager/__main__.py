"""The process that sends: letters come in as lines of JSON, answers go out; it ends when nobody writes to it any more.

A process of its own, because what a plugin of Apprise does cannot be stopped otherwise, and because its two hundred
modules would keep the interpreter from answering clicks while they load.
"""

import json
import os
import sys
from threading import Lock, Thread
from typing import Any, TextIO

from bot.bulkhead import contain
from bot.oncall.pager.apprising import look_at, send
from bot.oncall.pager.message import DeliveryResult, PageMessage

_writing = Lock()


def main() -> None:
    """Send what comes, each letter on a thread of its own."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a plugin prints is no answer
    for line in sys.stdin:
        Thread(target=_attend, args=(json.loads(line), answers), daemon=True).start()
    os._exit(0)


def _attend(asked: dict[str, Any], answers: TextIO) -> None:
    with contain() as sending:  # one channel that breaks is no reason to leave the others
        message = asked["letter"]
        answer = look_at(asked["url"]) if message is None else send(asked["url"], PageMessage(**message))
    if sending.failure is not None:
        answer = DeliveryResult(reached=False, words=f"the sender broke: {type(sending.failure).__name__}")
    told = {"number": asked["number"], "reached": answer.reached, "words": answer.words, "last": answer.last}
    with _writing:
        answers.write(json.dumps(told) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
