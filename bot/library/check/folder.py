"""One look at a folder: read every file once, hold it to every rule, and give back what is sound."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from operator import itemgetter
from os import DirEntry, PathLike, scandir
from pathlib import Path

from bot.format.runbook import Runbook
from bot.library.check import rules
from bot.library.check.known import KnownIds, View
from bot.library.check.leaf import Judgement, Leaf, answers_to, finger, read_leaf
from bot.library.check.page import CheckedDocument, CheckedRunbook
from bot.library.check.silence import Silenced, hush
from bot.library.defaults import FolderDefaults, defaults_above
from bot.library.parse import Document
from bot.library.problems import At, Fault, Problem, files_with_errors, in_order
from bot.library.reading import syntax
from bot.library.rules import Rule

_SUFFIXES = (".yaml", ".yml")
_FOR_SHEETS = ("C", "L")
"""Groups whose rules look at every document, runbook or not."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was found. `documents` are those of the files without an error, by file."""

    problems: tuple[Problem, ...]
    documents: Mapping[str, tuple[Document, ...]]
    files: int
    silenced: tuple[Silenced, ...] = ()
    """What an author has silenced, with the reason; none of it is among the problems."""
    leaves: Mapping[str, Leaf] = field(default_factory=dict)
    """What is known of each file: handed to the next look, only what changed is looked at again."""
    live: bool = False
    """Drafts were looked at as if they were active."""

    @property
    def errors(self) -> int:
        """How many problems keep a file from being loaded."""
        return sum(one.severity == "error" for one in self.problems)

    @property
    def warnings(self) -> int:
        """How many problems are only shown."""
        return len(self.problems) - self.errors

    @property
    def bad(self) -> frozenset[str]:
        """The files that have an error."""
        return files_with_errors(self.problems)

    @property
    def runbooks(self) -> dict[str, Runbook]:
        """The sound runbooks by id."""
        models = (document.model for documents in self.documents.values() for document in documents)
        return {model.id: model for model in models if isinstance(model, Runbook)}


