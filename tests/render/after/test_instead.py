"""After “not needed here” the right runbook is a press away, and its start form holds what was typed."""

from typing import Any

from bot.format.catalogue import Asset
from bot.render.card import card
from bot.render.dialog.start_form import Stakes, draw_start
from bot.render.instead import INSTEAD, read_instead, typed_before, which_asset
from tests.render.forms import read_view
from tests.story import Story, book_of

ROWS = book_of("""
id: rows
title: Rows are missing
not_for:
  - {when: The disk is full., use: disk}
  - {when: Nothing is missing., use: Ask the owner of the report.}
inputs:
  seen: {type: text, ask: "What is missing?", required: true}
  since: {type: timestamp, ask: "Since when?"}
  token: {type: secret, ask: A token}
steps:
  - id: which
    decide: Choose what is damaged
    options:
      - {id: rows, label: Rows are wrong, when: A SELECT shows wrong rows., go: done}
      - {id: other, label: Something else, when: The rows are right., go: not_this}
    go: {unsure: hold}
  - {id: done, end: Close the run, outcome: recovered}
  - {id: not_this, end: This was something else, outcome: not_applicable}
  - {id: hold, do: Look, go: {ok: done}}
""")
DISK = book_of("""
id: disk
title: Disk full
inputs:
  error: {type: text, ask: "What does the error say?", required: true}
  since: {type: timestamp, ask: "Since when is it full?"}
  token: {type: secret, ask: A token}
steps:
  - {id: first, do: Delete old logs, go: {ok: done, problem: hold}}
  - {id: done, end: Close the run, outcome: recovered}
  - {id: hold, do: Look, go: {ok: done}}
""")
ORDERS = Asset(id="orders-db", name="Orders", type="pg", tier=1, owner="data")
TYPED = {"seen": "Half of order_lines", "since": "2026-11-22T10:00:00+01:00", "token": "hush"}


def over(option: str = "other") -> Story:
    story = Story(ROWS, inputs=TYPED, mode="drill", damage_began="2026-11-22T09:00:00+01:00").started()
    return story.choose(option)


def buttons(story: Story) -> list[dict[str, Any]]:
    blocks: list[Any] = list(card(story.run).blocks)
    return [block["accessory"] for block in blocks if (block.get("accessory") or {}).get("action_id") == INSTEAD]


def test_the_closing_card_offers_what_it_may_be_instead() -> None:
    """By its signs; whom to ask where no runbook is named. An end of another kind offers nothing."""
    story = over()
    assert [read_instead(one["value"]) for one in buttons(story)] == [(story.run.id, "disk", "")]
    said = str(card(story.run).blocks)
    assert "The disk is full. → disk" in said
    assert "Nothing is missing. → Ask the owner of the report." in said
    assert buttons(over("rows")) == []


def test_its_start_form_holds_what_was_typed() -> None:
    """Names that both have, the words that each asks for, when it began, and the mode. A secret is typed anew."""
    form = "\n".join(read_view(draw_start(Stakes(ORDERS, None, (DISK,), typed=typed_before(over().run, DISK)))))
    for said in ("Half of order_lines", "22 Nov 2026 10:00 +01:00", "22 Nov 2026 09:00 +01:00"):
        assert said in form
    assert "hush" not in form
    assert typed_before(over().run, DISK)["f:mode"] == "drill"


def test_where_several_assets_have_it_one_is_chosen_first() -> None:
    assets = [
        Asset(
            id=f"db-{region}",
            name="Orders",
            type="pg",
            tier=1,
            owner="data",
            facts={"region": region},
            tell_apart=("region",),
        )
        for region in ("eu", "us")
    ]
    run = over().run
    view: Any = which_asset(run, DISK, assets)
    assert [read_instead(block["accessory"]["value"]) for block in view["blocks"][1:]] == [
        (run.id, "disk", "db-eu"), (run.id, "disk", "db-us"),
    ]  # fmt: skip
    assert "region us" in "\n".join(read_view(view))
