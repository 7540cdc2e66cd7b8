"""A form for somebody whose zone is known has their clock, and says the offset once."""

from zoneinfo import ZoneInfo

import pytest

from bot.format.runbook import Signoff
from bot.format.values import BadValue
from bot.format.wall import with_offset
from bot.render.actions import Press
from bot.render.dialog.forms import ask
from bot.render.dialog.times import with_offsets
from bot.render.dialog.view import FormSubject
from bot.render.dialog.zones import in_zone, on_the_clock
from bot.run.law.answers import require_readback
from bot.run.places import AwaitingSignature
from tests.render.forms import read_view
from tests.render.stories import at_look, at_signoff
from tests.story import NOON

BERLIN = ZoneInfo("Europe/Berlin")


def test_the_whole_text_of_a_sign_off_is_read_on_the_signers_clock_and_typed_back_so() -> None:
    """12:40 in Berlin is what stands there, what is typed, and what counts; the offset is said once."""
    run = at_signoff().run
    assert isinstance(run.here, AwaitingSignature)
    lines = read_view(in_zone(ask(run, Press(run.id, "approve", "ask", 1)), BERLIN, NOON))
    said = "\n".join(lines)
    assert said.count("UTC+01:00") == 1
    assert "Times are those of Europe/Berlin (UTC+01:00)." in said
    assert "target time: *2026-11-22 12:40* (is before the start of this run)" in said
    assert "switch 2026-11-22T11:40:00+00:00" in said  # a command is copied as it is
    typed = with_offsets(
        run.book, {"f:readback": "2026-11-22 12:40"}, lambda: BERLIN, FormSubject("r", "approve", "ask", 1)
    )
    step = run.book.by_id["ask"]
    assert isinstance(step, Signoff)
    require_readback(run, step, typed["f:readback"])


def test_a_field_for_a_time_has_its_zone_named_and_a_form_without_times_is_left_alone() -> None:
    run = at_look().later(minutes=4).done().run
    done = "\n".join(read_view(in_zone(ask(run, Press(run.id, "done", "when", 1)), BERLIN, NOON)))
    assert "Times are those of Europe/Berlin (UTC+01:00)." in done
    assert "Date and time on your clock, such as 2026-11-22 03:40" in done
    assert "T03:40" not in done
    stop = ask(run, Press(run.id, "stop", "when", 1))
    assert in_zone(stop, BERLIN, NOON) == stop
    note = ask(run, Press(run.id, "note", "when", 1))
    assert in_zone(note, None, NOON) == note


def test_the_offsets_of_an_hour_that_comes_twice_are_asked_for_in_any_zone() -> None:
    """What a refusal says of times stands on the reader's clock; the offsets to choose from are left."""
    with pytest.raises(BadValue) as refused:
        with_offset("2026-10-25 02:30", BERLIN)
    assert on_the_clock(str(refused.value), BERLIN).endswith("Type it with its offset behind it, +02:00 or +01:00.")
    ended = "ORDERS-7 ended at 22 Nov 2026 12:00 UTC."
    assert on_the_clock(ended, BERLIN) == "ORDERS-7 ended at 2026-11-22 13:00."
    assert on_the_clock(ended, None) == ended
