"""Readings, from both ends: `serve` records what is asked of the files, and hands look and record what they see.

Hands look at nothing that their file does not list; nobody waits for them, and nothing of it moves a run.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Event

import jmespath
import structlog
from jmespath.exceptions import JMESPathError
from pydantic_core import from_json

from bot.bulkhead import bulkhead
from bot.format.catalogue import CLOCK
from bot.format.hands import Connectable, HandsFile
from bot.format.permits import NotAllowed
from bot.hands.allowing import Allowed, allow_look
from bot.hands.executing import Bounds, Ended, execute
from bot.hands.output import redacted
from bot.hands.requesting import reach, send
from bot.journal.store import Journal
from bot.journal.streams import PROTECTIONS, READINGS, Streams
from bot.library.bringing.entries import NotBrought
from bot.library.inventory import looks_of, names_in
from bot.library.registry import Registry
from bot.readiness.protection.events import ProtectionEvent
from bot.readiness.protection.posted import asked_of, read_posted
from bot.readiness.protection.rules import Unfit, take
from bot.readiness.protection.state import Standing
from bot.readiness.reading.events import Looked, LookPlanned
from bot.readiness.reading.plan import INVENTORY, PROTECTION, wanted_of
from bot.readiness.reading.rules import SAID, answers, decline, look, plan

EVERY = timedelta(minutes=1)
OF_READINGS = "readings"
LOOK = 5.0
"""Seconds between two looks for what is due."""
WITHIN = 30.0
"""Seconds that each may take."""
_DUE, _AT_ONCE = 5_000, 50
"""How many are asked for that are due, and looked at before it is asked anew."""
_AGAIN = timedelta(minutes=10)
"""When hands look again whether their file lists what it did not."""

log = structlog.get_logger(__name__)


class ReadingPlanner:
    """`look` is called every while by one replica: it records what the files ask for now."""

    def __init__(self, registry: Registry, journal: Journal, now: Callable[[], datetime]) -> None:
        """`now` is the clock that judges the record."""
        self._registry, self._now, self._streams = registry, now, Streams(journal, READINGS)

    def look(self) -> None:
        """Ask for what is new, and for nothing that nobody asks for any more."""
        registry, now = self._registry, self._now()
        wanted = {**wanted_of(registry.catalogue, registry.runbooks), **looks_of(registry.inventories)}
        standing = self._streams.states()
        for name in {**wanted, **standing}:
            if plan(standing.get(name, READINGS.begin), wanted.get(name)):
                self._ask(name, wanted.get(name), now)

    def _ask(self, name: str, wanted: LookPlanned | None, now: datetime) -> None:
        self._streams.change(name, lambda here: plan(here, wanted), now, CLOCK, CLOCK)


class ReadingHands:
    """What one process of hands looks at. Several may work on one database: what two see at a time is recorded once."""

    def __init__(
        self, journal: Journal, hands: Callable[[], HandsFile], scrub: Callable[[str], str], now: Callable[[], datetime]
    ) -> None:
        """Take the file as it is now, what takes secrets out of a text, and the clock that judges the record."""
        self._hands, self._scrub, self._now = hands, scrub, now
        self._readings, self._protections = Streams(journal, READINGS), Streams(journal, PROTECTIONS)
        self._declined: dict[str, tuple[LookPlanned, datetime]] = {}

    def run(self, stopping: Event) -> None:
        """Look until `stopping`."""
        while not stopping.wait(LOOK):
            with bulkhead(log, "hands could not look at what the catalogue asks for"):
                self.look(stopping)

    def look(self, stopping: Event | None = None) -> None:
        """Look at what is due and what these hands serve."""
        hands, now = self._hands(), self._now()
        if not hands.readings:
            return
        for name, asked in list(self._due(hands, now))[:_AT_ONCE]:
            if stopping is not None and stopping.is_set():
                return
            with bulkhead(log, "hands broke at a look", reading=name):
                self._look_at(name, asked, hands)

    def _due(self, hands: HandsFile, now: datetime) -> Iterator[tuple[str, LookPlanned]]:
        known = self._readings.open()
        for name in self._readings.due(now, _DUE):
            asked = known[name].plan if name in known else None
            if asked is None or hands.place(asked.place) is None:
                continue  # another machine's
            before = self._declined.get(name)
            if before is None or before[0] != asked or now - before[1] >= _AGAIN:
                yield name, asked

    def _look_at(self, name: str, asked: LookPlanned, hands: HandsFile) -> None:
        by = f"hands:{hands.name}"
        try:
            allowed = allow_look(hands, name, asked)
        except NotAllowed as why:
            said, now = str(why)[:SAID], self._now()
            self._declined[name] = (asked, now)
            self._readings.change(name, lambda here: decline(here, asked, said), now, by, "hands")
            return
        self._declined.pop(name, None)
        ended = _done(allowed, asked)
        seen, body = self._seen(name, asked, allowed, ended)
        now = self._now()
        _, events = self._readings.change(name, lambda here: look(here, asked, seen, now), now, by, "hands")
        if events and seen.worked and name.startswith(PROTECTION):
            self._report(name, asked, body, by)

    def _seen(self, name: str, asked: LookPlanned, allowed: Allowed | Connectable, ended: Ended) -> tuple[Looked, str]:
        """What was seen, and what was printed, without secrets."""
        secrets = allowed.secrets if isinstance(allowed, Allowed) else ()
        text = redacted(ended.out, secrets, self._scrub)
        worked = ended.how in ("exit", "status") and ended.exit is not None and answers(asked.ok, ended.exit)
        if not worked:
            return Looked(worked=False, said=self._why(asked, ended, secrets)), ""
        if name.startswith(INVENTORY):
            try:
                return Looked(worked=True, names=names_in(text, asked.reads)), ""
            except NotBrought as wrong:
                return Looked(worked=False, said=str(wrong)[:SAID]), ""
        return self._readable(name, asked, text)

    def _readable(self, name: str, asked: LookPlanned, text: str) -> tuple[Looked, str]:
        """Of a report, whether it can be read; of anything else, that it went well."""
        if not name.startswith(PROTECTION):
            return Looked(worked=True), text
        try:
            body = _report_in(text, asked.reads)
            read_posted(body.encode())
        except Unfit as wrong:
            return Looked(worked=False, said=f"Its report cannot be taken: {wrong}"[:SAID]), ""
        return Looked(worked=True), body

    def _why(self, asked: LookPlanned, ended: Ended, secrets: tuple[str, ...]) -> str:
        if ended.how == "status":
            return f"it answers {ended.exit}"
        if ended.how != "exit":
            return (ended.trouble or f"it did not end within {WITHIN:.0f} s")[:SAID]
        lines = redacted(ended.printed, secrets, self._scrub).strip().splitlines()
        return f"{asked.argv[0].rpartition('/')[2]} ended with {ended.exit}{f': {lines[-1]}' if lines else ''}"[:SAID]

    def _report(self, name: str, asked: LookPlanned, body: str, by: str) -> None:
        """Take a report that was fetched as one that was sent; what does not fit is what was seen of it."""
        of, at, posted = name.removeprefix(PROTECTION), self._now(), read_posted(body.encode())

        def decide(here: Standing) -> tuple[ProtectionEvent, ...]:
            return take(here, asked_of(posted, here, at), at)

        try:
            self._protections.change(of, decide, at, by, "hands")
        except Unfit as wrong:
            seen = Looked(worked=False, said=f"Its report cannot be taken: {wrong}"[:SAID])
            self._readings.change(name, lambda here: (seen,) if here.plan == asked else (), at, by, "hands")


def _done(allowed: Allowed | Connectable, asked: LookPlanned) -> Ended:
    if isinstance(allowed, Connectable):
        host, _, port = asked.to.rpartition(":")
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):  # noqa: PLR2004  (ports)
            return Ended("not started", 0.0, trouble=f"{asked.to} is no host and port.")
        return reach(host.strip("[]"), int(port), WITHIN, private=allowed.private)
    if allowed.web is not None:
        return send(allowed.web, WITHIN)
    return execute(allowed.argv, allowed.environment, Bounds(WITHIN))


def _report_in(text: str, reads: str) -> str:
    """The body of a heartbeat in what came; Unfit when there is none."""
    if not reads:
        return text
    try:
        found = jmespath.search(reads, from_json(text))
        return json.dumps(found)
    except (JMESPathError, ValueError, TypeError, RecursionError) as wrong:
        raise Unfit(f"{reads} cannot be followed: {(str(wrong).splitlines() or [''])[0][:80]}") from None
