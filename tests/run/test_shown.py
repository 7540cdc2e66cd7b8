"""A step as a person reads it, and as a signature covers it: each kind of step with every key that it may have."""

import json
from dataclasses import asdict

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.run.law.scope import (
    asks_for_words,
    bound_text,
    compared_vars,
    confirm_of,
    names_of,
    names_said,
    show_step,
    title_of,
)
from tests.story import ORDERS, ROLES, Story

EVERYTHING = """
inputs: {table: {type: string, required: true}}
vars: {rows: {type: int}, word: {type: string}, blind: {type: int}, made: {type: string},
  given: {type: string}, later: {type: string},
  when: {type: timestamp}}
steps:
  - {id: count, do: "Count {{ vars.table }}", phase: diagnose, say: "Say {{ vars.table }}", why: "Why {{ asset.db }}",
     caution: "Careful with {{ asset.id }}", command: "psql -c 'select {{ vars.table }}'",
     confirm: type, critical: true,
     evidence: required, answer: {var: rows}, done_means: "{{ vars.table }} is counted", typical: 5m,
     expect: {all: [{var: rows, gt: 3}, {var: rows, ne: 9}]}, go: {ok: own}}
  - {id: own, do: Count them yourself, who: data_owner, answer: {var: blind, blind: true}, go: {ok: plain}}
  - {id: plain, do: Look around, go: {ok: compare}}
  - {id: compare, check: "Compare with {{ vars.blind }}",
     exec: {at: "{{ asset.host }}", argv: [count, "{{ vars.table }}"]},
     capture: {rows: {from: stdout, type: int}},
     expect: {any: [{var: rows, eq: "{{ vars.blind }}"}, {var: exit, eq: 0}]},
     go: {ok: ask}}
  - {id: ask, signoff: "Agree to {{ vars.table }}", say: "For {{ asset.name }}", from: [data_owner, lead],
     binds: {vars: [rows], steps: [wipe, fetch, wait, tell, child, done], files: [plan.md]},
     readback: rows, max_visits: 9,
     go: {approved: wipe, rejected: hold, expired: hold}}
  - {id: wipe, run: "Wipe {{ vars.table }}", effect: destroy, undo: {none: "{{ vars.word }} is gone."}, witness: peer,
     exec: {argv: [wipe, "{{ vars.table }}", "{{ vars.given }}"]}, capture: {word: {from: stdout, type: string}},
     set: {made: "{{ vars.table }}-{{ vars.later }}", given: "fixed"},
     expect: {all: [{var: vars.when, lt: "2026-11-22T10:00:00+02:00"},
       {var: made, in: ["{{ vars.later }}", b]}]}, timeout: 10m, go: {ok: fetch}}
  - {id: fetch, run: Fetch it, effect: change, undo: {step: wipe},
     http: {method: POST, url: "https://example.org/{{ vars.table }}/{{ vars.word }}",
       headers: {X-Table: "{{ vars.word }}"},
       body: "t={{ vars.word }}"}, go: {ok: back}}
  - {id: back, run: Take it back, effect: change, confirm: type, undo: {argv: [undo, "{{ vars.table }}"]},
     exec: {argv: [go]},
     go: {ok: wait}}
  - {id: wait, wait: Until it is there, poll: {every: 10s, exec: {at: "{{ asset.host }}", argv: [ready]},
       until: {all: [{var: stdout, eq: "yes"}]}}, timeout: 5m, go: {ok: rest}}
  - {id: rest, wait: A minute, for: 1m, go: {ok: tell}}
  - {id: tell, notify: "Tell of {{ vars.table }}", to: [incident, owner],
     say: "{{ vars.table }} is back", go: {ok: child}}
  - {id: child, call: Do the other one, runbook: other, with: {table: "{{ vars.table }}", depth: 3},
     capture: {rows: {output: rows}}, go: {recovered: look, else: hold}}
  - {id: look, decide: "Look at {{ vars.table }}",
     evidence: {exec: {argv: [show, "{{ vars.table }}"], at: "{{ asset.host }}"}},
     command: "cat {{ vars.table }}",
     options: [{id: a, label: Fine, when: A., go: done}, {id: b, label: Bad, when: B., go: hold}],
     go: {unsure: hold}}
  - {id: hold, decide: Hold, evidence: {file: "/var/log/{{ vars.table }}"}, back: true,
     options: [{id: a, label: End, when: A., go: done}, {id: b, label: Other, when: B., go: done}], go: {unsure: hold}}
  - {id: ask2, decide: Look elsewhere, evidence: {http: {url: "https://example.org/{{ vars.table }}"}},
     options: [{id: a, label: Fine, when: A., go: done}, {id: b, label: Bad, when: B., go: hold}], go: {unsure: hold}}
  - {id: done, end: "Close {{ vars.table }}", outcome: recovered}
"""


def everything() -> Story:
    story = Story(EVERYTHING, inputs={"table": "orders"}, calls={"other": "c" * 64}).started()
    return story.done(rows="7", note="Seen", typed="orders-db").done("dora", blind="7").at_step("plain")


STEPS = tuple(step.id for step in Story(EVERYTHING).book.steps)


@pytest.mark.parametrize("step", STEPS)
def test_how_a_step_is_shown_and_signed(step: str, snapshot: SnapshotAssertion) -> None:
    """All that is told of it, what it compares, whether words are typed at it, and the text that a digest covers."""
    run = everything().run
    one = run.book.by_id[step]
    shown = {name: value for name, value in asdict(show_step(run, one)).items() if value not in (None, (), False)}
    told = {
        "shown": shown, "words": asks_for_words(one), "confirm": confirm_of(one), "compared": compared_vars(one),
        "signed": json.loads(bound_text(run, one)),
    }  # fmt: skip
    assert json.dumps(told, indent=1, ensure_ascii=False) == snapshot


def test_the_names_that_a_text_may_use(snapshot: SnapshotAssertion) -> None:
    run = everything().run
    assert dict(names_of(run)) == snapshot
    assert "owner.channel" not in names_of(Story(EVERYTHING, inputs={"table": "t"}, owner_channel=None).started().run)
    assert ORDERS.facts.keys() <= {name.removeprefix("asset.") for name in names_of(run)}


def test_what_was_answered_blind_is_told_by_its_name_until_it_was_compared() -> None:
    """A title says the name of the answer, a command its value."""
    run = everything().run
    assert title_of(run, "compare") == "Compare with ‹vars.blind?›"
    assert show_step(run, run.book.by_id["compare"]).title == "Compare with ‹vars.blind?›"
    assert names_of(run)["vars.blind"] == 7
    assert title_of(run, "no-such-step") == "no-such-step"


def test_people_in_a_sentence() -> None:
    run = Story(EVERYTHING, inputs={"table": "orders"}, roles=ROLES).started().run
    assert names_said(run, ()) == "nobody is left"
    assert names_said(run, ("ana",)) == "Ana Ruiz"
    assert names_said(run, ("ana", "ben", "dora")) == "Ana Ruiz, Ben Okafor or Dora Lind"


def test_what_is_signed_is_written_as_it_is_read_and_names_a_runbook_that_is_not_pinned_by_its_id() -> None:
    story = Story(EVERYTHING.replace("call: Do the other one", 'call: "Zurück"'), inputs={"table": "orders"}).started()
    text = bound_text(story.run, story.book.by_id["child"])
    assert '"title":"Zurück"' in text
    assert '"runbook":"other"' in text
