"""Stories of people who leave and come while a run is open: what they lose, what they may, who lets them in."""

from dataclasses import replace

from bot.run.commands import (
    AddNote,
    AnswerPage,
    BreakGlass,
    HandOver,
    LetSomebodyIn,
    NotePeople,
    ReviewGlass,
    SettlePeople,
    Stop,
    TakeOver,
    Tick,
    Watch,
)  # fmt: skip
from bot.run.events import (
    Begun,
    Noted,
    SentBack,
    SignatureVoided,
    Signed,
    SigningRefused,
    SignoffApproved,
    SignoffAsked,
    StepEntered,
    StepFinished,
    TookOver,
    Watched,
)
from bot.run.law.reviewing import reviewers
from bot.run.members.events import Joiner, Leaver, LetIn, PeopleChanged, PeopleInDoubt, PeopleKept
from bot.run.members.rules import why_not_lawful
from bot.run.paging.dues import next_page
from bot.run.paging.events import PageAnswered
from bot.run.paging.ladder import next_calls
from bot.run.places import AwaitingSignature
from bot.run.situation import PeopleNow, Somebody, Stamp
from tests.run.test_signing import TIME, WIPE
from tests.run.test_starts import book
from tests.run.test_walk import HOLD
from tests.story import FILES, NOON, PEOPLE, ROLES, RUNG, Story, people_now

FAY = Somebody("fay", "Fay Moor", "U0FAY")
WATCHED = (
    """
steps:
  - {id: look, do: Look around, go: {ok: wipe}}
  - {id: wipe, run: Restore, effect: change, undo: {none: Nothing is lost.}, witness: peer,
     exec: {argv: [restore], at: "{{ asset.host }}"}, go: {ok: done, fail: hold, timeout: hold}}
  - {id: done, end: Close the run, outcome: recovered}
"""
    + HOLD
)


def open_run(text: str = WATCHED, **start: object) -> Story:
    return Story(text, catalogue=FILES, rungs=(RUNG,), **start).started()


def but(*gone: str) -> tuple[Somebody, ...]:
    return tuple(one for one in PEOPLE if one.id not in gone)


def test_the_catalogue_says_what_the_run_says_and_nothing_happens() -> None:
    """The same people: no event, however often it is judged; one who is gone is an event once."""
    story = open_run().when("clock", people_now()).then()
    story.when("clock", people_now(*but("ben"))).then(PeopleChanged)
    changed = story.last[0]
    assert isinstance(changed, PeopleChanged)
    assert changed.out == (Leaver("ben", "Ben Okafor", ("operator", "peer", "data_owner"), (), gone=True),)
    assert changed.catalogue == FILES
    story.when("clock", people_now(*but("ben"))).then()


def test_who_is_out_of_a_role_loses_it_and_keeps_the_others() -> None:
    """Ben is out of the data owners and stays a peer; out of the catalogue he reads along and acts no more."""
    story = open_run().when("clock", people_now(data_owner=("dora",))).then(PeopleChanged)
    assert story.run.holders("data_owner") == ("dora",)
    assert "ben" in story.run.holders("peer")
    story.when("ben", AddNote("Still here")).then(Noted)
    story.when("clock", people_now(*but("ben"))).when("ben", AddNote("And now?")).refused("does not know you")


def test_an_operator_who_is_out_operates_no_more_and_the_ladder_is_asked_at_once() -> None:
    """Ana operates and is out: nobody operates, she may press nothing, the first rung is called; Ben takes over."""
    story = open_run().later(minutes=30).when("clock", Tick())
    before = len(story.run.pages.pages)
    story.when("clock", people_now(*but("ana"))).then(PeopleChanged)
    assert story.run.operator is None
    assert "ana" in story.run.operated
    story.done("ana").refused("does not know you")
    due = next_page(story.run)
    assert due is not None
    assert (due.reason, due.at, set(due.people) & {"dora", "eve"}) == ("operator", story.at, {"dora", "eve"})
    story.when("clock", Tick())
    assert len(story.run.pages.pages) > before
    assert ("operator", 0, ("dora", "eve")) in story.pages()
    story.when("ben", TakeOver()).then(TookOver)
    assert story.run.operator == "ben"


