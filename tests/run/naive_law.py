"""The law once more, by its nine sentences and over records alone: a judge that shares no rule with the product.

It keeps only what records say (who started, operated, gave, signed, broke, watched, left and was let in), and tells of
each start, signature, broken glass, review, take-over and letting-in whether it was lawful, and which sentence says no.
It is slow and plain on purpose. Nothing of `run/law` or `run/members/rules` is used.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations, product
from typing import Any

from bot.format.runbook import Check, Do, Runbook, RunStep, Signoff, Step, Wait
from bot.run.events import (
    Begun,
    CallReturned,
    ChainGrown,
    Corrected,
    DoneAlready,
    Ended,
    Event,
    GlassBroken,
    GlassReviewed,
    HandOverAccepted,
    SignatureVoided,
    Signed,
    SignoffApproved,
    SignoffAsked,
    SignoffExpired,
    SignoffRejected,
    Started,
    StepEntered,
    StepFinished,
    TookOver,
    Watched,
)
from bot.run.members.events import LetIn, PeopleChanged
from bot.run.places import Chain
from bot.run.situation import Somebody, Stamp

CLOCK = "clock"
DEEDS = ("requester", "operator", "giver")
OF_A_START = (Begun, StepEntered)
_NAMED = re.compile(r"vars\.(\w+)")


@dataclass
class Grant:
    """What a sign-off was given: by whom, on which words, how long, and what was started under it."""

    signers: frozenset[str]
    words: Mapping[str, object]
    until: datetime | None
    glass: bool = False
    started: set[str] = field(default_factory=set)


@dataclass
class Asked:
    """A sign-off that is being asked for."""

    visit: int
    digest: str
    words: Mapping[str, object]
    since: datetime
    signed: set[str] = field(default_factory=set)


@dataclass
class Naive:
    """What records say of a run up to now."""

    book: Runbook
    requesters: set[str] = field(default_factory=set)
    operators: set[str] = field(default_factory=set)
    operator: str | None = None
    values: dict[str, object] = field(default_factory=dict)
    givers: dict[str, set[str]] = field(default_factory=dict)
    roles: dict[str, set[str]] = field(default_factory=dict)
    leads: set[str] = field(default_factory=set)
    """Leads of the start who were never out."""
    people: set[str] = field(default_factory=set)
    accounts: dict[str, set[str | None]] = field(default_factory=dict)
    """Every Slack account of each name that was ever of the run or its chain."""
    account_now: dict[str, str | None] = field(default_factory=dict)
    at_start: dict[str, set[str | None]] = field(default_factory=dict)
    waiting: dict[str, set[str]] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    in_vain: dict[str, int] = field(default_factory=dict)
    broke: set[str] = field(default_factory=set)
    """Who broke a glass that nobody reviewed yet."""
    here: tuple[str, int] = ("", 0)
    begun: bool = False
    watcher: str | None = None
    let_in: set[tuple[str, str]] = field(default_factory=set)
    """Who let in whom."""

    # --- the sentences -------------------------------------------------------------------------------------------

    def judge(self, event: Event, stamp: Stamp) -> str | None:
        """Which sentence forbids this record; None when none does."""
        match event:
            case Begun(step=step):
                return self._judge_begin(step, event.visit, stamp)
            case StepEntered(step=step) if self._goes_by_itself(step):
                return self._judge_start(step, stamp)
            case Signed():
                return self._judge_signature(event, stamp.by)
            case GlassBroken():
                return self._judge_glass(event, stamp)
            case GlassReviewed():
                return self._judge_review(stamp.by)
            case Ended(outcome="recovered") if self.broke and self._reviewers():
                return "6: it closes as recovered, and the glass is not reviewed"
            case TookOver() | HandOverAccepted():
                may = self._hold(stamp.by, ("operator", "lead")) or stamp.unverified
                return None if may else "9: who operates holds no role for it"
            case LetIn(person=person, roles=roles):
                return self._judge_letting_in(person, set(roles), stamp.by)
            case PeopleChanged(into=into) if any(one.roles and self._stands_twice(one.known) for one in into):
                return "9: somebody of the run under another name"
            case DoneAlready(step=step, signed_for=signed_for) if signed_for != self._is_signed_for(step):
                return "6: it has to be reviewed, or has not"
            case DoneAlready(signed_for=True) if stamp.unverified:
                return "8: nobody proved who says so"
        return None

    def _judge_begin(self, step: str, visit: int, stamp: Stamp) -> str | None:
        if self.here != (step, visit) or self.begun:
            return "begun where the run does not stand, or twice"
        role = self.book.by_id[step].who
        theirs = stamp.by == self.operator if role == "operator" else self._hold(stamp.by, (role,))
        if not theirs:
            return "the step is somebody else's"
        return self._judge_start(step, stamp)

    def _judge_start(self, step_id: str, stamp: Stamp) -> str | None:
        step, starter = self.book.by_id[step_id], stamp.by
        for signoff in self._binding(step_id):
            why = self._why_not_in_force(signoff, step, stamp)
            if why is not None:
                return why
        if isinstance(step, RunStep) and step.witness is not None:
            if self.watcher is None or not self._hold(self.watcher, (step.witness,)):
                return "7: nobody of the role watches"
            if stamp.unverified:
                return "8: nobody proved who starts"
            if self.watcher in self._one_with({starter}):
                return "5: the starter watches"
        return None

    def _why_not_in_force(self, signoff: Signoff, step: Step, stamp: Stamp) -> str | None:
        grant = self.grants.get(signoff.id)
        if grant is None:
            return "1: nothing in force"
        if grant.until is not None and stamp.at > grant.until:
            return "2: the time is over"
        if grant.words != self._words(signoff):
            return "2: the words have changed"
        if self._one_with({stamp.by}) & grant.signers:
            return "5: the starter signed, or broke the glass"
        if stamp.unverified:
            return "8: nobody proved who starts"
        if grant.glass:
            return self._why_glass_ended(grant, step)
        if not self._enough(signoff, grant.signers):
            return "2: those who are left are not enough"
        if step.id in grant.started and _destroys(step):
            return "3: a second start of what destroys"
        if step.id in grant.started and grant.signers & self._one_with(self.operators):
            return "3: a further start, and a signer has operated"
        return None

    def _why_glass_ended(self, grant: Grant, step: Step) -> str | None:
        if step.id in grant.started:
            return "6: a glass covers one start"
        if grant.signers & self._one_with(self.operators):
            return "6: who broke the glass came to operate"
        return None if grant.signers <= self.roles.get("lead", set()) else "9: who broke the glass is out"

    def _enough(self, signoff: Signoff, signers: Iterable[str]) -> bool:
        counted = {one for one in signers if self._hold(one, signoff.from_)} - self.barred(signoff)
        return any(self._are_enough(signoff, set(few)) for few in self._apart(counted))

    def _are_enough(self, signoff: Signoff, people: set[str]) -> bool:
        """`need` of them, and with `each` every role can be given somebody of its own."""
        ways: Iterable[tuple[str, ...]] = product(*(people & self.roles.get(role, set()) for role in signoff.from_))
        every = any(len(set(way)) == len(way) for way in ways)
        return len(people) >= signoff.need and (every or not signoff.each)

    def _apart(self, people: set[str]) -> Iterator[tuple[str, ...]]:
        """Every choice of them in which no two count as one."""
        for many in range(len(people) + 1):
            for few in combinations(sorted(people), many):
                if all(other not in self._one_with({one}) for one, other in combinations(few, 2)):
                    yield few

    def barred(self, signoff: Signoff) -> set[str]:
        """Whom `forbid` names (4)."""
        written = signoff.forbid if signoff.forbid is not None else self.book.policy.signoff.forbid
        words = set(DEEDS if written is None else written)
        if signoff.mode == "after" and signoff.forbid is None:
            words.discard("giver")
        if any(_destroys(self.book.by_id.get(one)) for one in signoff.binds.steps):
            words.update(DEEDS)
        people: set[str] = set()
        people |= self.requesters if "requester" in words else set()
        people |= self._one_with(self.operators) if "operator" in words else set()
        for name in signoff.binds.vars if "giver" in words else ():
            people |= self.givers.get(name, set())
        return people.union(*(self.roles.get(word, set()) for word in words - set(DEEDS)))

    def _judge_signature(self, event: Signed, by: str) -> str | None:
        signoff, asked = self.book.by_id[event.step], self.asked.get(event.step)
        assert isinstance(signoff, Signoff)
        if asked is None or (asked.visit, asked.digest) != (event.visit, event.digest) or by in asked.signed:
            return "2: this is not what is asked, or they signed already"
        if not self._hold(by, signoff.from_):
            return "2: who signs holds none of its roles"
        return "4: who signs is barred" if by in self.barred(signoff) else None

    def _judge_glass(self, event: GlassBroken, stamp: Stamp) -> str | None:
        signoff, asked, by = self.book.by_id[event.step], self.asked.get(event.step), stamp.by
        assert isinstance(signoff, Signoff)
        if not self._hold(by, ("lead",)):
            return "6: the glass is the lead's"
        if by in self._one_with(self.operators) or by in self.barred(signoff):
            return "6: who breaks it is barred, or has operated"
        vain = asked is not None and self.in_vain.get(event.step, 0) > 0
        vain = vain and asked is not None and stamp.at >= asked.since + self.book.policy.signoff.again
        return None if vain else "6: nobody asked in vain"

    def _judge_review(self, by: str) -> str | None:
        if not self.broke:
            return "6: there is nothing to review"
        return "6: who reviews broke it, or operated" if by in self._one_with(self.broke | self.operators) else None

    def _judge_letting_in(self, person: str, roles: set[str], by: str) -> str | None:
        if by not in self.leads or by == person:
            return "9: only a lead since the start lets in, and others"
        if by in self.requesters | self.operators:
            return "9: who lets in started or operated"
        if any(whom == by for _, whom in self.let_in):
            return "9: who lets in was let in"
        return None if roles <= self.waiting.get(person, set()) else "9: they do not wait for that"

    def _reviewers(self) -> set[str]:
        return {one for one in self.people if not self.waiting.get(one)} - self._one_with(self.broke | self.operators)

    def _stands_twice(self, known: Somebody) -> bool:
        others = (held for one, held in self.accounts.items() if one != known.id)
        return known.slack is not None and any(known.slack in held for held in others)

    def _one_with(self, people: set[str]) -> set[str]:
        """These, who let them in, and whom any of all these let in."""
        behind = set(people)
        while more := {lead for lead, whom in self.let_in if whom in behind} - behind:
            behind |= more
        while more := {whom for lead, whom in self.let_in if lead in behind} - behind:
            behind |= more
        return behind

    # --- what is asked of the file -------------------------------------------------------------------------------

    def _binding(self, step: str) -> Iterator[Signoff]:
        return (one for one in self.book.steps if isinstance(one, Signoff) and step in one.binds.steps)

    def _is_signed_for(self, step_id: str) -> bool:
        step = self.book.by_id[step_id]
        alone = isinstance(step, RunStep) and (_destroys(step) or step.witness is not None)
        return alone or any(True for _ in self._binding(step_id))

    def _goes_by_itself(self, step_id: str) -> bool:
        step = self.book.by_id[step_id]
        by_hand = isinstance(step, Check | RunStep | Wait | Do)
        return not by_hand and any(True for _ in self._binding(step_id))

    def _hold(self, person: str, roles: Iterable[str]) -> bool:
        return any(person in self.roles.get(role, set()) for role in roles)

    def _words(self, signoff: Signoff) -> Mapping[str, object]:
        """The values of all that is bound, and of all that is named in what is bound."""
        names = set(signoff.binds.vars) | set(_NAMED.findall(signoff.say or ""))
        for bound in signoff.binds.steps:
            told = self.book.by_id[bound].model_dump(
                include={"run", "do", "call", "notify", "say", "caution", "command", "exec", "undo", "with_"}
            )
            names |= set(_NAMED.findall(str(told)))
        return {name: self.values.get(name) for name in sorted(names)}

    # --- what records tell ---------------------------------------------------------------------------------------

    def take(self, event: Event, stamp: Stamp) -> None:
        """Remember a record."""
        by = stamp.by
        match event:
            case Started():
                self._start(event, by)
            case StepEntered(step=step, visit=visit):
                self.here, self.begun, self.watcher = (step, visit), False, None
                self._use(step) if self._goes_by_itself(step) else None
            case Begun(step=step):
                self.begun = True
                written = self.book.by_id[step]
                self.operators |= {by} if isinstance(written, RunStep) and written.effect != "read" else set()
                self._use(step)
            case DoneAlready(step=step, signed_for=signed_for):
                self._take_as_done(step, by, signed_for=signed_for)
            case Watched():
                self.watcher = by
            case TookOver() | HandOverAccepted():
                self.operator = by
                self.operators.add(by)
                self.watcher = None if self.watcher == by else self.watcher
            case StepFinished():
                self._learn(event, by)
            case Corrected(name=name, new=new):
                self.values[name], self.givers[name] = new, {by} - {CLOCK}
            case ChainGrown(requesters=requesters, operators=operators, let_in=let_in):
                self._grow(Chain(requesters, operators, let_in))
            case CallReturned(captured=captured, chain=chain, givers=givers):
                self._grow(chain)
                self._set(captured, givers)
            case PeopleChanged() | LetIn():
                self._move_people(event, by)
            case _:
                self._take_signing(event, stamp)

    def _take_as_done(self, step: str, by: str, *, signed_for: bool) -> None:
        """What was done before its turn: who says so has operated; unsigned, it is a start and a broken glass (6)."""
        written = self.book.by_id[step]
        if signed_for or (isinstance(written, RunStep) and written.effect != "read"):
            self.operators.add(by)
        if signed_for:
            self._use(step)
            self.broke.add(by)
        else:
            self.begun = True

    def _start(self, event: Started, by: str) -> None:
        self.requesters = {by} - {CLOCK}
        self.operators, self.operator = {event.operator} - {None}, event.operator  # type: ignore[assignment]
        self._grow(event.chain)
        if event.former is not None:
            self.requesters.add(event.former.requester)
            self.operators |= set(event.former.operated)
            self.in_vain = dict(event.former.expired)
            self.broke = {one.by for one in event.former.glass if one.reviewed_by is None}
        self.roles = {role: set(held) for role, held in event.roles.items()}
        self.leads, self.people = set(self.roles.get("lead", ())), {one.id for one in event.people}
        self.accounts = {one.id: {one.slack} for one in event.people}
        self.account_now = {one.id: one.slack for one in event.people}
        for role, people in event.waiting.items():
            for one in people:
                self.waiting.setdefault(one, set()).add(role)
        self.at_start = {one: set(had) for one, had in self.accounts.items() if one not in self.waiting}
        for name, account in event.accounts:
            self.accounts.setdefault(name, set()).add(account)
        self.let_in |= {(one, person) for person, leads in event.let_in.items() for one in leads}
        self._set(event.given, event.givers)
        self._set(event.inputs, dict.fromkeys(event.inputs, (by,)))

    def _grow(self, chain: Chain) -> None:
        self.requesters |= set(chain.requesters)
        self.operators |= set(chain.operators)
        self.let_in |= {(lead, whom) for whom, lead in chain.let_in}

    def _set(self, values: Mapping[str, object], givers: Mapping[str, Iterable[str]]) -> None:
        for name, value in values.items():
            self.values[name], self.givers[name] = value, set(givers.get(name, ())) - {CLOCK}

    def _learn(self, event: StepFinished, by: str) -> None:
        step = self.book.by_id[event.step]
        made: Mapping[str, object] = step.set if isinstance(step, RunStep) and event.exit == "ok" else {}
        before = dict(self.givers)
        typed = {name: {by} - {CLOCK} for name in event.answers if name not in made}
        for name, value in event.answers.items():
            of = _NAMED.findall(str(made[name])) if name in made else ()
            self.values[name] = value
            self.givers[name] = typed.get(name) or set().union(*({**before, **typed}.get(one, set()) for one in of))

    def _use(self, step: str) -> None:
        for signoff in self._binding(step):
            if signoff.id in self.grants:
                self.grants[signoff.id].started.add(step)

    def _move_people(self, event: PeopleChanged | LetIn, by: str) -> None:
        if isinstance(event, LetIn):
            if {self.account_now[event.person]} != self.at_start.get(event.person):
                self.let_in.add((by, event.person))
            self.waiting[event.person] = self.waiting.get(event.person, set()) - set(event.roles)
            for role in event.roles:
                self.roles[role].add(event.person)
            return
        for one in event.out:
            lost = set(self.roles) if one.gone or one.account else set(one.roles)
            for role in lost:
                self.roles[role].discard(one.person)
            self.waiting[one.person] = self.waiting.get(one.person, set()) - lost
            self.leads -= {one.person} if "lead" in lost else set()
            self.people -= {one.person} if one.gone else set()
            self._end_signatures(one.person)
        for joiner in event.into:
            self.people.add(joiner.known.id)
            self.accounts.setdefault(joiner.known.id, set()).add(joiner.known.slack)
            self.account_now[joiner.known.id] = joiner.known.slack
            self.waiting.setdefault(joiner.known.id, set()).update(joiner.roles)

    def _end_signatures(self, person: str) -> None:
        """Who is out of every role of a sign-off has lost their signature on it for good (9)."""
        for name, asked in self.asked.items():
            asked.signed -= set() if self._hold(person, self._from(name)) else {person}
        for name, grant in self.grants.items():
            if not grant.glass and not self._hold(person, self._from(name)):
                grant.signers -= {person}
        if self.watcher is not None and self.watcher == person:
            step: Any = self.book.by_id[self.here[0]]
            self.watcher = person if self._hold(person, (getattr(step, "witness", None) or "",)) else None

    def _from(self, signoff: str) -> tuple[str, ...]:
        step = self.book.by_id[signoff]
        return step.from_ if isinstance(step, Signoff) else ()

    def _take_signing(self, event: Event, stamp: Stamp) -> None:
        match event:
            case SignoffAsked(step=step):
                self._ask(event, stamp)
            case Signed(step=step):
                self.asked[step].signed.add(stamp.by)
            case SignoffApproved(step=step):
                asked = self.asked[step]
                self.grants[step] = Grant(frozenset(asked.signed), asked.words, self._until(step, stamp.at))
                self.in_vain.pop(step, None)
            case GlassBroken(step=step):
                asked = self.asked[step]
                by = frozenset({stamp.by})
                self.grants[step] = Grant(by, asked.words, self._until(step, stamp.at), glass=True)
                self.in_vain.pop(step, None)
                self.broke.add(stamp.by)
            case SignoffRejected(step=step) | SignoffExpired(step=step):
                self.asked.pop(step, None)
                self.grants.pop(step, None)
                self.in_vain[step] = self.in_vain.get(step, 0) + (1 if isinstance(event, SignoffExpired) else 0)
            case SignatureVoided(step=step):
                self.grants.pop(step, None)
                if step in self.asked:
                    self.asked[step].signed.clear()
            case GlassReviewed():
                self.broke.clear()

    def _ask(self, event: SignoffAsked, stamp: Stamp) -> None:
        signoff, before = self.book.by_id[event.step], self.asked.get(event.step)
        assert isinstance(signoff, Signoff)
        now = Asked(event.visit, event.digest, self._words(signoff), stamp.at)
        if event.again and before is not None and before.visit == event.visit:
            now.since = before.since
            now.signed = before.signed - self.barred(signoff) if before.digest == event.digest else set()
        self.asked[event.step] = now

    def _until(self, step: str, at: datetime) -> datetime | None:
        signoff = self.book.by_id[step]
        if not isinstance(signoff, Signoff) or (signoff.mode == "after" and not signoff.binds.steps):
            return None
        return at + (signoff.valid_for or self.book.policy.signoff.valid_for)


def _destroys(step: Step | None) -> bool:
    return isinstance(step, RunStep) and step.effect == "destroy"


def judge_records(book: Runbook, records: Iterable[tuple[Event, Stamp]]) -> Iterator[tuple[int, str]]:
    """Number and sentence of each record that the law forbids."""
    naive = Naive(book)
    for seq, (event, stamp) in enumerate(records, 1):
        try:
            why = naive.judge(event, stamp)
            naive.take(event, stamp)
        except (KeyError, AssertionError):
            why = "it fits nothing that stood before it"
        if why is not None:
            yield seq, why
