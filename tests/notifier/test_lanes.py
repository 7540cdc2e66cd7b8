"""A channel that Slack lets nobody post to freely has one queue: by need, one at a time, and nobody asks in vain."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from bot.notifier.lanes import PACE, Lanes, Rank
from bot.notifier.messenger import Doubtful, Limited, Sent

INC, DATA = "C0INC", "C0DATA"
TAKEN = Sent(INC, "1.0")


@dataclass
class Crossing:
    """Lanes, a clock that is wound by hand, and whom they called when."""

    now: float = 100.0
    called: list[tuple[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lanes = Lanes(lambda: self.now, lambda run, after: self.called.append((run, round(self.now + after, 2))))

    def limit(self, seconds: float = 1.0, channel: str = INC) -> None:
        """Somebody's post is answered 429."""
        assert self.lanes.enter(channel, "first", Rank.CARD) == 0
        self.lanes.leave(channel, "first", Limited(seconds))
        self.lanes.forget("first")
        self.called.clear()

    def post(self, run: str, rank: Rank = Rank.REST) -> None:
        assert self.lanes.enter(INC, run, rank) == 0
        self.lanes.leave(INC, run, TAKEN)


@pytest.fixture
def crossing() -> Crossing:
    return Crossing()


def test_where_everything_is_taken_nobody_waits(crossing: Crossing) -> None:
    assert [crossing.lanes.enter(INC, f"run {n}", Rank.REST) for n in range(20)] == [0] * 20


def test_after_a_limit_one_tries_and_the_others_wait_for_what_comes_of_it(crossing: Crossing) -> None:
    """Three want to post: when the time is up the first is called, and the next only when that post was taken."""
    crossing.limit(2.0)
    waits = [crossing.lanes.enter(INC, run, Rank.CARD) for run in ("a", "b", "c")]
    assert waits[0] == pytest.approx(2)
    assert min(waits[1:]) > 2
    assert crossing.called == [("a", 102.0)]
    crossing.now += 2
    assert crossing.lanes.enter(INC, "b", Rank.CARD) > 0, "it is a's turn"
    assert crossing.lanes.enter(INC, "a", Rank.CARD) == 0
    assert crossing.lanes.enter(INC, "b", Rank.CARD) > 0, "one at a time"
    crossing.lanes.leave(INC, "a", TAKEN)
    run, at = crossing.called[-1]
    assert run == "b"
    assert at == pytest.approx(102 + PACE, abs=0.1)


def test_cards_go_before_steps_steps_before_pages_and_pages_before_the_rest(crossing: Crossing) -> None:
    crossing.limit()
    for run, rank in (("d", Rank.REST), ("c", Rank.PAGE), ("b", Rank.CURRENT), ("a", Rank.CARD)):
        assert crossing.lanes.enter(INC, run, rank) > 0
    gone = []
    for _ in range(4):
        crossing.now = crossing.called[-1][1]
        gone.append(crossing.called[-1][0])
        crossing.post(gone[-1], dict(zip("abcd", Rank, strict=True))[gone[-1]])
    assert gone == ["a", "b", "c", "d"]


def test_another_channel_is_not_held_up(crossing: Crossing) -> None:
    crossing.limit(30)
    assert crossing.lanes.left(INC) == pytest.approx(30)
    assert crossing.lanes.enter(INC, "a", Rank.CARD) == pytest.approx(30)
    assert crossing.lanes.enter(DATA, "a", Rank.CARD) == 0


def test_whoever_was_called_and_does_not_come_loses_their_turn(crossing: Crossing) -> None:
    """Another process tells that run by now: the next is called, once somebody asks."""
    crossing.limit()
    assert crossing.lanes.enter(INC, "gone", Rank.CARD) > 0
    assert crossing.lanes.enter(INC, "there", Rank.REST) > 0
    crossing.now += 5
    assert crossing.lanes.enter(INC, "there", Rank.REST) == 0


def test_a_run_that_has_nothing_to_post_any_more_makes_room(crossing: Crossing) -> None:
    crossing.limit()
    for run in ("a", "b"):
        crossing.lanes.enter(INC, run, Rank.CARD)
    crossing.lanes.forget("a")
    assert crossing.called[-1][0] == "b"


