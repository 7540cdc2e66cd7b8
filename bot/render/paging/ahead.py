"""What happens next if nobody acts, and who is on it: the last lines of the card."""

from collections.abc import Collection, Iterator, Sequence

from bot.render.message import Block, context, foreign, slack_date
from bot.render.paging.standing import asking_pages
from bot.render.paging.words import say_why
from bot.render.prose import join_words, people_of, say_names
from bot.run.paging.dues import PageDue, due_pages, next_stair
from bot.run.paging.events import ToldToCall
from bot.run.paging.ladder import channels_of
from bot.run.paging.state import Page
from bot.run.places import Over
from bot.run.state import Run

_BY_TIME = ("burn", "forecast", "fatigue")
"""These come whether people press or not."""


def ahead_block(run: Run, *, sends: bool = True) -> Block | None:
    """Who is called, who is on it, and what comes next; nothing when nothing comes."""
    lines = [*_say_now(run), say_then(run) if sends else _say_whom_to_call(run)]
    return context(*filter(None, lines)) if any(lines) else None


def _say_whom_to_call(run: Run) -> str:
    """What a reader does whom nothing that sends stands by: ``…, call Dora Lind``; empty when it is said already."""
    due = _next(run, but="nudge")
    if due is None or run.pages.by_hand or due.at <= run.pages.heard_at:
        return ""
    whom, when = foreign(say_names(run, due.people)), slack_date(due.at)
    if due.reason in _BY_TIME:
        return f"Nothing here calls anybody. At {when} tell *{whom}*: {_say_limit(due)}."
    return f"Nothing here calls anybody. If nobody presses by {when}, call *{whom}*."


def say_then(run: Run) -> str:
    """``If nobody presses by 10:42, Dora Lind is paged.`` as mrkdwn; empty when nobody would be."""
    due = _next(run)
    if due is None or run.pages.by_hand:  # nothing that sends stands by
        return ""
    whom, one = foreign(say_names(run, due.people)), len(due.people) == 1
    are, again = ("is" if one else "are"), " again" if _called_before(run, due) else ""
    if due.at <= run.pages.heard_at:
        return f"*{whom}* {are} being paged."
    when = slack_date(due.at)
    if due.reason in _BY_TIME:
        return f"At {when} *{whom}* {are} told: {_say_limit(due)}."
    if due.reason == "nudge":
        return f"If nobody presses by {when}, *{whom}* {are} reminded."
    return f"If nobody presses by {when}, *{whom}* {are} paged{again}."


def say_called(run: Run, named: Collection[str]) -> str:
    """That those who decide here were called for it: ``paged at 10:42``, with names where they are not just `named`.

    Empty where nobody is called for a decision, or nothing that calls stands by.
    """
    here = run.here
    if isinstance(here, Over) or run.pages.by_hand:
        return ""
    about = [one for one in run.pages.pages if (one.step, one.visit) == (here.step, here.visit)]
    page = next((one for one in reversed(about) if one.people and one.reason == "decide"), None)
    if page is not None:
        return f"{_say_others(run, page.people, named)}paged at {slack_date(page.at)}"
    due = next((one for one in due_pages(run) if one.people and one.reason == "decide"), None)
    if due is None or due.at > run.pages.heard_at:
        return ""
    return f"{_say_others(run, due.people, named)}being paged"


def _say_others(run: Run, people: Sequence[str], named: Collection[str]) -> str:
    return "" if set(people) == set(named) else f"{foreign(say_names(run, people))} "


def _were(people: Sequence[str]) -> str:
    return "was" if len(people) == 1 else "were"


def say_next_stair(run: Run) -> str:
    """``If nobody answers by 10:42, Dora Lind is paged.``: how the ladder goes on; empty when it does not."""
    due = next_stair(run)
    if due is None or not due.people:
        return ""
    whom, are = foreign(say_names(run, due.people)), "is" if len(due.people) == 1 else "are"
    if due.at <= run.pages.heard_at:
        return f"{whom} {are} being paged."
    again = " again" if _called_before(run, due) else ""
    return f"If nobody answers by {slack_date(due.at)}, {whom} {are} paged{again}."


