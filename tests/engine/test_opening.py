"""A start as the catalogue has it: roles with whoever is on call first, the frozen ladder, the pinned texts."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.engine.opening import StartRequest, plan_call, plan_start
from bot.library.parse import parse_runbook
from bot.library.registry import Registry, load_shelf
from bot.oncall.roster import FeedCopy, Roster
from bot.run.commands import Refused
from bot.run.evolve import evolve
from bot.run.law.starting import start_run
from bot.run.places import InCall
from bot.run.situation import AssetAsItWas, FrozenRung, Somebody, Stamp
from bot.run.state import Run, Unstarted
from tests.oncall.test_feed import calendar
from tests.slack.folder import book, write_folder

AT = datetime(2026, 1, 13, 12, tzinfo=UTC)
"""Ben's week."""
WISH = StartRequest(
    "orders-db", "rows-wrong", "live", "dora", {"damage_text": "x"}, "2026-01-13T11:00Z", "why", "C0INC"
)
CALLING = book("caller", "Something is wrong", "It is wrong.").replace(
    "  - {id: gone,",
    "  - {id: other, call: Recover the other one, runbook: rows-gone, with: {asset: orders-archive}, max_visits: 2,\n"
    "     go: {recovered: target, else: hold}}\n  - {id: gone,",
).replace("when: Nothing helps., go: gone}", "when: Nothing helps., go: other}")  # fmt: skip


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    folder = write_folder(tmp_path)
    (folder / "caller.yaml").write_text(CALLING)
    catalogue = (folder / "catalogue.yaml").read_text()
    (folder / "catalogue.yaml").write_text(
        catalogue.replace("[rows-wrong, rows-gone", "[caller, rows-wrong, rows-gone")
    )
    loaded = load_shelf(folder)
    assert "caller" in loaded.runbooks, loaded.problems
    return loaded


def test_roles_name_whoever_is_on_call_first(registry: Registry) -> None:
    """Next week it is Chen; a role that names a team is led by the one on call in it, too."""
    roles = plan_start(registry, WISH, AT).start.roles
    assert roles == {
        "operator": ("ben", "ana", "chen"), "lead": ("chen", "dora"),
        "peer": ("ben", "ana", "chen"), "data_owner": ("ben", "dora"),
    }  # fmt: skip
    assert plan_start(registry, WISH, AT.replace(day=20)).start.roles["operator"] == ("chen", "ana", "ben")


def test_the_situation_is_frozen(registry: Registry) -> None:
    start = plan_start(registry, WISH, AT).start
    assert start.asset == AssetAsItWas(
        "orders-db", "Orders database", 1, "postgres", "data-platform", {"host": "pg-orders-1"}, 300, 14_400
    )
    assert start.rungs == (
        FrozenRung(0, ("rotation:dba",), ("ben",), ("slack",), 1),
        FrozenRung(600, ("team:leads",), ("chen", "dora"), ("slack", "pager"), 2),
    )
    assert {one.id: one.slack for one in start.people} == {
        "ana": "U0ANA", "ben": "U0BEN", "chen": "U0CHEN", "dora": "U0DORA",
    }  # fmt: skip
    assert (start.owner_channel, start.channel, start.reason) == ("C0DATA", "C0INC", "why")
    assert (start.inputs, start.damage_began) == ({"damage_text": "x"}, "2026-01-13T11:00Z")


def test_a_feed_says_who_is_called_first(registry: Registry) -> None:
    """With its last good copy Ana alone, and first in her role; without one everybody of the rotation. So in a call."""
    folder = registry.path / "catalogue.yaml"
    words = folder.read_text(encoding="utf-8")
    turns = 'timezone: Europe/Madrid, starts: "2026-01-05T09:00", turn: 7d,\n     order: [ana, ben, chen]'
    assert turns in words
    folder.write_text(words.replace(turns, 'ics: "env:DBA_ICS"'), encoding="utf-8")
    registry.reload()
    assert registry.catalogue.rotations["dba"].ics == "env:DBA_ICS", registry.problems
    text = calendar("SUMMARY:Chen Wei|DTSTART:20260112T090000Z|DTEND:20260119T090000Z")
    roster = Roster(lambda: registry.catalogue.people, lambda _: FeedCopy(text, AT))
    caller = called(registry, "orders-db")
    sub_run = plan_call(registry, registry.by_digest, AT, caller, roster)  # type: ignore[arg-type]
    for plan in (plan_start(registry, WISH, AT, roster), sub_run):
        assert plan.start.rungs[0].people == ("chen",)
        assert plan.start.roles["operator"] == ("chen", "ana", "ben")
    assert plan_start(registry, WISH, AT).start.rungs[0].people == ("ana", "ben", "chen")


