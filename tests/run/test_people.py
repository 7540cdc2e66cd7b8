"""What a run knows of its people, whole: after each of their events, in a called run, and by the judge."""

from dataclasses import replace

import pytest

from bot.run.commands import SettlePeople
from bot.run.members.events import Joiner, Leaver, LetIn, MembersEvent, PeopleChanged, PeopleInDoubt, PeopleKept
from bot.run.members.rules import judge_people, settle_people, why_not_lawful
from bot.run.members.state import Doubt, Members, PendingAdmission, follow, hold_back, losses_of, pinned
from bot.run.situation import FrozenRung, PeopleNow, Somebody, Stamp
from bot.run.state import but
from tests.run.test_members import FAY, open_run
from tests.story import FILES, NOON, PEOPLE, people_now

ANA, BEN, CHEN, DORA, EVE = PEOPLE
HELD = {"operator": ("ana", "ben"), "lead": ("chen", "dora"), "peer": ("ben", "chen")}
TURNS = {"operator": ("ben",), "peer": ("ben", "chen")}


def rung(*people: str) -> FrozenRung:
    return FrozenRung(600, ("team:lead",), people, ("slack",))


MEMBERS = pinned(
    PEOPLE, HELD, (rung("ana", "ben"), rung("ben", "chen"), rung("dora", "eve")), {"eve": ("peer", "lead")}, TURNS,
    FILES, {},
)  # fmt: skip


def now(*people: Somebody, told: tuple[tuple[str, ...], ...] = (), **roles: tuple[str, ...]) -> PeopleNow:
    """The catalogue that says what the run says, but for this. Eve has in it what she waits for."""
    known = people or PEOPLE
    ids = {one.id for one in known}
    with_eve = {**HELD, "peer": (*HELD["peer"], "eve"), "lead": (*HELD["lead"], "eve")}
    held = {role: tuple(one for one in who if one in ids) for role, who in {**with_eve, **roles}.items()}
    rungs = told or tuple(tuple(one for one in rung.people if one in ids) for rung in MEMBERS.rungs)
    return PeopleNow(known, held, {}, tuple(frozenset(one) for one in rungs), rungs, FILES)


def judge(now: PeopleNow, members: Members = MEMBERS) -> list[MembersEvent]:
    return list(judge_people(members, now))


def without(*gone: str) -> tuple[Somebody, ...]:
    return tuple(one for one in PEOPLE if one.id not in gone)


# --- after an event ----------------------------------------------------------------------------------------------


def test_the_start_pins_everybody() -> None:
    """Who waits when it starts was let in nowhere, and was of no run at its start."""
    waiting = {"eve": ("peer", "lead")}
    assert pinned(PEOPLE, HELD, MEMBERS.rungs, waiting, TURNS, FILES, {}) == MEMBERS
    assert Members(
        PEOPLE, HELD, (rung("ana", "ben"), rung("ben", "chen"), rung("dora", "eve")), ("chen", "dora"),
        {one.id: one for one in PEOPLE}, {"eve": PendingAdmission(1, ("peer", "lead"))}, TURNS, catalogue=FILES,
        first=frozenset({("ana", "U0ANA"), ("ben", "U0BEN"), ("chen", "U0CHEN"), ("dora", "U0DORA")}),
        accounts=frozenset((one.id, one.slack or "") for one in PEOPLE),
    ) == MEMBERS  # fmt: skip


def test_who_is_gone_is_of_nothing() -> None:
    """Of no role, no turn, no rung, whatever the record names; their name is known."""
    after = follow(MEMBERS, PeopleChanged((Leaver("ben", "Ben Okafor", gone=True),), catalogue={"a": "1"}), 7, "clock")
    assert after == replace(
        MEMBERS, people=without("ben"), roles={"operator": ("ana",), "lead": ("chen", "dora"), "peer": ("chen",)},
        rungs=(rung("ana"), rung("chen"), rung("dora", "eve")), on_call={"operator": (), "peer": ("chen",)},
        catalogue={"a": "1"},
    )  # fmt: skip
    eve = follow(MEMBERS, PeopleChanged((Leaver("eve", "Eve Ndiaye", gone=True),)), 7, "clock")
    assert eve == replace(
        MEMBERS, people=without("eve"), rungs=(*MEMBERS.rungs[:2], rung("dora")), waiting={}, catalogue=FILES
    )


