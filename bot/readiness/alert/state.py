"""How an alert stands, and how the triggers of an asset do; each folds its own record."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from bot.readiness.alert.events import (
    AlertEvent,
    AllQuiet,
    Fired,
    HeardAgain,
    Labels,
    Resolved,
    Settled,
    StartAsked,
    TriggerEvent,
    TriggerFired,
    Unplaced,
    WentQuiet,
)

KEPT = 8
"""Deliveries that are remembered here."""
NAMES = 50
"""Triggers, and alerts without an asset, that are remembered here, those that were heard last."""


@dataclass(frozen=True, slots=True)
class Alert:
    """How an alert stands."""

    source: str = ""
    name: str = ""
    summary: str = ""
    labels: Labels = ()
    link: str = ""
    runbook: str = ""
    began: datetime | None = None
    """When it began, as its source says."""
    fired_at: datetime | None = None
    """When it was first heard of."""
    heard_at: datetime | None = None
    over_at: datetime | None = None
    went_quiet: bool = False
    """It is over because nothing was heard of it, and not because its source said so."""
    is_settled: bool = True
    """Nothing is left to be done about it."""
    deliveries: tuple[str, ...] = ()

    @property
    def is_firing(self) -> bool:
        """Whether it goes on."""
        return self.fired_at is not None and self.over_at is None

    @property
    def since(self) -> datetime | None:
        """Since when: as its source says, but not later than it was heard."""
        times = [one for one in (self.began, self.fired_at) if one is not None]
        return min(times, default=None)


def evolve_alert(here: Alert, event: AlertEvent, at: datetime) -> Alert:
    """How it stands once this has happened."""
    match event:
        case Fired():
            return Alert(
                event.source, event.name, event.summary, event.labels, event.link, event.runbook, event.began, at, at,
                None, is_settled=False, deliveries=_kept(here, event.delivery),
            )  # fmt: skip
        case HeardAgain():
            return replace(here, heard_at=at, deliveries=_kept(here, event.delivery))
        case Resolved():
            return replace(here, heard_at=at, over_at=at, deliveries=_kept(here, event.delivery))
        case WentQuiet():
            return replace(here, over_at=at, went_quiet=True)
        case Settled():
            return replace(here, is_settled=True)
        case _:
            assert_never(event)


def _kept(here: Alert, delivery: str) -> tuple[str, ...]:
    return (*here.deliveries, delivery)[-KEPT:] if delivery else here.deliveries


def alert_due(here: Alert) -> datetime | None:
    """Since when somebody has to look at it: as long as it is not settled."""
    return None if here.is_settled else here.heard_at


@dataclass(frozen=True, slots=True)
class Noted:
    """Labels that were heard, of what alert, when last."""

    labels: Labels
    name: str
    at: datetime
    source: str = ""


@dataclass(frozen=True, slots=True)
class Triggers:
    """How the triggers of an asset stand; of no asset, what was heard and found none."""

    heard: tuple[Noted, ...] = ()
    card: str = ""
    """The card by which a channel was last asked whether to start a recovery."""
    asked_at: datetime | None = None
    quiet_at: datetime | None = None
    """Since when no alert is open; None while one is."""

    @property
    def is_asked(self) -> bool:
        """Whether a channel is asked now."""
        return self.asked_at is not None and self.quiet_at is None


def evolve_triggers(here: Triggers, event: TriggerEvent, at: datetime) -> Triggers:
    """How they stand once this has happened."""
    match event:
        case TriggerFired(labels=labels, name=name):
            return replace(here, heard=_noted(here, Noted(labels, name, at)))
        case Unplaced(source=source, name=name, labels=labels):
            return replace(here, heard=_noted(here, Noted(labels, name, at, source)))
        case StartAsked(card=card):
            return replace(here, card=card, asked_at=at, quiet_at=None)
        case AllQuiet():
            return replace(here, quiet_at=at)
        case _:
            assert_never(event)


def same(one: Noted, other: Noted) -> bool:
    """Whether both are of the same trigger; without an asset, of the same alert."""
    return one.labels == other.labels if not one.source else (one.source, one.name) == (other.source, other.name)


def _noted(here: Triggers, new: Noted) -> tuple[Noted, ...]:
    return (*(one for one in here.heard if not same(new, one)), new)[-NAMES:]


def never_due(_: Triggers) -> None:
    """Time alone changes nothing of them."""
