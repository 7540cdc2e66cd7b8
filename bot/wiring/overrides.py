"""A team's own templates of reports, read from the folder that the settings name."""

from pathlib import Path

import structlog

from bot.render.report.formats import TEMPLATES, Templates

log = structlog.get_logger(__name__)
_LARGEST = 1_000_000
"""Signs of a template; what follows is left out."""
_KINDS = frozenset({".html", ".md", ".css", ".j2"})
"""Pages, styles and pieces that pages include."""


def read_templates(folder: Path | None) -> Templates:
    """Templates with the team's own in front. A folder or file that cannot be read is logged, and ours serve."""
    if folder is None:
        return Templates()
    found, problems = find_templates(folder)
    for problem in problems:
        log.warning("a template of this team cannot be used, so ours serves", reason=problem)
    return Templates(found)


def find_templates(folder: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """The texts of a team's templates by their names, and what is wrong with the folder, each in a sentence."""
    if not folder.is_dir():
        return {}, (f"There is no folder {folder}.",)
    found: dict[str, str] = {}
    problems: list[str] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in _KINDS):
        name = path.relative_to(folder).as_posix()
        try:
            with path.open(encoding="utf-8") as file:
                found[name] = file.read(_LARGEST)
        except (OSError, ValueError) as fault:
            reason = fault.strerror if isinstance(fault, OSError) and fault.strerror else "it is not UTF-8 text"
            problems.append(f"{name} in {folder} cannot be read: {reason}.")
    if not found.keys() & set(TEMPLATES):
        problems.append(f"Nothing in {folder} replaces a template of ours: they are called {', '.join(TEMPLATES)}.")
    return found, tuple(problems)
