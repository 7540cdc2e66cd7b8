"""docs/rules.md, made of the rules themselves: each with its id, its sentence, its reason and its source."""

import re

from bot.library.check.rules import entered
from bot.library.rules import Rule

_TOP = """\
# What `handrail check` looks for

Made from the rules themselves by `make rules`; a test says when it is out of date. An **error** keeps a file from being
loaded, a *warning* is shown (`--strict` counts it). A warning can be silenced on one step, with the reason:

```yaml
  - id: restore
    do: Cold start the standby  # handrail: allow H1 because the vendor calls it so
```

The comment stands in the step, or just above it. `check` lists what is silenced. Errors are never silenced: what is an
error leads to harm or to a dead end in a run.

A rule that names no source is this project's own, or follows from the format.
"""
_GROUPS = {
    "S": "Syntax: what YAML would do silently, and what the format refuses",
    "G": "Graph: every way leads somewhere",
    "F": "Failure: what goes wrong does no more harm",
    "D": "Data: values are there, are signed, and give nothing away",
    "T": "Text for machines: commands, patterns, queries",
    "N": "Names: what a runbook speaks of is there",
    "H": "People: what a tired person reads (warnings throughout)",
    "C": "Catalogue: assets, resources, people, ladders",
    "O": "Duties: what a runbook owes its readers",
    "L": "Left to write",
    "X": "Execution: what hands would not do (with `--hands` only)",
    "A": "Silences",
}


def page_of_rules() -> str:
    """The page, as Markdown."""
    parts = [_TOP]
    for group, title in _GROUPS.items():
        rules = sorted((one for one in entered() if one.group == group), key=_number)
        parts += [f"## {title}\n", *map(_entry, rules)]
    return "\n".join(parts)


def _number(rule: Rule) -> int:
    return int(rule.id.removeprefix(rule.group))


def _entry(rule: Rule) -> str:
    severity = "**error**" if rule.severity == "error" else "*warning*"
    words = "\n".join(re.sub(r"\s*\n\s*", " ", part).strip() + "\n" for part in rule.words.split("\n\n"))
    return f"### {rule.id} – {rule.name} ({severity})\n\n{words}"
