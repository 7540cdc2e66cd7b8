"""Whole walks at a real terminal: keys in, and what stands on the screen."""

import signal

import pytest

from bot.run.commands import Tick
from bot.run.paging.events import ToldToCall
from tests.terminal.conftest import Home
from tests.terminal.pseudo import Terminal

pytestmark = pytest.mark.slow
TARGET = "2026-11-22T11:00:00Z"


def begin(ana: Terminal) -> None:
    """From the start form to the first step."""
    ana.read_on("Rows are gone")
    ana.answer("1")
    ana.read_on("What changed?")
    ana.answer("Prices are 0")
    ana.asked("When did the damage begin?")
    ana.answer("")
    ana.asked("Live or drill?")
    ana.answer("")
    ana.wait_for("[1] Rows are wrong", "[q] Leave (the run stays open)")


def to_signing(ana: Terminal) -> None:
    ana.step("1", "Type the target time", "[d] Done")
    ana.form("d", "Recovery target, with offset")
    ana.answer(TARGET)
    ana.wait_for("Approve the target", "[a] Approve")


def sign_target(home: Home) -> None:
    """Dora reads what is to be signed and reads the target back, wrongly first."""
    with home.sit("dora", "walk", "--resume", "ORDERS-1") as dora:
        dora.wait_for("What will happen", "claimed by Ana Ruiz", "Expires at", "[a] Approve…")
        dora.press("a")
        dora.read_on("Type the target time Read it above")
        dora.answer("2026-11-22T12:00:00Z")
        dora.asked("Not taken: That is not what is being signed.")
        dora.answer(TARGET)
        dora.wait_for("Recorded: Approve.", "Restore the rows")
        dora.press("q")
        assert dora.ended() == 0


def accept_data(home: Home) -> None:
    """Dora accepts what came back, and the run is over."""
    with home.sit("dora", "walk", "--resume", "orders-1") as dora:
        dora.wait_for("[a] Approve")
        dora.press("a")
        dora.read_on("Type the asset's name")
        dora.answer("orders-db")
        dora.wait_for("Recovered")
        dora.press("q")
        assert dora.ended() == 0
        assert "ORDERS-1 has ended. Read it: handrail log ORDERS-1" in dora.words


def test_a_whole_walk_with_a_second_person_at_their_own_terminal(home: Home) -> None:
    """Ana operates, Dora signs; each sees what the other did without pressing anything."""
    home.log_in("ana", "dora")
    with home.sit("ana", "walk", "orders") as ana:
        begin(ana)
        assert "You are Ana Ruiz." in ana.words
        to_signing(ana)
        assert "You started or ran this run" in ana.step("a", "Not recorded: You")
        sign_target(home)
        ana.wait_for("Dora Lind: signed “Approve the target”", "Restore the rows", "[b] Begin")
        ana.form("b", "Type the asset's name")
        ana.answer("orders")
        ana.wait_until(lambda shown: "Not taken: Type the name" in shown and shown.endswith("> orders"))
        ana.press("\x15")
        ana.answer("orders database")
        ana.wait_for("Recorded: Begin.", "[d] Done")
        ana.step("d", "Approve the data")
        accept_data(home)
        ana.wait_for("Recovered · closed by", "[n] Note")
        ana.form("n", "What should be on record?")
        ana.answer("Told the shop.")
        ana.asked("When did it happen?")
        ana.answer("")
        ana.wait_for("Recorded: Note.")
        ana.press("q")
        assert ana.ended() == 0
    assert home.here == "recovered"
    history = home.handler.history(home.run.id)
    people = {(stamp.via, stamp.by) for _, _, stamp in history if stamp.by != "clock"}
    assert people == {("terminal", "ana"), ("terminal", "dora")}
    assert home.kinds().count("SigningRefused") == 1
    assert home.handler.journal.verify(home.run.id).sound


def test_without_a_token_one_operates_and_cannot_sign(home: Home) -> None:
    """--as proves nothing: Dora's name without Dora's token is nobody's."""
    home.log_in("ben")
    with home.sit("nobody", "walk", "orders", "--as", "dora", "--drill") as somebody:
        somebody.asked("No token of dora is on this machine")
        somebody.answer("hrp-guessed")
        somebody.asked("That token counts no more.")
        somebody.answer("")
        somebody.asked("What do you see?")
        somebody.answer("rows are gone")
        somebody.asked("What changed?")
        somebody.answer("A table")
        somebody.asked("When did the damage begin?")
        somebody.answer("")
        somebody.wait_for("DRILL · ORDERS-1", "You are not logged in", "unverified: ")
        to_signing(somebody)
        somebody.step("a", "Not recorded: You are not logged in here")
    assert home.run.start.mode == "drill"
    assert str(home.run.operator).startswith("unverified: ")
    assert home.kinds()[-1] == "SigningRefused"


