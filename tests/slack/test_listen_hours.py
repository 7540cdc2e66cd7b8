"""Whoever takes over hears how long they were at work over all runs, and who could relieve them; signers see it too."""

from bot.run.commands import AddNote
from tests.slack.office import Office


def test_hours_over_all_runs_are_said_at_take_over_and_to_signers_and_bar_nobody(office: Office) -> None:
    office.to_target()
    for _ in range(10):
        office.later(minutes=30)
        office.handler.handle(office.changed[-1], AddNote("still at it"), "ben", "slack")
    office.press("ben", "Take over")
    assert office.run.operator == "ben", "nobody is barred by it"
    said = office.told("ben")[-1]
    assert "You were at work in runs for 4 h 30 min of the last 24 hours (ORDERS-1)" in said
    assert "On the rota, and fresh: " in said
    assert "Ben" not in said.partition("fresh: ")[2]
    modal = office.press("ben", "Done").modal()
    assert modal.fill("Recovery target, with offset", "2026-11-22T11:00:00Z").submit().ok
    person = office.press("dora", "Approve…")
    assert person.has_modal, office.told("dora")
    words = person.modal().words
    assert "Ben Okafor was at work in runs for 5 h" in words or "Ben Okafor was at work in runs for 4 h 30 min" in words


def test_who_is_fresh_hears_nothing(office: Office) -> None:
    office.to_target()
    office.press("ben", "Take over")
    assert not any("at work" in one for one in office.told("ben"))
