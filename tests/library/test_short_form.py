"""What an author may leave out means one certain thing, and what is pinned has it all written out."""

import re
from pathlib import Path

import pytest

from bot.format.runbook import Branch, Check, Decide, Do, Runbook, RunStep, Signoff
from bot.library.check import check_files, check_folder
from bot.library.parse import digest_of, parse_file, parse_runbook
from bot.library.problems import Problem
from tests.library.faulty import CATALOGUE, HEAD, PLANTED, TAIL, problems_of

PLANTED.update(("O10", "S21", "S22", "S23", "S24", "S25"))
FIVE = """\
schema: runbook/v1
title: Disk full
steps:
  - do: Find the biggest folder
  - do: Delete old logs
"""


def read(text: str) -> Runbook:
    documents, problems = parse_file("book.yaml", text.encode())
    assert [one for one in problems if one.severity == "error"] == []
    model = documents[0].model
    assert isinstance(model, Runbook)
    return model


def pinned(text: str) -> str:
    return parse_file("book.yaml", text.encode())[0][0].pinned


def errors(text: str) -> list[Problem]:
    return [one for one in problems_of(text) if one.severity == "error"]


def test_five_lines_are_a_draft_that_loads_and_says_in_one_list_what_it_lacks() -> None:
    found = problems_of(FIVE)
    assert {one.severity for one in found} == {"warning"}
    lacks = next(one for one in found if one.rule == "O10")
    assert lacks.hint == "handrail check --for active"
    for what in ("id", "owner", "roles", "enter_when", "objective", "id of 2 steps", "not_for", "review"):
        assert f"{what}," in lacks.message, lacks
    book = read(FIVE)
    assert (book.id, [step.id for step in book.steps][:2]) == (
        "disk-full",
        ["find_the_biggest_folder", "delete_old_logs"],
    )


def test_looked_at_for_going_live_the_same_draft_names_each_place() -> None:
    files = [("catalogue.yaml", CATALOGUE.encode()), ("book.yaml", FIVE.encode())]
    found = [one for one in check_files(files, live=True).problems if one.file == "book.yaml"]
    missing = {one.message for one in found if one.rule == "S15"}
    assert {f"“{key}” is missing." for key in ("id", "owner", "enter_when", "objective")} <= missing
    assert {"O1", "O2", "O3", "G8"} <= {one.rule for one in found if one.severity == "error"}


def test_what_follows_in_the_file_follows() -> None:
    steps = "\nsteps:\n  - {id: a, do: Look}\n  - {id: b, do: Look, go: stopped}\n"
    book = read(HEAD + steps + TAIL)
    assert dict(book.exits(book.by_id["a"])) == {"ok": "b", "problem": "hold"}
    assert dict(book.exits(book.by_id["b"])) == {"ok": "stopped", "problem": "hold"}
    assert errors(HEAD + steps + TAIL) == []


def test_the_products_own_hold_stands_where_the_file_has_none() -> None:
    book = read(FIVE)
    hold = book.by_id[book.exception]
    assert isinstance(hold, Decide)
    assert hold.page
    assert hold.back
    assert {book.by_id[option.go].kind for option in hold.options} == {"end"}
    own = read(FIVE + '  - {id: stopped, say: "The disk is still full."}\n')
    assert own.by_id["stopped"].say == "The disk is still full."
    assert own.by_id["stopped"].title == book.by_id["stopped"].title


def test_a_step_is_of_the_phase_of_the_one_before() -> None:
    steps = "\nsteps:\n  - {id: a, do: Look, phase: x}\n  - {id: b, do: Look}\n"
    steps += "  - {id: c, do: Look, phase: y, go: stopped}\n"
    assert [step.phase for step in read(HEAD + steps + TAIL).steps][:3] == ["x", "x", "y"]


SHORT = """
at: "{{ asset.host }}"
steps:
  - check count: Count the rows
    exec: psql -c "SELECT count(*) FROM {{ asset.name }}"
    capture: {rows: int}
    expect: {var: rows, gt: 0}
    takes: 2m / 5m
    is: [critical]
  - do name: Type the number
    answer: rows
  - branch which: See how many
    cases: [{when: {var: rows, gt: 10}, go: stop}]
    else: stopped
  - change stop: Stop the timer
    exec: systemctl stop 'a b'
    undo: It starts by itself.
    is: [idempotent, simulated]
    takes: / 5m
    go: stopped
"""