def test_a_lost_answer_lets_the_next_one_try(crossing: Crossing) -> None:
    crossing.limit()
    crossing.lanes.enter(INC, "a", Rank.CARD)
    crossing.lanes.enter(INC, "b", Rank.CARD)
    crossing.now += 1
    assert crossing.lanes.enter(INC, "a", Rank.CARD) == 0
    crossing.lanes.leave(INC, "a", Doubtful("timeout"))
    assert crossing.called[-1][0] == "b"


def test_a_channel_that_was_quiet_for_a_while_takes_a_burst_again(crossing: Crossing) -> None:
    crossing.limit()
    crossing.now += 1
    crossing.post("a")
    assert crossing.lanes.enter(INC, "b", Rank.CARD) > 0
    crossing.lanes.forget("b")
    crossing.now += 20
    assert [crossing.lanes.enter(INC, f"run {n}", Rank.REST) for n in range(3)] == [0, 0, 0]


def test_who_comes_late_to_their_turn_asks_like_anybody(crossing: Crossing) -> None:
    """Another one is called meanwhile; whoever is late, as on a busy machine, waits behind them."""
    crossing.limit(1.0)
    for run in ("a", "b"):
        assert crossing.lanes.enter(INC, run, Rank.REST) > 0
    crossing.now += 10
    assert crossing.lanes.enter(INC, "a", Rank.REST) == 0
    assert crossing.lanes.enter(INC, "b", Rank.REST) > 0


def test_several_processes_keep_one_pace() -> None:
    """Three of them with ten posts each in one channel: a post a second, whoever posts, and after a 429 of one none."""
    kept: dict[str, tuple[int, float]] = {}
    crossings = [Crossing() for _ in range(3)]

    def keep(number: int) -> Callable[[str, float, Rank | None], bool]:
        def take(channel: str, seconds: float, _rank: Rank | None) -> bool:
            now = crossings[number].now
            whose, until = kept.get(channel, (number, 0.0))
            if whose != number and until > now:
                return False
            kept[channel] = (number, now + seconds)
            return True

        return take

    for number, one in enumerate(crossings):
        one.lanes = Lanes(lambda one=one: one.now, lambda _run, _after: None, keep(number))  # type: ignore[misc]
        one.limit(1.0)
    left, posted = dict.fromkeys(range(3), 10), []
    crossings[0].now += 1.0
    while any(left.values()):
        for number, one in enumerate(crossings):
            one.now = crossings[0].now
            if left[number] and one.lanes.enter(INC, f"run {number}", Rank.REST) == 0:
                posted.append(one.now)
                left[number] -= 1
                one.lanes.leave(INC, f"run {number}", TAKEN)
        crossings[0].now += 0.05
    assert len(posted) == 30
    assert min(after - before for before, after in pairwise(posted)) > PACE - 0.001
    assert posted[-1] - posted[0] < 30 * (PACE + 0.3)


@pytest.mark.parametrize("breaks", [False, True])
def test_a_database_that_hangs_holds_up_the_channel_it_was_asked_about_and_no_other(*, breaks: bool) -> None:
    """While it is asked who posts there, other channels go on; when it breaks, the turn comes again."""
    crossing, hangs = Crossing(), False

    def keep(channel: str, _seconds: float, _rank: Rank | None) -> bool:
        if not hangs or channel != INC:
            return True
        with ThreadPoolExecutor(1) as another:
            assert another.submit(crossing.lanes.enter, INC, "b", Rank.CARD).result(10) > 0, "one asks at a time"
            assert another.submit(crossing.lanes.enter, DATA, "c", Rank.CARD).result(10) == 0
            another.submit(crossing.lanes.leave, DATA, "c", TAKEN).result(10)
        if breaks:
            raise OSError("the connection is gone")
        return False

    crossing.lanes = Lanes(lambda: crossing.now, lambda run, after: crossing.called.append((run, after)), keep)
    crossing.limit(1.0)
    assert crossing.lanes.enter(INC, "a", Rank.CARD) > 0
    crossing.now, hangs = crossing.now + 1, True
    with pytest.raises(OSError, match="gone") if breaks else nullcontext():
        assert crossing.lanes.enter(INC, "a", Rank.CARD) == pytest.approx(PACE / 4)
    assert [(run, round(after, 3)) for run, after in crossing.called[-1:]] == [("a", PACE / 4)]
    crossing.now, hangs = crossing.now + PACE, False
    assert crossing.lanes.enter(INC, "a", Rank.CARD) == 0
