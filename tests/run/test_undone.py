"""What was switched off and not switched on again is known from the record."""

from bot.format.ways import changes_left
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


def test_a_change_of_which_nobody_knows_how_it_ended_may_hold_and_one_that_failed_does_not() -> None:
    assert changes_left(Story(BLOCK).book, [("block", "timeout")]) == (("block", "unblock"),)
    assert changes_left(Story(BLOCK).book, [("block", "fail")]) == ()