def test_short_spellings_are_the_long_ones() -> None:
    book = read(HEAD + SHORT + TAIL)
    assert errors(HEAD + SHORT + TAIL) == []
    count, name, which, stop = book.steps[:4]
    assert isinstance(count, Check)
    assert count.exec is not None
    assert (count.exec.argv, count.exec.at) == (
        ("psql", "-c", "SELECT count(*) FROM {{ asset.name }}"), "{{ asset.host }}",
    )  # fmt: skip
    assert count.capture["rows"].from_ == "stdout"
    assert count.capture["rows"].type == "int"
    assert count.expect.all is not None
    assert [str(count.typical), str(count.timeout), count.critical] == ["0:02:00", "0:05:00", True]
    assert isinstance(name, Do)
    assert name.answer is not None
    assert name.answer.var == "rows"
    assert isinstance(which, Branch)
    assert which.cases[0].when.all is not None
    assert isinstance(stop, RunStep)
    assert stop.exec is not None
    assert (stop.effect, stop.exec.argv[-1], stop.idempotent, stop.drill) == ("change", "a b", True, "simulate")
    assert stop.undo is not None
    assert stop.undo.none == "It starts by itself."


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("exec: ls | wc -l", "S22"),
        ('exec: echo "$HOME"', "S22"),
        ("is: [fast]", "S23"),
        ("takes: 2m / 5m\n    timeout: 5m", "S24"),
    ],
)
def test_a_short_spelling_that_means_something_else_is_told(line: str, rule: str) -> None:
    step = f"\nsteps:\n  - id: look\n    check: Look\n    {line}\n    expect: {{var: exit, eq: 0}}\n    go: stopped\n"
    assert rule in {one.rule for one in errors(HEAD + step + TAIL)}


def test_what_is_pinned_is_whole_and_means_the_same_for_ever() -> None:
    """Read back, the pinned text is the same runbook, and pinned again it is the same text."""
    for text in (FIVE, HEAD + SHORT + TAIL):
        whole = pinned(text)
        again = parse_runbook(whole)
        first = read(text)
        assert again.model_dump(exclude={"steps"}) == first.model_dump(exclude={"steps"})
        assert [dict(again.exits(step)) for step in again.steps] == [dict(first.exits(step)) for step in first.steps]
        documents, _ = parse_file("book.yaml", whole.encode(), whole=True)
        assert documents[0].pinned == whole
        for said in ("nudge: ", "go: ", "exception: "):
            assert said.strip(": ") in whole, "also what the product says by itself"


def test_a_text_that_was_pinned_before_means_what_it_meant() -> None:
    """Nothing is filled in: a step without a phase has none, and an exit that is not written leads to `exception`."""
    old = HEAD + "\nsteps:\n  - {id: a, do: Look, phase: x, go: {ok: b}}\n  - {id: b, do: Look}\n" + TAIL
    book = parse_runbook(old)
    assert book.by_id["b"].phase is None
    assert dict(book.exits(book.by_id["b"])) == {"problem": "hold"}
    assert read(old).by_id["b"].phase == "x"
    assert len(digest_of(old)) == 64


DEFAULTS = """\
schema: defaults/v1
owner: data
roles: {operator: "team:data", lead: "team:data", data_owner: "team:owners"}
review: {every: 90d, last_on: "2026-11-01", by: chen}
drill: {every: 90d, mode: isolated}
policy: {human: {nudge: 3m}}
ladder: database
assets: {type: pg, tier: 2, runbooks: [book], rpo: 1d, rto: 4h, depends_on: [bucket], facts: {host: pg-1}}
tier_1: {rto: 1h}
"""


