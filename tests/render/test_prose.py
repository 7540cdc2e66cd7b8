"""Small words that every surface says alike."""

import pytest

from bot.render.prose import ordinal, ordinal_word


@pytest.mark.parametrize(
    ("number", "short", "word"),
    [(1, "1st", "first"), (2, "2nd", "second"), (3, "3rd", "third"), (5, "5th", "fifth"), (6, "6th", "6th"),
     (11, "11th", "11th"), (12, "12th", "12th"), (13, "13th", "13th"), (21, "21st", "21st"), (22, "22nd", "22nd"),
     (23, "23rd", "23rd"), (111, "111th", "111th"), (121, "121st", "121st")],
)  # fmt: skip
def test_a_round_has_its_ending(number: int, short: str, word: str) -> None:
    """The twenty-first call of a ladder is no 21th."""
    assert (ordinal(number), ordinal_word(number)) == (short, word)
