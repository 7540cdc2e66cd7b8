"""A runbook is walked in every way, by the real rules, and the report says what nobody can do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.format.pattern import example_text, has_form
from bot.format.pieces import TypedField
from bot.format.runbook import Runbook
from bot.rehearsal.cards import read_cards
from bot.rehearsal.report import Rehearsal, report_of
from bot.rehearsal.samples import sample_asset, sample_text
from bot.rehearsal.walk import Walked, rehearse
from bot.run.commands import Refused
from bot.run.situation import AssetAsItWas
from tests.story import book_of

HOLD = """
  - id: hold
    decide: Hold here and call the lead
    who: lead
    back: true
    options:
      - {id: stop, label: Stop, when: It is worse., go: gone}
      - {id: part, label: Part, when: It is enough., go: gone}
    go: {unsure: hold}
    max_visits: 9
  - {id: gone, end: Stop, outcome: escalated}
  - {id: good, end: Close, outcome: recovered}
"""


def walked(text: str, asset: AssetAsItWas | None = None, paths: int = 500) -> Walked:
    book = book_of(text + HOLD)
    return rehearse(book, asset or sample_asset(book), paths)


def told(text: str) -> Rehearsal:
    return report_of(walked(text))


def dead(report: Rehearsal) -> list[str]:
    return [f"{step} {exit_}" for (step, exit_), _ in report.dead]


def test_every_exit_of_every_kind_is_walked() -> None:
    """People, the bot, signers, a sub-run: all ten kinds, every exit, through `decide`."""
    report = told("""
inputs: {what: {type: text, required: true}, when: {type: timestamp, required: true}}
vars: {rows: {type: int, min: 0}, mine: {type: int, min: 0}, label: {type: string, pattern: "^[0-9]{8}-F$"}}
steps:
  - {id: which, decide: Choose, options: [{id: a, label: A, when: A., go: read}, {id: b, label: B, when: B., go: call}],
     go: {unsure: hold}}
  - {id: call, call: Ask others, runbook: other, capture: {rows: {output: rows}}, go: {recovered: read, else: hold}}
  - {id: read, check: Count, exec: {argv: [count]}, capture: {rows: {from: stdout, type: int}},
     expect: {all: [{var: rows, ge: 3}]}, go: {ok: name, fail: hold}}
  - {id: name, do: Name the backup, answer: {var: label}, go: {ok: few, problem: hold}}
  - {id: few, branch: Few or many, cases: [{when: {all: [{var: rows, lt: 100}]}, go: tell}], else: agree}
  - {id: tell, notify: Tell, to: [incident], go: {ok: agree}}
  - {id: agree, signoff: Agree, from: [data_owner, lead], need: 3, each: true, readback: rows,
     binds: {vars: [rows, label], steps: [wipe]}, go: {approved: wipe, rejected: hold, expired: hold}}
  - {id: wipe, run: Wipe, effect: destroy, witness: peer, undo: {none: Gone.}, exec: {argv: [wipe]}, timeout: 1h,
     go: {ok: pause, fail: hold, timeout: hold}}
  - {id: pause, wait: Wait, poll: {every: 1m, exec: {argv: [look]}, until: {all: [{var: exit, eq: 0}]}}, timeout: 1h,
     go: {ok: own, fail: hold, timeout: hold}}
  - {id: own, do: Count yourself, who: data_owner, answer: {var: mine, blind: true},
     expect: {all: [{var: mine, eq: "{{ vars.rows }}"}]}, go: {ok: good, problem: hold}}
""")
    assert (dead(report), report.unreached) == ([], ())
    assert report.sound
    assert report.complete
    assert set(report.outcomes) == {"recovered", "escalated"}


def test_answers_are_found_on_either_side_of_a_test() -> None:
    """A branch far below goes by an answer above; both of its ways are walked."""
    report = told("""
vars: {space: {type: int}, need: {type: int}}
steps:
  - {id: need, do: Type the need, answer: {var: need}, go: {ok: space}}
  - {id: space, do: Type the space, answer: {var: space}, go: {ok: enough}}
  - {id: enough, branch: Enough, cases: [{when: {all: [{var: space, ge: "{{ vars.need }}", factor: 1.2}]}, go: good}],
     else: hold}
""")
    assert dead(report) == []
    assert report.sound


def test_a_dead_answer_is_named_with_its_reason() -> None:
    """A case that an earlier one shadows, and an expectation that nothing can meet; the twin without them is sound."""
    text = """