def test_a_folder_says_once_what_holds_for_all_its_files() -> None:
    short = "\n".join(line for line in HEAD.splitlines() if not line.startswith(("owner", "review", "drill", "roles")))
    book = f"{short}\nsteps:\n  - {{id: a, do: Look, go: stopped}}\n{TAIL}\n"
    people = CATALOGUE.split("---\nschema: assets/v1")[0]
    assets = "schema: assets/v1\nassets:\n  - {id: one}\n  - {id: two, tier: 1, facts: {db: x}}\n"
    files = {"people.yaml": people, "defaults.yaml": DEFAULTS, "db/assets.yaml": assets, "db/book.yaml": book}
    report = check_files((name, held.encode()) for name, held in files.items())
    assert [one for one in report.problems if one.severity == "error"] == []
    read_ = report.runbooks["book"]
    assert (read_.owner, str(read_.policy.human.nudge), str(read_.policy.human.page)) == ("data", "0:03:00", "0:20:00")
    document = report.documents["db/assets.yaml"][0]
    one, two = document.model.assets  # type: ignore[union-attr]
    assert (one.name, one.owner, one.tier, str(one.rto), one.ladder) == ("one", "data", 2, "4:00:00", "database")
    assert (two.tier, str(two.rto), two.facts) == (1, "1:00:00", {"db": "x", "host": "pg-1"})
    assert parse_file("a.yaml", document.pinned.encode(), whole=True)[0][0].model == document.model


def test_the_nearest_folder_wins_and_a_change_of_it_is_a_new_version() -> None:
    people = CATALOGUE.split("---\nschema: assets/v1")[0]
    book = f"{HEAD}\nsteps:\n  - {{id: a, do: Look, go: stopped}}\n{TAIL}\n"
    near = "schema: defaults/v1\npolicy: {human: {nudge: 7m}}\n"
    files = {"people.yaml": people, "defaults.yaml": DEFAULTS, "db/defaults.yaml": near, "db/book.yaml": book}
    first = check_files((name, held.encode()) for name, held in files.items())
    assert str(first.runbooks["book"].policy.human.nudge) == "0:07:00"
    files["db/defaults.yaml"] = near.replace("7m", "8m")
    second = check_files(((name, held.encode()) for name, held in files.items()), first.leaves)
    was, now = (one.documents["db/book.yaml"][0].pinned for one in (first, second))
    assert (was == now, was.replace('"7m"', '"8m"') == now) == (False, True)


def test_a_folder_says_once_where_its_commands_run() -> None:
    """A file that says it itself goes by its own; a fact that an asset lacks is found in both."""
    run = "\nsteps:\n  - {id: a, check: Look, exec: look, expect: {var: exit, eq: 0}, go: stopped}\n"
    files = {
        "c.yaml": CATALOGUE,
        "defaults.yaml": 'schema: defaults/v1\nat: "{{ asset.host }}"\n',
        "b.yaml": HEAD + run + TAIL,
    }

    def at() -> tuple[str, list[str]]:
        report = check_files((name, held.encode()) for name, held in files.items())
        step = report.runbooks["book"].steps[0] if "book" in report.runbooks else None
        return str(getattr(getattr(step, "exec", None), "at", "")), [
            one.rule for one in report.problems if one.severity == "error"
        ]

    assert at() == ("{{ asset.host }}", [])
    files["b.yaml"] = files["b.yaml"].replace("exec: look", "exec: {argv: [look], at: bot}")
    assert at() == ("bot", [])
    files["b.yaml"] = HEAD + run + TAIL
    files["defaults.yaml"] = files["defaults.yaml"].replace("asset.host", "asset.nowhere")
    assert at()[1] != []


def test_where_the_defaults_cannot_be_read_nothing_below_them_is_taken_in() -> None:
    book = f"{HEAD}\nsteps:\n  - {{id: a, do: Look, go: stopped}}\n{TAIL}\n"
    files = {"catalogue.yaml": CATALOGUE, "defaults.yaml": "schema: defaults/v1\nownr: data\n", "db/book.yaml": book}
    found = check_files((name, held.encode()) for name, held in files.items()).problems
    assert ("db/book.yaml", "S21") in {(one.file, one.rule) for one in found}
    assert ("defaults.yaml", "S14") in {(one.file, one.rule) for one in found}


def test_a_signoff_and_a_notify_fall_through_too() -> None:
    steps = """
steps:
  - {id: ask, signoff: Agree, from: [data_owner]}
  - {id: tell, notify: Tell, to: [incident], go: stopped}
"""
    book = read(HEAD + steps + TAIL)
    ask = book.by_id["ask"]
    assert isinstance(ask, Signoff)
    assert dict(book.exits(ask)) == {"approved": "tell", "rejected": "hold", "expired": "hold"}


