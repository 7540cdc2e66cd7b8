"""Until when what was signed has to begin: on every card from the signature to that."""

from datetime import timedelta

from bot.render.card import card
from tests.render.channel import assert_sendable, read
from tests.render.stories import at_restore, at_signoff, broken_glass
from tests.run.test_signing import TIME, asked
from tests.story import NOON, Story


def _deadlines(story: Story) -> list[str]:
    assert story.refusal is None, story.refusal
    shown = card(story.run)
    assert_sendable(shown)
    return [line for line in read(shown) if "*Begin" in line]


def test_the_deadline_stands_from_the_signature_to_the_begin() -> None:
    """Between, with the name of what has to begin; at the step itself without; not before, and not once it began."""
    story = asked()
    assert _deadlines(story) == []
    story.sign("dora", TIME).at_step("wait")
    (between,) = _deadlines(story)
    until = story.run.approvals["allow"].valid_until
    assert until == NOON + timedelta(minutes=30)
    assert "Signed by Dora Lind. *Begin “Restore over the live data” by " in between
    assert f"<!date^{int(until.timestamp())}^" in between
    (there,) = _deadlines(story.done().at_step("wipe"))
    assert "*Begin by " in there
    assert _deadlines(story.begin(typed="orders-db")) == []


def test_a_hold_on_the_way_keeps_the_deadline_and_a_void_signature_has_none() -> None:
    story = asked().sign("dora", TIME).at_step("wait").problem()
    assert "“Restore over the live data” by " in _deadlines(story.at_step("hold"))[0]
    story.correct("target", "2026-11-22T10:40:00+00:00")
    assert _deadlines(story) == []


def test_a_broken_glass_has_its_deadline_too() -> None:
    (line,) = _deadlines(broken_glass().at_step("wipe"))
    assert ":rotating_light: Dora Lind broke the glass. *Begin by " in line


def test_what_was_not_signed_has_none() -> None:
    assert _deadlines(at_restore()) == []
    assert _deadlines(at_signoff()) == []
