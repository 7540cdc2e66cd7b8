"""How events move a run: `evolve`, the only way, and a way for each kind of event."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any, TypeVar, assert_never, get_args

from bot.format.pieces import Value
from bot.format.runbook import Check, Decide, Do, End, Join, Runbook, RunStep, Signoff, StepBase
from bot.format.ways import left_ahead
from bot.run import events
from bot.run.after.events import AfterEvent
from bot.run.after.state import take_in
from bot.run.calls.events import EndAwaited, HandedAnew, Joined, StopWanted
from bot.run.calls.state import NOT_OPENED, News, called, lost_call
from bot.run.calls.state import follow as follow_call
from bot.run.hands.events import HandsDeclined, HandsEvent
from bot.run.hands.state import follow_hands
from bot.run.members.events import MembersEvent, PeopleChanged
from bot.run.members.state import Members, pinned
from bot.run.members.state import follow as follow_members
from bot.run.paging.events import PageReason, PagingEvent
from bot.run.paging.state import Asked, Pages, Stand, ask, follow, heed, leave_unanswered
from bot.run.places import (
    Approval,
    AtStep,
    AwaitingReview,
    AwaitingRuns,
    AwaitingSignature,
    Chain,
    Ending,
    EndRequest,
    Former,
    Given,
    Givers,
    Glass,
    Hold,
    InCall,
    Offer,
    Over,
    Place,
    RuledOut,
    StopAsked,
    Visit,
    givers_by,
    givers_of_answers,
)
from bot.run.situation import Stamp
from bot.run.state import ROUNDS, Run, Unstarted, but

P = TypeVar("P", bound=Place)
T = TypeVar("T")
RuledOuts = Mapping[str, tuple[RuledOut, ...]]
"""By name, the values that were answered and that were refused since."""


def evolve(run: Run | Unstarted, event: events.Event, stamp: Stamp) -> Run:
    """What happened -> where we are. Total: it never refuses and never looks at a clock."""
    if isinstance(run, Unstarted):
        if not isinstance(event, events.Started):
            raise TypeError(f"the first event of run {run.id} must be Started, not {type(event).__name__}")
        return _begin_run(run, event, stamp)
    stand = Stand(run.here, run.operator, run.offer)
    by_a_stranger = isinstance(event, events.SigningRefused) and not run.members.has(
        stamp.by
    )  # recorded, and nobody was heard
    heard = run.pages if by_a_stranger else heed(run.pages, stand, event, stamp)
    moved = but(run, seq=run.seq + 1, pages=heard)
    return _WAYS[type(event)](moved, event, stamp)


def _begin_run(fresh: Unstarted, event: events.Started, stamp: Stamp) -> Run:
    begun = _begin_afresh(fresh, event, stamp)
    return begun if event.former is None else _carry_on(begun, event.former)


def _pinned(event: events.Started) -> Members:
    who = (one for people in event.waiting.values() for one in people)
    waiting = {one: tuple(role for role, people in event.waiting.items() if one in people) for one in who}
    first = pinned(event.people, event.roles, event.rungs, waiting, event.on_call, event.catalogue, event.let_in)
    return first.hearing(event.chain.let_in).having_known(event.accounts)


def _begin_afresh(fresh: Unstarted, event: events.Started, stamp: Stamp) -> Run:
    values = {**event.given, **event.inputs, **({"damage_began": event.damage_began} if event.damage_began else {})}
    # Under the first law nobody kept who had given what was handed over: it was whoever opened the run.
    mine = values if event.law == 1 else {*event.inputs, "damage_began"}
    givers = dict.fromkeys(mine, givers_by(stamp.by)) | dict(event.givers)
    ahead, steps_ahead = left_ahead(fresh.book)
    return Run(
        id=fresh.id, book=fresh.book, start=event, started_at=stamp.at, requester=stamp.by, seq=1,
        members=_pinned(event), here=AtStep(fresh.book.steps[0].id, 0, stamp.at), law=event.law, chain=event.chain,
        operator=event.operator, operated=frozenset({event.operator} - {None}),  # type: ignore[arg-type]
        vars=values, given={name: Given(1, stamp.by, None, givers.get(name, ())) for name in values},
        pages=Pages(stamp.at), ahead=ahead, steps_ahead=steps_ahead,
    )  # fmt: skip


def _ask_people(run: Run, reason: PageReason, step: str, visit: int, stamp: Stamp) -> Run:
    return but(run, pages=ask(run.pages, Asked(reason, stamp.at, stamp.by, step, visit)))


def _carry_on(run: Run, former: Former) -> Run:
    """What counts on from the run that this one goes on from. Signatures do not."""
    return but(
        run,
        operated=run.operated | set(former.operated), visits=dict(former.visits), done=former.done,
        hidden=frozenset(former.hidden), expired=dict(former.expired), held_from=former.held_from, glass=former.glass,
        ruled_out=dict(former.ruled_out),
        calls={step: lost_call(step, ref, run.started_at) for step, ref in former.out.items()},
    )  # fmt: skip


def _evolve_hands(run: Run, event: HandsEvent, stamp: Stamp) -> Run:
    moved = but(run, hands=follow_hands(run.hands, event, stamp.at))
    lapsed = isinstance(event, HandsDeclined) and run.hands.asked is not None  # what was begun was not started
    return _at(moved, AtStep, lambda at: replace(at, began=None, began_by=None, command="")) if lapsed else moved


def _evolve_telling(run: Run, event: events.TellingEvent | events.Started, stamp: Stamp) -> Run:
    match event:
        case events.HelpAsked(step=step, visit=visit):
            return _ask_people(run, "help", step, visit, stamp)
        case events.SigningRefused(step=step, visit=visit):
            attempt = (stamp.by, step, visit)
            return but(run, tried={**run.tried, attempt: run.tried.get(attempt, 0) + 1})
        case events.ParentTold():
            return but(run, parent_told=True)
        case events.LawTaken(law=law):
            return but(run, law=law)
        case events.ChainGrown():
            return _grow(run, Chain(event.requesters, event.operators, event.let_in))
        case events.Noted() | events.Redacted() | events.WentOnElsewhere() | events.Started():
            return run
        case _:
            assert_never(event)


def _evolve_step(run: Run, event: events.StepEvent, stamp: Stamp) -> Run:  # noqa: C901, PLR0912  (one line per event)
    match event:
        case events.StepEntered():
            return _enter(run, event, stamp)
        case events.Begun(command=command):
            return _begin_command(run, stamp, command)
        case events.Watched():
            return _at(run, AtStep, lambda at: replace(at, watched_by=stamp.by))
        case events.StepFinished(exit=exit_, note=note, failed=failed):
            said = note or "; ".join(f"Expected: {one}" for one in failed)
            return _finish(_learn(run, event, stamp), stamp, exit_, said=said, answers=tuple(event.answers))
        case events.Chosen(option=option, label=label, note=note):
            return _finish(run, stamp, option, said=label, decided=note if run.here_is(run.book.exception) else "")
        case events.Branched(exit=exit_):
            return _finish(run, stamp, exit_)
        case events.Notified():
            return _finish(run, stamp, "ok")
        case events.Skipped(reason=reason):
            return _finish(run, stamp, "skipped", said=reason)
        case events.WentBack(reason=reason):
            return _finish(run, stamp, "went back", said=reason)
        case events.MismatchSeen(words=words):
            return _finish(run, stamp, "does not match", said=words)
        case events.DoneAlready():
            return _take_as_done(run, event, stamp)
        case events.EndAsked(end=end, words=words):
            called = _ask_people(run, "end", event.step, event.visit, stamp)
            return but(called, wish=EndRequest(end, stamp.by, stamp.at, words))
        case events.EndAnswered(granted=granted):
            said = run.wish.words if run.wish is not None else ""
            return _finish(but(run, wish=None), stamp, "closed", said=said) if granted else but(run, wish=None)
        case events.SentBack(step=step, to=to, why=why):
            sent = but(run, void={**run.void, to: why})
            return _finish(sent, stamp, "sent back", said=why) if run.here_is(step) else sent
        case events.VisitsSpent() | events.ReadingTaken():
            return run
        case (
            events.Called()
            | events.CallOpened()
            | events.CallDelayed()
            | events.CallTold()
            | events.CallNotOpened()
            | events.CallReturned()
        ):
            return _evolve_call(run, event, stamp)
        case Joined(exit=exit_, came=came):
            return _finish(but(run, calls={one: run.calls[one] for one in run.calls if one not in came}), stamp, exit_)
        case _:
            assert_never(event)


def _evolve_signing(run: Run, event: events.SigningEvent, stamp: Stamp) -> Run:
    match event:
        case events.SignoffAsked():
            return but(run, here=_ask(run, event, stamp))
        case events.Signed():
            return _at(run, AwaitingSignature, lambda at: replace(at, signed=(*at.signed, stamp.by)))
        case events.SignoffApproved():
            approval = Approval(event.step, event.visit, event.digest, event.signers, stamp.at, event.valid_until)
            return _finish(_approve(run, approval), stamp, "approved")
        case events.SignoffRejected(reason=reason):
            return _finish(_unapprove(run, event.step), stamp, "rejected", said=reason)
        case events.SignoffExpired(step=step):
            counted = but(run, expired={**run.expired, step: run.expired.get(step, 0) + 1})
            return _finish(_unapprove(counted, step), stamp, "expired")
        case events.SignatureVoided(step=step, why=why):
            unsigned = _at(run, AwaitingSignature, lambda at: replace(at, signed=()) if at.step == step else at)
            fallen = _unapprove(unsigned, step)
            return but(fallen, void={**run.void, step: why})
        case events.GlassBroken():
            paged = _ask_people(run, "glass", event.step, event.visit, stamp)
            return _finish(_break_glass(paged, event, stamp), stamp, "broken glass", said=event.reason)
        case events.GlassReviewed(known=known):
            run = run if known is None else but(run, members=run.members.knowing(known))
            return but(run, glass=tuple(replace(one, reviewed_by=one.reviewed_by or stamp.by) for one in run.glass))
        case _:
            assert_never(event)


def _evolve_people(run: Run, event: events.PeopleEvent, stamp: Stamp) -> Run:
    match event:
        case events.TookOver() | events.HandOverAccepted():
            return _end_watch(but(run, operator=stamp.by, operated=run.operated | {stamp.by}, offer=None), stamp.by)
        case events.HandOverOffered(to=to, words=words):
            return but(run, offer=Offer(to, stamp.by, stamp.at, words))
        case events.Paused(reason=reason):
            return but(run, paused=Hold(stamp.by, stamp.at, reason))
        case events.Resumed():
            return but(run, paused=None)
        case events.Corrected(name=name, new=new):
            step = run.given[name].step if name in run.given else None
            return _set_values(run, {name: new}, stamp, step, {name: givers_by(stamp.by)})
        case events.Ended(outcome=outcome, step=step, reason=reason):
            ending = run.here.ending if isinstance(run.here, AwaitingRuns) else None
            by = stamp.by if ending is None else ending.by
            return but(run, here=Over(outcome, stamp.at, by, step, reason), paused=None, offer=None)
        case EndAwaited():
            return but(run, here=_ending(run, event, stamp), paused=None, offer=None)
        case StopWanted(by=by, named=named, reason=reason):
            asked = _ask_people(run, "stop", getattr(run.here, "step", None) or "", 0, stamp)
            return but(asked, stop_wanted=StopAsked(by, named, reason, stamp.at))
        case HandedAnew(values=values, givers=givers):
            return _set_values(run, values, stamp, None, givers)
        case _:
            assert_never(event)


def _evolve_members(run: Run, event: MembersEvent, stamp: Stamp) -> Run:
    moved = but(run, members=follow_members(run.members, event, run.seq, stamp.by))
    return _end_rights(moved, stamp) if isinstance(event, PeopleChanged) and event.out else moved


def _end_rights(run: Run, stamp: Stamp) -> Run:
    """Whoever has no right to it any more operates, watches, offers and is offered nothing; their pages are unanswered.

    That their signatures end is told by events of their own, see `Draft.keep_signatures_true`.
    """
    run = _end_signatures(run)
    members, here, operator, offer = run.members, run.here, run.operator, run.offer
    may = members.may_operate
    if operator is not None and operator in members.known and not may(operator):
        run = but(run, operator=None, left_at=stamp.at)
    if offer is not None and any(one in members.known and not may(one) for one in (offer.to, offer.by)):
        run = but(run, offer=None)
    if isinstance(here, AtStep) and here.began is None and here.watched_by is not None:
        step = run.book.by_id[here.step]
        role = step.witness if isinstance(step, RunStep) else None
        if role is not None and here.watched_by not in members.holders(role):
            run = but(run, here=replace(here, watched_by=None))
    gone = frozenset(one for one in members.known if not members.has(one))
    return but(run, pages=leave_unanswered(run.pages, gone, stamp))


def _end_signatures(run: Run) -> Run:
    """Whoever holds no role of a sign-off any more has lost what they signed there, also if they come back."""
    ended = {}
    for name, given in run.approvals.items():
        step = run.book.by_id[name]
        roles = ("lead",) if given.glass else step.from_ if isinstance(step, Signoff) else ()
        holders = {person for role in roles for person in run.holders(role)}
        ended[name] = replace(given, lost=tuple(sorted({*given.lost, *({*given.signers} - holders)})))
    return but(run, approvals=ended) if ended else run


_WAYS: Mapping[type[events.Event], Callable[[Run, Any, Stamp], Run]] = {
    event: way
    for kinds, way in (
        (MembersEvent, _evolve_members),
        (events.StepEvent, _evolve_step), (events.SigningEvent, _evolve_signing), (events.PeopleEvent, _evolve_people),
        (PagingEvent, lambda run, event, at: but(
            run, pages=follow(run.pages, event, at, frozenset((run.requester, run.operator))),
        )),
        (AfterEvent, lambda run, event, at: but(run, after=take_in(run.after, event, at, run.seq))),
        (events.TellingEvent | events.Started, _evolve_telling), (HandsEvent, _evolve_hands),
    )
    for event in get_args(kinds)
}  # fmt: skip
"""Event -> how it moves a run: looked up once, rather than held against each of fifty types."""


def _at(run: Run, kind: type[P], move: Callable[[P], Place]) -> Run:
    """The run with its place changed; what is said of another kind of place changes nothing."""
    return but(run, here=move(run.here)) if isinstance(run.here, kind) else run


def _enter(run: Run, event: events.StepEntered, stamp: Stamp) -> Run:
    step = run.book.by_id[event.step]
    waits = isinstance(step, End) and step.outcome == "recovered" and bool(run.unreviewed)
    place = AwaitingReview if waits else AwaitingRuns if isinstance(step, Join) else AtStep
    held = event.step == run.book.exception and event.came_from not in (None, event.step)
    here, visits = place(event.step, event.visit, stamp.at), {**run.visits, event.step: event.visit}
    entered = but(
        run,
        here=here, visits=visits, held_from=event.came_from if held else run.held_from,
        brought_by=_who_brought(run.book, event, stamp), wish=None, hands=run.hands.at(event.step, event.visit),
        ruled_out=_ruled_out_at(run.book, step, run.done, run.given, run.vars, run.ruled_out),
    )  # fmt: skip
    if held and entered.times_held == ROUNDS:
        entered = _ask_people(entered, "circle", event.step, event.visit, stamp)
    return entered if run.book.begins_by_hand(step) else _note_start(entered, event.step)


def _who_brought(book: Runbook, event: events.StepEntered, stamp: Stamp) -> str | None:
    """Whose press led here straight away; nobody's after a wait, a call, a signature or what went by itself."""
    before = None if event.came_from is None else book.by_id[event.came_from]
    at_once = before is None or isinstance(before, Do | Decide | Check | RunStep)
    return stamp.by if at_once and stamp.by != "clock" else None


