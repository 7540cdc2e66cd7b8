"""Runbooks for the tests of forms: one with every kind of field, one as large and as hostile as the format allows."""

from typing import Any

from bot.format.runbook import Runbook
from tests.render.forms import HOSTILE
from tests.story import book_of

RECOVERY = """
inputs:
  damage_text: {type: text, max: 200, ask: "What changed?", required: true}
  tables: {type: string, default: "all"}
vars:
  target_time: {type: timestamp, ask: "Recovery target, with offset"}
  owner_count: {type: int, unit: rows}
  free: {type: int, min: 1, unit: bytes}
  how: {type: enum, values: [copy, switch]}
  sure: {type: bool}
steps:
  - {id: which, decide: Choose the line that matches, go: {unsure: hold}, options: [
      {id: rows, label: Rows are wrong, when: A SELECT shows it., go: target},
      {id: blocks, label: Blocks are bad, when: The log says so., go: hold}]}
  - {id: target, do: Type a target time before the damage, answer: {var: target_time}, skip: true,
     expect: {all: [{var: target_time, lt: "2026-11-22T12:00:00+00:00"}]}, go: {ok: count, problem: hold}}
  - {id: count, do: Count the rows, who: data_owner, answer: {var: owner_count, blind: true}, go: {ok: space}}
  - {id: space, check: Compare free space with the backup, capture: {free: {from: stdout, pattern: "([0-9]+)"},
     how: {jmespath: "a.b"}, sure: {from: exit}}, exec: {at: "{{ asset.copy }}", argv: [df, "-B1", /restore]},
     expect: {all: [{var: free, ge: 10}]}, go: {ok: look, fail: hold}}
  - {id: look, do: Look at the rows, evidence: required, go: {ok: ask}}
  - {id: ask, signoff: "Approve the restore of {{ asset.name }}", from: [data_owner], say: Writes since then are lost.,
     binds: {vars: [target_time, free], steps: [restore]}, readback: target_time,
     go: {approved: restore, rejected: hold, expired: hold}}
  - {id: restore, run: Restore over the live data, effect: destroy, undo: {none: The old files are overwritten.},
     caution: The live data is overwritten., exec: {at: "{{ asset.host }}", argv: [restore, "{{ vars.target_time }}"]},
     timeout: 1h, go: {ok: good, fail: hold, timeout: hold}}
  - {id: hold, decide: Choose how to go on, who: lead, back: true, go: {unsure: gone}, options: [
      {id: end, label: End it, when: Nothing helps., go: gone}, {id: more, label: Ask more, when: Else., go: gone}]}
  - {id: good, end: Close, outcome: recovered}
  - {id: gone, end: Stop, outcome: aborted}
"""


def recovery(**changes: Any) -> Runbook:  # noqa: ANN401  (any part of a runbook)
    """The runbook with every kind of field."""
    book = book_of(RECOVERY)
    return book.model_copy(update=changes)


def hostile_book(number: int = 1, status: str = "active") -> Runbook:
    """A runbook whose texts are as long as the format allows, and mean no good."""
    inputs = {f"input_{one}": {"type": "text", "ask": HOSTILE[:150], "required": True} for one in range(12)}
    inputs["choice"] = {"type": "enum", "values": [f"{one} {HOSTILE}"[:75] for one in range(40)]}
    inputs["form"] = {"type": "string", "pattern": "^(<!channel>)?" + "x" * 450}
    changes = {
        "id": f"book-{number}", "title": f"{number} {HOSTILE}"[:75], "status": status,
        "enter_when": [HOSTILE[:200]] * 5, "objective": HOSTILE[:200],
        "not_for": [{"when": HOSTILE[:200], "use": HOSTILE[:300]}] * 30, "inputs": inputs,
    }  # fmt: skip
    return Runbook.model_validate(book_of(RECOVERY).model_dump(by_alias=True, mode="json", exclude_none=True) | changes)
