"""A page as a post in the thread that mentions people, and as a direct message to each of them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.render.actions import page_buttons
from bot.render.message import (
    Block,
    Message,
    actions,
    bold,
    button,
    compose,
    context,
    foreign,
    mention_all,
    section,
    slack_date,
)
from bot.render.paging.ahead import say_next_stair
from bot.render.paging.standing import approval_of, failures_of, page_after, standing_of
from bot.render.paging.words import say_request, say_silence_before, say_why
from bot.render.prose import (
    due_by,
    people_of,
    say_mode,
    say_names,
    say_place,
    say_ref,
    say_span,
    say_time_used,
    say_who,
)
from bot.render.runs import JOIN
from bot.run.paging.state import Page
from bot.run.places import AwaitingSignature, Over
from bot.run.state import Run

_LATE = timedelta(seconds=60)
_MOST_LINES = 12
"""Missed calls that are listed one by one."""
_MOST_FAILURES = 5


def page_message(run: Run, pages: Sequence[Page], reader: str | None = None) -> Message:
    """The pages of one look at the clock in one message: to everybody in the thread, or to `reader` alone.

    The channel does not show it too: whoever is called is mentioned, and the card stays where people find it.
    """
    asking = _still_asking(run, pages)
    text = f"{say_ref(run)} · {run.start.asset.name}: {_say_in_short(run, pages, asking)}"
    blocks = _ask(run, pages, asking, reader) if asking else _close(run, pages)
    return compose(text, *blocks, _say_about(run, pages, asking), *_buttons(run, asking, reader))


def say_channel(channel: str) -> str:
    """A channel as people say it: Slack, or the name that the catalogue gives it."""
    return "Slack" if channel == "slack" else channel.removeprefix("env:")


def _still_asking(run: Run, pages: Sequence[Page]) -> list[Page]:
    """The pages that wait for an answer, the most urgent last; whoever answers one answers the message."""
    standing = [standing_of(run, page) for page in pages]
    if "answered" in standing:
        return []
    waiting = [page for page, how in zip(pages, standing, strict=True) if how == "asking" and page.people]
    return sorted(waiting, key=lambda page: page.rung is not None)


def _say_in_short(run: Run, pages: Sequence[Page], asking: Sequence[Page]) -> str:
    """What a lock screen shows: why, what to do, how much time is used."""
    if not asking:
        return f"{_say_closed(run, _closing(pages))}."
    newest = asking[-1]
    more = f" ({len(asking) - 1} more inside.)" if len(asking) > 1 else ""
    return f"{say_why(run, newest)}{more} {say_request(run, newest)} Used: {say_time_used(run, newest.at)}."


def _ask(run: Run, pages: Sequence[Page], asking: Sequence[Page], reader: str | None) -> Iterator[Block]:
    newest = asking[-1]
    head = f":bell: *{say_mode(run)} · {foreign(run.start.ref)} · {foreign(run.start.asset.name)}*"
    called = "" if reader else f"\n{_mentions(run, asking)}"
    before = say_silence_before(run, newest)
    lines = [f"{head}{called}", *_say_late(pages), f"{bold(say_why(run, newest))}"]
    lines += [foreign(before)] if before else []
    yield section("\n".join([*lines, foreign(say_request(run, newest))]))
    if len(pages) > 1:
        yield context("\n".join(_listed(run, pages)))


def _close(run: Run, pages: Sequence[Page]) -> Iterator[Block]:
    page = _closing(pages)
    mark = {"answered": "white_check_mark", "settled": "heavy_check_mark"}.get(standing_of(run, page), "white_circle")
    head = f"*{say_mode(run)} · {foreign(run.start.ref)}*"
    since = f" since {slack_date(page.answered_at)}" if page.answered_at is not None else ""
    yield section(f":{mark}: {head} · *{foreign(_say_closed(run, page))}*{since}")
    yield context("\n".join(_listed(run, pages)))


def _closing(pages: Sequence[Page]) -> Page:
    """The page that says how the message was closed."""
    return next((page for page in reversed(pages) if page.answered_by is not None), pages[-1])


def _say_closed(run: Run, page: Page) -> str:
    match standing_of(run, page):
        case "answered":
            return f"{say_who(run, page.answered_by)} is on it"
        case "settled":
            approval = approval_of(run, page)
            return "No longer needed" if approval is None else f"Signed by {say_names(run, approval.signers)}"
        case _:
            return "The run has ended"


def _mentions(run: Run, asking: Sequence[Page]) -> str:
    """Whoever is called by Slack is mentioned; who is called by other ways only is named."""
    by_slack = dict.fromkeys(one for page in asking if "slack" in page.via for one in page.people)
    others = dict.fromkeys(one for page in asking for one in page.people if one not in by_slack)
    named = foreign(say_names(run, others)) if others else ""
    return " ".join(part for part in (mention_all(people_of(run, by_slack), 20), named) if part)


def _say_late(pages: Sequence[Page]) -> Iterator[str]:
    at, due = pages[0].at, min(page.was_due for page in pages)
    if at - due <= _LATE:
        return
    down = next((page.down_since for page in pages if page.down_since is not None), None)
    why = f" Handrail was down {slack_date(down)}–{slack_date(at)}." if down is not None else ""
    yield f":warning: *Paged {say_span(_whole_minutes(at - due))} late.*{why}"


def _whole_minutes(span: timedelta) -> timedelta:
    return timedelta(minutes=round(span.total_seconds() / 60))


def _listed(run: Run, pages: Sequence[Page]) -> Iterator[str]:
    """Each call with when it was due, the earliest first."""
    for page in pages[:_MOST_LINES]:
        whom = foreign(say_names(run, page.people)) if page.people else "nobody is named"
        yield f"{slack_date(page.was_due)} · {whom} – {foreign(say_why(run, page))}"
    if len(pages) > _MOST_LINES:
        yield f"and {len(pages) - _MOST_LINES} more"


def _say_about(run: Run, pages: Sequence[Page], asking: Sequence[Page]) -> Block | None:
    """What one has to know at once: where the run stands, who operates, how much time is used; what failed."""
    facts = [*(_say_run(run, asking[-1]) if asking else ()), *_say_answers(run, pages, asking)]
    drill = "" if run.start.mode == "live" else f"*{say_mode(run)}: touch nothing live*\n"
    said = drill + "\n".join(facts)
    return context(said) if said else None


def _say_run(run: Run, page: Page) -> Iterator[str]:
    due = due_by(run)
    operates = f"{foreign(run.name_of(run.operator))} operates" if run.operator else "nobody operates"
    back = f", back by {slack_date(due)}" if due is not None else ""
    here = run.here
    yield foreign(run.start.title)
    yield f"{foreign(say_place(run))} · {operates}"
    if isinstance(here, AwaitingSignature) and here.step == page.step:
        yield f"The request to sign expires at {slack_date(here.expires_at)}."
    yield f"Started {slack_date(run.started_at)} · {foreign(say_time_used(run, page.at))}{back}"


def _say_answers(run: Run, pages: Sequence[Page], asking: Sequence[Page]) -> Iterator[str]:
    """Who cannot come, whom nothing reached, who was called since."""
    declined = dict.fromkeys(one for page in pages for one in page.declined)
    if declined:
        yield f":wave: {foreign(say_names(run, declined))} can't come."
    yield from _say_failures(run, pages)
    if any(page.nobody for page in pages):
        yield ":no_bell: *Nobody could be reached by this page.*"
    yield from _say_since(run, asking[-1]) if asking else ()


def _say_failures(run: Run, pages: Sequence[Page]) -> Iterator[str]:
    """One line for each channel and what it answered: what several people share fails for all of them."""
    failed: dict[tuple[str, str], dict[str, None]] = {}
    for person, channel, answer in (one for page in pages for one in failures_of(page)):
        failed.setdefault((channel, answer), {})[person] = None
    for (channel, answer), people in list(failed.items())[:_MOST_FAILURES]:
        told = f" {foreign(answer, 120)}" if answer else ""
        yield f":no_bell: {foreign(say_channel(channel))} to {foreign(say_names(run, people))} failed:{told}"
    if len(failed) > _MOST_FAILURES:
        yield f"and {len(failed) - _MOST_FAILURES} more failed"


def _say_since(run: Run, page: Page) -> Iterator[str]:
    later = page_after(run, page)
    then = say_next_stair(run)
    if later is not None:
        who, was = foreign(say_names(run, later.people)), "was" if len(later.people) == 1 else "were"
        yield f"No answer so far: {who} {was} called at {slack_date(later.at)}."
    elif then and page.rung is not None:
        yield then


def _buttons(run: Run, asking: Sequence[Page], reader: str | None) -> Iterator[Block | None]:
    """How to answer, while somebody is asked; the way to the run always."""
    answers = page_buttons(run, asking[-1].number) if asking else ()
    if reader is not None and any(reader in page.declined for page in asking):
        answers = answers[:1]  # one may find after all that one can
    yield actions([*answers, button("Open the run", JOIN, run.id)] if not isinstance(run.here, Over) else [])
