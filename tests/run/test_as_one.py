"""Whoever was let in stands for whoever let them in: no lead makes two people of names of their own."""

from dataclasses import replace

import pytest

from bot.run.commands import GrowChain, LetSomebodyIn, TakeOver
from bot.run.events import (
    Begun,
    ChainGrown,
    SentBack,
    SignatureVoided,
    Signed,
    SigningRefused,
    SignoffApproved,
    SignoffAsked,
    StepEntered,
    StepFinished,
    TookOver,
)
from bot.run.law.judging import in_new_light, objection_to
from bot.run.members.events import Joiner, LetIn, PeopleChanged
from bot.run.members.rules import count_people, one_with, sets_of_different, why_not_lawful
from bot.run.places import AwaitingSignature, Chain
from bot.run.situation import Parent, Somebody, Stamp
from bot.run.state import but as having
from tests.run.test_members import FAY
from tests.run.test_signing import TIME, WIPE
from tests.story import FILES, NOON, PEOPLE, ROLES, RUNG, Story, people_now

GIL = Somebody("gil", "Gil Soto", "U0GIL")
TWO = WIPE.replace("readback: target,", "readback: target, need: 2,")


def joined(text: str, **roles: tuple[str, str]) -> Story:
    """The walk up to the sign-off; Fay and Gil were put in in a role each, and a lead let each in."""
    story = Story(text, catalogue=FILES, rungs=(RUNG,)).started().done(target=TIME).done(rows="7").at_step("allow")
    held = dict(ROLES)
    for person, (role, _) in roles.items():
        held[role] = (*held[role], person)
    story.when("clock", people_now(*PEOPLE, FAY, GIL, **held))
    for person, (_, lead) in roles.items():
        story.when(lead, LetSomebodyIn(person, story.run.members.waiting[person].seq))
    return story


def test_a_lead_and_whom_they_let_in_are_no_two_signers() -> None:
    """Dora let Fay in and both signed: that is one. Ben is the second; so is Gil, whom another lead let in."""
    both = {"fay": ("data_owner", "dora"), "gil": ("data_owner", "chen")}
    story = joined(TWO, **both).sign("dora", TIME).then(Signed).sign("fay", TIME).then(Signed)
    story.sign("ben", TIME).then(Signed, SignoffApproved, StepEntered)
    joined(TWO, **both).sign("gil", TIME).sign("fay", TIME).then(Signed, SignoffApproved, StepEntered)


def test_two_whom_the_same_lead_let_in_are_no_two_signers() -> None:
    story = joined(TWO, fay=("data_owner", "chen"), gil=("data_owner", "chen"))
    story.sign("gil", TIME).then(Signed).sign("fay", TIME).then(Signed).at_step("allow")
    story.sign("dora", TIME).then(Signed, SignoffApproved, StepEntered)


def test_with_each_they_stand_for_one_role() -> None:
    """One of the data owners and one of the leads: Dora and Fay are not that; Chen and Fay are."""
    each = WIPE.replace("from: [data_owner], say: Later", "from: [data_owner, lead], need: 2, each: true, say: Later")
    assert each != WIPE
    joined(each, fay=("data_owner", "dora")).sign("fay", TIME).sign("dora", TIME).then(Signed)
    joined(each, fay=("data_owner", "dora")).sign("fay", TIME).sign("chen", TIME).then(
        Signed, SignoffApproved, StepEntered
    )


def test_what_only_the_third_law_forbids_was_allowed_then() -> None:
    """The same two signatures in a record of the second law: enough then, and not now."""
    story = joined(TWO, fay=("data_owner", "dora")).sign("dora", TIME).sign("fay", TIME)
    run = having(story.run, law=2)
    here = run.here
    assert isinstance(here, AwaitingSignature)
    stamp = Stamp(story.at, "fay", "slack")
    signed = SignoffApproved("allow", 1, here.digest, here.signed, story.at + run.book.policy.signoff.valid_for)
    assert objection_to(run, signed, stamp, None) is None
    assert objection_to(in_new_light(run), signed, stamp, None) == "the signatures are not enough."


