"""The runs of other teams on a card: which are out, how the others came back, and that one is asked to stop."""

from collections.abc import Iterator

from bot.render.message import Block, bold, context, foreign, list_block, prose_block, section, slack_date
from bot.render.prose import say_outcome
from bot.run.calls.rules import calls_out, is_ending
from bot.run.calls.state import NOT_OPENED, OUT_OF_REACH
from bot.run.law.scope import title_of
from bot.run.places import AwaitingRuns, InCall
from bot.run.state import Run


def say_came(outcome: str) -> str:
    """How a called run came back, in a word or two."""
    return {NOT_OPENED: "could not be opened", OUT_OF_REACH: "is out of reach"}.get(outcome) or say_outcome(outcome)


def say_call_now(run: Run, call: InCall) -> str:
    """A run that was opened meanwhile, in a line without a time."""
    name = f"{call.ref}, {title_of(run, call.step)}" if call.ref else title_of(run, call.step)
    if call.outcome:
        return f"{name}: {say_came(call.outcome)}{f'. {call.why}' if call.why else ''}"
    if call.ref is None:
        return f"{name}: {f'cannot be opened yet. {call.delayed}' if call.delayed else 'is being opened'}"
    return f"{name}: {'asked to stop' if call.asked else 'under way'}"


def calls_blocks(run: Run) -> Iterator[Block | None]:
    """What stands above the step: the wish that this run stops, and the runs that it has opened."""
    if run.stop_wanted is not None and not run.over:
        wish, above = run.stop_wanted, run.start.parent
        ref = foreign(above.ref) if above is not None else "the run above"
        yield section(
            f":octagonal_sign: *{foreign(wish.named)} stops {ref}*, which opened this run, {slack_date(wish.at)}. "
            "Let end what runs, then stop this run too: *Stop the run…* in the menu."
        )
        yield prose_block(wish.reason, lead="Why:") if wish.reason else None
    if run.calls and not run.over:
        yield context("*Other teams work meanwhile:*")
        yield list_block([say_call_now(run, call) for call in run.calls.values()])


def say_waiting(run: Run) -> str:
    """For whom a run waits, in a sentence."""
    out = [call.ref or title_of(run, call.step) for call in calls_out(run)]
    whom, verb = " and ".join(out) or "nobody", "are" if len(out) > 1 else "is"
    return f"the run ends once {whom} {verb} back" if is_ending(run) else f"waiting for {whom}"


def waiting_blocks(run: Run, here: AwaitingRuns) -> Iterator[Block | None]:
    """What a card says where runs are waited for."""
    if here.ending is not None:
        who = foreign(run.name_of(here.ending.by))
        how = foreign(say_outcome(here.ending.outcome))
        yield section(
            f":triangular_flag_on_post: *The run is about to end ({how})*, by {who}. The other teams were "
            "asked to stop, and it ends once all are back."
        )
        return
    step = run.book.by_id[here.step]
    late = f"all are back, one fails, or at {slack_date(here.since + step.timeout)}" if step.timeout else ""
    yield section(f":hourglass_flowing_sand: Goes on by itself once {late or 'all are back, or one fails'}.")


def opened_line(title: str, ref: str) -> str:
    """That a run was opened, and that this one goes on."""
    return f":arrow_right: Run {bold(ref)} is open for “{foreign(title)}”. This run goes on meanwhile."
