"""Rules about what a runbook owes its readers: what docs/rules.md asks of every runbook, nothing unfinished."""

import re
from collections.abc import Iterator
from datetime import timedelta

from bot.format.runbook import Runbook, Signoff
from bot.format.text import spoken_duration
from bot.format.ways import longest_wait
from bot.library.check.page import CheckedDocument, CheckedRunbook, named
from bot.library.problems import At, listed, shown
from bot.library.rules import Found, rule

ENOUGH_FAILURES = 3
DRILLED = 2
"""Assets up to this tier are drilled."""
_TODO = re.compile(r"\bTODO\b[:\s]*(.*)")


@rule("O1")
def active_runbooks_are_guarded(page: CheckedRunbook) -> Iterator[Found]:
    """An active runbook says what it is not for. The wrong procedure, well done, is how data is lost twice."""
    if page.book.status == "active" and not page.book.not_for:
        yield ("not_for",), "An active runbook says what it is not for.", "not_for: [{when: …, use: …}]"


@rule("O2")
def active_runbooks_are_reviewed(page: CheckedRunbook) -> Iterator[Found]:
    """An active runbook has a review. What nobody reads any more has drifted from the machine it is about.

    Source: NIST SP 800-34 Rev. 1, section 3.6: a contingency plan is reviewed and updated on a schedule.
    """
    if page.book.status == "active" and page.book.review is None:
        yield ("review",), "An active runbook has a review.", 'review: {every: 90d, last_on: "2026-11-01", by: …}'


@rule("O3")
def active_runbooks_know_how_they_fail(page: CheckedRunbook) -> Iterator[Found]:
    """An active runbook names at least three failure modes and their answers. Most describe the happy path only.

    Source: IEC 60812, failure modes and effects analysis: what can fail is listed before it does.
    """
    count = len(page.book.failure_modes)
    if page.book.status == "active" and count < ENOUGH_FAILURES:
        message = f"An active runbook names at least {ENOUGH_FAILURES} ways in which it can fail; this one has {count}."
        yield ("failure_modes",), message, "failure_modes: [{mode: …, answer: STEP}]"


@rule("O4")
def critical_assets_are_drilled(page: CheckedRunbook) -> Iterator[Found]:
    """A runbook of a tier 1 or 2 asset is drilled. A procedure that was never walked is a guess.

    Source: NIST SP 800-34 Rev. 1, section 3.5: plans are tested, and people trained and exercised in them.
    """
    if page.book.status == "active" and (tier := _never_drilled(page)) is not None:
        message = f"An asset of tier {tier} uses this runbook, and it is never drilled."
        yield ("drill",), message, "drill: {every: 90d, mode: isolated}"


def _never_drilled(page: CheckedRunbook) -> int | None:
    """The tier for which a drill is missing."""
    tier = min((asset.tier for asset in page.folder.users(page.book.id)), default=DRILLED + 1)
    return tier if page.book.drill is None and tier <= DRILLED else None


@rule("O10", "warning")
def drafts_say_what_they_lack(page: CheckedRunbook) -> Iterator[Found]:
    """A draft needs a title and steps with titles. What it lacks before it may go live is one list.

    `handrail check --for active` looks at it as if it were active, and names each thing that is missing.
    """
    lacking = missing_for_active(page) if page.book.status == "draft" else []
    if lacking:
        message = f"Before this draft may go live it needs: {listed(lacking)}."
        yield ("status",), message, "handrail check --for active"


def missing_for_active(page: CheckedRunbook) -> list[str]:
    """What is left out, and what every active runbook has (O1 to O4)."""
    book = page.book
    return [
        *page.document.short.left_out,
        *(("not_for",) if not book.not_for else ()),
        *(("review",) if book.review is None else ()),
        *((f"{ENOUGH_FAILURES} failure_modes",) if len(book.failure_modes) < ENOUGH_FAILURES else ()),
        *((f"drill (tier {tier})",) if (tier := _never_drilled(page)) is not None else ()),
    ]


@rule("O6", "warning", whole=True)
def typical_times_fit_the_objective(page: CheckedRunbook) -> Iterator[Found]:
    """The typical times on the longest good way fit the RTO of every asset that uses the runbook.

    What does not fit on paper does not fit at night. A step without `typical` counts nothing. Source: AWS
    Well-Architected, REL13-BP01 and REL13-BP03: recovery objectives are defined, and the recovery is tested against
    them.
    """
    limits = [(asset.rto, asset.id) for asset in page.folder.users(page.book.id) if asset.rto is not None]
    if not limits or not page.book.steps:
        return
    seconds, way = page.ways.longest(lambda step: int((step.typical or timedelta()).total_seconds()))
    rto, asset = min(limits)
    if seconds > rto.total_seconds():
        slow = sorted((page.book.steps[at] for at in way), key=lambda step: step.typical or timedelta(), reverse=True)
        most = listed(
            (f"{step.id} {spoken_duration(int(step.typical.total_seconds()))}" for step in slow if step.typical), 3
        )
        message = f"The longest good way takes {spoken_duration(seconds)}, and “{asset}” has to be back within "
        message += f"{spoken_duration(int(rto.total_seconds()))}. Most of it: {most}."
        yield ("id",), message, "a faster way, or an RTO that can be kept"


@rule("L1", "warning")
def drafts_are_finished(sheet: CheckedDocument) -> Iterator[Found]:
    """What is still to be written is named, each place by itself. A draft may have it; a reader should not meet it."""
    model = sheet.document.model
    if not isinstance(model, Runbook) or model.status == "draft":
        yield from _todos(sheet)


@rule("L2")
def active_runbooks_are_finished(sheet: CheckedDocument) -> Iterator[Found]:
    """No TODO is left in an active runbook, not even in a comment. At night nobody can fill it in."""
    model = sheet.document.model
    if isinstance(model, Runbook) and model.status == "active":
        yield from _todos(sheet)


def _todos(sheet: CheckedDocument) -> Iterator[Found]:
    text, before = sheet.document.text, sheet.document.line
    if "TODO" not in text:
        return
    for number, line in enumerate(text.split("\n"), before + 1):
        found = _TODO.search(line)
        if found is not None:
            quoted = line.count('"', 0, found.start()) % 2
            asked = (found[1].partition('"')[0] if quoted else found[1]).strip().rstrip(". ")
            message = f"Still to do: “{shown(asked)}”." if asked else "A TODO is left here."
            yield At(number, found.start() + 1), message, "what it asks for, and take the TODO out"


@rule("O9", "warning")
def signatures_last_until_they_are_needed(page: CheckedRunbook) -> Iterator[Found]:
    """What is signed can usually begin while the signatures count: waits and typical times on the way there fit.

    A signature that runs out on the way is asked for anew, at night, of people who went back to sleep. The longest good
    way counts; a step without `typical` counts nothing. Source: NIST SP 800-53 Rev. 5, AC-3(2) dual authorization.
    """
    for number, step in enumerate(page.book.steps):
        longest = longest_wait(page.book, step) if isinstance(step, Signoff) else None
        if longest is None or not isinstance(step, Signoff):
            continue
        seconds, bound = longest
        lasts = int((step.valid_for or page.book.policy.signoff.valid_for).total_seconds())
        if seconds > lasts:
            takes = f"From {named(step)} to “{bound}” it usually takes {spoken_duration(seconds)}"
            message = f"{takes}, and the signatures count for {spoken_duration(lasts)}."
            yield page.path(number), message, "a longer `valid_for`, or the sign-off after the wait"
