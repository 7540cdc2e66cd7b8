"""Findings that are of no single asset: what was heard and found no place, and what has drifted from the files."""

from collections.abc import Iterator
from datetime import timedelta

from bot.readiness.alert.events import Labels
from bot.readiness.alert.rules import NO_ASSET
from bot.readiness.alert.state import Triggers
from bot.readiness.drift import drift_of
from bot.readiness.drills import overdue_drills
from bot.readiness.facts import ReadinessFacts
from bot.readiness.finding import Finding
from bot.readiness.inventory import gaps_of

RECENT = timedelta(days=30)
"""How long an alert that found no asset is told."""


def findings_of(facts: ReadinessFacts) -> tuple[Finding, ...]:
    """All of them, the gravest kind first."""
    return (
        *gaps_of(facts.catalogue, {**facts.standing}, facts.inventories),
        *_unplaced(facts),
        *overdue_drills(facts),
        *drift_of(facts),
    )


def say_labels(labels: Labels) -> str:
    """Labels of an alert, as monitoring writes them."""
    return ", ".join(f"{name}={value}" for name, value in labels)


def _unplaced(facts: ReadinessFacts) -> Iterator[Finding]:
    heard = facts.triggers.get(NO_ASSET, Triggers()).heard
    for one in sorted(heard, key=lambda one: one.at, reverse=True):
        if facts.at - one.at <= RECENT:
            labels = say_labels(one.labels[:4]) or "no labels"
            yield Finding(
                f"The alert {one.name} of {one.source} finds no asset ({labels}), last on {one.at:%Y-%m-%d}.",
                "Give the asset that it is about a trigger with its labels: triggers: [{alert: {…}}]",
            )
