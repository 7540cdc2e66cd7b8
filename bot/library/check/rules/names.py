"""Rules about names in a runbook: every variable, role, step, team and runbook that it speaks of is there."""

import re
from collections.abc import Iterable, Iterator, Mapping

from bot.format.pieces import Condition
from bot.format.runbook import (
    BY_DEEDS,
    ByHand,
    Call,
    Check,
    Do,
    Notify,
    RunStep,
    Signoff,
    Step,
    StepBase,
    Wait,
    conditions_of,
)
from bot.library.check.flow import set_by
from bot.library.check.known import SECTIONS, View
from bot.library.check.page import CheckedRunbook, named
from bot.library.problems import PathInFile, listed, shown
from bot.library.reading.shape import near
from bot.library.reading.short import EVERYBODY, NOBODY
from bot.library.rules import Found, rule

RUN_NAMES = frozenset({"ref", "short_id", "started_at", "id", "evidence_dir"})
BUILT_IN = frozenset({"stdout", "exit", "body"})
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,}")


def unknown(folder: View, kind: str, id_: str, who: str) -> tuple[str, str]:
    """The words for an id that is nowhere in the folder: who names it, and where it would stand."""
    ids = folder.ids(kind)
    if kind == "runbook":
        return f"{who} names the runbook “{shown(id_)}”, and none has that id.", near(id_, ids) or (
            f"one of {listed(ids)}" if ids else "a runbook with this id, in this folder"
        )
    where = folder.section(kind)
    place = f"; `{SECTIONS[kind]}` begin at {where}" if where else f"; no file has `{SECTIONS[kind]}`"
    hint = near(id_, ids) or (f"one of {listed(ids)}" if ids else f"a {kind} with this id, in the catalogue")
    return f"{who} names the {kind} “{shown(id_)}”, and there is none{place}.", hint


def wrong_reference(folder: View, reference: str, kinds: tuple[str, ...], who: str) -> tuple[str, str] | None:
    """The words for a ``kind:ID`` that is malformed or leads nowhere; None when it is sound."""
    kind, colon, id_ = reference.partition(":")
    if not colon or kind not in kinds:
        return f"{who} names “{shown(reference)}”, and nobody is called so.", " or ".join(f"{one}:ID" for one in kinds)
    if folder.has(kind, id_):
        return None
    message, hint = unknown(folder, kind, id_, who)
    return message, f"{kind}:{hint}" if hint in folder.ids(kind) else hint


@rule("N1")
def placeholders_have_a_name(page: CheckedRunbook) -> Iterator[Found]:
    """What a placeholder names exists: a declared variable, a fact of the asset, something of the run or the owner."""
    fields = page.book.fields
    for at, hole, _ in page.holes:
        space, _, name = hole.name.partition(".")
        if space == "vars" and name not in fields:
            yield at, *_undeclared(name, fields, "This text")
        elif (space == "run" and name not in RUN_NAMES) or (space == "owner" and name != "channel"):
            known = RUN_NAMES if space == "run" else {"channel"}
            yield at, f"“{hole.name}” is not known.", f"one of {listed(f'{space}.{one}' for one in sorted(known))}"
        elif space not in {"vars", "asset", "run", "owner"}:
            meant = f"vars.{name}" if name in fields else "asset.…, vars.…, run.… or owner.channel"
            yield at, f"“{hole.name}” is not known.", meant


def _undeclared(name: str, fields: Iterable[str], who: str, more: str = "") -> tuple[str, str]:
    said = f"{who} uses the variable “{shown(name)}”, and it is not declared."
    return said, near(name, fields) or f"{name}: under `vars:`{more}"


_SET = ", and a step before this one that sets it"
"""What is only declared would be told as D1 next."""


def _there_at(page: CheckedRunbook, number: int) -> list[str]:
    """The variables that have a value at a step, or get one there: another would only be the next problem (D1)."""
    own = set_by(page.book.steps[number])
    return [name for name in page.book.fields if name in own or page.flow.certain(name, number)]


