"""The card: one message in the channel that always shows where a run stands."""

from collections.abc import Iterator
from datetime import datetime

from bot.format.text import spoken_duration
from bot.format.ways import changes_kept, changes_left
from bot.render.actions import run_buttons, run_overflow
from bot.render.after import after_blocks
from bot.render.instead import instead_blocks
from bot.render.message import (
    Block,
    Message,
    actions,
    bold,
    compose,
    context,
    divider,
    foreign,
    header,
    prose_block,
    section,
    slack_date,
    slack_deadline,
    slack_moment,
)
from bot.render.onward import say_left
from bot.render.paging.ahead import ahead_block, say_called
from bot.render.prose import (
    damage_began,
    due_by,
    join_words,
    say_mode,
    say_names,
    say_outcome,
    say_phase,
    say_place,
    say_progress,
    say_ref,
    say_reviewers,
    say_role,
    say_time_used,
    say_unsigned,
    say_who,
    step_number,
)
from bot.render.signoff import say_signers
from bot.render.step import attention_blocks, shown_here, turn_holders, whole_step
from bot.run.law.plausible import DOWN_SINCE
from bot.run.law.scope import title_of
from bot.run.places import AtStep, AwaitingReview, AwaitingSignature, Over
from bot.run.state import Run
from bot.timeline.entries import instant_of

_MOST_LEFT = 5
_MOST_NAMED = 3


def card(run: Run, *, sends: bool = True) -> Message:
    """The run's card: same run, same card.

    Without `sends` nothing that could call anybody stands by, so it says whom the reader calls.
    """
    mode, asset = say_mode(run), run.start.asset.name
    text = f"{say_ref(run)}, {asset}. {say_place(run)}"
    top = header(f"{mode} · {run.start.ref} · {asset}")
    blocks = _over(run, run.here) if isinstance(run.here, Over) else _open(run, top, sends=sends)
    return compose(text, top, *blocks)


def _open(run: Run, top: Block, *, sends: bool) -> Iterator[Block | None]:
    menu = run_overflow(run)
    who = " · ".join(part for part in (_say_whose(run, sends=sends), _say_drill(run)) if part)
    head: list[Block | None] = [
        section(f"{who}\n{_say_step(run)}") | ({"accessory": menu} if menu else {}),
        *_preflight(run),
    ]
    head += list(attention_blocks(run))
    yield from head
    yield divider()
    yield from whole_step(run, [top, *head])
    yield divider()
    yield context(_say_times(run))
    yield ahead_block(run, sends=sends)
    yield _footer(run)


def _preflight(run: Run) -> Iterator[Block]:
    if run.book.preflight and not run.done:
        many = len(run.book.preflight)
        yield context(f":mag: *Before you begin:* {many} {'check' if many == 1 else 'checks'} in the thread.")


def _say_whose(run: Run, *, sends: bool) -> str:
    """Whose turn it is, by name: nobody else's press is taken."""
    shown = shown_here(run)
    people = foreign(say_names(run, turn_holders(run, shown)[:_MOST_NAMED], "or"))
    match run.here:
        case AwaitingSignature() as here:
            return say_signers(run, here)
        case AwaitingReview():
            unsigned = foreign(say_unsigned(run).removesuffix("."))
            return f":rotating_light: {unsigned}: *{foreign(say_reviewers(run))}* reviews it"
        case AtStep() if shown.who != "operator":
            called = say_called(run, turn_holders(run, shown)) if sends else ""
            return f":bust_in_silhouette: *For {foreign(say_role(shown.who))}:* {people}{called and f' ({called})'}"
        case _:
            return f"*{foreign(run.name_of(run.operator))}* operates" if run.operator else "*Nobody operates*"


def _say_drill(run: Run) -> str:
    """What the word in the header means; where there is a command, it stands beside that."""
    return "touch nothing live" if run.start.mode != "live" and not shown_here(run).command else ""


def _say_step(run: Run) -> str:
    due = due_by(run)
    parts = [
        bold(say_phase(shown_here(run).phase)),
        f"step {step_number(run)}",
        say_left(run),
        f"*back by {_say_due(run, due)}*" if due is not None else "",
    ]
    return " · ".join(part for part in parts if part)


