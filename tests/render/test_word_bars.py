"""At three in the morning: how much is read before the first button, and what is there to be copied.

On every card of every runbook that is shipped.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.render.card import card
from bot.render.message import Message
from bot.render.signoff import signoff_message
from bot.render.step import step_message
from bot.render.terminal.page import MessageReader
from bot.run.law.scope import show_step
from bot.run.state import Run
from tests.render.shipped import BOOKS, kind_of, stops, waits_for_signatures

NOW = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
BARS = {"plain": 60, "destroy": 90, "signoff": 110}
_LENGTH = re.compile(r"(?:\b\d+ (?:d|h|min|s)\b ?)+")
_WORD = re.compile(r"[^\W_][\w'’.:/@-]*")


def words_before_a_button(run: Run, message: Message) -> int:
    """As a person reads them in Slack: without the command and tables of values; a length of time is one word."""
    blocks: list[dict[str, Any]] = []
    for block in message.blocks:
        known: Mapping[str, Any] = block
        if known["type"] == "actions":
            break
        if "fields" not in known:
            blocks.append({part: told for part, told in known.items() if part != "accessory"})
        if (known.get("accessory") or {}).get("type") == "button":
            break
    # A terminal leaves out what Slack shows beside a deadline: the same time in UTC.
    whole = json.loads(re.sub(r" \((\d\d:\d\d) UTC\)", r" \1", json.dumps(blocks, ensure_ascii=False)))
    lines = [line for line in MessageReader.of(run, NOW, UTC).lines(whole) if line.kind != "command"]
    said = "\n".join(line.text for line in lines).replace(" UTC", "")  # Slack shows each reader's own zone
    return len(_WORD.findall(_LENGTH.sub("length ", said)))


def posts_of(run: Run) -> Mapping[str, Message]:
    """The card of a run that stands at a step, and that step's post."""
    step = run.here.step or ""
    post = signoff_message(run) if waits_for_signatures(run) else step_message(run, step, run.visits[step])
    return {"card": card(run), "post": post}


@pytest.mark.parametrize("name", sorted(BOOKS))
def test_before_the_first_button_stand_few_words(name: str) -> None:
    """60 on a plain step, 90 where something is destroyed, 110 on a sign-off: on the card, and on the step's post."""
    too_many: dict[str, int] = {}
    for step, run in stops(name):
        for where, message in posts_of(run).items():
            words = words_before_a_button(run, message)
            if words > BARS[kind_of(step)]:
                too_many[f"{step.id} ({where})"] = words
    assert too_many == {}


@pytest.mark.parametrize("name", sorted(BOOKS))
def test_nothing_that_destroys_is_there_to_be_copied_before_it_is_begun(name: str) -> None:
    """Neither the command nor the one that takes it back, on its own card and on those of its sign-offs."""
    found = []
    for step, run in stops(name):
        bound = [one for one, by in run.book.signoffs_of.items() if any(signoff.id == step.id for signoff in by)]
        for one in (run.book.by_id[id_] for id_ in (step.id, *bound)):
            if kind_of(one) != "destroy":
                continue
            shown = show_step(run, one)
            commands = [
                text for text in (shown.command, shown.undo) if text and not text.startswith(("No undo", "Step "))
            ]
            for where, message in posts_of(run).items():
                said = "\n".join(line.text for line in MessageReader.of(run, NOW, UTC).lines(list(message.blocks)))
                found += [f"{step.id} ({where}): {text}" for text in commands if " ".join(text.split()[:3]) in said]
    assert found == []
