"""Why people are called and what is asked of them: plain sentences, neither escaped nor marked up."""

from datetime import timedelta

from bot.format.text import spoken_duration
from bot.render.paging.standing import page_before
from bot.render.prose import ordinal_word, say_names, say_reviewers, say_span, say_who
from bot.run.law.scope import title_of
from bot.run.paging.state import Page
from bot.run.state import Run

_MINUTE = 60
_LONGEST = 10 * 366 * 86_400
"""Seconds of silence that are said at most."""
_WHOLE = 100
"""Per cent."""


def say_why(run: Run, page: Page) -> str:  # noqa: C901, PLR0912  (a line for each reason)
    """Why people are called, as a sentence."""
    step = f"“{title_of(run, page.step)}”" if page.step is not None else "The run"
    match page.reason:
        case "start":
            return f"A recovery was started by {say_who(run, run.requester)}."
        case "operator":
            return "Nobody operates this run."
        case "nudge":
            return f"{step} has waited {_waited(page)}."
        case "step":
            return f"{step} has waited {_waited(page)}, and nobody pressed anything."
        case "signoff":
            return f"{step} still waits for a signature."
        case "signoff_wider":
            return f"{step} still waits for a signature, and whoever was asked has not answered."
        case "no_signer":
            when = "is asked for" if page.visit else "will be asked for in this run"
            return f"The signature of {step} {when}, and too few people are left who may give it."
        case "decide":
            return f"A decision is waited for: {step}."
        case "help":
            return f"{_asker(run, page)} needs help at {step}."
        case "handover":
            return _say_offer(run)
        case "glass":
            return f"{_asker(run, page)} broke the glass at {step}: the run went on without the signatures."
        case "already":
            return f"{_asker(run, page)} says that {step} was done before it was signed for. Nobody knows how it ended."
        case "circle":
            return f"The run has come to {step} by the same way again and again."
        case "end":
            return f"{_asker(run, page)} asks to close the run{_say_wish(run)}."
        case "stop":
            return f"{_say_stopper(run)}, and asks to stop this run too."
        case "burn":
            return _say_burn(run, page)
        case "forecast":
            return f"By the usual times it will be back about {_minutes(page.figure)} after the RTO."
        case "fatigue":
            return f"This run has been open for {say_span(page.was_due - run.started_at)}. Tired people make mistakes."
        case "still":
            waited = say_span(_silence(run, page))
            return f"Nobody has pressed anything for {waited}."


def say_request(run: Run, page: Page) -> str:  # noqa: C901, PLR0912  (a line for each reason)
    """What is asked of whoever is called."""
    operator = run.name_of(run.operator)
    match page.reason:
        case "start":
            if run.operator is None:
                return "Nobody operates yet: press “I'm on it”, then “Take over” on the card."
            return f"{operator} operates. Press “I'm on it” if you are there to help."
        case "operator":
            return "Press “I'm on it”, then “Take over” on the card."
        case "nudge":
            return "Do the step and press its button, or press “I need help” on the card."
        case "step":
            return "Look at what holds it up, and help or take over."
        case "signoff":
            return "Read what is to be signed in the thread, then approve or reject it."
        case "signoff_wider":
            return "Reach one of the signers, or sign if you may."
        case "no_signer":
            return (
                "Find somebody of the role who neither started nor operated. The lead can break the glass in the end."
            )
        case "decide":
            return "Open the run, read the lines and choose one."
        case "help":
            return "Press “I'm on it”, then go and help."
        case "handover":
            return "Press “Accept” on the card." if page.rung is None else "Find somebody who takes it, or take over."
        case "glass":
            return f"Look at what is being done. It has to be reviewed by {say_reviewers(run)}."
        case "already":
            return f"Look what was done, and decide how to go on. It has to be reviewed by {say_reviewers(run)}."
        case "circle":
            return "Look at it together: another way, or another end, has to be decided."
        case "end":
            return "Read why, then press one of the two buttons on the card."
        case "stop":
            return "Let end what runs, then press “Stop the run…” in the card's menu."
        case "burn" | "forecast":
            return "Tell those who wait when it will be back, and look for what makes it faster."
        case "fatigue":
            return "Hand over to somebody rested: “Hand over…” in the card's menu."
        case "still":
            return _ask_still(run, page)


def say_silence_before(run: Run, page: Page) -> str:
    """That whoever was called before did not answer, and why not; nothing when nobody was called for this before."""
    before = page_before(run, page)
    if before is None or before.answered_by is not None or not before.people:
        return ""
    who = say_names(run, before.people)
    again = "" if page.round == before.round else f" The ladder begins again, for the {ordinal_word(page.round)} time."
    if set(before.people) <= set(before.declined):
        return f"{who} can't come.{again}"
    if before.nobody:
        return f"{who} could not be reached.{again}"
    can, silent = before.declined, [one for one in before.people if one not in before.declined]
    also = f" {say_names(run, can)} can't come." if can else ""
    return f"{say_names(run, silent)} did not answer.{also}{again}"


def _say_stopper(run: Run) -> str:
    wish, above = run.stop_wanted, run.start.parent
    named = wish.named if wish is not None else "Somebody"
    return f"{named} stops {above.ref}, which opened this run" if above is not None else f"{named} stops the run above"


def _waited(page: Page) -> str:
    return f"for {spoken_duration(page.figure)}" if page.figure else "too long"


def _asker(run: Run, page: Page) -> str:
    return say_who(run, page.asked_by) if page.asked_by is not None else "Somebody"


def _say_wish(run: Run) -> str:
    return f": “{title_of(run, run.wish.end)}”, because {run.wish.words}" if run.wish is not None else ""


def _say_offer(run: Run) -> str:
    if run.offer is None:
        return "A hand-over was not accepted in time."
    return f"{say_who(run, run.offer.by)} handed over to {say_who(run, run.offer.to)}, who has not accepted."


def _say_burn(run: Run, page: Page) -> str:
    rto = spoken_duration(run.start.asset.rto or 0)
    if (page.figure or 0) >= _WHOLE:
        return f"The RTO of {rto} has passed."
    return f"{page.figure} % of the {rto} RTO are used."


def _minutes(seconds: int | None) -> str:
    return spoken_duration(max(round((seconds or 0) / _MINUTE), 1) * _MINUTE)


def _silence(run: Run, page: Page) -> timedelta:
    """How long nobody had pressed anything: the first page that asks “still on it?” knows."""
    first, before = page, page_before(run, page)
    while before is not None:
        first, before = before, page_before(run, before)
    asked = min(max(first.figure or 0, 0), _LONGEST)  # a record from elsewhere may hold any number
    return timedelta(seconds=asked) + (page.was_due - first.was_due)


def _ask_still(run: Run, page: Page) -> str:
    if page.rung is None:
        return "Still on it? Press “I'm on it”, or the next one is called."
    return f"{say_who(run, run.operator)} operates. Press “I'm on it”, and look what holds it up."
