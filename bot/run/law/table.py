"""What is taken where a run stands, as a table: place and command, and whether the run stays there or moves.

`decide` says who may, and when; this is its outline. `tests/run/test_table.py` asks everything everywhere and holds
the table to what it sees; `make diagram` draws it into docs/places.md.
"""

from collections.abc import Mapping
from typing import NamedTuple

from bot.run import commands
from bot.run.places import AtStep, AwaitingReview, AwaitingRuns, AwaitingSignature, InCall, Over, Place

Asked = type[commands.Command]


class Row(NamedTuple):
    """What is taken: commands after which the run still stands there, and those by which it moves. Some do either."""

    stays: tuple[Asked, ...]
    moves: tuple[Asked, ...]


TABLE: Mapping[type[Place], Row] = {
    AtStep: Row(
        stays=(
            commands.Begin, commands.Watch, commands.SayDone, commands.AskEnd, commands.AnswerEnd,
            commands.DoMyself, commands.LookAgain, commands.CancelAction, commands.FinishAction, commands.LoseAction,
        ),
        moves=(
            commands.Begin, commands.Finish, commands.Choose, commands.Skip, commands.SayDone, commands.GoBack,
            commands.Mismatch, commands.AskEnd, commands.AnswerEnd, commands.FinishAction, commands.LoseAction,
        ),
    ),
    AwaitingSignature: Row(
        stays=(commands.Sign,),
        moves=(
            commands.Sign, commands.Reject, commands.BreakGlass, commands.GoBack, commands.Mismatch, commands.Tick,
        ),
    ),
    InCall: Row(
        stays=(),
        moves=(commands.TakeChildOutcome, commands.NoteChildNotOpened, commands.GoBack, commands.Mismatch),
    ),
    AwaitingRuns: Row(
        stays=(),
        moves=(
            commands.TakeChildOutcome, commands.NoteChildNotOpened, commands.GoBack, commands.Mismatch, commands.Tick,
        ),
    ),
    AwaitingReview: Row(stays=(), moves=(commands.ReviewGlass, commands.Mismatch)),
    Over: Row(
        stays=(
            commands.AddNote, commands.ReviewGlass, commands.SetMilestone, commands.SetPostmortem, commands.TellLesson,
            commands.AddFollowUp, commands.FinishFollowUp, commands.Rate,
        ),
        moves=(),
    ),
}  # fmt: skip
"""Place -> what is taken there, by people and from whatever the run waits for."""
ANYWHERE = Row(
    stays=(
        commands.AskHelp, commands.AddNote, commands.TakeOver, commands.HandOver, commands.Accept, commands.Pause,
        commands.Resume,
        commands.Correct, commands.AnswerPage, commands.DeclinePage, commands.LetSomebodyIn, commands.SettlePeople,
        commands.ReviewGlass, commands.Tick, commands.NoteChildOpened, commands.NoteChildNotOpened,
        commands.TakeChildOutcome,
    ),
    moves=(commands.Stop,),
)  # fmt: skip
"""What is taken of every run that is not over, wherever it stands; calls are those that were opened meanwhile."""
ENTERED: Mapping[str, tuple[type[Place], ...]] = {
    "do": (AtStep,), "decide": (AtStep,), "check": (AtStep,), "run": (AtStep,), "wait": (AtStep,),
    "signoff": (AwaitingSignature,), "call": (InCall,), "join": (AwaitingRuns,),
    "end": (Over, AwaitingReview, AwaitingRuns),
}  # fmt: skip
"""Kind of step -> where a run stands once it has come to one; `branch`, `notify`, `call … meanwhile` go on at once."""
