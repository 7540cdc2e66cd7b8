"""A step's own post: in full while people act on it, one line once it is over."""

from syrupy.assertion import SnapshotAssertion

from bot.format.pieces import read_instant
from bot.format.runbook import Runbook
from bot.render.message import command_block, slack_value
from bot.render.step import step_message
from bot.run.commands import GoBack, Skip, Stop, Watch
from bot.run.state import but
from tests.render.channel import Channel, assert_sendable, read
from tests.render.stories import at_call, at_look, at_restore, at_wipe, returned
from tests.render.walk import BOOK, TARGET
from tests.story import Story


def test_the_post_of_a_step_says_what_the_card_says(snapshot: SnapshotAssertion) -> None:
    """Whose turn, the same words and the same buttons."""
    assert read(step_message(at_restore().run, "restore", 1)) == snapshot


def test_every_finished_step_is_one_line(snapshot: SnapshotAssertion) -> None:
    """What, who, when, how long, the answer."""
    story = returned(at_call())
    lines = [read(step_message(story.run, visit.step, visit.visit)) for visit in story.run.done]
    assert all(len(line) == 2 for line in lines)
    assert lines == snapshot


def test_a_visit_is_told_apart_from_the_one_before() -> None:
    """The first visit stays one line with its own end, while the second is walked."""
    story = at_look().done().at_visit(GoBack, to="look", reason="Another table")
    assert "Done" in read(step_message(story.run, "look", 1))[1]
    assert "[Done primary]" in "\n".join(read(step_message(story.run, "look", 2)))
    assert "Went back" in read(step_message(story.run, "when", 1))[1]


def test_a_skipped_step_gives_its_reason_and_an_unfinished_one_says_so() -> None:
    story = at_look().at_visit(Skip, reason="Seen already").when("ana", Stop("Enough"))
    assert "“Seen already”" in read(step_message(story.run, "look", 1))[1]
    assert "The run ended before this was done" in read(step_message(story.run, "when", 1))[1]


def test_an_answer_is_shown_when_others_may_see_it() -> None:
    """The value stands on the line; a blind one only once it was compared."""
    story = at_look().done().done(target_time=TARGET)
    assert f"*{slack_value(read_instant(TARGET))}*" in read(step_message(story.run, "when", 1))[1]
    blind = at_wipe().at_visit(Watch, by="ben").begin(typed="orders-db").done().done(by="dora", counted="4711")
    assert "4711" not in str(step_message(blind.run, "owner", 1))
    assert "*4711*" in read(step_message(blind.begin().done(live="4711").run, "owner", 1))[1]


def test_a_secret_never_stands_there() -> None:
    text = BOOK.model_dump(by_alias=True, mode="json", exclude_none=True)
    text["steps"][0]["answer"] = {"var": "token"}
    story = Story(Runbook.model_validate(text)).started().done(token="hunter2")
    assert story.refusal is None
    assert all("hunter2" not in line for post in Channel(story).read_thread() for line in post)


def test_a_wait_says_how_long_and_what_to_look_for() -> None:
    text = BOOK.model_dump(by_alias=True, mode="json", exclude_none=True)
    looked = {"every": "30s", "exec": {"argv": ["state"]}, "until": {"all": [{"var": "stdout", "eq": "paused"}]}}
    first, second = (
        {"id": "look", "wait": "Wait for it", "go": {"ok": "when"}} | how for how in ({"for": "10m"}, {"poll": looked})
    )
    for step, words in ((first, "wait 10 min"), (second, "look every 30 s")):
        story = Story(Runbook.model_validate(text | {"steps": [step, *text["steps"][1:]]})).started()
        assert words in "\n".join(read(step_message(story.run, "look", 1)))


def test_a_command_too_long_for_slack_is_cut_and_says_not_to_run_it() -> None:
    """3,000 signs are shown whole; one more is cut, with a warning instead of a half command."""
    whole, cut = command_block("x" * 3_000), command_block("x" * 3_001)
    assert "do not run it" not in str(whole)
    assert "do not run it" in str(cut)