def test_who_has_another_account_is_of_no_role_and_stays() -> None:
    """They read along; of the rungs those are taken that the record names."""
    after = follow(MEMBERS, PeopleChanged((Leaver("ben", "Ben Okafor", rungs=(1,), account=True),)), 7, "clock")
    assert after == replace(
        MEMBERS, roles={"operator": ("ana",), "lead": ("chen", "dora"), "peer": ("chen",)},
        rungs=(rung("ana", "ben"), rung("chen"), rung("dora", "eve")), on_call={"operator": (), "peer": ("chen",)},
    )  # fmt: skip


def test_who_is_out_of_a_role_loses_that_one() -> None:
    """Also one for which they wait, and what they had by a turn; a lead who is out of the leads lets nobody in."""
    ben = follow(MEMBERS, PeopleChanged((Leaver("ben", "Ben Okafor", ("peer",)),)), 7, "clock")
    assert ben == replace(MEMBERS, roles={**HELD, "peer": ("chen",)}, on_call={"operator": ("ben",), "peer": ("chen",)})
    eve = follow(MEMBERS, PeopleChanged((Leaver("eve", "Eve Ndiaye", ("lead",)),)), 7, "clock")
    assert eve == replace(MEMBERS, waiting={"eve": PendingAdmission(1, ("peer",))})
    chen = follow(MEMBERS, PeopleChanged((Leaver("chen", "Chen Wei", ("lead",)),)), 7, "clock")
    assert chen == replace(MEMBERS, roles={**HELD, "lead": ("dora",)}, leads=("dora",))
    other = follow(MEMBERS, PeopleChanged((Leaver("chen", "Chen Wei", ("peer",)),)), 7, "clock")
    assert other.leads == ("chen", "dora")


def test_who_is_put_in_waits_and_is_called() -> None:
    """For what they waited before and for the new; with the newest record, the turn and the account."""
    fay = follow(MEMBERS, PeopleChanged(into=(Joiner(FAY, ("peer",), (0, 2), ("peer",)),)), 7, "clock")
    assert fay == replace(
        MEMBERS, people=(*PEOPLE, FAY), known={**MEMBERS.known, "fay": FAY},
        rungs=(rung("ana", "ben", "fay"), rung("ben", "chen"), rung("dora", "eve", "fay")),
        waiting={**MEMBERS.waiting, "fay": PendingAdmission(7, ("peer",))},
        on_call={**TURNS, "peer": ("ben", "chen", "fay")}, accounts=MEMBERS.accounts | {("fay", "U0FAY")},
    )  # fmt: skip
    other = replace(EVE, slack="U0OTHER")
    eve = follow(MEMBERS, PeopleChanged(into=(Joiner(other, ("operator",), (2,)),)), 8, "clock")
    assert eve == replace(
        MEMBERS,
        people=(*without("eve"), other),
        known={**MEMBERS.known, "eve": other},
        waiting={"eve": PendingAdmission(8, ("peer", "lead", "operator"))},
        accounts=MEMBERS.accounts | {("eve", "U0OTHER")},
    )