def test_ctrl_c_leaves_the_run_open_and_says_how_to_go_on(home: Home) -> None:
    """At a key and in the middle of a form."""
    home.log_in("ana")
    with home.sit("ana", "walk", "orders") as ana:
        begin(ana)
        ana.press("\x03")
        assert ana.ended() == 0
        assert "ORDERS-1 stays open. Go on: handrail walk --resume ORDERS-1" in ana.words
    with home.sit("ana", "walk", "orders") as ana:
        ana.asked("A run is open already.", "Go on with ORDERS-1")
        ana.answer("1")
        ana.wait_for("Choose the line that matches")
        ana.step("n", "What should be on record?")
        ana.press("half a sen\x03")
        assert ana.ended() == 0
        assert "ORDERS-1 stays open" in ana.words
    assert home.here == "which"
    assert "Noted" not in home.kinds()


def test_what_was_typed_for_one_page_is_no_answer_on_the_next(home: Home) -> None:
    """A key pressed twice in a hurry, and a pasted text, do one thing and nothing."""
    home.log_in("ana")
    with home.sit("ana", "walk", "orders") as ana:
        begin(ana)
        ana.step("P n p d", "Several keys came at once")
        ana.step("1", "Recorded: Rows are wrong")
        assert home.here == "target"
        ana.form("p", "Which is it?")
        ana.press("\x04")
        ana.wait_for("Nothing was recorded.")
        ana.press("x")
        ana.wait_for("Nothing happens at “x” here.")
    assert home.kinds() == ["Started", "StepEntered", "Chosen", "StepEntered"]


def test_what_the_operator_rarely_needs_has_a_key(home: Home) -> None:
    """Pause and resume, correct, go back, help."""
    home.log_in("ana")
    with home.sit("ana", "walk", "orders") as ana:
        begin(ana)
        ana.form("P", "Why?")
        ana.answer("Waiting for the vendor")
        ana.wait_for("Paused by Ana Ruiz", "[r] Resume")
        ana.step("r", "Recorded: Resume")
        ana.form("c", "Which value?")
        ana.answer("1")
        ana.asked("What should it be?")
        ana.answer("All prices are 0")
        ana.asked("Why?")
        ana.answer("Said too little")
        ana.wait_for("Recorded: Correct.")
        ana.step("1", "Type the target time", "[d] Done")
        ana.form("g", "Back to which step?")
        ana.answer("1")
        ana.asked("Why?")
        ana.answer("Chose the wrong line")
        ana.wait_for("Recorded: Go back.", "[1] Rows are wrong")
        ana.form("h", "What do you need?")
        ana.answer("")
        ana.wait_for("Recorded: I need help.")
    assert home.run.vars["damage_text"] == "All prices are 0"
    assert home.kinds()[-3:] == ["WentBack", "StepEntered", "HelpAsked"]


def test_a_run_changes_hands_between_terminals(home: Home) -> None:
    """Hand over and accept, does not match, take over, stop; and everybody sees it."""
    home.log_in("ana", "ben", "chen")
    with home.sit("ana", "walk", "orders") as ana:
        begin(ana)
        ana.form("o", "To whom?", "Ben Okafor")
        ana.answer("ben okafor")
        ana.asked("What should they know?")
        ana.answer("I go home")
        ana.wait_for("Recorded: Hand over.")
        with home.sit("ben", "walk", "--resume", "ORDERS-1") as ben:
            ben.wait_for("Ana Ruiz hands over to Ben Okafor", "[e] Accept")
            ben.form("e", "Ana Ruiz says", "I go home", "Accept?")
            ben.answer("1")
            ben.wait_for("Recorded: Accept.", "Ben Okafor operates")
            ben.form("p", "Which is it?")
            ben.answer("1")
            ben.wait_for("What do you see?")
            ben.answer("A third thing")
            ben.wait_for("Recorded: There is a problem.", "Choose how to go on")
        ana.wait_for("Ben Okafor: “Choose the line that matches” does not match")
        with home.sit("chen", "walk", "--resume", "ORDERS-1") as chen:
            chen.wait_for("[t] Take over")
            chen.step("t", "Recorded: Take over.")
            chen.form("X", "Why does it stop?")
            chen.answer("It was a test")
            chen.wait_for("Stopped · closed by Chen Wei")
    assert home.here == "aborted"


