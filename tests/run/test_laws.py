"""Laws that hold whatever commands come from whomever, on any runbook, sound or not."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some
from hypothesis.strategies import DrawFn, SearchStrategy

from bot.engine.audit import find_unlawful
from bot.format.runbook import End, Runbook, Signoff
from bot.run.after.events import AfterEvent
from bot.run.commands import (
    Accept,
    AddFollowUp,
    AddNote,
    AnswerEnd,
    AskEnd,
    AskHelp,
    AsksBack,
    Begin,
    BreakGlass,
    Choose,
    Command,
    Correct,
    Finish,
    FinishFollowUp,
    GoBack,
    HandOver,
    Mismatch,
    Pause,
    Rate,
    Refused,
    Reject,
    Resume,
    ReviewGlass,
    SayDone,
    SetMilestone,
    SetPostmortem,
    Sign,
    Skip,
    Stop,
    TakeOver,
    TellLesson,
    Tick,
    Watch,
)  # fmt: skip
from bot.run.events import (
    Begun,
    DoneAlready,
    Ended,
    Event,
    GlassBroken,
    GlassReviewed,
    Noted,
    ReadingTaken,
    SignatureVoided,
    SigningRefused,
    SignoffApproved,
    StepFinished,
)
from bot.run.evolve import evolve
from bot.run.law.decide import decide
from bot.run.law.offers import offers
from bot.run.law.scope import show_step
from bot.run.law.signing import barred_people, content_of
from bot.run.places import AwaitingSignature, Over
from bot.run.situation import Stamp
from bot.run.state import Run, Unstarted
from tests.story import NOON, book_of, start_command

PEOPLE = ("ana", "ben", "chen", "dora", "eve", "slack:T0/U9")
ROLES = ("operator", "lead", "peer", "data_owner")
IDS = tuple(f"s{number}" for number in range(7))
VALUES = ("2026-11-22T11:00:00+00:00", "2026-11-22T10:00:00Z", "nonsense")


@some.composite
def runbooks(draw: DrawFn) -> Runbook:
    """Seven steps of any kind that lead anywhere, a variable that is signed, and a place to hold."""
    target = some.sampled_from([*IDS, "over", "hold"])
    steps = [draw(_step(one, target)) for one in IDS]
    ends = [
        {"id": "hold", "decide": "Hold", "who": "lead", "back": True, "go": {"unsure": "hold"},
         "options": [{"id": "a", "label": "Stop", "when": "A.", "go": "over"},
                     {"id": "b", "label": "On", "when": "B.", "go": draw(target)}]},
        {"id": "over", "end": "Close", "outcome": draw(some.sampled_from(["recovered", "partial"]))},
    ]  # fmt: skip
    written = {"vars": {"target": {"type": "timestamp", "default": VALUES[0]}}, "steps": [*steps, *ends]}
    return book_of(str(written))


@some.composite
def _step(draw: DrawFn, one: str, target: SearchStrategy[str]) -> dict[str, object]:
    def go(*exits: str) -> dict[str, str]:
        return {exit_: draw(target) for exit_ in exits}

    role = draw(some.sampled_from(ROLES))
    kind = draw(some.sampled_from(["do", "decide", "signoff", "signoff", "run", "run", "branch", "answer"]))
    common: dict[str, object] = {"id": one, "max_visits": draw(some.integers(1, 4))}
    match kind:
        case "do":
            return common | {"do": "Do it", "who": role, "skip": draw(some.booleans()), "go": go("ok")}
        case "answer":
            return common | {"do": "Type it", "answer": {"var": "target"}, "go": go("ok", "problem")}
        case "decide":
            options = [
                {"id": "a", "label": "A", "when": "A.", "go": draw(target)},
                {"id": "b", "label": "B", "when": "B.", "go": draw(target)},
            ]
            return common | {"decide": "Choose", "who": role, "options": options, "go": go("unsure")}
        case "run":
            effect = draw(some.sampled_from(["read", "change", "destroy"]))
            argv = ["restore", "{{ vars.target }}"]
            return common | {
                "run": "Run it",
                "effect": effect,
                "exec": {"argv": argv},
                "go": go("ok", "fail", "timeout"),
            }
        case "branch":
            case_ = {"when": {"all": [{"var": "target", "eq": VALUES[0]}]}, "go": draw(target)}
            return common | {"branch": "Which", "cases": [case_], "else": draw(target)}
        case _:
            bound = draw(some.lists(some.sampled_from(IDS), unique=True, min_size=1, max_size=3))
            need = draw(some.integers(1, 2))
            roles = ["data_owner", "lead"] if need > 1 else [draw(some.sampled_from(["data_owner", "peer"]))]
            return common | {"signoff": "Approve", "from": roles, "need": need, "each": need > 1, "readback": "target",
                             "binds": {"vars": ["target"], "steps": bound},
                             "go": go("approved", "rejected", "expired")}  # fmt: skip


@dataclass
class Ask:
    """Somebody asks for something after some minutes.

    `kind` is ``offered`` for one of the buttons that stand there; `rightful` asks it as somebody who may; `stale`
    asks it of another visit.
    """

    kind: str
    by: str
    minutes: int
    pick: int
    value: str
    rightful: bool
    stale: bool


KINDS = [
    "done",
    "begin",
    "problem",
    "unknown",
    "choose",
    "sign",
    "reject",
    "tick",
    "back",
    "skip",
    "mismatch",
    "done_already",
    "ask_end",
    "grant_end",
    "keep_on",
    "help",
    "note",
    "take",
    "hand",
    "accept",
    "pause",
    "resume",
    "correct",
    "stop",
    "glass",
    "review",
    "watch",
    "lesson",
    "follow_up",
    "follow_up_done",
    "rate",
    "milestone",
    "postmortem",
]
asks = some.builds(
    Ask,
    kind=some.one_of(some.just("offered"), some.just("offered"), some.just("offered"), some.sampled_from(KINDS)),
    by=some.sampled_from(PEOPLE),
    minutes=some.sampled_from([0, 0, 0, 0, 1, 6, 16, 31]),
    pick=some.integers(0, 20),
    value=some.sampled_from([VALUES[0], VALUES[0], *VALUES]),
    rightful=some.sampled_from([True, True, True, False]),
    stale=some.sampled_from([False] * 9 + [True]),
)
KIND_OF_ACTION = {
    "approve": "sign",
    "go_back": "back",
    "take_over": "take",
    "hand_over": "hand",
    "break_glass": "glass",
}


def kind_of(run: Run, ask: Ask) -> str:
    """The kind of an ask: one of the step's buttons for most asks that press what is offered."""
    if ask.kind != "offered":
        return ask.kind
    step = [
        action for action in offers(run) if action.partition(":")[0] in ("done", "begin", "choose", "approve", "watch")
    ]
    action = (step or list(offers(run)))[ask.pick % len(step or offers(run))]
    return KIND_OF_ACTION.get(action, action.partition(":")[0])