vars: {{rows: {{type: int}}}}
steps:
  - {{id: count, do: Count, answer: {{var: rows}}, expect: {{all: [{{var: rows, gt: 5}}, {{var: rows, lt: {most}}}]}},
     go: {{ok: size, problem: hold}}}}
  - {{id: size, branch: Size, cases: [{{when: {{all: [{{var: rows, gt: 5}}]}}, go: good}},
     {{when: {{all: [{{var: rows, gt: {shadowed}}}]}}, go: good}}], else: hold}}
"""
    impossible = told(text.format(most=3, shadowed=7))
    assert dead(impossible) == ["count ok", "size case 1", "size case 2", "size else"]
    assert impossible.unreached == ("size", "good")
    assert dict(impossible.dead)["count", "ok"] == "No answer was found that leads here."
    assert dict(impossible.dead)["size", "else"] == "Its step is never reached."
    shadowed = told(text.format(most=30, shadowed=7))
    assert dead(shadowed) == ["size case 2", "size else"]
    assert not shadowed.sound


def test_a_sign_off_that_nobody_can_give_is_named() -> None:
    """Everybody in the role is forbidden; the sentence is the one that people would read."""
    text = "steps:\n  - {{id: sign, signoff: Sign, from: [lead], forbid: [{role}], go: {{approved: good}}}}"
    report = told(text.format(role="lead"))
    assert dead(report) == ["sign approved", "sign rejected"]
    assert dict(report.dead)["sign", "approved"] == "Nobody may sign this."
    assert dead(told(text.format(role="operator"))) == []


def test_a_branch_by_the_facts_of_an_asset_is_walked_both_ways() -> None:
    """The sample asset has the fact; assets without it, and with another value, are tried as well."""
    report = told("""
steps:
  - {id: look, do: "Look at {{ asset.replica }}", go: {ok: has}}
  - {id: has, branch: Replica, cases: [{when: {all: [{var: asset.replica, exists: true}]}, go: good}], else: kind}
  - {id: kind, branch: Kind, cases: [{when: {all: [{var: asset.kind, eq: cold}]}, go: gone}], else: hold}
""")
    assert dead(report) == []


def test_a_round_is_walked_once_and_counted() -> None:
    text = """
steps:
  - {id: try, do: Try, go: {ok: again}, max_visits: 4}
  - {id: again, decide: Again, go: {unsure: hold},
     options: [{id: more, label: More, when: M., go: try}, {id: out, label: Out, when: Out., go: good}]}
"""
    report = told(text)
    assert (report.rounds, report.complete, dead(report)) == (5, True, [])
    assert report.outcomes == {"escalated": 4, "recovered": 1}


def test_what_every_path_means_is_bounded_and_said() -> None:
    """Twelve forks are 4,096 good ways; the bound stops the paths and never the exits."""
    forks = "".join(
        f"  - {{id: f{n}, decide: F, options: [{{id: a, label: A, when: A., go: a{n}}}, "
        f"{{id: b, label: B, when: B., go: b{n}}}], go: {{unsure: hold}}}}\n"
        f"  - {{id: a{n}, do: A, typical: {n}m, go: {{ok: f{n + 1}}}}}\n  - {{id: b{n}, do: B, go: {{ok: f{n + 1}}}}}\n"
        for n in range(1, 13)
    )
    text = f"steps:\n{forks}  - {{id: f13, do: Last, go: {{ok: good}}}}"
    report = report_of(walked(text, paths=50))
    assert (report.paths + report.rounds, report.complete) == (50, False)
    assert dead(report) == []
    assert report.longest_good is not None
    assert (report.longest_good.seconds, len(report.longest_good.steps)) == (60 * sum(range(1, 13)), 26)


def test_steps_off_the_good_ways_and_the_longest_are_told() -> None:
    report = told("""
steps:
  - {id: look, do: Look, typical: 5m, go: {ok: fork, problem: mend}}
  - {id: fork, decide: Choose, options: [{id: s, label: S, when: S., go: good}, {id: l, label: L, when: L., go: long}],
     go: {unsure: hold}}
  - {id: long, do: Work, typical: 2h, go: {ok: good}}
  - {id: mend, do: Mend, typical: 9h, go: {ok: fork}}
