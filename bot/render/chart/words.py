"""What a chart says of steps, exits and times: plain text, neither escaped nor marked up."""

import re
from collections.abc import Iterator
from datetime import timedelta

from bot.format.catalogue import Asset
from bot.format.pieces import Condition
from bot.format.runbook import Branch, Call, Decide, End, Join, RunStep, Signoff, Step
from bot.format.values import spoken_test
from bot.render.chart.graph import Chart, ExitArrow, Path
from bot.render.prose import OUTCOMES, join_words, say_outcome, say_span

KINDS = {
    "do": "do", "decide": "decide", "signoff": "sign-off", "check": "check", "run": "run", "branch": "branch",
    "wait": "wait", "call": "call", "join": "join", "notify": "tell", "end": "end",
}  # fmt: skip
_EXITS = {
    "ok": "done", "problem": "problem", "fail": "failed", "try again": "failed, again",
    "timeout": "unknown", "unsure": "not sure",
    "approved": "approved", "rejected": "rejected", "expired": "expired", "else": "otherwise",
}  # fmt: skip
_EFFECTS = {"read": "only reads", "change": "changes", "destroy": "destroys"}
_HOLE = re.compile(r"‹(?:vars\.)?(.*?)\?›")


def say_role(role: str) -> str:
    """A role as it stands on a badge: ``data owner``."""
    return role.replace("_", " ")


def say_condition(condition: Condition) -> str:
    """The tests of a condition in words: ``free_bytes is at least 1.2 × backup_bytes``."""
    joined_by = "or" if condition.any is not None else "and"
    return join_words([_HOLE.sub(r"\1", spoken_test(test)) for test in condition.tests], joined_by)


def say_exit(step: Step, exit_: str) -> str:
    """An exit as it stands beside its way: an option's label, a case in words, or a word of ours."""
    if isinstance(step, Decide) and exit_ != "unsure":
        return next((option.label for option in step.options if option.id == exit_), exit_)
    if isinstance(step, Branch) and exit_.startswith("case "):
        return say_condition(step.cases[int(exit_.removeprefix("case ")) - 1].when)
    if isinstance(step, Join):
        return {"ok": "all recovered", "fail": "one did not recover", "timeout": "one is silent"}.get(exit_, exit_)
    if isinstance(step, Call) and exit_ == "ok":
        return "goes on"
    if isinstance(step, Call) and exit_ in OUTCOMES:
        return say_outcome(exit_).lower()
    return _EXITS.get(exit_, exit_)


def say_exits(chart: Chart, way: ExitArrow) -> str:
    """All exits of a way: ``failed, outcome unknown``; ``failed · 2×`` where it is known how often they were walked."""
    step = chart.steps[way.source]
    return ", ".join(say_exit(step, exit_) + _walked(chart, step.id, exit_) for exit_ in way.exits)


def _walked(chart: Chart, step: str, exit_: str) -> str:
    """How often somebody went there, where the chart knows."""
    if chart.walked is None:
        return ""
    times = chart.walked.get((step, exit_), 0)
    return f" · {times}×" if times else " · never"


def say_target(chart: Chart, way: ExitArrow, *, title: bool = True) -> str:
    """Where a way leads: ``51 hold``, with the step's title or without it."""
    if not way.known:
        return f"{way.target}: there is no such step"
    said = f"{chart.number[way.target]} {way.target}"
    return f"{said}: {chart.steps[way.target].title}" if title else said


def say_facts(chart: Chart, step: Step) -> tuple[str, ...]:
    """What one has to know of a step before it is read: what it does to the asset, who else takes part, how long."""
    return tuple(fact for fact in _facts(chart, step) if fact)


def _facts(chart: Chart, step: Step) -> Iterator[str]:
    yield "every other exit leads here" if step.id == chart.book.exception else ""
    if isinstance(step, RunStep):
        yield _EFFECTS[step.effect]
        yield f"watched by: {say_role(step.witness)}" if step.witness else ""
    if isinstance(step, Signoff):
        yield from _terms(step)
    if isinstance(step, Call):
        yield f"calls {step.runbook}" + (" and goes on meanwhile" if step.meanwhile else "")
    if isinstance(step, Join):
        yield f"waits for {' and '.join(str(chart.number[one]) for one in chart.book.joined_by(step))}"
    if isinstance(step, End):
        yield say_outcome(step.outcome)
    bound = [str(chart.number[one.id]) for one in chart.book.signoffs_of.get(step.id, ())]
    yield f"only with sign-off {' and '.join(bound)}" if bound else ""
    yield "critical" if step.critical else ""
    yield "may be skipped" if step.skip else ""
    yield "pages" if isinstance(step, Decide) and step.page else ""
    yield "offers the way back" if isinstance(step, Decide) and step.back else ""
    yield f"at most {step.max_visits} times" if step.max_visits else ""
    yield f"usually {say_span(step.typical)}" if step.typical else ""


def _terms(step: Signoff) -> Iterator[str]:
    yield _count(step.need, "signature") + (", one of each role" if step.each else "")
    yield f"reads back {step.readback}" if step.readback else ""
    yield f"valid for {say_span(step.valid_for)}" if step.valid_for else ""
    yield "accepts what was found" if step.mode == "after" else ""


def say_head(chart: Chart) -> str:
    """Which runbook it is, in a line."""
    book = chart.book
    return f"{book.id} · {book.status} · owner {chart.owner} · {_count(len(chart.steps), 'step')}"


def say_paths(chart: Chart) -> tuple[str, ...]:
    """How long the good path is and what it takes, then the longest one, then each asset's RTO beside it."""
    good, longest = chart.good, chart.longest
    said = [f"Good path: {_count(len(good.steps), 'step')}, {_usually(good)}."]
    if longest.steps != good.steps:
        apart = [str(chart.number[step]) for step in longest.steps if step not in good.steps]
        by = f", by way of {join_words(apart)}" if apart else ""
        said.append(f"Longest good path: {_count(len(longest.steps), 'step')}, {_usually(longest)}{by}.")
    else:
        said.append("No other good path takes longer.")
    return (*said, *(say_fit(asset, longest.typical) for asset in chart.assets))


def say_fit(asset: Asset, typical: timedelta) -> str:
    """Whether the longest good path fits the RTO of an asset."""
    if asset.rto is None:
        return f"{asset.name}: no RTO is written down."
    rest = asset.rto - typical
    verdict = f"fits, {say_span(rest)} to spare" if rest >= timedelta() else f"{say_span(-rest)} too long"
    return f"{asset.name}: RTO {say_span(asset.rto)}: {verdict}."


def _usually(path: Path) -> str:
    """How long a path usually takes, and how many of its steps do not say."""
    if not path.typical:
        return "and no step says how long it usually takes"
    without = f" ({_count(path.untimed, 'step')} of it without a time)" if path.untimed else ""
    return f"usually {say_span(path.typical)}{without}"


def _count(number: int, called: str) -> str:
    return f"{number} {called}" if number == 1 else f"{number} {called}s"
