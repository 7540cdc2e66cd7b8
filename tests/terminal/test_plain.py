"""Lines one after the other: for a screen reader, a simple terminal, and answers from a pipe."""

import os
from pathlib import Path

import pytest

from bot.terminal.tokens import TokenFile
from tests.terminal.conftest import Home
from tests.warm import ROOT, Done, Wanted, python_path, run_to_end

pytestmark = pytest.mark.slow
_BOXES = range(0x2500, 0x25A0)


def pipe(home: Home, person: str, typed: str, *arguments: str) -> Done:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HANDRAIL_", "DATABASE"))}
    environment = inherited | {"PYTHONPATH": python_path()} | home.environment | home.place_of(person)
    code = "from bot.cli import main; main(prog_name='handrail')"
    return run_to_end(Wanted(code, arguments, environment, str(ROOT)), typed)


START = "1\nPrices are 0\n\n2\n"


def test_a_pipe_is_refused_unless_it_is_meant(home: Home) -> None:
    done = pipe(home, "ana", START, "walk", "orders")
    assert done.returncode == 2
    assert "A walk needs a terminal" in done.stderr
    assert "--plain" in done.stderr
    assert home.handler.open_runs() == []


def test_answers_from_a_pipe_walk_a_run_and_its_end_leaves_it_open(home: Home) -> None:
    """A wrong answer is asked again and the next line answers it; what was answered stands in the log."""
    home.log_in("ana")
    typed = f"{START}1\nd\nyesterday\n2026-11-22T11:00:00Z\nn\nTold the shop\n\n"
    done = pipe(home, "ana", typed, "walk", "orders", "--plain")
    assert done.returncode == 0, done.stderr
    assert "Not taken: Type a date and time with its offset from UTC" in done.stdout
    assert "You typed: yesterday" in done.stdout
    assert "ORDERS-1 stays open. Go on: handrail walk --resume ORDERS-1" in done.stdout
    assert home.here == "ask"
    assert home.kinds()[-1] == "Noted"
    assert home.run.vars["target_time"] == "2026-11-22T11:00:00+00:00"


def test_nothing_in_it_needs_eyes_or_colours(home: Home) -> None:
    """No box, no escape, no clearing; commands stand alone on their lines."""
    done = pipe(home, "nobody", f"{START}1\nl\n?\nq\n", "walk", "orders", "--plain")
    assert "\x1b" not in done.stdout
    assert not [sign for sign in done.stdout if ord(sign) in _BOXES]
    assert "You can type:\n  1 = Rows are wrong" in done.stdout
    assert "  h = I need help" in done.stdout
    assert "What happened in ORDERS-1" in done.stdout


def test_at_a_terminal_it_waits_and_says_what_others_did(home: Home) -> None:
    home.log_in("ana", "dora")
    with home.sit("ana", "walk", "orders", "--plain", rows=100) as ana:
        ana.asked("What do you see?")
        ana.answer("1")
        ana.asked("What changed?")
        ana.answer("Prices")
        ana.asked("When did the damage begin?")
        ana.answer("")
        ana.asked("Live or drill?")
        ana.answer("2")
        ana.wait_until(lambda shown: shown.endswith("What now?"))
        ana.answer("1")
        ana.wait_for("d = Done")
        ana.answer("d")
        ana.asked("Recovery target, with offset")
        ana.answer("2026-11-22T11:00:00Z")
        ana.wait_for("a = Approve")
        with home.sit("dora", "walk", "--resume", "ORDERS-1", "--plain", rows=100) as dora:
            dora.wait_until(lambda shown: shown.endswith("What now?"))
            dora.answer("r")
            dora.asked("Why do you reject it?")
            dora.press("\x04")
            dora.wait_for("Nothing was recorded.")
            dora.answer("r")
            dora.asked("Why do you reject it?")
            dora.answer("Wrong time")
            dora.wait_for("Recorded: Reject.")
        ana.wait_for("Dora Lind: rejected “Approve the target”: Wrong time")
        ana.press("\x03")
        assert ana.ended() == 0
        assert "\x1b" not in ana.raw.replace("\x1b[?2004h", "").replace("\x1b[?2004l", "")


def test_a_very_simple_terminal_gets_lines_by_itself(home: Home) -> None:
    with home.sit("ana", "walk", "orders", more={"TERM": "dumb"}) as ana:
        ana.asked("What do you see?")
        assert "\x1b" not in ana.raw


def test_two_people_at_one_machine_say_who_they_are(home: Home) -> None:
    """And a name that nobody has is no name."""
    home.log_in("ana")
    token = home.handler.logins.redeem(home.handler.logins.hand_out("ben"), "the same machine")[1]
    TokenFile(Path(home.place_of("ana")["XDG_CONFIG_HOME"]) / "handrail" / "tokens.json").keep("ben", token)
    both = pipe(home, "ana", "", "walk", "orders", "--plain")
    assert both.returncode == 2
    assert "--as ben" in both.stderr
    assert "--as ana" in both.stderr
    nobody = pipe(home, "ana", "", "walk", "orders", "--plain", "--as", "zoe")
    assert "The catalogue knows nobody called zoe" in nobody.stderr