def test_a_command_shows_signs_that_are_not_seen() -> None:
    """What turns the order of reading round, or hides, is named: what is read is what is run."""
    shown = str(command_block("rm a\u202ecod.txt\u200b")["elements"])
    assert "\\\\u202e" in shown
    assert "\\\\u200b" in shown


def test_a_title_longer_than_a_heading_is_there_in_full() -> None:
    text = BOOK.model_dump(by_alias=True, mode="json", exclude_none=True)
    text["steps"][0]["do"] = "Look at {{ asset.db }}" + "." * 120
    asset = at_look().command.asset
    long = type(asset)(asset.id, asset.name, 1, "postgres", "x", facts={"db": "d" * 400, "copy": "c", "host": "h"})
    story = Story(Runbook.model_validate(text), asset=long).started()
    message = step_message(story.run, "look", 1)
    assert_sendable(message)
    assert any("d" * 400 in line for line in read(message))


def test_a_drill_says_beside_the_command_whether_it_is_run() -> None:
    """As the author has it; a live run says nothing of drills."""
    written = BOOK.model_dump(by_alias=True, mode="json", exclude_none=True)
    said = {
        "simulate": "Do not run this",
        "skip": "Leave this out",
        "run": "done in a drill too",
        None: "Touch nothing live",
    }
    for drill, words in said.items():
        look = {name: value for name, value in written["steps"][0].items() if name != "drill"}
        book = Runbook.model_validate(
            written | {"steps": [look | ({"drill": drill} if drill else {}), *written["steps"][1:]]}
        )
        told = read(step_message(Story(book, mode="drill", inputs={"damage": "x"}).started().run, "look", 1))
        assert any(line.startswith("section: :no_entry: *") and words in line for line in told)
        live = read(step_message(Story(book, inputs={"damage": "x"}).started().run, "look", 1))
        assert not any("no_entry" in line for line in live)


def test_a_hold_says_why_and_the_way_back_comes_first() -> None:
    """The lead reads what the operator saw, without looking for it in the thread."""
    story = at_restore().begin().problem(note="the disk is full")
    told = read(step_message(story.run, "hold", 1))
    assert any("the disk is full" in line for line in told)
    buttons = [line.rpartition("[")[2] for line in told[2:] if line.endswith("]")]
    assert buttons[:2] == ["Back to where we were]", "Stop the run]"]


def test_what_is_right_may_be_said_in_words_and_whether_it_may_be_done_again() -> None:
    """`done_means` on a `do` too; a command that changes something says whether a second time does harm."""
    text = BOOK.model_dump(by_alias=True, mode="json", exclude_none=True)
    text["steps"][0]["done_means"] = "You have seen the damage with your own eyes."
    shown = read(step_message(Story(Runbook.model_validate(text)).started().run, "look", 1))
    assert "context: *Right when:* You have seen the damage with your own eyes" in shown
    assert any("once only" in line for line in read(step_message(at_wipe().run, "wipe", 1)))
    run = at_restore().run
    next(one for one in text["steps"] if one["id"] == "restore")["idempotent"] = True
    shown = read(step_message(but(run, book=Runbook.model_validate(text)), "restore", 1))
    assert any("may be done again" in line for line in shown)


def test_what_destroys_says_so_once_the_press_is_possible() -> None:
    """Before somebody watches there is a caution and no Begin; from then on it is red, in colour and in words."""
    before = "\n".join(read(step_message(at_wipe().run, "wipe", 1)))
    ready = "\n".join(read(step_message(at_wipe().at_visit(Watch, by="ben").run, "wipe", 1)))
    assert "Caution: The rows of today are overwritten." in before
    assert "[Begin" not in before
    assert "First Ben Okafor or Chen Wei (a peer) presses *I am watching*" in before
    assert ":red_circle: This destroys: The rows of today are overwritten." in ready
    assert "[Begin danger]" in ready
