"""Of several servers, one posts a message."""

from datetime import timedelta
from threading import Barrier, Thread
from time import sleep

from bot.journal.leases import ChannelRate, DutyLeases
from bot.journal.outbox import Outbox
from bot.journal.store import Journal


def test_a_message_is_claimed_once(journal: Journal) -> None:
    """Until it is forgotten; another key is another message."""
    outbox = Outbox(journal)
    assert [outbox.claim("runbooks", key) for key in ("C1", "C1", "C2")] == [True, False, True]
    outbox.forget("runbooks", "C1")
    assert outbox.claim("runbooks", "C1")


def test_claims_at_one_moment_have_one_winner(journal: Journal) -> None:
    outbox, won, line = Outbox(journal), [], Barrier(6)

    def claim() -> None:
        line.wait()
        won.append(outbox.claim("runbooks", "C1"))

    threads = [Thread(target=claim) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(won) == [False] * 5 + [True]


def test_a_card_of_one_process_goes_before_what_is_less_needed_in_the_others(journal: Journal) -> None:
    """In a channel in which both keep one pace: who waits with a card is let in before a step of the other."""
    one, other = (ChannelRate(DutyLeases(journal, token), timedelta(seconds=30)) for token in ("one", "other"))
    second, over = timedelta(seconds=30), timedelta()
    assert one.keep("C0INC", second, is_card=False)
    sleep(0.005)  # who began with a step keeps cards out for a millisecond; on a fast disk it has not passed yet
    assert not other.keep("C0INC", second, is_card=True)
    assert one.keep("C0INC", over, is_card=None), "what is kept is kept on, and runs out here"
    assert not one.keep("C0INC", second, is_card=False)
    assert one.keep("C0ELSE", second, is_card=False)
    assert other.keep("C0INC", second, is_card=True)
