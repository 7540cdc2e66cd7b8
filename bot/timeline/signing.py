"""Each sign-off as a story: what was asked, what exactly, of whom, who signed, how it ended."""

from dataclasses import replace
from datetime import datetime

from bot.run.events import (
    Event,
    GlassBroken,
    SignatureVoided,
    Signed,
    SignoffApproved,
    SignoffAsked,
    SignoffExpired,
    SignoffRejected,
)
from bot.run.places import AwaitingSignature
from bot.run.state import Run
from bot.timeline.entries import Entry
from bot.timeline.people import Known
from bot.timeline.stories import Signature, SignoffState, SignoffStory

_ENDS: dict[type[Event], SignoffState] = {
    SignoffApproved: "approved", SignoffRejected: "rejected", SignoffExpired: "expired", GlassBroken: "glass",
}  # fmt: skip


class Signoffs:
    """The sign-offs of a run, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._stories: list[SignoffStory] = []

    @property
    def waiting(self) -> bool:
        """Whether a sign-off is open, which any event may leave; otherwise only signing concerns them."""
        return bool(self._stories) and self._stories[-1].ended == "open"

    def take(self, run: Run, entry: Entry, known: Known) -> None:
        """The run after an event, its entry, and whom it knows."""
        match event := entry.event:
            case SignoffAsked():
                self._end("asked_again", entry, by=None)
                self._stories.append(_asked(known, entry, event, self._kept(event)))
            case Signed(readback=readback):
                made = Signature(entry.seq, entry.at, entry.by, entry.by_name, entry.role, readback)
                self._change(event.step, event.visit, signature=made)
            case SignatureVoided(step=step, visit=visit):
                self._void(step, visit, entry.at)
            case SignoffApproved() | SignoffRejected() | SignoffExpired() | GlassBroken():
                self._end(_ENDS[type(event)], entry, by=entry.by_name)
            case _ if not isinstance(run.here, AwaitingSignature):
                self._end("left", entry, by=entry.by_name)

    def told(self) -> tuple[SignoffStory, ...]:
        return tuple(self._stories)

    def _kept(self, event: SignoffAsked) -> tuple[Signature, ...]:
        """Signatures on the same content, asked for again, stay: but for those of people who may no longer sign."""
        last = self._stories[-1] if self._stories else None
        if last is None or not event.again or (last.step, last.digest) != (event.step, event.digest):
            return ()
        return tuple(one for one in last.signatures if one.person not in event.barred)

    def _change(self, step: str, visit: int, signature: Signature) -> None:
        last = self._stories[-1] if self._stories else None
        if last is not None and (last.step, last.visit) == (step, visit):
            self._stories[-1] = replace(last, signatures=(*last.signatures, signature))

    def _void(self, step: str, visit: int, at: datetime) -> None:
        for number, one in enumerate(self._stories):
            if (one.step, one.visit) == (step, visit) and one.void_since is None and one.signatures:
                self._stories[number] = replace(one, void_since=at)

    def _end(self, how: SignoffState, entry: Entry, by: str | None) -> None:
        last = self._stories[-1] if self._stories else None
        if last is not None and last.ended == "open":
            self._stories[-1] = replace(last, ended=how, ended_at=entry.at, ended_by=by, reason=entry.why)


def _asked(known: Known, entry: Entry, event: SignoffAsked, kept: tuple[Signature, ...]) -> SignoffStory:
    return SignoffStory(
        entry.seq, entry.at, event.step, entry.title or event.step, event.visit, event.digest, event.content,
        tuple(known.name(one) for one in event.eligible), event.need, event.expires_at, kept,
    )  # fmt: skip
