"""The shipped PostgreSQL recovery is walked to its ends, with Ana operating and somebody else signing."""

import re
from pathlib import Path

import pytest

from bot.library.registry import load_shelf
from bot.run.commands import Watch
from bot.run.events import Begun
from bot.run.places import AwaitingSignature, Over
from bot.run.situation import AssetAsItWas, Somebody
from tests.story import NOON, Story

SHELF = load_shelf(Path(__file__).parents[2] / "runbooks")
BOOK = SHELF.runbooks["postgres-pitr"]
ANSWERS = {
    "table_name": "order_lines",
    "damage_time": "2026-11-22T11:30:00+00:00",
    "target_time": "2026-11-22T11:29:50+00:00",
    "backup_label": "20261122-040003F",
    "sessions": "0",
    "merge_rows": "120",
    "merged_rows": "120",
    "owner_count": "4000",
    "live_count": "4000",
}
GOOD = {"which_damage": "rows", "compare_space": "fits", "look_at_rows": "right", "more_tables": "done"}
SIGNERS = {
    "approve_point": ("ben",),
    "approve_merge": ("dora",),
    "approve_switch": ("ben", "dora"),
    "accept_data": ("dora",),
}


def story() -> Story:
    """The run as it starts on the orders database, everything taken from the shipped catalogue."""
    catalogue = SHELF.catalogue
    asset = catalogue.assets["orders-db"]
    people = tuple(Somebody(one.id, one.name, one.slack) for one in catalogue.people.values())
    roles = {role: catalogue.members(who) for role, who in BOOK.roles.items()}
    as_it_was = AssetAsItWas(asset.id, asset.name, asset.tier, asset.type, asset.owner, facts=asset.facts)
    inputs = {"damage_seen": "Order lines of the morning are gone, seen by support."}
    return Story(BOOK, asset=as_it_was, people=people, roles=roles, inputs=inputs).started()


def press(tale: Story, choices: dict[str, str]) -> None:
    """What a person presses where the run stands."""
    here = tale.here
    assert here is not None
    step = BOOK.by_id[here]
    if step.id in SIGNERS and isinstance(tale.run.here, AwaitingSignature):
        readback = getattr(step, "readback", None)
        for signer in SIGNERS[step.id]:
            tale.sign(signer, str(tale.value(readback)) if readback else "")
    elif step.kind == "decide":
        tale.choose(choices[step.id], by="chen" if step.who == "lead" else "ana")
    elif step.kind == "do":
        var = step.answer.var if getattr(step, "answer", None) else ""  # type: ignore[union-attr]
        tale.done("dora" if step.who == "data_owner" else "ana", **({var: ANSWERS[var]} if var else {}))
    else:
        run_by_hand(tale)
    assert tale.refusal is None, f"{here}: {tale.refusal}"
    assert tale.here != "hold", f"{here} led to the exception: {tale.last}"


def run_by_hand(tale: Story) -> None:
    """Somebody watches where that is asked for, then the command is begun and done."""
    step = BOOK.by_id[tale.here or ""]
    if getattr(step, "witness", None):
        tale.at_visit(Watch, "chen")
    destroys = getattr(step, "effect", "") == "destroy"
    if BOOK.begins_by_hand(step):
        tale.begin(typed="Orders database" if destroys else "").then(Begun)
    said = {name: ANSWERS[name] for name in getattr(step, "capture", {}) if name in ANSWERS}
    tale.done(**said)


@pytest.mark.parametrize(("way", "most"), [("merge", 30), ("switch", 32)])
def test_both_ways_lead_to_recovered_in_a_sane_number_of_steps(way: str, most: int) -> None:
    """Ben signs the target, Dora the merge and the data; the switch takes one of each role."""
    tale = story()
    visited: list[str | None] = []
    while not isinstance(tale.run.here, Over):
        visited.append(tale.here)
        assert len(visited) <= most, visited
        press(tale, GOOD | {"how_back": way})
    assert tale.run.here.outcome == "recovered"
    assert {"approve_point", "accept_data"} <= set(visited)


def test_the_operator_signs_nothing() -> None:
    """Ana asks and operates; her approval is refused where Ben’s counts."""
    tale = story()
    while tale.here != "approve_point":
        press(tale, GOOD)
    tale.sign("ana", ANSWERS["target_time"])
    assert tale.refusal is not None
    tale.sign("ben", ANSWERS["target_time"]).at_step("restore")


def test_the_target_may_move_later_without_a_new_restore_and_earlier_only_with_one() -> None:
    tale = story()
    while tale.here != "look_at_rows":
        press(tale, GOOD)
    tale.choose("early").done(target_time="2026-11-22T11:29:58+00:00").at_step("set_later")
    for _ in range(3):
        press(tale, GOOD)
    tale.at_step("look_at_rows").choose("late").at_step("stop_copy")
    press(tale, GOOD)
    tale.at_step("set_target")


def test_every_text_is_filled_from_the_shipped_facts() -> None:
    """No asset that uses the runbook lacks a fact that it names."""
    named = {part for part in _facts() if part not in {"id", "name", "tier"}}
    assert named
    for asset in SHELF.catalogue.assets.values():
        if BOOK.id in asset.runbooks:
            assert named <= asset.facts.keys(), f"{asset.id} lacks {named - asset.facts.keys()}"


def _facts() -> set[str]:
    kept = SHELF.kept(BOOK.id)
    assert kept is not None
    return set(re.findall(r"\{\{ asset\.([a-z_]+)", kept.text))


def test_the_story_starts_after_the_damage() -> None:
    assert NOON.isoformat() > ANSWERS["damage_time"]
