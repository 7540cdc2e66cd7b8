"""Where there are several: values that changed, roles that may, titles that nobody looked at, reasons of a branch."""

from typing import Any

from bot.run.commands import (
    AddNote,
    AnswerPage,
    BreakGlass,
    Finish,
    GoBack,
    NoteChildOpened,
    TakeChildOutcome,
    TakeOver,
    Watch,
)
from bot.run.events import (
    Branched,
    CallReturned,
    ReadingTaken,
    SignatureVoided,
    SigningRefused,
    SignoffAsked,
    StepFinished,
)
from bot.run.law.may_start import may_start
from bot.run.law.offers import offers
from bot.run.law.signing import content_of, read_content, say_shortage
from bot.run.paging.events import PageAnswered
from bot.run.places import Chain
from tests.run.test_holds import CIRCLE, held
from tests.run.test_judged import SETS
from tests.run.test_refusals import BOOK, NAME, ROLES_HERE, asked
from tests.run.test_shown import everything
from tests.run.test_starts import AUTOMATIC, MACHINE, automatic, book
from tests.run.test_walk import HOLD, WALK
from tests.story import ROLES, RUNG, Story

TWO = (
    """
vars: {rows: {type: int}, word: {type: string}}
steps:
  - {id: count, check: Count them, exec: {argv: [count]},
     capture: {rows: {from: stdout, type: int}, word: {from: stdout, type: string}},
     expect: {all: [{var: rows, gt: 0}]}, max_visits: 9, go: {ok: ask}}
  - {id: ask, signoff: Agree to it, from: [data_owner, lead], need: 2, binds: {vars: [rows, word]}, readback: rows,
     max_visits: 9,
     go: {approved: look, rejected: hold, expired: hold}}
  - {id: look, do: Look at it, go: {ok: ask2}}
  - {id: ask2, signoff: Agree again, from: [data_owner], binds: {vars: [rows]}, max_visits: 9, go: {approved: done}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    + HOLD
)


def why_voided(story: Story) -> list[str]:
    return [event.why for event in story.last if isinstance(event, SignatureVoided)]


def test_the_reasons_of_a_branch_are_joined_as_they_were_asked() -> None:
    """All of them with “and”, any of them with “or”, each in words with its value."""

    def because(tests: str) -> str:
        text = WALK.replace("when: {all: [{var: rows, ge: 100}]}", f"when: {{{tests}}}")
        story = Story(text).started().done().done(damage_time="2026-11-22T11:00:00Z").choose("rows").done(rows="120")
        [why] = [event.because for event in story.last if isinstance(event, Branched)]
        return why

    both = "[{var: rows, ge: 100}, {var: rows, lt: 900}]"
    assert because(f"all: {both}") == "rows is at least 100 and rows is below 900"
    assert because(f"any: {both}") == "rows is at least 100 or rows is below 900"
    assert because("all: [{var: rows, ge: 900}]") == "none of the cases holds"
    assert because('all: [{var: rows, ge: "{{ vars.rows }}"}]') == "rows is at least 120"


def test_every_value_that_changed_is_named() -> None:
    """Half of two signatures falls when both values that they cover are counted anew."""
    story = Story(TWO).started().done(rows="7", word="a").sign("ben", "7").at_step("ask")
    story.correct("rows", "8").at_step("ask")
    assert why_voided(story) == ["What was signed has changed: rows."]
    story.sign("ben", "8").sign("dora", "8").at_step("look")
    story.at_visit(GoBack, to="count", reason="Count again").done(rows="9", word="b")
    assert why_voided(story) == ["What was signed has changed: rows, word."]


def test_a_press_on_an_old_card_is_told_who_finished_that_very_step() -> None:
    """Not the one after it: Ana finished the first, Ben the second."""
    story = Story(CIRCLE).started().done().when("ben", TakeOver()).later(minutes=3).problem("ben").at_step("hold")
    story.when("ana", Finish("first", 1, "ok")).refused("Ana Ruiz finished this step at")
    story.when("ana", Finish("second", 1, "ok")).refused("Ben Okafor finished this step at")
    story.when("ana", Finish("first", 2, "ok")).refused("The run is not at that step. It is now at")


def test_all_titles_that_nobody_looked_at_are_named() -> None:
    change = "run: Mend {0}, effect: change, undo: {{none: No.}}, exec: {{argv: [mend]}}, go: {{timeout: {1}}}"
    text = CIRCLE.replace("do: Look at the log, go: {ok: second}", change.format("one", "second"))
    text = text.replace("do: Mend it, go: {ok: done}", change.format("two", "hold"))
    story = Story(text).started().begin().unknown().begin().unknown().at_step("hold")
    at = story.place()
    story.when("ana", GoBack(at.step, at.visit, "first", "Again")).refused("how “Mend two”, “Mend one” ended")


def test_every_role_that_may_sign_is_named() -> None:
    """Nobody bars Eve here: she is of none of the roles."""
    story = Story(TWO).started().done(rows="7", word="a").at_step("ask")
    story.sign("eve", "7").refused(
        "This needs the data owner or lead: Ben Okafor, Dora Lind or Chen Wei.", SigningRefused
    )
    assert say_shortage(story.run, story.run.book.by_id["ask"]) == (  # type: ignore[arg-type]
        "“Agree to it” needs 2 signatures of the data owner or the lead, and only Ben Okafor, Dora Lind or Chen Wei "
        "may still sign."
    )


def test_a_role_that_the_runbook_bars_is_told_so() -> None:
    """Eve is a lead and a peer, and the runbook lets no peer sign."""
    asked().sign("eve", "7").refused(
        "The runbook lets nobody sign who is of the peer, so someone else has to.", SigningRefused
    )


def test_what_was_approved_and_waits_has_no_glass_to_break() -> None:
    """Signed by whoever would start the call by it: the clock goes on in a moment, and nothing is asked any more."""
    story = automatic().sign("dora", NAME).at_step("ask")
    assert {"approve", "reject", "break_glass"} & set(offers(story.run)) == set()
    story.at_visit(BreakGlass, "chen", reason="Now").refused("This was approved already.")
    story.sign("ben", NAME).refused("This was approved already.")


def test_a_value_that_is_not_there_is_no_value_to_sign() -> None:
    story = Story(BOOK.replace("answer: {var: rows}, ", ""), roles=ROLES_HERE).started().done(typed=NAME).at_step("ask")
    story.sign("dora", "7").refused("“rows” has no value, so it cannot be signed. Reject it and say so.")
    assert story.refusal is not None
    assert story.refusal.field == "readback"


def test_what_is_signed_is_read_again_as_it_was_written() -> None:
    """Steps, values and files: the text that a record keeps is all of it."""
    run = everything().run
    content = content_of(run, run.book.by_id["ask"])  # type: ignore[arg-type]
    assert content.files == ("plan.md",)
    assert content.readback == "rows"
    assert read_content(content.text) == content
    plain = automatic().run
    assert content_of(plain, plain.book.by_id["ask"]).readback == "asset"  # type: ignore[arg-type]


def test_an_expectation_is_held_where_nothing_is_typed() -> None:
    """A step of a person that expects something of earlier values: what does not hold is a problem, and says so."""
    expects = "{id: look, do: Look at the table, expect: {all: [{var: asset.db, eq: customers}]},"
    text = WALK.replace("{id: look, do: Look at the table, skip: true,", expects)
    story = Story(text).started().done(note="Seen")
    [finished] = [event for event in story.last if isinstance(event, StepFinished)]
    assert (finished.exit, finished.note) == ("problem", "Seen")
    assert finished.failed != ()
    right = Story(text.replace("eq: customers", "eq: orders")).started().done()
    [finished] = [event for event in right.last if isinstance(event, StepFinished)]
    assert (finished.exit, finished.failed, finished.compared) == ("ok", (), ("asset.db",))


def test_whom_a_refusal_names_instead() -> None:
    """Up to three of whoever may, by their names; where nobody may, the owner team."""
    operators = "the operator (Ana Ruiz, Ben Okafor or Chen Wei)"
    story = Story(CIRCLE).started()
    story.when("eve", TakeOver()).refused(f"Taking over is for {operators}, or the lead.")
    story.done("eve").refused("this button is theirs. You can press I need help, or add a note.")
    story.done("dora").refused("Ana Ruiz operates this run, and this button is theirs. You can take the run over")
    story.done("slack:T9/U9").refused("Ask Chen Wei or Dora Lind to act, or to add you to the catalogue")
    many = Story(CIRCLE, roles={**ROLES, "lead": (), "operator": ("ana", "ben", "chen", "dora")}).started()
    many.done("slack:T9/U9").refused("Ask Ana Ruiz, Ben Okafor or Chen Wei to act, or to add you")
    nobody = Story(CIRCLE, roles={**ROLES, "lead": ()}).started()
    nobody.at_visit(BreakGlass, "ben", reason="Now").refused("Breaking the glass is for the lead (the owner team).")


def test_a_page_is_answered_by_whoever_it_could_be_for() -> None:
    """Eve is known, holds no role and stands on no ladder; where she stands on it, she answers."""
    story = Story(CIRCLE).started().tick(minutes=30)
    number = story.run.pages.pages[-1].number
    story.when("eve", AnswerPage(number)).refused("This page is for the people of the run's roles and its ladder.")
    story.when("dora", AnswerPage(number)).then(PageAnswered)
    ladder = Story(CIRCLE, rungs=(RUNG,)).started().tick(minutes=30)
    ladder.when("eve", AnswerPage(ladder.run.pages.pages[-1].number)).then(PageAnswered)


READ = """
vars: {{rows: {{type: int}}, word: {{type: string}}, limit: {{type: int, default: 5}}, when: {{type: timestamp}}}}
steps:
  - {{id: count, check: Count them, exec: {{argv: [count]}},
     capture: {{rows: {{from: stdout, type: int}}, word: {{from: stdout, type: string}}}},
     expect: {{{tests}}}, go: {{ok: when, fail: hold}}}}
  - {{id: when, do: Say when, answer: {{var: when}}, go: {{ok: done}}}}
  - {{id: done, end: Close the run, outcome: recovered}}
"""
BOTH = '[{var: rows, gt: "{{ vars.limit }}"}, {var: word, eq: good}]'


def test_everything_that_does_not_hold_is_said_and_recorded() -> None:
    """Both with “and” where all have to hold, with “or” where one is enough; beside the first field that was typed."""
    for tests, joined in ((f"all: {BOTH}", " and "), (f"any: {BOTH}", " or ")):
        story = Story(READ.format(tests=tests) + HOLD).started().done(rows="3", word="bad")
        assert story.refusal is not None
        story.refused(f"3 is not above 5{joined}bad is not good: look again", ReadingTaken)
        assert story.refusal.field == "rows"
        [taken] = story.refusal.events
        assert isinstance(taken, ReadingTaken)
        assert taken.failed == ("rows is above 5", "word is good")
    one = Story(READ.format(tests=f"all: {BOTH}") + HOLD).started().done(rows="8", word="bad")
    assert one.refusal is not None
    assert one.refusal.field == "word"


def test_what_holds_is_not_recorded_as_failed() -> None:
    story = Story(READ.format(tests=f"all: {BOTH}") + HOLD).started()
    story.failed(rows="8", word="good").refused("This is as it should be")
    assert story.refusal is not None
    assert story.refusal.field == "verdict"
    story.failed(rows="3", word="good", note="Counted twice")
    [finished] = [event for event in story.last if isinstance(event, StepFinished)]
    assert (finished.exit, finished.note, finished.failed) == ("fail", "Counted twice", ("rows is above 5",))


def test_what_speaks_of_the_exit_alone_is_not_compared_by_hand() -> None:
    text = READ.format(tests="all: [{var: exit, eq: 0}, {var: rows, gt: 900}]") + HOLD
    story = Story(text).started().done(rows="3", word="bad", note="Seen")
    [finished] = [event for event in story.last if isinstance(event, StepFinished)]
    assert (finished.exit, finished.compared, finished.note) == ("ok", (), "Seen")
    story.done(when="2026-11-22T11:00:00Z", note="By the log")
    [finished] = [event for event in story.last if isinstance(event, StepFinished)]
    assert finished.note == "By the log"


def test_what_a_step_captures_stays_beside_what_it_sets() -> None:
    story = Story(SETS).started().done(rows="7").sign("dora", "7").begin().done(read="a")
    assert (story.value("read"), story.value("made")) == ("a", "a-7")


def test_a_correction_is_refused_beside_what_was_typed() -> None:
    story = Story(READ.format(tests=f"all: {BOTH}") + HOLD).started().done(rows="8", word="good")
    for text, words in (("many", "whole number"), ("8", "stands there already"), ("3", "Expected: rows is above 5")):
        story.correct("rows", text).refused(words)
        assert story.refusal is not None
        assert story.refusal.field == "text"
    story.when("ana", AddNote("Late", "yesterday")).refused("with its offset")
    assert story.refusal is not None
    assert story.refusal.field == "happened_at"


def test_a_called_run_need_not_bring_home_all_that_is_wanted() -> None:
    """What it does not know is not there; what it brings has its givers."""
    text = AUTOMATIC.replace("with: {depth: 3},", "with: {depth: 3}, capture: {rows: {}, word: {output: other}},")
    story = Story("vars: {rows: {type: int}, word: {type: string}}" + text, calls={"wipe": "w" * 64}).started()
    story.sign("dora", NAME).tick()
    here: Any = story.run.here
    at = (here.step, here.visit, here.child)
    story.when("clock", NoteChildOpened(*at, "ORDERS-8"))
    story.when("clock", TakeChildOutcome(*at, "recovered", {"other": "x"}, Chain(), {"other": ("ben",)}))
    [back] = [event for event in story.last if isinstance(event, CallReturned)]
    assert (dict(back.captured), dict(back.givers)) == ({"word": "x"}, {"word": ("ben",)})


def test_what_was_answered_blind_is_never_called_ruled_out() -> None:
    """To say so would tell what it was compared with."""
    text = WALK.replace("]}, go: {ok: done}}", "]}, go: {ok: done, fail: owner}}")
    story = Story(text).started().done().done(damage_time="2026-11-22T11:00:00Z").choose("rows").done(rows="7")
    story.at_visit(Watch, "ben").begin().done().done("dora", counted="5").at_step("compare")
    story.failed(live="6").at_step("owner")
    story.done("dora", counted="5")
    assert story.refusal is None


def test_who_can_instead_is_the_operator_where_they_can() -> None:
    """A signer's hand opens no call: Ana, who operates, could. A name that nobody proved could be a signer's."""
    story = automatic().sign("dora", NAME)
    objection = may_start(story.run, story.book.by_id["other"], "dora", story.at)
    assert objection is not None
    assert objection.why == (
        "You signed “Agree to the call”, so somebody else has to start “Wipe the other one”. "
        "Ana Ruiz operates this run and can."
    )
    objection = may_start(story.run, story.book.by_id["other"], MACHINE, story.at)
    assert objection is not None
    assert objection.why.startswith(
        "“Agree to the call” was signed, and you have not logged in here: you could be one of its signers. "
    )


def test_there_is_a_way_back_where_the_runbook_has_one_and_the_run_came_from_somewhere() -> None:
    assert "back" in offers(held().run)
    assert "back" not in offers(Story(CIRCLE.replace("back: true, ", "")).started().problem().at_step("hold").run)
    assert "back" not in offers(Story(CIRCLE.replace("go: {ok: second}", "go: {ok: hold}")).started().run)
    first = """
steps:
  - {id: which, decide: Choose, back: true, options: [{id: a, label: A, when: A., go: done},
     {id: b, label: B, when: B., go: done}], go: {unsure: hold}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    assert "back" not in offers(Story(first + HOLD).started().at_step("which").run)


def test_who_may_sign_and_who_is_kept_off_are_told_apart() -> None:
    """Ben started: of the data owners Dora is left. A runbook may keep data owners off as well."""
    story = Story(book()).started("ben").done("ben", rows="7").at_step("ask")
    [event] = [event for event in story.last if isinstance(event, SignoffAsked)]
    assert (event.eligible, event.barred) == (("dora",), ("ben",))
    text = book(forbid="forbid: [requester, operator, giver, data_owner],").replace(
        "from: [data_owner]", "from: [lead]"
    )
    kept = Story(text).started().done(rows="7").at_step("ask")
    kept.sign("dora", "7").refused("The runbook lets nobody sign who is of the data owner", SigningRefused)


def test_all_that_could_not_be_signed_any_more_is_said_before_it_happens() -> None:
    more = """  - {id: more, signoff: Agree once more, from: [data_owner], binds: {vars: [rows]}, max_visits: 9,
     go: {approved: done}}
  - {id: hold,"""
    text = book(effect="change").replace("  - {id: hold,", more).replace("go: {ok: done, fail", "go: {ok: more, fail")
    story = Story(text, roles={**ROLES, "data_owner": ("dora",)}).started().when("dora", TakeOver())
    story.refused(
        "If you take over, too few people are left to sign. “Agree to the change” needs a signature of the data owner, "
        "and nobody may still sign. “Agree once more” needs a signature of the data owner, and nobody may still sign."
    )


def test_an_end_of_two_words_is_told_in_words() -> None:
    story = Story(CIRCLE.replace("outcome: partial", "outcome: not_applicable")).started().problem()
    story.choose("partly", "chen").when("ana", TakeOver()).refused("(not applicable, by Chen Wei)")


def test_what_is_wrong_stands_beside_the_field_that_it_is_about_or_beside_the_first() -> None:
    """Names may be written out; what was not typed here at all stands beside the first that was."""
    written_out = READ.format(tests="all: [{var: vars.rows, gt: 5}, {var: vars.word, eq: good}]") + HOLD
    story = Story(written_out).started().done(rows="8", word="bad")
    assert story.refusal is not None
    assert story.refusal.field == "word"
    elsewhere = Story(READ.format(tests="all: [{var: limit, gt: 9}]") + HOLD).started().done(rows="8", word="bad")
    assert elsewhere.refusal is not None
    assert elsewhere.refusal.field == "rows"


def test_a_correction_that_does_not_fit_is_told_all_that_is_expected() -> None:
    story = Story(READ.format(tests="all: [{var: rows, gt: 5}, {var: rows, ne: 6}, {var: word, eq: good}]") + HOLD)
    story.started().done(rows="8", word="good").correct("rows", "3").refused("Expected: rows is above 5.")
    both = Story(READ.format(tests="all: [{var: rows, gt: 5}, {var: rows, gt: 4}]") + HOLD).started()
    both.done(rows="8", word="good").correct("rows", "3").refused("Expected: rows is above 5 and rows is above 4.")
