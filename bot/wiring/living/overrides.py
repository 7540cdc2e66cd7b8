"""A team's own templates of reports, read from the folder that the settings name."""

from pathlib import Path

import structlog

from bot.render.report.templates import NAMES, Templates

log = structlog.get_logger(__name__)
_LARGEST = 1_000_000
"""Signs of a template; what follows is left out."""


def read_templates(folder: Path | None) -> Templates:
    """Templates with the team's own in front. A folder or file that cannot be read is logged, and ours serve."""
    if folder is None:
        return Templates()
    found: dict[str, str] = {}
    for path in _files_of(folder):
        try:
            with path.open(encoding="utf-8") as file:
                found[path.relative_to(folder).as_posix()] = file.read(_LARGEST)
        except (OSError, ValueError) as fault:
            log.warning("a template of this team cannot be read, so ours serves", file=str(path), fault=str(fault))
    if not found.keys() & set(NAMES):
        log.warning("no template of ours is replaced", folder=str(folder), found=sorted(found), known=NAMES)
    return Templates(found)


def _files_of(folder: Path) -> list[Path]:
    """Pages, styles and pieces that pages include, in order."""
    if not folder.is_dir():
        log.warning("there is no folder of templates, so ours serve", folder=str(folder))
        return []
    kinds = {".html", ".md", ".css", ".j2"}
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in kinds)
