"""What a signer decides by: each value, where it comes from and what it is held to; what the chosen point loses."""

from collections.abc import Iterator

from bot.format.catalogue import CLOCK
from bot.format.pieces import Condition
from bot.format.runbook import Call, Check, Do, RunStep
from bot.format.text import spoken_duration
from bot.format.values import spoken_test
from bot.render.message import Block, bold, fields, foreign, slack_date
from bot.render.prose import say_span, say_value, spoken_name
from bot.run.law.plausible import doubt_about
from bot.run.law.scope import ground_of, title_of
from bot.run.law.signing import SigningContent
from bot.run.places import Over, Visit
from bot.run.state import Run
from bot.timeline.reckoning import damage_of, recovery_point_of

_MOST = 20
"""Rows of a table of values; Slack shows ten a block."""
_A_BLOCK = 10


def value_blocks(run: Run, content: SigningContent) -> list[Block]:
    """A table: the values that are signed, those that checks found, and how far the point lies from the damage."""
    bound = [name for name, _ in content.vars]
    point = _say_point(run, bound)
    found = [name for visit in _passed(run) for name in visit.answers if name not in bound]
    rows = [_row(run, name) for name in dict.fromkeys([*bound, *found])]
    rows = [
        *rows[: len(bound)],
        *_ruled_out(run, bound),
        *([point] if point else []),
        *rows[len(bound) :],
        *_unnamed(run),
    ][:_MOST]
    return [fields(*rows[first : first + _A_BLOCK]) for first in range(0, len(rows), _A_BLOCK)]


def _row(run: Run, name: str) -> str:
    value = bold(say_value(run, name, run.vars.get(name)), 200)
    held = f" ({foreign(_held_to(run, name), 200)})" if _held_to(run, name) else ""
    return f"{foreign(spoken_name(name), 80)}: {value}{held}{_doubted(run, name)}\n{foreign(_source(run, name), 200)}"


def _doubted(run: Run, name: str) -> str:
    """A time that nobody can have read is marked: somebody took it all the same."""
    asked = run.started_at if isinstance(run.here, Over) else run.here.since
    doubt = None if name in run.hidden else doubt_about(run, name, run.vars.get(name, ""), asked)
    return f"\n:warning: *{foreign(doubt)}*" if doubt else ""


def _ruled_out(run: Run, bound: list[str]) -> Iterator[str]:
    """The candidates before this one that failed, each with the check that it failed, or what was said of it."""
    for name in bound:
        for one in run.ruled_out.get(name, ())[-3:] if name not in run.hidden else ():
            value = foreign(say_value(run, name, one.value), 200)
            check = foreign(title_of(run, one.check), 100)
            how = f"“{foreign(one.said, 100)}” in “{check}”" if one.said else f"failed “{check}”"
            yield f"ruled out, {foreign(spoken_name(name), 80)}: ~{value}~\n{how}, {slack_date(one.at)}"


def _source(run: Run, name: str) -> str:
    """Who says so: Handrail, somebody who read it off a command, or somebody who claims it."""
    given = run.given.get(name)
    if given is None:
        return "stands in the runbook"
    step, who = run.book.by_id.get(given.step or ""), run.name_of(given.by)
    match step:
        case _ if given.by == CLOCK and not isinstance(step, Call):
            return "read by Handrail"
        case RunStep() if name in step.set:
            return f"set by “{title_of(run, step.id)}”"
        case Check() | RunStep():
            return f"read by {who}"
        case Call():
            return f"brought home by “{title_of(run, step.id)}”"
        case None:
            return f"claimed by {who} at the start"
        case _:
            return f"claimed by {who}"


def _held_to(run: Run, name: str) -> str:
    """What the value was compared with; that it is there at all says nothing."""
    given = run.given.get(name)
    condition = getattr(run.book.by_id.get((given.step if given else "") or ""), "expect", None)
    tests = condition.tests if isinstance(condition, Condition) else ()
    spoken = [
        spoken_test(test, ground_of(run))
        for test in tests
        if test.var.removeprefix("vars.") == name and test.exists is not True
    ]
    lead = f"{spoken_name(name)} "
    joined = " or " if isinstance(condition, Condition) and condition.any is not None else ", "
    return joined.join(one.removeprefix(lead) for one in spoken)


def _passed(run: Run) -> list[Visit]:
    """The newest visit of each step whose finding was compared and held, newest last."""
    newest = {visit.step: visit for visit in run.done}
    return [
        visit
        for visit in newest.values()
        if visit.exit == "ok" and isinstance(step := run.book.by_id[visit.step], Check | Do) and step.expect is not None
    ]


def _unnamed(run: Run) -> Iterator[str]:
    """Checks that keep no value: what they were held to, and who says that it held."""
    for visit in _passed(run):
        step = run.book.by_id[visit.step]
        if isinstance(step, Check) and not visit.answers:
            joined = " or " if step.expect.any is not None else "; "
            tests = foreign(joined.join(spoken_test(test, ground_of(run)) for test in step.expect.tests), 200)
            title = foreign(title_of(run, step.id), 100)
            if visit.by == CLOCK:
                yield f"{title}: *{tests}*\nread by Handrail"
            else:
                yield f"{title}: *{foreign(run.name_of(visit.by), 100)} pressed Done*\nto be seen was: {tests}"


def _say_point(run: Run, bound: list[str]) -> str:
    """How far the chosen point lies before the damage, held to the RPO; empty where it is not what is signed."""
    named, point = recovery_point_of(run)
    damage_named, damage = damage_of(run)
    if point is None or named not in bound:
        return ""
    lines = []
    if damage is not None and damage_named != named:
        apart = damage - point
        where = f"{say_span(apart)} before the damage" if apart.total_seconds() >= 0 else "*after the damage began*"
        lines.append(f"the chosen point: *{where}*{_held_to_rpo(run, apart.total_seconds())}")
    elif damage is None and run.start.asset.rpo:
        promised = spoken_duration(run.start.asset.rpo)
        lines.append(f"*nobody has said when the damage began*: whether it keeps the {promised} promised is not known")
    since = run.started_at - point
    if since.total_seconds() > 0:
        lines.append(f"{say_span(since)} of writes lie between it and the start of this run")
    return "\n".join(lines)


def _held_to_rpo(run: Run, apart: float) -> str:
    rpo = run.start.asset.rpo
    if not rpo or apart < 0:
        return ""
    promised = spoken_duration(rpo)
    return f" (within the {promised} promised)" if apart <= rpo else f" (*more than the {promised} promised*)"
