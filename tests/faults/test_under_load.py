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


@pytest.mark.long
@pytest.mark.timeout(400)
def test_forty_living_messages_are_right_soon_after_a_storm() -> None:
    """Six seconds of changes with 28 % of Slack's calls failing in every way, three of them without Slack at all."""
    wrong, changes = count_wrong(storm=6.0, outage=3.0, settles=200.0)
    assert changes > 60
    assert wrong == []