def test_an_operator_who_only_loses_another_role_goes_on() -> None:
    """Ana is no peer any more and operates as before; when she is no operator either, nobody does."""
    story = open_run().when("clock", people_now(peer=("ben", "chen")))
    assert story.run.operator == "ana"
    story.when("clock", people_now(peer=("ben", "chen"), operator=("ben", "chen")))
    assert story.run.operator is None


def test_an_offer_and_a_watch_fall_with_the_right_to_them() -> None:
    """Ben is offered the run and Chen watches: who is out is offered nothing, and watches no more."""
    story = open_run().when("ana", HandOver("ben", "")).when("clock", people_now(*but("ben")))
    assert story.run.offer is None
    story.done().at_step("wipe").at_visit(Watch, "chen").when("clock", people_now(*but("ben"), peer=("ana",)))
    assert getattr(story.run.here, "watched_by", None) is None
    story.begin().refused("Somebody has to watch first")


def test_who_is_out_is_called_no_more() -> None:
    """The rung of Dora and Eve calls Eve alone; when both are out, the ladder goes by role."""
    story = open_run().when("clock", people_now(*but("dora")))
    due = next_page(story.run)
    assert due is not None
    assert due.people == ("eve",)
    story.when("clock", people_now(*but("dora", "eve")))
    due = next_page(story.run)
    assert due is not None
    assert due.people
    assert not {"dora", "eve"} & set(due.people)


def test_an_answer_of_somebody_who_is_gone_is_none() -> None:
    """Eve said that she is on it and is gone: the next is called at once."""
    story = open_run().tick(minutes=10)
    page = story.run.pages.pages[-1].number
    story.when("eve", AnswerPage(page))
    climb = story.run.pages.climb
    assert climb is not None
    assert climb.answered_by == "eve"
    story.when("clock", people_now(*but("eve")))
    climb = story.run.pages.climb
    assert climb is not None
    assert (climb.answered_by, climb.hurried) == (None, story.at)


def test_who_is_put_in_notes_and_answers_and_acts_once_they_are_let_in() -> None:
    """Fay is a peer by the catalogue: she notes, and may not watch or take over until Dora lets her in."""
    story = open_run().done().at_step("wipe")
    story.when("fay", AddNote("Hello")).refused("does not know you")
    story.when("clock", people_now(*PEOPLE, FAY, peer=(*ROLES["peer"], "fay"), operator=(*ROLES["operator"], "fay")))
    story.then(PeopleChanged)
    changed, seq = story.last[0], story.run.seq
    assert isinstance(changed, PeopleChanged)
    assert changed.into == (Joiner(FAY, ("operator", "peer")),)
    story.when("fay", AddNote("I can help")).then(Noted)
    story.at_visit(Watch, "fay").refused("Watching is for")
    story.when("fay", TakeOver()).refused("Taking over is for")
    story.when("dora", LetSomebodyIn("fay", seq)).then(LetIn("fay", ("operator", "peer")))
    story.at_visit(Watch, "fay").then(Watched)
    story.when("fay", TakeOver())
    assert story.run.operator == "fay"


