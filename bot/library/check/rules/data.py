"""Rules about values: they are there before they are used, they are what was signed, and they give no secret away."""

import re
from collections.abc import Iterator

from bot.format.pieces import Condition
from bot.format.runbook import KINDS, Branch, Signoff, StepBase, Wait, conditions_of
from bot.library.check.flow import set_by
from bot.library.check.page import CheckedRunbook, named
from bot.library.problems import At, PathInFile, listed, shown
from bot.library.reading.shape import near
from bot.library.reading.spelling import EFFECTS
from bot.library.rules import Found, rule
from bot.library.secrets import holds_a_secret

OF_EVERY_ASSET = frozenset({"id", "name", "tier"})
_AFTER_ITS_OWN = frozenset({"expect", "set", "undo", "until", "fail_if"})
"""Parts of a step that speak of what the step itself has found."""
_SECRET = re.compile(
    r"""\bAKIA[0-9A-Z]{16}\b | -----BEGIN\ [A-Z ]*PRIVATE\ KEY----- | \bxox[abeoprs]-[0-9A-Za-z-]{10,}
    | \bxapp-[0-9A-Za-z-]{10,} | \bgh[opsur]_[0-9A-Za-z]{30,} | \bglpat-[\w-]{20,}
    | (?:password|passwd|secret|token|api[_-]?key)\ *[=:]\ *["']?
      (?![{<$*…‹/"'\s]|file:|env:|true\b|false\b)[^\s"',}]{6,}
    | \b[a-z][a-z0-9+]*://[^\s/:@{}"']+:(?![{<$*])[^\s/@{}"']+@""",
    re.VERBOSE | re.IGNORECASE,
)
_STEP_NAME = re.compile(rf"^\s*- +\{{? *(?:{'|'.join((*KINDS, *EFFECTS))}) +[a-z][a-z0-9_-]*: ")
"""A step may be called `rotate_password`: what stands behind its name is a title."""
_HINT_OF_SECRET = re.compile(r"AKIA|PRIVATE|xox|xapp|gh[opsur]_|glpat|pass|secret|token|api.?key|://", re.IGNORECASE)
"""What a line has to hold to be looked at closely: nearly none does."""


def uses_of(page: CheckedRunbook) -> Iterator[tuple[int | None, PathInFile | At, PathInFile, str]]:
    """Every use of a variable: the step (None for what is read at the start), the place, the way there, the name."""
    for at, hole, path in page.holes:
        space, _, name = hole.name.partition(".")
        if space == "vars":
            step = path[1] if path[:1] == ("steps",) and len(path) > 1 and isinstance(path[1], int) else None
            yield step, at, path, name
    for at_step, acting in enumerate(page.book.steps):
        for way, name in _read_by(acting):
            yield at_step, page.path(at_step, *way), page.path(at_step, *way), name
    for section, probes in (("preflight", page.book.preflight), ("stop_when", page.book.stop_when)):
        for number, probe in enumerate(probes):
            for way, name in _tested(probe.expect, ("expect",)):
                if name not in probe.capture:
                    yield None, (section, number, *way), (section, number, *way), name


def _read_by(step: StepBase) -> Iterator[tuple[PathInFile, str]]:
    """The variables that a step compares, binds and has read back."""
    for way, condition in conditions_of(step):
        yield from _tested(condition, way)
    if isinstance(step, Signoff):
        yield from ((("binds", "vars", at), name) for at, name in enumerate(step.binds.vars))
        yield from ((("readback",), step.readback),) if step.readback is not None else ()


def _tested(condition: Condition, way: PathInFile) -> Iterator[tuple[PathInFile, str]]:
    """Variables that a condition leans on; one that only asks whether a value is there leans on none."""
    key = "all" if condition.all is not None else "any"
    for at, test in enumerate(condition.tests):
        space, dot, name = test.var.partition(".")
        if test.exists is None and (not dot or space == "vars"):
            yield (*way, key, at, "var"), name or space


@rule("D1", whole=True)
def values_are_set_before_they_are_used(page: CheckedRunbook) -> Iterator[Found]:
    """A variable has a value on every way to where it is used, the ways through failures and `exception` included.

    A command with a hole in it is found out at the worst time. Required inputs and defaults count from the start; an
    answer or a capture counts on the `ok` of its step, that of a call on `recovered`, and nothing counts of a step
    that may be skipped. Source: definite assignment, as compilers ask for it (Java Language Specification, chapter 16).
    """
    fields, told = page.book.fields, set()
    if not fields:
        return
    for number, place, path, name in uses_of(page):
        if name not in fields or (number, name) in told or _set_here(page, number, path, name):
            continue
        sure = page.flow.certain_at_start(name) if number is None else page.flow.certain(name, number)
        if not sure:
            told.add((number, name))
            yield place, *_unset(page, number, name)


def _set_here(page: CheckedRunbook, number: int | None, path: PathInFile, name: str) -> bool:
    """The step has set it itself by the time that this part of it is read."""
    step = page.book.steps[number] if number is not None else None
    own = bool(_AFTER_ITS_OWN.intersection(map(str, path[3:4] if isinstance(step, Wait) else path[2:3])))
    return own and number is not None and name in set_by(page.book.steps[number])


