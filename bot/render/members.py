"""People who left a run, who came, and who waits to be let in: on the card, in the thread, and in a sentence."""

from collections.abc import Iterable, Iterator

from bot.render.actions import people_buttons
from bot.render.message import Block, actions, foreign, section
from bot.render.prose import join_words, say_names, spoken_name
from bot.run.members.events import Joiner, Leaver
from bot.run.members.rules import leads_since_the_start, outside_leads
from bot.run.state import Run

_SHOWN = 8


def people_blocks(run: Run) -> Iterator[Block | None]:
    """What a lead is asked about people, on the card, with the buttons for it."""
    if run.over:
        return
    if run.members.doubt is not None:
        yield section(f":grey_question: {foreign(say_doubt(run, run.members.doubt.out), 1_500)}")
    for person in [*run.members.waiting][:_SHOWN]:
        yield section(f":bust_in_silhouette: {foreign(say_waiting(run, person), 600)}")
    yield actions(people_buttons(run))


def say_doubt(run: Run, out: Iterable[Leaver]) -> str:
    """Who would be out, and who says what holds."""
    leads = say_names(run, leads_since_the_start(run), "or")
    return (
        f"By the catalogue {_names(out)} would be out of this run. Until {leads} says so, everybody stays as they were."
    )


def say_waiting(run: Run, person: str) -> str:
    """What somebody who was put in may do, and who can let them in."""
    waits = run.members.waiting.get(person)
    held = say_roles(waits.roles) if waits is not None else "nothing"
    may = outside_leads(run, person)
    who = f"{say_names(run, may, 'or')} can press Let in." if may else "No lead of this run can: all started or ran it."
    name = run.name_of(person)
    return f"{name} was put in as {held}: may read, note and answer pages, and acts once let in. {who}"


def say_leaver(one: Leaver) -> str:
    """Who is out of what, and why, in a sentence without a full stop."""
    if one.account:
        return f"{one.name} stands with another Slack account in the catalogue, so whoever that is has to be let in"
    if one.gone:
        was = f" (was {say_roles(one.roles)})" if one.roles else ""
        return f"{one.name} is out: not in the catalogue any more{was}"
    if one.roles:
        return f"{one.name} is out as {say_roles(one.roles)}"
    return f"{one.name} is out of the ladder"


def say_joiner(one: Joiner) -> str:
    """Who was put in, and as what."""
    held = f" as {say_roles(one.roles)}, and acts once somebody lets them in" if one.roles else ""
    return f"{one.known.name} was put in{held}"


def say_left(run: Run, out: Iterable[Leaver]) -> str:
    """Who is left in each role that somebody lost."""
    roles = dict.fromkeys(role for one in out for role in one.roles)
    return " ".join(f"Left as {spoken_name(role)}: {say_names(run, run.holders(role))}." for role in roles)


def say_roles(roles: Iterable[str]) -> str:
    """Roles as people say them."""
    return join_words([spoken_name(role) for role in roles])


def _names(out: Iterable[Leaver]) -> str:
    named = [one.name for one in out]
    more = [f"{len(named) - _SHOWN} more"] if len(named) > _SHOWN else []
    return join_words([*named[:_SHOWN], *more])
