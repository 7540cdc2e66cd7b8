"""What an auditor asks for over a time: one CSV and one HTML of runs, drills, sign-offs and exceptions."""

import csv
import dataclasses
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from bot.readiness.drills import DrillDue
from bot.render.prose import say_outcome
from bot.render.report.data import safe_cell
from bot.render.report.formats import Drawn, Templates
from bot.render.report.turns import DEVIATIONS
from bot.render.report.verdict import say_length
from bot.timeline.entries import Objective, SignoffStory, Timeline

Kind = Literal["run", "drill", "training", "exception", "sign-off", "review", "follow-up", "lost", "drill-due"]
_EXCEPTIONS = frozenset({
    "skipped", "glass", "sent_back", "void", "mismatch", "not_as_expected", "problem", "barred", "nobody_reached",
    "page_failed", "visits_spent", "corrected", "elsewhere", "read_otherwise", "done_already", "end_asked",
})  # fmt: skip
"""Deviations that an auditor asks the reason of; refused and expired signatures stand with the sign-offs."""


SOON = timedelta(days=30)
"""How long before it is due a review or a drill is told."""


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset as the catalogue has it now; `tier` is 0 where the catalogue has it no more."""

    id: str
    name: str
    tier: int
    owner: str
    rto: timedelta | None
    rpo: timedelta | None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review of a runbook that was done, or that falls due."""

    runbook: str
    on: date
    by: str
    state: Literal["done", "due", "overdue"]


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One line of evidence. Cells that do not apply are empty."""

    asset: str
    kind: Kind
    ref: str
    when: str
    what: str
    who: str
    result: str
    reason: str = ""
    rto: str = ""
    rto_met: str = ""
    rpo: str = ""
    rpo_met: str = ""
    chain_head: str = ""
    chain: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Everything about one asset."""

    asset: Asset
    rows: tuple[EvidenceRow, ...]

    def of(self, *kinds: Kind) -> tuple[EvidenceRow, ...]:
        """The rows of these kinds, in their order."""
        return tuple(one for one in self.rows if one.kind in kinds)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is handed to an auditor: runs that started in [since, until), and reviews of those days."""

    since: datetime
    until: datetime
    made_at: datetime
    sections: tuple[Section, ...]
    ledger_head: str = ""


def tell_section(
    asset: Asset, timelines: Iterable[Timeline], reviews: Iterable[Reviewed], drills: Iterable[DrillDue], until: date
) -> Section:
    """Everything about one asset, the runs in their order, then the reviews, and the drills that are due by `until`."""
    told = tuple(row for timeline in timelines for row in _of_run(asset.id, timeline))
    due = (row for one in drills for row in _of_drill(one, until))
    return Section(asset, (*told, *(_of_review(asset.id, one) for one in reviews), *due))


def lost_row(asset: str, ref: str, why: str) -> EvidenceRow:
    """A run that is listed and cannot be read: it is said, and never left out."""
    return EvidenceRow(asset, "lost", ref, "", "its records cannot be read", "", "not known", why)


def _of_run(asset: str, timeline: Timeline) -> Iterator[EvidenceRow]:
    run, facts, chain = timeline.run, timeline.facts, timeline.chain
    kind: Kind = "run" if run.mode == "live" else run.mode
    shifts = ", ".join(dict.fromkeys(one.name for one in timeline.shifts))
    result = "still open" if run.outcome is None else say_outcome(run.outcome)
    sound = "" if chain is None else "holds" if chain.verified else f"DOES NOT HOLD: {chain.fault}"
    if chain is not None and chain.breaks_law:
        sound += "; BREAKS THE LAW: imported as evidence"
    yield EvidenceRow(
        asset, kind, run.ref, _at(facts.started_at), f"{run.runbook}: {run.title}", shifts,
        f"{result}, {say_length(facts.lasted)}", run.end_reason,
        *_objective(facts.rto), *_objective(facts.rpo), chain.head if chain is not None else "", sound,
    )  # fmt: skip
    for one in timeline.deviations:
        if one.kind in _EXCEPTIONS:
            where = f": {one.title}" if one.title else ""
            words = one.words or "no reason was recorded"
            yield EvidenceRow(
                asset, "exception", run.ref, _at(one.at), f"{DEVIATIONS[one.kind]}{where}", one.by_name, "", words
            )
    yield from (_of_signoff(asset, run.ref, one) for one in timeline.signoffs)
    for told in timeline.after:
        if told.kind == "follow_up":
            state = f"done {_at(told.done_at)}" if told.done_at is not None else f"open, due {told.due or 'no day'}"
            yield EvidenceRow(asset, "follow-up", run.ref, _at(told.at), told.words, told.owner or "", state)


def _objective(one: Objective) -> tuple[str, str]:
    promised = say_length(one.promised) if one.promised is not None else "none promised"
    actual = say_length(one.actual) if one.actual is not None else "not known"
    return f"{actual} of {promised}", {True: "yes", False: "no", None: "not judged"}[one.met]


def _of_signoff(asset: str, ref: str, one: SignoffStory) -> EvidenceRow:
    signed = ", ".join(f"{sig.name} ({sig.role or 'no role'}) {_at(sig.at)}" for sig in one.signatures)
    ended = one.ended.replace("_", " ")
    void = f", void since {_at(one.void_since)}" if one.void_since is not None else ""
    return EvidenceRow(
        asset, "sign-off", ref, _at(one.at), f"{one.title} (SHA-256 {one.digest})", signed or "nobody",
        f"{ended}{void}, {one.need} needed", one.reason,
    )  # fmt: skip


def _of_review(asset: str, one: Reviewed) -> EvidenceRow:
    words = {"done": "reviewed", "due": "review falls due", "overdue": "review is OVERDUE"}[one.state]
    return EvidenceRow(asset, "review", "", one.on.isoformat(), f"{one.runbook}: {words}", one.by, one.state)


def _of_drill(one: DrillDue, until: date) -> Iterator[EvidenceRow]:
    if one.on is not None and one.on >= until + SOON:
        return
    state = "overdue" if one.on is None or one.on < until else "due"
    words = {"due": "drill falls due", "overdue": "drill is OVERDUE"}[state]
    last = "never walked" if one.last is None else f"last walked in {one.last.ref}, {one.last.started_at:%Y-%m-%d}"
    on = one.on.isoformat() if one.on is not None else ""
    what = f"{one.book.id}: {words}"
    yield EvidenceRow(one.asset.id, "drill-due", "", on, what, one.book.owner, state, last)


def reviews_between(
    runbook: str, done: Sequence[tuple[date, str]], every: timedelta | None, since: date, until: date
) -> Iterator[Reviewed]:
    """Reviews that were done in [since, until), and the next one where it falls due before `until`.

    `done` are the days that the runbook's versions name, with who did it; `every` is what the newest version says.
    """
    days = sorted(set(done))
    yield from (Reviewed(runbook, on, by, "done") for on, by in days if since <= on < until)
    if days and every is not None:
        due = days[-1][0] + every
        if due < until:
            yield Reviewed(runbook, due, "", "overdue")
        elif due < until + SOON:
            yield Reviewed(runbook, due, "", "due")


def _at(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


COLUMNS = ("asset_name", "tier", *(field.name for field in dataclasses.fields(EvidenceRow)))


def evidence_as_csv(evidence: Evidence) -> str:
    """RFC 4180; no cell is one that a spreadsheet would run as a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for section in evidence.sections:
        asset = section.asset
        for row in section.rows:
            cells = (asset.name, str(asset.tier or ""), *(getattr(row, name) for name in COLUMNS[2:]))
            writer.writerow([safe_cell(cell) for cell in cells])
    return buffer.getvalue()


def evidence_as_html(evidence: Evidence, templates: Templates) -> Drawn:
    """One page without script, which loads nothing."""
    return templates.draw("evidence.html", lambda notices: {"evidence": evidence, "notices": notices})
