"""What the clock will do if nobody acts: which page is due when, to whom and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.format.runbook import Decide, Do, Signoff, StepBase
from bot.run.after.rules import reminder_due
from bot.run.calls.rules import calls_to_propagate
from bot.run.hands.rules import lapse_at
from bot.run.law.reviewing import reviewers
from bot.run.law.signing import as_started, can_be_given, eligible_people, ungivable
from bot.run.paging.events import PageReason, page_key
from bot.run.paging.ladder import ANSWER_WITHIN, NEXT_ROUND, LadderCall, stairs, still_holds
from bot.run.paging.state import Climb
from bot.run.places import AtStep, AwaitingReview, AwaitingRuns, AwaitingSignature, Due, InCall, Over
from bot.run.state import Run

STILL = timedelta(minutes=60)
"""docs/format.md, the table of limits: after so much silence people are asked whether they are still on it."""
BURNS = (50, 75, 90, 100)
LEAST_NOISE, NOISE = timedelta(minutes=2), 0.1
"""Typical times are no promises: a forecast is said once it is late by a tenth of the work ahead, and two minutes."""
_BOTH, _SLACK = ("slack", "pager"), ("slack",)


@dataclass(frozen=True, slots=True)
class PageDue:
    """A page that comes at `at` unless somebody acts; the fields as in `Paged`."""

    at: datetime
    reason: PageReason
    people: tuple[str, ...]
    via: tuple[str, ...]
    rung: int | None = None
    round: int = 1
    step: str | None = None
    visit: int = 0
    figure: int | None = None
    stair: int | None = None

    @property
    def key(self) -> str:
        """The same as its event's."""
        return page_key(self.reason, self.at, self.rung, self.step, self.visit, self.figure)


def next_due(run: Run) -> Due | None:
    """What happens by itself next, of whatever kind."""
    return run.found("next due", _find_next_due)


def _find_next_due(run: Run) -> Due | None:
    return _first_of(propagation_due(run), next_of_clock(run))


def next_of_clock(run: Run, *, pages: bool = True) -> Due | None:
    """What the clock brings next: all but what goes between runs (`propagate`), which holds nothing up."""
    page = next_page(run) if pages else None
    other = _first_of(_onward(run), _expiry(run), _closing(run), reminder_due(run), _lapsing(run), _joining(run))
    return _first_of(other, Due(page.at, "page") if page is not None else None)


def _first_of(*found: Due | None) -> Due | None:
    return min((one for one in found if one is not None), key=lambda due: due.at, default=None)


def propagation_due(run: Run) -> Due | None:
    """A sub-run that is to be opened, or told who operates above it; or a caller that is to be told."""
    here, owed = run.here, calls_to_propagate(run)
    if owed:
        return Due(owed[0].since, "errand")
    untold = isinstance(here, Over) and run.start.parent is not None and not run.parent_told
    return Due(here.at, "errand") if untold and isinstance(here, Over) else None


def _onward(run: Run) -> Due | None:
    """A sign-off was given by whoever may not start what comes next: the clock goes on."""
    return (
        Due(run.approvals[run.here.step].at, "onward") if run.approved_here and not isinstance(run.here, Over) else None
    )


def _expiry(run: Run) -> Due | None:
    here = run.here
    return Due(here.expires_at, "expires") if isinstance(here, AwaitingSignature) and not run.approved_here else None


def _lapsing(run: Run) -> Due | None:
    """A press that no hands took."""
    at = lapse_at(run)
    return None if at is None or run.over else Due(at, "lapses")


def _joining(run: Run) -> Due | None:
    """Runs that were opened meanwhile may be silent for so long, and no longer."""
    here = run.here
    step = run.book.by_id.get(here.step) if isinstance(here, AwaitingRuns) and here.ending is None else None
    waits = isinstance(here, AwaitingRuns) and step is not None and step.timeout is not None
    return Due(here.since + step.timeout, "joins") if waits else None  # type: ignore[union-attr,operator]


def _closing(run: Run) -> Due | None:
    """A run that waits for a review which nobody of it may give."""
    here = run.here
    return Due(here.since, "closes") if isinstance(here, AwaitingReview) and not reviewers(run) else None


def next_page(run: Run) -> PageDue | None:
    """Whom the clock calls next if nobody acts, and when."""
    return min(due_pages(run), key=lambda due: due.at, default=None)


def due_pages(run: Run) -> tuple[PageDue, ...]:
    """Every page that is to come as things stand, in no order."""
    if run.over:
        return ()
    once = (*_for_signers(run), *_at_once(run), *_at_the_step(run), *_for_people(run), *_for_the_run(run))
    fresh = tuple(due for due in once if due.key not in run.pages.said)
    following = next_stair(run)
    return fresh if following is None else (following, *fresh)