def asker_of(run: Run, ask: Ask, kind: str) -> str:
    """Somebody who may ask this, where there is one and the ask is to be rightful."""
    here = run.here
    if kind == "tick":
        return "clock" if ask.pick > 2 else ask.by
    if not ask.rightful or isinstance(here, Over):
        return ask.by
    match here, kind:
        case AwaitingSignature(eligible=eligible), "sign" | "reject":
            able: tuple[str, ...] = eligible
        case _, "glass" | "choose":
            able = run.holders("lead") + run.holders(run.book.by_id[here.step].who)
        case _:
            role = run.book.by_id[here.step].who
            able = (run.operator or "ana",) if role == "operator" else run.holders(role)
    return able[ask.pick % len(able)] if able else ask.by


def command_of(run: Run, ask: Ask, kind: str) -> Command:
    """The command that this ask would be, where the run stands now."""
    here = run.here
    step, visit = ("s0", 1) if isinstance(here, Over) else (here.step, here.visit + (3 if ask.stale else 0))
    digest = here.digest if isinstance(here, AwaitingSignature) else "0" * 64
    anybody = PEOPLE[ask.pick % len(PEOPLE)]
    choices = [action.removeprefix("choose:") for action in offers(run) if action.startswith("choose:")] + [
        "unsure",
        "back",
    ]
    ends = [one.id for one in run.book.steps if isinstance(one, End)]
    table: dict[str, Command] = {
        "done": Finish(step, visit, "ok", {"target": ask.value}, verdict=ask.pick % 2 * "failed"),
        "problem": Finish(step, visit, "problem"),
        "unknown": Finish(step, visit, "unknown"), "begin": Begin(step, visit, "orders-db"),
        "choose": Choose(step, visit, choices[ask.pick % len(choices)], "Decided.", "Looked."),
        "done_already": SayDone(step, visit, "Ben did it."), "grant_end": AnswerEnd(step, visit, grant=True),
        "keep_on": AnswerEnd(step, visit, grant=False),
        "ask_end": AskEnd(step, visit, ends[ask.pick % len(ends)], "Enough."),
        "sign": Sign(step, visit, digest, str(run.vars["target"]) if ask.value == VALUES[0] else ask.value),
        "reject": Reject(step, visit, "No."), "tick": Tick(),
        "back": GoBack(step, visit, IDS[ask.pick % 7], "Again.", "Looked."),
        "skip": Skip(step, visit, "No need."), "mismatch": Mismatch(step, visit), "help": AskHelp(step, visit),
        "note": AddNote("Noted."), "take": TakeOver(), "hand": HandOver(anybody), "accept": Accept(),
        "pause": Pause("Wait."),
        "resume": Resume(), "stop": Stop("Enough.") if ask.pick > 17 else AddNote("Not yet."),
        "glass": BreakGlass(step, visit, "Nobody."),
        "review": ReviewGlass("Fine."), "watch": Watch(step, visit),
        "lesson": TellLesson("Look first."), "follow_up": AddFollowUp("Mend it", anybody, "2026-11-22"),
        "follow_up_done": FinishFollowUp(ask.pick), "rate": Rate("clarity", str(ask.pick)),
        "postmortem": SetPostmortem(("draft", "in_review", "done")[ask.pick % 3], anybody),
        "milestone": SetMilestone("restored", "2026-11-22T12:30:00+00:00", "Seen."),
        "correct": Correct(run.given["target"].seq, "target", ask.value, "Wrong."),
    }  # fmt: skip
    return table[kind]


