"""Offers each follow-up to the tracker until it answers, and has the answer recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from bot.engine import CommandHandler, Unknown
from bot.format.catalogue import CLOCK
from bot.journal.search import Following
from bot.render.after import as_handed_on, key_of
from bot.run.after.rules import to_hand_on
from bot.run.after.state import FollowUp
from bot.run.commands import NoteHandedOn, Refused
from bot.run.state import Run
from bot.workers.tracker.webhook import WebhookResult

EVERY = timedelta(seconds=15)
WAITS = (15.0, 60.0, 300.0, 1_800.0, 7_200.0)
"""Seconds before the second attempt and each one after; then it is given up, and the thread says so."""

log = structlog.get_logger(__name__)


class Tracker(Protocol):
    """Whoever takes follow-ups."""

    def hand_on(self, key: str, content: dict[str, object]) -> WebhookResult:
        """Offer one; the same `key` is the same follow-up."""


@dataclass(slots=True)
class _Attempts:
    """How often one was offered in vain, and when it is offered again, by a steady clock."""

    many: int
    again: float


class HandingOn:
    """One look after the other, on one replica of all; what a process forgets by its end is offered anew."""

    def __init__(
        self, handler: CommandHandler, following: Following, tracker: Tracker, steady: Callable[[], float]
    ) -> None:
        """Take the command handler, which runs to look at, who takes follow-ups, and a steady clock in seconds."""
        self._handler, self._following, self._tracker, self._steady = handler, following, tracker, steady
        self._attempts: dict[str, _Attempts] = {}
        self._settled: dict[str, int] = {}
        """Runs in which nothing was left to hand on, with the head that they had."""

    def look(self) -> None:
        """Offer what is to be offered, for no longer than a while; the rest waits for the next look."""
        until = self._steady() + EVERY.total_seconds()
        listed = self._following.to_do()
        self._settled = {run_id: head for run_id, head in listed if self._settled.get(run_id) == head}
        for run_id, head in listed:
            if run_id in self._settled:
                continue
            run = self._load(run_id)
            waiting = to_hand_on(run) if run is not None else ()
            if run is None or not waiting:
                self._settled[run_id] = head
                continue
            for one in waiting:
                if self._steady() >= until:
                    return
                self._offer(run, one)

    def _load(self, run_id: str) -> Run | None:
        try:
            return self._handler.load(run_id)
        except Unknown:
            return None

    def _offer(self, run: Run, one: FollowUp) -> None:
        key = key_of(run, one)
        before = self._attempts.get(key)
        if before is not None and self._steady() < before.again:
            return
        answer = self._tracker.hand_on(key, as_handed_on(run, one))
        many = (before.many if before else 0) + 1
        if answer.taken or answer.final or many > len(WAITS):
            self._attempts.pop(key, None)
            self._record(run, one, answer)
            return
        log.info("the tracker did not take a follow-up yet", run=run.start.ref, number=one.number, attempt=many)
        self._attempts[key] = _Attempts(many, self._steady() + WAITS[many - 1])

    def _record(self, run: Run, one: FollowUp, answer: WebhookResult) -> None:
        try:
            self._handler.handle(run.id, NoteHandedOn(one.number, answer.taken, answer.words), CLOCK, "clock")
        except Refused as refused:
            log.warning("what the tracker answered was not recorded", run=run.start.ref, why=refused.sentence)