def next_stair(run: Run) -> PageDue | None:
    """The next call of the ladder, while nobody has answered."""
    climb = run.pages.climb
    if run.over or climb is None or climb.answered_by is not None or not still_holds(run, climb):
        return None
    ways = stairs(run)
    if not ways:
        return None
    own = _inside(run) if climb.reason == "start" else frozenset()
    refused = _refused(run, climb) | own
    left = [turn for turn in range(max(climb.stair, -1) + 1, len(ways)) if set(ways[turn].people) - refused]
    if not left:
        # A round counts from when the last call was made, not from when it was due: after an outage nobody is called
        # for all the rounds that would have been. And who cannot be reached now is not tried again at once.
        first = _first_outside(run, ways) if climb.reason == "start" else None
        return _call_of(climb, ways, _first(ways) if first is None else first, climb.called_at + NEXT_ROUND, own)
    # Who hurries goes to the next rung: the same one again would call the same people.
    rung = ways[climb.stair].rung if climb.stair >= 0 else climb.rung
    other = next((turn for turn in left if ways[turn].rung != rung), None)
    if climb.hurried is not None and other is not None:
        return _call_of(climb, ways, other, climb.hurried, refused)
    since = ways[climb.stair].after if climb.stair >= 0 else ways[left[0]].after - ANSWER_WITHIN
    return _call_of(climb, ways, left[0], climb.stair_due + (ways[left[0]].after - since), refused)


def _call_of(climb: Climb, ways: tuple[LadderCall, ...], turn: int, at: datetime, refused: frozenset[str]) -> PageDue:
    stair, round_ = ways[turn], climb.round + (1 if turn <= climb.stair else 0)
    people = tuple(one for one in stair.people if one not in refused)
    return PageDue(at, climb.reason, people, stair.via, stair.rung, round_, climb.step, climb.visit, stair=turn)


def _refused(run: Run, climb: Climb) -> frozenset[str]:
    """Who said in this round that they cannot come: they are asked again in the next one."""
    pages = (run.pages.pages[number - 1] for number in climb.pages)
    return frozenset(one for page in pages if page.round == climb.round for one in page.declined)


def _for_signers(run: Run) -> Iterator[PageDue]:
    """The lead, and whoever may sign, where too few people may: at the start, and when the signature is asked for."""
    here = run.here
    if isinstance(here, AwaitingSignature) and not run.approved_here:
        signoff = run.book.by_id[here.step]
        if isinstance(signoff, Signoff) and not can_be_given(run, signoff):
            yield PageDue(
                here.asked_at or here.since,
                "no_signer",
                _helpers(run, (signoff,)),
                _BOTH,
                step=here.step,
                visit=here.visit,
            )
    if run.start.mode == "training" or "start" in run.pages.said:
        return
    lacking = ungivable(as_started(run))
    if lacking:
        called = tuple(one for one in _helpers(run, lacking) if one != run.requester)
        yield PageDue(run.started_at, "no_signer", called, _BOTH, step=lacking[0].id)


def _helpers(run: Run, lacking: tuple[Signoff, ...]) -> tuple[str, ...]:
    """Who is left to sign, and the leads; where that is nobody but who operates, everybody of ladder and owner team."""
    left = (one for signoff in lacking for one in eligible_people(run, signoff)[0])
    called = tuple(dict.fromkeys([*left, *run.holders("lead")]))
    if set(called) - {run.operator, run.requester}:
        return called
    owners = (one for one in run.start.owners if run.members.has(one))
    return tuple(dict.fromkeys([*called, *_everybody_of_ladder(run), *owners]))


def _at_once(run: Run) -> Iterator[PageDue]:
    """The start, and what somebody asked for."""
    ways = stairs(run)
    if not ways:
        return
    if run.start.mode != "training":
        yield from _of_start(run, ways)
    for asked in run.pages.asked:
        people, via = (*_reached_so_far(run, ways), *ways[_first_outside(run, ways) or 0].people), _BOTH
        people = (*people, *_next_rung(run, ways)) if asked.reason == "circle" else people
        extra = run.holders("lead")
        called = tuple(one for one in dict.fromkeys([*people, *extra]) if one != asked.by)
        rung, round_, stair = _stand(run, ways)
        yield PageDue(asked.at, asked.reason, called, via, rung, round_, asked.step, asked.visit, stair=stair)


def _next_rung(run: Run, ways: tuple[LadderCall, ...]) -> tuple[str, ...]:
    """The people of the rung after the last that was called."""
    called = run.pages.climb.stair if run.pages.climb is not None else -1
    rung = ways[called].rung if called >= 0 else -1
    return next((way.people for way in ways[called + 1 :] if way.rung != rung and way.people), ())


