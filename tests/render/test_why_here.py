"""Why a run stands where it stands, when it came back there."""

from datetime import timedelta

from bot.render.card import card
from bot.render.step import step_message
from bot.run.commands import GoBack, Reject, Tick
from bot.run.events import Corrected, SentBack, SignatureVoided
from tests.render.channel import assert_sendable, read
from tests.run.test_signing import TIME, asked
from tests.story import Story

MARK = ":rewind:"


def _why(story: Story) -> list[str]:
    """What the card says of it, and the words below."""
    assert story.refusal is None, story.refusal
    shown = card(story.run)
    assert_sendable(shown)
    lines = read(shown)
    at = [number for number, line in enumerate(lines) if MARK in line]
    return [] if not at else lines[at[0] : at[0] + 2]


def test_a_run_that_only_went_on_says_nothing() -> None:
    assert _why(asked()) == []
    assert _why(asked().sign("dora", TIME)) == []


def test_a_rejection_says_by_whom_and_their_words() -> None:
    """Where it led to, and on the sign-off that is asked for again; not on what lies between."""
    rejected = asked().at_visit(Reject, by="dora", reason="<!channel> too late: take 10:40")
    said = _why(rejected)
    assert "*Dora Lind rejected “Approve the restore”*:" in said[0]
    assert "too late: take 10:40" in said[1]
    assert any("too late" in line for line in read(step_message(rejected.run, "aim", 2)))
    assert _why(rejected.done(target=TIME)) == []
    again = _why(rejected.done(rows="7").at_step("allow"))
    assert "Dora Lind rejected" in again[0]
    assert "too late" in again[1]
    assert _why(rejected.sign("dora", TIME)) == []


AGAIN = """
vars: {}
steps:
  - {id: ask, signoff: Approve it, from: [data_owner], binds: {steps: [rest]}, go: {approved: rest, rejected: hold}}
  - {id: rest, run: Remove the rest, effect: destroy, caution: It is gone., undo: {none: It is gone.},
     exec: {argv: [remove]}, idempotent: true, max_visits: 3, go: {ok: over, fail: why, timeout: hold}}
  - {id: why, decide: See why, options: [{id: slow, label: Slow down, when: Too fast., go: rest},
     {id: else, label: Something else, when: No., go: hold}], go: {unsure: hold}}
  - {id: over, end: Close, outcome: recovered}
  - {id: hold, decide: Hold, who: lead, go: {unsure: hold},
     options: [{id: a, label: Stop, when: A., go: over}, {id: b, label: Stop too, when: B., go: over}]}
"""


def test_a_request_that_nobody_answered_says_so() -> None:
    story = asked()
    story.at += timedelta(hours=2)
    story.when("clock", Tick())
    held = read(card(story.run))
    assert any("after “Approve the restore” (Expired)." in line for line in held), held
    story.at_step("hold").choose("back", by="dora")
    assert "*Nobody answered “Approve the restore” in time.*" in _why(story)[0]


def test_signatures_that_fell_say_what_changed() -> None:
    story = asked().sign("dora", TIME).done().at_step("wipe")
    story.correct("target", "2026-11-22T10:40:00+00:00").then(Corrected, SignatureVoided)
    assert "*Begin asks for signatures.* What was signed has changed: target." in _why(story)[0]
    story.begin(typed="orders-db")
    assert any(isinstance(event, SentBack) for event in story.last)
    assert _why(story)[0].startswith(f"section: {MARK} *Signatures are asked for anew.*")
    assert _why(story.sign("dora", "2026-11-22T10:40:00Z")) == []


def test_what_destroys_is_signed_for_at_each_start_and_the_way_there_says_so() -> None:
    """Before the press that leads back, and on the sign-off that it leads to, which names what it is about."""
    failed = Story(AGAIN).started().sign("dora", "orders-db").begin(typed="orders-db").problem().at_step("why")
    said = read(card(failed.run))
    assert any("*Slow down* → “Remove the rest”, signed for anew" in line for line in said), said
    anew = failed.choose("slow").at_step("ask")
    assert _why(anew)[0].endswith(
        "“Remove the rest” destroys, so each start is signed for anew: the signatures covered the one that has been."
    )
    assert not any("“Remove the rest”, signed for anew" in line for line in read(card(anew.run)))


def test_a_signature_that_ran_out_is_asked_for_anew_and_says_why() -> None:
    story = asked().sign("dora", TIME).done().at_step("wipe")
    story.at += timedelta(hours=3)
    story.begin(typed="orders-db")
    assert "The signature of “Approve the restore” is no longer valid." in _why(story)[0]


def test_going_back_says_who_and_why() -> None:
    story = asked().sign("dora", TIME).at_step("wait").at_visit(GoBack, to="count", reason="Another table")
    said = _why(story)
    assert "*Ana Ruiz went back from “" in said[0]
    assert "Another table" in said[1]


def test_the_hold_names_who_sent_the_run_there() -> None:
    story = asked().sign("dora", TIME).at_step("wait").problem(note="Nobody can log in")
    held = read(card(story.run))
    assert any("after “Warn the users” (There was a problem, Ana Ruiz)." in line for line in held), held
