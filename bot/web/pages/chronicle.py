"""The log of a run as the pages show it: drawn once for each record, whoever reads it."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from markupsafe import Markup

from bot.engine import CommandHandler
from bot.engine.handler import Happened
from bot.render.message import one_line, visible
from bot.render.prose import say_role, say_who
from bot.render.sentences import say_event
from bot.run import events
from bot.run.hands.events import ActionFinished
from bot.run.paging.events import NobodyReached, Paged, PageTried
from bot.run.situation import Stamp
from bot.run.state import Run
from bot.web.pages.words import time_html

NEWEST = 500
"""Records on one page; older ones stand on pages of their own."""
_KEPT = 64
_ALARMING = (
    events.DoneAlready,
    events.GlassBroken,
    events.HelpAsked,
    events.MismatchSeen,
    NobodyReached,
    Paged,
    events.SentBack,
    events.SignatureVoided,
    events.SigningRefused,
    events.SignoffExpired,
    events.SignoffRejected,
    events.VisitsSpent,
)
_SIGNING = (events.Signed, events.SignoffApproved, events.SignoffAsked)
_ENTRY = Markup(
    '<li id="record-{seq}" class="entry {tone}"><span class="at">{when}</span> '
    '<span class="what"><strong class="who">{who}</strong>{role} <span class="said">{said}</span>{more}</span> '
    '<a class="number" tabindex="-1" href="#record-{seq}">record {seq}</a></li>'
)
_OUTPUT = Markup(' <a href="/runs/{ref}/output/{seq}">what it printed</a>')


@dataclass(frozen=True, slots=True)
class DrawnRecord:
    """One record, drawn."""

    seq: int
    html: Markup


@dataclass(frozen=True, slots=True)
class ChronicleSlice:
    """A run and its newest entries, the oldest first. `turned` is the last record that changed how older ones read."""

    run: Run
    entries: tuple[DrawnRecord, ...]
    turned: int = 0

    def since(self, seq: int) -> tuple[DrawnRecord, ...] | None:
        """The entries after a record; None when that is not the whole difference."""
        known = bool(self.entries) and self.entries[0].seq <= seq + 1
        return tuple(one for one in self.entries if one.seq > seq) if known and seq >= self.turned else None


class Chronicle:
    """Tells runs, and keeps what it told. Safe to share between threads."""

    def __init__(self, handler: CommandHandler) -> None:
        """Take the command handler; nothing is read yet."""
        self._handler = handler
        self._kept: OrderedDict[str, ChronicleSlice] = OrderedDict()
        self._lock = Lock()

    def tell(self, run_id: str) -> ChronicleSlice:
        """The run as it is now; only what is new since the last time is read. Unknown when there is none."""
        run = self._handler.load(run_id)
        with self._lock:
            before = self._kept.get(run_id)
        if before is not None and before.run.seq == run.seq:
            return before
        told = self._go_on(before, run) if before is not None and before.run.seq < run.seq else None
        told = told or self._tell_anew(run)
        self._keep(told)
        return told

    def older(self, run: Run, before: int) -> tuple[DrawnRecord, ...]:
        """The entries that stand before a record, at most `NEWEST`, the oldest first."""
        first = max(0, before - NEWEST - 1)
        return _draw_all(run, [one for one in self._handler.history(run.id, first) if one[0] < before])

    def _go_on(self, before: ChronicleSlice, run: Run) -> ChronicleSlice | None:
        """What was told and what is new; None when older entries read differently now."""
        fresh = self._between(run, before.run.seq)
        if any(_turns(event) for _, event, _ in fresh):
            return None
        return ChronicleSlice(run, (*before.entries, *_draw_all(run, fresh))[-NEWEST:], before.turned)

    def _tell_anew(self, run: Run) -> ChronicleSlice:
        happened = self._between(run, max(0, run.seq - NEWEST))
        turned = max((seq for seq, event, _ in happened if _turns(event)), default=0)
        return ChronicleSlice(run, _draw_all(run, happened), turned)

    def _between(self, run: Run, after: int) -> list[Happened]:
        """What happened after a record, as far as `run` goes."""
        return [one for one in self._handler.history(run.id, after) if one[0] <= run.seq]

    def _keep(self, told: ChronicleSlice) -> None:
        with self._lock:
            self._kept[told.run.id] = told
            self._kept.move_to_end(told.run.id)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def _turns(event: events.Event) -> bool:
    """Whether older entries read differently from here on: words are gone, or a blind answer is shown."""
    blind = isinstance(event, events.StepFinished) and bool(event.blind or event.compared)
    return blind or isinstance(event, events.Corrected | events.Redacted)


def _draw_all(run: Run, happened: Sequence[Happened]) -> tuple[DrawnRecord, ...]:
    return tuple(DrawnRecord(seq, _draw(run, seq, event, stamp)) for seq, event, stamp in happened)


def _draw(run: Run, seq: int, event: events.Event, stamp: Stamp) -> Markup:
    form = "clock" if stamp.at.date() == run.started_at.date() else "day"
    role = _role_of(run, stamp.by)
    return _ENTRY.format(
        seq=seq,
        tone=_tone(event),
        when=time_html(stamp.at, form),
        who=one_line(say_who(run, stamp.by)),
        role=Markup(' <span class="role">{}</span>').format(role) if role else "",
        said=visible(say_event(run, event)),
        more=_OUTPUT.format(ref=run.start.ref, seq=seq) if isinstance(event, ActionFinished) and event.digest else "",
    )


def _role_of(run: Run, person: str) -> str:
    """The roles that somebody was pinned to, as they stand in brackets."""
    held = [
        say_role(role).removeprefix("the ").removeprefix("a ")
        for role, people in run.members.roles.items()
        if person in people
    ]
    return ", ".join(held)


def _tone(event: events.Event) -> str:
    match event:
        case events.Ended(outcome="recovered") | events.StepFinished(exit="ok"):
            return "good"
        case events.StepFinished():
            return "alarming"
        case events.StepEntered() | PageTried(reached=True):
            return "entered"
        case _ if isinstance(event, _ALARMING):
            return "alarming"
        case _ if isinstance(event, _SIGNING):
            return "signing"
        case _:
            return "plain"
