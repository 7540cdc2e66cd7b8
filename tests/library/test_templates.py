"""What `handrail new` writes loads as a draft from the first moment, and says what is left to do."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from bot.format.catalogue import Catalogue, PeopleFile
from bot.format.runbook import Runbook
from bot.library.check import check_files
from bot.library.drafting.around import Around, look_around
from bot.library.drafting.templates import draft_asset, draft_people, draft_resource, draft_runbook
from bot.library.parse import parse_file
from bot.library.problems import Problem
from bot.rehearsal.report import report_of
from bot.rehearsal.samples import sample_asset
from bot.rehearsal.walk import rehearse

TODAY = date(2026, 11, 22)
Draft = Callable[[str, Around, date], str]
DRAFTS: tuple[Draft, ...] = (draft_runbook, draft_asset, draft_resource)
PEOPLE = """\
schema: people/v1
people: [{id: ana, name: Ana}, {id: ben, name: Ben}, {id: chen, name: Chen}, {id: dora, name: Dora}]
teams:
  - {id: empty}
  - {id: platform, members: [ana, ben, chen]}
  - {id: leads, members: [chen, dora]}
  - {id: orders, members: [ben, dora]}
"""


def problems_of(text: str, *beside: str) -> list[Problem]:
    files = {f"beside-{number}.yaml": held for number, held in enumerate(beside)} | {"new.yaml": text}
    found = check_files((name, held.encode()) for name, held in files.items()).problems
    return [one for one in found if one.file == "new.yaml"]


def around(text: str) -> Around:
    """What a folder with these documents offers."""
    documents, _ = parse_file("people.yaml", text.encode())
    people = documents[0].model
    assert isinstance(people, PeopleFile)
    return look_around(
        Catalogue(
            people={one.id: one for one in people.people}, teams={one.id: one for one in people.teams},
            ladders={one.id: one for one in people.ladders},
        ),
        ["other"],
    )  # fmt: skip


@pytest.mark.parametrize("draft", DRAFTS)
def test_a_template_loads_in_an_empty_folder(draft: Draft) -> None:
    """Nobody is known there, so a list brings stand-ins along; only TODOs are told, each on a line that says so.

    A runbook needs nobody while it is a draft, and says which command writes people down.
    """
    text = draft("disk-full", Around(), TODAY)
    found = [one for one in problems_of(text) if one.rule != "O10"]
    assert {(one.rule, one.severity) for one in found} == {("L1", "warning")}
    assert ("handrail new people" in text) == (draft is draft_runbook)
    assert len(found) == sum("TODO" in line for line in text.splitlines()) > 5
    assert "TODO" not in text.partition("schema:")[0], "what explains the file is nothing to be done"


@pytest.mark.parametrize("draft", DRAFTS)
def test_a_template_names_the_people_of_its_folder(draft: Draft) -> None:
    text = draft("disk-full", around(PEOPLE), TODAY)
    assert {one.rule for one in problems_of(text, PEOPLE)} == {"L1"}
    assert "owner: platform" in text
    assert "todo-team" not in text


def test_people_say_once_what_a_runbook_then_need_not_say() -> None:
    """Two teams do not get in each other's way, and the second leaves the defaults of the folder alone."""
    people = draft_people("platform", Around(), TODAY)
    assert {one.rule for one in problems_of(people)} == {"L1"}
    said = replace(around(people.partition("---")[0]), says=frozenset({"owner", "roles", "review", "drill", "ladder"}))
    second = draft_people("orders-db", said, TODAY)
    assert "defaults/v1" not in second
    assert {one.rule for one in problems_of(second, people)} == {"L1"}
    book = draft_runbook("disk-full", said, TODAY)
    assert {one.rule for one in problems_of(book, people)} == {"L1"}
    assert not {"owner:", "roles:", "review:"} & set(book.split())
    active = re.sub(r"TODO:? ?", "", book).replace("status: draft", "status: active")
    beside = re.sub(r"TODO:? ?", "", people)
    assert [one for one in problems_of(active, beside) if one.severity == "error"] == []


def test_a_template_that_is_made_active_is_refused_until_it_is_finished() -> None:
    draft = draft_runbook("disk-full", around(PEOPLE), TODAY)
    assert not [one for one in problems_of(draft, PEOPLE) if one.severity == "error"]
    active = draft.replace("status: draft", "status: active")
    assert {one.rule for one in problems_of(active, PEOPLE) if one.severity == "error"} == {"L2"}


def test_signers_are_chosen_so_that_somebody_is_left_to_sign() -> None:
    """The operator and the requester may not sign; a folder with two people gets stand-ins instead."""
    found = around(PEOPLE)
    assert (found.owner, found.lead, found.others, found.reviewer) == ("platform", "leads", "orders", "ana")
    few = around("schema: people/v1\npeople: [{id: ana, name: Ana}]\nteams: [{id: solo, members: [ana]}]\n")
    assert (few.owner, few.teams) == ("todo-team", ("solo",))
    assert "id: todo-team" in few.people


def test_an_asset_names_a_ladder_of_the_folder() -> None:
    rungs = '[{after: 0m, tell: ["team:platform"]}, {after: 10m, tell: ["team:leads"]}]'
    assert "ladder: database" in draft_asset(
        "orders", around(f"{PEOPLE}ladders: [{{id: database, rungs: {rungs}}}]"), TODAY
    )
    assert "# ladder: TODO" in draft_asset("orders", around(PEOPLE), TODAY)


def test_the_template_can_be_walked_in_every_way() -> None:
    """So that an author begins with something that works."""
    files = check_files([("new.yaml", draft_runbook("disk-full", Around(), TODAY).encode())])
    book = files.documents["new.yaml"][0].model
    assert isinstance(book, Runbook)
    report = report_of(rehearse(book, sample_asset(book)))
    assert report.sound
    assert report.complete


@pytest.mark.parametrize("command", ["echo ${x%}", "awk '{{print}}'", "echo {#"])
def test_braces_that_cannot_be_filled_are_told_before_they_break_a_run(command: str) -> None:
    """Such a text loads nowhere, so that no card meets it at night. One brace is no sign, nor are two that close."""
    draft = draft_runbook("disk-full", Around(), TODAY)
    told = problems_of(draft.replace("TODO: what is back, and what is still to do", command))
    assert [one.rule for one in told if one.severity == "error"] == ["S19"]
    fine = problems_of(draft.replace("TODO: what is back, and what is still to do", "echo ${x} '{' }} %"))
    assert not [one for one in fine if one.severity == "error"]
