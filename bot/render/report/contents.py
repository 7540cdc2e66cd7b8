"""What stands in a report, in its order, with what it asks for the next time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo

from bot.render.after import MILESTONES, POSTMORTEM
from bot.render.prose import MODES, say_phase
from bot.render.report.turns import (
    DEVIATIONS,
    Approval,
    CalledPeople,
    Choice,
    Day,
    Detour,
    Took,
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
    say_reviews_owed,
    say_role,
    tell_front,
)
from bot.render.sentences import names_of
from bot.timeline.entries import Deviation, Spent, Timeline, Told

_MUCH = 0.2
"""The share of a run from which on waiting is told as trouble."""
_ALONE = {"declined": "somebody who was called could not come"}
"""Words that need no name beside them: a post-mortem blames nobody."""
_QUESTIONS = {
    "skipped": "{where} was skipped. Was that right, and should the runbook say so?",
    "went_back": "Why was it necessary to go back from {where}?",
    "sent_back": "Why was {where} reached without a valid signature?",
    "rejected": "What would have let people sign {where} the first time?",
    "expired": "Why did nobody sign {where} in time? Who else could?",
    "void": "What changed after {where} was signed, and could it have been known before?",
    "glass": "The glass was broken at {where}. Was that right, and what would have made it needless?",
    "mismatch": "The card and the world differed at {where}. Which of them has to change?",
    "not_as_expected": "{where} found something else than it expects. Why?",
    "problem": "What went wrong at {where}?",
    "visits_spent": "Why did {where} have to be done so often?",
    "late_page": "Why was a page late?",
    "page_failed": "Why did no channel of a page work, and would it have been noticed before?",
    "nobody_reached": "Why could nobody be reached, and by what other way could they?",
    "read_otherwise": "What was read at {where} did not hold the first time. Why?",
    "done_already": "{where} was done before its turn. What had led to that?",
    "end_asked": "Why was another end than the runbook's needed?",
    "barred": "Why did somebody who may not sign try to sign {where}?",
}
_SEEDS = {
    "mismatch": "Make {where} in the runbook match the world",
    "skipped": "Decide whether {where} belongs in the runbook",
    "expired": "Find more people who can sign {where}",
    "late_page": "Find out why the page was late",
    "page_failed": "Check the channels of the people on call: handrail page --test",
    "nobody_reached": "Check how the people on call are reached",
    "glass": "Review the broken glass at {where}",
    "done_already": "Make the order of the steps around {where} fit how people work",
    "end_asked": "Write the end that was missing into the runbook",
    "problem": "Write into the runbook what to do when {where} goes wrong",
    "visits_spent": "Find out why {where} did not work the first time",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Something to do: what, who, until when; blank where only people know."""

    what: str
    owner: str
    due: str
    done: bool
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Lessons:
    """What the record shows, and what only people know put as questions."""

    well: tuple[str, ...]
    badly: tuple[str, ...]
    told: tuple[str, ...]
    questions: tuple[str, ...]
    follow_ups: tuple[FollowUp, ...]


def tell_lessons(timeline: Timeline, calendar: Calendar) -> Lessons:
    """The seed of a post-mortem."""
    return Lessons(
        tuple(_well(timeline, calendar)), tuple(_badly(timeline, calendar)), tuple(_told(timeline)),
        tuple(dict.fromkeys(_questions(timeline))), tuple(_follow_ups(timeline)),
    )  # fmt: skip


def _well(timeline: Timeline, calendar: Calendar) -> Iterator[str]:
    yield from (one.text for one in say_objectives(timeline, calendar) if one.tone == "good")
    for phase in timeline.phases:
        if phase.over is not None and phase.over.total_seconds() < 0:
            yield f"{_took(phase)}, {say_length(-phase.over)} less than typical."
    signed = [one for one in timeline.signoffs if one.ended == "approved" and one.void_since is None]
    if signed and len(signed) == len(timeline.signoffs):
        yield f"Every sign-off that was asked for was given ({len(signed)})."
    answered = [one for one in timeline.pages if one.is_answered]
    if timeline.pages and len(answered) == len(timeline.pages):
        yield f"Every page was answered ({len(answered)})."
    if not timeline.deviations:
        yield "Nobody had to leave the runbook's way."


def _badly(timeline: Timeline, calendar: Calendar) -> Iterator[str]:
    yield from (one.text for one in say_objectives(timeline, calendar) if one.tone == "bad")
    facts = timeline.facts
    for phase in timeline.phases:
        if phase.over is not None and phase.typical is not None and phase.over > phase.typical / 4:
            yield f"{_took(phase)}, {say_length(phase.over)} more than typical."
    if facts.lasted and facts.waiting / facts.lasted > _MUCH:
        yield f"{say_length(facts.waiting)} were spent waiting for people ({facts.waiting / facts.lasted:.0%})."
    kinds: dict[str, list[Deviation]] = {}
    for one in timeline.deviations:
        kinds.setdefault(_ALONE.get(one.kind, DEVIATIONS[one.kind]), []).append(one)
    for words, several in kinds.items():
        where = ", ".join(dict.fromkeys(f"“{one.title}”" for one in several if one.title))
        times = f" ({len(several)} times)" if len(several) > 1 else ""
        yield f"{words[:1].upper()}{words[1:]}{times}{f': {where}' if where else ''}."


