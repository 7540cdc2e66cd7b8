"""Where a runbook to look at comes from: an id in the folder, a file, or a file as Git keeps it."""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

from bot.cli.failures import Failure
from bot.format.catalogue import Asset, AssetsFile, PeopleFile
from bot.format.printable import printable
from bot.format.runbook import Runbook
from bot.library.check import check_folder, read_folder
from bot.library.defaults import FolderDefaults, defaults_above
from bot.library.parse import Document, parse_file
from bot.library.problems import Problem
from bot.library.reading.syntax import MAX_BYTES

_ID = re.compile(rb"^id:[ ]*[\"']?([a-z0-9][a-z0-9_-]{0,63})", re.MULTILINE)
_GIT_SECONDS = 30
_TOLD = 5


@dataclass(frozen=True, slots=True)
class ShownRunbook:
    """A runbook to look at, the assets beside it, its owner's name ("" when nothing tells), and its file."""

    book: Runbook
    assets: tuple[Asset, ...]
    owner: str
    file: str


def find_runbook(name: str, folder: Path) -> ShownRunbook:
    """The runbook of an id in `folder`, or of a file; Failure says what to do when there is none."""
    path = Path(name)
    if path.is_file() or path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        return _of_file(path, folder)
    if not folder.is_dir():
        raise Failure(f"There is no folder of runbooks at {folder}. Give the path of a file, or set HANDRAIL_RUNBOOKS.")
    texts = dict(read_folder(folder))
    common = FolderDefaults(texts)
    for file, data in texts.items():
        ids = _ID.findall(data)
        if name.encode() in ids or (not ids and b"runbook/v1" in data):
            book = _books(file, data, common.of(file).defaults).get(name)
            if book is not None:
                return _beside(book, texts, file)
    known = sorted({found.decode() for data in texts.values() if b"runbook/v1" in data for found in _ID.findall(data)})
    near = get_close_matches(name, known, 3) or known[:_TOLD]
    meant = f" Is it one of these: {', '.join(near)}?" if near else ""
    raise Failure(f"There is no runbook {printable(name)} in {folder}.{meant}")


def _of_file(path: Path, folder: Path) -> ShownRunbook:
    books = read_books(str(path))
    if len(books) > 1:
        raise Failure(f"{path} holds {len(books)} runbooks. Name one by its id: {', '.join(books)}.")
    beside = folder if folder.is_dir() and path.resolve().is_relative_to(folder.resolve()) else path.parent
    return _beside(next(iter(books.values())), dict(read_folder(beside)), str(path))


def _beside(book: Runbook, texts: dict[str, bytes], file: str) -> ShownRunbook:
    """The runbook, and what the files of its folder say about it; a faulty file says nothing."""
    told = {name: data for name, data in texts.items() if b"assets/v1" in data or b"people/v1" in data}
    common = FolderDefaults(texts)
    models = [one.model for name, data in told.items() for one in parse_file(name, data, common.of(name).defaults)[0]]
    assets = tuple(asset for one in models if isinstance(one, AssetsFile) for asset in one.assets)
    names = [team.name for one in models if isinstance(one, PeopleFile) for team in one.teams if team.id == book.owner]
    return ShownRunbook(book, assets, next(iter(names), None) or "", file)


def read_books(source: str) -> dict[str, Runbook]:
    """Every runbook of a file or a folder, or of `REV:path` as Git keeps it, by id; Failure when there is none."""
    path = Path(source)
    in_git = not path.exists() and ":" in source
    texts = _folder_in_git(source) if in_git else dict(read_folder(path)) if path.is_dir() else None
    if texts is not None:
        return _books_of_folder(source, texts)
    data = _from_git(source) if in_git else _bytes_of(path)
    books = _books(source, data, _said_in_git(source) if in_git else _said_beside(path))
    if not books:
        raise Failure(f"There is no runbook in {printable(source)}: `schema: runbook/v1` stands on top of one.")
    return books


def _books_of_folder(source: str, texts: Mapping[str, bytes]) -> dict[str, Runbook]:
    common = FolderDefaults(texts)
    found: dict[str, Runbook] = {}
    for name, data in texts.items():
        if b"runbook/v1" in data:
            found |= _books(name, data, common.of(name).defaults)
    if not found:
        raise Failure(f"There is no runbook in {printable(source)}: `schema: runbook/v1` stands on top of one.")
    return found