def test_who_is_let_in_acts_in_those_roles_and_waits_for_the_others() -> None:
    """Dora let Eve in, so the two count as one from then on."""
    after = follow(MEMBERS, LetIn("eve", ("peer",)), 7, "dora")
    assert after == replace(
        MEMBERS, roles={**HELD, "peer": ("ben", "chen", "eve")}, waiting={"eve": PendingAdmission(1, ("lead",))},
        let_in={"eve": ("dora",)},
    )  # fmt: skip
    whole = follow(after, LetIn("eve", ("lead", "peer")), 8, "chen")
    assert (whole.roles, whole.waiting) == (
        {**HELD, "peer": ("ben", "chen", "eve"), "lead": ("chen", "dora", "eve")}, {},
    )  # fmt: skip
    assert whole.let_in == {"eve": ("dora", "chen")}
    nobody = follow(MEMBERS, LetIn("fay", ()), 9, "dora")
    assert (nobody.roles, nobody.waiting) == (HELD, MEMBERS.waiting)


def test_a_doubt_ends_with_who_is_out_and_not_with_who_comes() -> None:
    out = (Leaver("ben", "Ben Okafor", ("peer",), (1,)), Leaver("eve", "Eve Ndiaye", gone=True, account=True))
    doubt = follow(MEMBERS, PeopleInDoubt(out, 5, (), {"a": "1"}), 7, "clock")
    assert doubt == replace(MEMBERS, doubt=Doubt(7, out, {"a": "1"}))
    assert follow(doubt, PeopleChanged(into=(Joiner(FAY),)), 8, "clock").doubt == doubt.doubt
    assert follow(doubt, PeopleChanged(out), 8, "chen").doubt is None
    assert follow(doubt, PeopleInDoubt(), 8, "clock").doubt is None
    losses = [("ben", "peer"), ("ben", "rung 1"), ("eve", "gone"), ("eve", "account")]
    assert list(losses_of(out)) == losses
    kept = follow(doubt, PeopleKept(7), 8, "chen")
    assert kept == replace(MEMBERS, kept=frozenset(losses))
    again = follow(kept, PeopleChanged(again=("eve",)), 9, "clock")
    assert again.kept == frozenset(losses[:2])


def test_who_is_gone_by_the_catalogue_and_of_the_run_all_the_same_stays() -> None:
    """Kept by a lead or not judged yet; nobody else, and nobody who is out."""
    gone = (Leaver("ben", "Ben Okafor", gone=True),)
    doubt = follow(MEMBERS, PeopleInDoubt(gone, 5), 7, "clock")
    kept = follow(doubt, PeopleKept(7), 8, "chen")
    assert (MEMBERS.stays("ben"), doubt.stays("ben"), kept.stays("ben")) == (False, True, True)
    assert (doubt.stays("ana"), kept.stays("ana")) == (False, False)
    assert not follow(kept, PeopleChanged(gone), 9, "chen").stays("ben")
    assert not MEMBERS.stays("fay")


def test_a_called_run_lets_nobody_in() -> None:
    """Who waits above waits below, but for a role that they have above; who is kept above, or in doubt, is kept."""
    above = follow(MEMBERS, PeopleInDoubt((Leaver("ana", "Ana Ruiz", ("operator",)),), 5), 7, "clock")
    above = follow(above, PeopleKept(7), 8, "chen")
    above = follow(above, PeopleInDoubt((Leaver("chen", "Chen Wei", ("peer",)),), 5), 9, "clock")
    below = {"operator": ("ben", "eve"), "lead": ("chen",), "peer": ("ben", "fay"), "data_owner": ("dora",)}
    assert hold_back(below, above) == (
        {"operator": ("ben", "ana"), "lead": ("chen",), "peer": ("ben", "fay", "chen"), "data_owner": ("dora",)},
        {"operator": ("eve",), "lead": ("eve",), "peer": ("eve",)},
    )  # fmt: skip
    come = follow(MEMBERS, LetIn("eve", ("peer",)), 7, "dora")
    held, waiting = hold_back({"peer": ("eve", "ben"), "operator": ("ana",), "lead": ("eve",)}, come)
    assert (held, waiting) == ({"peer": ("eve", "ben"), "operator": ("ana",), "lead": ()}, {"lead": ("eve",)})


# --- what follows from the catalogue -----------------------------------------------------------------------------


