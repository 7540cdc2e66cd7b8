"""What is sent to a person beyond Slack, and what a channel answers: nothing of either holds an address."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageMessage:
    """A page in plain text: `short` is for channels that take 160 letters, `title` and `body` for all others.

    `key` is the same for each attempt, so that a service that takes one shows what came twice once.
    """

    title: str
    body: str
    short: str
    key: str


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What came of an attempt, in a few words without secrets. `last`: trying again would change nothing."""

    reached: bool
    words: str
    last: bool = False


NOT_CONFIGURED = DeliveryResult(reached=False, words="not configured", last=True)
"""Nobody has set the variable that the catalogue names."""
