"""The rules of upkeep and the findings of drift: who is asked what and when, who signs, what has drifted and where."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.format.catalogue import Catalogue, Person, Resource, Rotation, Team
from bot.format.runbook import Runbook
from bot.readiness.drift import drift_of, reviewed_on
from bot.readiness.facts import ReadinessFacts
from bot.readiness.upkeep.events import AccountGone, Reviewed
from bot.readiness.upkeep.rules import (
    CONFIRMED,
    Unfit,
    ask_contact,
    confirm_contact,
    contacts_of,
    note_account,
    read_version,
    review,
    show_version,
    sign_review,
)
from bot.readiness.upkeep.state import PersonStanding, Review, Reviews, evolve_person, evolve_reviews
from bot.render.chart.failures import failure_lines
from tests.readiness.firm import book as a_book

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANA = Person(id="ana", name="Ana", slack="U0ANA", email="ana@example.com", pager=("env:ANA_SMS",))


def catalogue(**resources: Resource) -> Catalogue:
    people = {one: Person(id=one, name=one.title(), slack=f"U0{one.upper()}") for one in ("ben", "eve")}
    return Catalogue(
        people={"ana": ANA, **people}, resources=resources,
        teams={"data": Team(id="data", members=("ana", "ben")), "empty": Team(id="empty", members=())},
        rotations={"dba": Rotation(id="dba", starts="2026-01-05T09:00", turn=timedelta(days=7), order=("ana", "ben"))},
    )  # fmt: skip


def book(**changes: object) -> Runbook:
    roles = {"operator": "rotation:dba", "lead": "team:data"}
    return a_book().model_copy(update={"owner": "data", "roles": roles, **changes})


def test_whoever_is_called_says_every_90_days_how_they_are_reached_and_at_once_when_it_changes() -> None:
    here, of = PersonStanding(), contacts_of(ANA)
    (asked,) = ask_contact(here, of, NOON)
    here = evolve_person(here, asked, NOON)
    assert ask_contact(here, of, NOON + timedelta(days=1)) == (), "nobody is asked twice"
    with pytest.raises(Unfit, match="something else by now"):
        confirm_contact(here, of, "other", NOON)
    (said,) = confirm_contact(here, of, of, NOON)
    here = evolve_person(here, said, NOON)
    assert ask_contact(here, of, NOON + CONFIRMED - timedelta(seconds=1)) == ()
    assert ask_contact(here, of, NOON + CONFIRMED) != ()
    other = contacts_of(ANA.model_copy(update={"email": "ana@example.org"}))
    assert ask_contact(here, other, NOON) != ()
    assert "example" not in of


def test_a_new_version_is_shown_once_and_read_as_it_was_shown() -> None:
    here = PersonStanding()
    (shown,) = show_version(here, "pitr", "d1")
    here = evolve_person(here, shown, NOON)
    assert show_version(here, "pitr", "d1") == ()
    with pytest.raises(Unfit, match="newer version"):
        read_version(here, "pitr", "d0")
    (read,) = read_version(here, "pitr", "d1")
    here = evolve_person(here, read, NOON)
    assert (here.has_read("pitr", "d1"), read_version(here, "pitr", "d1")) == (True, ())
    here = evolve_person(here, show_version(here, "pitr", "d2")[0], NOON)
    assert not here.has_read("pitr", "d2"), "what was read is another version"


def test_a_review_counts_once_a_peer_has_signed_it_and_nobody_signs_their_own() -> None:
    known, of, here = catalogue(), book(), Reviews()
    with pytest.raises(Unfit, match="is of the team data or has a role"):
        review(known, of, "d1", Reviewed("eve", "d1", ()))
    with pytest.raises(Unfit, match="Say what is not"):
        review(known, of, "d1", Reviewed("ana", "d1", ("contacts",)))
    with pytest.raises(Unfit, match="changed while you looked"):
        review(known, of, "d2", Reviewed("ana", "d1", ()))
    (made,) = review(known, of, "d1", Reviewed("ana", "d1", ()))
    here = evolve_reviews(here, made, NOON)
    for by, why in (("ana", "You made this review"), ("eve", "is of the team")):
        with pytest.raises(Unfit, match=why):
            sign_review(here, known, of, "d1", by, NOON)
    with pytest.raises(Unfit, match="does not wait"):
        sign_review(here, known, of, "d1", "ben", NOON - timedelta(minutes=1))
    with pytest.raises(Unfit, match="changed since this review"):
        sign_review(here, known, of, "d2", "ben", NOON)
    (signed,) = sign_review(here, known, of, "d1", "ben", NOON)
    done = evolve_reviews(here, signed, NOON)
    assert done.last is not None
    assert (done.waiting, done.last.by, done.last.signed_by) == (None, "ana", "ben")
    with pytest.raises(Unfit, match="does not wait"):
        sign_review(done, known, of, "d1", "ben", NOON)
    file = of.review.last_on if of.review is not None else None
    days = [
        reviewed_on(ReadinessFacts(NOON, known, digests={of.id: "d1"}, reviews={of.id: each}), of)
        for each in (here, done)
    ]
    assert days == [file, NOON.date()], "unsigned it counts for nothing"


def test_a_review_counts_as_long_as_what_serves_is_what_was_reviewed_and_both_may_review_it() -> None:
    known, of = catalogue(), book()
    file = of.review.last_on if of.review is not None else None
    signed = Reviews(last=Review("ana", NOON, "d1", (), "", "ben", NOON))
    facts = ReadinessFacts(NOON + timedelta(days=100), known, {of.id: of}, {of.id: "d1"}, reviews={of.id: signed})
    other, alike = replace(facts, digests={of.id: "d2"}), frozenset({(of.id, "d1")})
    assert [reviewed_on(one, of) for one in (facts, other, replace(other, alike=alike))] == [
        NOON.date(), file, NOON.date(),
    ]  # fmt: skip
    assert any("counts no more: the runbook was changed since" in one for one in found(other))
    without = {id_: one for id_, one in known.people.items() if id_ != "ben"}
    left = replace(facts, catalogue=known.model_copy(update={"people": without}))
    assert reviewed_on(left, of) == file
    assert any("counts no more: ben may not review it any more" in one for one in found(left))
    wrong = replace(other, reviews={of.id: Reviews(last=replace(signed.last, wrong=("contacts",)))})  # type: ignore[type-var]
    assert any("found wrong: contacts" in one for one in found(wrong)), "an edit alone mends nothing"


def found(facts: ReadinessFacts) -> list[str]:
    return [one.what for one in drift_of(facts)]


def test_what_has_drifted_is_found_with_what_it_is_about() -> None:
    old = Resource(
        id="vault", kind="credential", name="Vault token", rotated_on=date(2026, 1, 1), rotate_every=timedelta(days=90)
    )
    known = catalogue(vault=old)
    gone = evolve_person(PersonStanding(), AccountGone(), NOON)
    facts = ReadinessFacts(NOON, known, people={"ana": gone}, uncovered=frozenset({"dba"}))
    told = [(one.of, one.what) for one in drift_of(facts)]
    assert told == [
        (
            ("person", "ana"),
            "The Slack account of Ana is deactivated since 2026-11-22, and still in team data, rotation dba.",
        ),
        (("team", "empty"), "Of the team empty nobody is in it."),
        (("rotation", "dba"), "In the rotation dba nobody is on call at times within the next 14 days."),
        (("resource", "vault"), "Vault token should have been replaced 235 days ago; the last time was on 2026-01-01."),
    ]  # fmt: skip
    fresh = catalogue(vault=old.model_copy(update={"rotated_on": date(2026, 9, 1)}))
    assert found(ReadinessFacts(NOON, fresh)) == ["Of the team empty nobody is in it."]
    everybody = dict.fromkeys(("ana", "ben"), gone)
    assert "Of the team data everybody in it has left Slack." in found(ReadinessFacts(NOON, fresh, people=everybody))


def test_an_account_is_noted_when_it_goes_and_when_it_is_back() -> None:
    here = PersonStanding()
    assert note_account(here, gone=False) == ()
    here = evolve_person(here, note_account(here, gone=True)[0], NOON)
    assert note_account(here, gone=True) == ()
    assert evolve_person(here, note_account(here, gone=False)[0], NOON) == PersonStanding()


def test_silence_to_a_question_and_unread_versions_are_found_after_a_while() -> None:
    known, of = catalogue(), book()
    asked = PersonStanding(asked_of=contacts_of(ANA), asked_at=NOON - timedelta(days=7))
    assert "Ana has not said whether they are reached as the catalogue says." in found(
        ReadinessFacts(NOON, known, people={"ana": asked})
    )
    shown = evolve_person(PersonStanding(), show_version(PersonStanding(), of.id, "d1")[0], NOON - timedelta(days=1))
    facts = ReadinessFacts(NOON, known, {of.id: of}, {of.id: "d1"}, people={"ana": shown})
    assert f"Ana may operate {of.id} and have not read what is new in it." in found(facts)
    read = evolve_person(shown, read_version(shown, of.id, "d1")[0], NOON)
    assert not any(
        "have not read" in one
        for one in found(ReadinessFacts(NOON, known, {of.id: of}, {of.id: "d1"}, people={"ana": read}))
    )


@pytest.mark.parametrize("day", ["2019-03-01", "2027-01-01"])
def test_a_review_of_long_ago_or_of_a_day_to_come_is_found(day: str) -> None:
    of = book()
    assert of.review is not None
    of = of.model_copy(update={"review": of.review.model_copy(update={"last_on": date.fromisoformat(day)})})
    told = found(ReadinessFacts(NOON, catalogue(), {of.id: of}))
    assert any(day in one for one in told)
    assert any(one.startswith((f"{of.id} was reviewed", f"{of.id} was never")) for one in told)


def test_a_way_that_was_never_walked_of_a_step_that_was_left_often_is_to_be_merged_or_cut() -> None:
    of = book()
    for times, said in ((9, "never walked"), (10, "never walked in 10 times: merge or cut")):
        lines = list(failure_lines(of, {("copy", "ok"): NOON}, {"copy": times}))
        assert next(line for line in lines if line.startswith("copy · problem")).endswith(f"({said})")
