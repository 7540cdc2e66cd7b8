"""The rules at their edges: the very moment, the other role, the words that are kept."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.run.commands import (
    Accept,
    AddNote,
    AskHelp,
    BreakGlass,
    Choose,
    GoBack,
    GrowChain,
    HandOver,
    Mismatch,
    NoteCallDelayed,
    NoteCallTold,
    NoteChildNotOpened,
    NoteChildOpened,
    Sign,
    Stop,
    TakeOver,
    Tick,
    Watch,
)
from bot.run.events import (
    Begun,
    Branched,
    CallDelayed,
    Called,
    CallNotOpened,
    CallOpened,
    CallTold,
    Chosen,
    Ended,
    GlassBroken,
    HandOverAccepted,
    HandOverOffered,
    HelpAsked,
    LawTaken,
    MismatchSeen,
    Noted,
    Notified,
    SentBack,
    SignatureVoided,
    SigningRefused,
    SignoffAsked,
    StepEntered,
    TookOver,
    Watched,
    WentBack,
)
from bot.run.law.authorise import MOST_ATTEMPTS
from bot.run.law.may_start import LAW
from bot.run.law.signing import as_started, read_content, ungivable
from bot.run.places import AwaitingSignature, Chain
from bot.run.situation import unverified_id
from bot.run.state import Run, but
from tests.run.test_refusals import BOOK, MACHINE, NAME, ROLES_HERE, asked, begun, bound, glass, left_unknown
from tests.story import ROLES, Story


def of_kind(story: Story, kind: type) -> list[object]:
    return [event for event in story.last if isinstance(event, kind)]


def test_a_signature_is_valid_up_to_its_last_moment() -> None:
    for late, step in ((0, "change"), (1, "ask")):
        story = bound().at_visit(Watch, "ben")
        until = story.run.approvals["ask"].valid_until
        assert until is not None
        story.at = until + timedelta(seconds=late)
        assert story.begin(typed=NAME).here == step


def test_a_broken_glass_is_valid_as_long_as_a_signature_and_can_be_broken_at_its_first_moment() -> None:
    story = glass()
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    again = story.book.policy.signoff.again
    story.at = here.since + again - timedelta(seconds=1)
    story.at_visit(BreakGlass, "dora", reason="Nobody answers").refused("Give the signers until")
    story.later(seconds=1).at_visit(BreakGlass, "dora", reason="Nobody answers")
    (broken,) = of_kind(story, GlassBroken)
    assert isinstance(broken, GlassBroken)
    assert broken.valid_until == story.run.approvals["ask"].valid_until == story.at + timedelta(minutes=30)


def test_no_glass_stands_of_a_lead_whom_the_runbook_bars() -> None:
    """Dora is put into the barred role after she broke it: she is a lead still, and her glass has ended."""
    story = glass().at_visit(BreakGlass, "dora", reason="Nobody answers").at_step("change").at_visit(Watch, "ben")
    members = story.run.members
    roles = {**members.roles, "peer": (*members.holders("peer"), "dora")}
    story.state = but(story.run, members=replace(members, roles=roles))
    story.begin(typed=NAME).at_step("ask")
    (why,) = [one.why for one in story.last if isinstance(one, SentBack)]
    assert why == "Dora Lind is of the peer, so their broken glass has ended."


def test_a_watch_ends_with_the_role_for_it_and_a_step_names_whose_it_is() -> None:
    """The step asks for a data owner: a peer may not watch it; a watcher who is out of the role watches no more."""
    bound().at_visit(Watch, "ana").refused("Watching is for the data owner (Ben Okafor or Dora Lind).")
    story = bound().at_visit(Watch, "ben").then(Watched)
    members = story.run.members
    story.state = but(story.run, members=replace(members, roles={**members.roles, "data_owner": ("dora",)}))
    story.begin(typed=NAME).refused("Somebody has to watch first")


def test_whoever_could_be_the_watcher_begins_nothing_though_nothing_is_signed() -> None:
    book = """
    steps:
      - {id: change, run: Change it, effect: change, undo: {none: Gone.}, witness: peer, exec: {argv: [change]},
         go: {ok: done, fail: hold, timeout: hold}}
      - {id: hold, decide: Hold here, max_visits: 9, options: [{id: a, label: End, when: Bad., go: done},
         {id: b, label: Again, when: Good., go: change}], go: {unsure: hold}}
      - {id: done, end: Close it, outcome: recovered}
    """
    machine = unverified_id("ben")
    story = Story(book).started(machine).at_visit(Watch, "ben").then(Watched).begin(machine)
    story.refused("Ben Okafor watches, and you have not logged in here: you could be them.")
    Story(book).started("ana").at_visit(Watch, "ben").begin("ana").then(Begun)


def test_ten_attempts_of_a_person_at_a_visit_are_kept() -> None:
    story = asked()
    for _ in range(MOST_ATTEMPTS):
        story.sign("ana", "7").refused("so someone else has to sign", SigningRefused)
    story.sign("ana", "7").refused("so someone else has to sign")
    story.sign("zoe", "7").refused("does not know you", SigningRefused)


def test_whoever_gave_a_value_corrects_it_though_they_neither_operate_nor_lead() -> None:
    story = begun().when("ben", TakeOver()).then(TookOver).done("ben", typed=NAME, rows="7")
    story.when("ana", TakeOver()).correct("rows", "8", "ben")
    assert story.refusal is None
    assert story.value("rows") == 8


def test_an_open_run_takes_the_newest_law_up_with_whatever_happens_next() -> None:
    """Not with what is refused, nor with a look of the clock that finds nothing; a run that is over stays as it was."""
    story = begun().when("clock", Tick())
    story.state = but(story.run, law=1)
    story.sign("zoe", "7").refused("does not know you", SigningRefused)
    assert story.run.law == 1
    story.when("clock", Tick()).then()
    story.when("ben", AddNote("Seen")).then(LawTaken, Noted)
    assert story.run.law == LAW
    story = begun().when("ana", Stop("A false alarm")).then(Ended)
    story.state = but(story.run, law=1)
    assert LawTaken not in map(type, story.when("ben", AddNote("After all")).last)


def test_what_people_say_at_a_turn_is_kept() -> None:
    (seen,) = of_kind(begun().at_visit(Mismatch, words="Other rows"), MismatchSeen)
    assert seen == MismatchSeen("look", 1, "Other rows")
    (asks,) = of_kind(begun().at_visit(AskHelp, words="Who knows it?"), HelpAsked)
    assert asks == HelpAsked("look", 1, "Who knows it?")
    held = begun().problem()
    for option, label in (("b", "Again"), ("unsure", "I'm not sure")):
        (chosen,) = of_kind(held_again(option, "It looks well"), Chosen)
        assert chosen == Chosen("hold", 1, option, label, ("End", "Again"), "It looks well")
    assert held.here == "hold"
    (back,) = of_kind(left_unknown().choose("back", look="Nothing was changed", note="a note"), Chosen)
    assert isinstance(back, Chosen)
    assert (back.label, back.note, back.look) == ("Back to where we were", "a note", "Nothing was changed")
    (back,) = of_kind(begun().problem().choose("back", note="It answers now"), Chosen)
    assert back == Chosen("hold", 1, "back", "Back to where we were", ("End", "Again"), "It answers now")
    story = left_unknown().when("ana", GoBack("hold", 1, "look", "Once more", "Nothing was changed"))
    assert story.refusal is not None or of_kind(story, WentBack)
    story = begun().done(typed=NAME, rows="7").when("ana", GoBack("ask", 1, "look", "Counted wrongly", ""))
    assert of_kind(story, WentBack) == [WentBack("ask", 1, "look", "Counted wrongly", "")]
    assert of_kind(story, StepEntered) == [StepEntered("look", 2, "ask", "went back")]


def held_again(option: str, note: str) -> Story:
    return begun().problem().choose(option, note=note)


def test_where_a_step_was_come_to_from_is_kept() -> None:
    (entered,) = of_kind(begun().at_visit(Mismatch, words="Other rows"), StepEntered)
    assert entered == StepEntered("hold", 1, "look", "does not match")
    story = bound().at_visit(Watch, "ben").later(hours=2).begin(typed=NAME)
    assert of_kind(story, StepEntered) == [StepEntered("ask", 2, "change", "sent back")]


def test_the_name_is_typed_for_what_is_said_to_be_done_alone() -> None:
    """A problem is said without it."""
    begun().done(rows="7").refused("Type the name of the asset")
    begun().problem().at_step("hold")


def test_a_lead_who_is_no_operator_takes_a_hand_over() -> None:
    story = begun().when("ana", HandOver("dora", "You know it")).then(HandOverOffered)
    story.when("dora", Accept()).then(HandOverAccepted)
    assert story.run.operator == "dora"


CALLS = """
vars: {rows: {type: int}}
steps:
  - {id: tell, notify: Tell them, to: [incident], say: "{{ vars.rows }} rows", go: {ok: way}}
  - {id: way, branch: Which way, cases: [{when: {all: [{var: rows, gt: 99}]}, go: done}], else: ours}
  - {id: ours, call: Let them open it, runbook: storage, with: {why: "{{ vars.rows }} of {{ asset.id }}"},
     go: {recovered: done, else: hold}}
  - {id: hold, decide: Hold here, max_visits: 9, options: [{id: a, label: End, when: Bad., go: stop},
     {id: b, label: Again, when: Good., go: ours}], go: {unsure: hold}}
  - {id: stop, end: Stop here, outcome: aborted}
  - {id: done, end: Close it, outcome: recovered}