def test_who_lets_in_is_a_lead_since_the_start_who_neither_started_nor_operated() -> None:
    """Refused: who is no lead, who operates as a lead, a lead who was put in, and whoever lets themselves in."""
    story = open_run().when("chen", TakeOver())
    story.when(
        "clock", people_now(*PEOPLE, FAY, peer=(*ROLES["peer"], "fay", "dora"), lead=("chen", "dora", "fay", "eve"))
    )
    seq = story.run.seq
    story.when("ben", LetSomebodyIn("fay", seq)).refused("a lead of this run since its start (Chen Wei or Dora Lind)")
    story.when("chen", LetSomebodyIn("fay", seq)).refused("You started or ran this run")
    story.when("dora", LetSomebodyIn("dora", seq)).refused("Somebody else has to let you in")
    story.when("dora", LetSomebodyIn("eve", seq - 1)).refused("has changed since you looked")
    story.when("dora", LetSomebodyIn("eve", seq)).then(LetIn)
    assert "eve" in story.run.holders("lead")
    story.when("eve", LetSomebodyIn("fay", seq)).refused("a lead of this run since its start")
    story.when("unverified: someone", LetSomebodyIn("fay", seq)).refused("You are not logged in")
    story.when("dora", LetSomebodyIn("fay", seq)).then(LetIn)
    story.when("dora", LetSomebodyIn("fay", seq)).refused("does not wait to be let in")


def test_who_comes_back_has_to_be_let_in() -> None:
    """Ben is out and in again: he is no peer until Dora says so. A lead who was out lets nobody in."""
    story = open_run().when("clock", people_now(*but("ben", "chen"))).when("clock", people_now())
    changed, seq = story.last[-1], story.run.seq
    assert isinstance(changed, PeopleChanged)
    assert {one.known.id for one in changed.into} == {"ben", "chen"}
    assert story.run.holders("peer") == ("ana",)
    story.when("dora", LetSomebodyIn("chen", seq)).then(LetIn)
    assert "chen" in story.run.holders("lead")
    story.when("chen", LetSomebodyIn("ben", seq)).refused("since its start (Dora Lind)")
    story.when("dora", LetSomebodyIn("ben", seq)).then(LetIn)
    assert story.run.holders("peer") == ("ana", "chen", "ben")


def seconded(lead: str, role: str) -> Story:
    """The walk up to the sign-off; Fay was put in in a role, and this lead let her in."""
    story = Story(WIPE, catalogue=FILES, rungs=(RUNG,)).started().done(target=TIME).done(rows="7").at_step("allow")
    story.when("clock", people_now(*PEOPLE, FAY, **{role: (*ROLES[role], "fay")}))
    return story.when(lead, LetSomebodyIn("fay", story.run.seq))


def test_whoever_still_waits_when_a_run_begins_is_let_in_there_like_anybody() -> None:
    """A called run and one that goes on take over who waits: they were of the run at no start of theirs."""
    story = open_run(people=(*PEOPLE, FAY), waiting={"peer": ("fay",)})
    story.when("dora", LetSomebodyIn("fay", story.run.members.waiting["fay"].seq)).then(LetIn)
    assert story.run.members.let_in == {"fay": ("dora",)}


def test_who_lets_somebody_in_and_operates_ends_what_they_signed() -> None:
    """Chen let Fay in, who signs: once Chen operates it is void. Of Ben, who was there at the start, it is not."""
    story = seconded("chen", "data_owner").sign("fay", TIME).at_step("wait")
    story.when("chen", TakeOver()).then(TookOver, SignatureVoided)
    assert "Fay Moor was let in by Chen Wei, who has operated" in story.run.void["allow"]
    story.done("chen").then(StepFinished, SentBack, StepEntered, SignoffAsked)
    story.sign("fay", TIME).refused(
        "You were let in by Chen Wei, who has operated: the two of you count as one", SigningRefused
    )
    story.sign("dora", TIME).done("chen").at_step("wipe").begin("chen", "orders-db").then(Begun)

    story = Story(WIPE, catalogue=FILES, rungs=(RUNG,)).started().done(target=TIME).done(rows="7")
    story.when("clock", people_now(data_owner=("dora",))).when("clock", people_now())
    story.when("chen", LetSomebodyIn("ben", story.run.seq)).sign("ben", TIME)
    story.when("chen", TakeOver()).then(TookOver)