def _say_due(run: Run, due: datetime) -> str:
    """With UTC beside it, but for a sign-off, whose own deadline has it."""
    return slack_date(due) if isinstance(run.here, AwaitingSignature) else slack_deadline(due, run.started_at)


def _say_since(run: Run, began: datetime | None) -> str:
    """Since when data are at risk; where only the outage is known, since when it is down."""
    down = None if began is not None or DOWN_SINCE in run.hidden else instant_of(run, DOWN_SINCE)
    at = began or down
    since = f"{slack_moment(at)} ({slack_date(at, '{ago}', 'see the time')})" if at else "a time nobody knows yet"
    return f"{'down' if down else 'data at risk'} since {since}"


def _say_times(run: Run) -> str:
    """Time used and data at risk, as tokens that each reader's Slack keeps true by itself."""
    began, rto = damage_began(run), run.start.asset.rto
    parts = [say_progress(run)]
    parts.append(f"started {_say_start(run.started_at)}")
    if run.operator is not None:
        parts.append(f"{foreign(run.name_of(run.operator))} operates")
    if rto:
        parts.append(f"RTO {spoken_duration(rto)}")
    parts.append(_say_since(run, began))
    if run.start.asset.rpo:
        parts.append(f"RPO {spoken_duration(run.start.asset.rpo)}")
    return " · ".join(part for part in parts if part)


def _say_start(at: datetime) -> str:
    """In the reader's zone and in UTC: how far their clocks lie apart is seen by it on every card."""
    return f"{slack_deadline(at, at)}, {slack_date(at, '{ago}', 'at the start')}"


def _footer(run: Run) -> Block:
    parent = f" · part of {foreign(run.start.parent.ref)}" if run.start.parent else ""
    continues = f" · goes on from {foreign(run.start.continues)}" if run.start.continues else ""
    return context(f"{foreign(run.start.title)}{parent}{continues} · the thread is the log")


def _left_block(run: Run) -> Block | None:
    """What was changed and never taken back."""
    left = changes_left(run.book, _walked(run))
    if not left:
        return None
    named = [
        f"• {foreign(title_of(run, step), 150)} – taken back by: {foreign(title_of(run, undo), 150)}"
        for step, undo in left[:_MOST_LEFT]
    ]
    more = [f"… and {len(left) - _MOST_LEFT} more"] if len(left) > _MOST_LEFT else []
    return section("\n".join([":electric_plug: *Not taken back yet:*", *named, *more]))


def _walked(run: Run) -> tuple[tuple[str, str], ...]:
    """The visits that came to an end, as (step, exit)."""
    return tuple((one.step, one.exit) for one in run.done)


def _kept_block(run: Run) -> Block | None:
    """What was changed and is taken back by a command, if at all: whether somebody did is not in the record."""
    kept = [f"“{foreign(title_of(run, step), 150)}”" for step in changes_kept(run.book, _walked(run))]
    if not kept:
        return None
    more = [f"{len(kept) - _MOST_LEFT} more"] if len(kept) > _MOST_LEFT else []
    said = join_words([*kept[:_MOST_LEFT], *more])
    return context(f":electric_plug: *Changed, and kept unless somebody took it back by its command:* {said}")


def _over(run: Run, here: Over) -> Iterator[Block | None]:
    mark = {"recovered": "large_green_circle", "not_applicable": "white_circle"}.get(
        here.outcome, "large_yellow_circle"
    )
    drill = "" if run.start.mode == "live" else f" · this was a *{run.start.mode}*"
    by = foreign(say_who(run, here.by))
    yield section(f":{mark}: *{foreign(say_outcome(here.outcome))}* · closed by {by}, {slack_moment(here.at)}{drill}")
    yield prose_block(here.reason, lead="Why:") if here.reason else None
    if here.step is not None:
        end = run.book.by_id[here.step]
        yield prose_block(end.say) if end.say else None
    yield context(
        f"Took {say_time_used(run, here.at)}",
        say_progress(run) or "no step done",
    )
    yield _left_block(run)
    yield _kept_block(run)
    yield from instead_blocks(run)
    yield from after_blocks(run)
    menu = run_overflow(run)
    yield actions([*run_buttons(run), *([menu] if menu else [])])
    yield _footer(run)