def _ruled_out_at(
    book: Runbook,
    step: StepBase,
    done: Sequence[Visit],
    given: Mapping[str, Given],
    values: Mapping[str, Value],
    known: RuledOuts,
) -> RuledOuts:
    """An answer is asked for again, and was refused since it was given: that value is ruled out.

    By the newest check that failed, else by the newest choice or rejection; a choice at the hold is about the run.
    """
    answer = step.answer if isinstance(step, Do) else None
    is_kept = answer is not None and not answer.blind and book.fields[answer.var].type != "secret"
    before = given.get(answer.var) if answer is not None and is_kept else None
    if answer is None or before is None or before.step is None:
        return known
    since = tuple(takewhile(lambda one: one.step != before.step, reversed(done)))
    check = next((one for one in since if one.exit == "fail" and isinstance(book.by_id[one.step], Check)), None)
    by = check or next((one for one in since if _turns_down(book, one)), None)
    if by is None:
        return known
    value = values[answer.var]
    others = tuple(one for one in known.get(answer.var, ()) if one.value != value)
    said = "" if check is not None else by.said if isinstance(book.by_id[by.step], Decide) else "Rejected"
    return {**known, answer.var: (*others, RuledOut(value, by.step, by.until, said))}


def _turns_down(book: Runbook, visit: Visit) -> bool:
    """Whether people chose at a decision what led on, or a signer rejected what was asked."""
    step = book.by_id[visit.step]
    if isinstance(step, Decide):
        return step.id != book.exception and visit.exit in {one.id for one in step.options}
    return isinstance(step, Signoff) and visit.exit == "rejected"