def _folder_in_git(source: str) -> dict[str, bytes] | None:
    """The YAML files of a folder as Git keeps it; None when that is no folder."""
    if source.startswith("-"):
        return None
    listed = _git("ls-tree", "-r", "-z", "--name-only", "--end-of-options", source)
    if listed is None:
        return None
    names = [name for name in listed.decode(errors="replace").split("\0") if name.endswith((".yaml", ".yml"))]
    shown = [name for name in names if not any(part.startswith(".") for part in PurePosixPath(name).parts)]
    return {name: _git("cat-file", "blob", f"{source.rstrip('/')}/{name}") or b"" for name in shown}


def _said_beside(path: Path) -> Mapping[str, Any]:
    """What the folders of a file say for it, as far up as they hold YAML files."""
    folder = path.resolve().parent
    beside = {file.name: _bytes_of(file) for file in sorted(folder.glob("*.yaml")) if file.is_file()}
    return FolderDefaults(beside, defaults_above(folder)).of(path.name).defaults


def _said_in_git(source: str) -> Mapping[str, Any]:
    """The same of a file as Git keeps it: what stood beside it and above it at that revision."""
    revision, _, name = source.partition(":")
    texts: dict[str, bytes] = {}
    for folder in PurePosixPath(name).parents:
        listed = _git("ls-tree", "--name-only", f"{revision}:{'' if str(folder) == '.' else folder}") or b""
        for file in listed.decode(errors="replace").splitlines():
            if file.endswith((".yaml", ".yml")):
                path = (folder / file).as_posix()
                data = _git("cat-file", "blob", f"{revision}:{path}") or b""
                texts |= {path: data} if b"defaults/v1" in data else {}
    return FolderDefaults(texts).of(name).defaults


def _git(*words: str) -> bytes | None:
    """What Git answers; None when it has no such thing."""
    done = subprocess.run(["git", *words], capture_output=True, check=False, timeout=_GIT_SECONDS)  # noqa: S603, S607  (as below)
    return None if done.returncode else done.stdout


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as wrong:
        raise Failure(f"{path} cannot be read: {wrong.strerror or wrong}.") from None


def _from_git(source: str) -> bytes:
    """What stood in a file at a revision, as `git show REV:path` names it."""
    if source.startswith("-"):
        raise Failure(f"{printable(source)} is neither a file nor a revision.")
    try:
        done = subprocess.run(  # noqa: S603  (no shell, and the argument is no option)
            ["git", "cat-file", "blob", source],  # noqa: S607  (the Git that the author uses)
            capture_output=True, check=False, timeout=_GIT_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        raise Failure(f"Git could not be asked for {printable(source)}. Is it installed?") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise Failure(f"Git has no {printable(source)}: {printable(said)}")
    return done.stdout


def _books(name: str, data: bytes, defaults: Mapping[str, Any]) -> dict[str, Runbook]:
    documents, problems = parse_file(name, data, defaults)
    errors = [one for one in problems if one.severity == "error"]
    books = {book.id: book for book in _models(documents)}
    if errors and (books or all(one.model is None for one in documents)):
        raise Failure(_say_problems(name, errors))
    return books


def _models(documents: list[Document]) -> Iterator[Runbook]:
    return (one.model for one in documents if isinstance(one.model, Runbook))


def _say_problems(name: str, errors: list[Problem]) -> str:
    return f"{printable(name)} cannot be read as it stands:\n{say_errors(errors)}"


def say_errors(errors: Sequence[Problem]) -> str:
    """The first errors of a file, each with what to write."""
    told = [f"  {one.place}  {one.rule}  {one.message}\n      write: {one.hint}" for one in errors[:_TOLD]]
    more = [f"  … and {len(errors) - _TOLD} more: handrail check"] if len(errors) > _TOLD else []
    return "\n".join([*(printable(one) for one in told), *more])


def refusals_of(found: ShownRunbook, folder: Path) -> list[Problem]:
    """Why `handrail check` would not load the runbook that was found: the errors of its file."""
    file = folder / found.file if (folder / found.file).is_file() else Path(found.file)
    around = folder if file.resolve().is_relative_to(folder.resolve()) else file.parent
    name = file.resolve().relative_to(around.resolve()).as_posix()
    return [one for one in check_folder(around).problems if one.file == name and one.severity == "error"]
