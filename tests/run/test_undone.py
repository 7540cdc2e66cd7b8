"""What was switched off and not switched on again is known from the record."""

from bot.format.ways import changes_kept, changes_left
from bot.render.card import card
from bot.render.report.verdict import still_open
from bot.run.commands import Stop
from tests.run.test_timeline import told
from tests.story import Story

BLOCK = """
vars: {}
steps:
  - {id: block, run: Block the role, effect: change, undo: {step: unblock}, exec: {argv: [block]},
     go: {ok: look, fail: hold, timeout: hold}}
  - {id: look, do: Look at it, go: {ok: unblock}}
  - {id: unblock, run: Let the role in again, effect: change, undo: {step: block}, exec: {argv: [unblock]},
     go: {ok: over, fail: hold, timeout: hold}}
  - {id: over, end: Close, outcome: recovered}
  - {id: hold, decide: Hold, who: lead, go: {unsure: hold},
     options: [{id: a, label: Stop, when: A., go: over}, {id: b, label: Back in, when: B., go: unblock}]}
"""


def test_a_change_is_left_until_its_undo_went_well() -> None:
    blocked = Story(BLOCK).started().begin().done().at_step("look")
    walked = [(one.step, one.exit) for one in blocked.run.done]
    assert changes_left(blocked.book, walked) == (("block", "unblock"),)
    stopped = blocked.when("ana", Stop("Enough"))
    assert [one.title for one in told(stopped).left] == ["Block the role"]
    finished = Story(BLOCK).started().begin().done().done().begin().done()
    assert finished.run.over
    assert told(finished).left == (), "what takes back a change is none itself"


def test_a_change_that_a_command_takes_back_is_said_to_be_kept() -> None:
    """Whether somebody typed the command is not in the record; one that failed, or has no way back, is not listed."""
    by_command = BLOCK.replace("undo: {step: unblock}", "undo: {argv: [unblock, everybody]}")
    story = Story(by_command).started().begin().done()
    walked = [(one.step, one.exit) for one in story.run.done]
    assert (changes_left(story.book, walked), changes_kept(story.book, walked)) == ((), ("block",))
    assert changes_kept(story.book, [("block", "fail")]) == ()
    assert changes_kept(Story(BLOCK).book, walked) == ()
    assert "kept" not in str(card(story.run).blocks)
    over = story.when("ana", Stop("Enough"))
    assert "*Changed, and kept unless somebody took it back by its command:* “Block the role”" in str(
        card(over.run).blocks
    )
    assert [(one.title, one.undo, one.undo_title) for one in told(over).left] == [
        ("Block the role", "", "unblock everybody")
    ]
    assert (
        "“Block the role” was changed and kept, unless somebody took it back by its command: unblock everybody"
        in str(list(still_open(told(over))))
    )


def test_a_change_of_which_nobody_knows_how_it_ended_may_hold_and_one_that_failed_does_not() -> None:
    assert changes_left(Story(BLOCK).book, [("block", "timeout")]) == (("block", "unblock"),)
    assert changes_left(Story(BLOCK).book, [("block", "fail")]) == ()