def _take_as_done(run: Run, event: events.DoneAlready, stamp: Stamp) -> Run:
    """Somebody has done the step already. Where it was to be signed for it counts as a start, and as a broken glass."""
    step = run.book.by_id[event.step]
    changes = isinstance(step, RunStep) and step.effect != "read"
    moved = but(run, operated=run.operated | {stamp.by}) if changes or event.signed_for else run
    if not event.signed_for:
        told = _at(moved, AtStep, lambda at: replace(at, already=event.words))
        begun = run.book.begins_by_hand(step)
        return _at(told, AtStep, lambda at: replace(at, began=stamp.at, began_by=stamp.by)) if begun else told
    paged = _ask_people(_note_start(moved, event.step), "already", event.step, event.visit, stamp)
    owed = but(paged, glass=(*paged.glass, Glass(event.step, stamp.by, stamp.at, already=True)))
    return _finish(_at(owed, AtStep, lambda at: replace(at, began=stamp.at)), stamp, "done already", said=event.words)


def _note_start(run: Run, step: str) -> Run:
    """A step was started: the sign-offs that bind it have covered this start."""
    used = {
        signoff.id: replace(given, started=tuple(dict.fromkeys((*given.started, step))))
        for signoff in run.book.signoffs_of.get(step, ())
        if (given := run.approvals.get(signoff.id)) is not None
    }
    return but(run, approvals={**run.approvals, **used}) if used else run


