"""The pages of the pack: one step a box, boxes to tick, room for initials."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined

from bot.format.catalogue import Asset, Catalogue
from bot.format.pieces import Condition, Probe, Value, write_duration
from bot.format.runbook import Branch, Call, Check, Decide, Do, End, Join, Notify, Runbook, RunStep, Signoff, Step, Wait
from bot.format.shell.filling import argument_line
from bot.format.text import fill, spoken_duration
from bot.format.values import Ground, spoken_test
from bot.render.actions import ACTIONS
from bot.render.prose import OUTCOMES, join_words, say_outcome, say_phase
from bot.run.law.scope import ShownStep, describe_step

BLANK = "________"
_HOLE = re.compile(r"‹([a-z]+)\.([a-z0-9_]+)\?›")
_KINDS = {
    "do": "Do", "decide": "Decide", "signoff": "Sign-off", "check": "Check", "run": "Run", "branch": "Look up",
    "wait": "Wait", "call": "Other runbook", "join": "Wait for others", "notify": "Tell", "end": "End",
}  # fmt: skip
_OF_THE_RUN = {
    "id": "a name for this incident", "ref": "a name for this incident", "short_id": "a name for this incident",
    "started_at": "the time when this was started", "evidence_dir": "a folder for what you keep",
}  # fmt: skip
_EFFECTS = {"read": "only reads", "change": "changes things", "destroy": "only after its signatures"}
_EXITS = {
    "ok": ACTIONS["done"].label, "problem": ACTIONS["problem"].label, "fail": "It failed",
    "try again": "It failed, and may be tried again",
    "timeout": "Nobody knows how it ended, or it worked in part", "unsure": ACTIONS["unsure"].label,
    "approved": "Approved", "rejected": "Rejected", "expired": "Nobody signed in time", "else": "Anything else",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BoxExit:
    """A way out of a box: what to tick, when, and the box that follows."""

    label: str
    when: str
    number: int
    title: str
    step: str


@dataclass(frozen=True, slots=True)
class BoxCheck:
    """Something to look at: what, when it is right, and the command or address."""

    title: str
    command: str


@dataclass(frozen=True, slots=True)
class Blank:
    """Something to write down; it is needed again further on under this name."""

    name: str
    ask: str


@dataclass(frozen=True, slots=True)
class Box:
    """One step on paper."""

    number: int
    kind: str
    shown: ShownStep
    who: str
    phase: str
    """The phase's name where a new one begins, else empty."""
    facts: tuple[str, ...]
    needs: tuple[str, ...]
    """Names of the blanks that were filled before and are copied into this box."""
    blanks: tuple[Blank, ...]
    signatures: tuple[str, ...]
    """Whose signature belongs on each line."""
    ways: tuple[BoxExit, ...]


def boxes_of(book: Runbook, asset: Asset | None) -> tuple[Box, ...]:
    """Every step in the order of the file. Without an asset its facts are blanks too."""
    names = _known_names(asset)
    numbers = {step.id: number for number, step in enumerate(book.steps, 1)}
    before = [None, *(step.phase for step in book.steps)]
    return tuple(
        _box(book, step, names, numbers, fresh_phase=step.phase != earlier)
        for step, earlier in zip(book.steps, before, strict=False)
    )


def _known_names(asset: Asset | None) -> dict[str, Value]:
    if asset is None:
        return {}
    facts: dict[str, Value] = {f"asset.{name}": value for name, value in asset.facts.items()}
    return facts | {"asset.id": asset.id, "asset.name": asset.name, "asset.tier": asset.tier}


def _box(
    book: Runbook, step: Step, names: Mapping[str, Value], numbers: Mapping[str, int], *, fresh_phase: bool
) -> Box:
    raw = describe_step(book, step, names)
    return Box(
        number=numbers[step.id],
        kind=_KINDS[step.kind],
        shown=_with_blanks(raw),
        who=step.who.replace("_", " "),
        phase=say_phase(step.phase) if fresh_phase else "",
        facts=tuple(blank_out(fact) for fact in _facts(book, step, raw)),
        needs=tuple(dict.fromkeys(_needed_in(raw))),
        blanks=tuple(_blanks(book, raw)),
        signatures=tuple(_signatures(step)),
        ways=tuple(_ways(book, step, names, numbers)),
    )


def blank_out(text: str) -> str:
    """A text with a blank to write on wherever something is not known yet."""
    return _HOLE.sub(BLANK, text)


def fill_known(text: str, asset: Asset | None) -> str:
    """An author's text with what is known of the asset, and blanks for the rest."""
    return blank_out(fill(text, _known_names(asset), strict=False))


