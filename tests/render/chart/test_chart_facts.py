"""What a chart knows: where exits lead, the good path, the longest one, and the RTO beside it."""

from datetime import timedelta

import pytest
from hypothesis import given

from bot.format.runbook import FAILURE_EXITS, End, Runbook
from bot.format.ways import Ways
from bot.render.chart.graph import draw_chart
from bot.render.chart.words import say_exits, say_facts, say_paths, say_target
from tests.render.chart.drawn import BILLING, EVERYTHING, ORDERS, OTHER, books, exits_of
from tests.story import book_of

BOOK = book_of(EVERYTHING)
CHART = draw_chart(BOOK, [ORDERS, BILLING, OTHER])


def test_the_good_path_takes_the_first_answer_that_comes_to_the_best_end() -> None:
    path = ("look", "which", "space", "agree", "restore", "settle", "count", "tell", "done")
    assert CHART.good.steps == path
    assert CHART.good.typical == timedelta(hours=2)
    assert CHART.good.untimed == 2  # which and count; the bot's own steps take no time to speak of


def test_the_longest_good_path_may_be_another() -> None:
    """The call in between says no time, but of equal ones the path with more steps is the longest."""
    assert CHART.longest.steps == ("look", "which", "space", "grow", *CHART.good.steps[3:])
    assert CHART.longest.typical == timedelta(hours=2)


def test_a_loop_counts_once() -> None:
    book = book_of("""
    steps:
      - {id: a, do: Try it, typical: 1h, go: {ok: b}}
      - {id: b, decide: Did it work, options: [{id: y, label: It did, when: It did., go: good},
         {id: n, label: It did not, when: It did not., go: a}], typical: 10m}
      - {id: good, end: Close, outcome: recovered}
      - {id: hold, end: Stop, outcome: aborted}
    """)
    assert draw_chart(book).longest.typical == timedelta(minutes=70)


@pytest.mark.parametrize(
    ("outcome", "other", "path"),
    [
        ("recovered", "partial", ("a", "first")),
        ("partial", "recovered", ("a", "second")),
        ("partial", "escalated", ("a", "first")),
        ("aborted", "partial", ("a", "second")),
    ],
)
def test_an_end_that_recovers_is_better_than_one_that_comes_first(
    outcome: str, other: str, path: tuple[str, ...]
) -> None:
    book = book_of(f"""
    steps:
      - {{id: a, decide: Choose, options: [{{id: x, label: X, when: X., go: first}},
         {{id: y, label: Y, when: Y., go: second}}]}}
      - {{id: first, end: One, outcome: {outcome}}}
      - {{id: second, end: Other, outcome: {other}}}
      - {{id: hold, end: Stop, outcome: aborted}}
    """)
    assert draw_chart(book).good.steps == path


def test_steps_stand_in_three_groups() -> None:
    main, aside, rest = CHART.groups
    assert main.steps == tuple(step for step in BOOK.by_id if step not in ("hold", "stopped", "lost"))
    assert aside.steps == ("hold", "stopped")
    assert rest.steps == ("lost",)


def test_ways_back_to_the_exception_and_to_nowhere_are_stubs() -> None:
    ways = {(way.source, way.exits): way for way in CHART.ways}
    assert ways["look", ("ok",)].drawn == "line"
    assert (ways["look", ("problem",)].drawn, ways["look", ("problem",)].back) == ("stub", False)
    assert (ways["which", ("more",)].drawn, ways["which", ("more",)].back) == ("stub", True)
    assert (ways["hold", ("unsure",)].drawn, ways["hold", ("unsure",)].back) == ("stub", True)
    assert ways["hold", ("again",)].drawn == "stub"  # into another group
    assert ways["restore", ("timeout",)].drawn == "line"
    assert ways["settle", ("fail", "timeout")].target == "hold"  # the second is not written
    lost = draw_chart(book_of("steps: [{id: a, do: Go, go: {ok: nowhere}}, {id: hold, end: Stop, outcome: aborted}]"))
    assert (lost.ways[0].drawn, lost.ways[0].known) == ("stub", False)
    assert say_target(lost, lost.ways[0]) == "nowhere: there is no such step"


