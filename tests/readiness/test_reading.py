"""The rules of readings: what is asked of the files, when hands look, and what it says of being ready."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.format.catalogue import FetchedReport, Resource, ResourceCheck
from bot.format.pieces import Exec, Http
from bot.readiness.drift import drift_of
from bot.readiness.facts import ReadinessFacts
from bot.readiness.judging import judge
from bot.readiness.reading.events import LookDeclined, LookDropped, Looked, LookPlanned
from bot.readiness.reading.plan import DAY, link_name, wanted_of
from bot.readiness.reading.rules import answers, counts, decline, look, next_look, plan
from bot.readiness.reading.state import Reading, evolve_reading
from tests.readiness.firm import NOW, asset, book, catalogue, facts

CHECK = LookPlanned(timedelta(hours=1), to="s3:443")


def seen(worked: bool = True, said: str = "", **since: float) -> Reading:
    asked = wanted_of(catalogue(), {})["resource:s3"]
    return Reading(asked, NOW - DAY, NOW - timedelta(**since), worked=worked, said=said, since=NOW - timedelta(**since))


def test_what_is_asked_follows_from_the_files_and_leaves_out_what_only_a_run_knows() -> None:
    report = FetchedReport(exec=Exec(argv=("info", "--json")), reads="{of: [0].stop}")
    one = asset()
    one = one.model_copy(update={"protection": (one.protection[0].model_copy(update={"check": report}),)})
    checks = {
        "by": ResourceCheck(exec=Exec(argv=("ping", "-c1", "s3"), at="bastion", profile="reader")),
        "web": ResourceCheck(http=Http(url="https://s3.example.com/health", ok_status=(200, 204))),
        "run": ResourceCheck(tcp="{{asset.host}}:5432"),
        "too": ResourceCheck(http=Http(url="https://{{asset.host}}/")),
    }
    resources = {id_: Resource(id=id_, kind="storage", name=id_, check=check) for id_, check in checks.items()}
    links = ("The guide, https://example.com/guide#part, and", "https://example.com/guide")
    books = {"a": book("a", references=links), "old": book("old", status="retired", references=("https://gone",))}
    found = wanted_of(catalogue(one, resources=resources), books)
    assert found == {
        "resource:by": LookPlanned(DAY, "bastion", "reader", ("ping", "-c1", "s3"), ok=(0,)),
        "resource:web": LookPlanned(DAY, method="GET", url="https://s3.example.com/health", ok=(200, 204)),
        "protection:orders-db/full": LookPlanned(
            timedelta(minutes=30), argv=("info", "--json"), ok=(0,), reads="{of: [0].stop}"
        ),
        link_name("https://example.com/guide"): LookPlanned(DAY, method="HEAD", url="https://example.com/guide"),
    }


def test_hands_look_when_it_is_due_and_an_edit_takes_away_what_they_saw() -> None:
    here = Reading()
    assert (next_look(here), look(here, CHECK, Looked(worked=True), NOW)) == (None, ())
    (planned,) = plan(here, CHECK)
    here = evolve_reading(here, planned, NOW)
    assert (plan(here, CHECK), next_look(here), counts(here, NOW)) == ((), NOW, False)
    (refused,) = decline(here, CHECK, "not listed")
    here = evolve_reading(here, refused, NOW)
    assert (decline(here, CHECK, "not listed"), here.declined) == ((), "not listed")
    (looked,) = look(here, CHECK, Looked(worked=False, said="it answers 500"), NOW)
    here = evolve_reading(here, looked, NOW)
    assert (here.declined, here.since) == ("", NOW)
    assert look(here, CHECK, Looked(worked=True), NOW + timedelta(minutes=59)) == (), "another one looked just now"
    later = evolve_reading(here, Looked(worked=False, said="it answers 503"), NOW + timedelta(hours=1))
    assert (later.since, later.said) == (NOW, "it answers 503"), "it is away since it was seen to be first"
    assert counts(later, NOW + timedelta(hours=3))
    assert not counts(later, NOW + timedelta(hours=3, seconds=1)), "two looks were missed"
    other = replace(CHECK, to="s4:443")
    assert look(later, other, Looked(worked=True), NOW + DAY) == (), "that was never asked"
    (edited,) = plan(later, other)
    assert evolve_reading(later, edited, NOW) == Reading(other, NOW)
    assert plan(later, None) == (LookDropped(),)
    assert evolve_reading(later, LookDropped(), NOW) == Reading()


@pytest.mark.parametrize(
    ("ok", "status", "good"),
    [((0,), 0, True), ((0,), 1, False), ((200,), 204, False), ((), 200, True), ((), 301, True), ((), 403, True),
     ((), 404, False), ((), 410, False), ((), 500, False), ((), 501, True)],
)  # fmt: skip
def test_what_counts_as_an_answer(ok: tuple[int, ...], status: int, good: bool) -> None:
    assert answers(ok, status) is good


@pytest.mark.parametrize(
    ("here", "says", "evidence"),
    [
        (Reading(), "not known", "hands have not looked lately at S3"),
        (seen(hours=1), "yes", "1 of 1 answered, looked at since 2026-11-22 11:00 UTC"),
        (seen(hours=49), "not known", "hands have not looked lately"),
        (seen(worked=False, said="it answers 500", hours=1), "no", "S3 does not answer: it answers 500"),
        (replace(Reading(seen().plan), declined="not listed"), "not known", "lately at S3: not listed"),
    ],
)
def test_dependencies_are_tested_once_hands_have_looked_at_each(here: Reading, says: str, evidence: str) -> None:
    """The fourth question was never yes before: nobody kept a reading."""
    found = judge(replace(facts(), readings={"resource:s3": here}), catalogue().assets["orders-db"]).answers[3]
    assert (found.says, evidence in found.evidence) == (says, True), found.evidence


def test_what_answers_no_more_is_found_with_the_line_to_mend() -> None:
    link = "https://example.com/guide"
    away = Reading(LookPlanned(DAY, method="HEAD", url=link), NOW, NOW, worked=False, said="it answers 404", since=NOW)
    books = {"a": book("a", references=(link,)), "b": book("b", references=(link,))}
    declined = evolve_reading(away, LookDeclined("hands.yaml does not list https://example.com."), NOW)
    report = Reading(CHECK, NOW, NOW, worked=False, said="info ended with 1: no such stanza", since=NOW)
    of = ReadinessFacts(
        NOW, catalogue(), books,
        readings={
            link_name(link): away, "protection:orders-db/full": report,
            "resource:s3": seen(worked=False, said="it could not be reached", hours=1),
        },
    )  # fmt: skip
    told = [(one.of, one.what) for one in drift_of(of) if "answer since" in one.what]
    assert told == [
        (("resource", "s3"), "S3 does not answer since 2026-11-22 11:00 UTC: it could not be reached"),
        (("runbook", "a"), f"The link {link} in a, b does not answer since 2026-11-22 12:00 UTC: it answers 404"),
        (None, ("The report of the backup full of Orders does not answer since 2026-11-22 12:00 UTC: "
               "info ended with 1: no such stanza")),
    ]  # fmt: skip
    assert not any(link in one.what for one in drift_of(replace(of, readings={link_name(link): declined}))), (
        "whoever owns hands.yaml need not list every link"
    )
