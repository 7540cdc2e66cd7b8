"""How long somebody was at work: what lies within an hour of each other, within the last day."""

from datetime import UTC, datetime, timedelta

from bot.readiness.hours import worked

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_pauses_of_more_than_an_hour_and_what_is_older_than_a_day_do_not_count() -> None:
    def ago(*hours: float) -> list[datetime]:
        return [NOON - timedelta(hours=one) for one in hours]

    assert worked(ago(5, 4.5, 4), NOON) == timedelta(hours=1)
    assert worked(ago(5, 4, 2.9, 2.5), NOON) == timedelta(hours=1.4)
    assert worked(ago(24.5, 24, 23.5), NOON) == timedelta(hours=0.5)
    assert worked(ago(3), NOON) == worked([], NOON) == timedelta(0)
    assert worked(ago(*(number / 2 for number in range(40, -1, -1))), NOON) == timedelta(hours=20)