@dataclass
class Lived:
    """A run as it was lived: each event with the state before it."""

    state: Run | Unstarted
    at: datetime = NOON
    history: list[tuple[Event, Stamp]] = field(default_factory=list)
    before: list[Run | Unstarted] = field(default_factory=list)

    def take(self, events: tuple[Event, ...], stamp: Stamp) -> None:
        for event in events:
            self.before.append(self.state)
            self.state = evolve(self.state, event, stamp)
            self.history.append((event, stamp))


def live(book: Runbook, sequence: list[Ask]) -> Lived | None:
    """Play a sequence of asks; each refusal must leave the run as it was. None when the runbook cannot even start."""
    lived = Lived(Unstarted("run-1", book))
    try:
        lived.take(decide(lived.state, start_command(), Stamp(NOON, "ana", "slack")), Stamp(NOON, "ana", "slack"))
    except Refused:
        return None
    for ask in sequence:
        lived.at += timedelta(minutes=ask.minutes)
        assert isinstance(lived.state, Run)
        kind = kind_of(lived.state, ask)
        _ask(lived, command_of(lived.state, ask, kind), Stamp(lived.at, asker_of(lived.state, ask, kind), "slack"))
    return lived


def _ask(lived: Lived, command: Command, stamp: Stamp) -> None:
    run = lived.state
    assert isinstance(run, Run)
    refusal: Refused | None = None
    try:
        lived.take(decide(run, command, stamp), stamp)
    except AsksBack as asks:
        # Whoever goes on all the same gets what they asked for: it is no refusal.
        _ask(lived, asks.again, stamp)
    except Refused as refused:
        refusal = refused
    if refusal is not None:
        assert refusal.sentence
        assert all(isinstance(event, SigningRefused | ReadingTaken) for event in refusal.events)
        lived.take(refusal.events, stamp)
        assert isinstance(lived.state, Run)
        assert (lived.state.here, lived.state.vars, lived.state.done) == (run.here, run.vars, run.done)
        assert (lived.state.approvals, lived.state.operator, lived.state.paused) == (
            run.approvals,
            run.operator,
            run.paused,
        )