"""


def test_what_a_call_hears_once_it_hears_no_second_time() -> None:
    story = Story(CALLS, calls={"storage": "e" * 64}).started().at_step("ours")
    (called,) = of_kind(story, Called)
    assert isinstance(called, Called)
    assert (called.asset, called.digest, called.child) == ("orders-db", "e" * 64, "run-1.ours.1")
    at = ("ours", 1, called.child)
    chain = story.run.whole_chain
    story.when("clock", NoteCallDelayed(*at, "The catalogue is away.")).then(CallDelayed)
    story.when("clock", NoteCallDelayed(*at, "It still is.")).then()
    story.when("clock", NoteChildOpened(*at, "NET-4", chain)).then(CallOpened)
    assert (story.run.here.told, story.run.here.delayed) == (chain, "")  # type: ignore[union-attr]
    story.when("clock", NoteChildOpened(*at, "NET-5", chain)).then()
    story.when("clock", NoteChildNotOpened(*at, "Too late")).then()
    story.when("clock", NoteCallDelayed(*at, "Too late")).then()
    story.when("clock", NoteCallTold(*at, chain)).then()
    story.when("ben", TakeOver()).when("clock", NoteCallTold(*at, story.run.whole_chain)).then(CallTold)
    story.when("clock", GrowChain(Chain((), ()))).then()
    story = Story(CALLS).started()
    (called,) = of_kind(story, Called)
    assert isinstance(called, Called)
    assert called.digest == ""
    story.when("clock", NoteChildNotOpened("ours", 1, called.child, "It is not kept.")).then(CallNotOpened, StepEntered)
    assert of_kind(story, StepEntered) == [StepEntered("hold", 1, "ours", "else")]


def test_what_is_told_by_the_way_may_name_what_nobody_knows_yet() -> None:
    story = Story(CALLS).started()
    (told,) = of_kind(story, Notified)
    assert isinstance(told, Notified)
    assert told.text.endswith(" rows")
    (way,) = of_kind(story, Branched)
    assert way == Branched("way", 1, "else", "none of the cases holds")
    assert of_kind(story, StepEntered)[1] == StepEntered("way", 1, "tell", "ok")


def test_a_case_says_which_of_its_tests_brought_the_run_there() -> None:
    for how, words in (("any", " or "), ("all", " and ")):
        text = CALLS.replace("all: [{var: rows, gt: 99}]", f"{how}: [{{var: rows, gt: 1}}, {{var: rows, lt: 9}}]")
        text = text.replace("vars: {rows: {type: int}}", "vars: {rows: {type: int, default: 7}}")
        (way,) = of_kind(Story(text).started(), Branched)
        assert isinstance(way, Branched)
        assert way.exit == "case 1"
        assert words in way.because, way.because


def test_a_request_is_made_anew_only_when_what_is_signed_or_who_may_is_another() -> None:
    """Its deadline stands while the words do; who took over unproven lets what was signed on it fall."""
    story = asked()
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    story.later(minutes=1).when("ben", TakeOver())
    (again,) = of_kind(story, SignoffAsked)
    assert isinstance(again, SignoffAsked)
    assert again.again
    assert again.expires_at == here.expires_at
    story.later(minutes=1).correct("rows", "8", "ben")
    (anew,) = of_kind(story, SignoffAsked)
    assert isinstance(anew, SignoffAsked)
    assert anew.expires_at == story.at + (here.expires_at - here.since)


def test_a_signature_falls_with_the_reason_of_its_fall() -> None:
    """Unproven who operates; other values; a signature of two, of which one was given."""
    (void,) = of_kind(bound().when(MACHINE, TakeOver()), SignatureVoided)
    assert isinstance(void, SignatureVoided)
    assert void.why == "unverified: root operates now without having logged in, and could be anybody."
    (void,) = of_kind(bound().correct("rows", "8"), SignatureVoided)
    assert isinstance(void, SignatureVoided)
    assert void.why == "What was signed has changed: rows."


def test_what_bars_by_an_older_law_is_asked_of_that_law() -> None:
    """Under the first law who gave a value may sign, whatever is destroyed."""
    roles = {**ROLES, "data_owner": ("ben", "dora")}
    text = """
    vars: {rows: {type: int}}
    steps:
      - {id: look, do: Count, who: data_owner, answer: {var: rows}, go: {ok: ask}}
      - {id: ask, signoff: Agree, from: [data_owner], binds: {vars: [rows], steps: [change]}, go: {approved: change}}
      - {id: change, run: Change it, effect: destroy, undo: {none: Gone.}, exec: {argv: [change]},
         go: {ok: done, fail: hold, timeout: hold}}
      - {id: hold, decide: Hold here, max_visits: 9, options: [{id: a, label: End, when: Bad., go: done},
         {id: b, label: Again, when: Good., go: look}], go: {unsure: hold}}
      - {id: done, end: Close it, outcome: recovered}
    """
    story = Story(text, roles=roles).started().done("dora", rows="7").at_step("ask")
    story.sign("dora", NAME).refused("You gave", SigningRefused)
    assert "dora" in barred(story.run)
    assert "dora" not in barred(but(story.run, law=1))


def barred(run: Run) -> set[str]:
    from bot.run.law.signing import why_barred  # noqa: PLC0415

    (signoff,) = [step for step in run.book.steps if step.id == "ask"]
    return set(why_barred(run, signoff))  # type: ignore[arg-type]


def test_only_sign_offs_that_are_still_to_come_are_missed() -> None:
    """Two people have started and operated, and the only other signer is gone: missed before it, and not behind it."""
    roles = {**ROLES, "data_owner": ("ana",), "lead": ("ana",)}
    story = Story(asked().book, roles=roles).started()
    assert [one.id for one in ungivable(story.run)] == ["ask"]
    assert [one.id for one in ungivable(as_started(story.run))] == ["ask"]
    assert ungivable(story.problem().when("ana", Choose("hold", 1, "a")).run) == ()


@pytest.mark.parametrize("person", ["dora", "ben"])
def test_the_readback_is_asked_of_each_signer(person: str) -> None:
    story = asked()
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    story.when(person, Sign("ask", 1, here.digest, "")).refused("")
    assert story.refusal is not None
    assert story.refusal.field == "readback"


def variant(*changes: tuple[str, str]) -> Story:
    """The book of the refusals with some words changed; Ana has counted."""
    text = BOOK
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return Story(text, roles=ROLES_HERE).started().done(typed=NAME, rows="7").at_step("ask")


def test_what_is_read_back_is_signed_with_the_caution_though_it_is_bound_by_nothing_else() -> None:
    story = variant(("vars: [rows], ", ""), ("run: Change the rows,", "run: Change the rows, caution: It is final,"))
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    content = read_content(here.content)
    assert content.vars == (("rows", 7),)
    assert [one.caution for one in content.steps] == ["It is final"]


def test_the_order_in_which_forbid_names_people_bars_nobody_less() -> None:
    story = variant(("forbid: [requester, operator, giver, peer]", "forbid: [operator, requester]"))
    assert barred(story.when("ben", TakeOver()).run) == barred(variant().when("ben", TakeOver()).run) - {"eve"}
    change, words = ("effect: destroy", "effect: change"), "forbid: [operator, requester]"
    story = variant(change, ("forbid: [requester, operator, giver, peer]", words)).when("ben", TakeOver())
    assert barred(story.when("chen", TakeOver()).run) == {"ana", "ben", "chen"}


def test_a_request_may_name_what_nobody_knows_yet() -> None:
    story = variant(("readback: rows, max", "say: 'Word {{ vars.word }}', readback: rows, max"))
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    assert str(read_content(here.content).say).startswith("Word ")


def test_a_read_back_of_the_asset_stands_beside_its_field() -> None:
    story = variant(("readback: rows, ", "")).sign("dora", "another")
    assert story.refusal is not None
    assert (story.refusal.field, story.refusal.events) == ("readback", ())
    story.sign("dora", "Orders Database").at_step("change")


def test_what_was_asked_for_three_times_may_be_broken_at_once() -> None:
    story = glass().tick(hours=1).at_step("hold").choose("b").done(typed=NAME, rows="7").at_step("ask")
    assert of_kind(story.at_visit(BreakGlass, "dora", reason="Nobody answers"), GlassBroken)


def test_half_of_two_signatures_falls_with_its_reason() -> None:
    two = ("max_visits: 9,\n     go: {approved", "need: 2, max_visits: 9,\n     go: {approved")
    (void,) = of_kind(variant(two).sign("dora", "7").correct("rows", "8"), SignatureVoided)
    assert void == SignatureVoided("ask", 1, "What was signed has changed: rows.", ("dora",))
    (void,) = of_kind(variant(two).sign("dora", "7").when(MACHINE, TakeOver()), SignatureVoided)
    assert isinstance(void, SignatureVoided)
    assert "could be anybody" in void.why


def test_what_was_accepted_stays_accepted_while_the_values_do() -> None:
    """It covers no start: that its signer comes to operate later takes nothing back."""
    text = """
    vars: {rows: {type: int}}
    steps:
      - {id: look, do: Count, answer: {var: rows}, go: {ok: accept}}
      - {id: accept, signoff: Accept it, from: [data_owner], mode: after, binds: {vars: [rows]}, go: {approved: tidy}}
      - {id: tidy, do: Tidy up, go: {ok: done, problem: hold}}
      - {id: hold, decide: Hold here, max_visits: 9, options: [{id: a, label: End, when: Bad., go: done},
         {id: b, label: Again, when: Good., go: look}], go: {unsure: hold}}
      - {id: done, end: Close it, outcome: recovered}
    """
    story = Story(text).started().done(rows="7").sign("dora", NAME).at_step("tidy")
    story.when("dora", TakeOver()).then(TookOver)
    assert of_kind(story.correct("rows", "8", "dora"), SignatureVoided)


def test_a_misspelt_field_of_a_run_is_an_error_of_types_and_of_running() -> None:
    """The type checker finds it: were it silent, the ignored error would be one too many, which `make test` says."""
    with pytest.raises(TypeError, match="operatr"):
        but(Story(CALLS).started().run, operatr="dora")  # type: ignore[call-arg]
