"""`/recover oncall`: who is on call, for all ladders or for one asset, for the asker's eyes alone."""

from datetime import UTC, datetime

from bot.workspace.client.look import words_in
from tests.slack.office import Office


def told(office: Office, typed: str, name: str = "ana") -> tuple[str, str]:
    """The text and the words of what Ana, or somebody else, alone is told."""
    assert office.person(name).type(f"/recover {typed}", "C0INC").ok
    message = office.workspace.state.talk.whispers_to(f"U0{name.upper()}", "C0INC")[-1]
    return message.text, words_in(message.blocks)


def test_all_ladders_are_told(office: Office) -> None:
    text, words = told(office, "oncall")
    assert text == "On call now. dba: Ana Ruiz. Every rotation is covered for the next 14 days."
    assert "Ladder database" in words
    assert "rotation dba" in words
    assert "team leads" in words
    assert "Every rotation is covered for the next 14 days." in words


def test_an_asset_shows_its_own_ladder(office: Office) -> None:
    """An asset without one is said to have none; a name that none has is answered with what may be meant."""
    assert "On call for Orders database" in told(office, "oncall pg-orders")[1]
    assert "there is no ladder here" in told(office, "OnCall billing")[1]
    text, words = told(office, "oncall ordrs <!channel>")
    assert text.startswith("No asset is called “ordrs")
    assert "<!channel>" not in words


def test_before_the_first_turn_nobody_is_on_call(office: Office) -> None:
    """A gap is said first in words that a lock screen shows; the day after the first hand-over it is gone."""
    office.at = datetime(2026, 1, 4, 12, tzinfo=UTC)
    text, words = told(office, "oncall orders")
    assert "dba: nobody. Not covered in the next 14 days." in text
    assert "nobody is on call, so everybody of it is told" in words.replace("*", "")
    office.at = datetime(2026, 1, 6, 12, tzinfo=UTC)
    assert told(office, "oncall orders")[0].startswith("On call now. dba: Ana Ruiz. Every rotation is covered")


def test_help_lists_it(office: Office) -> None:
    assert "/recover oncall orders" in told(office, "help")[1]


def test_a_start_pages_whoever_is_on_call(office: Office) -> None:
    """In Chen's week the first rung is Chen alone; the frozen ladder says so for ever."""
    office.at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    run = office.start()
    first, second = run.start.rungs
    assert first.people == (run.start.roles["operator"][0],)
    assert second.people == run.start.roles["lead"]
