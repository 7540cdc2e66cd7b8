"""Who stands behind a role or a rung of a ladder at a moment: whoever is on call first, or alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from bot.format.catalogue import Catalogue, Person, Rotation
from bot.oncall.rota import on_call_first
from bot.run.situation import Somebody

OnCall = Callable[[Rotation, datetime], tuple[str, ...]]
"""Everybody on call in a rotation at a moment; see `roster`."""


def people_of_role(
    catalogue: Catalogue, reference: str | tuple[str, ...], on_call: OnCall, at: datetime
) -> tuple[str, ...]:
    """Who may act in a role that is written as ``team:ID``, ``rotation:ID``, ``person:ID`` or a list of them.

    Everybody of a team or rotation may; whoever is on call comes first. Somebody who is on call in the rotation by a
    feed or an override belongs to it, whatever its team.
    """
    if not isinstance(reference, str):
        return _each_once(people_of_role(catalogue, one, on_call, at) for one in reference)
    kind, _, name = reference.partition(":")
    people = catalogue.members(reference)
    if kind == "rotation" and name in catalogue.rotations:
        return _each_once((_known(catalogue, on_call(catalogue.rotations[name], at)), people))
    if kind == "team":
        for rotation in reversed(catalogue.rotations.values()):  # so that the one written first counts most
            if rotation.team == name:
                people = on_call_first(people, on_call(rotation, at))
    return people


def people_of_rung(
    catalogue: Catalogue, tell: Iterable[str], roles: Mapping[str, tuple[str, ...]], on_call: OnCall, at: datetime
) -> tuple[str, ...]:
    """Whom a rung tells: of a rotation those who are on call now, of a team everybody, whoever is on call first.

    Where nobody is on call in a rotation, everybody of it is told: a gap must not be silence. ``role:NAME`` is whoever
    holds that role in the run.
    """
    return _each_once(_told(catalogue, one, roles, on_call, at) for one in tell)


def _told(
    catalogue: Catalogue, reference: str, roles: Mapping[str, tuple[str, ...]], on_call: OnCall, at: datetime
) -> tuple[str, ...]:
    kind, _, name = reference.partition(":")
    if kind == "role":
        return roles.get(name, ())
    if kind == "rotation" and name in catalogue.rotations:
        now = _known(catalogue, on_call(catalogue.rotations[name], at))
        return now or catalogue.members(reference)
    return people_of_role(catalogue, reference, on_call, at)


def as_somebody(catalogue: Catalogue, person: Person) -> Somebody:
    """A person as a run keeps them: with their zone, their quiet hours, and every channel that reaches them."""
    quiet = None if person.quiet is None else (person.quiet.from_, person.quiet.to)
    return Somebody(person.id, person.name, person.slack, person.timezone, quiet, channels_of(catalogue, person))


def channels_of(catalogue: Catalogue, person: Person) -> tuple[str, ...]:
    """The names of a person's channels beyond Slack: their own, then those of their teams."""
    teams = (team.pager for team in catalogue.teams.values() if person.id in team.members)
    return _each_once((person.pager, *teams))


def _known(catalogue: Catalogue, people: Iterable[str]) -> tuple[str, ...]:
    return tuple(one for one in people if one in catalogue.people)


def _each_once(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    def each() -> Iterator[str]:
        for group in groups:
            yield from group

    return tuple(dict.fromkeys(each()))