def _with_blanks(raw: ShownStep) -> ShownStep:
    def blanked(text: str | None) -> str | None:
        return None if text is None else blank_out(text)

    undo = blanked(raw.undo.replace("No undo: ", "none. ", 1)) if raw.undo else None

    return replace(
        raw, title=blank_out(raw.title), say=blanked(raw.say), why=blanked(raw.why), caution=blanked(raw.caution),
        command=blanked(raw.command), host=blanked(raw.host), undo=undo, evidence=blanked(raw.evidence),
        done_means=blanked(raw.done_means), expects=tuple(blank_out(one) for one in raw.expects),
    )  # fmt: skip


def _needed_in(raw: ShownStep) -> Iterator[str]:
    for text in (raw.title, raw.say, raw.command, raw.host, raw.undo, raw.done_means, *raw.expects):
        for room, name in _HOLE.findall(text or ""):
            yield _OF_THE_RUN.get(name, name) if room == "run" else name.replace("_", " ")


def _blanks(book: Runbook, raw: ShownStep) -> Iterator[Blank]:
    for name in [*([raw.answer] if raw.answer else []), *raw.captures]:
        field = book.fields.get(name)
        ask = field.ask if field is not None and field.ask else name.replace("_", " ").capitalize()
        unit = f" ({field.unit})" if field is not None and field.unit else ""
        yield Blank(name.replace("_", " "), f"{ask}{unit}")


def _facts(book: Runbook, step: Step, raw: ShownStep) -> Iterator[str]:
    """What is worth knowing beside the words: short, in the order in which it is asked."""
    if raw.host:
        yield f"on {raw.host}"
    if raw.effect:
        yield _EFFECTS[raw.effect]
    if raw.typical:
        yield f"usually {spoken_duration(raw.typical)}"
    if isinstance(step, RunStep) and step.witness:
        yield f"somebody else watches: {step.witness.replace('_', ' ')}"
    if raw.confirm == "type":
        yield "say the asset’s name aloud before you begin"
    if step.critical:
        yield "nobody may skip this"
    elif step.skip:
        yield "may be skipped, with a written reason"
    if step.max_visits is not None:
        yield f"at most {step.max_visits} times, then {book.by_id[book.exception].title}"
    yield from _facts_of_kind(book, step)


def _facts_of_kind(book: Runbook, step: Step) -> Iterator[str]:
    match step:
        case Signoff(binds=binds):
            limit = step.timeout or book.policy.signoff.timeout
            yield f"wait at most {write_duration(limit)}"
            if step.mode == "before":
                yield f"counts for {write_duration(step.valid_for or book.policy.signoff.valid_for)}"
            if binds.steps:
                yield f"without it nobody begins {join_words([book.by_id[one].title for one in binds.steps])}"
            if step.readback:
                yield f"the signer reads the {step.readback.replace('_', ' ')} back aloud"
        case Do(answer=answer) if answer is not None and answer.blind:
            yield "do not show the others what you write until it is compared"
        case Wait(for_=length) if length is not None:
            yield f"wait {write_duration(length)}"
        case Call(runbook=other, meanwhile=meanwhile):
            yield f"runbook {other}" + (", walked by another team while you go on" if meanwhile else "")
        case Join():
            yield f"wait for {join_words([book.by_id[one].title for one in book.joined_by(step)])}"
        case Notify(to=to):
            yield f"tell {join_words([one.replace('incident', 'everybody in the incident') for one in to])}"
        case End(outcome=outcome):
            yield say_outcome(outcome)
        case _:
            return


def _signatures(step: Step) -> Iterator[str]:
    if isinstance(step, Signoff):
        roles = [role.replace("_", " ") for role in step.from_]
        for number in range(step.need):
            yield roles[number] if step.each and number < len(roles) else " or ".join(roles)


def _ways(book: Runbook, step: Step, names: Mapping[str, Value], numbers: Mapping[str, int]) -> Iterator[BoxExit]:
    for exit_, target in book.exits(step):
        label, when = _say_exit(step, exit_, names)
        title = blank_out(fill(book.by_id[target].title, names, strict=False)) if target in numbers else target
        yield BoxExit(label, blank_out(when), numbers.get(target, 0), title, target)


def _say_exit(step: Step, exit_: str, names: Mapping[str, Value]) -> tuple[str, str]:
    match step:
        case Decide(options=options) if exit_ != "unsure":
            option = next(one for one in options if one.id == exit_)
            return option.label, fill(option.when, names, strict=False)
        case Branch(cases=cases) if exit_.startswith("case "):
            return say_condition(cases[int(exit_.removeprefix("case ")) - 1].when, names), ""
        case Branch():
            return "None of these", ""
        case Join():
            return {"ok": "All have recovered", "fail": "One has not", "timeout": "One is silent"}.get(exit_, exit_), ""
        case Call() if exit_ in OUTCOMES:
            return say_outcome(exit_), ""
        case Check() if exit_ == "ok":
            return "It is right", ""
        case Check():
            return "It is not right", ""
        case Notify():
            return "Told", ""
        case _:
            return _EXITS.get(exit_, exit_), ""


