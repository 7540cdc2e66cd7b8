"""Where a run stands: what a run is, frozen. How events move it, `evolve` says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from bot.format.pieces import Value
from bot.format.runbook import Runbook
from bot.run import events
from bot.run.after.state import After
from bot.run.hands.state import HandsState
from bot.run.members.state import Members
from bot.run.paging.state import Pages
from bot.run.places import (
    Approval,
    AwaitingSignature,
    Chain,
    EndRequest,
    Given,
    Glass,
    Hold,
    InCall,
    Offer,
    Over,
    Place,
    RuledOut,
    StopAsked,
    Visit,
)

T = TypeVar("T")
ROUNDS = 3
"""The time from which on the same way to the hold calls more people, and other ends are offered."""
_FOUND = "_found"
__all__ = ["ROUNDS", "Run", "Unstarted", "but"]


@dataclass(frozen=True, slots=True)
class Unstarted:
    """A run before its first event: an id, and the runbook that it will be pinned to."""

    id: str
    book: Runbook


@dataclass(frozen=True)
class Run:
    """A run as its events have made it. `seq` is the number of the last event.

    Without slots, so that `but` copies it in one go.
    """

    id: str
    book: Runbook
    start: events.Started
    started_at: datetime
    requester: str
    here: Place
    seq: int
    members: Members
    """Who is of the run now: asked for every right, never the start alone."""
    operator: str | None = None
    operated: frozenset[str] = frozenset()
    """Who has operated this run, or one that it goes on from."""
    chain: Chain = field(default_factory=Chain)
    """Who else counts as having started or operated: in the runs above, before and below."""
    law: int = 1
    """The number of the law by which it goes now."""
    left_at: datetime | None = None
    """Since when nobody operates, because whoever did is out."""
    vars: Mapping[str, Value] = field(default_factory=dict)
    given: Mapping[str, Given] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    """Blind answers that have not been compared yet."""
    visits: Mapping[str, int] = field(default_factory=dict)
    done: tuple[Visit, ...] = ()
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    void: Mapping[str, str] = field(default_factory=dict)
    """Sign-off step -> why its last signatures count no more, until it is answered again."""
    expired: Mapping[str, int] = field(default_factory=dict)
    """Sign-off step -> how often it was asked for in vain."""
    brought_by: str | None = None
    """Whose own press has just brought the run to where it stands: they need no call for it."""
    held_from: str | None = None
    """The step from which `exception` was reached."""
    paused: Hold | None = None
    offer: Offer | None = None
    glass: tuple[Glass, ...] = ()
    """Who went on without signatures: broke the glass, or did what was not signed for yet."""
    ruled_out: Mapping[str, tuple[RuledOut, ...]] = field(default_factory=dict)
    """By name, the values that were answered and that a check refused since."""
    calls: Mapping[str, InCall] = field(default_factory=dict)
    """Step -> the run that it opened meanwhile, until a `join` has taken how it ended."""
    stop_wanted: StopAsked | None = None
    """Somebody stops the run that called this one, and asks for the same here."""
    wish: EndRequest | None = None
    """The end that somebody at the hold asks the lead for."""
    parent_told: bool = False
    tried: Mapping[tuple[str, str, int], int] = field(default_factory=dict)
    """How often somebody who may not tried to sign: by person, step and visit."""
    pages: Pages = field(kw_only=True)
    after: After = field(default_factory=After)
    hands: HandsState = field(default_factory=HandsState)
    ahead: Mapping[str, int] = field(default_factory=dict)
    """Step id -> seconds that are usually needed from there to the best end, itself included."""
    steps_ahead: Mapping[str, int] = field(default_factory=dict)
    """Step id -> how many steps of people are left from there to the best end, itself included; on good ways only."""

    def found(self, name: str, find: Callable[["Run"], T]) -> T:
        """What follows from this state and is asked for again and again: found once, and left behind by `but`."""
        known = self.__dict__.setdefault(_FOUND, {})
        if name not in known:
            known[name] = find(self)
        value: T = known[name]
        return value

    @property
    def requesters(self) -> frozenset[str]:
        """Whoever started a run of the chain."""
        before = () if self.start.former is None else (self.start.former.requester,)
        return frozenset((self.requester, *before, *self.chain.requesters))

    @property
    def operators(self) -> frozenset[str]:
        """Whoever has ever operated a run of the chain, or begun a command in it that changes something."""
        return self.operated | set(self.chain.operators)

    @property
    def whole_chain(self) -> Chain:
        """Everybody of the chain, this run's own people among them."""
        return self.chain.grown(self.requesters, self.operators, self.members.let_in_pairs)

    @property
    def approved_here(self) -> bool:
        """Whether the sign-off where the run stands was given: the run goes on from it by itself."""
        here = self.here
        given = self.approvals.get(here.step) if isinstance(here, AwaitingSignature) else None
        return given is not None and isinstance(here, AwaitingSignature) and given.visit == here.visit

    @property
    def times_round(self) -> int:
        """How often the step from which the hold was reached has come here by the same exit; 0 anywhere else."""
        return self.times_held if self.here_is(self.book.exception) else 0

    @property
    def times_held(self) -> int:
        """How often the step from which the hold was reached has come there by the exit that it took last."""
        exits = [one.exit for one in self.done if one.step == self.held_from]
        return exits.count(exits[-1]) if exits else 0

    @property
    def over(self) -> bool:
        return isinstance(self.here, Over)

    @property
    def unreviewed(self) -> tuple[Glass, ...]:
        """Broken glasses that nobody has reviewed."""
        return tuple(one for one in self.glass if one.reviewed_by is None)

    def here_is(self, step: str) -> bool:
        """Whether the run stands at this step."""
        return not isinstance(self.here, Over) and self.here.step == step

    def name_of(self, person: str | None) -> str:
        """The name to say for a person id; the id itself when the run does not know them."""
        if person == "clock":
            return "Handrail"
        known = self.members.known.get(person or "")
        known = known or next((one for one in self.after.owners if one.id == person), None)
        return known.name if known is not None else person or "nobody"

    def holders(self, role: str) -> tuple[str, ...]:
        """Person ids in a role now, whoever was on call at the start first."""
        return self.members.holders(role)


_FIELDS = frozenset(one.name for one in fields(Run))

if TYPE_CHECKING:  # each field is known by its name and its type
    from dataclasses import replace as but
else:

    def but(run: Run, /, **changes: object) -> Run:
        """The run with some fields changed, in 1 µs: `replace` took 18, ten times a click (measured 2026-11-22)."""
        made = object.__new__(Run)
        state = made.__dict__
        state |= run.__dict__
        state |= changes
        state.pop(_FOUND, None)
        if len(state) != len(_FIELDS):
            raise TypeError(f"a run has no {', '.join(changes.keys() - _FIELDS)}")
        return made
