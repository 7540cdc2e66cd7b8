"""What a report is made from: a run that is read once, entry by entry."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from bot.timeline.entries import Chain, Entry, Timeline


class Source(Protocol):
    """A run to report on. Read `entries` to their end, then ask for the `timeline`; or take the `whole` at once."""

    @property
    def ref(self) -> str: ...

    @property
    def chain(self) -> Chain: ...

    @property
    def pseudonyms(self) -> bool:
        """Whether people are replaced by roles."""

    def entries(self) -> Iterator[Entry]: ...

    def timeline(self, entries: Iterable[Entry] = ()) -> Timeline:
        """What follows from all entries that were read, with those that are handed in."""

    def whole(self) -> Timeline:
        """Everything at once, entries too."""
