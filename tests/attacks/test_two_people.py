"""One person who would be two: by a name of the machine, by two ids, by what changes after the signature."""

import pytest

from bot.run.commands import Reject, Sign, TakeOver
from bot.run.events import (
    Called,
    Corrected,
    SignatureVoided,
    Signed,
    SigningRefused,
    SignoffApproved,
    SignoffAsked,
    StepEntered,
    TookOver,
)  # fmt: skip
from bot.run.law.authorise import MOST_ATTEMPTS
from bot.run.places import AwaitingSignature
from bot.run.situation import unverified_id
from tests.story import Story

MACHINE = unverified_id("dora")
BOOK = """
vars:
  rows: {type: int, min: 0}
steps:
  - {id: look, do: Count the rows, answer: {var: rows}, go: {ok: ask}}
  - {id: ask, signoff: Agree to the change, from: [data_owner], binds: {vars: [rows], steps: [change]}, readback: rows,
     go: {approved: change}}
  - {id: change, run: Change the rows, effect: destroy, undo: {none: Gone.}, timeout: 1h, exec: {argv: [change]},
     go: {ok: done, fail: hold, timeout: hold}}
  - {id: hold, decide: Hold here, max_visits: 9, options: [{id: a, label: End, when: Bad., go: stop},
     {id: b, label: Again, when: Good., go: look}], go: {unsure: hold}}
  - {id: stop, end: Stop here, outcome: aborted}
  - {id: done, end: Close it, outcome: recovered}
"""


def asked(by: str = "ana") -> Story:
    return Story(BOOK).started(by).done(by, rows="7").at_step("ask")


def test_nobody_operates_under_a_name_of_the_machine_and_signs_under_their_own() -> None:
    """Dora sits at a terminal without a token, operates, and goes to Slack to sign. Ben takes over, then she may."""
    story = asked(MACHINE)
    story.sign("dora", "7").refused("unverified: dora operates this run without having logged in")
    story.when("ben", TakeOver()).then(TookOver, SignoffAsked)
    story.sign("dora", "7").then(Signed, SignoffApproved, StepEntered).at_step("change")
    story.begin("ben", "orders-db")
    assert story.refusal is None


def test_a_signature_does_not_outlive_an_operator_who_has_proved_who_they_are() -> None:
    """Dora signs for Ana's run, then takes it over from a terminal without a token: her signature is void."""
    story = asked().sign("dora", "7").at_step("change")
    story.when(MACHINE, TakeOver()).then(TookOver, SignatureVoided)
    story.begin(MACHINE, "orders-db").at_step("ask")
    story.sign("ben", "7").refused("could be anybody")


def test_a_rejection_needs_no_known_operator() -> None:
    """What stops a run is never made harder."""
    asked(MACHINE).at_visit(Reject, "dora", reason="Not like this").at_step("hold")


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("", "unverified: nobody"),
        ("ana\n✓ Dora Lind signed", "unverified: ana✓ Dora Lind signed"),
        ("<!channel>", "unverified: !channel"),
        ("x" * 500, f"unverified: {'x' * 40}"),
        ("\x1b[2J\u202eana", "unverified: [2Jana"),
    ],
)
def test_the_name_of_a_machine_s_user_is_one_short_plain_line(user: str, said: str) -> None:
    """The environment sets it (LOGNAME), so it may say anything."""
    assert unverified_id(user) == said


CALLING = """
vars:
  which: {type: string}
steps:
  - {id: look, do: Say which one, answer: {var: which}, go: {ok: ask}}
  - {id: ask, signoff: Agree to the other recovery, from: [data_owner], binds: {steps: [other]}, go: {approved: wait}}
  - {id: wait, do: Wait for quiet, go: {ok: other}}
  - {id: other, call: Wipe the other one, runbook: wipe, with: {asset: "{{ vars.which }}", depth: 3},
     go: {recovered: done, else: hold}}
  - {id: hold, decide: Hold here, max_visits: 9, options: [{id: a, label: End, when: Bad., go: done},
     {id: b, label: Again, when: Good., go: look}], go: {unsure: hold}}
  - {id: done, end: Close it, outcome: recovered}
"""


def test_what_is_handed_to_a_called_run_is_signed_too() -> None:
    """The asset that a bound call names is changed after the signature: it is void, and the call does not happen."""
    story = Story(CALLING, calls={"wipe": "w" * 64}).started().done(which="copy-1").sign("dora", "orders-db")
    story.at_step("wait").correct("which", "orders-db").then(Corrected, SignatureVoided)
    story.done().at_step("ask")
    assert not any(isinstance(event, Called) for event, _ in story.history)


def test_a_digest_that_nobody_was_shown_signs_nothing() -> None:
    """Guessed, empty, of another content, or of a visit that is over."""
    story = asked()
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    for digest in ("", "0" * 64, here.digest.upper(), here.digest[:12]):
        story.when("dora", Sign("ask", here.visit, digest, "7")).refused("has changed since you looked")
    story.when("dora", Sign("ask", here.visit + 1, here.digest, "7")).refused("not at that step")


def test_who_may_not_sign_fills_no_record_by_trying_again() -> None:
    """Ten attempts of a person at a visit are recorded; the next hundred are refused as well, and leave nothing."""
    story = asked()
    for _ in range(110):
        story.sign("eve", "7").refused("This needs the data owner", *(SigningRefused for _ in story.last))
        story.sign("slack:T9/U9", "7").refused("does not know you", *(SigningRefused for _ in story.last))
    assert [type(event) for event, _ in story.history].count(SigningRefused) == 2 * MOST_ATTEMPTS
    story.sign("ana", "7").refused("You started or ran", SigningRefused)