def test_whom_the_same_lead_let_in_count_as_one() -> None:
    """Chen let both in: Gil signed, so Fay begins nothing of it, nor does Gil sign while Fay operates. Dora may."""
    story = joined(WIPE, fay=("operator", "chen"), gil=("data_owner", "chen")).sign("gil", TIME).at_step("wait")
    story.when("fay", TakeOver()).then(TookOver, SignatureVoided)
    assert "Gil Soto was let in by who let in Fay Moor, who has operated" in story.run.void["allow"]
    story.done("fay").at_step("allow").sign("gil", TIME).refused("the two of you count as one", SigningRefused)
    story.sign("dora", TIME).done("fay").at_step("wipe").begin("fay", "orders-db").then(Begun)

    whose = WIPE.replace("{id: wipe, run:", "{id: wipe, who: peer, run:")
    story = joined(whose, fay=("peer", "chen"), gil=("data_owner", "chen")).sign("gil", TIME).done().at_step("wipe")
    story.begin("fay", "orders-db").refused("Gil Soto signed “Approve the restore”, and the same lead let you both in")
    story.begin("ben", "orders-db").then(Begun)


def test_who_was_let_in_counts_as_one_in_every_run_of_the_chain() -> None:
    """In a called run Chen signed: above, he let Fay in, and she came to operate. What he signed is void from then."""
    parent = Parent("run-0", "STORAGE-1", "call", 1)
    story = Story(WIPE, catalogue=FILES, rungs=(RUNG,), parent=parent).started().done(target=TIME).done(rows="7")
    story.sign("ben", TIME).at_step("wait")
    alone = GrowChain(Chain((), ("fay",)))
    story.when("clock", alone).then(ChainGrown)
    story.when("clock", GrowChain(Chain((), ("fay",), (("fay", "ben"),)))).then(ChainGrown, SignatureVoided)
    story.when("clock", GrowChain(Chain((), ("fay",), (("fay", "ben"),)))).then()
    story.done().then(StepFinished, SentBack, StepEntered, SignoffAsked)
    story.sign("ben", TIME).refused("You let in", SigningRefused)
    assert story.run.whole_chain.let_in == (("fay", "ben"),)
    assert "ben" in one_with(story.run, "fay")
    assert "ben" not in one_with(having(story.run, members=replace(story.run.members, let_in={})), "fay")


def test_who_was_let_in_as_a_lead_lets_nobody_in() -> None:
    """A run that is called begins with Eve as a lead, whom Chen let in above: she lets nobody in there, Dora does."""
    roles = {**ROLES, "lead": ("chen", "dora", "eve")}
    parent = Parent("run-0", "STORAGE-1", "call", 1)
    story = Story(WIPE, catalogue=FILES, rungs=(RUNG,), roles=roles, let_in={"eve": ("chen",)}, parent=parent).started()
    story.when("clock", people_now(*PEOPLE, FAY, **{**roles, "data_owner": ("ben", "dora", "fay")}))
    waits = story.run.members.waiting["fay"].seq
    before = story.run
    story.when("eve", LetSomebodyIn("fay", waits)).refused("a lead of this run since its start (Chen Wei or Dora Lind)")
    forged = (LetIn("fay", ("data_owner",)), Stamp(NOON, "eve", "slack"))
    assert why_not_lawful(before, *forged) == "eve may not let fay in."
    assert why_not_lawful(having(before, law=2), *forged) is None
    story.when("dora", LetSomebodyIn("fay", waits)).then(LetIn)


