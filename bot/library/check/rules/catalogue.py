"""Rules about the catalogue: ids are unique in the folder, and everything that is named is there."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from bot.core.catalogue import Asset, Ladder, Person, Resource, Rotation, Team
from bot.core.plain.shapes import Shape
from bot.core.runbook import Runbook
from bot.library.check.page import Sheet, entries_of
from bot.library.check.rules.names import unknown, wrong_reference
from bot.library.problems import PathInFile, shown
from bot.library.reading.shape import near
from bot.library.rules import Found, rule

Link = tuple[PathInFile, str, str]
"""Where a name stands, the kind it has to be of, and the id."""


@rule("C1")
def ids_are_unique_in_the_folder(sheet: Sheet) -> Iterator[Found]:
    """An id stands for one thing of its kind in the whole folder. Otherwise it is chance which one is used."""
    document = sheet.document
    if isinstance(document.model, Runbook):
        listed_here: list[Link] = [(("id",), "runbook", document.model.id)]
    else:
        listed_here = [((*path, "id"), kind, id_) for kind, path, id_, _ in entries_of(document)]
    for path, kind, id_ in listed_here:
        first = sheet.folder.ids(kind).get(id_)
        if first is not None and not (first.document is document and first.path == path[: len(first.path)]):
            yield path, f"There is a {kind} “{id_}” already, at {first.place}.", "another id"


@rule("C2")
def links_lead_somewhere(sheet: Sheet) -> Iterator[Found]:
    """Owners, members, ladders, dependencies and runbooks that are named exist. A dead link is found at night."""
    for kind, path, id_, shape in entries_of(sheet.document):
        for way, wanted, name in _links(shape):
            known = sheet.folder.ids(wanted)
            if name not in known and not (wanted == "resource" and name in sheet.folder.ids("asset")):
                yield (*path, *way), *unknown(sheet.folder, wanted, name, f"The {kind} “{id_}”")


def _links(shape: Shape) -> Iterator[Link]:
    match shape:
        case Asset():
            yield ("owner",), "team", shape.owner
            yield from ((("runbooks", at), "runbook", one) for at, one in enumerate(shape.runbooks))
            yield from ((("ladder",), "ladder", shape.ladder),) if shape.ladder is not None else ()
            yield from ((("depends_on", at), "resource", one) for at, one in enumerate(shape.depends_on))
            for at, protection in enumerate(shape.protection):
                for key in ("target", "secondary"):
                    if (target := getattr(protection, key)) is not None:
                        yield ("protection", at, key), "resource", target
        case Resource():
            yield from ((("owner",), "team", shape.owner),) if shape.owner is not None else ()
            yield from ((("fallback",), "resource", shape.fallback),) if shape.fallback is not None else ()
            yield from ((("depends_on", at), "resource", one) for at, one in enumerate(shape.depends_on))
        case Team():
            yield from ((("members", at), "person", one) for at, one in enumerate(shape.members))
        case Rotation():
            yield from ((("team",), "team", shape.team),) if shape.team is not None else ()
            yield from ((("order", at), "person", one) for at, one in enumerate(shape.order))
            yield from ((("overrides", at, "who"), "person", one.who) for at, one in enumerate(shape.overrides))
        case _:
            return


@rule("C3")
def rungs_tell_somebody(sheet: Sheet) -> Iterator[Found]:
    """Everybody that a ladder tells is in the catalogue. A rung that calls nobody is silence."""
    for _, path, id_, shape in entries_of(sheet.document):
        for rung, told in enumerate(shape.rungs if isinstance(shape, Ladder) else ()):
            for at, reference in enumerate(told.tell):
                who = f"The ladder “{id_}”"
                wrong = wrong_reference(sheet.folder, reference, ("team", "rotation", "person"), who)
                if wrong is not None:
                    yield (*path, "rungs", rung, "tell", at), *wrong


@rule("C4")
def zones_are_known(sheet: Sheet) -> Iterator[Found]:
    """A time zone is a name of the time zone database. A misspelt one would put the wrong person on call."""
    for _, path, id_, shape in entries_of(sheet.document):
        if isinstance(shape, Person | Rotation) and not _is_zone(shape.timezone):
            yield (
                (*path, "timezone"),
                f"“{shown(shape.timezone)}” of “{id_}” is not a time zone.",
                "such as Europe/Madrid",
            )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return False
    except KeyError:
        return False
    return True


@rule("C5")
def missed_protections_exist(sheet: Sheet) -> Iterator[Found]:
    """A trigger that waits for a missed protection names one of the same asset."""
    for _, path, id_, shape in entries_of(sheet.document):
        own = [one.id for one in shape.protection] if isinstance(shape, Asset) else []
        for at, trigger in enumerate(shape.triggers if isinstance(shape, Asset) else ()):
            if trigger.missed is not None and trigger.missed not in own:
                message = f"“{id_}” has no protection “{trigger.missed}”."
                yield (*path, "triggers", at, "missed"), message, near(trigger.missed, own) or "the id of a protection"
