"""The times of a run reckoned a second time, from the lines of its export alone and by the words of docs/timeline.md.

Nothing of the timeline is used here: only what stands in each record, and the runbook as it was written.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.format.runbook import Runbook
from bot.journal.chain import encode
from bot.run.evolve import evolve
from bot.run.state import Unstarted
from bot.timeline.telling import tell_timeline
from tests.render.report.rich import rich_story
from tests.render.stories import after_glass, at_call, at_restore, at_wipe, broken_glass, returned
from tests.run.test_laws import Ask, asks, live, runbooks
from tests.story import Story

Line = dict[str, Any]
NAMES = ("working", "waiting", "elsewhere", "paused", "at_work", "held", "in_wait", "before_begin")


def lines_of(history: list[Any]) -> list[Line]:
    """What `handrail export --format jsonl` writes of each record, as far as times go."""
    lines = []
    for event, stamp in history:
        kind, body, _ = encode(event, lambda: "salt")
        lines.append({"at": stamp.at.isoformat(), "by": stamp.by, "kind": kind, "body": json.loads(body)})
    return lines


def written(book: Runbook) -> dict[str, Line]:
    """The steps as an author wrote them."""
    return {step["id"]: step for step in book.model_dump(by_alias=True, mode="json", exclude_none=True)["steps"]}


class Again:
    """Takes the lines one after the other."""

    def __init__(self, book: Runbook) -> None:
        self.steps, self.exception = written(book), book.exception
        self.bound = {step for one in self.steps.values() for step in one.get("binds", {}).get("steps", ())}
        self.spent = dict.fromkeys(NAMES, timedelta(0))
        self.operator: str | None = None
        self.paused = self.over = self.begun = self.glass = False
        self.place, self.waits_for, self.since = next(iter(self.steps)), "", datetime.min.replace(tzinfo=UTC)
        self.visit: list[tuple[str, timedelta]] = []
        """What this visit did so far: once it is begun, it is called waiting."""

    def take(self, line: Line) -> None:
        at, body = datetime.fromisoformat(line["at"]), line["body"]
        if line["kind"] != "started" and not self.over:
            self.visit.append((self.doing(), max(at - self.since, timedelta(0))))
        self.since = max(self.since, at)
        self.move(line["kind"], line["by"], body)
        self.change(line["kind"])

    def move(self, kind: str, by: str, body: Line) -> None:
        match kind:
            case "started":
                self.operator = body["operator"]
            case "step-entered":
                self.settle()
                self.place, self.begun = body["step"], False
                recovered = self.steps[self.place].get("outcome") == "recovered"
                self.waits_for = "waiting" if recovered and self.glass else ""
            case "signoff-asked":
                self.waits_for = "waiting"
            case "called":
                self.waits_for = "elsewhere"
            case "took-over" | "hand-over-accepted":
                self.operator = by

    def change(self, kind: str) -> None:
        match kind:
            case "begun":
                self.settle(was_begun=True)
                self.begun = True
            case "paused" | "resumed":
                self.paused = kind == "paused"
            case "glass-broken" | "glass-reviewed":
                self.glass = kind == "glass-broken"
            case "ended":
                self.settle()
                self.over = True

    def doing(self) -> str:
        if self.paused:
            return "paused"
        if self.operator is None or self.waits_for:
            return self.waits_for if self.operator is not None else "waiting"
        if self.place == self.exception:
            return "held"
        if "wait" in self.steps[self.place]:
            return "in_wait"
        return "before_begin" if self.place in self.bound and not self.begun else "at_work"

    def settle(self, *, was_begun: bool = False) -> None:
        for name, length in self.visit:
            works = name not in ("waiting", "elsewhere", "paused")
            called = "waiting" if works and was_begun else name
            self.spent[called] += length
            self.spent["working"] += length if works and not was_begun else timedelta(0)
        self.visit.clear()


def reckon_again(book: Runbook, lines: list[Line]) -> dict[str, timedelta]:
    """How long of each name."""
    again = Again(book)
    for line in lines:
        again.take(line)
    again.settle()
    return again.spent


def told(book: Runbook, history: list[Any]) -> dict[str, timedelta]:
    numbered = [(seq, event, stamp) for seq, (event, stamp) in enumerate(history, 1)]
    run = evolve(Unstarted("run-1", book), *history[0])
    facts = tell_timeline(run, numbered).facts
    return {name: getattr(facts, name) for name in NAMES}


STORIES: dict[str, Callable[[], Story]] = {
    "much happens": rich_story, "stands before Begin": lambda: at_wipe().later(minutes=7),
    "called another run": lambda: returned(at_call()), "waits for a review": after_glass, "glass": broken_glass,
    "begun late": lambda: at_restore().later(minutes=6).begin().later(minutes=80).done(),
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_a_story_has_the_same_times_by_a_second_reckoning(name: str) -> None:
    story = STORIES[name]()
    again = reckon_again(story.book, lines_of(story.history))
    assert again == told(story.book, story.history)
    assert sum(again.values(), timedelta(0)) > timedelta(0)


@given(runbooks(), some.lists(asks, min_size=10, max_size=40))
def test_any_run_has_the_same_times_by_a_second_reckoning(book: Runbook, sequence: list[Ask]) -> None:
    lived = live(book, sequence)
    if lived is not None:
        assert reckon_again(book, lines_of(lived.history)) == told(book, lived.history)