def test_who_signed_and_let_somebody_in_is_not_served_by_them() -> None:
    """Dora signed and let Fay in: Fay operates, and begins nothing of it. Nor does Dora sign while Fay operates."""
    story = seconded("dora", "operator").sign("dora", TIME).when("fay", TakeOver()).then(TookOver, SignatureVoided)
    story.done("fay").at_step("allow").sign("dora", TIME).refused(
        "You let in Fay Moor, who has operated", SigningRefused
    )
    story.sign("ben", TIME).done("fay").begin("fay", "orders-db").then(Begun)


def test_who_starts_a_step_of_their_role_is_not_one_with_its_signer_or_watcher() -> None:
    """Nobody of them has operated: Fay begins as a peer what Dora signed, who let her in; Chen may. So with a watch."""
    whose = WIPE.replace("{id: wipe, run:", "{id: wipe, who: peer, run:")
    watched = whose.replace("effect: destroy, undo", "effect: destroy, witness: lead, undo")
    for text, signer, why in ((whose, "dora", "Dora Lind signed"), (watched, "ben", "Dora Lind watches")):
        story = Story(text, catalogue=FILES, rungs=(RUNG,)).started().done(target=TIME).done(rows="7")
        story.when("clock", people_now(*PEOPLE, FAY, peer=(*ROLES["peer"], "fay")))
        story.when("dora", LetSomebodyIn("fay", story.run.seq)).sign(signer, TIME).done().at_step("wipe")
        if text == watched:
            story.at_visit(Watch, "dora")
        story.begin("fay", "orders-db").refused(f"{why}")
        story.refused("they let you in")
        story.begin("chen", "orders-db").then(Begun)


def test_who_lets_somebody_in_starts_nothing_that_they_signed_or_broke_the_glass_for() -> None:
    """A step of the peers: Chen let Fay in, who signed; Dora broke the glass, and let Fay in."""
    whose = WIPE.replace("{id: wipe, run:", "{id: wipe, who: peer, run:")
    peers = {"peer": (*ROLES["peer"], "fay")}
    story = Story(whose, catalogue=FILES, rungs=(RUNG,)).started().done(target=TIME).done(rows="7").at_step("allow")
    story.when("clock", people_now(*PEOPLE, FAY, data_owner=(*ROLES["data_owner"], "fay")))
    story.when("chen", LetSomebodyIn("fay", story.run.seq)).sign("fay", TIME).done().at_step("wipe")
    story.begin("chen", "orders-db").refused(
        "Fay Moor signed “Approve the restore”, and you let them in: you count as one."
    )

    story = Story(whose, catalogue=FILES, rungs=(RUNG,)).started().done(target=TIME).done(rows="7").at_step("allow")
    story.when("clock", people_now(*PEOPLE, FAY, **peers)).when("dora", LetSomebodyIn("fay", story.run.seq))
    story.tick(minutes=16).choose("back", by="chen").at_step("allow").later(minutes=6)
    story.at_visit(BreakGlass, "dora", reason="Nobody comes").done().at_step("wipe").begin("fay", "orders-db")
    story.refused("Dora Lind broke the glass for “Approve the restore”, and they let you in: you count as one.")


def test_a_glass_ends_when_somebody_whom_its_lead_let_in_operates() -> None:
    """Dora broke it and let Fay in: it ends when Fay operates, and Fay reviews nothing. Nor does Dora break it then."""
    story = seconded("dora", "operator").tick(minutes=16).choose("back", by="chen").at_step("allow").later(minutes=6)
    story.at_visit(BreakGlass, "dora", reason="Nobody comes").at_step("wait")
    assert "fay" not in reviewers(story.run)
    story.when("fay", ReviewGlass("It was right")).refused("you count as one")
    story.when("fay", TakeOver()).then(TookOver, SignatureVoided).done("fay").at_step("allow")
    assert "Dora Lind let in Fay Moor, who has operated, so their broken glass has ended." in str(story.history)
    story.at_visit(BreakGlass, "dora", reason="Again").refused("You let in Fay Moor, who has operated")