def read_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every YAML file below a folder, as its name and its bytes; OSError when one cannot be read.

    A link that leads out of the folder is read as no text: what stands elsewhere is not the authors' to publish.
    """
    within = folder.resolve()
    for parts, file in sorted(_files_below(folder), key=itemgetter(0)):
        leads_out = file.is_symlink() and not Path(file.path).resolve().is_relative_to(within)
        yield _spoken("/".join(parts)), syntax.LEADS_OUT if leads_out else _read(file)


def _files_below(folder: Path | str, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], DirEntry[str]]]:
    """Every YAML file below a folder with its way there; hidden ones are none, and no link to a folder is followed.

    By the entries of the folders alone: `pathlib` would ask the disk twice more for each file.
    """
    with suppress(PermissionError), scandir(folder) as found:
        for one in found:
            if one.name.startswith("."):
                continue
            if one.is_dir(follow_symlinks=False):
                yield from _files_below(one.path, (*above, one.name))
            elif one.name.endswith(_SUFFIXES) and _is_file(one):
                yield (*above, one.name), one


def _is_file(entry: DirEntry[str]) -> bool:
    """Whether it is a file, or leads to one; a link that leads to itself leads to none."""
    try:
        return entry.is_file()
    except OSError:
        return False


def _spoken(name: str) -> str:
    """A file’s name as it is printed and logged: no line feed, no sign that steers a terminal, no half character."""
    if name.isascii() and name.isprintable():
        return name
    plain = name.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in plain)


def _read(file: PathLike[str]) -> bytes:
    """A file’s bytes; of one that is too long, as many as show that it is."""
    with open(file, "rb") as opened:  # noqa: PTH123  (entries of a folder come here too)
        return opened.read(syntax.MAX_BYTES + 1)


def check_folder(
    path: Path, before: Mapping[str, Leaf] | None = None, *, whole: bool = False, live: bool = False
) -> CheckReport:
    """Every problem of a folder. Of a file, its own problems, with what lies beside it as its folder.

    `before` are the leaves of an earlier look; of those of an earlier process, the documents are only read again when
    they are wanted (`whole`). With `live` drafts are looked at as if they were active, and nothing is remembered.
    OSError when there is nothing that can be looked at.
    """
    if not path.is_file():
        if not path.is_dir():
            raise FileNotFoundError(f"There is no folder {path}.")
        return check_files(read_folder(path), before, whole=whole, live=live)
    beside = sorted(one for one in path.parent.iterdir() if one.suffix in _SUFFIXES and one.is_file() and one != path)
    files = [(path.name, _read(path)), *((one.name, _read(one)) for one in beside)]
    found = check_files(files, before, live=live, above=defaults_above(path.parent))
    own = tuple(one for one in found.problems if one.file == path.name)
    silenced = tuple(one for one in found.silenced if one.problem.file == path.name)
    documents = {name: held for name, held in found.documents.items() if name == path.name}
    return CheckReport(own, documents, 1, silenced, found.leaves, live)


def check_files(
    files: Iterable[tuple[str, bytes]], before: Mapping[str, Leaf] | None = None, *, whole: bool = False,
    live: bool = False, above: Mapping[str, bytes] | None = None,
) -> CheckReport:  # fmt: skip
    """Every problem of some files, each given as its name and its bytes.

    A file that is as it was in `before` is not read again, unless its documents are wanted (`whole`) and not there; and
    when what it asked of the others still has the same answers, it is not looked at again either.
    """
    texts = dict(files)
    folder, common = KnownIds(), FolderDefaults(texts, above)
    if live:
        leaves = {name: read_leaf(name, data, common.of(name), live=True) for name, data in texts.items()}
    else:
        known = before or {}
        leaves = {name: _leaf(name, data, known.get(name), common, whole=whole) for name, data in texts.items()}
    for leaf in leaves.values():
        folder.add(leaf.entries, leaf.sections)
    for name, leaf in leaves.items():
        if not leaf.still_holds(folder.answer):
            leaves[name] = _judge(
                leaf if leaf.documents is not None else read_leaf(name, texts[name], common.of(name)), folder
            )
    return replace(_report(leaves), live=live)


def _leaf(name: str, data: bytes, before: Leaf | None, common: FolderDefaults, *, whole: bool) -> Leaf:
    """What is known of a file with these bytes in a folder that says this, else what reading it tells."""
    said = common.of(name)
    if before is None or before.judgement is None or before.finger != finger(data, said.seal):
        return read_leaf(name, data, said)
    if whole and before.documents is None:
        return read_leaf(name, data, said).judged(before.judgement)
    return before


ENGLISH = frozenset({"H1", "H3", "H5", "H6"})
"""Rules about English words: verbs, “and then”, vague words, orders in cautions."""


def _judge(leaf: Leaf, folder: KnownIds) -> Leaf:
    """Hold a file to every rule."""
    view = View(folder)
    told: list[Problem] = []
    silenced: list[Silenced] = []
    for document in leaf.documents or ():
        kept, hushed = hush(document, list(_problems_of(document, view)))
        mute = _mute(document)
        told += [one for one in kept if mute is None or one.rule not in ENGLISH]
        silenced += [*hushed, *([mute] if mute is not None else [])]
    problems = in_order(told)
    asked = view.asked
    return leaf.judged(Judgement(problems, tuple(silenced), asked, answers_to(asked, folder.answer)))


def _mute(document: Document) -> Silenced | None:
    """What is said of rules that know English words alone, where a runbook is written in another language."""
    book = document.model
    if not isinstance(book, Runbook) or book.language is None or book.language.partition("-")[0] == "en":
        return None
    rules = ", ".join(sorted(ENGLISH))
    said = f"{rules} know English words alone, and say nothing of this runbook."
    silent = Problem(document.file, document.line, 1, min(ENGLISH), "warning", said, "")
    return Silenced(silent, book.id, f"it is written in {book.language}")


def _report(leaves: Mapping[str, Leaf]) -> CheckReport:
    judged = [(leaf, leaf.judgement) for leaf in leaves.values() if leaf.judgement is not None]
    problems = in_order(one for leaf, judgement in judged for one in (*leaf.faults, *judgement.problems))
    silenced = tuple(one for _, judgement in judged for one in judgement.silenced)
    bad = files_with_errors(problems)
    sound = {leaf.name: leaf.documents for leaf, _ in judged if leaf.name not in bad and leaf.documents is not None}
    return CheckReport(problems, sound, len(leaves), silenced, leaves)


def _problems_of(document: Document, view: View) -> Iterator[Problem]:
    if document.model is None:
        return
    if isinstance(document.model, Runbook):
        page = CheckedRunbook(document, view, document.model)
        for rule in _PAGE_RULES:
            yield from _apply(rule, page)
    else:
        sheet = CheckedDocument(document, view)
        for rule in _SHEET_RULES:
            yield from _apply(rule, sheet)


_PAGE_RULES = tuple(rule for rule in rules.entered() if rule.look is not None)
_SHEET_RULES = tuple(rule for rule in _PAGE_RULES if rule.group in _FOR_SHEETS)


def _apply(rule: Rule, sheet: CheckedDocument) -> Iterator[Problem]:
    document = sheet.document
    if rule.look is None or (rule.whole and document.bent):
        return
    for place, message, hint in rule.look(sheet):
        softened = rule.live and isinstance(sheet, CheckedRunbook) and sheet.book.status == "draft"
        fault = Fault(rule.id, "warning" if softened else rule.severity, message, hint)
        if isinstance(place, At):
            yield Problem(document.file, place.line, place.column, rule.id, fault.severity, message, hint)
        elif place not in document.mended:
            yield document.problem(place, fault)