@given(runbooks(), some.lists(asks, min_size=15, max_size=60))
def test_the_laws_of_a_run(book: Runbook, sequence: list[Ask]) -> None:
    """Replay is the state lived; one end at most; no bound step without its signature; nothing done unbegun."""
    lived = live(book, sequence)
    if lived is None:
        return
    assert replay(book, lived) == lived.state
    happened = [(seq, event, stamp) for seq, (event, stamp) in enumerate(lived.history, 1)]
    assert list(find_unlawful("run-1", book, happened)) == []
    ends = [number for number, (event, _) in enumerate(lived.history) if isinstance(event, Ended)]
    assert len(ends) <= 1
    after = lived.history[ends[0] + 1 :] if ends else []
    assert all(isinstance(event, Noted | GlassReviewed | AfterEvent) for event, _ in after)
    for number, (event, stamp) in enumerate(lived.history):
        before = lived.before[number]
        if isinstance(event, Begun) and isinstance(before, Run):
            _assert_signed(lived, number, event, before, stamp)
        if (
            isinstance(event, StepFinished)
            and isinstance(before, Run)
            and show_step(before, before.book.by_id[event.step]).kind == "run"
        ):
            begun = [one for one, _ in lived.history[:number] if isinstance(one, Begun | DoneAlready)]
            assert any((one.step, one.visit) == (event.step, event.visit) for one in begun)
        if isinstance(event, Ended) and event.outcome == "recovered" and isinstance(before, Run):
            assert not before.unreviewed


def replay(book: Runbook, lived: Lived) -> Run | Unstarted:
    """The fold of the history."""
    state: Run | Unstarted = Unstarted("run-1", book)
    for event, stamp in lived.history:
        state = evolve(state, event, stamp)
    return state


def _assert_signed(lived: Lived, number: int, begun: Begun, before: Run, stamp: Stamp) -> None:
    """Every sign-off that binds this step was approved on exactly what stands there now, by others, in time."""
    for signoff in before.book.signoffs_of.get(begun.step, ()):
        given = [
            (position, event) for position, (event, _) in enumerate(lived.history[:number])
            if isinstance(event, SignoffApproved | GlassBroken) and event.step == signoff.id
        ]  # fmt: skip
        assert given, f"{begun.step} began without “{signoff.id}”"
        position, approval = given[-1]
        assert approval.digest == content_of(before, signoff).digest
        assert approval.valid_until is None or stamp.at <= approval.valid_until
        voided = [event for event, _ in lived.history[position:number] if isinstance(event, SignatureVoided)]
        assert all(event.step != signoff.id for event in voided)
        _assert_rightful(lived, position, approval, signoff, before)


def _assert_rightful(
    lived: Lived, position: int, approval: SignoffApproved | GlassBroken, signoff: Signoff, before: Run
) -> None:
    by = lived.history[position][1].by
    if isinstance(approval, GlassBroken):
        asked_at = lived.before[position]
        assert isinstance(asked_at, Run)
        assert by in before.holders("lead")
        assert by not in asked_at.operated
        return
    holders = {person for role in signoff.from_ for person in before.holders(role)}
    assert len(set(approval.signers)) >= signoff.need
    assert set(approval.signers) <= holders
    assert not set(approval.signers) & barred_people(before, signoff)