def test_a_failure_that_leads_where_success_leads_is_told_beside_it() -> None:
    """Two lines between the same two boxes would hide each other."""
    book = book_of(
        "steps: [{id: a, wait: Wait, for: 5m, go: {ok: b, timeout: b}}, {id: b, end: C, outcome: recovered}]"
    )
    assert [(way.exits, way.drawn) for way in draw_chart(book).leaving("a")][:2] == [
        (("ok",), "line"), (("timeout",), "stub"),
    ]  # fmt: skip


def test_who_takes_over_is_said_where_another_role_acts_next() -> None:
    taken = {(way.source, way.target): CHART.hand_off(way) for way in CHART.ways}
    assert taken["look", "which"] == "lead"
    assert taken["agree", "restore"] == "operator"
    assert taken["grow", "agree"] == "data owner and lead"
    assert taken["restore", "settle"] == ""
    assert taken["look", "hold"] == ""  # said once, at the step itself
    assert taken["which", "space"] == ""  # the bot decides


def test_the_rto_of_each_asset_stands_beside_the_longest_path() -> None:
    said = say_paths(CHART)
    assert said[0] == "Good path: 9 steps, usually 2 h (2 steps of it without a time)."
    assert said[1] == "Longest good path: 10 steps, usually 2 h (3 steps of it without a time), by way of 4."
    assert said[2:] == ("Orders database: RTO 4 h: fits, 2 h to spare.", "Billing database: RTO 1 h: 1 h too long.")


def test_conditions_options_and_outcomes_are_said_in_words() -> None:
    said = {(way.source, way.exits): say_exits(CHART, way) for way in CHART.ways}
    assert said["space", ("case 1",)] == "free is at least 1.2 × size and size is above 0"
    assert said["space", ("else",)] == "otherwise"
    assert said["which", ("rows",)] == "Rows are wrong"
    assert said["grow", ("recovered",)] == "recovered"
    assert said["settle", ("fail", "timeout")] == "failed, unknown"


def test_what_one_has_to_know_of_a_step_is_said_in_short() -> None:
    assert say_facts(CHART, BOOK.by_id["restore"]) == (
        "destroys", "watched by: peer", "only with sign-off 5", "critical", "usually 1 h 30 min",
    )  # fmt: skip
    assert say_facts(CHART, BOOK.by_id["agree"])[:2] == ("2 signatures, one of each role", "reads back target")
    assert say_facts(CHART, BOOK.by_id["hold"])[0] == "every other exit leads here"


@given(books())
def test_every_exit_of_any_runbook_is_on_one_way(book: Runbook) -> None:
    chart = draw_chart(book)
    told = [(way.source, exit_, way.target) for way in chart.ways for exit_ in way.exits]
    assert sorted(told) == sorted(exits_of(book))
    assert sorted(step for group in chart.groups for step in group.steps) == sorted(book.by_id)


@given(books())
def test_lines_never_go_round_and_good_paths_never_fail(book: Runbook) -> None:
    """Following lines comes to an end, so that a layout from the top is possible; paths use good answers only."""
    chart = draw_chart(book)
    lines = {(way.source, way.target) for way in chart.ways if way.drawn == "line"}
    left = {step: {target for source, target in lines if source == step} for step in book.by_id}
    while left:
        done = [step for step, targets in left.items() if not targets & left.keys()]
        assert done, f"lines go round among {sorted(left)}"
        left = {step: targets for step, targets in left.items() if step not in done}
    for path in (chart.good, chart.longest):
        for pair in zip(path.steps, path.steps[1:], strict=False):
            assert pair in lines or path is chart.longest
            exits = [name for name, target in book.exits(book.by_id[pair[0]]) if target == pair[1]]
            assert any(name not in FAILURE_EXITS for name in exits)
    assert chart.longest.typical >= chart.good.typical
    recovered = any(isinstance(book.by_id[step], End) for step in chart.good.steps[-1:])
    assert recovered == any(isinstance(book.by_id[step], End) for step in chart.longest.steps[-1:])


@given(books())
def test_the_chart_and_the_check_mean_the_same_good_path(book: Runbook) -> None:
    """What an author sees is what `handrail check` holds against the RTO; the two rooms may not import each other."""
    number = {step: place for place, step in enumerate(book.by_id)}
    ways = Ways(book, number, [tuple(book.exits(step)) for step in book.steps])
    seconds, _ = ways.longest(lambda step: int((step.typical or timedelta()).total_seconds()))
    assert timedelta(seconds=seconds) == draw_chart(book).longest.typical
