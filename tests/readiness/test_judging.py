"""Ten questions, layers, maturity, urgency and the next action: each from facts put together by hand."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.format.catalogue import Ladder, Person, Resource, Rung, Team, Trigger
from bot.format.pieces import Drill, FailureMode
from bot.format.runbook import Do
from bot.readiness.alert.rules import NO_ASSET
from bot.readiness.alert.state import Noted, Triggers
from bot.readiness.designed import undesigned
from bot.readiness.drills import overdue_drills
from bot.readiness.facts import ReadinessFacts
from bot.readiness.findings import findings_of
from bot.readiness.inventory import Listed
from bot.readiness.judging import Judge, judge, judge_all, mean_score, word_of
from bot.readiness.objectives import objectives_of, quantile
from bot.readiness.protection.events import Beat, PlanTaken
from bot.readiness.protection.rules import hear, look, take_plan
from bot.readiness.protection.state import Copies, ProtectionFault, Standing, evolve
from bot.readiness.upkeep.state import PersonStanding, Review, Reviews
from tests.readiness.firm import DAY, NOW, asset, book, catalogue, facts, run, well, with_asset, with_book

NOWHERE = FailureMode(mode="it burns", answer="nowhere")


def says(found: ReadinessFacts) -> dict[int, str]:
    return {one.number: one.says for one in judge(found, found.catalogue.assets["orders-db"]).answers}


def test_where_all_is_well_nine_are_yes_and_of_dependencies_nobody_knows() -> None:
    ready = judge(facts(), facts().catalogue.assets["orders-db"])
    assert says(facts()) == {**dict.fromkeys(range(1, 11), "yes"), 4: "not known"}
    assert (ready.score, ready.word, ready.process, ready.trigger, ready.response) == (
        9,
        "likely to recover",
        (),
        (),
        (),
    )
    assert (ready.level, ready.lift) == (5, "")
    assert all(one.evidence and one.link for one in ready.answers)
    assert [one.action is None for one in ready.answers].count(False) == 1


def _people(**changes: Any) -> dict[str, Person]:  # noqa: ANN401  (fields of any type)
    known = catalogue().people
    return {one: known[one].model_copy(update=changes) for one in known}


@pytest.mark.parametrize(
    ("number", "broken", "why"),
    [
        (1, with_asset(facts(), rpo=None), "no RPO"),
        (2, replace(facts(), books={}), "restore is not there"),
        (2, replace(facts(), pack_at=None), "no printable copy"),
        (2, replace(facts(), pack_at=NOW - 3 * DAY), "older than the runbook"),
        (2, with_asset(facts(), runbooks=("restore", "lost")), "lost is not there"),
        (3, with_book(facts(), failure_modes=(*book().failure_modes, NOWHERE)), "answers nothing"),
        (3, with_book(facts(), failure_modes=()), "0 of 3"),
        (4, with_asset(facts(), depends_on=()), "nothing is written down"),
        (4, with_asset(facts(), depends_on=("kms",)), "kms is in no catalogue"),
        (5, replace(facts(), runs={}), "never walked"),
        (5, replace(facts(), runs={"orders-db": (run(days=91),)}), "days old"),
        (5, replace(facts(), runs={"orders-db": (run(outcome="aborted"),)}), "did not end"),
        (5, replace(facts(), runs={"orders-db": (run(mode="training"),)}), "did not end"),
        (6, with_asset(facts(), ladder=None), "no ladder"),
        (6, with_asset(facts(), contacts=()), "nobody outside"),
        (6, replace(facts(), catalogue=catalogue(people=_people(slack=None))), "Ana cannot be reached"),
        (7, replace(facts(), wording={"restore": 2}), "2 warnings"),
        (7, replace(facts(), runs={"orders-db": (run(mode="live", hours=13),)}), "longer than a shift"),
        (8, with_book(facts(), review=None), "never reviewed"),
        (8, replace(facts(), at=NOW + 90 * DAY), "21 days overdue"),
        (9, replace(facts(), runs={"orders-db": (run(days=120),)}), "Ben was in no drill"),
        (10, replace(facts(), runs={"orders-db": (run(),)}), "never walked"),
    ],
)
def test_each_question_is_no_for_a_reason_and_says_what_to_do(number: int, broken: ReadinessFacts, why: str) -> None:
    assert says(facts())[number] != "no"
    answer = judge(broken, broken.catalogue.assets["orders-db"]).answers[number - 1]
    assert (answer.number, answer.says) == (number, "no")
    assert why in answer.evidence
    assert answer.action is not None
    assert answer.action.command.startswith("handrail ")


def test_a_failing_exit_that_leads_to_the_lead_alone_is_named() -> None:
    alone = Do.model_validate({"id": "copy", "do": "Copy it back", "go": {"ok": "done"}})
    broken = with_book(facts(), steps=(alone, *book().steps[1:]))
    answer = judge(broken, broken.catalogue.assets["orders-db"]).answers[2]
    assert "copy:problem" in answer.evidence


def test_a_ladder_of_one_rung_and_a_gap_are_named() -> None:
    one = Ladder(id="db", rungs=(Rung(after=timedelta(0), tell=("rotation:dba",)),))
    broken = replace(facts(), catalogue=catalogue(ladders={"db": one}), uncovered=frozenset({"dba"}))
    said = judge(broken, broken.catalogue.assets["orders-db"]).answers[5].evidence
    assert "one rung" in said
    assert "rung 1 of db calls nobody" in said
    assert "nobody is on call at times in dba" in said


def test_an_edit_takes_away_what_it_invalidates_and_one_of_words_that_nobody_walks_does_not() -> None:
    """Runbook, owner and promise: the drill was of what stood then."""
    only = replace(facts(), runs={"orders-db": (run(),)})
    assert says(only)[5] == "yes"
    assert says(with_book(only, title="Other"))[5] == "no"
    assert says(replace(with_book(only, title="Other"), alike=frozenset({("restore", "d-restore")})))[5] == "yes"
    assert says(with_asset(only, rto=timedelta(hours=3)))[5] == "no"
    assert says(with_asset(only, rto=timedelta(hours=5)))[5] == "yes", "a looser promise was kept as well"
    others = {"data": Team(id="data", members=("ana", "ben")), "web": Team(id="web", members=("ben",))}
    moved = replace(only, catalogue=catalogue(asset(owner="web"), teams=others))
    assert says(moved)[5] == "no"


def test_promised_measured_and_gap() -> None:
    runs = tuple(run(f"R-{hours}", hours=hours) for hours in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
    old = run("R-old", days=400, hours=99)
    found = replace(facts(), runs={"orders-db": (*runs, old)}, standing={"orders-db/full": well(180)})
    aims = objectives_of(found, found.catalogue.assets["orders-db"])
    assert (aims.rto_p50, aims.rto_p90, aims.counted) == (timedelta(hours=5), timedelta(hours=9), 10)
    assert (aims.rto_gap, aims.rpo_gap) == (timedelta(hours=5), timedelta(hours=1))
    nothing = objectives_of(replace(found, runs={}, standing={}), asset())
    assert (nothing.rto_p90, nothing.rto_gap, nothing.measured_rpo, nothing.rpo_gap) == (None, None, None, None)
    assert quantile([timedelta(1)], 0.5) == timedelta(1)


@pytest.mark.parametrize(
    ("level", "changed", "lift"),
    [
        (1, replace(facts(), books={}), "active runbook"),
        (2, replace(facts(), runs={}), "drill"),
        (3, replace(facts(), standing={}), "heartbeats of full"),
        (3, replace(facts(), runs={"orders-db": (run(),)}), "live run"),
        (4, replace(facts(), runs={"orders-db": (run(mode="live", days=40, follow_ups=2, done=1),)}), "ORDERS-2"),
        (4, replace(facts(), runs={"orders-db": (run(mode="live"),)}), "lessons"),
    ],
)
def test_maturity_says_what_lifts_it(level: int, changed: ReadinessFacts, lift: str) -> None:
    ready = judge(changed, changed.catalogue.assets["orders-db"])
    assert (ready.level, lift in ready.lift) == (level, True), ready.lift


def test_copies_that_are_wrong_come_first_and_tier_and_damage_make_it_urgent() -> None:
    here = Standing()
    for event in take_plan(here, PlanTaken(timedelta(hours=1), timedelta(0), ("s3",)), NOW - DAY):
        here = evolve(here, event, NOW - DAY)
    for event in hear(here, Beat(NOW - DAY, "s3"), NOW - DAY):
        here = evolve(here, event, NOW - DAY)
    for event in look(here, NOW):
        here = evolve(here, event, NOW)
    broken = replace(facts(), standing={"orders-db/full": here})
    ready = judge(broken, broken.catalogue.assets["orders-db"])
    assert ready.next is not None
    assert ready.next.command == "handrail protections orders-db full"
    assert "full: late at s3" in ready.process
    assert ready.urgency > judge(facts(), asset()).urgency
    light = asset(id="notes", tier=3, runbooks=())
    both = replace(facts(), catalogue=catalogue(assets={"notes": light, "orders-db": asset(runbooks=())}))
    assert [one.asset.id for one in judge_all(both)] == ["orders-db", "notes"]


def test_a_score_in_words() -> None:
    assert [word_of(one) for one in (5.9, 6, 7.9, 8)] == [
        "workflow debt", "ready in parts", "ready in parts", "likely to recover",
    ]  # fmt: skip
    assert mean_score(()) == 0


WORDS = st.text("ab ", min_size=1, max_size=5)


@given(st.data())
def test_no_answer_gets_better_by_editing_what_is_only_text(data: st.DataObject) -> None:
    """Names, titles, methods, words of steps: whatever is written into them, no question is answered better."""
    alike = data.draw(st.booleans())
    base = data.draw(
        st.sampled_from(
            [facts(), replace(facts(), runs={}), with_asset(facts(), contacts=()), replace(facts(), pack_at=None)]
        )
    )
    edited = with_asset(base, name=data.draw(WORDS), aliases=(data.draw(WORDS),), type=data.draw(WORDS))
    edited = with_book(edited, title=data.draw(WORDS), objective=data.draw(WORDS), references=(data.draw(WORDS),))
    if alike:
        edited = replace(edited, alike=frozenset({("restore", "d-restore")}))
    order = {"no": 0, "not known": 1, "yes": 2}
    before, after = says(base), says(edited)
    assert all(order[after[number]] <= order[before[number]] for number in before)


@given(st.data())
def test_no_finding_gets_better_by_editing_what_is_only_text(data: st.DataObject) -> None:
    """Names of people, teams, resources and assets, titles and words: nothing that is missing or drifted goes away."""
    gone = PersonStanding(gone_at=NOW - DAY)
    never = Trigger(alert={"service": "orders"})
    late = replace(well(), copies=(Copies("s3", NOW - DAY, (), (ProtectionFault("late", NOW - DAY),)),))
    old = Resource(id="key", kind="credential", name="Key", rotated_on=date(2025, 1, 1), rotate_every=30 * DAY)
    base = with_asset(facts(), triggers=(never,), contacts=())
    base = replace(
        base, people={"ben": gone}, standing={"orders-db/full": data.draw(st.sampled_from([well(), late]))},
        catalogue=base.catalogue.model_copy(update={"resources": {"key": old, **base.catalogue.resources}}),
        triggers={NO_ASSET: Triggers((Noted((), "DiskFull", NOW, "grafana"),))},
        inventories=(Listed("databases", "d.csv", (("billing", "Billing"),)),),
        runs=data.draw(st.sampled_from([{}, facts().runs])),
    )  # fmt: skip
    edited = with_asset(base, name=data.draw(WORDS), type=data.draw(WORDS))
    edited = with_book(edited, title=data.draw(WORDS), objective=data.draw(WORDS), enter_when=(data.draw(WORDS),))
    known = edited.catalogue
    names = {
        "people": {id_: one.model_copy(update={"name": data.draw(WORDS)}) for id_, one in known.people.items()},
        "teams": {id_: one.model_copy(update={"name": data.draw(WORDS)}) for id_, one in known.teams.items()},
        "resources": {id_: one.model_copy(update={"name": data.draw(WORDS)}) for id_, one in known.resources.items()},
    }
    edited = replace(edited, catalogue=known.model_copy(update=names))
    assert len(findings_of(edited)) >= len(findings_of(base))
    before, after = judge(base, base.catalogue.assets["orders-db"]), judge(edited, edited.catalogue.assets["orders-db"])
    for layer in ("process", "trigger", "response"):
        assert len(getattr(after, layer)) >= len(getattr(before, layer)), layer
    assert (after.level, after.score) <= (before.level, before.score)
    assert after.urgency >= before.urgency


def test_a_service_passes_the_gate_once_its_recovery_is_designed() -> None:
    books = {one: book(one, drill={"every": "90d", "mode": "tabletop"}) for one in ("restore", "other")}
    assert list(undesigned(catalogue(), books, "orders-db")) == []
    assert [one.command for one in undesigned(catalogue(), books, "new")] == ["handrail new asset new"]
    bare = asset(rpo=None, protection=(), triggers=(), runbooks=(), ladder=None, depends_on=(), owner="nobody")
    assert len(list(undesigned(catalogue(bare), books, "orders-db"))) == 7
    late = asset(rpo=timedelta(minutes=1))
    assert len(list(undesigned(catalogue(late), books, "orders-db"))) == 1


def test_an_asset_is_judged_anew_when_something_happened_in_it_or_a_minute_went_by() -> None:
    """What nothing happened in is the same object: of 500 assets one is judged after one event."""
    two = catalogue(assets={"orders-db": asset(), "notes": asset(id="notes", name="Notes")})
    one, judging = replace(facts(), catalogue=two), Judge()
    first = {ready.asset.id: ready for ready in judging.all(one)}
    walked = replace(one, runs={**one.runs, "notes": (run("NOTES-1", asset="notes"),)}, at=NOW + timedelta(seconds=1))
    second = {ready.asset.id: ready for ready in judging.all(walked)}
    assert second["orders-db"] is first["orders-db"]
    assert second["notes"] is not first["notes"]
    fired = Triggers((Noted((("job", "notes"),), "Down", NOW),))
    heard = replace(walked, triggers={"notes": fired}, people={"ana": PersonStanding(gone_at=NOW)})
    third = {ready.asset.id: ready for ready in judging.all(heard)}
    assert third["orders-db"] is first["orders-db"], "what is recorded of a person is no asset's"
    assert third["notes"].urgency > second["notes"].urgency, "an alert makes a recovery likelier"
    reviewed = replace(heard, reviews={"restore": Reviews(last=Review("ana", NOW, "d", ("contacts",), "", "ben", NOW))})
    assert {ready.asset.id: ready.answers[7].says for ready in judging.all(reviewed)} == dict.fromkeys(two.assets, "no")
    later = {ready.asset.id: ready for ready in judging.all(replace(walked, at=NOW + timedelta(minutes=2)))}
    assert later["orders-db"].objectives.measured_rpo == timedelta(minutes=32)
    edited = {ready.asset.id: ready for ready in judging.all(with_asset(walked, rpo=None))}
    assert edited["orders-db"].answers[0].says == "no"


def test_a_drill_is_overdue_by_the_day_of_the_last_and_one_that_never_was_at_once() -> None:
    """Editing a runbook postpones nothing; a run that was needed practises as a drill does."""
    quarter = Drill(every=90 * DAY, mode="tabletop")
    found = with_book(facts(), drill=quarter)
    assert [one.what for one in overdue_drills(found)] == []
    late = replace(found, runs={"orders-db": (run("ORDERS-2", days=91),)})
    (told,) = overdue_drills(late)
    assert told.what == (
        "Orders: restore is to be drilled every 90 d; it was due by 2026-11-21, last walked in ORDERS-2 on 2026-08-23."
    )
    assert told.todo == "Hold one: handrail walk orders-db --drill"
    assert told in findings_of(late)
    for never in (
        (),
        (run(ended_at=None),),
        (run(outcome="aborted"),),
        (run(mode="training"),),
        (run(runbook="other"),),
    ):
        (told,) = overdue_drills(replace(found, runs={"orders-db": never}))
        assert told.what.endswith("every 90 d, and was never walked to an end.")
    assert list(overdue_drills(replace(late, runs={"orders-db": (run(days=80, mode="live"),)}))) == []
    assert list(overdue_drills(with_book(facts(), drill=quarter, status="draft"))) == []
