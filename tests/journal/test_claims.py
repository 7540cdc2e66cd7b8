"""Of several servers, one posts a message."""

from threading import Barrier, Thread

from bot.journal.letters import Letters
from bot.journal.store import Journal


def test_a_message_is_claimed_once(journal: Journal) -> None:
    """Until it is forgotten; another key is another message."""
    letters = Letters(journal)
    assert [letters.claim("runbooks", key) for key in ("C1", "C1", "C2")] == [True, False, True]
    letters.forget("runbooks", "C1")
    assert letters.claim("runbooks", "C1")


def test_claims_at_one_moment_have_one_winner(journal: Journal) -> None:
    letters, won, line = Letters(journal), [], Barrier(6)

    def claim() -> None:
        line.wait()
        won.append(letters.claim("runbooks", "C1"))

    threads = [Thread(target=claim) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(won) == [False] * 5 + [True]
