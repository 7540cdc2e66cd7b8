"""Until when what was signed has to begin, on each card between the signature and that."""

from collections.abc import Iterator

from bot.format.runbook import Signoff
from bot.format.ways import leads_to
from bot.render.message import Block, context, foreign, slack_date
from bot.render.prose import join_words, say_names
from bot.run.law.scope import title_of
from bot.run.places import Approval, AtStep, Over
from bot.run.state import Run


def deadline_blocks(run: Run) -> Iterator[Block]:
    """A line for each signature in force: by whom, and until when what it covers has to begin."""
    here = run.here
    if isinstance(here, Over) or (isinstance(here, AtStep) and here.began is not None and _is_bound(run, here.step)):
        return
    for approval in run.approvals.values():
        left = _left_to_start(run, here.step, approval)
        if left:
            yield context(_say(run, here.step, approval, left))


def _is_bound(run: Run, step: str) -> bool:
    return step in run.book.signoffs_of


def _left_to_start(run: Run, here: str, approval: Approval) -> tuple[str, ...]:
    """What it covers, was not started yet, and lies ahead; from the hold also by the way back."""
    signoff = run.book.by_id[approval.step]
    if not isinstance(signoff, Signoff) or here == signoff.id:
        return ()
    waiting = [one for one in signoff.binds.steps if one not in approval.started]
    if here == run.book.exception and run.held_from is not None and run.held_from != signoff.id:
        here = run.held_from
    return leads_to(run.book, here, waiting, signoff.id) if waiting else ()


def _say(run: Run, here: str, approval: Approval, left: tuple[str, ...]) -> str:
    who = foreign(say_names(run, approval.signers))
    did = f"{who} broke the glass" if approval.glass else f"Signed by {who}"
    mark = "rotating_light" if approval.glass else "white_check_mark"
    titles = join_words([f"“{title_of(run, one)}”" for one in left])
    what = "Begin" if here in left else f"Begin {foreign(titles, 400)}"
    by = f" *{what} by {slack_date(approval.valid_until)}.*" if approval.valid_until else ""
    return f":{mark}: {did}.{by}"