""")
    assert report.off_good == ("mend", "hold", "gone")
    assert report.longest_good is not None
    assert report.longest_good.steps == ("look", "fork", "long", "good")
    assert (report.longest_good.seconds, report.longest_good.untimed) == (7_500, ("fork",))
    assert report.longest is not None
    assert report.longest.steps[:4] == ("look", "mend", "fork", "long")


def test_what_only_the_button_reaches_is_reached() -> None:
    """No exit leads to `hold`, and “This does not match what I see” does."""
    text = """
steps:
  - {id: pause, wait: Wait, for: 1m, go: {ok: good, fail: good, timeout: good}}
"""
    report = told(text)
    assert (report.unreached, dead(report)) == ((), [])


def test_the_words_are_those_of_the_card() -> None:
    """Facts, answers and what is signed are filled in; a command is quoted as it will be."""
    cards = {card.step: card for card in read_cards(walked("""
vars: {rows: {type: int}}
steps:
  - {id: count, do: "Count on {{ asset.host }}", why: To know., command: "psql -h {{ asset.host }}",
     answer: {var: rows}, typical: 90m, go: {ok: sign}}
  - {id: sign, signoff: Sign, from: [lead], binds: {vars: [rows], steps: [wipe]}, go: {approved: wipe}}
  - {id: wipe, run: Wipe, effect: destroy, undo: {none: Gone.}, exec: {argv: [wipe, "{{ vars.rows }}"]}, go: {ok: good}}
""", AssetAsItWas("orders", "Orders", 1, "pg", "data", {"host": "pg 1"})))}  # fmt: skip
    assert cards["count"].title == "Count on pg 1"
    assert ("command", "psql -h 'pg 1'") in cards["count"].lines
    assert ("usually", "1 h 30 min") in cards["count"].lines
    assert ("will happen", "Wipe\nwipe 10") in cards["sign"].lines
    assert ("signs rows", "10") in cards["sign"].lines
    assert ("outcome", "recovered") in cards["good"].lines


def test_a_runbook_that_names_missing_steps_is_refused_in_a_sentence() -> None:
    book: Runbook = book_of("steps:\n  - {id: look, do: Look, go: {ok: nowhere}}" + HOLD)
    with pytest.raises(Refused, match="There is no step nowhere"):
        rehearse(book, sample_asset(book))


def test_the_same_runbook_gives_the_same_report() -> None:
    text = "steps:\n  - {id: look, do: Look, go: {ok: good, problem: hold}}"
    assert told(text) == told(text)


@pytest.mark.parametrize(
    "pattern",
    ["^[0-9]{8}-[0-9]{6}F(_[0-9]{8}-[0-9]{6}[DI])?$", "^[a-z_][a-z0-9_]{0,62}$", r"^\d{3}-\w+$", "a|b", "[^abc]]",
     r"(?P<n>ab){2,3}?c", r"\(PostgreSQL\) 16[.]", "^$", "ok.{5}"],
)  # fmt: skip
def test_a_sample_fits_its_pattern(pattern: str) -> None:
    found = example_text(pattern)
    assert found is not None
    assert has_form(found, pattern)


@given(st.text(alphabet="ab01()[]{}|*+?^$\\.-,dws", max_size=12))
def test_a_sample_fits_or_there_is_none(pattern: str) -> None:
    """A law: whatever the pattern, the sample is found by it, and nothing breaks."""
    found = example_text(pattern)
    assert found is None or has_form(found, pattern)


def test_a_variable_without_a_sample_is_told_as_such() -> None:
    report = told("""
vars: {odd: {type: string, pattern: "^(?i:x)$"}, even: {type: string, pattern: "^(?i:x)$", default: x}}
steps:
  - {id: odd, do: Type it, answer: {var: odd}, go: {ok: even, problem: even}}
  - {id: even, do: Type it, answer: {var: even}, go: {ok: good, problem: hold}}
""")
    assert dict(report.dead) == {("odd", "ok"): "No sample of odd could be thought of: a `default` would be one."}


def test_what_the_author_wrote_as_an_example_is_typed_first() -> None:
    field = TypedField(type="string", pattern="^[0-9A-F]{8}$", example="0000000A")
    assert sample_text(field) == "0000000A"
    assert sample_text(field.model_copy(update={"example": None})) == "00000000"
    assert sample_text(field.model_copy(update={"example": "no such form"})) == "00000000"