def test_an_account_that_a_name_once_had_is_remembered() -> None:
    """Ana's entry names another account, and yet another: who has the first is no second person, nor in a later run."""
    ann = Somebody("ann", "Ann Ruiz", "U0ANA")
    others = tuple(one for one in PEOPLE if one.id != "ana")
    story = Story(WIPE, catalogue=FILES, rungs=(RUNG,)).started()
    for account in ("U0SECOND", "U0THIRD"):
        story.when("clock", people_now(*others, Somebody("ana", "Ana Ruiz", account))).then(PeopleChanged)
    before = story.run
    story.when("clock", people_now(*others, Somebody("ana", "Ana Ruiz", "U0THIRD"), ann, data_owner=("ben", "ann")))
    (changed,) = story.last
    assert isinstance(changed, PeopleChanged)
    assert changed.into == (Joiner(ann),)
    forged = (replace(changed, into=(Joiner(ann, ("data_owner",)),)), Stamp(NOON, "clock", "clock"))
    assert "under another name" in (why_not_lawful(before, *forged) or "")
    assert why_not_lawful(having(before, law=2), *forged) is None

    later = Story(WIPE, catalogue=FILES, people=others, accounts=(("ana", "U0ANA"),), parent=Parent("r", "S-1", "c", 1))
    later.started("ben").when("clock", people_now(*others, ann, data_owner=("ben", "dora", "ann")))
    (changed,) = later.last
    assert isinstance(changed, PeopleChanged)
    assert changed.into == (Joiner(ann),)


@pytest.mark.parametrize(
    ("let_in", "person", "others"),
    [
        ({"fay": ("dora",)}, "dora", {"fay"}),
        ({"fay": ("dora",), "gil": ("dora", "chen")}, "fay", {"dora", "gil"}),
        ({"fay": ("dora",), "gil": ("dora", "chen")}, "chen", {"gil"}),
        ({"fay": ("eve",), "eve": ("dora",)}, "fay", {"eve", "dora"}),
        ({"fay": ("dora",)}, "ben", set()),
    ],
)
def test_who_counts_as_one_with_whom(let_in: dict[str, tuple[str, ...]], person: str, others: set[str]) -> None:
    """Through everybody who let somebody in, and never two leads with each other."""
    run = Story(WIPE, let_in=let_in, parent=Parent("r", "S-1", "c", 1)).started().run
    assert one_with(run, person) == others


def test_the_second_law_knew_only_who_let_in_whom() -> None:
    """Then two whom the same lead let in were two, and all who signed were counted."""
    let_in = {"fay": ("dora",), "gil": ("dora",)}
    run = Story(WIPE, let_in=let_in, parent=Parent("r", "S-1", "c", 1)).started().run
    then = having(run, law=2)
    assert one_with(run, "fay") == {"dora", "gil"}
    assert one_with(then, "fay") == {"dora"}
    assert (count_people(run, ("fay", "gil", "dora")), count_people(then, ("fay", "gil", "dora"))) == (1, 3)


def test_everybody_is_chosen_who_is_nobody_else() -> None:
    """Each lead or whom they let in, and always those who are one with nobody: each choice once, none too small."""
    let_in = {"fay": ("dora",), "gil": ("chen",), "hal": ("chen",)}
    run = Story(WIPE, let_in=let_in, parent=Parent("r", "S-1", "c", 1)).started().run
    chosen = [set(one) for one in sets_of_different(run, ("ben", "dora", "fay", "chen", "gil", "hal", "ben"))]
    assert sorted(map(sorted, chosen)) == sorted(
        sorted({"ben", one, other}) for one in ("dora", "fay") for other in ("chen", "gil", "hal")
    )
    assert count_people(run, ("ben", "dora", "fay", "chen", "gil", "hal", "ben")) == 3
    assert count_people(run, ()) == 0
    many = [f"p{number}" for number in range(2_000)]
    assert count_people(run, [*many, "dora", "fay"]) == 2_001


def test_the_second_law_knew_accounts_of_today() -> None:
    """A record of then that gives somebody's account a role under another name is none; their own name is."""
    story = Story(WIPE, catalogue=FILES, rungs=(RUNG,)).started()
    then, by = having(story.run, law=2), Stamp(NOON, "clock", "clock")

    def objection(known: Somebody) -> str | None:
        return why_not_lawful(then, PeopleChanged((), (Joiner(known, ("data_owner",)),)), by)

    assert "under another name" in (objection(Somebody("ann", "Ann Ruiz", "U0ANA")) or "")
    assert objection(Somebody("ana", "Ana Ruiz", "U0ANA")) is None
    assert objection(Somebody("ann", "Ann Ruiz", None)) is None
    story.when("clock", people_now(*PEOPLE, Somebody("hal", "Hal Lot", None)))
    then = having(story.run, law=2)
    assert objection(Somebody("ann", "Ann Ruiz", None)) is None
