"""What the files of a folder tell each other: every id, and a view that remembers what a rule has asked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b

from pydantic_core import from_json

from bot.format.catalogue import Asset, AssetsFile, Ladder, PeopleFile, Person, Resource, ResourcesFile, Rotation, Team
from bot.format.pieces import Shape, Slug
from bot.format.runbook import Call, Runbook
from bot.library.parse import Document
from bot.library.problems import PathInFile
from bot.library.wording import CheckWords, HouseFile

SECTIONS: Mapping[str, str] = {
    "asset": "assets", "resource": "resources", "person": "people",
    "team": "teams", "rotation": "rotations", "ladder": "ladders",
}  # fmt: skip
"""What one of a kind is called -> the key that it stands under."""


class CallOutline(Shape):
    """A call of another runbook: whom, and on which asset when that is another one."""

    runbook: str
    asset: str | None = None


class Outline(Shape):
    """What other files need to know of a runbook."""

    id: Slug
    status: str
    calls: tuple[CallOutline, ...] = ()


SHAPES: Mapping[str, type[Shape]] = {
    "runbook": Outline, "asset": Asset, "resource": Resource, "person": Person, "team": Team, "rotation": Rotation,
    "ladder": Ladder, "words": CheckWords,
}  # fmt: skip
"""Kind -> what is known of one."""


_NO_CALLS = '"calls":[]'
"""How the outline of a runbook begins to say that it calls no other; ids and statuses cannot hold this."""


@dataclass(frozen=True)
class KnownId:
    """An id of the folder, where it stands, and what it stands for."""

    kind: str
    id: str
    file: str
    line: int
    way: str
    """The way to it in its file, as text: an id that stands twice stands at two ways."""
    said: str
    """The shape as JSON."""

    @cached_property
    def shape(self) -> Shape:
        """What it stands for."""
        return SHAPES[self.kind].model_validate_json(self.said)

    @property
    def place(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}"


def way_of(document: Document, path: PathInFile) -> str:
    """A way through a file of several documents, as text."""
    return f"{document.line}/" + "/".join(map(str, path))


def entries_of(document: Document) -> Iterator[tuple[str, PathInFile, str, Shape]]:
    """Kind, place, id and shape of everything that a catalogue file lists."""
    model = document.model
    lists: dict[str, tuple[Shape, ...]] = {}
    match model:
        case AssetsFile():
            lists = {"asset": model.assets}
        case ResourcesFile():
            lists = {"resource": model.resources}
        case PeopleFile():
            lists = {
                "person": model.people, "team": model.teams, "rotation": model.rotations, "ladder": model.ladders,
            }  # fmt: skip
        case _:
            return
    for kind, shapes in lists.items():
        for number, shape in enumerate(shapes):
            yield kind, (SECTIONS[kind], number), str(getattr(shape, "id", "")), shape


def told_by(document: Document) -> Iterator[KnownId]:
    """What a document tells the folder; a stand-in for something faulty tells nothing."""
    model = document.model
    if isinstance(model, Runbook):
        if not document.mended.holds(("id",)):
            yield _entry(document, "runbook", (), model.id, document.id_line, _outline(model))
        return
    if isinstance(model, HouseFile):
        yield _entry(document, "words", ("check",), "words", document.place(("check",)).line, model.check)
    for kind, path, id_, shape in entries_of(document):
        if not document.mended.holds(path):
            yield _entry(document, kind, path, id_, document.place(path).line, shape)


def _entry(document: Document, kind: str, path: PathInFile, id_: str, line: int, shape: Shape) -> KnownId:
    said = shape.model_dump_json(by_alias=True, exclude_unset=True)
    return KnownId(kind, id_, document.file, line, way_of(document, path), said)


def _outline(book: Runbook) -> Outline:
    calls = (step for step in book.steps if isinstance(step, Call))
    told = (CallOutline(runbook=one.runbook, asset=_other_asset(one)) for one in calls)
    return Outline(id=book.id, status=book.status, calls=tuple(told))


def _other_asset(call: Call) -> str | None:
    chosen = call.with_.get("asset")
    return None if chosen is None else str(chosen)


def sections_of(document: Document) -> Iterator[tuple[str, str]]:
    """Each kind that a catalogue file lists, and where its list stands, as ``file:line``."""
    for kind in dict.fromkeys(kind for kind, *_ in entries_of(document)):
        yield kind, f"{document.file}:{document.place((SECTIONS[kind],), key=True).line}"


@dataclass
class KnownIds:
    """Every id of the folder, by kind: the first of each; faulty files count too, so that one fault stays one."""

    known: dict[str, dict[str, KnownId]] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    """Kind -> where the first list of it stands."""
    words: list[KnownId] = field(default_factory=list)
    _answers: dict[str, str] = field(default_factory=dict)

    def add(self, entries: Iterable[KnownId], sections: Iterable[tuple[str, str]]) -> None:
        """Take in what a file tells."""
        for entry in entries:
            if entry.kind == "words":
                self.words.append(entry)
            self.known.setdefault(entry.kind, {}).setdefault(entry.id, entry)
        for kind, place in sections:
            self.lists.setdefault(kind, place)

    def ids(self, kind: str) -> Mapping[str, KnownId]:
        """The ids of a kind, such as ``team``."""
        return self.known.get(kind, {})

    @cached_property
    def users(self) -> Mapping[str, tuple[KnownId, ...]]:
        """Runbook id -> the assets that use it: those that name it, and those whose runbooks call it on them."""
        found: dict[str, dict[str, KnownId]] = {}
        for entry in self.ids("asset").values():
            for runbook in from_json(entry.said).get("runbooks", ()):  # a tenth of what the whole shape takes
                self._spread(found, runbook, entry)
        return {runbook: tuple(entries.values()) for runbook, entries in found.items()}

    def _spread(self, found: dict[str, dict[str, KnownId]], runbook: str, asset: KnownId) -> None:
        held = found.setdefault(runbook, {})
        if asset.id in held:
            return
        held[asset.id] = asset
        entry = self.ids("runbook").get(runbook)
        if entry is None or _NO_CALLS in entry.said:
            return
        for call in entry.shape.calls if isinstance(entry.shape, Outline) else ():
            other = asset if call.asset is None else self.ids("asset").get(call.asset)
            if other is not None:
                self._spread(found, call.runbook, other)

    def answer(self, question: str) -> str:
        """What the folder says to a question, in as few characters as tell one answer from another."""
        if question not in self._answers:
            self._answers[question] = self._say(*question.split(" ", 2))
        return self._answers[question]

    def _say(self, asked: str, kind: str, id_: str) -> str:
        entry = self.known.get(kind, {}).get(id_)
        match asked:
            case "has":
                return "" if entry is None else "1"
            case "entry":
                return "" if entry is None else _digest(entry.said)
            case "place":
                return "" if entry is None else f"{entry.place} {entry.way}"
            case "ids":
                return _digest(" ".join(self.ids(kind)))
            case "section":
                return self.lists.get(kind, "")
            case "users":
                return _digest("\n".join(one.said for one in self.users.get(id_, ())))
            case _:
                return _digest("\n".join(one.said for one in self.words))


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


class View:
    """The folder as one file sees it. Every question is remembered: while its answers stay the same, so do the
    problems of the file.
    """  # noqa: D205 (one sentence too long for a line)

    def __init__(self, folder: KnownIds) -> None:
        """Take the folder; nothing has been asked yet."""
        self._folder = folder
        self._questions: set[str] = set()

    @property
    def asked(self) -> tuple[str, ...]:
        """Every question that was asked."""
        return tuple(sorted(self._questions))

    def has(self, kind: str, id_: str) -> bool:
        """Whether the folder has this id."""
        self._questions.add(f"has {kind} {id_}")
        return id_ in self._folder.ids(kind)

    def entry(self, kind: str, id_: str) -> Shape | None:
        """What an id stands for; for a runbook its outline."""
        self._questions.add(f"entry {kind} {id_}")
        entry = self._folder.ids(kind).get(id_)
        return None if entry is None else entry.shape

    def place(self, kind: str, id_: str) -> tuple[str, str]:
        """Where an id stands, as ``file:line``, and the way to it in its file; both empty when it is not there."""
        self._questions.add(f"place {kind} {id_}")
        entry = self._folder.ids(kind).get(id_)
        return ("", "") if entry is None else (entry.place, f"{entry.file} {entry.way}")

    def ids(self, kind: str) -> tuple[str, ...]:
        """Every id of a kind. To know of a single one, ask `has`, whose answer changes less often."""
        self._questions.add(f"ids {kind} *")
        return tuple(self._folder.ids(kind))

    def section(self, kind: str) -> str:
        """Where the first list of a kind stands, as ``file:line``; empty when there is none."""
        self._questions.add(f"section {kind} *")
        return self._folder.lists.get(kind, "")

    def users(self, runbook: str) -> tuple[Asset, ...]:
        """The assets that use a runbook, also through a call."""
        self._questions.add(f"users runbook {runbook}")
        return tuple(one.shape for one in self._folder.users.get(runbook, ()) if isinstance(one.shape, Asset))

    def words(self) -> tuple[CheckWords, ...]:
        """What the team’s files say of words."""
        self._questions.add("words words *")
        return tuple(one.shape for one in self._folder.words if isinstance(one.shape, CheckWords))


def people_behind(folder: View, reference: str | Sequence[str]) -> tuple[str, ...]:
    """Everybody behind ``team:ID``, ``rotation:ID``, ``person:ID`` or a list; empty where the files do not say."""
    if not isinstance(reference, str):
        return tuple(dict.fromkeys(one for part in reference for one in people_behind(folder, part)))
    kind, _, id_ = reference.partition(":")
    if reference == "everybody":
        return folder.ids("person")
    if kind == "person":
        return (id_,) if folder.has("person", id_) else ()
    held = folder.entry(kind, id_) if kind in {"team", "rotation"} else None
    if isinstance(held, Rotation):
        team = people_behind(folder, f"team:{held.team}") if held.team is not None else ()
        return tuple(dict.fromkeys([*held.order, *team]))
    return held.members if isinstance(held, Team) else ()
