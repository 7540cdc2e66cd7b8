"""Words for people: conditions, times and commands as they are read at three in the morning."""

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.format.pieces import Test, TypedField
from bot.format.shell import shell_line
from bot.format.values import BadValue, Ground, parse_value, spoken_test

GROUND = Ground({"vars.began": "2026-11-22T03:40:00+01:00"}, {"seen_at": TypedField(type="timestamp")})


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (Test(var="seen_at", lt="{{ run.started_at }}"), "seen at is before the start of this run"),
        (Test(var="seen_at", lt="{{ vars.began }}"), "seen at is before 22 Nov 2026 03:40 +01:00"),
        (Test(var="vars.seen_at", ge="{{ vars.began }}"), "seen at is not before 22 Nov 2026 03:40 +01:00"),
        (Test(var="rows_left", lt=3), "rows left is below 3"),
        (Test(var="owner_count", eq="{{ vars.live_count }}"), "owner count is live count"),
        (Test(var="stdout", eq="paused"), "the output is paused"),
        (Test(var="exit", eq=0), "the exit code is 0"),
    ],
)
def test_a_condition_is_said_as_people_say_it(test: Test, said: str) -> None:
    assert spoken_test(test, GROUND) == said


@pytest.mark.parametrize("typed", ["2026-11-22 03:40 UTC", "2026-11-22T03:40:00Z", "2026-11-22 03:40:00 +00:00"])
def test_a_time_in_utc_may_say_so(typed: str) -> None:
    assert parse_value(TypedField(type="timestamp"), typed).endswith("+00:00")  # type: ignore[union-attr]
    with pytest.raises(BadValue, match="offset from UTC"):
        parse_value(TypedField(type="timestamp"), "2026-11-22 03:40 CET")


def test_single_quotes_in_a_command_are_held_by_double_ones() -> None:
    assert shell_line(["psql", "-c", "select 'a'"]) == '''psql -c "select 'a'"'''
    assert shell_line(["psql", "-c", "select '$x'"]) == shlex.join(["psql", "-c", "select '$x'"])


@given(st.lists(st.text("ab '\"$`\\!*\n", min_size=1, max_size=8), min_size=1, max_size=4))
def test_every_word_stays_whole(words: list[str]) -> None:
    assert shlex.split(shell_line(words)) == words


def test_a_shell_reads_the_same_words() -> None:
    words = ["it's", "a\\b'c", "'$HOME'", "'`id`'", "'\"'", "'\\'", "'\\\\'", "'\n'", "''"]
    line = shell_line(["printf", "%s\\0", *words])
    read = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert read.stdout.split("\0")[:-1] == words
