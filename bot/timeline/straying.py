"""Where a run left the straight way: one rule for each event that says so."""

from collections.abc import Callable
from datetime import timedelta

from bot.format.runbook import IN_PART, TRY_AGAIN
from bot.run import events
from bot.run.paging.events import NobodyReached, Paged, PageDeclined, PageTried
from bot.run.paging.ladder import was_last_hope
from bot.run.paging.state import Page
from bot.run.state import Run
from bot.timeline.entries import Entry
from bot.timeline.people import Known
from bot.timeline.stories import Deviation, DeviationKind

LATE = timedelta(seconds=60)
"""A page that is recorded later than this after it was due is late."""
_ALWAYS: dict[type, DeviationKind] = {
    events.Skipped: "skipped",
    events.WentBack: "went_back",
    events.SentBack: "sent_back",
    events.SignoffRejected: "rejected",
    events.SignoffExpired: "expired",
    events.SignatureVoided: "void",
    events.GlassBroken: "glass",
    events.MismatchSeen: "mismatch",
    events.VisitsSpent: "visits_spent",
    events.Corrected: "corrected",
    NobodyReached: "nobody_reached",
    PageDeclined: "declined",
    events.SigningRefused: "barred",
    events.Redacted: "erased",
    events.WentOnElsewhere: "elsewhere",
    events.ReadingTaken: "read_otherwise",
    events.DoneAlready: "done_already",
    events.EndAsked: "end_asked",
}
STRAYING = frozenset({*_ALWAYS, events.StepFinished, Paged, PageTried})
"""The events that may be a deviation."""
_BADLY = frozenset({"problem", "fail", "timeout", TRY_AGAIN, IN_PART})


def kind_of_deviation(run: Run, entry: Entry) -> DeviationKind | None:
    """How the run, which has taken this record, left the straight way by it; None when it did not."""
    always = _ALWAYS.get(type(entry.event))
    if always is not None:
        return always
    match entry.event:
        case events.StepFinished(failed=failed) if failed:
            return "not_as_expected"
        case events.StepFinished(exit=exit_) if exit_ in _BADLY:
            return "problem"
        case Paged() if entry.late is not None and entry.late > LATE:
            return "late_page"
        case PageTried() as tried if _was_the_last(run, tried):
            return "page_failed"
        case _:
            return None


def _was_the_last(run: Run, tried: PageTried) -> bool:
    """Whether this attempt was the one after which no channel of its page is left."""
    page = run.pages.page(tried.page)
    return page is not None and was_last_hope(run, page, tried.person, tried.channel)


def deviation_of(run: Run, entry: Entry, kind: DeviationKind, known: Known, title: Callable[[str], str]) -> Deviation:
    """What was not as planned, and where: a page is of the step that it was about."""
    page = _page_of(run, entry)
    step = page.step if page is not None else entry.step
    said = (_about(page, entry, known) if page is not None else _failed(entry), entry.why, entry.evidence)
    words = "; ".join(part for part in said if part)
    shown = title(step) if page is not None and step is not None else entry.title
    return Deviation(entry.seq, entry.at, kind, entry.by, entry.by_name, step, shown, words, entry.late)


def _page_of(run: Run, entry: Entry) -> Page | None:
    match entry.event:
        case Paged(number=number):
            return run.pages.page(number)
        case PageTried(page=number) | NobodyReached(page=number) | PageDeclined(page=number):
            return run.pages.page(number)
        case _:
            return None


def _about(page: Page, entry: Entry, known: Known) -> str:
    """Which page, whom it called, and what the last channel answered."""
    names = ", ".join(known.name(person) for person in page.people) or "nobody"
    beyond = entry.event.channel != "slack" if isinstance(entry.event, PageTried) else False
    answer = entry.event.answer if isinstance(entry.event, PageTried) else ""
    said = f"; the last answer: {answer}" if answer else ""
    return f"page {page.number} to {names}{', beyond Slack' if beyond else ''}{said}"


def _failed(entry: Entry) -> str:
    """What was expected and did not hold, or what was corrected."""
    match entry.event:
        case events.StepFinished(failed=failed):
            return f"expected: {', '.join(failed)}" if failed else ""
        case events.Corrected(name=name):
            return name.replace("_", " ")
        case _:
            return ""
