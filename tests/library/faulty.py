"""A test whose docstring is a faulty file: each marked line breaks the rule it names, and nothing else is wrong.

A line ``head`` or ``tail`` stands for the usual beginning or end of a runbook, ``chain`` for 26 steps. A mark is a
comment at the end of a line: ``# G2``, or ``# G2 G3``. The sound twin has the given lines in place of the marked ones,
and no problem at all. Where the cure lies elsewhere than the mark, `swap` gives the faulty words and the sound ones.
The wording of people (group H), and what a draft lacks (O10), is looked at only where a mark names it, so that the
other files may be terse.
"""

import inspect
import re
from collections.abc import Callable

from bot.library.check import check_files
from bot.library.problems import Problem

HEAD = """\
schema: runbook/v1
id: book
title: "Rows are missing"
status: active
enter_when: [A report shows fewer rows than yesterday.]
not_for: [{when: The server is down., use: Call the lead.}]
objective: Bring the rows back.
owner: data
review: {every: 90d, last_on: "2026-11-01", by: chen}
drill: {every: 90d, mode: isolated}
roles: {operator: "team:data", lead: "team:data", data_owner: "team:owners"}
failure_modes:
  - {mode: The backup is too old, answer: hold}
  - {mode: The disk is full, answer: hold}
  - {mode: Nobody can sign, answer: hold}
vars: {target: {type: timestamp, default: "2026-11-22T03:40:00Z"}, rows: {type: int, unit: rows, default: 0}}
exception: hold"""
TAIL = """\
  - id: hold
    decide: Hold here and call the lead
    who: lead
    page: true
    options:
      - {id: stop, label: Stop the run, when: Going on would make it worse., go: stopped}
      - {id: other, label: Close as partial, when: What can be done is done., go: partly}
    go: {unsure: hold}
    max_visits: 20
  - {id: stopped, end: Stop the run, outcome: escalated}
  - {id: partly, end: Close as partial, outcome: partial}"""
CATALOGUE = """\
schema: people/v1
people: [{id: ana, name: Ana, slack: U0ANA}, {id: ben, name: Ben, slack: U0BEN}, {id: chen, name: Chen, slack: U0CHEN},
  {id: dora, name: Dora, slack: U0DORA}]
teams: [{id: data, members: [ana, ben, chen]}, {id: owners, members: [ben, chen, dora]}]
ladders: [{id: database, rungs: [{after: 0m, tell: ["team:data"]}, {after: 10m, tell: ["team:owners"]}]}]
---
schema: resources/v1
resources: [{id: bucket, kind: storage, name: Bucket}]
---
schema: assets/v1
assets:
  - {id: orders-db, name: Orders, type: pg, tier: 1, owner: data, runbooks: [book], facts: {host: pg-1}, rpo: 1d,
     rto: 4h, depends_on: [bucket], protection: [{id: full, method: Full backup, every: 1d, target: bucket}]}
"""
CHAIN = "\n".join(
    f"  - {{id: s{at}, do: Look at part {at}, phase: p{at // 8}, go: {{ok: {f's{at + 1}' if at < 25 else 'partly'}}}}}"
    for at in range(26)
)
"""Twenty-six steps of a person in a row."""
PLANTED: set[str] = set()
"""Every rule that some test has planted a fault for."""
FAULTY: dict[str, tuple[str, str, str]] = {}
"""Every planted file: name of its test -> its own name, its text, and the catalogue beside it."""

_MARK = re.compile(r"\s*# ((?:[A-Z][0-9]+ ?)+)$")
Test = Callable[[], None]


def problems_of(text: str, *, file: str = "book.yaml", catalogue: str = CATALOGUE) -> list[Problem]:
    """The problems of one file beside the usual catalogue."""
    files = {"catalogue.yaml": catalogue, file: text}
    return [
        one for one in check_files((name, held.encode()) for name, held in files.items()).problems if one.file == file
    ]


def faulty(
    *instead: str, swap: tuple[str, str] = ("", ""), file: str = "book.yaml", catalogue: str = CATALOGUE
) -> Callable[[Test], Test]:
    """Turn the docstring of a test into a file, and check it beside its sound twin."""

    def planted(test: Test) -> Test:
        lines = _lines(inspect.getdoc(test) or "")
        marks = {(number, rule) for number, line in enumerate(lines, 1) for rule in _marks(line)}
        assert marks, f"{test.__name__} marks no line"
        PLANTED.update(rule for _, rule in marks)
        FAULTY[test.__name__] = (file, "\n".join(_MARK.sub("", line) for line in lines) + "\n", catalogue)

        def run() -> None:
            worded = any(rule.startswith("H") for _, rule in marks)
            found = problems_of("\n".join(_MARK.sub("", line) for line in lines), file=file, catalogue=catalogue)
            terse = {"O10"} - {rule for _, rule in marks}
            found = [one for one in found if (worded or not one.rule.startswith("H")) and one.rule not in terse]
            assert {(one.line, one.rule) for one in found} == marks, found
            assert all(one.message.endswith(".") and one.hint for one in found), found
            twin = "\n".join(_mended(lines, list(instead)) if instead else [_MARK.sub("", line) for line in lines])
            assert swap[0] in twin
            left = problems_of(twin.replace(*swap, 1), file=file, catalogue=catalogue)
            left = [one for one in left if (worded or not one.rule.startswith("H")) and one.rule not in terse]
            assert left == []
            test()

        run.__name__, run.__doc__, run.__module__ = test.__name__, test.__doc__, test.__module__
        return run

    return planted


def _lines(doc: str) -> list[str]:
    usual = {"head": HEAD, "tail": TAIL, "chain": CHAIN}
    return "\n".join(usual.get(line, line) for line in doc.splitlines()).splitlines()


def _marks(line: str) -> list[str]:
    found = _MARK.search(line)
    return found[1].split() if found else []


def _mended(lines: list[str], instead: list[str]) -> list[str]:
    marked = [number for number, line in enumerate(lines) if _marks(line)]
    assert len(marked) == len(instead), "one sound line for each marked one"
    for number, sound in zip(marked, instead, strict=True):
        indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        lines = [*lines[:number], indent + sound if sound else "", *lines[number + 1 :]]
    return lines