def _unset(page: CheckedRunbook, number: int | None, name: str) -> tuple[str, str]:
    if number is None:
        message = f"“{name}” has no value yet when the run starts, and this is read from the start."
        return message, f"a default for {name}, or a required input"
    way = " → ".join(page.flow.way_without(name, number))
    message = f"“{name}” may have no value at {named(page.book.steps[number])}: nothing sets it on the way {way}."
    return message, f"a step on that way that sets {name}, or a default for it"


@rule("D2")
def facts_are_there(page: CheckedRunbook) -> Iterator[Found]:
    """What a runbook reads from the asset is a fact of every asset that uses it, also of those it is called on.

    A command that works for one database and has a hole for the next is found out in the outage of the next.
    """
    told: set[str] = set()
    for place, name in _facts_of(page):
        if name in told or name in OF_EVERY_ASSET:
            continue
        told.add(name)
        lacking = [asset for asset in page.folder.users(page.book.id) if name not in asset.facts]
        if lacking:
            who = listed((f"“{one.id}” ({page.folder.place('asset', one.id)[0]})" for one in lacking), 3)
            has = "uses this runbook and has" if len(lacking) == 1 else "use this runbook and have"
            known = set(lacking[0].facts) | OF_EVERY_ASSET
            yield place, f"{who} {has} no fact “{shown(name)}”.", _meant(name, known)


def _meant(name: str, known: set[str]) -> str:
    likely = near(name, sorted(known))
    return f"asset.{likely}" if likely else f"facts: {{{name}: …}} in the catalogue"


def _facts_of(page: CheckedRunbook) -> Iterator[tuple[PathInFile | At, str]]:
    for at, hole, _ in page.holes:
        space, _, name = hole.name.partition(".")
        if space == "asset":
            yield at, name
    for number, step in enumerate(page.book.steps):
        for case_at, case_ in enumerate(step.cases if isinstance(step, Branch) else ()):
            key = "all" if case_.when.all is not None else "any"
            for test_at, test in enumerate(case_.when.tests):
                if test.var.startswith("asset."):
                    way = ("cases", case_at, "when", key, test_at, "var")
                    yield page.path(number, *way), test.var.removeprefix("asset.")


@rule("D3", whole=True)
def what_is_used_is_signed(page: CheckedRunbook) -> Iterator[Found]:
    """A sign-off binds every variable that its bound steps use. What is not bound is not shown to who signs.

    Who signs a restore without its target has signed any restore. Source: Landrock and Pedersen, WYSIWYS? What you see
    is what you sign?, Information Security Technical Report 3(2), 1998.
    """
    for number, step in enumerate(page.book.steps):
        if not isinstance(step, Signoff) or not step.binds.steps:
            continue
        bound = {*step.binds.vars, *((step.readback,) if step.readback is not None else ())}
        for name, where in _used_by(page, step).items():
            if name not in bound:
                early = page.flow.certain(name, number)
                message = f"“{where}” uses “{name}”, and {named(step)} does not bind it."
                hint = f"binds: {{vars: [{', '.join([*step.binds.vars, name])}]}}"
                yield page.path(number, "binds"), message, hint if early else f"{hint}, and a step before that sets it"


def _used_by(page: CheckedRunbook, signoff: Signoff) -> dict[str, str]:
    """Variable -> the first bound step that uses it; what a step finds out itself is not there to be signed."""
    found: dict[str, str] = {}
    bound = {page.number[one] for one in signoff.binds.steps if one in page.number}
    for number, _, path, name in uses_of(page):
        if number in bound and name in page.book.fields and not _set_here(page, number, path, name):
            found.setdefault(name, page.book.steps[number].id)
    return found


@rule("D4")
def secrets_stay_out_of_texts(page: CheckedRunbook) -> Iterator[Found]:
    """A variable of type `secret` stands in no text, no command and no sign-off. A secret is never stored or shown.

    What stands in an argument list is seen by every process of the machine, and what is posted is kept. Source: CWE-214
    (visible sensitive information in an invocation) and CWE-532 (in a log).
    """
    secrets = {name for name, field in page.book.fields.items() if field.type == "secret"}
    if not secrets:
        return
    for number, place, path, name in uses_of(page):
        if name in secrets and not (number is not None and path[2:3] == ("expect",)):
            message = f"“{name}” is a secret, and would be shown here."
            yield place, message, "`profile:` on the `exec`: it names secrets of the environment"


@rule("D5")
def secrets_stay_out_of_the_file(page: CheckedRunbook) -> Iterator[Found]:
    """No password, key or token is written into a file. It would be in the history of the repository for good.

    Source: CWE-798 (use of hard-coded credentials).
    """
    text, before = page.document.text, page.document.line
    if not _HINT_OF_SECRET.search(text):
        return
    for number, written in enumerate(text.split("\n"), before + 1):
        line = _STEP_NAME.sub(lambda head: " " * len(head[0]), written)
        found = _SECRET.search(line) if _HINT_OF_SECRET.search(line) else None
        if found is not None and holds_a_secret(line):
            hint = "`profile:` on the `exec`, and the value in the environment; then change the secret itself"
            yield At(number, found.start() + 1), "This looks like a secret.", hint
