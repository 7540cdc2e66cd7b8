"""What changed between two versions of a runbook, told to a reviewer."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from syrupy.assertion import SnapshotAssertion

from bot.format.runbook import Runbook
from bot.render.comparison import SAME, as_json, as_text, compare_books, compare_runbooks
from bot.render.review_comment import LONGEST, as_comment
from tests.render.chart.drawn import EVERYTHING, books
from tests.story import book_of

OLD = book_of(EVERYTHING)


def changed(**places: object) -> Runbook:
    """The runbook with some places written anew: `step__field` of a step, or a field of the whole."""
    written: dict[str, Any] = yaml.safe_load(EVERYTHING)
    steps = {step["id"]: step for step in written["steps"]}
    for place, value in places.items():
        step, _, field = place.partition("__")
        target = steps[step] if field else written
        if value is None:
            del target[field or step]
        else:
            target[field or step] = value
    return book_of(yaml.safe_dump(written, sort_keys=False))


def said(new: Runbook) -> list[str]:
    return [f"{one.topic}|{one.step}|{one.words}" for one in compare_runbooks(OLD, new)]


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("look__do", "Look twice", "steps|look|renamed: “Look twice” instead of “Look at the table”"),
        ("look__typical", "20m", "times|look|the usual time: 20 min instead of 10 min"),
        ("look__typical", None, "times|look|the usual time: gone; it was 10 min"),
        ("look__timeout", "1h", "times|look|the time limit: now 1 h; there was none before"),
        ("look__skip", None, "duties|look|may no longer be skipped"),
        ("look__critical", True, "duties|look|now critical: nobody may skip it"),
        ("look__who", "lead", "duties|look|who acts: lead instead of operator"),
        ("look__why", None, "words|look|the reason: gone; it was “The damage decides the way.”"),
        (
            "look__go",
            {"ok": "done", "problem": "hold"},
            "exits|look|“done” leads to done (“Close the run”) instead of which (“Choose the line that matches”)",
        ),
        (
            "settle__go",
            {"ok": "count", "fail": "hold", "timeout": "restore"},
            "exits|settle|“unknown” leads to restore (“Put the rows back”) instead of hold (“Hold and call the lead”)",
        ),
        ("agree__need", 1, "sign-offs|agree|how many signatures: 1 instead of 2"),
        ("agree__from", ["lead"], "sign-offs|agree|who may sign: lead instead of data_owner; lead"),
        ("agree__each", None, "sign-offs|agree|no longer needs one signature of each role"),
        ("agree__valid_for", "1h", "sign-offs|agree|how long it is valid: 1 h instead of 30 min"),
        (
            "agree__binds",
            {"vars": ["target", "size"]},
            "sign-offs|agree|the signature now covers the variables size",
        ),
        ("restore__effect", "change", "duties|restore|what it does to the asset: change instead of destroy"),
        ("restore__witness", None, "duties|restore|who watches: gone; it was peer"),
        (
            "restore__exec",
            {"at": "{{ asset.host }}", "argv": ["restore", "--force", "--to={{ vars.target }}"]},
            "commands|restore|the command: with `--force`",
        ),
        (
            "look__command",
            "mysql",
            "commands|look|the command to copy: mysql instead of “psql -d {{ asset.db }}”",
        ),
        (
            "count__expect",
            {"all": [{"var": "exit", "eq": 1}]},
            "checks|count|what is expected: the exit code is 1 instead of the exit code is 0",
        ),
        ("done__outcome", "partial", "steps|done|the outcome: partial instead of recovered"),
        ("exception", "stopped", "exits||every exit that is not written leads to: stopped instead of hold"),
        ("policy", {"human": {"page": "5m"}}, "policy||when others are paged for a step: 5 min instead of 20 min"),
        ("policy", {"max_run": "1d"}, "policy||the whole run: 1 d instead of 12 h"),
        ("objective", "Go on.", "runbook||the objective: “Go on.” instead of “Bring the rows back.”"),
        ("roles", {"operator": "team:b"}, "roles||the role operator: team:b instead of team:operator"),
        ("stop_when", None, None),
    ],
)  # fmt: skip
def test_a_change_is_told_in_words(place: str, value: object, words: str | None) -> None:
    told = said(changed(**{place: value}))
    if words is None:
        assert [one.split(":")[0] for one in told] == ["checks||disk, watched during the run"]
    else:
        assert words in told
        assert len(told) == (4 if place == "roles" else 2 if "binds" in place else 1), told


def test_steps_that_came_went_or_became_another_kind() -> None:
    written = yaml.safe_load(EVERYTHING)
    written["steps"][-1] = {"id": "found", "do": "Nobody comes here", "go": {"ok": "stopped"}}
    written["steps"][6] = {"id": "settle", "do": "Wait for them", "typical": "5m", "go": {"ok": "count"}}
    told = said(book_of(yaml.safe_dump(written)))
    assert told[:4] == [
        "steps|lost|removed: do “Nobody comes here”",
        "steps|found|added: do “Nobody comes here” (it reads like lost, which is gone)",
        "steps|settle|now a do instead of a wait",
        "steps|settle|renamed: “Wait for them” instead of “Wait for the replicas”",
    ]
    assert "exits|settle|“problem” is new and leads to hold (“Hold and call the lead”)" in told
    assert "exits|settle|“failed” is gone; it led to hold (“Hold and call the lead”)" in told


def test_options_and_cases_are_compared_one_by_one() -> None:
    written = yaml.safe_load(EVERYTHING)
    which, space = written["steps"][1], written["steps"][2]
    which["options"] = [
        which["options"][2],
        {"id": "rows", "label": "Rows are odd", "when": "A SELECT says so.", "go": "agree"},
    ]
    space["cases"][0]["go"] = "nothing"
    space["cases"].append({"when": {"any": [{"var": "free", "eq": 0}]}, "go": "hold"})
    space["else"] = "hold"
    roomy, grown = "free is at least 1.2 × size and size is above 0", "grow (“Let the storage team grow the volume”)"
    assert said(book_of(yaml.safe_dump(written))) == [
        "exits|which|“Rows are odd” leads to agree (“Approve the restore”) instead of space (“Is there room”)",
        "exits|which|“Look again” is gone; it led to look (“Look at the table”)",
        "exits|which|the label of the option rows: “Rows are odd” instead of “Rows are wrong”",
        "exits|which|the sign for “Rows are odd”: “A SELECT says so.” instead of “A SELECT shows it.”",
        "exits|which|the order of the options: none; rows instead of rows; none",
        f"exits|space|case 1: “{roomy}” to nothing instead of “{roomy}” to agree",
        "exits|space|case 2 is new: “free is 0” leads to hold (“Hold and call the lead”)",
        f"exits|space|“otherwise” leads to hold (“Hold and call the lead”) instead of {grown}",
    ]  # fmt: skip


def test_comments_and_order_are_no_change_of_the_procedure() -> None:
    """Steps after the first in another order, an exit written out that led there anyway, spelling of YAML."""
    written = yaml.safe_load(EVERYTHING)
    written["steps"] = [written["steps"][0], *reversed(written["steps"][1:])]
    written["steps"][0]["go"] = {"problem": "hold", "ok": "which"}
    moved = "# words\n" + json.dumps(written)
    assert compare_runbooks(OLD, book_of(moved)) == ()
    settled = changed(settle__go={"ok": "count", "fail": "hold", "timeout": "hold"})
    assert compare_runbooks(OLD, settled) == ()
    assert as_text(compare_books({"story": OLD}, {"story": settled})) == f"story: c{SAME[1:]}"
    written["steps"] = list(reversed(written["steps"]))
    assert "steps||the run starts at: which instead of look" in said(book_of(json.dumps(written)))


def test_a_folder_of_runbooks_in_one_file_is_matched_by_id() -> None:
    other = OLD.model_copy(update={"id": "other"})
    assert [id_ for id_, _ in compare_books({"story": OLD}, {"other": other})] == ["other"]
    pairs = dict(compare_books({"story": OLD, "other": other}, {"story": OLD, "third": other}))
    assert pairs["story"] == ()
    assert "is gone" in pairs["other"][0].words
    assert "is new" in pairs["third"][0].words


def test_the_three_ways_of_telling_it(snapshot: SnapshotAssertion) -> None:
    new = changed(look__do="<b>Look</b> @here *now*", agree__need=1, restore__typical="2h", exception="stopped")
    pairs = compare_books({"story": OLD}, {"story": new})
    assert as_text(pairs) == snapshot(name="text")
    assert as_comment(pairs, {"story": OLD}, {"story": new}) == snapshot(name="markdown")
    assert json.loads(as_json(pairs)) == snapshot(name="json")


def test_nothing_in_markdown_pings_or_marks_up() -> None:
    told = comment(OLD, changed(look__do="@org/team <img> `x` [a](b)", title="@org <b>"))
    words = told.partition("<details>")[0]
    assert "@org" not in words
    assert "\\<img\\>" in words
    assert "\\`x\\` \\[a\\](b)" in words
    assert "<img" not in told.replace("\\<img", "")
    assert "`x`" not in told


def comment(old: Runbook, new: Runbook) -> str:
    return as_comment(compare_books({"story": old}, {"story": new}), {"story": old}, {"story": new})


def test_a_comment_shows_both_versions_with_what_differs_marked() -> None:
    """A step that goes is marked in the first picture alone, a new one in the second, a changed one in both."""
    other = yaml.safe_load(EVERYTHING)
    step = next(one for one in other["steps"] if one["id"] == "look")
    step["id"], step["typical"] = "look_again", "20m"
    told = comment(OLD, book_of(yaml.safe_dump(other, sort_keys=False).replace("go: look\n", "go: look_again\n")))
    before, after = told.split("<details open>")
    assert before.count("```mermaid\nflowchart TD") == after.count("```mermaid\nflowchart TD") == 1
    number = list(OLD.by_id).index("look") + 1
    assert f"class s{number} gone" in before
    assert "gone" not in after.partition("```mermaid")[2]
    assert f"class s{number} fresh" in after
    assert f"{number} · **{OLD.by_id['look'].title}** (`look_again`)" in before
    assert "1 new, 1 gone" in before


def test_a_comment_is_never_longer_than_github_takes() -> None:
    """Where pictures would make it so, the words stay and say where the picture is."""
    many = {f"story{number}": OLD for number in range(12)}
    new = {name: changed(look__do="Look twice", id=name) for name in many}
    told = as_comment(compare_books(many, new), many, new)
    assert len(told) < LONGEST
    assert told.count("Look twice") >= len(many)
    assert "handrail show story11 --output story11.html" in told


@given(books())
def test_a_runbook_does_not_differ_from_itself(book: Runbook) -> None:
    again = Runbook.model_validate(book.model_dump(by_alias=True, mode="json"))
    assert compare_runbooks(book, again) == ()


@given(books(), books())
def test_what_is_not_told_is_not_there(old: Runbook, new: Runbook) -> None:
    """No change told means: the same steps by id, each leading to the same places, the same start and exception."""
    told = compare_runbooks(old, new)
    if not told:
        assert old.by_id.keys() == new.by_id.keys()
        assert old.exception == new.exception
        assert old.steps[0].id == new.steps[0].id
        assert all(dict(old.exits(old.by_id[one])) == dict(new.exits(new.by_id[one])) for one in old.by_id)
    gone = {one for one in old.by_id if one not in new.by_id}
    assert gone == {one.step for one in told if one.words.startswith("removed:")}