def _end_watch(run: Run, person: str) -> Run:
    """Whoever operates now watches no longer."""
    return _at(run, AtStep, lambda at: replace(at, watched_by=None) if at.watched_by == person else at)


def _ask(run: Run, event: events.SignoffAsked, stamp: Stamp) -> AwaitingSignature:
    """Signatures on the same content stay, but for those of people who may no longer sign."""
    before = run.here if event.again and isinstance(run.here, AwaitingSignature) else None
    kept = before.signed if before is not None and before.digest == event.digest else ()
    return AwaitingSignature(
        event.step, event.visit, before.since if before else stamp.at, event.digest, event.content, event.eligible,
        event.barred, event.need, event.expires_at, tuple(one for one in kept if one in event.eligible),
        stamp.at,
    )  # fmt: skip


def _begin_command(run: Run, stamp: Stamp, command: str) -> Run:
    """A person starts a command by hand. Who runs what changes something has operated, whatever their role."""
    here = run.here
    step = run.book.by_id[here.step] if not isinstance(here, Over) and here.step else None
    changes = isinstance(step, RunStep) and step.effect != "read"
    operated = run.operated | {stamp.by} if changes else run.operated
    if isinstance(here, AtStep):
        here = AtStep(here.step, here.visit, here.since, stamp.at, stamp.by, command, here.watched_by)
    begun = but(run, here=here, operated=operated)
    return begun if step is None else _note_start(begun, step.id)