def test_a_slack_account_under_another_name_gets_no_role() -> None:
    """Ana's entry is renamed: Ann may read, and there is nothing to let her in for; the audit names who does it."""
    ann = Somebody("ann", "Ann Ruiz", "U0ANA")
    story = Story(WIPE, catalogue=FILES, rungs=(RUNG,)).started().done(target=TIME).done(rows="7")
    others = but("ana")
    story.when("clock", people_now(*others, ann, data_owner=("ben", "dora", "ann"))).then(PeopleChanged)
    (changed,) = story.last
    assert isinstance(changed, PeopleChanged)
    assert changed.into == (Joiner(ann),)
    assert story.run.members.waiting == {}
    forged = replace(changed, into=(Joiner(ann, ("data_owner",)),))
    before = Story(WIPE, catalogue=FILES, rungs=(RUNG,)).started().done(target=TIME).done(rows="7").run
    why = why_not_lawful(before, forged, Stamp(NOON, "clock", "clock"))
    assert why == "a Slack account of the run was put into a role under another name."
    assert why_not_lawful(before, changed, Stamp(NOON, "clock", "clock")) is None


def test_a_name_with_another_slack_account_is_somebody_else() -> None:
    """Ben's entry names another account: out of every role, in again, and waiting. One that is left out is nothing."""
    swapped = tuple(replace(one, slack="U0EVIL") if one.id == "ben" else one for one in PEOPLE)
    without = tuple(replace(one, slack=None) if one.id == "ben" else one for one in PEOPLE)
    story = open_run().when("clock", people_now(*without)).then()
    story.when("clock", people_now(*swapped)).then(PeopleChanged)
    assert "ben" not in story.run.members.with_roles()
    assert story.run.members.waiting["ben"].roles == ("operator", "peer", "data_owner")
    assert story.run.members.known["ben"].slack == "U0EVIL"
    story.when("clock", people_now(*swapped)).then()


def swapped(*ids: str, to: str = "U0EVIL") -> tuple[Somebody, ...]:
    return tuple(replace(one, slack=f"{to}{one.id}") if one.id in ids else one for one in (*PEOPLE, FAY))


def test_another_account_of_somebody_without_a_role_is_told_once() -> None:
    """Fay has no role to lose: that her account is another is one event, and from then on it is hers."""
    story = open_run(people=(*PEOPLE, FAY)).when("clock", people_now(*swapped("fay"))).then(PeopleChanged)
    assert story.last[0] == PeopleChanged(
        (Leaver("fay", "Fay Moor", account=True),), (Joiner(swapped("fay")[-1]),), (), FILES
    )
    story.when("clock", people_now(*swapped("fay"))).then()
    assert [one.slack for one in story.run.members.people if one.id == "fay"] == ["U0EVILfay"]


def test_other_accounts_of_many_are_asked_about_once() -> None:
    """Chen says that four are others now: they lose their roles and wait to be let in; nobody is asked again."""
    now = people_now(*swapped("ana", "ben", "eve", "dora"))
    story = open_run(people=(*PEOPLE, FAY), roles={**ROLES, "operator": (*ROLES["operator"], "eve")})
    story.when("clock", now).then(PeopleInDoubt).when("chen", SettlePeople(story.run.seq, keep=False))
    story.when("clock", now).then(PeopleChanged).when("clock", now).then()
    assert set(story.run.members.waiting) == {"ana", "ben", "dora"}


