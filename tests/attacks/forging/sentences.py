"""The sentences of the law, read naively: what each record breaks, from the events and the runbook's text alone.

Nothing of Handrail's rules is used here, on purpose: this is the second of two readings that have to agree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.format.runbook import Runbook, RunStep, Signoff
from bot.run.events import (
    Begun,
    Chosen,
    Corrected,
    Ended,
    Event,
    GlassBroken,
    GlassReviewed,
    HandOverAccepted,
    HandOverOffered,
    SignatureVoided,
    Signed,
    SignoffApproved,
    SignoffAsked,
    SignoffExpired,
    SignoffRejected,
    Skipped,
    Started,
    StepEntered,
    StepFinished,
    TookOver,
    Watched,
    WentBack,
)
from bot.run.situation import Stamp

History = Sequence[tuple[Event, Stamp]]
DEEDS = (
    StepEntered, Begun, StepFinished, Signed, SignoffAsked, SignoffApproved, SignoffRejected, SignoffExpired,
    GlassBroken, TookOver, HandOverOffered, HandOverAccepted, Chosen, Skipped, WentBack, Watched, Corrected, Ended,
)  # fmt: skip
"""What does not happen once a run has ended."""


@dataclass
class _Given:
    """Signatures in force, or a broken glass: for which content, until when, and what was started under them."""

    signers: tuple[str, ...]
    until: datetime | None
    values: dict[str, object]
    glass: bool = False
    started: set[str] = field(default_factory=set)


@dataclass
class _Reader:
    book: Runbook
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    requester: str = ""
    operator: str | None = None
    operators: set[str] = field(default_factory=set)
    givers: dict[str, str] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    asked: tuple[str, datetime] | None = None
    signed: tuple[str, ...] = ()
    given: dict[str, _Given] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    watcher: tuple[str, int, str] | None = None
    offered: str | None = None
    glass: list[str] = field(default_factory=list)
    reviewed: bool = True
    over: bool = False

    def holds(self, who: str, *roles: str) -> bool:
        return any(who in self.roles.get(role, ()) for role in roles)

    def signoff(self, step: str) -> Signoff | None:
        found = self.book.by_id.get(step)
        return found if isinstance(found, Signoff) else None

    def bound_to(self, step: str) -> Iterator[Signoff]:
        return (one for one in self.book.steps if isinstance(one, Signoff) and step in one.binds.steps)

    def destroys(self, step: str) -> bool:
        found = self.book.by_id.get(step)
        return isinstance(found, RunStep) and found.effect == "destroy"

    def forbidden(self, signoff: Signoff) -> set[str]:
        """Sentence 4."""
        default = {"requester", "operator", "giver"} - ({"giver"} if signoff.mode == "after" else set())
        words = default if signoff.forbid is None else set(signoff.forbid)
        return words | ({"requester", "operator", "giver"} if any(map(self.destroys, signoff.binds.steps)) else set())

    def is_barred(self, who: str, signoff: Signoff) -> bool:
        words = self.forbidden(signoff)
        if "requester" in words and who == self.requester:
            return True
        if "operator" in words and who in self.operators | {self.operator}:
            return True
        if "giver" in words and any(self.givers.get(name) == who for name in signoff.binds.vars):
            return True
        return any(self.holds(who, role) for role in words - {"requester", "operator", "giver"})

    def may_sign(self, who: str, signoff: Signoff) -> bool:
        return self.holds(who, *signoff.from_) and not self.is_barred(who, signoff)

    def are_enough(self, signers: Sequence[str], signoff: Signoff) -> bool:
        """Sentence 2: those who hold a role and are not barred are `need`; with `each` one for every role."""
        counting = {one for one in signers if self.may_sign(one, signoff)}
        every = all(any(self.holds(one, role) for one in counting) for role in signoff.from_)
        return len(counting) >= signoff.need and (every or not signoff.each)


def breaches(book: Runbook, history: History) -> Iterator[tuple[int, str]]:
    """The place in the history of each record that breaks a sentence of the law, and which."""
    reader = _Reader(book)
    for place, (event, stamp) in enumerate(history):
        why = _breach(reader, event, stamp) if place else None
        if why is not None:
            yield place, why
        _follow(reader, event, stamp)


def _breach(law: _Reader, event: Event, stamp: Stamp) -> str | None:
    if law.over and isinstance(event, DEEDS):
        return "nothing happens after the end"
    match event:
        case Begun(step=step, visit=visit):
            return _of_start(law, step, visit, stamp)
        case Signed(step=step):
            return _of_signature(law, step, stamp)
        case SignoffApproved(step=step, signers=signers):
            signoff = law.signoff(step)
            enough = signoff is not None and law.asked is not None and law.asked[0] == step
            there = set(signers) <= set(law.signed) and enough and signoff is not None
            return None if there and signoff and law.are_enough(signers, signoff) else "2: the signatures are not there"
        case GlassBroken(step=step):
            signoff, asked = law.signoff(step), law.asked is not None and law.asked[0] == step
            may = law.holds(stamp.by, "lead") and stamp.by not in law.operators | {law.operator}
            fine = may and asked and step in law.expired and signoff and not law.is_barred(stamp.by, signoff)
            return None if fine else "6: the glass was not theirs to break"
        case GlassReviewed():
            return "6: who broke or operated reviews" if stamp.by in law.operators | set(law.glass) else None
        case TookOver() | HandOverAccepted():
            known = law.holds(stamp.by, "operator", "lead") or " " in stamp.by
            return None if known else "whoever takes over holds a role for it"
        case Ended(outcome="recovered"):
            return None if law.reviewed else "6: the glass was not reviewed"
        case _:
            return None


def _of_signature(law: _Reader, step: str, stamp: Stamp) -> str | None:
    signoff = law.signoff(step)
    if signoff is None or law.asked is None or law.asked[0] != step or stamp.at >= law.asked[1]:
        return "2: nobody was asked for this signature, or not any more"
    if not law.may_sign(stamp.by, signoff) or stamp.by in law.signed:
        return "4: who signs is barred, holds no role, or has signed"
    return None


def _of_start(law: _Reader, step: str, visit: int, stamp: Stamp) -> str | None:
    found = law.book.by_id.get(step)
    role = found.witness if isinstance(found, RunStep) else None
    if role is not None:
        watches = law.watcher is not None and law.watcher[:2] == (step, visit) and law.watcher[2] != stamp.by
        if not watches or law.watcher is None or not law.holds(law.watcher[2], role):
            return "7: nobody watches this visit who does not start it"
    for signoff in law.bound_to(step):
        given = law.given.get(signoff.id)
        if given is None:
            return "1: neither signatures nor a broken glass"
        if given.until is not None and stamp.at > given.until:
            return "2: not valid in time"
        if given.values != {name: law.values.get(name) for name in signoff.binds.vars}:
            return "2: something else was signed"
        if step in given.started and (law.destroys(step) or given.glass or set(given.signers) & law.operators):
            return "3: these signatures were used"
        if stamp.by in given.signers:
            return "5: who starts signed or broke the glass"
        if given.glass and (set(given.signers) & (law.operators | {law.operator})):
            return "6: who broke the glass operates"
        if not given.glass and not law.are_enough(given.signers, signoff):
            return "2: the signers are not enough any more"
        if " " in stamp.by and not given.glass:
            return "8: a name that was never proved"
    return None


def _follow(law: _Reader, event: Event, stamp: Stamp) -> None:  # noqa: C901, PLR0912  (a line for each kind)
    match event:
        case Started():
            law.roles, law.requester, law.operator = dict(event.roles), stamp.by, event.operator
            law.operators |= {event.operator} - {None} if event.operator else set()
            for name, value in event.inputs.items():
                law.values[name], law.givers[name] = value, stamp.by
        case StepFinished(answers=answers):
            for name, value in answers.items():
                law.values[name], law.givers[name] = value, stamp.by
        case Corrected(name=name, new=new):
            law.values[name], law.givers[name] = new, stamp.by
        case SignoffAsked(step=step, expires_at=until):
            law.signed = law.signed if law.asked is not None and law.asked[0] == step and event.again else ()
            law.asked = step, until
        case SignatureVoided(step=step):
            law.given.pop(step, None)
            law.signed = () if law.asked is not None and law.asked[0] == step else law.signed
        case Signed():
            law.signed = (*law.signed, stamp.by)
        case SignoffApproved(step=step, signers=signers):
            _approve(law, step, signers, stamp, glass=False)
        case GlassBroken(step=step):
            _approve(law, step, (stamp.by,), stamp, glass=True)
            law.glass.append(stamp.by)
            law.reviewed = False
        case GlassReviewed():
            law.reviewed = True
        case SignoffRejected(step=step) | SignoffExpired(step=step):
            law.given.pop(step, None)
            law.asked = None
            law.expired |= {step} if isinstance(event, SignoffExpired) else set()
        case Watched(step=step, visit=visit):
            law.watcher = step, visit, stamp.by
        case Begun(step=step):
            _begin(law, step, stamp)
        case TookOver() | HandOverAccepted():
            law.operator = stamp.by
            law.operators.add(stamp.by)
        case Ended():
            law.over = True
        case _:
            return


def _approve(law: _Reader, step: str, signers: tuple[str, ...], stamp: Stamp, *, glass: bool) -> None:
    signoff = law.signoff(step)
    law.asked, law.signed = None, ()
    if signoff is not None:
        lasts = signoff.valid_for or law.book.policy.signoff.valid_for
        until = None if signoff.mode == "after" else stamp.at + lasts
        values = {name: law.values.get(name) for name in signoff.binds.vars}
        law.given[step] = _Given(signers, until, values, glass)


def _begin(law: _Reader, step: str, stamp: Stamp) -> None:
    found = law.book.by_id.get(step)
    for signoff in law.bound_to(step):
        if signoff.id in law.given:
            law.given[signoff.id].started.add(step)
    if isinstance(found, RunStep) and found.effect in ("change", "destroy"):
        law.operators.add(stamp.by)