def _finish(
    run: Run, stamp: Stamp, exit_: str, *, said: str = "", answers: tuple[str, ...] = (), decided: str = ""
) -> Run:
    here = run.here
    if isinstance(here, Over):
        return run
    began = isinstance(here, AtStep) and here.began is not None
    over = Visit(here.step, here.visit, exit_, stamp.by, here.since, stamp.at, began, answers, said, decided)
    return but(run, done=(*run.done, over))


def _learn(run: Run, event: events.StepFinished, stamp: Stamp) -> Run:
    step = run.book.by_id.get(event.step)
    givers = givers_of_answers(step, event.answers, stamp.by, event.exit, run.given)
    known = _set_values(run, event.answers, stamp, event.step, givers)
    tells = event.blind or event.compared
    return but(known, hidden=(run.hidden | set(event.blind)) - set(event.compared)) if tells else known


def _set_values(
    run: Run, values: Mapping[str, Value], stamp: Stamp, step: str | None, givers: Mapping[str, Givers]
) -> Run:
    if not values:
        return run
    given = {name: Given(run.seq, stamp.by, step, givers.get(name, ())) for name in values}
    return but(run, vars={**run.vars, **values}, given={**run.given, **given})


def _approve(run: Run, approval: Approval) -> Run:
    kept = {step: times for step, times in run.expired.items() if step != approval.step}
    approvals = {**run.approvals, approval.step: approval}
    return but(run, approvals=approvals, expired=kept, void=_without(run.void, approval.step))