@rule("N2")
def variables_are_declared(page: CheckedRunbook) -> Iterator[Found]:
    """What is answered, captured, set, read back, bound or compared is declared. A type is what makes it checkable."""
    fields = page.book.fields
    for number, step in enumerate(page.book.steps):
        for way, name in _variables_of(step):
            if name not in fields:
                read = isinstance(step, Signoff)
                likely, more = (_there_at(page, number), _SET) if read else (fields, "")
                yield page.path(number, *way), *_undeclared(name, likely, named(step), more)
        allowed = BUILT_IN if isinstance(step, ByHand) else frozenset()
        for way, condition in conditions_of(step):
            for at, name in _strange_tests(condition, fields, allowed):
                read_by = {"poll": f", and poll: {{capture: {{{name}: …}}}}, which reads it"}.get(str(way[0]), _SET)
                told = _undeclared(name, _there_at(page, number), named(step), read_by)
                yield page.path(number, *way, *at), *told
    for section, probes in (("preflight", page.book.preflight), ("stop_when", page.book.stop_when)):
        for number, probe in enumerate(probes):
            for at, name in _strange_tests(probe.expect, {**fields, **probe.capture}, BUILT_IN):
                yield (section, number, "expect", *at), *_undeclared(name, fields, f"“{probe.id}”")


def _variables_of(step: Step) -> Iterator[tuple[PathInFile, str]]:
    """Every variable that a step sets, binds or reads back, with its place in the step."""
    match step:
        case Do(answer=answer) if answer is not None:
            yield ("answer", "var"), answer.var
        case Signoff():
            yield from ((("binds", "vars", at), name) for at, name in enumerate(step.binds.vars))
            if step.readback is not None:
                yield ("readback",), step.readback
        case Check() | Call():
            yield from ((("capture", name), name) for name in step.capture)
        case RunStep():
            yield from ((("capture", name), name) for name in step.capture)
            yield from ((("set", name), name) for name in step.set)
        case Wait() if step.poll is not None:
            yield from ((("poll", "capture", name), name) for name in step.poll.capture)
        case _:
            return


def _strange_tests(
    condition: Condition, known: Mapping[str, object], allowed: frozenset[str]
) -> Iterator[tuple[PathInFile, str]]:
    """Tests of a variable that nobody declared, with their place in the condition."""
    key = "all" if condition.all is not None else "any"
    for at, test in enumerate(condition.tests):
        space, dot, name = test.var.partition(".")
        if not dot:
            sound = test.var in known or test.var in allowed
        else:
            sound = {"vars": name in known, "asset": bool(name), "run": name in RUN_NAMES}.get(space, False)
        if not sound:
            yield (key, at, "var"), test.var.removeprefix("vars.")


@rule("N3")
def names_are_declared_once(page: CheckedRunbook) -> Iterator[Found]:
    """A name is an input or a variable, not both. Two declarations would leave open which type holds."""
    for name in page.book.inputs:
        if name in page.book.vars:
            line = page.document.place(("inputs", name), key=True).line
            yield ("vars", name), f"“{name}” is an input already, in line {line}.", "another name, or one declaration"


@rule("N4")
def roles_are_declared(page: CheckedRunbook) -> Iterator[Found]:
    """Every role that a step names is declared under `roles`, `operator` always: they act when nothing is said.

    No role is called `requester` or `giver`: in `forbid` these words mean people by what they did.
    """
    roles = page.book.roles
    if "operator" not in roles:
        yield (
            ("roles",),
            "Nobody is the operator, and every step that names no role is theirs.",
            'operator: "rotation:…"',
        )
    for role in sorted(({*BY_DEEDS} - {"operator"}) & roles.keys()):
        meant = "whoever started the run" if role == "requester" else "whoever gave a value"
        yield ("roles", role), f"A role cannot be called “{role}”: in `forbid` that word means {meant}.", "another name"
    for number, step in enumerate(page.book.steps):
        for way, role in _roles_of(step):
            if role not in roles and not (role == "operator" and way == ("who",)):
                message, hint = _no_role(role, roles, named(step))
                told = way[:1] == ("to",) and not hint.startswith("one of")
                yield page.path(number, *way), message, f"role:{hint}" if told else hint
    for at, role in enumerate(page.book.policy.signoff.forbid or ()):
        if role not in roles and role not in BY_DEEDS:
            yield ("policy", "signoff", "forbid", at), *_no_role(role, roles, "`forbid`")


def _roles_of(step: StepBase) -> Iterator[tuple[PathInFile, str]]:
    yield ("who",), step.who
    match step:
        case Signoff():
            yield from ((("from", at), role) for at, role in enumerate(step.from_))
            barred = enumerate(step.forbid or ())
            yield from ((("forbid", at), role) for at, role in barred if role not in BY_DEEDS)
        case RunStep(witness=witness) if witness is not None:
            yield ("witness",), witness
        case Notify():
            for at, to in enumerate(step.to):
                if to.startswith("role:"):
                    yield ("to", at), to.removeprefix("role:")
        case _:
            return


