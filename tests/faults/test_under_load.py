"""kill -9 again and again under load, and a storm: the shorter sisters of the benchmarks."""

import pytest

from benchmarks.kills import count_lost
from benchmarks.storm import count_wrong


@pytest.mark.long
@pytest.mark.timeout(400)
def test_no_acknowledged_click_is_lost_over_ten_kills() -> None:
    lost, acknowledged = count_lost(10)
    assert acknowledged > 50
    assert lost == 0


@pytest.mark.slow
def test_living_messages_are_right_after_a_storm() -> None:
    """Three seconds of changes with 28 % of Slack's calls failing in every way, one of them without Slack at all.

    How soon it is right, the benchmark of forty runs says.
    """
    wrong, changes = count_wrong(runs=8, storm=3.0, outage=1.0, settles=60.0)
    assert changes > 8
    assert wrong == []
