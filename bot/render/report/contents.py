"""All that a report says, ready to be set: what templates are given, by names that are documented for teams."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo

from bot.render.after import MILESTONES
from bot.render.prose import MODES, say_phase
from bot.render.report.lessons import FollowUp, Lessons, tell_agreed, tell_lessons
from bot.render.report.turns import (
    Approval,
    Call,
    Choice,
    Day,
    Took,
    Turn,
    count_calls,
    count_turns,
    tell_approvals,
    tell_calls,
    tell_choices,
    tell_days,
    tell_times,
    tell_turning_points,
    tell_turns,
    weightiest,
)
from bot.render.report.verdict import (
    Calendar,
    Front,
    Sentence,
    say_facts,
    say_length,
    say_objectives,
    say_outcome_of,
    say_role,
    tell_front,
)
from bot.timeline.entries import Timeline

_DRILLS = {"drill": "A drill: nothing live was meant to be touched.", "training": "A training, not a recovery."}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who took part."""

    name: str
    roles: str
    operated: str
    records: int


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the record can be trusted, and how to check it."""

    words: str
    tone: str
    head: str
    command: str
    ledger: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A run, told. Every text is plain: whoever sets it escapes it."""

    ref: str
    mode: str
    asset: str
    title: str
    objective: str
    runbook: str
    not_live: str
    """What a drill or a training is; empty for a live run."""
    zone: str
    outcome: Sentence
    objectives: tuple[Sentence, ...]
    reason: str
    unreviewed: int
    turned: str
    front: Front
    points: tuple[Day, ...]
    """The dozen moments at which the run turned, under their days."""
    called: str
    """How many pages there were, and what came of them, in a sentence."""
    milestones: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    phases: tuple[Took, ...]
    steps: tuple[Took, ...]
    turns: tuple[Turn, ...]
    main_turns: tuple[Turn, ...]
    """The fourteen of `turns` that weigh most, in their order."""
    choices: tuple[Choice, ...]
    approvals: tuple[Approval, ...]
    calls: tuple[Call, ...]
    people: tuple[Person, ...]
    days: tuple[Day, ...]
    lessons: Lessons
    agreed: tuple[FollowUp, ...]
    """Follow-ups that people agreed on; those that only the record suggests are with the lessons."""
    proof: Proof


def tell_report(timeline: Timeline, zone: tzinfo) -> Report:
    """Everything that a report says, with times in this zone."""
    run, calendar = timeline.run, Calendar(zone, timeline.facts.started_at)
    return Report(
        ref=run.ref, mode=MODES[run.mode], asset=run.asset_name, title=run.title, objective=run.objective,
        runbook=f"{run.runbook} ({run.digest[:12]})", not_live=_DRILLS.get(run.mode, ""),
        zone=calendar.name, outcome=say_outcome_of(timeline),
        objectives=say_objectives(timeline, calendar), reason=run.end_reason, unreviewed=run.unreviewed,
        turned=count_turns(timeline), front=tell_front(timeline, calendar),
        points=tell_turning_points(timeline, calendar), called=count_calls(timeline.pages),
        milestones=tuple(_milestones(timeline, calendar)), facts=tuple(say_facts(timeline, calendar)),
        phases=tuple(tell_times([replace(one, title=say_phase(one.title)) for one in timeline.phases])),
        steps=tuple(tell_times(timeline.steps)),
        turns=tuple(tell_turns(timeline.deviations, calendar)),
        main_turns=tuple(tell_turns(weightiest(timeline.deviations), calendar)),
        choices=tuple(tell_choices(timeline.decisions, calendar)),
        approvals=tuple(tell_approvals(timeline.signoffs, timeline.values, calendar)),
        calls=tuple(tell_calls(timeline.pages, calendar)),
        people=tuple(_people(timeline)), days=tuple(tell_days(timeline, calendar)),
        lessons=tell_lessons(timeline, calendar), agreed=tuple(tell_agreed(timeline)),
        proof=_prove(timeline, calendar),
    )  # fmt: skip


def _milestones(timeline: Timeline, calendar: Calendar) -> Iterator[tuple[str, str]]:
    """What was reached when; what nobody knows is left out."""
    for one in timeline.milestones:
        if one.at is not None:
            words = "the run was closed" if one.name == "closed" else MILESTONES[one.name]
            by_hand = " (said afterwards)" if one.set_by_hand else ""
            yield words[0].upper() + words[1:], f"{calendar.exact(one.at)}{by_hand}"


def _people(timeline: Timeline) -> list[Person]:
    """Those who did something, whoever did most first."""
    acting = sorted((one for one in timeline.people if one.records), key=lambda one: -one.records)
    return [
        Person(
            one.name, ", ".join(say_role(role) for role in one.acted_as),
            say_length(one.operated) if one.operated else "", one.records,
        )
        for one in acting
    ]  # fmt: skip


def _prove(timeline: Timeline, calendar: Calendar) -> Proof:
    chain = timeline.chain
    if chain is None:
        return Proof("The chain of the record was not checked for this report.", "plain", "", "")
    if chain.verified:
        last = f", the last of {calendar.moment(timeline.entries[-1].at)}," if timeline.entries else ""
        said = f"The chain of all {chain.records} records{last} was checked for this report, and it holds."
        return Proof(said, "good", chain.head, chain.command, chain.ledger)
    found = chain.fault or "it does not hold"
    return Proof(
        f"The chain of the record was checked for this report: {found}", "bad", chain.head, chain.command, chain.ledger
    )
