"""The law of erasing: what words that somebody typed may go, and what stays of them.

1. The record stays, and its chain holds: the words stand beside it, and only they go. An event says which, and why.
2. Who erases gives a reason, which stays. It is done at a terminal, by whoever runs Handrail, in any run.
3. What is gone cannot go again, and what nobody typed cannot go at all: times, names of steps, digests, signatures.
"""

from bot.run.commands import Erase, Refused
from bot.run.events import Redacted
from bot.run.state import Run


def erase_words(run: Run, command: Erase) -> Redacted:
    """The event that says so; Refused without a reason, or where no words are left."""
    reason = command.reason.strip()
    if not reason:
        raise Refused("Say why these words are erased.", field="reason")
    if not command.fields or not 1 <= command.of <= run.seq:
        raise Refused(f"Record {command.of} of {run.start.ref} holds no typed words, or they were erased already.")
    return Redacted(command.of, command.fields, reason)