def _break_glass(run: Run, event: events.GlassBroken, stamp: Stamp) -> Run:
    by = (stamp.by,)
    approval = Approval(event.step, event.visit, event.digest, by, stamp.at, event.valid_until, glass=True)
    return _approve(but(run, glass=(*run.glass, Glass(event.step, stamp.by, stamp.at))), approval)


def _evolve_call(run: Run, event: events.Called | News, stamp: Stamp) -> Run:
    """Of the run that this one stands in, or of one that it opened meanwhile."""
    if isinstance(event, events.Called):
        before = run.calls.get(event.step)
        again = before is not None and before.child == event.child
        call = called(event, run.book.by_id.get(event.step), run.given, stamp.at)
        if not event.meanwhile:
            return but(run, here=call)
        return _finish(run if again else but(run, calls={**run.calls, event.step: call}), stamp, "ok")
    stands_there = isinstance(run.here, InCall) and run.here.child == event.child
    home = _take_home(run, event, stamp) if isinstance(event, events.CallReturned) else run
    if stands_there and isinstance(event, events.CallReturned | events.CallNotOpened):
        said = event.why if isinstance(event, events.CallNotOpened) else ""
        return _finish(home, stamp, event.outcome if isinstance(event, events.CallReturned) else NOT_OPENED, said=said)
    if isinstance(run.here, InCall) and stands_there:
        return but(run, here=follow_call(run.here, event))
    known = {step: follow_call(one, event) if one.child == event.child else one for step, one in run.calls.items()}
    return but(home, calls=known)


def _ending(run: Run, event: EndAwaited, stamp: Stamp) -> Place:
    here = run.here
    if isinstance(here, Over):
        return here
    return AwaitingRuns(here.step, here.visit, stamp.at, Ending(event.outcome, event.step, event.reason, stamp.by))


def _take_home(run: Run, event: events.CallReturned, stamp: Stamp) -> Run:
    """What a called run brings home: values with their givers, and whoever started or operated it."""
    return _grow(_set_values(run, event.captured, stamp, event.step, event.givers), event.chain)


def _grow(run: Run, more: Chain) -> Run:
    """What is heard of the people of other runs of the chain."""
    return but(run, chain=run.chain.joined(more), members=run.members.hearing(more.let_in))


def _unapprove(run: Run, step: str) -> Run:
    return but(run, approvals=_without(run.approvals, step), void=_without(run.void, step))


def _without(known: Mapping[str, T], step: str) -> Mapping[str, T]:
    """What is known of every step but this one."""
    return {name: kept for name, kept in known.items() if name != step} if step in known else known