def test_an_account_that_was_somebodys_stays_theirs() -> None:
    """Ana's entry gets another account, and only then her own one a second name: that gets no role either."""
    ann = Somebody("ann", "Ann Ruiz", "U0ANA")
    story = open_run().when("clock", people_now(*swapped("ana"))).when(
        "clock", people_now(*swapped("ana"), ann, data_owner=("ben", "dora", "ann"))
    )  # fmt: skip
    story.then(PeopleChanged(into=(Joiner(ann),), catalogue=FILES))


def test_more_than_half_at_once_wait_for_a_lead_who_keeps_them() -> None:
    """An emptied catalogue: everybody stays as they were, Dora keeps them, and it is not asked again."""
    empty = NotePeople(PeopleNow((), {}, {}, (frozenset(),), ((),), FILES))
    story = open_run().when("clock", empty).then(PeopleInDoubt)
    seq = story.run.seq
    assert story.run.operator == "ana"
    assert story.run.holders("peer") == ROLES["peer"]
    story.when("clock", empty).then()
    story.when("ben", SettlePeople(seq, keep=True)).refused("a lead of this run since its start")
    story.when("dora", SettlePeople(seq - 1, keep=True)).refused("has changed since you looked")
    story.when("dora", SettlePeople(seq, keep=True)).then(PeopleKept(seq))
    story.when("clock", empty).then()
    story.when("dora", SettlePeople(seq, keep=True)).refused("Nobody waits for this any more")
    story.when("clock", people_now()).then(PeopleChanged)
    assert story.run.members.kept == frozenset()
    story.when("clock", people_now(*but("ben"))).then(PeopleChanged)
    assert not story.run.members.has("ben")


def test_more_than_half_at_once_wait_for_a_lead_who_lets_them_go() -> None:
    """Three of five are out by the catalogue, and Chen confirms: they are out from then on."""
    three = people_now(*but("ana", "ben", "eve"))
    story = open_run().when("clock", three).then(PeopleInDoubt)
    seq = story.run.seq
    assert story.run.members.has("ben")
    story.when("chen", SettlePeople(seq, keep=False)).then(PeopleChanged)
    assert not story.run.members.has("ben")
    assert story.run.operator is None
    story.when("clock", three).then()


def test_doubt_ends_by_itself_when_the_catalogue_is_right_again() -> None:
    """What was broken is mended before a lead looked: nobody is out; half a run is no doubt."""
    story = open_run().when("clock", people_now(*but("ana", "ben", "eve"))).then(PeopleInDoubt)
    story.when("clock", people_now()).then(PeopleInDoubt(catalogue=FILES))
    assert story.run.members.doubt is None
    story.when("clock", people_now(*but("ben", "eve"))).then(PeopleChanged)


def test_a_file_that_is_gone_waits_for_a_lead_however_few_it_takes() -> None:
    """One person of five, and the file that named them is not there any more: a lead says so."""
    one = people_now(*but("ben"))
    without = NotePeople(replace(one.now, catalogue={"more.yaml": "b" * 64}))
    story = open_run().when("clock", without).then(PeopleInDoubt)
    doubt = story.last[0]
    assert isinstance(doubt, PeopleInDoubt)
    assert doubt.missing == ("people.yaml",)
    assert story.run.members.has("ben")
    story.when("dora", SettlePeople(story.run.seq, keep=False)).then(PeopleChanged)
    story.when("clock", without).then()


def test_the_end_of_a_turn_takes_nobody_out() -> None:
    """Fay operates by her turn on call: it ends, and she is in; another who comes on call waits to be let in."""
    story = open_run(
        people=(*PEOPLE, FAY), roles={**ROLES, "operator": (*ROLES["operator"], "fay")}, on_call={"operator": ("fay",)}
    )
    story.when("clock", people_now(*PEOPLE, FAY)).then()
    assert "fay" in story.run.holders("operator")
    gil = Somebody("gil", "Gil Adams", "U0GIL")
    turn = people_now(*PEOPLE, FAY, gil, operator=(*ROLES["operator"], "gil"))
    story.when("clock", NotePeople(replace(turn.now, on_call={"operator": ("gil",)}))).then(PeopleChanged)
    assert story.run.members.waiting["gil"].roles == ("operator",)
    story.when("clock", people_now(*PEOPLE, FAY, gil)).then()
    story.when("clock", people_now(*PEOPLE, gil)).then(PeopleChanged)
    assert "fay" not in story.run.holders("operator")