def test_one_file_is_looked_at_with_what_the_folders_above_say(tmp_path: Path) -> None:
    book = FIVE.replace(
        "title: Disk full", 'id: book\ntitle: Disk full\nroles: {operator: "team:data", lead: "team:data"}'
    )
    (tmp_path / "defaults.yaml").write_text("schema: defaults/v1\nowner: nowhere\n", encoding="utf-8")
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "people.yaml").write_text(CATALOGUE.split("---")[0], encoding="utf-8")
    (tmp_path / "db" / "book.yaml").write_text(book, encoding="utf-8")
    for path in (tmp_path / "db" / "book.yaml", tmp_path):
        assert "N5" in {one.rule for one in check_folder(path).problems}
    (tmp_path / "defaults.yaml").write_text("schema: defaults/v1\nowner: data\n", encoding="utf-8")
    for path in (tmp_path / "db" / "book.yaml", tmp_path):
        assert "N5" not in {one.rule for one in check_folder(path).problems}


@pytest.mark.parametrize("name", ["default/v1", "defaults/v2", "defaults"])
def test_defaults_of_a_misspelt_kind_are_not_passed_over(name: str) -> None:
    """Otherwise what served would serve on without them."""
    book = f"{HEAD}\nsteps:\n  - {{id: a, do: Look, go: stopped}}\n{TAIL}\n"
    faulty = DEFAULTS.replace("defaults/v1", name)
    files = {"catalogue.yaml": CATALOGUE, "defaults.yaml": faulty, "db/book.yaml": f"# not schema: defaults/v1\n{book}"}
    found = check_files((one, held.encode()) for one, held in files.items()).problems
    assert {("db/book.yaml", "S21"), ("defaults.yaml", "S5")} <= {(one.file, one.rule) for one in found}


def test_the_host_of_all_commands_is_a_fact() -> None:
    """What is typed in a run is bound where it is used, and would not be looked for on top."""
    text = HEAD + SHORT.replace('at: "{{ asset.host }}"', 'at: "{{ vars.rows }}"') + TAIL
    assert [one.rule for one in errors(text)] == ["S25"]
    book = read(HEAD + SHORT + TAIL)
    assert book.at is None, "what it says stands at each command"


CAPTURED = """
steps:
  - check count: Count the rows
    exec: {argv: wc -l rows.txt, at: bot}
    capture: {counted: int}
    expect: {var: counted, gt: 0}
  - change stop: Stop the timer
    exec: systemctl stop a
    undo: {argv: "systemctl start 'a b'"}
    takes: / 5m
  - wait gone: Wait until they are there
    poll: {every: 30s, exec: wc -l rows.txt, capture: {left: {from: stdout, type: int}}, until: {var: left, eq: 0}}
    takes: / 5m
    go: stopped
"""


def test_what_is_captured_with_a_type_is_a_variable_of_that_type() -> None:
    """Said once; `vars` says it before, where it says more, and a misspelt use is told as ever."""
    book = read(HEAD + CAPTURED + TAIL)
    assert {name: book.vars[name].type for name in ("counted", "left")} == {"counted": "int", "left": "int"}
    assert 'counted: {"type": "int"}' in pinned(HEAD + CAPTURED + TAIL)
    fields = re.sub(r"vars: \{", "vars: {counted: {type: int, min: 3}, ", HEAD, count=1)
    assert read(fields + CAPTURED + TAIL).vars["counted"].min == 3
    (told,) = errors(HEAD + CAPTURED.replace("{var: counted,", "{var: cuonted,") + TAIL)
    assert (told.rule, told.hint) == ("N2", "counted")
    kept = CAPTURED.replace("{counted: int}", "{counted: enum}")
    assert {one.rule for one in errors(HEAD + kept + TAIL)} == {"N2"}, "an enum says its words in `vars`"


def test_a_command_is_a_line_wherever_it_stands() -> None:
    book = read(HEAD + CAPTURED + TAIL)
    count, stop = book.steps[:2]
    assert isinstance(count, Check)
    assert count.exec is not None
    assert (count.exec.argv, count.exec.at) == (("wc", "-l", "rows.txt"), "bot")
    assert isinstance(stop, RunStep)
    assert stop.undo is not None
    assert stop.undo.argv == ("systemctl", "start", "a b")
    (told,) = errors(HEAD + CAPTURED.replace("start 'a b'", "start a | tee x") + TAIL)
    assert told.rule == "S22"