def _of_start(run: Run, ways: tuple[LadderCall, ...]) -> Iterator[PageDue]:
    """The first rung hears of the start, but for whoever is in the run already.

    When it holds nobody else, the next one is told over Slack at once; it is called by every way when it is its turn.
    """
    first = _first_outside(run, ways)
    if first is None:
        return
    people = tuple(one for one in ways[first].people if one not in _inside(run))
    began = _first(ways)
    early = ways[first].after > ways[began].after
    via, stair = (_SLACK, began) if early else (ways[first].via, first)
    yield PageDue(run.started_at + ways[began].after, "start", people, via, ways[first].rung, stair=stair)


def has_somebody_to_call(run: Run) -> bool:
    """Whether the ladder would tell anybody but who is in the run already."""
    return _first_outside(run, stairs(run)) is not None


def _first_outside(run: Run, ways: tuple[LadderCall, ...]) -> int | None:
    """The first call of the ladder that would tell anybody but who is in the run already."""
    return next((turn for turn, way in enumerate(ways) if set(way.people) - _inside(run)), None)


def _inside(run: Run) -> frozenset[str]:
    """Who needs no call to know that the run began: whoever started it, and whoever operates it."""
    return frozenset({run.requester, *([run.operator] if run.operator else ())})


def _at_the_step(run: Run) -> Iterator[PageDue]:
    """What a step, a question or a request for signatures brings when nobody acts."""
    here = run.here
    if run.paused is not None or isinstance(here, Over | InCall | AwaitingRuns):
        return
    step = run.book.by_id[here.step]
    if isinstance(here, AwaitingSignature):
        yield from _of_signoff(run, here)
        return
    who = (run.operator,) if step.who == "operator" and run.operator else run.holders(step.who)
    base = max(here.since, getattr(here, "began", None) or here.since)
    nudge, page = patience(run, step)
    if isinstance(step, Decide) and step.page and isinstance(here, AtStep):
        yield PageDue(here.since, "decide", who, _BOTH, None, 1, here.step, here.visit)
    if isinstance(here, AwaitingReview):
        who = reviewers(run)
    yield PageDue(base + nudge, "nudge", who, _SLACK, None, 1, here.step, here.visit, int(nudge.total_seconds()))
    silent = max(base, min(run.pages.heard_at, base + STILL))
    yield from _of_ladder(run, silent + page, "step", here.step, here.visit, int(page.total_seconds()))


def patience(run: Run, step: StepBase) -> tuple[timedelta, timedelta]:
    """After how long people are nudged at a step, and after how long others are called.

    A step's own `timeout` is when others are called; what usually takes longer than the runbook's policy is given that
    time first. A step that is signed and not begun goes by the minutes that its signatures have left, half of them and
    three quarters, as nobody works yet.
    """
    human, typical = run.book.policy.human, step.typical or timedelta(0)
    left = _left_to_begin(run, step)
    if left is not None:
        return min(human.nudge, left / 2), min(human.page, left * 3 / 4)
    page = step.timeout if isinstance(step, Do | Decide) and step.timeout else max(human.page, typical + human.nudge)
    return min(max(human.nudge, typical), page), page


def _left_to_begin(run: Run, step: StepBase) -> timedelta | None:
    """How long after it was reached a signed step can be begun; None when it was, or when no signature runs out."""
    here = run.here
    if not isinstance(here, AtStep) or here.step != step.id or here.began is not None:
        return None
    given = (run.approvals.get(signoff.id) for signoff in run.book.signoffs_of.get(step.id, ()))
    ends = [one.valid_until for one in given if one is not None and one.valid_until is not None]
    left = min(ends, default=here.since) - here.since
    return left if left > timedelta(0) else None


def _of_signoff(run: Run, here: AwaitingSignature) -> Iterator[PageDue]:
    """Again to the signers, then to more people, long before it expires."""
    if run.approved_here:
        return
    left = tuple(one for one in here.eligible if one not in here.signed)
    window = here.expires_at - here.since
    again, wider = min(run.book.policy.signoff.again, window / 2), window * 2 / 3
    everybody = tuple(dict.fromkeys([*left, *run.holders("lead"), *_everybody_of_ladder(run)]))
    yield PageDue(here.since + again, "signoff", left, _BOTH, None, 1, here.step, here.visit)
    yield PageDue(here.since + wider, "signoff_wider", everybody, _BOTH, None, 1, here.step, here.visit)