def test_nobody_is_judged_once_the_run_is_over() -> None:
    """Who left after the end is in its record as they were."""
    story = open_run().when("ana", Stop("A mistake")).when("clock", people_now(*but("ben"))).then()
    assert story.run.members.has("ben")


def asked() -> Story:
    """Ben and Dora own the data and are asked to sign; Ana started and operates."""
    story = Story(WIPE, catalogue=FILES, rungs=(RUNG,))
    return story.started().done(target=TIME).done(rows="7").at_step("allow")


def test_a_signature_in_force_ends_when_its_signer_is_out() -> None:
    """Dora signed and is out: void, and the step sends the run back; a data owner who did not sign may go."""
    story = asked().sign("dora", TIME).at_step("wait")
    story.when("clock", people_now(*but("ben"))).then(PeopleChanged)
    story.when("clock", people_now(*but("ben", "dora"))).then(PeopleChanged, SignatureVoided)
    voided = story.last[1]
    assert isinstance(voided, SignatureVoided)
    assert "Dora Lind" in voided.why
    story.done().at_step("allow")


def test_a_signature_ends_with_the_role_it_was_given_in() -> None:
    """Dora stays a lead and owns no data any more: what she signed is void, and she signs no more."""
    story = asked().sign("dora", TIME).when("clock", people_now(data_owner=("ben",)))
    story.then(PeopleChanged, SignatureVoided).done().at_step("allow")
    story.sign("dora", TIME).refused("This needs the data owner", SigningRefused)
    story.sign("ben", TIME).then(Signed, SignoffApproved, StepEntered)


def test_signatures_stand_while_those_who_are_left_are_enough() -> None:
    """Two are needed: somebody else's leaving changes nothing, and one of the two is enough to void it."""
    two = WIPE.replace("readback: target,", "readback: target, need: 2,")
    story = Story(two, catalogue=FILES, rungs=(RUNG,)).started("chen").when("chen", TakeOver())
    story.done("chen", target=TIME).done("chen", rows="7").sign("ben", TIME).then(Signed)
    story.when("clock", people_now(*but("eve"))).sign("dora", TIME).then(Signed, SignoffApproved, StepEntered)
    story.when("clock", people_now(*but("eve", "ben"))).then(PeopleChanged, SignatureVoided)


def test_a_signature_on_an_open_request_falls_with_its_signer() -> None:
    """Ben signed the first of two and is out: his signature falls, and Fay, let in, is asked with Dora."""
    two = WIPE.replace("readback: target,", "readback: target, need: 2,")
    story = Story(two, catalogue=FILES, rungs=(RUNG,)).started().done(target=TIME).done(rows="7").sign("ben", TIME)
    story.when("clock", people_now(*but("ben"), FAY, data_owner=("dora", "fay"))).then(PeopleChanged, SignoffAsked)
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    assert (here.signed, here.eligible) == ((), ("dora",))
    story.sign("fay", TIME).refused("This needs the data owner", SigningRefused)
    story.when("dora", LetSomebodyIn("fay", story.run.members.waiting["fay"].seq)).then(LetIn, SignoffAsked)
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    assert here.eligible == ("dora", "fay")
    story.sign("fay", TIME).then(Signed).sign("dora", TIME).then(Signed)
    assert story.run.here_is("allow"), "who lets in and who was let in are one signer"