def _no_role(role: str, roles: Iterable[str], who: str) -> tuple[str, str]:
    return f"{who} names the role “{shown(role)}”, and it is not declared.", near(
        role, roles
    ) or f"one of {listed(roles)}"


@rule("N5")
def people_of_the_runbook_exist(page: CheckedRunbook) -> Iterator[Found]:
    """The owner, the reviewer and everybody behind a role are in the catalogue. Otherwise nobody is called."""
    book, folder = page.book, page.folder
    stands_in = book.status == "draft"
    if not folder.has("team", book.owner) and not (stands_in and book.owner == NOBODY):
        yield ("owner",), *unknown(folder, "team", book.owner, "`owner`")
    if book.review is not None and not folder.has("person", book.review.by):
        yield ("review", "by"), *unknown(folder, "person", book.review.by, "`review`")
    for role, written in book.roles.items():
        single = isinstance(written, str)
        for at, reference in enumerate((written,) if isinstance(written, str) else written):
            if stands_in and reference == EVERYBODY:
                continue
            wrong = wrong_reference(folder, reference, ("team", "rotation", "person"), f"The role “{role}”")
            if wrong is not None:
                yield ("roles", role) if single else ("roles", role, at), *wrong


@rule("N6")
def called_runbooks_exist(page: CheckedRunbook) -> Iterator[Found]:
    """A runbook that is called is in the folder. A call that leads nowhere is found out at the worst time."""
    for number, step in enumerate(page.book.steps):
        if isinstance(step, Call) and not page.folder.has("runbook", step.runbook):
            yield page.path(number, "runbook"), *unknown(page.folder, "runbook", step.runbook, named(step))


@rule("N7", "warning")
def other_procedures_exist(page: CheckedRunbook) -> Iterator[Found]:
    """What `not_for` sends people to is a runbook of the folder, or words. An id that is not there helps nobody."""
    for number, other in enumerate(page.book.not_for):
        if _ID.fullmatch(other.use) and not page.folder.has("runbook", other.use):
            message, hint = unknown(page.folder, "runbook", other.use, "`not_for`")
            yield ("not_for", number, "use"), message, f"{hint}, or words that say whom to ask"


@rule("N8")
def answers_to_failures_exist(page: CheckedRunbook) -> Iterator[Found]:
    """The answer to a failure mode is a step, or a resource to fall back on. Words alone are not an answer at night."""
    for number, failure in enumerate(page.book.failure_modes):
        if failure.answer not in page.number and not page.folder.has("resource", failure.answer):
            message = f"“{shown(failure.answer)}” is neither a step nor a resource."
            yield ("failure_modes", number, "answer"), message, near(failure.answer, page.number) or "the id of a step"


@rule("N9")
def steps_that_are_named_exist(page: CheckedRunbook) -> Iterator[Found]:
    """What an `undo` or a `binds` names is a step of this runbook. A signature on nothing covers nothing."""
    for number, step in enumerate(page.book.steps):
        if isinstance(step, RunStep) and step.undo is not None and step.undo.step is not None:
            if step.undo.step not in page.number:
                yield page.path(number, "undo", "step"), *_no_step(step.undo.step, page, named(step))
        elif isinstance(step, Signoff):
            for at, bound in enumerate(step.binds.steps):
                if bound not in page.number:
                    yield page.path(number, "binds", "steps", at), *_no_step(bound, page, named(step))


def _no_step(id_: str, page: CheckedRunbook, who: str) -> tuple[str, str]:
    return f"{who} names the step “{id_}”, and there is none.", near(
        id_, page.number
    ) or f"one of {listed(page.number)}"


@rule("N10")
def told_people_exist(page: CheckedRunbook) -> Iterator[Found]:
    """A `notify` goes to the incident, a team, a role or a channel. A post to nobody is no post."""
    for number, step in enumerate(page.book.steps):
        for at, to in enumerate(step.to) if isinstance(step, Notify) else ():
            kind, _, id_ = to.partition(":")
            path = page.path(number, "to", at)
            if kind == "team" and (wrong := wrong_reference(page.folder, to, ("team",), named(step))) is not None:
                yield path, *wrong
            elif (
                kind not in {"team", "role"}
                and to != "incident"
                and not (kind == "channel" and _CHANNEL.fullmatch(id_))
            ):
                yield path, f"“{shown(to)}” is nobody that can be told.", "incident, team:ID, role:NAME or channel:C0ID"