def test_people_are_kept_with_what_reaches_them(registry: Registry) -> None:
    """Their zone, their quiet hours, their own channels and those of their teams."""
    folder = registry.path / "catalogue.yaml"
    words = folder.read_text(encoding="utf-8").replace(
        "slack: U0CHEN}", 'slack: U0CHEN, timezone: Asia/Singapore, quiet: {from: "22:00", to: "07:00"},\n'
        '     pager: ["env:CHEN_SMS"]}',
    ).replace("members: [chen, dora]", 'members: [chen, dora], pager: ["env:LEADS_NTFY"]')  # fmt: skip
    folder.write_text(words, encoding="utf-8")
    registry.reload()
    people = {one.id: one for one in plan_start(registry, WISH, AT).start.people}
    assert people["chen"] == Somebody(
        "chen", "Chen Wei", "U0CHEN", "Asia/Singapore", ("22:00", "07:00"), ("env:CHEN_SMS", "env:LEADS_NTFY")
    )
    assert people["dora"].pagers == ("env:LEADS_NTFY",)
    assert people["ana"].pagers == ()


def test_the_texts_of_all_that_may_be_walked_are_pinned(registry: Registry) -> None:
    plan = plan_start(registry, replace(WISH, runbook="caller"), AT)
    assert plan.word == "ORDERS"
    assert plan.start.ref == ""
    assert set(plan.start.calls) == {"rows-gone"}
    assert set(plan.texts) == {plan.start.digest, plan.start.calls["rows-gone"]}
    assert {parse_runbook(text).id for text in plan.texts.values()} == {"caller", "rows-gone"}


def test_somebody_who_is_in_no_role_is_among_the_people_only_when_the_catalogue_knows_them(registry: Registry) -> None:
    plan = plan_start(registry, replace(WISH, asset="orders-archive", runbook="rows-gone", by="slack:T0/U0EVE"), AT)
    assert "slack:T0/U0EVE" not in {one.id for one in plan.start.people}
    assert plan.start.rungs == ()


@pytest.mark.parametrize(
    ("wish", "words", "field"),
    [
        (replace(WISH, asset="nowhere"), "no asset", None),
        (replace(WISH, runbook="nothing"), "Choose what you see", "runbook"),
        (replace(WISH, asset="billing-db"), "Choose what you see", "runbook"),
    ],
)
def test_what_is_not_there_any_more_is_said(
    registry: Registry, wish: StartRequest, words: str, field: str | None
) -> None:
    with pytest.raises(Refused, match=words) as refused:
        plan_start(registry, wish, AT)
    assert refused.value.field == field
    assert plan_start(registry, WISH, AT).book.id == "rows-wrong"


def called(registry: Registry, asset: str) -> Run:
    """A run that waits for a run on another asset."""
    plan = plan_start(registry, replace(WISH, runbook="caller"), AT)
    stamp = Stamp(AT, "ben", "slack")
    state: Run | Unstarted = Unstarted("run-1", plan.book)
    for event in start_run(Unstarted("run-1", plan.book), replace(plan.start, ref="ORDERS-1"), stamp):
        state = evolve(state, event, stamp)
    assert isinstance(state, Run)
    waits = InCall("other", 1, AT, "child", "rows-gone", plan.start.calls["rows-gone"], asset, {})
    return replace(state, here=waits)


def test_a_called_run_has_the_people_of_its_own_asset(registry: Registry) -> None:
    def book_of(digest: str) -> object:
        return registry.by_digest(digest)

    plan = plan_call(registry, book_of, AT, called(registry, "orders-archive"))  # type: ignore[arg-type]
    assert plan.start.asset.id == "orders-archive"
    assert plan.start.roles["operator"] == ("ben", "ana", "chen")
    assert plan.book.id == "rows-gone"
    with pytest.raises(Refused, match="no asset"):
        plan_call(registry, book_of, AT, called(registry, "nowhere"))  # type: ignore[arg-type]


FIVE_LINES = """\
schema: runbook/v1
title: Disk full
steps:
  - do: Find the biggest folder
  - do: Delete old logs
"""


def test_a_draft_of_five_lines_is_drilled_and_keeps_the_version_that_it_began_with(tmp_path: Path) -> None:
    """Everybody may act in it; what was left out is pinned with it, and a change of the folder is a new version."""
    folder = write_folder(tmp_path)
    (folder / "disk-full.yaml").write_text(FIVE_LINES)
    catalogue = (folder / "catalogue.yaml").read_text()
    named = catalogue.replace("[rows-wrong, rows-gone", "[disk-full, rows-wrong, rows-gone")
    (folder / "catalogue.yaml").write_text(named)
    registry = load_shelf(folder)
    plan = plan_start(registry, replace(WISH, runbook="disk-full", mode="drill", inputs={}), AT)
    assert set(plan.start.roles["operator"]) == set(plan.start.roles["lead"]) == set(registry.catalogue.people)
    pinned = plan.texts[plan.start.digest]
    assert parse_runbook(pinned).by_id.keys() == plan.book.by_id.keys()
    (folder / "defaults.yaml").write_text("schema: defaults/v1\npolicy: {human: {nudge: 3m}}\n")
    registry.reload()
    after = plan_start(registry, replace(WISH, runbook="disk-full", mode="drill", inputs={}), AT)
    assert after.start.digest != plan.start.digest
    assert registry.text_of(plan.start.digest) == pinned
