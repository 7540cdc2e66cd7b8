"""The command line answers at once, in sentences, with an exit code that means something."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError

from bot.cli import COMMANDS, Commands, main
from bot.cli.failures import COULD_NOT, in_words
from bot.settings import BadSettings, SettingProblem
from bot.wiring.house import CannotServe


def test_help_names_every_command_and_loads_none() -> None:
    """Only what the table says is printed, so that no command's imports are paid for."""
    script = (
        "import sys; from click.testing import CliRunner; from bot.cli import main\n"
        "print(CliRunner().invoke(main, ['--help']).stdout)\n"
        "sys.exit([n for n in sys.modules if n.startswith(('slack', 'sqlalchemy', 'starlette', 'pydantic'))] or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


def test_whoever_writes_pays_for_no_database() -> None:
    """`check` reads files: loading the record's library took longer than the look at a thousand of them."""
    script = (
        "import sys; from click.testing import CliRunner; from bot.cli import main\n"
        "done = CliRunner().invoke(main, ['check', 'runbooks']); assert done.exit_code == 0, done.output\n"
        "sys.exit([n for n in sys.modules if n.startswith(('slack_sdk', 'sqlalchemy', 'bot.journal'))] or 0)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_exists_and_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert f"main {name}" in result.output


def test_a_command_that_is_not_there_is_refused() -> None:
    result = CliRunner().invoke(main, ["recover"])
    assert result.exit_code == 2
    assert "No such command 'recover'" in result.output
    assert "Did you mean" not in result.output


def test_a_slip_of_the_finger_is_told_the_command_that_was_meant() -> None:
    result = CliRunner().invoke(main, ["chek"])
    assert result.exit_code == 2
    assert "Did you mean one of: 'check'" in result.output


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (CannotServe("Make the folder first."), "Make the folder first."),
        (PermissionError(13, "Permission denied", "/etc/x"), "Permission denied"),
        (OperationalError("SELECT 1", {}, Exception("no route\nto host")), "The database cannot be used: no route\n"),
        (
            BadSettings((SettingProblem("A", "is odd.", "Write 1."),)),
            "One setting cannot be used:\n  A: is odd. Write 1.",
        ),
        (ZeroDivisionError("by xoxb-123456-secret"), "This is a fault of Handrail."),
    ],
)
def test_what_breaks_is_said_in_words(failure: Exception, words: str) -> None:
    said = in_words(failure)
    assert words in said.message
    assert said.exit_code == COULD_NOT
    assert "secret" not in said.message


def test_a_traceback_is_for_who_asks_for_it() -> None:
    """Everybody else reads a sentence."""

    class Broken(Commands):
        def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
            return click.Command(name, callback=breaks)

    def breaks() -> None:
        raise CannotServe("The disk is full.")

    group = Broken(params=[click.Option(["--traceback"], is_flag=True)], callback=lambda **_: None)
    told = CliRunner().invoke(group, ["log"])
    assert (told.exit_code, told.stderr) == (COULD_NOT, "✗ The disk is full.\n")
    raised = CliRunner().invoke(group, ["--traceback", "log"])
    assert isinstance(raised.exception, CannotServe)


def test_bad_settings_stop_the_start_all_at_once(tmp_path: Path) -> None:
    environment = {"SLACK_BOT_TOKEN": "hunter2", "HANDRAIL_HTTP": "8080", "HANDRAIL_RUNBOK": str(tmp_path)}
    result = CliRunner(env=environment).invoke(main, ["serve"])
    assert result.exit_code == COULD_NOT
    assert result.stderr.startswith("✗ 3 settings cannot be used:\n")
    assert "hunter2" not in result.stderr


def test_serve_says_what_it_needs(tmp_path: Path) -> None:
    result = CliRunner(env={"DATABASE_URL": f"sqlite:///{tmp_path}/x.db"}).invoke(main, ["serve"])
    assert result.exit_code == COULD_NOT
    assert "SLACK_BOT_TOKEN is not set" in result.stderr.replace(":", "")
    assert "handrail try" in result.stderr
