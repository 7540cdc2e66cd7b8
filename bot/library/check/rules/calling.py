"""Rules about being called: ladders reach people, and rotations leave nobody out."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.format.catalogue import Ladder, Person, Rotation, Rung, Team
from bot.library.check.known import View, entries_of, people_behind
from bot.library.check.page import CheckedDocument
from bot.library.problems import PathInFile, listed, shown
from bot.library.rules import Found, rule

ENOUGH_RUNGS = 2
_FEED = re.compile(r"env:[A-Z][A-Z0-9_]{1,60}")
_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Place:
    """A rung, where it stands, and whether it is the last of its ladder."""

    path: PathInFile
    rung: Rung
    is_last: bool


def _rungs(sheet: CheckedDocument) -> Iterator[_Place]:
    for _, path, _, shape in entries_of(sheet.document):
        for at, rung in enumerate(shape.rungs if isinstance(shape, Ladder) else ()):
            yield _Place((*path, "rungs", at), rung, isinstance(shape, Ladder) and at == len(shape.rungs) - 1)


@rule("C8")
def ladders_have_rungs(sheet: CheckedDocument) -> Iterator[Found]:
    """A ladder has at least two rungs. With one, the first person who sleeps is the end of it.

    Source: NIST SP 800-34 Rev. 1, section 4.2.2: a call tree says what follows when somebody cannot be reached.
    """
    for _, path, id_, shape in entries_of(sheet.document):
        if isinstance(shape, Ladder) and len(shape.rungs) < ENOUGH_RUNGS:
            yield (*path, "rungs"), f"The ladder “{id_}” has one rung, and nothing follows it.", "a second rung"


@rule("C9")
def people_can_be_reached(sheet: CheckedDocument) -> Iterator[Found]:
    """Everybody on a rung can be reached in a way that the rung calls by: a Slack id, or a channel for `pager`.

    A channel is a person’s own or one of their teams’. Source: NIST SP 800-34 Rev. 1, section 4.2.2: contact lists hold
    primary and alternate ways to reach each person.
    """
    for place in _rungs(sheet):
        for person in _people(sheet.folder, place.rung):
            by_slack = "slack" in place.rung.via and person.slack is not None
            if not by_slack and not ("pager" in place.rung.via and _has_channel(sheet.folder, person)):
                where = sheet.folder.place("person", person.id)[0]
                message = (
                    f"{person.name} is on this rung, and {' or '.join(place.rung.via)} does not reach them ({where})."
                )
                yield (*place.path, "tell"), message, _ways(place.rung)


def _ways(rung: Rung) -> str:
    named = {"slack": "slack: U0…", "pager": 'pager: ["env:NAME"]'}
    return f"{' or '.join(named[one] for one in rung.via)} for this person"


@rule("C10", "warning")
def ladders_end_in_several_people(sheet: CheckedDocument) -> Iterator[Found]:
    """The last rung of a ladder tells more than one person. After it nobody else is asked.

    A rotation in which people take turns is one person: whoever is on call. Source: Google, Site Reliability
    Engineering (2016), chapter 11: a secondary stands behind the primary on-call.
    """
    for place in _rungs(sheet):
        told = [_at_once(sheet.folder, one) for one in place.rung.tell] if place.is_last else []
        known = [one for one in told if one is not None]
        if place.is_last and len(known) == len(told) and len({who for one in known for who in one}) == 1:
            who = next(who for one in known for who in one)
            message = f"This ladder ends in one person, {who}."
            yield (*place.path, "tell"), message, "a team, or a second person on the last rung"


def _at_once(folder: View, reference: str) -> tuple[str, ...] | None:
    """Whom a reference tells at one moment, as far as the files say; None where they do not."""
    kind, _, id_ = reference.partition(":")
    held = folder.entry("rotation", id_) if kind == "rotation" else None
    if isinstance(held, Rotation):
        return (f"whoever is on call in {id_}",) if held.ics is None else None
    return people_behind(folder, reference) or None


@rule("C13", "warning")
def pagers_lead_somewhere(sheet: CheckedDocument) -> Iterator[Found]:
    """A rung that calls by `pager` has a channel for everybody on it. Without one, Slack alone is left to wake them.

    Source: NIST SP 800-34 Rev. 1, section 4.2.2: contact lists hold primary and alternate ways to reach each person.
    """
    for place in _rungs(sheet):
        people = _people(sheet.folder, place.rung) if "pager" in place.rung.via else ()
        without = [one.name for one in people if one.slack is not None and not _has_channel(sheet.folder, one)]
        if without:
            message = f"This rung calls by pager, and there is no channel of {listed(without, _NAMED)}."
            yield (*place.path, "via"), message, 'pager: ["env:NAME"] for the person or one of their teams'


@rule("C14")
def overrides_cover_some_time(sheet: CheckedDocument) -> Iterator[Found]:
    """An override ends after it begins. One that covers nothing leaves the person on call whom it was to relieve."""
    for _, path, id_, shape in entries_of(sheet.document):
        for at, one in enumerate(shape.overrides if isinstance(shape, Rotation) else ()):
            if one.to <= one.from_:
                message = f"An override of “{id_}” ends before it begins, so it covers nothing."
                yield (*path, "overrides", at, "to"), message, "a later time, such as “2026-11-24T09:00+01:00”"


@rule("C15")
def feeds_are_named_by_a_variable(sheet: CheckedDocument) -> Iterator[Found]:
    """The address of a feed stands in a variable, not in the file: whoever has it reads the team’s calendar.

    Source: CWE-540 (sensitive information in source code).
    """
    for _, path, id_, shape in entries_of(sheet.document):
        if isinstance(shape, Rotation) and shape.ics is not None and not _FEED.fullmatch(shape.ics):
            message = f"The feed of “{id_}” is not the name of a variable: {shown(shape.ics[:12])}…."
            yield (*path, "ics"), message, 'ics: "env:DBA_BACKUP_ICS"'


@rule("C16", "warning")
def feeds_have_people_behind_them(sheet: CheckedDocument) -> Iterator[Found]:
    """A rung whose people come from a feed alone has a team behind it. In a gap of the feed the team is told.

    Without one, a gap is silence until the next rung. `handrail oncall` tells of gaps; the files cannot.
    """
    for place in _rungs(sheet):
        held = [sheet.folder.entry(*_split(one)) for one in place.rung.tell if one.startswith("rotation:")]
        fed = any(isinstance(one, Rotation) and one.ics is not None for one in held)
        if fed and not people_behind(sheet.folder, place.rung.tell):
            message = "Whoever this rung tells comes from a feed alone: a gap in it is silence."
            yield (*place.path, "tell"), message, "team: TEAM for the rotation, or a team on this rung"


@rule("C17", "warning")
def ladders_hold_somebody_else(sheet: CheckedDocument) -> Iterator[Found]:
    """A ladder tells more than one person at every moment. Whoever starts a run is not called for having started it.

    Where rotations and rungs can come down to one person, that one may start a run of which nobody hears.
    """
    for _, path, id_, shape in entries_of(sheet.document):
        alone = _alone(sheet.folder, shape) if isinstance(shape, Ladder) else None
        if alone is not None:
            message = (
                f"There are times when “{id_}” tells nobody but {alone}. If {alone} starts a run, nobody is called."
            )
            yield (*path, "rungs"), message, "a rung with a team, or with somebody else"


def _alone(folder: View, ladder: Ladder) -> str | None:
    """Somebody who may be the only one that a ladder tells at a moment; None where the files show nobody."""
    told = [one for rung in ladder.rungs for one in rung.tell]
    may_be = [_may_be_only(folder, one) for one in told]
    return next((one for one in may_be[0] if all(one in each for each in may_be)), None) if may_be else None


def _may_be_only(folder: View, reference: str) -> tuple[str, ...]:
    """Each who may be the only one that a reference tells; nobody where it tells several, or the files do not say."""
    held = folder.entry(*_split(reference)) if reference.startswith("rotation:") else None
    if isinstance(held, Rotation):
        return held.order if held.ics is None else ()
    behind = people_behind(folder, reference)
    return behind if len(behind) == 1 else ()


def _split(reference: str) -> tuple[str, str]:
    kind, _, id_ = reference.partition(":")
    return kind, id_


def _people(folder: View, rung: Rung) -> tuple[Person, ...]:
    found: Iterable[object] = (folder.entry("person", one) for one in people_behind(folder, rung.tell))
    return tuple(one for one in found if isinstance(one, Person))


def _has_channel(folder: View, person: Person) -> bool:
    """Whether the person or one of their teams has a channel beyond Slack."""
    teams = () if person.pager else (folder.entry("team", one) for one in folder.ids("team"))
    return bool(person.pager) or any(
        isinstance(one, Team) and bool(one.pager) and person.id in one.members for one in teams
    )
