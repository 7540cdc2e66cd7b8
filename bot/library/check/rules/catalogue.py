"""Rules about the catalogue: ids are unique in the folder, and everything that is named is there."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from bot.format.catalogue import Asset, Ladder, Person, Resource, Rotation, Team
from bot.format.defaults import AssetDefaults, DefaultsFile
from bot.format.pieces import Shape
from bot.format.runbook import Runbook
from bot.format.text import spoken_duration
from bot.library.check.known import Outline, entries_of, way_of
from bot.library.check.page import CheckedDocument
from bot.library.check.rules.names import unknown, wrong_reference
from bot.library.problems import PathInFile, shown
from bot.library.reading.shape import near
from bot.library.rules import Found, rule

Link = tuple[PathInFile, str, str]
"""Where a name stands, the kind it has to be of, and the id."""


@rule("C1")
def ids_are_unique_in_the_folder(sheet: CheckedDocument) -> Iterator[Found]:
    """An id stands for one thing of its kind in the whole folder. Otherwise it is chance which one is used."""
    document = sheet.document
    if isinstance(document.model, Runbook):
        listed_here: list[Link] = [((), "runbook", document.model.id)]
    else:
        listed_here = [(path, kind, id_) for kind, path, id_, _ in entries_of(document)]
    for path, kind, id_ in listed_here:
        place, way = sheet.folder.place(kind, id_)
        if place and way != f"{document.file} {way_of(document, path)}":
            yield (*path, "id"), f"There is a {kind} “{id_}” already, at {place}.", "another id"


@rule("C2")
def links_lead_somewhere(sheet: CheckedDocument) -> Iterator[Found]:
    """Owners, members, ladders, dependencies and runbooks that are named exist. A dead link is found at night."""
    for kind, path, id_, shape in entries_of(sheet.document):
        for way, wanted, name in _links(shape):
            asset = wanted == "resource" and sheet.folder.has("asset", name)
            if not asset and not sheet.folder.has(wanted, name):
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
def rungs_tell_somebody(sheet: CheckedDocument) -> Iterator[Found]:
    """Everybody that a ladder tells is in the catalogue. A rung that calls nobody is silence."""
    for _, path, id_, shape in entries_of(sheet.document):
        for rung, told in enumerate(shape.rungs if isinstance(shape, Ladder) else ()):
            for at, reference in enumerate(told.tell):
                who = f"The ladder “{id_}”"
                wrong = wrong_reference(sheet.folder, reference, ("team", "rotation", "person"), who)
                if wrong is not None:
                    yield (*path, "rungs", rung, "tell", at), *wrong


@rule("C4")
def zones_are_known(sheet: CheckedDocument) -> Iterator[Found]:
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
def missed_protections_exist(sheet: CheckedDocument) -> Iterator[Found]:
    """A trigger that waits for a missed protection names one of the same asset."""
    for _, path, id_, shape in entries_of(sheet.document):
        own = [one.id for one in shape.protection] if isinstance(shape, Asset) else []
        for at, trigger in enumerate(shape.triggers if isinstance(shape, Asset) else ()):
            if trigger.missed is not None and trigger.missed not in own:
                message = f"“{id_}” has no protection “{trigger.missed}”."
                yield (*path, "triggers", at, "missed"), message, near(trigger.missed, own) or "the id of a protection"


@rule("C6")
def objectives_are_known(sheet: CheckedDocument) -> Iterator[Found]:
    """An asset that an active runbook recovers has an RPO and an RTO. Nobody can decide in time without knowing it.

    Source: NIST SP 800-34 Rev. 1, section 3.2: the business impact analysis gives both; AWS Well-Architected,
    REL13-BP01.
    """
    for path, asset in _recovered(sheet):
        lacking = [key.upper() for key in ("rpo", "rto") if getattr(asset, key) is None]
        if lacking:
            hint = ", ".join(
                f"{key.lower()}: {example}" for key, example in (("RPO", "15m"), ("RTO", "4h")) if key in lacking
            )
            yield (*path, "id"), f"“{asset.id}” has no {' and no '.join(lacking)}, and runbooks recover it.", hint


@rule("C7")
def dependencies_are_known(sheet: CheckedDocument) -> Iterator[Found]:
    """An asset that an active runbook recovers says what a recovery leans on. A backup without its key is no backup.

    Source: NIST SP 800-34 Rev. 1, section 3.2.2, and NIST SP 800-184, section 2: resources and the dependencies
    between them are identified before they are needed.
    """
    for path, asset in _recovered(sheet):
        if not asset.depends_on:
            message = f"“{asset.id}” does not say what a recovery leans on: storage, keys, network, hosts."
            yield (*path, "id"), message, "depends_on: [RESOURCE, …]"


def _recovered(sheet: CheckedDocument) -> Iterator[tuple[PathInFile, Asset]]:
    """The assets that name an active runbook."""
    for _, path, _, shape in entries_of(sheet.document):
        if isinstance(shape, Asset):
            outlines = (sheet.folder.entry("runbook", one) for one in shape.runbooks)
            if any(isinstance(one, Outline) and one.status == "active" for one in outlines):
                yield path, shape


@rule("C11", "warning")
def protection_fits_the_objective(sheet: CheckedDocument) -> Iterator[Found]:
    """An asset with an RPO has a protection that runs at least that often. What is older than that is lost.

    The most frequent protection counts; `grace` does not, since it is for the alarm and not for the loss. Source: AWS
    Well-Architected, REL09-BP03: backups are automatic, with a frequency that the RPO asks for.
    """
    for _, path, id_, shape in entries_of(sheet.document):
        if not isinstance(shape, Asset) or shape.rpo is None:
            continue
        rpo = spoken_duration(int(shape.rpo.total_seconds()))
        often = min((one.every for one in shape.protection), default=None)
        if often is None:
            yield (
                (*path, "rpo"),
                f"“{id_}” may lose {rpo}, and nothing protects it.",
                "protection: [{id: …, method: …, every: …}]",
            )
        elif often > shape.rpo:
            every = spoken_duration(int(often.total_seconds()))
            message = f"“{id_}” may lose {rpo}, and its most frequent protection runs every {every}."
            yield (*path, "rpo"), message, "a more frequent protection, or an RPO that can be kept"


@rule("C12")
def an_account_is_one_person(sheet: CheckedDocument) -> Iterator[Found]:
    """A Slack account stands for one person. Listed for two it could sign twice, so Handrail takes it for nobody."""
    here = [(path, one) for _, path, _, one in entries_of(sheet.document) if isinstance(one, Person) and one.slack]
    listed = (sheet.folder.entry("person", id_) for id_ in (sheet.folder.ids("person") if here else ()))
    first: dict[tuple[str | None, str | None], str] = {}
    for one in listed:
        if isinstance(one, Person):
            first.setdefault((one.slack, one.team_id), one.id)
    for path, person in here:
        other = first.get((person.slack, person.team_id), person.id)
        if other != person.id:
            message = f"The Slack account {person.slack} of “{person.id}” is that of “{other}” already."
            yield (*path, "slack"), message, "the account of this person alone, or one entry for both"


@rule("C19")
def what_tells_assets_apart_is_a_fact(sheet: CheckedDocument) -> Iterator[Found]:
    """What `tell_apart` names is a fact of the asset. Otherwise two that are alike look alike at the start."""
    assets = ((path, one) for _, path, _, one in entries_of(sheet.document) if isinstance(one, Asset))
    for path, asset in assets:
        for at, name in enumerate(asset.tell_apart):
            if name not in asset.facts:
                likely = near(name, sorted(asset.facts))
                message = f"The asset “{asset.id}” has no fact “{name}”, by which it would be told from others."
                yield (*path, "tell_apart", at), message, likely or f"facts: {{{name}: …}}, or another fact"


@rule("C18")
def defaults_lead_somewhere(sheet: CheckedDocument) -> Iterator[Found]:
    """What a folder says for its files names teams, people, ladders, runbooks and resources that are there.

    A dead link there is a dead link in every file below it.
    """
    said = sheet.document.model
    if not isinstance(said, DefaultsFile):
        return
    for path, kind, name in _named_by(said):
        asset = kind == "resource" and sheet.folder.has("asset", name)
        if not asset and not sheet.folder.has(kind, name):
            yield path, *unknown(sheet.folder, kind, name, "This")
    for role, written in said.roles.items():
        single = isinstance(written, str)
        for at, reference in enumerate((written,) if isinstance(written, str) else written):
            wrong = wrong_reference(sheet.folder, reference, ("team", "rotation", "person"), f"The role “{role}”")
            if wrong is not None:
                yield ("roles", role) if single else ("roles", role, at), *wrong


def _named_by(said: DefaultsFile) -> Iterator[Link]:
    yield from ((("owner",), "team", said.owner),) if said.owner is not None else ()
    yield from ((("ladder",), "ladder", said.ladder),) if said.ladder is not None else ()
    yield from ((("review", "by"), "person", said.review.by),) if said.review is not None else ()
    for key in ("assets", "tier_1", "tier_2", "tier_3"):
        common: AssetDefaults = getattr(said, key)
        yield from (((key, "owner"), "team", common.owner),) if common.owner is not None else ()
        yield from (((key, "ladder"), "ladder", common.ladder),) if common.ladder is not None else ()
        yield from (((key, "runbooks", at), "runbook", one) for at, one in enumerate(common.runbooks))
        yield from (((key, "depends_on", at), "resource", one) for at, one in enumerate(common.depends_on))