def test_a_run_that_is_not_there_is_said(home: Home) -> None:
    with home.sit("ana", "walk", "--resume", "x-1") as ana:
        assert ana.ended() == 2
        assert "There is no run x-1 here. `handrail runs` lists those that are open." in ana.words


def test_the_log_and_the_keys_are_told(home: Home) -> None:
    home.log_in("ana")
    with home.sit("ana", "walk", "orders") as ana:
        begin(ana)
        ana.step("l", "What happened in ORDERS-1", "the run began", "handrail log ORDERS-1", "Press any key")
        ana.press(" ")
        ana.wait_until(lambda shown: "Press any key" not in shown)
        ana.step("?", "Keys", "I need help", "Ctrl-D goes back")
        ana.step(" ", "[1] Rows are wrong")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 20), (40, 15)])
def test_it_fits_a_small_screen(home: Home, columns: int, rows: int) -> None:
    """The keys of the step stand at the bottom, whole, whatever the size."""
    home.log_in("ana")
    with home.sit("ana", "walk", "orders", columns=columns, rows=rows) as ana:
        begin(ana)
        shown = ana.text
        assert "[1] Rows are wrong" in shown
        assert "[h] I need help" in shown
        assert all(len(line) <= columns for line in shown.splitlines())


def test_what_is_too_long_for_the_screen_is_read_part_by_part(home: Home) -> None:
    """The keys stay where they are, and what is signed can be read from its first line."""
    home.log_in("ana", "dora")
    with home.sit("ana", "walk", "orders", rows=14) as ana:
        begin(ana)
        ana.step("1", "Type the target time", "[d] Done")
        ana.form("d", "Recovery target, with offset")
        ana.answer(TARGET)
        ana.wait_for("LIVE · ORDERS-1", "Part 1 of 2", "[a] Approve")
        ana.step(" ", "Next:", "Part 2 of 2", "[a] Approve")
        ana.step(" ", "LIVE · ORDERS-1", "Part 1 of 2")


def test_no_colour_is_needed(home: Home) -> None:
    """With NO_COLOR not one escape sets a colour; with colours there are some, so the test can see them."""
    home.log_in("ana")
    found: list[bool] = []
    colours: tuple[dict[str, str], ...] = ({"NO_COLOR": "1"}, {})
    for more in colours:
        with home.sit("ana", "walk", "orders", "--drill", more=more) as ana:
            ana.asked("1 ")
            ana.answer("2" if found else "1")
            ana.wait_for("What changed?")
            found.append("\x1b[1;36m" in ana.raw or "\x1b[33m" in ana.raw or "36m" in ana.raw)
    assert found == [False, True]


def test_a_closed_window_leaves_the_run_open(home: Home) -> None:
    home.log_in("ana")
    with home.sit("ana", "walk", "orders") as ana:
        begin(ana)
        ana.process.send_signal(signal.SIGHUP)
        assert ana.ended() != 0
    assert home.here == "which"


def test_what_takes_the_last_signer_away_is_a_question(home: Home) -> None:
    """Dora started it, so Ben alone may sign: he is asked, leaves it, is asked again, and takes over all the same."""
    home.log_in("ben", "dora")
    with home.sit("dora", "walk", "orders") as dora:
        begin(dora)
    with home.sit("ben", "walk", "--resume", "ORDERS-1") as ben:
        ben.wait_for("[t] Take over")
        ben.form("t", "too few people are left to sign", "nobody may still sign", "Take over all the same?")
        ben.answer("2")
        ben.wait_for("Not recorded: You left it as it was.")
        assert home.run.operator is None
        ben.form("t", "Take over all the same?")
        ben.answer("1")
        ben.wait_for("Recorded: Take over.")
    assert home.run.operator == "ben"


def test_nobody_is_said_to_have_been_called_where_nothing_can_send(home: Home) -> None:
    """Without a server it is for whoever sits here to call; once one works on the database, it calls."""
    home.log_in("ana")
    with home.sit("ana", "walk", "orders", columns=120, rows=40) as ana:
        begin(ana)
        ana.wait_for("Nobody has been called by Handrail:")
        assert "call Chen Wei (Slack U0CHEN) and Dora Lind (Slack U0DORA)" in " ".join(ana.words.split())
        assert "paged" not in ana.words
    told = [event for _, event, _ in home.handler.history(home.run.id) if isinstance(event, ToldToCall)]
    assert [(one.told, one.people) for one in told] == [("ana", ("chen", "dora"))]
    assert not home.run.pages.pages
    home.handler.handle(home.run.id, Tick(), "clock", "clock")
    pages = home.run.pages
    assert ([page.people for page in pages.pages], pages.by_hand) == ([("chen", "dora")], ())
