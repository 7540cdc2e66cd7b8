"""The runbooks and the catalogue that serve now. What became bad on disk keeps serving as it last was."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.format.catalogue import Asset, AssetsFile, Catalogue, PeopleFile, ResourcesFile
from bot.format.pieces import Shape
from bot.format.runbook import Runbook
from bot.library.check import CheckReport, check_folder
from bot.library.finding import AssetMatch, find_assets, find_by_signs
from bot.library.memory import Memory
from bot.library.parse import RUNBOOK, Document, digest_of, parse_file
from bot.library.problems import Fault, Problem
from bot.library.reading.syntax import folder_not_read
from bot.library.wording import HouseFile, Inventory, Retention


@dataclass(frozen=True, slots=True)
class ServedRunbook:
    """A runbook that serves: its model, its text with everything written out, and the digest runs are pinned to."""

    book: Runbook
    text: str
    digest: str
    file: str


@dataclass(frozen=True, slots=True)
class _Holding:
    """All that the registry holds at one moment; replaced as a whole."""

    files: Mapping[str, tuple[ServedRunbook | Shape, ...]] = field(default_factory=dict)
    by_id: Mapping[str, ServedRunbook] = field(default_factory=dict)
    by_digest: Mapping[str, ServedRunbook] = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=Catalogue)
    report: CheckReport = field(default_factory=lambda: CheckReport((), {}, 0))
    """What was found when the folder was read last."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """The exact text of each file that serves and holds more than runbooks: people, assets, resources."""


class Registry:
    """Sound runbooks by id and by digest, and the catalogue. Readers never wait; any thread may `reload`."""

    def __init__(self, path: Path, memory: Memory | None = None) -> None:
        """Take the folder, and what remembers an earlier process's look at it."""
        self.path = path
        self._memory = memory
        self._turn = threading.Lock()
        self._now = _Holding()

    def reload(self) -> CheckReport:
        """Read the folder again. A file with an error keeps serving as it last was; a file that is gone goes."""
        with self._turn:
            try:
                report = self._look()
            except OSError as wrong:
                report = CheckReport((_unread(self.path, wrong),), {}, 0, leaves=self._now.report.leaves)
                self._now = replace(self._now, report=report)
            else:
                self._now = _replace(self._now, report)
            return report

    def _look(self) -> CheckReport:
        leaves = self._now.report.leaves
        if self._memory is None:
            return check_folder(self.path, leaves)
        report = check_folder(self.path, leaves or self._memory.recall(), whole=True)
        self._memory.keep(report.leaves)
        return report

    @property
    def retention(self) -> Retention:
        """How long things are kept; where several files say it, the longest time counts."""
        rules = [one.retain for kept in self._now.files.values() for one in kept if isinstance(one, HouseFile)]
        return Retention(
            words=max((one.words for one in rules if one.words is not None), default=None),
            logins=max((one.logins for one in rules if one.logins is not None), default=None),
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong in the folder when it was read last."""
        return self._now.report.problems

    @property
    def files(self) -> frozenset[str]:
        """The files of which something serves, in whatever version."""
        return frozenset(self._now.files)

    def owners_of(self, file: str) -> tuple[str, ...]:
        """The teams that answer for a file: those that it names as owners, else the one that owns most runbooks.

        A bad file is asked as far as it could be read, and its last good version.
        """
        now = self._now
        leaf = now.report.leaves.get(file)
        models = [one.model for one in (leaf.documents or () if leaf is not None else ())]
        models += [one.book if isinstance(one, ServedRunbook) else one for one in now.files.get(file, ())]
        owners = dict.fromkeys(team for model in models for team in _owners(model) if team in now.catalogue.teams)
        most = Counter(kept.book.owner for kept in now.by_id.values()).most_common(1)
        return tuple(owners) or tuple(team for team, _ in most)

    @property
    def people_files(self) -> Mapping[str, str]:
        """The files from which people serve, each with the digest of its bytes as they were read last."""
        now = self._now
        named = [name for name, held in now.files.items() if any(isinstance(one, PeopleFile) for one in held)]
        leaves = now.report.leaves
        return {name: leaves[name].finger if name in leaves else "" for name in sorted(named)}

    @property
    def is_whole(self) -> bool:
        """Whether the catalogue is what stands on disk: a file of people is there, and none that may be one is bad."""
        now = self._now
        return bool(self.people_files) and not any(_may_hold_people(now, name) for name in now.report.bad)

    @property
    def catalogue_texts(self) -> Mapping[str, str]:
        """File -> the exact text that serves of it, for files that hold people, assets or resources."""
        return self._now.texts

    @property
    def old_files(self) -> tuple[str, ...]:
        """The bad files of which an older version serves."""
        now = self._now
        return tuple(sorted(now.report.bad & now.files.keys()))

    def give_back_files(self, texts: Mapping[str, str]) -> tuple[str, ...]:
        """Let files of the catalogue serve as an earlier process had read them, where nothing serves of bad ones."""
        with self._turn:
            now = self._now
            taken: dict[str, tuple[ServedRunbook | Shape, ...]] = {}
            for file in texts.keys() & (now.report.bad - now.files.keys()):
                documents, problems = parse_file(file, texts[file].encode(), whole=True)
                if not any(one.severity == "error" for one in problems):
                    taken[file] = tuple(_keep(one) for one in documents)
            whole = {**now.texts, **{file: texts[file] for file in taken}}
            self._now = replace(_assemble(now, {**taken, **now.files}, now.report), texts=whole)
            return tuple(sorted(taken))

    def give_back(self, kept: Iterable[ServedRunbook]) -> tuple[ServedRunbook, ...]:
        """Let versions serve that an earlier process had read, where nothing else serves for their bad files."""
        with self._turn:
            now = self._now
            taken = tuple(
                one for one in kept
                if one.file in now.report.bad and one.file not in now.files and one.book.id not in now.by_id
            )  # fmt: skip
            more: dict[str, tuple[ServedRunbook | Shape, ...]] = {}
            for one in taken:
                more[one.file] = (*more.get(one.file, ()), one)
            self._now = replace(_assemble(now, {**more, **now.files}, now.report), texts=now.texts)
            return taken

    @property
    def catalogue(self) -> Catalogue:
        """Assets, resources, people, teams, rotations and ladders."""
        return self._now.catalogue

    @property
    def runbooks(self) -> Mapping[str, Runbook]:
        """Runbook id -> the version that serves now, whatever its status."""
        return {id_: kept.book for id_, kept in self._now.by_id.items()}

    def runbook(self, id_: str) -> Runbook | None:
        """The version of a runbook that serves now."""
        kept = self._now.by_id.get(id_)
        return kept.book if kept else None

    def kept(self, id_: str) -> ServedRunbook | None:
        """The version that serves now, with its text and digest, as a run is pinned to it."""
        return self._now.by_id.get(id_)

    def by_digest(self, digest: str) -> Runbook | None:
        """A version that serves or has served since the start."""
        kept = self._now.by_digest.get(digest)
        return kept.book if kept else None

    def text_of(self, digest: str) -> str | None:
        """The exact text of a version that serves or has served since the start."""
        kept = self._now.by_digest.get(digest)
        return kept.text if kept else None

    @property
    def inventories(self) -> tuple[Inventory, ...]:
        """The lists of what there is that the folder names."""
        held = [one for kept in self._now.files.values() for one in kept if isinstance(one, HouseFile)]
        return tuple(one for file in held for one in file.inventory)

    def place_of(self, kind: str, id_: str) -> str:
        """``file:line`` of something in the files, by its kind (`person`, `runbook` …) and id; empty if not there."""
        for file, held in self._now.files.items():
            if any(_holds(one, kind, id_) for one in held):
                return _place_in(self.path / file, file, kind, id_)
        return ""

    def runbooks_for(self, asset: Asset) -> tuple[Runbook, ...]:
        """The runbooks that the asset names and that are loaded, in its order."""
        held = self._now.by_id
        return tuple(held[id_].book for id_ in asset.runbooks if id_ in held)

    def find_by_signs(self, query: str) -> tuple[tuple[Asset, Runbook], ...]:
        """The assets and runbooks whose signs speak of what was typed, best first."""
        return find_by_signs(self._now.catalogue.assets.values(), self.runbooks, query)

    def find_assets(self, query: str) -> AssetMatch:
        """The asset that a person means; see `finding`."""
        return find_assets(self._now.catalogue.assets.values(), query)


def load_shelf(path: Path, memory: Memory | None = None) -> Registry:
    """A registry that has read its folder once; what was wrong stands in `problems`."""
    registry = Registry(path, memory)
    registry.reload()
    return registry


_LISTS = {"person": "people", "team": "teams", "rotation": "rotations", "resource": "resources", "asset": "assets"}
"""Kind -> the list of a file that it stands in."""


def _holds(model: ServedRunbook | Shape, kind: str, id_: str) -> bool:
    if isinstance(model, ServedRunbook):
        return (kind, id_) == ("runbook", model.book.id)
    return any(one.id == id_ for one in getattr(model, _LISTS.get(kind, ""), None) or ())


def _place_in(path: Path, file: str, kind: str, id_: str) -> str:
    """Where it stands in the file as it is on disk now; the file alone where it is not found there any more."""
    try:
        documents, _ = parse_file(file, path.read_bytes())
    except OSError:
        return file
    for document in documents:
        if kind == "runbook" and isinstance(document.model, Runbook) and document.model.id == id_:
            return f"{file}:{document.id_line}"
        listed = getattr(document.model, _LISTS.get(kind, ""), None) or ()
        for number, one in enumerate(listed):
            if one.id == id_:
                return f"{file}:{document.place((_LISTS[kind], number)).line}"
    return file


def _may_hold_people(now: _Holding, file: str) -> bool:
    """Whether a bad file may be one of the catalogue: all but those that are, or were when they served, runbooks."""
    held, leaf = now.files.get(file, ()), now.report.leaves.get(file)
    documents = (leaf.documents or ()) if leaf is not None else ()
    says_runbook = bool(documents) and all(one.schema == RUNBOOK for one in documents)
    was_runbook = bool(held) and all(isinstance(one, ServedRunbook) for one in held)
    return not (says_runbook or (was_runbook and not documents))


def _unread(path: Path, wrong: OSError) -> Problem:
    fault: Fault = folder_not_read(wrong.strerror or str(wrong).rstrip("."))
    return Problem(path.name, 1, 1, fault.rule, fault.severity, fault.message, fault.hint)


def _replace(was: _Holding, report: CheckReport) -> _Holding:
    fresh = {name: tuple(_keep(one) for one in documents) for name, documents in report.documents.items()}
    old = {name: was.files[name] for name in report.bad if name in was.files}
    texts = {name: was.texts[name] for name in old if name in was.texts}
    texts |= {name: _text_of(documents) for name, documents in report.documents.items() if _is_of_catalogue(documents)}
    return replace(_assemble(was, {**old, **fresh}, report), texts=texts)


def _is_of_catalogue(documents: Iterable[Document]) -> bool:
    return any(one.model is not None and not isinstance(one.model, Runbook) for one in documents)


def _text_of(documents: Iterable[Document]) -> str:
    return "".join(map(_pinned, documents))


def _pinned(document: Document) -> str:
    """The text of a document among others; what was left out in it is written out."""
    return f"---\n{document.pinned}" if document.pinned is not document.text else document.text


def _assemble(was: _Holding, files: Mapping[str, tuple[ServedRunbook | Shape, ...]], report: CheckReport) -> _Holding:
    """All that some files hold; where one id stands in two of them, the later counts."""
    by_id = {one.book.id: one for one in _runbooks(files.values())}
    by_digest = {**was.by_digest, **{one.digest: one for one in by_id.values()}}
    return _Holding(files, by_id, by_digest, _catalogue(files.values()), report)


def _owners(model: Shape | None) -> list[str]:
    """The teams that a document names as owners."""
    match model:
        case Runbook():
            return [model.owner]
        case AssetsFile():
            return [one.owner for one in model.assets]
        case ResourcesFile():
            return [one.owner for one in model.resources if one.owner is not None]
        case _:
            return []


def _keep(document: Document) -> ServedRunbook | Shape:
    model = document.model
    if isinstance(model, Runbook):
        return ServedRunbook(model, document.pinned, digest_of(document.pinned), document.file)
    return model if model is not None else Shape()


def _runbooks(files: Iterable[tuple[ServedRunbook | Shape, ...]]) -> list[ServedRunbook]:
    return [one for held in files for one in held if isinstance(one, ServedRunbook)]


def _catalogue(files: Iterable[tuple[ServedRunbook | Shape, ...]]) -> Catalogue:
    """All catalogue files as one; where an old version of a file has the same id, the fresh one wins."""
    whole = Catalogue()
    for one in (one for held in files for one in held):
        match one:
            case AssetsFile():
                whole.assets.update({shape.id: shape for shape in one.assets})
            case ResourcesFile():
                whole.resources.update({shape.id: shape for shape in one.resources})
            case PeopleFile():
                whole.people.update({shape.id: shape for shape in one.people})
                whole.teams.update({shape.id: shape for shape in one.teams})
                whole.rotations.update({shape.id: shape for shape in one.rotations})
                whole.ladders.update({shape.id: shape for shape in one.ladders})
            case _:
                continue
    return whole
