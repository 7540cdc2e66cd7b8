"""One sentence for each record about who is of a run."""

from collections.abc import Callable
from typing import assert_never

from bot.render.members import say_joiner, say_leaver, say_roles
from bot.render.prose import join_words
from bot.run.members.events import LetIn, MembersEvent, PeopleChanged, PeopleInDoubt, PeopleKept


def say_members(event: MembersEvent, named: Callable[[str], str]) -> str:
    """What happened, without who did it; `named` gives the name of an id."""
    match event:
        case PeopleChanged(out=out, into=into, again=again):
            said = [*map(say_leaver, out), *map(say_joiner, into)]
            said += [f"{join_words([named(one) for one in again])} stand in the catalogue again"] if again else []
            return f"{'; '.join(said) or 'the people of the run changed'}."
        case PeopleInDoubt(out=out, of=of) if out:
            names = join_words([one.name for one in out])
            return f"{names} would be out, {len(out)} of {of} people at once: a lead has to say so."
        case PeopleInDoubt():
            return "nobody would be out any more."
        case PeopleKept(of=of):
            return f"keeps everybody whom record {of} would have put out."
        case LetIn(person=person, roles=roles):
            return f"let {named(person)} in as {say_roles(roles)}."
        case _:
            assert_never(event)
