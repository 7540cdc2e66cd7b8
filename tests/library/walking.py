"""A shipped runbook walked by its people: who acts in which role, what they say, and what another run brings back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.format.pieces import Value
from bot.format.runbook import Call, Decide, Do, Join, RunStep, Signoff, StepBase
from bot.library.registry import load_shelf
from bot.run.calls.rules import calls_out
from bot.run.commands import AsksBack, DoesNotHold, NoteChildOpened, TakeChildOutcome, Watch
from bot.run.places import AwaitingSignature, InCall, Over
from bot.run.situation import AssetAsItWas, Somebody
from tests.story import Story

SHELF = load_shelf(Path(__file__).parents[2] / "runbooks")
MOST_STEPS = 60


@dataclass(frozen=True)
class Cast:
    """Who plays which role, and what they say where they are asked."""

    runbook: str
    asset: str
    roles: Mapping[str, str]
    """Role -> the person who acts in it; `operator` starts the run."""
    inputs: Mapping[str, str]
    answers: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    signers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Sign-off -> who signs; the data owner where nothing is said."""
    children: Mapping[str, tuple[str, Mapping[str, Value]]] = field(default_factory=dict)
    """Call -> the outcome of the other run, and what it found."""


class Walked:
    """A run of a shipped runbook on a shipped asset, with everything taken from the shipped catalogue."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.book = cast, SHELF.runbooks[cast.runbook]
        catalogue = SHELF.catalogue
        asset = catalogue.assets[cast.asset]
        people = tuple(Somebody(one.id, one.name, one.slack) for one in catalogue.people.values())
        roles = {role: catalogue.members(who) for role, who in self.book.roles.items()}
        slice_ = AssetAsItWas(asset.id, asset.name, asset.tier, asset.type, asset.owner, facts=asset.facts)
        self.tale = Story(self.book, asset=slice_, people=people, roles=roles, inputs=cast.inputs)
        self.tale.started(cast.roles["operator"])
        assert self.tale.refusal is None, self.tale.refusal
        self.visited: list[str] = []

    def press(self, choices: Mapping[str, str] | None = None, **answers: str) -> None:
        """Whatever the cast does where the run stands, with other choices and answers where they are given."""
        here = self.tale.here
        assert here is not None, "the run is over"
        self.visited.append(here)
        assert len(self.visited) <= MOST_STEPS, self.visited
        step = self.book.by_id[here]
        said = {**self.cast.answers, **answers}
        match step:
            case Signoff():
                self._sign(step)
            case Decide():
                self.tale.choose({**self.cast.choices, **(choices or {})}[here], by=self._actor(step))
            case Call():
                self._return(here, step)
            case Join():
                self._return_all()
            case Do():
                self._do(step, said)
            case _:
                self._by_hand(step, said)
        assert self.tale.refusal is None, f"{here}: {self.tale.refusal}"

    def _actor(self, step: StepBase) -> str:
        return self.cast.roles[step.who]

    def _sign(self, step: Signoff) -> None:
        assert isinstance(self.tale.run.here, AwaitingSignature), f"{step.id} asks for nothing"
        readback = str(self.tale.value(step.readback)) if step.readback else ""
        for signer in self.cast.signers.get(step.id, (self.cast.roles["data_owner"],)):
            self.tale.sign(signer, readback)
            assert self.tale.refusal is None, f"{step.id}: {self.tale.refusal}"

    def _do(self, step: Do, said: Mapping[str, str]) -> None:
        """What a signature covers is begun before it is done."""
        who = self._actor(step)
        if step.id in self.book.signoffs_of:
            self.tale.begin(who)
        self.tale.done(who, note="Seen.", **({step.answer.var: said[step.answer.var]} if step.answer else {}))
        if isinstance(self.tale.refusal, AsksBack):  # a value that a check has refused, taken all the same
            self.tale.when(who, self.tale.refusal.again)

    def _by_hand(self, step: StepBase, said: Mapping[str, str]) -> None:
        who = self._actor(step)
        if isinstance(step, RunStep) and step.witness is not None:
            self.tale.at_visit(Watch, self.cast.roles[step.witness])
        destroys = isinstance(step, RunStep) and step.effect == "destroy"
        if self.book.begins_by_hand(step):
            self.tale.begin(who, typed=self.tale.run.start.asset.name if destroys else "")
        assert self.tale.refusal is None, f"{step.id}: {self.tale.refusal}"
        read = {name: said[name] for name in getattr(step, "capture", {})}
        self.tale.done(who, **read)
        if isinstance(self.tale.refusal, DoesNotHold):
            self.tale.failed(who, **read)

    def _return(self, here: str, step: Call) -> None:
        outcome, found = self.cast.children[here]
        place = self.tale.run.here
        assert isinstance(place, InCall), f"{step.id} calls nobody"
        self.tale.when("clock", NoteChildOpened(place.step, place.visit, place.child, "OTHER-1"))
        self.tale.when("clock", TakeChildOutcome(place.step, place.visit, place.child, outcome, found))

    def _return_all(self) -> None:
        """Each team that is out comes back, in the order in which they were called, until one of them is a way on."""
        for call in calls_out(self.tale.run):
            at, (outcome, found) = (call.step, call.visit, call.child), self.cast.children[call.step]
            self.tale.when(
                "clock", NoteChildOpened(*at, f"{call.step.upper()}-{call.visit}", self.tale.run.whole_chain)
            )
            self.tale.when("clock", TakeChildOutcome(*at, outcome, found))

    def until(self, step: str) -> "Walked":
        """Press on until the run stands at a step."""
        while self.tale.here != step:
            assert self.tale.here != self.book.exception, f"held: {self.visited[-3:]} {self.tale.last}"
            self.press()
        return self

    def to_the_end(self) -> str:
        """Press on until the run is over; its outcome."""
        while not isinstance(self.tale.run.here, Over):
            self.press()
        return self.tale.run.here.outcome

    def problem(self) -> "Walked":
        """The person whose turn it is says that there is a problem; a command is begun before."""
        step = self.book.by_id[self.tale.here or ""]
        if not isinstance(step, Do):
            destroys = isinstance(step, RunStep) and step.effect == "destroy"
            if isinstance(step, RunStep) and step.witness is not None:
                self.tale.at_visit(Watch, self.cast.roles[step.witness])
            self.tale.begin(self._actor(step), typed=self.tale.run.start.asset.name if destroys else "")
        self.tale.problem(self._actor(step), note="It failed.")
        assert self.tale.refusal is None, self.tale.refusal
        return self
