"""Whether the folders of runbooks and of a team's own templates hold what can be used."""

import getpass
import os
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

from bot.format.runbook import Runbook
from bot.library.check import check_folder
from bot.rehearsal.moves import begin
from bot.rehearsal.samples import STARTED, sample_asset, sample_start
from bot.render.report.formats import FILE_NAMES, TEMPLATES, Templates, draw_report
from bot.run.law.decide import decide
from bot.run.situation import Stamp
from bot.run.state import Unstarted
from bot.timeline.entries import Timeline
from bot.timeline.telling import tell_timeline
from bot.wiring.examination.finding import Diagnosis
from bot.wiring.house import House
from bot.wiring.overrides import find_templates


def examine_runbooks(house: House) -> Iterator[Diagnosis]:
    """That the folder loads, and how many problems it has."""
    folder = house.settings.runbooks
    if not folder.is_dir():
        yield Diagnosis("runbooks", "bad", f"There is no folder {folder}.", "Set HANDRAIL_RUNBOOKS to your runbooks.")
        return
    if not _may(folder, os.R_OK | os.X_OK):
        todo = f"Let {_myself()}, as whom Handrail runs, read it: chmod or chown, or another HANDRAIL_RUNBOOKS."
        yield Diagnosis("runbooks", "bad", f"The folder {folder} cannot be read.", todo)
        return
    unread = [path.relative_to(folder) for path in sorted(folder.rglob("*.y*ml")) if not _may(path, os.R_OK)]
    if unread:
        todo = f"Let {_myself()}, as whom Handrail runs, read it."
        yield Diagnosis("runbooks", "bad", f"{len(unread)} files cannot be read, such as {unread[0]}.", todo)
        return
    report = check_folder(folder)
    if not report.files:
        yield Diagnosis("runbooks", "bad", f"There is no YAML file in {folder}.", "Set HANDRAIL_RUNBOOKS to yours.")
    elif report.errors:
        yield Diagnosis(
            "runbooks",
            "bad",
            f"{report.errors} errors in {report.files} files of {folder}; what has an error is not loaded.",
            f"Run `handrail check {folder}`.",
        )
    else:
        warnings = f", {report.warnings} warnings" if report.warnings else ""
        yield Diagnosis("runbooks", "fine", f"{report.files} files in {folder}, no errors{warnings}.")


def examine_written(house: House) -> Iterator[Diagnosis]:
    """That the printable copy and the copies of open runs can be written where they are meant to be."""
    settings = house.settings
    meant = {"pack": (settings.pack, "HANDRAIL_PACK")} if settings.pack is not None else {}
    if settings.keeps_mirror:
        meant["mirror"] = (house.mirror.folder, "HANDRAIL_MIRROR")
    for part, (folder, name) in meant.items():
        there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
        if there.is_dir() and _may(there, os.W_OK | os.X_OK):
            yield Diagnosis(part, "fine", f"{folder} can be written.")
            continue
        why = f"{there} is no folder" if not there.is_dir() else f"{_myself()} may not write into {there}"
        todo = f"Set {name} to a folder that can be written, or let {_myself()} write there."
        yield Diagnosis(part, "bad", f"{folder} cannot be written: {why}.", todo)


def _may(path: Path, what: int) -> bool:
    """Whether we may, as whom we act: `serve` may have been started by root and act as somebody else."""
    return os.access(path, what, effective_ids=os.access in os.supports_effective_ids)


def _myself() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"user {os.getuid()}"


def examine_templates(house: House) -> Iterator[Diagnosis]:
    """That a team's own templates are found, read, and set a report of a run that has just begun."""
    folder = house.settings.templates
    if folder is None:
        return
    texts, problems = find_templates(folder)
    for problem in problems:
        yield _odd(problem, "Handrail's own serves meanwhile. Put it right, or unset HANDRAIL_TEMPLATES.")
    used = sorted(texts.keys() & set(TEMPLATES))
    if not used:
        return
    faults = _draw_all(house, Templates(texts))
    for fault in faults:
        yield _odd(fault, "docs/exports.md names what a template is given; mend it, then ask the doctor again.")
    if not faults:
        yield Diagnosis("templates", "fine", f"{', '.join(used)} in {folder}.")


def _draw_all(house: House, templates: Templates) -> tuple[str, ...]:
    """What is said of templates that cannot be used, each once; nothing where there is no runbook to try them on."""
    folder = house.settings.runbooks
    book = next(iter(house.registry().runbooks.values()), None) if folder.is_dir() else None
    if book is None:
        return ()
    timeline = _just_begun(book)
    drawn = (draw_report(timeline, format_, UTC, templates) for format_ in FILE_NAMES)
    return tuple(dict.fromkeys(notice for one in drawn for notice in one.notices))


def _just_begun(book: Runbook) -> Timeline:
    """The timeline of a drill that nobody walks."""
    run = begin(book, sample_asset(book))
    start = sample_start(run.book, run.start.asset)
    stamp = Stamp(STARTED, start.roles["operator"][0], "terminal")
    events = decide(Unstarted(run.id, run.book), start, stamp)
    return tell_timeline(run, [(seq, event, stamp) for seq, event in enumerate(events, 1)])


def _odd(says: str, todo: str) -> Diagnosis:
    return Diagnosis("templates", "odd", says, todo)
