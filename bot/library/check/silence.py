"""A rule that an author has silenced on one step, with the reason: `# handrail: allow H4 because …`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from bot.format.runbook import Runbook
from bot.library.parse import Document
from bot.library.problems import At, Fault, Problem, shown
from bot.library.reading.shape import near
from bot.library.rules import RULES, syntax_rule

_SAID = "handrail: allow"
_ALLOW = re.compile(r"(?:^|\s)#\s*handrail:\s*allow\b(.*)")
_PARTS = re.compile(r"\s*([A-Za-z]+[0-9]+)(?:[\s,:–-]+because\b[\s:]*(.*))?")
_NO_REASON = re.compile(r"\W*(?:TODO\b.*)?", re.DOTALL)


@syntax_rule("A1")
def silence_without_reason(rule: str) -> tuple[str, str]:
    """A silenced rule has a reason beside it. Who reads the step later has to know why it is so.

    The same is asked of waivers in reviewed code: a suppression without its reason is one that nobody dares to remove.
    """
    return f"{rule or 'A rule'} is silenced here without a reason.", f"# handrail: allow {rule or 'H4'} because …"


@syntax_rule("A2")
def silence_of_nothing_that_can_be(rule: str, why: str, instead: str) -> tuple[str, str]:
    """Only a known rule that warns can be silenced, and only on a step. An error stays one: the file is not loaded.

    What is an error leads to harm or to a dead end in a run, and a reason does not change that.
    """
    return f"“{shown(rule)}” cannot be silenced here: {why}.", instead


@syntax_rule("A3", "warning")
def silence_that_silences_nothing(rule: str, where: str) -> tuple[str, str]:
    """A silence stands where its rule would speak. One that is left over would hide the next fault there."""
    return f"{rule} has nothing to say of {where} any more.", "nothing here: take the comment out"


@dataclass(frozen=True, slots=True)
class Silenced:
    """A problem that is not told, and why."""

    problem: Problem
    step: str
    reason: str

    def as_dict(self) -> dict[str, object]:
        """It as plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Allow:
    """A comment that silences `rule` from its step’s first line to its last."""

    at: At
    rule: str
    reason: str
    step: str
    first: int
    last: int


def hush(document: Document, problems: Sequence[Problem]) -> tuple[list[Problem], list[Silenced]]:
    """The problems of a document without those that are silenced, and with those of the silences themselves."""
    if _SAID not in document.text and not _ALLOW.search(document.text):
        return list(problems), []
    faults: list[Problem] = []
    allowed = list(_allows(document, faults))
    told, silenced = [], []
    for problem in problems:
        by = next((one for one in allowed if _covers(one, problem)), None)
        if by is None:
            told.append(problem)
        else:
            silenced.append(Silenced(problem, by.step, by.reason))
    idle = [one for one in allowed if not any(_covers(one, found.problem) for found in silenced)]
    left = [_placed(document, one.at, silence_that_silences_nothing(one.rule, f"“{one.step}”")) for one in idle]
    return told + faults + left, silenced


def _covers(allow: _Allow, problem: Problem) -> bool:
    return problem.rule == allow.rule and allow.first <= problem.line <= allow.last


def _placed(document: Document, at: At, fault: Fault) -> Problem:
    return Problem(document.file, at.line, at.column, fault.rule, fault.severity, fault.message, fault.hint)


def _allows(document: Document, faults: list[Problem]) -> Iterator[_Allow]:
    """The silences of a document that hold; what is wrong with the others goes to `faults`."""
    lines = document.text.split("\n")
    steps = list(_steps(document, lines))
    for number, line in enumerate(lines):
        found = _ALLOW.search(line)
        if found is None:
            continue
        at = At(document.line + number + 1, line.index("#", found.start()) + 1)
        rule, reason = _read(found[1])
        step = next((one for one in steps if one[1] <= at.line <= one[2]), None)
        fault = _fault(rule, reason, on_step=step is not None)
        if fault is not None:
            faults.append(_placed(document, at, fault))
        elif step is not None:
            yield _Allow(at, rule, reason, *step)


def _read(said: str) -> tuple[str, str]:
    found = _PARTS.match(said)
    return (found[1].upper(), (found[2] or "").strip()) if found else (said.strip().partition(" ")[0], "")


def _fault(rule: str, reason: str, *, on_step: bool) -> Fault | None:
    known = RULES.get(rule)
    if known is None:
        meant = near(rule, RULES) or "the id that handrail check shows beside the problem"
        return silence_of_nothing_that_can_be(rule, "no rule is called so", meant)
    if known.severity == "error":
        return silence_of_nothing_that_can_be(rule, "it is an error, not a warning", "the step so that the rule holds")
    if known.group == "X":
        return silence_of_nothing_that_can_be(rule, "hands.yaml says what is executed", "nothing here: take it out")
    if not on_step:
        why = "it stands on no step"
        return silence_of_nothing_that_can_be(rule, why, "the comment beside or just above a step")
    return silence_without_reason(rule) if _NO_REASON.fullmatch(reason) else None


def _steps(document: Document, lines: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """Each step of a runbook with its first and last line; comments just above a step belong to it."""
    book, texts = document.model, list(lines)
    if not isinstance(book, Runbook):
        return
    starts = [document.place(("steps", at)).line for at in range(len(book.steps))]
    firsts = [_with_comments(texts, start - document.line) + document.line for start in starts]
    lasts = [*(first - 1 for first in firsts[1:]), document.line + len(texts)]
    yield from zip((step.id for step in book.steps), firsts, lasts, strict=True)


def _with_comments(texts: Sequence[str], line: int) -> int:
    """The first line of the comments that stand just above a line; lines count from 1."""
    while line > 1 and texts[line - 2].lstrip().startswith("#"):
        line -= 1
    return line
