"""Two versions of a runbook: every difference in the procedure, gathered by topic."""

from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from bot.format.pieces import Policy, Probe
from bot.format.runbook import Runbook
from bot.render.comparison.change import Change, Topic, changed, compare_fields
from bot.render.comparison.steps import compare_steps

_TOPICS: Mapping[str, tuple[Topic, str]] = {
    "id": ("runbook", "the id"),
    "title": ("runbook", "the title"),
    "status": ("runbook", "the status"),
    "enter_when": ("runbook", "when to enter"),
    "not_for": ("runbook", "what it is not for"),
    "objective": ("runbook", "the objective"),
    "owner": ("roles", "the owner"),
    "review": ("policy", "the review"),
    "drill": ("policy", "the drill"),
    "failure_modes": ("runbook", "what can go wrong with it"),
    "references": ("runbook", "the references"),
}
_BY_NAME: Mapping[str, tuple[Topic, str]] = {
    "roles": ("roles", "the role"), "inputs": ("checks", "the input"), "vars": ("checks", "the variable"),
}  # fmt: skip
_PARTS = ("human", "signoff", "breaker")
_TERMS = {
    ("human", "nudge"): "when a person is reminded of a step", ("human", "page"): "when others are paged for a step",
    ("signoff", "timeout"): "when a sign-off expires", ("signoff", "valid_for"): "how long a signature counts",
    ("signoff", "forbid"): "who may not sign", ("signoff", "again"): "when signers are asked again",
}  # fmt: skip
_IN_ANY_ORDER = ("enter_when", "not_for", "failure_modes", "references")
_TOLD_ELSEWHERE = ("schema_", "steps", "exception", "policy", "preflight", "stop_when", *_BY_NAME)


def compare_runbooks(old: Runbook, new: Runbook) -> tuple[Change, ...]:
    """Every difference, topic by topic; none when only comments, spelling of YAML or the order of steps differ."""
    topics = list(get_args(Topic))
    return tuple(sorted(_compare(old, new), key=lambda change: topics.index(change.topic)))


def _compare(old: Runbook, new: Runbook) -> Iterator[Change]:
    yield from compare_steps(old, new)
    if old.exception != new.exception:
        yield changed("exits", "", "every exit that is not written leads to", old.exception, new.exception)
    for field, (topic, called) in _BY_NAME.items():
        was, now = getattr(old, field), getattr(new, field)
        for name in dict.fromkeys([*was, *now]):
            if was.get(name) != now.get(name):
                yield changed(topic, "", f"{called} {name}", was.get(name), now.get(name))
    yield from _compare_probes("looked at before the start", old.preflight, new.preflight)
    yield from _compare_probes("watched during the run", old.stop_when, new.stop_when)
    yield from _compare_policy(old.policy, new.policy)
    shuffled = [name for name in _IN_ANY_ORDER if set(getattr(old, name)) == set(getattr(new, name))]
    yield from compare_fields(old, new, _TOPICS, (*_TOLD_ELSEWHERE, *shuffled), "")


def _compare_probes(called: str, old: Iterable[Probe], new: Iterable[Probe]) -> Iterator[Change]:
    was, now = {one.id: one for one in old}, {one.id: one for one in new}
    for name in dict.fromkeys([*was, *now]):
        if was.get(name) != now.get(name):
            yield changed("checks", "", f"{name}, {called}", was.get(name), now.get(name))
    shared = [one for one in was if one in now], [one for one in now if one in was]
    if shared[0] != shared[1]:
        yield changed("checks", "", f"the order of what is {called}", tuple(shared[0]), tuple(shared[1]))


def _compare_policy(old: Policy, new: Policy) -> Iterator[Change]:
    for part in _PARTS:
        was, now = getattr(old, part), getattr(new, part)
        names: dict[str, tuple[Topic, str]] = {
            name: ("policy", _TERMS.get((part, name), f"{part} {name.replace('_', ' ')}"))
            for name in type(was).model_fields
        }
        yield from compare_fields(was, now, names, (), "")
    if old.max_run != new.max_run:
        yield changed("policy", "", "the whole run", old.max_run, new.max_run)
