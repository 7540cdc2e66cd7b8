"""The steps of two versions: which came and went, and what each says otherwise. Steps are the same by their id."""

from collections.abc import Iterator, Mapping

from bot.format.runbook import Runbook, Signoff, Step
from bot.render.chart.words import KINDS
from bot.render.comparison.change import Change, Topic, changed, compare_fields, in_words
from bot.render.comparison.exits import compare_exits
from bot.render.message import one_line

_TOPICS: Mapping[str, tuple[Topic, str]] = {
    "phase": ("duties", "phase"),
    "who": ("duties", "who acts"),
    "say": ("words", "what it says"),
    "why": ("words", "the reason"),
    "caution": ("words", "the caution"),
    "critical": ("duties", "critical, so that nobody may skip it"),
    "skip": ("duties", "may be skipped"),
    "confirm": ("duties", "how it is confirmed"),
    "typical": ("times", "the usual time"),
    "timeout": ("times", "the time limit"),
    "for_": ("times", "the wait"),
    "max_visits": ("times", "how often it may be visited"),
    "retry": ("times", "how it is tried again"),
    "progress": ("times", "how often it reports"),
    "drill": ("duties", "in a drill"),
    "page": ("duties", "pages people at once"),
    "back": ("duties", "offers the way back"),
    "witness": ("duties", "who watches"),
    "effect": ("duties", "what it does to the asset"),
    "undo": ("commands", "how it is taken back"),
    "command": ("commands", "the command to copy"),
    "exec": ("commands", "the command"),
    "http": ("commands", "the request"),
    "capture": ("commands", "what is read from the answer"),
    "set": ("commands", "what it sets"),
    "idempotent": ("commands", "safe to run twice"),
    "expect": ("checks", "what is expected"),
    "poll": ("checks", "what it waits for"),
    "answer": ("checks", "the answer it takes"),
    "evidence": ("checks", "the evidence"),
    "breaker": ("checks", "the breaker"),
    "tolerance": ("checks", "the tolerance"),
    "runbook": ("commands", "the runbook it calls"),
    "with_": ("commands", "what it hands over"),
    "to": ("duties", "who is told"),
    "outcome": ("steps", "the outcome"),
    "from_": ("sign-offs", "who may sign"),
    "need": ("sign-offs", "how many signatures"),
    "each": ("sign-offs", "one of each role"),
    "forbid": ("sign-offs", "who may not sign"),
    "readback": ("sign-offs", "what is read back"),
    "valid_for": ("sign-offs", "how long it is valid"),
    "mode": ("sign-offs", "before or after"),
}
_TOLD_ELSEWHERE = ("id", "go", "options", "cases", "else_", "binds", *KINDS)
"""Exits, titles and what a signature covers have words of their own."""


def compare_steps(old: Runbook, new: Runbook) -> Iterator[Change]:
    """Every difference between the steps. Their order in the file counts only for the first."""
    for id_, step in old.by_id.items():
        if id_ not in new.by_id:
            yield Change("steps", id_, f"removed: {_named(step)}", _named(step))
    for id_, step in new.by_id.items():
        if id_ not in old.by_id:
            yield Change("steps", id_, f"added: {_named(step)}{_likeness(old, new, step)}", "", _named(step))
    if old.steps[0].id != new.steps[0].id:
        yield changed("steps", "", "the run starts at", old.steps[0].id, new.steps[0].id)
    for id_, step in new.by_id.items():
        if id_ in old.by_id and old.by_id[id_] != step:
            yield from _compare(old, new, old.by_id[id_], step)


def _compare(old: Runbook, new: Runbook, before: Step, after: Step) -> Iterator[Change]:
    if before.kind != after.kind:
        kinds = KINDS[before.kind], KINDS[after.kind]
        yield Change("steps", after.id, f"now a {kinds[1]} instead of a {kinds[0]}", *kinds)
    if before.title != after.title:
        titles = in_words(before.title), in_words(after.title)
        yield Change("steps", after.id, f"renamed: {titles[1]} instead of {titles[0]}", *titles)
    yield from compare_exits(old, new, before, after)
    if isinstance(before, Signoff) and isinstance(after, Signoff):
        yield from _compare_binds(before, after)
    yield from compare_fields(before, after, _TOPICS, _TOLD_ELSEWHERE, after.id)


def _compare_binds(before: Signoff, after: Signoff) -> Iterator[Change]:
    for called, was, now in (
        ("variables", before.binds.vars, after.binds.vars),
        ("steps", before.binds.steps, after.binds.steps),
        ("files", before.binds.files, after.binds.files),
    ):
        more, less = [one for one in now if one not in was], [one for one in was if one not in now]
        if more:
            yield Change(
                "sign-offs", after.id, f"the signature now covers the {called} {', '.join(more)}", "", ", ".join(more)
            )
        if less:
            said = f"the signature no longer covers the {called} {', '.join(less)}"
            yield Change("sign-offs", after.id, said, ", ".join(less), "")
        if was != now and not more and not less:
            yield changed("sign-offs", after.id, f"the order of the {called} that the signature covers", was, now)


def _named(step: Step) -> str:
    return f"{KINDS[step.kind]} “{one_line(step.title)}”"


def _likeness(old: Runbook, new: Runbook, step: Step) -> str:
    """A hint where a step seems only to have got another id."""
    gone = [one.id for one in old.by_id.values() if one.id not in new.by_id and _named(one) == _named(step)]
    return f" (it reads like {gone[0]}, which is gone)" if gone else ""