def test_the_catalogue_that_says_the_same_brings_nothing() -> None:
    assert judge(now()) == []


def test_exactly_half_is_no_doubt_and_one_more_is() -> None:
    """A role or a place is a loss; neither a rung of the ladder nor a role for which somebody waits is one."""
    four = replace(MEMBERS, people=(ANA, BEN, CHEN, DORA), waiting={}, rungs=())
    some = now(CHEN, DORA)
    ben = Leaver("ben", "Ben Okafor", ("operator", "peer"), (), gone=True)
    ana = Leaver("ana", "Ana Ruiz", ("operator",), (), gone=True)
    assert judge(some, four) == [PeopleChanged((ana, ben), (), (), FILES)]
    chen = Leaver("chen", "Chen Wei", ("lead", "peer"), (), gone=True)
    assert judge(now(DORA), four) == [PeopleInDoubt((ana, ben, chen), 4, (), FILES)]
    thin = now(told=((), (), ()))
    assert judge(thin) == [
        PeopleChanged((
            Leaver("ana", "Ana Ruiz", (), (0,)), Leaver("ben", "Ben Okafor", (), (0, 1)),
            Leaver("chen", "Chen Wei", (), (1,)), Leaver("dora", "Dora Lind", (), (2,)),
            Leaver("eve", "Eve Ndiaye", (), (2,)),
        ), (), (), FILES),
    ]  # fmt: skip
    waits = replace(
        MEMBERS, waiting={one: PendingAdmission(3, ("data_owner",)) for one in ("ana", "ben", "chen")}, rungs=()
    )
    assert judge(now(lead=("chen", "dora"), peer=("ben", "chen")), waits) == [
        PeopleChanged(tuple(
            Leaver(one.id, one.name, ("data_owner",)) for one in (ANA, BEN, CHEN)
        ), (), (), FILES),
    ]  # fmt: skip


def test_another_account_loses_every_role_and_rung_and_waits_for_them() -> None:
    """Of its own name it is told that it is another one; the rung that lost it takes it in again, and no other does."""
    other = replace(BEN, slack="U0OTHER")
    assert judge(now(ANA, other, CHEN, DORA, EVE)) == [
        PeopleChanged(
            (Leaver("ben", "Ben Okafor", ("operator", "peer"), (0, 1), account=True),),
            (Joiner(other, ("operator", "peer"), (0, 1)),), (), FILES,
        ),
    ]  # fmt: skip


def test_a_rung_that_lost_somebody_takes_others_in_and_whoever_is_new_is_called() -> None:
    """Of the people of the run nobody is added to a rung that is as it was."""
    more = (("ana", "ben", "dora"), ("ben", "dora"), ("dora", "eve", "ana"))
    assert judge(now(told=more)) == [
        PeopleChanged((Leaver("chen", "Chen Wei", (), (1,)),), (Joiner(DORA, (), (1,)),), (), FILES)
    ]
    fresh = now(*PEOPLE, FAY, told=(("ana", "ben", "fay"), ("ben", "chen"), ("dora", "eve", "fay")))
    assert judge(fresh) == [PeopleChanged((), (Joiner(FAY, (), (0, 2)),), (), FILES)]
    fewer = now(*PEOPLE, FAY, told=(("ana", "ben"),))
    assert judge(fewer) == [PeopleChanged((), (Joiner(FAY),), (), FILES)]