def test_a_broken_glass_ends_when_the_lead_who_broke_it_is_out() -> None:
    """Dora broke the glass in vain of signatures, and is out before the step: it is asked for anew."""
    story = asked().later(minutes=15).when("clock", Tick()).at_step("hold").choose("back", "dora").later(minutes=10)
    story.at_visit(BreakGlass, "dora", reason="Nobody answers").at_step("wait")
    story.when("clock", people_now(*but("dora"))).then(PeopleChanged, SignatureVoided)
    story.done().at_step("allow")


def test_an_operator_who_puts_themselves_in_signs_nothing() -> None:
    """Ana operates and writes a second self into the catalogue: that one waits, and Ana lets nobody in."""
    twin = Somebody("ana-2", "Ana Two", "U0TWIN")
    story = asked().when(
        "clock", people_now(*PEOPLE, twin, data_owner=("ben", "dora", "ana-2"), lead=("chen", "dora", "ana"))
    )
    seq = story.run.members.waiting["ana-2"].seq
    story.sign("ana-2", TIME).refused("This needs the data owner: Ben Okafor or Dora Lind.", SigningRefused)
    story.when("ana", LetSomebodyIn("ana-2", seq)).refused("a lead of this run since its start")
    story.when("ana-2", LetSomebodyIn("ana-2", seq)).refused("a lead of this run since its start")
    story.when("ana", LetSomebodyIn("ana", seq)).refused("a lead of this run since its start")


def test_who_was_put_in_answers_a_page_and_who_is_gone_answers_none() -> None:
    """Fay waits to be let in and says I'm on it; Eve is gone, is tried by no channel any more, and answers nothing."""
    pagers = tuple(replace(one, pagers=("env:EVE_SMS",)) if one.id == "eve" else one for one in PEOPLE)
    rung = replace(RUNG, via=("slack", "pager"))
    story = Story(WATCHED, catalogue=FILES, rungs=(rung,), people=pagers).started().tick(minutes=10)
    page = story.run.pages.pages[-1].number
    assert {call.person for call in next_calls(story.run)} == {"eve"}
    here = [one for one in pagers if one.id != "eve"]
    story.when("clock", people_now(*here, FAY, peer=(*ROLES["peer"], "fay")))
    assert next_calls(story.run) == ()
    story.when("eve", AnswerPage(page)).refused("does not know you")
    story.when("fay", AnswerPage(page)).then(PageAnswered)


def test_who_waits_reviews_no_broken_glass() -> None:
    """Nobody of the roles may review: one operated, the other broke it. Fay, who waits, is not asked instead."""
    roles = {"operator": ("ana",), "lead": ("dora",), "peer": ("ana",), "data_owner": ("dora",)}
    people = tuple(one for one in PEOPLE if one.id in ("ana", "dora"))
    story = Story(WIPE, catalogue=FILES, rungs=(), people=people, roles=roles).started()
    story.done(target=TIME).done(rows="7").later(minutes=15).when("clock", Tick()).at_step("hold")
    story.choose("back", "dora").later(minutes=10).at_visit(BreakGlass, "dora", reason="Nobody answers")
    waits = people_now(*people, FAY, **{role: (*held, "fay") for role, held in roles.items()})
    story.when("clock", waits).then(PeopleChanged)
    assert "fay" in story.run.members.waiting
    assert reviewers(story.run) == ()


def test_a_signature_that_ended_stays_ended_when_its_signer_comes_back() -> None:
    """Dora signed a change and it was started; out, put in again and let in, she covers no further start of it."""
    story = Story(book(effect="change"), catalogue=FILES, rungs=(RUNG,)).started().done(rows="7").sign("dora", "7")
    story.begin(typed="orders-db").problem().at_step("hold").when("clock", people_now(*but("dora")))
    story.when("clock", people_now()).when("chen", LetSomebodyIn("dora", story.run.members.waiting["dora"].seq))
    story.then(LetIn).choose("back", look="It is as it was.").at_step("ask")
    assert any(isinstance(event, SentBack) and "Dora Lind has left" in event.why for event in story.last)
