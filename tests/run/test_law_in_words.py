"""The law is told in the same sentences where it is decided and where it is read, each with the tests that hold it."""

import re
from pathlib import Path

import bot.run.law.decide
from bot.run.law.may_start import LAW, WORDS
from bot.run.places import AwaitingSignature
from tests.run.test_signing import asked

HOME = Path(__file__).parents[2]
ROWS = re.findall(r"^\| (\d) \| (.+?) \| (.+?) \|$", (HOME / "docs/security.md").read_text("utf-8"), re.MULTILINE)


def plain(text: str) -> str:
    return " ".join(text.replace("*", "").split())


def test_decide_and_security_say_the_same_law() -> None:
    said = plain(bot.run.law.decide.__doc__ or "")
    assert said.startswith(f"The law, number {LAW}:")
    assert [number for number, _, _ in ROWS] == [str(number) for number in range(1, 10)]
    for number, sentence, _ in ROWS:
        assert f"{number}. {plain(sentence)}" in said
    security = (HOME / "docs/security.md").read_text("utf-8")
    assert f"Its number is {LAW}." in security


def test_every_sentence_of_the_law_is_held_by_tests() -> None:
    written = "\n".join(file.read_text("utf-8") for file in (HOME / "tests").rglob("test_*.py"))
    for number, _, tests in ROWS:
        named = re.findall(r"`(test_\w+)`", tests)
        assert named, number
        assert [one for one in named if f"def {one}(" not in written] == []


WORDS_OF = {2: "c96b699c814dbe0e17e7ca5ef7ee53ceffab38769435dddc7086c19c334dc15e"}
"""Law -> the digest of what a signer of the sample signs."""


def test_the_words_that_are_signed_are_of_the_law() -> None:
    """Records are held to them word for word, so other words are another law: raise `LAW`, and `WORDS` with it."""
    here = asked().run.here
    assert isinstance(here, AwaitingSignature)
    assert here.digest == WORDS_OF[WORDS]