def say_condition(condition: Condition, names: Mapping[str, Value]) -> str:
    """A condition in words, with blanks for what is not known."""
    joined = "or" if condition.any is not None else "and"
    said = [spoken_test(test, Ground(names, {})) for test in condition.tests]
    return blank_out(join_words(said, joined))


def look_of(probe: Probe, asset: Asset | None) -> BoxCheck:
    """A check of `preflight` or `stop_when` on paper."""
    names = _known_names(asset)
    how = probe.exec
    host = f" (on {fill(how.at, names, strict=False)})" if how is not None and how.at != "bot" else ""
    command = argument_line(how.argv, names, {}) if how is not None else ""
    url = fill(probe.http.url, names, strict=False) if probe.http is not None else ""
    title = f"{fill(probe.title, names, strict=False)}{host}: right when {say_condition(probe.expect, names)}"
    return BoxCheck(blank_out(title), blank_out(command or url))


STYLE = "style.css"
_TEMPLATES = ("base.html", "index.html", "runbook.html", "catalogue.html", "people.html", STYLE)


@dataclass(frozen=True, slots=True)
class Shelved:
    """What is printed: the catalogue, the runbooks, and for each runbook the digest of its text."""

    catalogue: Catalogue
    runbooks: Mapping[str, Runbook]
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A runbook for one asset, or for any."""

    file: str
    book: Runbook
    asset: Asset | None


def draw_pack(shelved: Shelved, at: datetime) -> dict[str, str]:
    """Every page, by its name in the folder. The same registry at the same time gives the same pages."""
    sheets = tuple(_sheets(shelved))
    shared = {"at": f"{at:%Y-%m-%d %H:%M} UTC", "shelved": shelved, "sheets": sheets}
    pages = {sheet.file: _draw("runbook.html", **shared, **_of_sheet(shelved, sheet)) for sheet in sheets}
    pages |= {name: _draw(name, **shared) for name in ("index.html", "catalogue.html", "people.html")}
    return pages | {STYLE: _source(STYLE)}


def _sheets(shelved: Shelved) -> Iterator[_Sheet]:
    """A sheet for each asset and runbook that go together; one for any asset where no asset names the runbook."""
    books = {name: book for name, book in shelved.runbooks.items() if book.status != "retired"}
    used: set[str] = set()
    for asset in sorted(shelved.catalogue.assets.values(), key=lambda one: (one.tier, one.name)):
        for name in asset.runbooks:
            if name in books:
                used.add(name)
                yield _Sheet(f"{name}--{asset.id}.html", books[name], asset)
    for name in sorted(set(books) - used):
        yield _Sheet(f"{name}.html", books[name], None)


def _of_sheet(shelved: Shelved, sheet: _Sheet) -> dict[str, object]:
    book, asset, catalogue = sheet.book, sheet.asset, shelved.catalogue
    return {
        "sheet": sheet,
        "boxes": boxes_of(book, asset),
        "digest": shelved.digests.get(book.id, "")[:12],
        "roles": {
            role.replace("_", " "): [catalogue.people[one] for one in catalogue.members(reference)]
            for role, reference in book.roles.items()
        },
        "preflight": [look_of(probe, asset) for probe in book.preflight],
        "stop_when": [look_of(probe, asset) for probe in book.stop_when],
        "inputs": [field.ask or name.replace("_", " ").capitalize() for name, field in book.inputs.items()],
        "not_for": [(one.when, _use(shelved, one.use)) for one in book.not_for],
        "objective": fill_known(book.objective, asset),
    }


def _use(shelved: Shelved, use: str) -> str:
    return shelved.runbooks[use].title if use in shelved.runbooks else use


def _draw(template: str, **values: object) -> str:
    return _environment().get_template(template).render(values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader({name: _source(name) for name in _TEMPLATES}), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"spoken": spoken_duration, "length": _say_length}
    environment.globals |= {"BLANK": BLANK}
    return environment


def _say_length(length: object) -> str:
    """A `timedelta` as an author writes it, and as a person reads it."""
    return spoken_duration(write_duration(length)) if length is not None else "–"  # type: ignore[arg-type]


def _source(name: str) -> str:
    return (files("bot.render.pack") / "templates" / name).read_text(encoding="utf-8")
