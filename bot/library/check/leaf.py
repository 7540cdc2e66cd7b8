"""What is known of one file: what it tells the others, what it asked of them, and what is wrong with it."""

from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass, replace
from hashlib import blake2b
from typing import Any

from bot.library.check.known import KnownId, sections_of, told_by
from bot.library.check.silence import Silenced
from bot.library.defaults import Said
from bot.library.parse import Document, parse_file
from bot.library.problems import Problem
from bot.library.reading.syntax import unread_defaults


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules said of a file, and what they asked the folder before they said it."""

    problems: tuple[Problem, ...]
    silenced: tuple[Silenced, ...]
    asked: tuple[str, ...]
    answers: str
    """The digest of the folder’s answers."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One file of the folder."""

    name: str
    finger: str
    """The digest of its bytes."""
    entries: tuple[KnownId, ...]
    sections: tuple[tuple[str, str], ...]
    faults: tuple[Problem, ...]
    """Problems of syntax, which need no other file."""
    documents: tuple[Document, ...] | None = None
    """None when it was not read in this process."""
    judgement: Judgement | None = None

    def still_holds(self, answer: Callable[[str], str]) -> bool:
        """Whether the folder would say the same to everything that the rules asked."""
        return self.judgement is not None and self.judgement.answers == answers_to(self.judgement.asked, answer)

    def judged(self, judgement: Judgement) -> "Leaf":
        """The same file with a new judgement."""
        return replace(self, judgement=judgement)


def finger(data: bytes, seal: bytes = b"") -> str:
    """The digest of a file’s bytes, and of what its folders say for it."""
    return blake2b(data, digest_size=16, key=blake2b(seal).digest() if seal else b"").hexdigest()


def answers_to(asked: Iterable[str], answer: Callable[[str], str]) -> str:
    """The digest of the answers to some questions, in their order."""
    return blake2b("\n".join(map(answer, asked)).encode(), digest_size=16).hexdigest()


def read_leaf(name: str, data: bytes, said: Said | None = None, *, live: bool = False) -> Leaf:
    """A file, read and not judged yet; `said` is what its folders say for it, `live` takes drafts as if active."""
    said = said or Said()
    documents, faults = parse_file(name, data, said.defaults, live=live)
    if others := [one for one in said.faulty if one != name]:
        fault = unread_defaults(others[0])
        faults = (*faults, Problem(name, 1, 1, fault.rule, fault.severity, fault.message, fault.hint))
    entries = tuple(entry for document in documents for entry in told_by(document))
    sections = tuple(section for document in documents for section in sections_of(document))
    return Leaf(name, finger(data, said.seal), entries, sections, faults, tuple(documents))


def as_plain(leaf: Leaf) -> list[Any]:
    """A judged file as values for JSON, without its documents."""
    judged = leaf.judgement
    if judged is None:
        raise ValueError(f"{leaf.name} has not been judged")
    silenced = [[astuple(one.problem), one.step, one.reason] for one in judged.silenced]
    told = [astuple(one) for one in judged.problems]
    entries = [[one.kind, one.id, one.line, one.way, one.said] for one in leaf.entries]
    faults = [astuple(one) for one in leaf.faults]
    return [leaf.finger, entries, leaf.sections, faults, told, silenced, judged.asked, judged.answers]


def from_plain(name: str, plain: list[Any]) -> Leaf:
    """What `as_plain` made; ValueError or TypeError when it is something else."""
    print_, entries, sections, faults, told, silenced, asked, answers = plain
    judgement = Judgement(
        tuple(Problem(*one) for one in told),
        tuple(Silenced(Problem(*one), step, reason) for one, step, reason in silenced),
        tuple(asked),
        answers,
    )
    return Leaf(
        name,
        print_,
        tuple(KnownId(kind, id_, name, line, way, said) for kind, id_, line, way, said in entries),
        tuple((kind, place) for kind, place in sections),
        tuple(Problem(*one) for one in faults),
        judgement=judgement,
    )