@pytest.mark.parametrize(
    ("who", "loss"), [("ben", "rung 1"), ("ben", "account"), ("chen", "lead"), ("ben", "gone")]
)  # fmt: skip
def test_what_a_lead_has_kept_is_not_lost(who: str, loss: str) -> None:
    """That one thing and nothing beside it; of somebody else it says nothing."""
    told = {
        "rung 1": now(told=(("ana", "ben"), ("chen",), ("dora", "eve"))),
        "account": now(ANA, replace(BEN, slack="U0OTHER"), CHEN, DORA, EVE),
        "lead": now(lead=("dora", "eve")),
        "gone": now(ANA, CHEN, DORA, EVE),
    }[loss]
    [changed] = judge(told)
    assert isinstance(changed, PeopleChanged)
    every = set(losses_of(changed.out))
    kept = judge(told, replace(MEMBERS, kept=frozenset({(who, loss)})))
    left = {one for event in kept if isinstance(event, PeopleChanged) for one in losses_of(event.out)}
    assert left == every - {(who, loss)}
    assert judge(told, replace(MEMBERS, kept=frozenset(every))) == []
    others = judge(told, replace(MEMBERS, kept=frozenset({("dora", loss)})))
    assert {one for event in others if isinstance(event, PeopleChanged) for one in losses_of(event.out)} == every


# --- by the judge ------------------------------------------------------------------------------------------------

OUT = tuple(Leaver(one.id, one.name, gone=True) for one in (ANA, BEN, EVE))


def test_a_lead_says_what_holds_of_exactly_those_who_wait() -> None:
    """Chen may confirm or keep them; a peer may not, nor Chen anybody else, or with somebody put in."""
    run = open_run().when("clock", people_now(CHEN, DORA)).run
    doubt = run.members.doubt
    assert doubt is not None

    def why(event: MembersEvent, by: str) -> str | None:
        return why_not_lawful(run, event, Stamp(NOON, by, "slack"))

    confirmed = settle_people(run, SettlePeople(doubt.seq, keep=False))
    assert confirmed == PeopleChanged(doubt.out, catalogue=doubt.catalogue)
    assert doubt.catalogue == FILES
    assert settle_people(run, SettlePeople(doubt.seq, keep=True)) == PeopleKept(doubt.seq)
    assert why(confirmed, "chen") is None
    assert why(confirmed, "clock") is None
    assert why(confirmed, "ben") == "ben may not say who is out of this run."
    assert why(PeopleChanged(doubt.out[:1]), "chen") == "chen may not say who is out of this run."
    assert why(PeopleChanged(doubt.out, (Joiner(FAY),)), "chen") == "chen may not say who is out of this run."
    assert why(PeopleKept(doubt.seq), "chen") is None
    assert why(PeopleKept(doubt.seq), "ben") == "ben may not keep whom the catalogue takes out."
    assert why(PeopleKept(doubt.seq + 1), "chen") == "chen may not keep whom the catalogue takes out."
    assert why(PeopleInDoubt(OUT, 5), "clock") is None
    assert why(PeopleInDoubt(OUT, 5), "chen") == "nobody does this but Handrail's clock."
    calm = open_run().run
    stamp = Stamp(NOON, "chen", "slack")
    assert why_not_lawful(calm, confirmed, stamp) == "chen may not say who is out of this run."
    assert why_not_lawful(calm, PeopleKept(2), stamp) == "chen may not keep whom the catalogue takes out."


def test_who_is_let_in_had_to_wait_for_that_and_by_a_lead_who_gains_nothing() -> None:
    run = open_run().when("clock", people_now(*PEOPLE, FAY, peer=("ana", "ben", "chen", "fay"))).run
    stamp = Stamp(NOON, "dora", "slack")
    assert why_not_lawful(run, LetIn("fay", ("peer",)), stamp) is None
    assert why_not_lawful(run, LetIn("fay", ("peer", "lead")), stamp) == "dora may not let fay in."
    assert why_not_lawful(run, LetIn("eve", ("peer",)), stamp) == "dora may not let eve in."
    assert why_not_lawful(run, LetIn("fay", ("peer",)), Stamp(NOON, "ana", "slack")) == "ana may not let fay in."
    twin = Joiner(replace(FAY, id="ann", slack="U0ANA"), ("peer",))
    put_in = PeopleChanged(into=(Joiner(FAY, ("peer",)), twin))
    twice = "a Slack account of the run was put into a role under another name."
    assert why_not_lawful(but(run), put_in, Stamp(NOON, "clock", "clock")) == twice
