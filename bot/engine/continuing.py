"""A run that goes on from another one, in another record: where that one stood, and the link between the two."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from bot.engine.plan import StartPlan, accounts_before, damage_of, givers_in
from bot.engine.reading import fold, go_on
from bot.format.runbook import Decide, Runbook
from bot.journal.rows import Locked
from bot.journal.store import Journal, events_of
from bot.journal.transaction import WriteTransaction
from bot.run.commands import Refused, Start
from bot.run.events import WentOnElsewhere
from bot.run.members.state import hold_back
from bot.run.places import AtStep, Former, Over, Visit
from bot.run.situation import Stamp
from bot.run.state import Run


def plan_continuation(run: Run, hash_: str, texts: Mapping[str, str]) -> StartPlan:
    """The start of a run that goes on where this one stands; `hash_` is the hash of its last record.

    The same runbook, people and values; signatures do not carry over. Refused when the run has ended.
    """
    here, start, members = run.here, run.start, run.members
    roles, waiting = hold_back(members.roles, members)
    if isinstance(here, Over):
        raise Refused(f"{start.ref} has ended, so there is nothing to go on with.")
    former = Former(
        run=run.id, ref=start.ref, seq=run.seq, hash=hash_, step=here.step, requester=run.requester,
        begun=isinstance(here, AtStep) and here.began is not None, operated=tuple(sorted(run.operated)),
        visits=_visits_before(run, here.step), done=tuple(_without_words(run)), hidden=tuple(sorted(run.hidden)),
        expired=dict(run.expired), held_from=run.held_from, glass=run.glass,
        ruled_out=dict(run.ruled_out), out={step: call.ref or call.child for step, call in run.calls.items()},
    )  # fmt: skip
    command = Start(
        ref="", digest=start.digest, calls=start.calls, mode=start.mode, asset=start.asset, people=members.people,
        roles=roles, waiting=waiting, on_call=members.on_call, catalogue=members.catalogue, rungs=members.rungs,
        owner_channel=start.owner_channel, owners=start.owners, given=dict(run.vars), channel=start.channel,
        damage_began=damage_of(run), continues=start.ref, former=former, chain=run.whole_chain, givers=givers_in(run),
        let_in=members.let_in, accounts=accounts_before(members, members.people),
    )  # fmt: skip
    return StartPlan(command, run.book, texts, word_of_continuation(start.ref))


def word_of_continuation(ref: str) -> str:
    """The word of a continuation's ref: ``ORDERS-7`` goes on as ``ORDERS7-1``, whatever other refs there are."""
    word, _, number = ref.partition(".")[0].rpartition("-")
    return f"{word[: 10 - len(number)]}{number}" if word and len(number) < 10 else ref[:10]  # noqa: PLR2004  (a ref's)


def _visits_before(run: Run, step: str) -> dict[str, int]:
    """How often each step was visited; the visit where the run stands is made again, and counts once."""
    return {name: times - (name == step) for name, times in run.visits.items() if times - (name == step) > 0}


def _without_words(run: Run) -> Iterator[Visit]:
    """What was done, without what people typed; an option's label is the runbook's own."""
    for visit in run.done:
        step = run.book.by_id[visit.step]
        chosen = isinstance(step, Decide) and visit.exit not in ("skipped", "went back", "does not match")
        yield replace(visit, decided="") if chosen else replace(visit, said="", decided="")


@dataclass(frozen=True, slots=True)
class Merge:
    """How a run that went on elsewhere fits the one that it went on from.

    ``linked``: that one says so now; ``known``: it said so before; ``missing``: it is not here; ``strange``: its record
    is not the one that was gone on from; ``away``: it is only read here. `since` counts what was done in it after that
    record, `others` names other runs that went on from it.
    """

    ref: str
    after: int
    state: str
    since: int = 0
    others: tuple[str, ...] = ()


def link_home(
    journal: Journal, books: Callable[[str], Runbook], run: Run, stamp: Stamp, new_salt: Callable[[], str]
) -> Merge | None:
    """Let the run that an imported one went on from say so; None when it went on from none."""
    former = run.start.former
    if former is None:
        return None
    return journal.write(lambda transaction: _link(transaction, books, run, former, stamp, new_salt))


def _link(
    transaction: WriteTransaction,
    books: Callable[[str], Runbook],
    run: Run,
    former: Former,
    stamp: Stamp,
    new_salt: Callable[[], str],
) -> Merge:
    locked = transaction.lock_run(former.run)
    if locked is None:
        return Merge(former.ref, former.seq, "missing")
    records = transaction.records(former.run)
    if len(records) < former.seq or records[former.seq - 1].hash != former.hash:
        return Merge(locked.ref, former.seq, "strange")
    happened = list(events_of(records))
    links = [event for _, event, _ in happened if isinstance(event, WentOnElsewhere)]
    others = tuple(link.ref for link in links if link.run != run.id)
    since = len(records) - former.seq - len(links)
    told = Merge(locked.ref, former.seq, "known", since, others)
    if any(link.run == run.id for link in links):
        return told
    if locked.imported:
        return replace(told, state="away")
    _append(transaction, books, run, former, locked, stamp, new_salt)
    return replace(told, state="linked")


def _append(
    transaction: WriteTransaction,
    books: Callable[[str], Runbook],
    run: Run,
    former: Former,
    locked: Locked,
    stamp: Stamp,
    new_salt: Callable[[], str],
) -> None:
    old = fold(former.run, transaction.records(former.run), books)
    event = WentOnElsewhere(run.id, run.start.ref, former.seq)
    hash_ = transaction.append(old.id, old.seq, locked.hash, [(event, stamp)], new_salt)
    transaction.move_run(go_on(old, [(event, stamp)]), hash_)
