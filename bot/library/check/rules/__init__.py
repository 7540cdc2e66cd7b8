"""The rules by group; importing a module enters its rules, and a new group is one more module here."""

from bot.library.check.rules import (
    calling,
    catalogue,
    data,
    duties,
    execution,
    failure,
    graph,
    names,
    people,
    shell,
    signers,
    teams,
    text,
)
from bot.library.rules import RULES, Rule

GROUPS = (graph, teams, failure, data, shell, text, names, people, catalogue, calling, duties, signers, execution)


def entered() -> tuple[Rule, ...]:
    """Every rule of every group, and those of syntax."""
    return tuple(RULES.values())
