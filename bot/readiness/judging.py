"""An asset as a whole: what is missing in each layer, score, maturity, how urgent it is, and what to do next."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.format.catalogue import Asset
from bot.readiness.alert.rules import labels_of
from bot.readiness.alert.state import Triggers
from bot.readiness.facts import ReadinessFacts
from bot.readiness.findings import say_labels
from bot.readiness.objectives import Objectives, objectives_of
from bot.readiness.protection.plan import name_of
from bot.readiness.questions import YEAR, NextAction, QuestionAnswer, answers_of, leaned_on, newest_test
from bot.readiness.reading.plan import RESOURCE

DEBT, LIKELY = 6, 8
"""Below the first it is workflow debt, from the second on it is likely to recover."""
LEVELS = ("ad hoc", "documented", "tested", "automated", "adaptive")
_FIRST = (2, 1, 5, 6, 4, 3, 8, 10, 7, 9)
"""Questions in the order in which they are put right: what nothing else works without comes first."""
_WEIGHT = {1: 4.0, 2: 2.0, 3: 1.0}
"""By tier."""
_TRIED_WITHIN = timedelta(days=90)
_SETTLED = timedelta(days=30)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Ready:
    """How ready an asset is."""

    asset: Asset
    answers: tuple[QuestionAnswer, ...]
    objectives: Objectives
    process: tuple[str, ...]
    """What is missing in the process, in words; and so of the trigger and the response."""
    trigger: tuple[str, ...]
    response: tuple[str, ...]
    level: int
    """From 1, ad hoc, to 5, adaptive."""
    lift: str
    """What lifts it to the next level; empty at the top."""
    urgency: float
    """Tier × gap × likelihood."""
    next: NextAction | None

    @property
    def score(self) -> int:
        """How many of the ten are answered with yes."""
        return sum(one.says == "yes" for one in self.answers)

    @property
    def word(self) -> str:
        """The score in words."""
        return word_of(self.score)


def word_of(score: float) -> str:
    """A score in words."""
    return "workflow debt" if score < DEBT else "likely to recover" if score >= LIKELY else "ready in parts"


def judge(facts: ReadinessFacts, asset: Asset) -> Ready:
    """How ready an asset is at the moment of the facts."""
    answers, objectives = answers_of(facts, asset), objectives_of(facts, asset)
    process, trigger = tuple(_process(facts, asset)), tuple(_trigger(facts, asset))
    level, lift = _maturity(facts, asset, answers)
    return Ready(
        asset, answers, objectives, process, trigger, tuple(_response(answers)), level, lift,
        _WEIGHT[asset.tier] * _gap(answers, objectives, process) * _likelihood(facts, asset, process),
        _next(facts, asset, answers),
    )  # fmt: skip


class Judge:
    """Judges an asset anew when something happened in it, and each minute, as time alone changes what is said."""

    def __init__(self) -> None:
        self._before: ReadinessFacts | None = None
        self._known: dict[str, tuple[datetime, Ready]] = {}

    def all(self, facts: ReadinessFacts) -> tuple[Ready, ...]:
        """Every asset, the most urgent first."""
        before, self._before = self._before, facts
        if before is None or not _same_files(before, facts):
            self._known = {}
        for id_, asset in facts.catalogue.assets.items():
            known = self._known.get(id_)
            is_fresh = known is not None and timedelta(0) <= facts.at - known[0] < _MINUTE
            if not is_fresh or before is None or not _same_record(before, facts, asset):
                self._known[id_] = (facts.at, judge(facts, asset))
        return _by_urgency(self._known[id_][1] for id_ in facts.catalogue.assets)


def _same_files(one: ReadinessFacts, other: ReadinessFacts) -> bool:
    shared = (
        "digests",
        "served_at",
        "alike",
        "uncovered",
        "pack_at",
        "wording",
    )
    return one.catalogue is other.catalogue and all(getattr(one, name) == getattr(other, name) for name in shared)


def _same_record(one: ReadinessFacts, other: ReadinessFacts, asset: Asset) -> bool:
    names = [name_of(asset.id, protection.id) for protection in asset.protection]
    leaned = [f"{RESOURCE}{needed}" for needed, _ in leaned_on(other.catalogue, asset)]
    return (
        all(one.standing.get(name) is other.standing.get(name) for name in names)
        and all(one.reviews.get(book) is other.reviews.get(book) for book in asset.runbooks)
        and all(one.readings.get(name) is other.readings.get(name) for name in leaned)
        and one.runs.get(asset.id) is other.runs.get(asset.id)
        and one.triggers.get(asset.id) is other.triggers.get(asset.id)
    )


def _by_urgency(found: Iterable[Ready]) -> tuple[Ready, ...]:
    return tuple(sorted(found, key=lambda one: (-one.urgency, one.asset.tier, one.asset.id)))


def judge_all(facts: ReadinessFacts, assets: Iterable[Asset] | None = None) -> tuple[Ready, ...]:
    """Every asset, the most urgent first."""
    return _by_urgency(judge(facts, one) for one in (facts.catalogue.assets.values() if assets is None else assets))


def mean_score(all_of: Sequence[Ready]) -> float:
    """The score of the whole: each asset counts by its tier."""
    weights = [_WEIGHT[one.asset.tier] for one in all_of]
    return (
        sum(one.score * weight for one, weight in zip(all_of, weights, strict=True)) / sum(weights) if weights else 0.0
    )


def _process(facts: ReadinessFacts, asset: Asset) -> Iterator[str]:
    if not asset.protection:
        yield "nothing protects it"
    often = min((one.every for one in asset.protection), default=None)
    if asset.rpo is not None and often is not None and often > asset.rpo:
        yield "no protection runs as often as the RPO asks for"
    for id_, here in facts.protections(asset).items():
        if here.heard_at is None:
            yield f"{id_}: nothing was ever heard of it"
        yield from (f"{id_}: {wrong.what} at {one.place}" for one in here.copies for wrong in one.wrong)
        for one in here.copies:
            if here.heard_at is not None and not one.points and not one.wrong:
                yield f"{id_}: nothing was ever heard of its copy at {one.place}"
        if here.is_silent(facts.at) and here.silent_until is not None:
            yield f"{id_}: silent until {here.silent_until:%Y-%m-%d}, {here.silent_why}"
        if here.heard_at is not None and (here.test is None or facts.at - here.test.at > _TRIED_WITHIN):
            yield f"{id_}: no restore was tried in 90 days"
        elif here.test is not None and not here.test.worked:
            yield f"{id_}: the last restore that was tried failed"


def _trigger(facts: ReadinessFacts, asset: Asset) -> Iterator[str]:
    if not asset.triggers:
        yield "nothing starts a recovery but people who see it"
    heard = {id_ for id_, here in facts.protections(asset).items() if here.heard_at is not None}
    for one in asset.triggers:
        if one.missed is not None and one.missed not in heard:
            yield f"a missed {one.missed} cannot be seen: nothing was ever heard of it"
    fired = {one.labels for one in facts.triggers.get(asset.id, Triggers()).heard}
    for one in asset.triggers:
        if one.alert is not None and labels_of(one) not in fired:
            yield f"no alert with {say_labels(labels_of(one))} was ever heard"


def _response(answers: Sequence[QuestionAnswer]) -> Iterator[str]:
    for one in answers:
        if one.number in (2, 3, 5, 6, 10) and one.says != "yes":
            yield one.evidence


def _maturity(facts: ReadinessFacts, asset: Asset, answers: Sequence[QuestionAnswer]) -> tuple[int, str]:
    """The level, and what lifts it."""
    if not facts.active(asset):
        return 1, "an active runbook"
    if answers[0].says != "yes" or newest_test(facts, asset) is None:
        return 2, "RPO, RTO and a drill of what is written now"
    unheard = [id_ for id_, here in facts.protections(asset).items() if here.heard_at is None]
    live = [
        run
        for run in facts.runs_of(asset)
        if run.mode == "live" and run.came_back and facts.at - run.started_at <= YEAR
    ]
    if unheard or not asset.protection or not live:
        missing = (
            f"heartbeats of {', '.join(unheard)}"
            if unheard
            else "a protection"
            if not asset.protection
            else "a live run on it"
        )
        return 3, f"Handrail at work on it: {missing}"
    if missing := _unlearnt(facts, asset, answers):
        return 4, missing
    return 5, ""


def _unlearnt(facts: ReadinessFacts, asset: Asset, answers: Sequence[QuestionAnswer]) -> str:
    """What says that nothing is learnt from the records of an asset; empty when something is."""
    recent = [run for run in facts.runs_of(asset) if facts.at - run.started_at <= YEAR]
    open_ = [
        run.ref
        for run in recent
        if run.follow_ups > run.done and run.ended_at is not None and facts.at - run.ended_at > _SETTLED
    ]
    if open_:
        return f"the follow-ups of {', '.join(open_[:3])} done"
    if not any(run.lessons or run.follow_ups for run in recent):
        return "lessons or follow-ups told after a run"
    return "" if answers[7].says == "yes" else "reviews in time"


def _gap(answers: Sequence[QuestionAnswer], objectives: Objectives, process: Sequence[str]) -> float:
    """From 0, all is as promised, on: open questions, promises that are not kept, and what is wrong with the copies."""
    none = timedelta(0)
    broken = sum(one is not None and one > none for one in (objectives.rpo_gap, objectives.rto_gap))
    return sum(one.says != "yes" for one in answers) / 10 + 0.25 * broken + 0.1 * min(len(process), 5)


def _likelihood(facts: ReadinessFacts, asset: Asset, process: Sequence[str]) -> float:
    """From 1 on: whatever needed a recovery in the last year is likelier to need the next."""
    live = sum(run.mode == "live" and facts.at - run.started_at <= YEAR for run in facts.runs_of(asset))
    heard = facts.alerted_at(asset)
    return (
        1.0
        + 0.5 * min(live, 4)
        + (0.5 if heard is not None and facts.at - heard <= YEAR else 0.0)
        + 0.1 * min(len(process), 5)
    )


def _next(facts: ReadinessFacts, asset: Asset, answers: Sequence[QuestionAnswer]) -> NextAction | None:
    """One thing: copies that are wrong now, then that nothing protects it, then questions by what builds on what."""
    for id_, here in facts.protections(asset).items():
        if any(one.wrong for one in here.copies):
            what = "; ".join(f"{wrong.what} at {one.place}" for one in here.copies for wrong in one.wrong)
            return NextAction(f"Put the backup {id_} right: {what}.", f"handrail protections {asset.id} {id_}")
    if not asset.protection:
        return NextAction(
            f"Write down what protects {asset.name}, and let it report.", f"handrail new asset {asset.id}"
        )
    by_number = {one.number: one for one in answers}
    for number in _FIRST:
        if by_number[number].says == "no" and by_number[number].action is not None:
            return by_number[number].action
    for id_, here in facts.protections(asset).items():
        if here.heard_at is None:
            return NextAction(
                f"Let the backup {id_} report.", f"handrail token new --scope heartbeat --asset {asset.id}"
            )
        if here.test is None or facts.at - here.test.at > _TRIED_WITHIN:
            return NextAction(
                f"Try a restore from {id_}, and report it.", f"handrail beat {asset.id} {id_} --restore-test ok"
            )
    return next((one.action for one in answers if one.says != "yes" and one.action is not None), None)
