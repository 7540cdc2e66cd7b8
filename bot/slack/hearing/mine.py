"""What waits for one person: signatures, reviews, follow-ups, hand-overs, versions that they have not read."""

from collections.abc import Iterator

from bot.render.mine import Waits
from bot.run.places import AwaitingReview, AwaitingSignature
from bot.run.state import Run
from bot.slack.hearing.context import ListenerContext


def waiting_for(context: ListenerContext, by: str) -> tuple[Waits, ...]:
    """Everything, what is most urgent first."""
    found = [*_in_open_runs(context, by), *_after(context, by)]
    found += [*_of_files(context, by)]
    return tuple(found)


def _of_files(context: ListenerContext, by: str) -> Iterator[Waits]:
    """Reviews to sign, and new versions to read."""
    if context.upkeep is None:
        return
    for book, here in context.upkeep.waiting_for(by):
        if here.waiting is not None:
            yield Waits("review", f"Sign the review of {book.title}, made by {_name(context, here.waiting.by)}.")
    standing = context.upkeep.standing(by)
    for one in standing.shown:
        known = context.registry.runbook(one.runbook)
        if known is not None and not standing.has_read(one.runbook, one.digest):
            yield Waits("version", f"Read what is new in {known.title}: its message has the button.")


def _in_open_runs(context: ListenerContext, by: str) -> Iterator[Waits]:
    for row in context.handler.open_runs():
        run = context.handler.load(row.run_id)
        link = context.windows.link_to(row.channel, row.thread_ts) if row.channel and row.thread_ts else ""
        for what in _of_run(run, by):
            yield Waits("run", f"{row.ref}, {row.asset_name}: {what}", link)


def _of_run(run: Run, by: str) -> Iterator[str]:
    here = run.here
    if isinstance(here, AwaitingSignature) and by in here.eligible and by not in (*here.barred, *here.signed):
        yield f"sign “{run.book.by_id[here.step].title}”."
    if isinstance(here, AwaitingReview) and by in run.holders("lead") and by not in run.operators:
        yield "review what was done unsigned."
    if run.offer is not None and run.offer.to == by:
        yield f"{run.name_of(run.offer.by)} wants to hand the run over to you."
    if run.operator == by:
        yield "you operate it."


def _after(context: ListenerContext, by: str) -> Iterator[Waits]:
    """Follow-ups that are open; only runs are read of which the records say that some are."""
    if context.gatherer is None:
        return
    runs = [run for of_asset in context.gatherer.facts().runs.values() for run in of_asset if run.follow_ups > run.done]
    for fact in runs[:100]:
        row = context.handler.find(fact.ref)
        run = context.handler.load(row.run_id) if row is not None else None
        for one in run.after.follow_ups if run is not None else ():
            if one.owner == by and not one.is_done:
                yield Waits("follow-up", f"{fact.ref}: {one.what} (due {one.due})")


def _name(context: ListenerContext, person: str) -> str:
    known = context.registry.catalogue.people.get(person)
    return known.name if known is not None else person