def _took(phase: Spent) -> str:
    return f"{say_phase(phase.title)} took {say_length(phase.spent)}"


def _told(timeline: Timeline) -> Iterator[str]:
    """What people said of it afterwards."""
    steps = names_of(timeline).steps
    for one in timeline.after:
        if one.kind in ("lesson", "near_miss"):
            yield f"{'Near miss' if one.kind == 'near_miss' else 'Lesson'}, told by {one.by_name}: {one.words}"
        elif one.kind == "clarity":
            yield f"How clear the steps were, says {one.by_name}: {one.words} of 5"
        elif one.kind == "hesitation":
            where = "nowhere" if one.words == "nowhere" else f"at “{steps.get(one.words, one.words)}”"
            yield f"{one.by_name} hesitated {where}"


def _questions(timeline: Timeline) -> Iterator[str]:
    facts = timeline.facts
    yield "What caused the damage?"
    if facts.damage_began is not None and facts.started_at > facts.damage_began:
        gap = say_length(facts.started_at - facts.damage_began)
        yield f"{gap} passed from the damage to the start of the recovery. How was it noticed, and could it be sooner?"
    else:
        yield "How was it noticed, and could it be sooner?"
    if facts.rpo.promised is not None and facts.rpo.actual is None:
        yield "How much data are lost? The record does not say."
    for step in timeline.steps:
        if step.over is not None and step.typical is not None and step.over > step.typical / 2:
            took, typical = say_length(step.spent), say_length(step.typical)
            yield f"“{step.title}” took {took}; typical is {typical}. Why, and is {typical} still right?"
    for one in timeline.deviations:
        if one.kind in _QUESTIONS:
            yield _QUESTIONS[one.kind].format(where=_where(one))
    yield "What made it harder than it had to be? What helped?"


def _where(deviation: Deviation) -> str:
    return f"“{deviation.title}”" if deviation.title else "a step"


def _follow_ups(timeline: Timeline) -> Iterator[FollowUp]:
    """What was agreed on, then what the record suggests."""
    yield from tell_agreed(timeline)
    seen: set[str] = set()
    for deviation in timeline.deviations:
        reviewed = deviation.kind == "glass" and not timeline.run.unreviewed
        words = "" if reviewed else _SEEDS.get(deviation.kind, "").format(where=_where(deviation))
        if words and words not in seen:
            seen.add(words)
            yield FollowUp(words, "", "", done=False, seq=deviation.seq)


def tell_agreed(timeline: Timeline) -> Iterator[FollowUp]:
    """Follow-ups that people agreed on."""
    yield from (_agreed(one) for one in timeline.after if one.kind == "follow_up")


def _agreed(told: Told) -> FollowUp:
    return FollowUp(told.words, told.owner or "", told.due or "", done=told.done_at is not None, seq=told.seq)


_DRILLS = {"drill": "A drill: nothing live was meant to be touched.", "training": "A training, not a recovery."}


@dataclass(frozen=True, slots=True)
class Participant:
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
class Postmortem:
    """Where the post-mortem stands; blank where nobody has said so."""

    state: str
    """``in review since 24 Nov 2026``; empty until somebody looks after it."""
    owner: str
    reviewed_by: str
    words: str


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
    reviews_owed: tuple[str, ...]
    """What went on without signatures and nobody has reviewed, in sentences."""
    postmortem: Postmortem
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
    turns: tuple[Detour, ...]
    main_turns: tuple[Detour, ...]
    """The fourteen of `turns` that weigh most, in their order."""
    choices: tuple[Choice, ...]
    approvals: tuple[Approval, ...]
    calls: tuple[CalledPeople, ...]
    people: tuple[Participant, ...]
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
        reviews_owed=tuple(say_reviews_owed(timeline)), postmortem=_postmortem(timeline, calendar),
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


def _postmortem(timeline: Timeline, calendar: Calendar) -> Postmortem:
    one = timeline.postmortem
    if one is None:
        return Postmortem("", "", "", "")
    return Postmortem(
        f"{POSTMORTEM[one.state]} since {calendar.moment(one.since)}", one.owner, one.reviewed_by or "", one.words
    )


def _milestones(timeline: Timeline, calendar: Calendar) -> Iterator[tuple[str, str]]:
    """What was reached when; what nobody knows is left out."""
    for one in timeline.milestones:
        if one.at is not None:
            words = "the run was closed" if one.name == "closed" else MILESTONES[one.name]
            by_hand = " (said afterwards)" if one.set_by_hand else ""
            yield words[0].upper() + words[1:], f"{calendar.exact(one.at)}{by_hand}"


def _people(timeline: Timeline) -> list[Participant]:
    """Those who did something, whoever did most first."""
    acting = sorted((one for one in timeline.people if one.records), key=lambda one: -one.records)
    return [
        Participant(
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