def say_thanks(run: Run, person: str) -> str:
    """What a person hears who said that they can't, in plain words: who is called now or later, or who is on it."""
    climb, due = run.pages.climb, next_stair(run)
    if climb is not None and climb.answered_by is not None:
        return f"Thank you for saying so. {run.name_of(climb.answered_by)} is on it."
    others = [one for one in due.people if one != person] if due is not None else []
    if not others or climb is None or climb.hurried is None:
        return "Thank you for saying so. It stands in the thread, so that somebody else takes it."
    who, are = say_names(run, others), "is" if len(others) == 1 else "are"
    if due is not None and due.at > climb.hurried:  # the ladder ends here: there is nobody whom it has not called
        return f"Thank you for saying so. If nobody else answers, {who} {are} called again."
    return f"Thank you for saying so. {who} {are} called now."


def _next(run: Run, but: str = "") -> PageDue | None:
    """What comes next, of what calls anybody; what silence brings goes before what time brings at the same moment."""
    found = [due for due in due_pages(run) if due.people and due.reason != but]
    return min(found, key=lambda due: (due.at, due.reason in _BY_TIME), default=None)


def _say_limit(due: PageDue) -> str:
    match due.reason:
        case "burn":
            return f"{due.figure} % of the RTO are used"
        case "forecast":
            return "the RTO will be missed"
        case _:
            return "the run is long, and somebody rested should go on"


def _called_before(run: Run, due: PageDue) -> bool:
    last = run.pages.pages[-1] if run.pages.pages else None
    return last is not None and last.answered_by is None and set(due.people) <= set(last.people)


def _say_now(run: Run) -> Iterator[str]:
    climb, asking = run.pages.climb, asking_pages(run)
    if climb is not None and climb.answered_by is not None and climb.answered_at is not None:
        who, since = foreign(run.name_of(climb.answered_by)), slack_date(climb.answered_at)
        yield f":raising_hand: *{who}* is on it since {since}."
    if run.pages.by_hand:
        yield _say_by_hand(run, run.pages.by_hand[-1])
    if asking:
        page = asking[-1]
        who = foreign(say_names(run, page.people))
        called = "reminded" if page.reason == "nudge" else "paged"
        yield f":bell: *{who}* {_were(page.people)} {called} at {slack_date(page.at)}: {foreign(say_why(run, page))}"
    lost = [page for page in run.pages.pages if page.nobody and page in asking]
    if lost and not _reached_since(run, lost[-1]):
        yield _say_lost(run, lost[-1])


def _say_by_hand(run: Run, call: ToldToCall) -> str:
    """Whom whoever reads this has to call themselves, and how the catalogue says that they are reached."""
    people = people_of(run, call.people)
    ways = [
        join_words([*([f"Slack {one.slack}"] if one.slack else []), *(say_pager(way) for way in one.pagers)])
        for one in people
    ]
    known = [f"{one.name} ({way})" if way else one.name for one, way in zip(people, ways, strict=True)]
    return f":no_bell: *Nobody has been called by Handrail:* call {foreign(join_words(known))}."


def say_pager(way: str) -> str:
    """A channel beyond Slack by the name that the catalogue gives it."""
    return way.removeprefix("env:")


def _reached_since(run: Run, page: Page) -> bool:
    """Whether anybody was reached by this page after all, or by one that came after it."""
    later = run.pages.pages[page.number - 1 :]
    return any(tried.reached for one in later for tried in one.tries.values())


def _say_lost(run: Run, page: Page) -> str:
    ways = dict.fromkeys(channel for person in page.people for channel in channels_of(run, page, person))
    names = [("Slack" if way == "slack" else way.removeprefix("env:")) for way in ways]
    by = f" by {foreign(join_words(names))}" if names else ": there is no way to reach them"
    return f":no_bell: *Nobody could be reached*{by}."
