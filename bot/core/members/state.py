"""Who may do what in a run now, as its records have it: the one place that everything asks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.core.situation import FrozenRung, Somebody


@dataclass(frozen=True, slots=True)
class Members:
    """The people of a run at one of its records. Pinned by the start; changed by events alone."""

    people: tuple[Somebody, ...]
    """Whoever is of the run now: they may read, note and answer pages."""
    roles: Mapping[str, tuple[str, ...]]
    """Role -> who may act in it now, whoever was on call at the start first."""
    rungs: tuple[FrozenRung, ...]
    known: Mapping[str, Somebody] = field(default_factory=dict)
    """Everybody who was ever of the run, by id: for names, and for how they are reached."""

    def has(self, person: str) -> bool:
        """Whether somebody is of the run now."""
        return any(one.id == person for one in self.people)

    def holders(self, role: str) -> tuple[str, ...]:
        """Person ids in a role now."""
        return self.roles.get(role, ())

    def roles_of(self, person: str) -> tuple[str, ...]:
        """The roles in which somebody may act now, in the order of the start."""
        return tuple(role for role, held in self.roles.items() if person in held)

    def knowing(self, person: Somebody) -> "Members":
        """The same, with the name of somebody who is not of the run."""
        return replace(self, known={person.id: person, **self.known})

    def with_roles(self) -> frozenset[str]:
        """Everybody who may act in any role now."""
        return frozenset(one for held in self.roles.values() for one in held)

    def on_ladder(self) -> frozenset[str]:
        """Everybody whom the ladder may call now."""
        return frozenset(one for rung in self.rungs for one in rung.people)


def pinned(people: Iterable[Somebody], roles: Mapping[str, tuple[str, ...]], rungs: Iterable[FrozenRung]) -> Members:
    """The people of a run as its start pins them."""
    everybody = tuple(people)
    return Members(everybody, roles, tuple(rungs), {one.id: one for one in everybody})
