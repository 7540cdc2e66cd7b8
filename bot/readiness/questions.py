"""Ten questions of an asset, each answered from catalogue, runbooks and records, with its evidence and what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bot.format.catalogue import Asset, Catalogue, Ladder, Resource
from bot.format.runbook import Runbook
from bot.format.text import spoken_duration
from bot.readiness.drift import reviewed_on, why_void
from bot.readiness.facts import ReadinessFacts, RunFact
from bot.readiness.reading.plan import RESOURCE
from bot.readiness.reading.rules import counts
from bot.readiness.reading.state import Reading
from bot.readiness.upkeep.state import Reviews

Says = Literal["yes", "no", "not known"]
TESTED = timedelta(days=90)
"""How old a test may be."""
TRAINED = timedelta(days=30)
"""A member's first month."""
SHIFT = timedelta(hours=12)
"""Beyond this a run is longer than one shift."""
YEAR = timedelta(days=365)
STANDARD = 3
"""The tier of what needs nobody outside."""
MODES, RUNGS = 3, 2
"""Failure modes that a runbook answers at least; rungs of a ladder."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class NextAction:
    """The next thing to do: one sentence, one command."""

    sentence: str
    command: str


@dataclass(frozen=True, slots=True)
class QuestionAnswer:
    """What is known of a question: the evidence in words, where it stands, and what to do unless it is yes."""

    number: int
    says: Says
    evidence: str
    link: str
    action: NextAction | None = None


QUESTIONS = (
    "RPO and RTO are defined",
    "The procedure stands in one accessible place",
    "It has explicit failure handling",
    "Dependencies are written down and tested",
    "It was tested in the last 90 days",
    "There is a clear escalation path",
    "It accounts for people under stress",
    "There is a process for updating it",
    "New members were trained within their first month",
    "There is a way to recover from a failed recovery",
)


def answers_of(facts: ReadinessFacts, asset: Asset) -> tuple[QuestionAnswer, ...]:
    """All ten, in order."""
    return tuple(ask(facts, asset) for ask in _ASKED)


def _answer(
    number: int, asset: Asset, wrong: list[str], good: str, action: NextAction, *, link: str = ""
) -> QuestionAnswer:
    """Yes with what speaks for it, or no with everything that is missing."""
    said = "; ".join(wrong[:_NAMED]) + (f"; and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else "")
    return QuestionAnswer(
        number, "no" if wrong else "yes", said or good, link or f"/assets/{asset.id}", action if wrong else None
    )


def _span(length: timedelta) -> str:
    return spoken_duration(int(length.total_seconds()))


def _defined(_: ReadinessFacts, asset: Asset) -> QuestionAnswer:
    wrong = [f"no {name}" for name, one in (("RPO", asset.rpo), ("RTO", asset.rto)) if one is None]
    good = "" if asset.rpo is None or asset.rto is None else f"RPO {_span(asset.rpo)}, RTO {_span(asset.rto)}"
    todo = NextAction("Agree with the owner how much may be lost and how long it may be away.", "handrail check")
    return _answer(1, asset, wrong, good, todo)


def _accessible(facts: ReadinessFacts, asset: Asset) -> QuestionAnswer:
    active = facts.active(asset)
    lost = [f"the runbook {one} is not there or does not load" for one in asset.runbooks if one not in facts.books]
    wrong = lost if active else [*lost, "no active runbook"]
    if not active:
        todo = NextAction(
            f"Write the procedure by which {asset.name} is recovered.", f"handrail new runbook {asset.id}-restore"
        )
        return _answer(2, asset, wrong, "", todo)
    since = max((facts.served_at[one.id] for one in active if one.id in facts.served_at), default=None)
    if facts.pack_at is None:
        wrong.append("no printable copy is written: HANDRAIL_PACK names no folder")
    elif since is not None and facts.pack_at < since:
        wrong.append("the printable copy is older than the runbook")
    todo = NextAction(
        "Name a folder in HANDRAIL_PACK: the printable copy is written there with each change.",
        "handrail pack --output DIR",
    )
    return _answer(2, asset, wrong, f"{_names(active)}, and on paper", todo, link=f"/runbooks/{active[0].id}")


def _names(books: tuple[Runbook, ...]) -> str:
    return ", ".join(one.id for one in books[:_NAMED]) + (" …" if len(books) > _NAMED else "")


def _failing(facts: ReadinessFacts, asset: Asset) -> QuestionAnswer:
    active = facts.active(asset)
    wrong = [] if active else ["no active runbook"]
    for book in active:
        leaning = facts.leaning.get(book.id, ())
        if leaning:
            wrong.append(f"{book.id}: {len(leaning)} failing exits lead to the lead alone, such as {leaning[0]}")
        if len(book.failure_modes) < MODES:
            wrong.append(f"{book.id}: {len(book.failure_modes)} of {MODES} failure modes are answered")
        known = {*book.by_id, *facts.catalogue.resources}
        wrong += [f"{book.id}: “{one.answer}” answers nothing" for one in book.failure_modes if one.answer not in known]
    first = active[0].id if active else asset.id
    todo = NextAction(
        "Write where each failing exit leads, and who answers each failure mode.", f"handrail show {first} --failures"
    )
    return _answer(
        3, asset, wrong, f"every failing exit of {_names(active)} leads somewhere", todo, link=f"/runbooks/{first}"
    )


def _dependencies(facts: ReadinessFacts, asset: Asset) -> QuestionAnswer:
    needed = list(leaned_on(facts.catalogue, asset))
    wrong = [] if asset.depends_on else ["nothing is written down"]
    wrong += [f"{one} is in no catalogue" for one, found in needed if found is None]
    unchecked = [one for one, found in needed if isinstance(found, Resource) and found.check is None]
    wrong += [f"nobody can see whether {one} answers: it has no check" for one in unchecked]
    todo = NextAction("Write down what the recovery leans on, each with a check.", "handrail check")
    if wrong:
        return _answer(4, asset, wrong, "", todo)
    resources = [found for _, found in needed if isinstance(found, Resource)]
    seen = {one.id: here for one in resources if counts(here := reading_of(facts, one), facts.at)}
    silent = [f"{one.name} does not answer: {seen[one.id].said}" for one in resources if _is_silent(seen.get(one.id))]
    if silent:
        mend = NextAction("Put right what does not answer, or its check.", f"handrail show {asset.id}")
        return _answer(4, asset, silent, "", mend)
    unread = [one for one in resources if one.id not in seen]
    link = f"/assets/{asset.id}"
    if unread or not resources:
        names = ", ".join(one.name for one in unread[:_NAMED]) + (" …" if len(unread) > _NAMED else "")
        why = next((here.declined for one in unread if (here := reading_of(facts, one)).declined), "")
        said = f"of what is written down with a check, hands have not looked lately at {names}"
        said = f"{said}: {why}" if why else said if unread else "nothing is written down that can be looked at"
        by_hand = NextAction("Let hands look at what the recovery leans on, or try it by hand.", "handrail ready --me")
        return QuestionAnswer(4, "not known", said, link, by_hand)
    oldest = min(one.looked_at for one in seen.values() if one.looked_at is not None)
    said = f"{len(seen)} of {len(seen)} answered, looked at since {oldest:%Y-%m-%d %H:%M} UTC"
    return QuestionAnswer(4, "yes", said, link)


def reading_of(facts: ReadinessFacts, one: Resource) -> Reading:
    """What hands saw of a resource."""
    return facts.readings.get(f"{RESOURCE}{one.id}", Reading())


def _is_silent(here: Reading | None) -> bool:
    return here is not None and not here.worked


def leaned_on(catalogue: Catalogue, asset: Asset) -> Iterator[tuple[str, Resource | Asset | None]]:
    """What a recovery leans on, and what that leans on."""
    seen: dict[str, None] = {}
    waiting = [*asset.depends_on]
    while waiting:
        one = waiting.pop(0)
        if one in seen or one == asset.id:
            continue
        seen[one] = None
        found = catalogue.resources.get(one) or catalogue.assets.get(one)
        yield one, found
        waiting += found.depends_on if found is not None else ()


def _tested(facts: ReadinessFacts, asset: Asset) -> QuestionAnswer:
    found = newest_test(facts, asset)
    walk = NextAction(f"Hold a drill of {asset.name}.", f"handrail walk {asset.id} --drill")
    if found is not None and found.ended_at is not None:
        said = f"{found.ref}, a {'drill' if found.mode == 'drill' else 'run'} of {found.ended_at:%Y-%m-%d}"
        return QuestionAnswer(5, "yes", said, f"/runs/{found.ref}")
    whys = [why for run in facts.runs_of(asset) if (why := why_no_test(facts, asset, run))]
    said = f"{facts.runs_of(asset)[0].ref}: {whys[0]}" if whys else "it was never walked"
    return QuestionAnswer(5, "no", said, f"/assets/{asset.id}", walk)


def newest_test(facts: ReadinessFacts, asset: Asset) -> RunFact | None:
    """The newest drill or run that says that what is written now works."""
    return next((run for run in facts.runs_of(asset) if not why_no_test(facts, asset, run)), None)


def why_no_test(facts: ReadinessFacts, asset: Asset, run: RunFact) -> str:
    """Why a run is no test of what is written now; empty when it is one.

    What was edited since takes it away: the procedure, whoever answers for it, and a promise that became stricter.
    """
    book = facts.books.get(run.runbook)
    if not run.is_recovery or run.ended_at is None:
        return "it did not end as a run or a drill with the data back"
    if facts.at - run.ended_at > TESTED:
        return f"it is {(facts.at - run.ended_at).days} days old"
    if book is None or book.status != "active" or run.runbook not in asset.runbooks:
        return "its runbook is not in use"
    if facts.digests.get(run.runbook) != run.digest and (run.runbook, run.digest) not in facts.alike:
        return "the runbook was changed since"
    if not run.people & _who_would(facts, asset, book):
        return "nobody of those who would do it now took part"
    if asset.rto is not None and (run.rto is None or run.rto > asset.rto):
        return "the RTO became stricter since"
    return ""


def _who_would(facts: ReadinessFacts, asset: Asset, book: Runbook) -> set[str]:
    """Those of the owner team who operate the runbook; where nobody is both, whoever operates it."""
    operators = {*facts.catalogue.members(book.roles.get("operator", ()))}
    return operators & {*facts.catalogue.members(f"team:{asset.owner}")} or operators


def _escalation(facts: ReadinessFacts, asset: Asset) -> QuestionAnswer:
    ladder = facts.catalogue.ladders.get(asset.ladder or "")
    wrong = ["no ladder"] if ladder is None else list(_wrong_with(facts, ladder))
    if not asset.contacts and asset.tier < STANDARD:
        wrong.append("nobody outside is named: `contacts:` with phone and contract")
    todo = NextAction("Name who is called second, and who helps from outside.", f"handrail oncall {asset.id}")
    good = f"{len(ladder.rungs)} rungs" if ladder is not None else ""
    outside = f", {', '.join(one.who for one in asset.contacts)}" if asset.contacts else ""
    return _answer(6, asset, list(dict.fromkeys(wrong)), good + outside, todo)


def _wrong_with(facts: ReadinessFacts, ladder: Ladder) -> Iterator[str]:
    catalogue = facts.catalogue
    if len(ladder.rungs) < RUNGS:
        yield f"the ladder {ladder.id} has one rung"
    for number, rung in enumerate(ladder.rungs, 1):
        people = catalogue.members(rung.tell)
        rotations = [one.removeprefix("rotation:") for one in rung.tell if one.startswith("rotation:")]
        feeds = any(catalogue.rotations[one].ics is not None for one in rotations if one in catalogue.rotations)
        if not people and not feeds:
            yield f"rung {number} of {ladder.id} calls nobody"
        for one in (catalogue.people[who] for who in people):
            if one.slack is None and not one.pager:
                yield f"{one.name} cannot be reached"
        yield from (f"nobody is on call at times in {one}" for one in rotations if one in facts.uncovered)


def _stress(facts: ReadinessFacts, asset: Asset) -> QuestionAnswer:
    active = facts.active(asset)
    wrong = [] if active else ["no active runbook"]
    wrong += [f"{one.id}: {facts.wording[one.id]} warnings about words" for one in active if facts.wording.get(one.id)]
    for run in facts.runs_of(asset):
        alone = len(run.people & facts.catalogue.people.keys()) < 2  # noqa: PLR2004  (nobody took over)
        is_recent = facts.at - run.started_at <= YEAR
        if run.mode == "live" and is_recent and alone and run.lasted is not None and run.lasted > SHIFT:
            wrong.append(f"{run.ref} took {_span(run.lasted)} by one person, longer than a shift")
    todo = NextAction("Say each step so that it is read at three in the morning.", "handrail check --strict")
    return _answer(7, asset, wrong, "no warning about words, no run longer than a shift by one person", todo)


def _updated(facts: ReadinessFacts, asset: Asset) -> QuestionAnswer:
    active = facts.active(asset)
    wrong = [] if active else ["no active runbook"]
    for book in active:
        if book.review is None:
            wrong.append(f"{book.id} is never reviewed")
        elif (last := reviewed_on(facts, book)) is None:
            wrong.append(f"{book.id} was never reviewed: its day, {book.review.last_on}, is to come")
        elif (days := (facts.at.date() - last - book.review.every).days) > 0:
            void = f"; a later one counts no more: {why}" if (why := why_void(facts, book)) else ""
            wrong.append(f"the review of {book.id} is {days} days overdue, the last was on {last}{void}")
        elif (found := facts.reviews.get(book.id, Reviews()).last) is not None and found.wrong:
            wrong.append(f"the last review of {book.id} found what is not right: {', '.join(found.wrong)}")
        elif last == book.review.last_on and book.review.by not in facts.catalogue.people:
            wrong.append(f"{book.review.by}, who reviewed {book.id}, is not in the catalogue")
    first = active[0].id if active else asset.id
    good = f"{_names(active)}: reviewed in time"
    return _answer(
        8,
        asset,
        wrong,
        good,
        NextAction(f"Review it in Slack, /recover review {first}, and let a peer sign it.", f"handrail show {first}"),
        link=f"/runbooks/{first}",
    )


def _trained(facts: ReadinessFacts, asset: Asset) -> QuestionAnswer:
    people = [facts.catalogue.people[one] for one in facts.catalogue.members(f"team:{asset.owner}")]
    trained, unknown = 0, 0
    missing: list[str] = []
    for one in people:
        if one.joined is None:
            unknown += 1
        elif one.joined >= facts.records_since and facts.at.date() - one.joined > TRAINED:
            took = any(timedelta(0) <= day - one.joined <= TRAINED for day in facts.practised.get(one.id, ()))
            trained += took
            missing += () if took else (one.name,)
    new = missing[0] if missing else "whoever is new"
    todo = NextAction(f"Let {new} walk a drill.", f"handrail walk {asset.id} --drill")
    if missing:
        return _answer(9, asset, [f"{one} was in no drill in the first month" for one in missing], "", todo)
    if trained and not unknown:
        return QuestionAnswer(9, "yes", f"{trained} new members, each in a drill within 30 days", f"/assets/{asset.id}")
    if unknown:
        said = f"of {unknown} of {len(people)} nobody says when they joined"
        return QuestionAnswer(9, "not known", said, f"/assets/{asset.id}", todo)
    return QuestionAnswer(9, "not known", "nobody's first month has ended since records began", f"/assets/{asset.id}")


def _fallback(facts: ReadinessFacts, asset: Asset) -> QuestionAnswer:
    active = facts.active(asset)
    runs = [run for run in facts.runs_of(asset) if run.is_recovery]
    second = next((run for run in runs if run.runbook in {one.id for one in active[1:]}), None)
    beside = next((run for run in runs if "terminal" in run.vias), None)
    found = second or beside
    if found is not None:
        how = "a second runbook" if second else "the terminal"
        return QuestionAnswer(10, "yes", f"{how}, walked in {found.ref}", f"/runs/{found.ref}")
    there = (
        f"{active[1].id} is there and was never walked"
        if len(active) > 1
        else "no second runbook, and no walk at a terminal"
    )
    todo = NextAction("Walk the second way once, at the terminal.", f"handrail walk {asset.id} --drill")
    return QuestionAnswer(10, "no", there, f"/assets/{asset.id}", todo)


_ASKED: tuple[Callable[[ReadinessFacts, Asset], QuestionAnswer], ...] = (
    _defined, _accessible, _failing, _dependencies, _tested, _escalation, _stress, _updated, _trained, _fallback,
)  # fmt: skip
