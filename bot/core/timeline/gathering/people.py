"""Who was about in a run, from when to when, and who operated."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.catalogue import CLOCK
from bot.core.run import Run
from bot.core.situation import Stamp
from bot.core.timeline.spans import Actor, Shift


class Cast:
    """Everybody who is by name in a run's records."""

    def __init__(self) -> None:
        self._actors: dict[str, Actor] = {}
        self._shifts: list[Shift] = []

    def take(self, run: Run, stamp: Stamp) -> None:
        """The run after an event, and who did it."""
        if stamp.by != CLOCK:
            known = self._actors.get(stamp.by) or _actor(run, stamp.by)
            self._actors[stamp.by] = replace(
                known, records=known.records + 1, first_at=known.first_at or stamp.at, last_at=stamp.at
            )
        operates = self._shifts[-1].person if self._shifts else None
        if run.operator is not None and run.operator != operates:
            self._end_shift(stamp.at)
            self._shifts.append(Shift(run.operator, name_of(run, run.operator), stamp.at, None))
        if run.over:
            self._end_shift(stamp.at)

    def _end_shift(self, at: datetime) -> None:
        if self._shifts and self._shifts[-1].until is None:
            self._shifts[-1] = replace(self._shifts[-1], until=at)

    def shifts(self) -> tuple[Shift, ...]:
        """Who operated, one after the other."""
        return tuple(self._shifts)

    def people(self, run: Run, until: datetime) -> tuple[Actor, ...]:
        """Everybody who did something, the first first; then whom the run knows and who did nothing."""
        operated: dict[str, timedelta] = {}
        for one in self._shifts:
            operated[one.person] = operated.get(one.person, timedelta(0)) + ((one.until or until) - one.since)
        silent = [one.id for one in run.start.people if one.id not in self._actors]
        found = [*self._actors.values(), *(_actor(run, person) for person in silent)]
        return tuple(replace(one, operated=operated.get(one.id, timedelta(0))) for one in found)


def _actor(run: Run, person: str) -> Actor:
    return Actor(person, name_of(run, person), roles_of(run, person))


def name_of(run: Run, person: str) -> str:
    """A person's name as it was then; of somebody whom the catalogue did not know, what is known of them."""
    if person.startswith("slack:"):
        return f"{person.rpartition('/')[2]} (not in the catalogue)"
    return run.name_of(person)


def roles_of(run: Run, person: str) -> tuple[str, ...]:
    """The roles that the run pinned for a person, in the runbook's order."""
    return tuple(role for role, holders in run.start.roles.items() if person in holders)


def role_at(run: Run, person: str, wanted: tuple[str, ...] = ()) -> str | None:
    """In which role a person acts: one of those that are wanted, ``operator`` while they operate, or their first other.

    None for Handrail itself, and for whoever holds no role.
    """
    held = roles_of(run, person)
    asked = next((role for role in wanted if role in held), None)
    if asked is not None:
        return asked
    if run.operator == person:
        return "operator"
    others = [role for role in held if role != "operator"]
    return others[0] if others else (held[0] if held else None)