def _for_people(run: Run) -> Iterator[PageDue]:
    """Nobody operates, a hand-over is not accepted, nobody has been heard for an hour."""
    human, heard = run.book.policy.human, run.pages.heard_at
    if run.operator is None and run.left_at is not None:
        yield from _of_ladder(run, run.left_at, "operator", None, int(run.left_at.timestamp()), None)
    elif run.operator is None:
        yield from _of_ladder(run, run.started_at + human.nudge, "operator", None, 0, None)
    if run.offer is not None:
        turn = int(run.offer.at.timestamp())
        yield PageDue(run.offer.at + human.nudge, "handover", (run.offer.to,), _BOTH, None, 1, None, turn)
        yield from _of_ladder(run, run.offer.at + human.page, "handover", None, turn, None)
    climb = run.pages.climb
    on_it = climb.answered_by if climb is not None else None
    asked = tuple(dict.fromkeys(one for one in (on_it, run.operator) if one is not None))
    if asked and (climb is None or climb.answered_by is not None or not still_holds(run, climb)):
        yield PageDue(heard + STILL, "still", asked, _BOTH, None, 1, None, 0, int(STILL.total_seconds()))


def _for_the_run(run: Run) -> Iterator[PageDue]:
    """The RTO, and how long a run may last. A called run leaves both to the run that called it."""
    if run.start.parent is not None:
        return
    guides = tuple(dict.fromkeys(one for one in (run.operator, *run.holders("lead")) if one is not None))
    yield PageDue(run.started_at + run.book.policy.max_run, "fatigue", guides, _BOTH)
    rto = run.start.asset.rto
    if rto is None:
        return
    for percent in BURNS:
        late = percent >= BURNS[2]
        people = tuple(dict.fromkeys([*guides, *_reached_so_far(run, stairs(run))])) if late else guides
        at = run.started_at + timedelta(seconds=rto * percent / 100)
        yield PageDue(at, "burn", people, _BOTH if late else _SLACK, figure=percent)
    yield from _forecast(run, guides, run.started_at + timedelta(seconds=rto))


def _forecast(run: Run, guides: tuple[str, ...], until: datetime) -> Iterator[PageDue]:
    """The typical times of the longest way ahead say that the RTO will be missed: from when on they say so.

    At any time t of a step the end is expected at max(t, entered + typical) + what is usually needed after it.
    """
    here = run.here
    if isinstance(here, Over) or here.step is None:
        return
    own = run.book.by_id[here.step].typical or timedelta(0)
    after = timedelta(seconds=run.ahead.get(here.step, 0)) - own
    if not own + after or until <= here.since:
        return
    begun = getattr(here, "began", None) or here.since
    noise = max(LEAST_NOISE, (own + after) * NOISE)
    at = here.since if begun + own + after > until + noise else until + noise - after
    if at < until:
        late = max(int((max(at, begun + own) + after - until).total_seconds()), 1)
        yield PageDue(max(at, here.since), "forecast", guides, _BOTH, figure=late)


def _of_ladder(
    run: Run, at: datetime, reason: PageReason, step: str | None, visit: int, figure: int | None
) -> Iterator[PageDue]:
    """A page of the ladder: of its first rung, or of all that were called when it is being climbed already."""
    ways = stairs(run)
    if ways:
        people = _reached_so_far(run, ways)
        rung, round_, stair = _stand(run, ways)
        yield PageDue(at, reason, people, ways[_first(ways)].via, rung, round_, step, visit, figure, stair)


def _is_climbing(run: Run) -> bool:
    climb = run.pages.climb
    return climb is not None and climb.answered_by is None and climb.stair >= 0 and still_holds(run, climb)


def _reached_so_far(run: Run, ways: tuple[LadderCall, ...]) -> tuple[str, ...]:
    climb = run.pages.climb
    called = climb.stair if climb is not None and _is_climbing(run) else 0
    if climb is not None and climb.reason == "start" and _is_climbing(run):
        called = max(called, _first_outside(run, ways) or 0)
    many = max(called, _first(ways)) + 1 if ways else 0
    return tuple(dict.fromkeys(one for stair in ways[:many] for one in stair.people))


def _stand(run: Run, ways: tuple[LadderCall, ...]) -> tuple[int, int, int]:
    """Rung, round and stair of the climb that is under way, or of the first call."""
    climb = run.pages.climb
    if climb is None or climb.rung is None or not _is_climbing(run):
        first = _first(ways)
        return ways[first].rung, 1, first
    return climb.rung, climb.round, climb.stair


def _first(ways: tuple[LadderCall, ...]) -> int:
    """The first stair on which somebody stands: whoever was on those before it is out."""
    return next((turn for turn, stair in enumerate(ways) if stair.people), 0)


def _everybody_of_ladder(run: Run) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for stair in stairs(run) for one in stair.people))
