"""How a run begins: what has to be so, and what is pinned."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.format.pieces import TypedField, Value
from bot.format.runbook import Do, Runbook, RunStep
from bot.format.text import fill
from bot.format.values import BadValue, parse_value
from bot.run.commands import Refused, Start
from bot.run.events import Events, Started, StepEntered, StepFinished
from bot.run.law.answers import NOT_KEPT, claimed_instant
from bot.run.law.draft import Draft
from bot.run.law.may_start import LAW
from bot.run.law.plausible import require_past
from bot.run.law.scope import names_of
from bot.run.places import Former, givers_by, givers_within
from bot.run.situation import Stamp, what_to_write
from bot.run.state import Run, Unstarted


def start_run(fresh: Unstarted, command: Start, stamp: Stamp) -> Events:
    """The first events of a run; Refused when it may not begin."""
    book = fresh.book
    _require_startable(book, command, stamp)
    given = handed_over(book, command.given)
    asked = {name: field for name, field in book.inputs.items() if name not in given}
    inputs = {name: _input(name, field, command.inputs.get(name, ""), stamp.at) for name, field in asked.items()}
    started = _started(fresh, command, stamp, {name: one for name, one in inputs.items() if one is not None}, given)
    draft = Draft.begin(fresh, _with_defaults(fresh, started, stamp), stamp)
    if command.former is not None:
        return _go_on(draft, command.former).settle()
    return draft.enter(book.steps[0].id, None, None).settle()


def preview_start(fresh: Unstarted, command: Start, stamp: Stamp) -> Run:
    """The run that a start would make, before anybody has typed its inputs; nothing is checked."""
    asked = replace(command, damage_began=None)
    return Draft.begin(fresh, _started(fresh, asked, stamp, {}, {}), stamp).run


def _started(
    fresh: Unstarted, command: Start, stamp: Stamp, inputs: Mapping[str, Value], given: Mapping[str, Value]
) -> Started:
    return Started(
        ref=command.ref, runbook=fresh.book.id, title=fresh.book.title, digest=command.digest, calls=command.calls,
        mode=command.mode, asset=command.asset, people=command.people, roles=command.roles, rungs=command.rungs,
        owner_channel=command.owner_channel,
        operator=stamp.by if stamp.unverified or stamp.by in command.roles.get("operator", ()) else None,
        inputs=inputs, given=given, channel=command.channel,
        damage_began=_damage_time(command, stamp.at), reason=command.reason.strip(), parent=command.parent,
        continues=command.continues, former=command.former, owners=command.owners,
        law=LAW, chain=command.chain,
        givers={name: by for name, by in command.givers.items() if by and (name in given or name == "damage_began")},
        waiting=command.waiting, on_call=command.on_call, catalogue=command.catalogue, let_in=command.let_in,
        accounts=command.accounts, changed=command.changed,
    )  # fmt: skip


def _go_on(draft: Draft, former: Former) -> Draft:
    """Begin where the other run stood. What was begun there is never begun again unseen: nobody knows how it ended."""
    step = draft.run.book.by_id[former.step]
    exit_ = {RunStep: "timeout", Do: "problem"}.get(type(step)) if former.begun else None
    if exit_ is None:
        return draft.enter(former.step, None, None)
    visit = draft.run.visits.get(former.step, 0) + 1
    note = f"It was begun in {former.ref}, and nobody here knows how it ended."
    return draft.add(StepEntered(step.id, visit), StepFinished(step.id, visit, exit_, note=note)).leave(exit_)


def _require_startable(book: Runbook, command: Start, stamp: Stamp) -> None:
    known = any(one.id == stamp.by for one in command.people) or command.parent is not None or stamp.unverified
    if not known:
        message = (
            "Handrail does not know you, so you cannot start a run. Ask the owner team to add you to the catalogue"
        )
        message += f"{what_to_write(stamp.by)}."
        raise Refused(message)
    if book.status == "retired" and command.former is None:
        raise Refused(f"“{book.title}” is retired. Choose another runbook.", field="runbook")
    if book.status == "draft" and command.mode == "live":
        raise Refused(f"“{book.title}” is a draft, so it runs as a drill only.", field="mode")
    apart = command.parent is None and command.former is None
    if command.open_runs and apart and not command.reason.strip():
        raise Refused(
            f"{', '.join(command.open_runs)} is open on this asset. Join it, or write why a second run is needed.",
            field="reason",
        )


def _input(name: str, field: TypedField, text: str, at: datetime) -> Value | None:
    """What was typed for an input; its default when nothing was; None when it may stay empty."""
    if not text.strip():
        if field.required and field.default is None:
            raise Refused("This is needed before the run can start.", field=name)
        return None
    try:
        value = parse_value(field, text)
    except BadValue as bad:
        raise Refused(str(bad), field=name) from None
    require_past(field, value, at, beside=name)
    return NOT_KEPT if field.type == "secret" else value


def _damage_time(command: Start, at: datetime) -> str | None:
    """When the damage began, as it was typed here; a caller, and the run before, may have it however it stands."""
    apart = command.parent is None and command.former is None
    return claimed_instant(command.damage_began, at if apart else None, field="damage_began")


def handed_over(book: Runbook, given: Mapping[str, Value]) -> Mapping[str, Value]:
    """What a calling run hands over, as far as this runbook declares it, each value as its field wants it."""
    return {name: _taken_over(name, book.fields[name], value) for name, value in given.items() if name in book.fields}


def _taken_over(name: str, field: TypedField, value: Value) -> Value:
    try:
        taken = parse_value(field, str(value))
    except BadValue as bad:
        message = f"“{name}” was handed over as “{value}”. {bad}"
        raise Refused(message, field=name) from None
    return NOT_KEPT if field.type == "secret" else taken


def given_at_start(
    fresh: Unstarted, started: Started, stamp: Stamp, handed: Mapping[str, Value]
) -> Mapping[str, Value]:
    """What a run knows at its start beside what was typed: what it was handed over, and declared defaults."""
    bare = replace(started, given=handed_over(fresh.book, handed), givers={})
    return _with_defaults(fresh, bare, stamp).given


def _with_defaults(fresh: Unstarted, started: Started, stamp: Stamp) -> Started:
    """The same start with declared defaults filled in; a default may speak of the asset and the run."""
    names = names_of(Draft.begin(fresh, started, stamp).run)
    given, givers = dict(started.given), dict(started.givers)
    known = dict.fromkeys(started.inputs, givers_by(stamp.by)) | givers
    for name, field in fresh.book.fields.items():
        if field.default is not None and name not in given and name not in started.inputs:
            given[name] = fill(field.default, names, strict=False) if isinstance(field.default, str) else field.default
            givers[name] = givers_within(field.default, known)
    return replace(started, given=given, givers={name: by for name, by in givers.items() if by})
