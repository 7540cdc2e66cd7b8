"""What can happen in the record of an alert, and in that of an asset's triggers. Kinds on disk are for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert began, as its source says it."""

    source: str
    name: str
    summary: str
    labels: Labels
    began: datetime | None
    delivery: str
    link: str = ""
    runbook: str = ""


@dataclass(frozen=True, slots=True)
class HeardAgain:
    """It goes on."""

    delivery: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """Its source says that it is over."""

    delivery: str


@dataclass(frozen=True, slots=True)
class WentQuiet:
    """Nothing was heard of it for so long that it counts as over."""


@dataclass(frozen=True, slots=True)
class Settled:
    """It has been over for a while: nothing more is to be said of it."""


AlertEvent = Fired | HeardAgain | Resolved | WentQuiet | Settled
ALERT_KINDS: Mapping[str, type[AlertEvent]] = {
    "fired": Fired,
    "heard-again": HeardAgain,
    "resolved": Resolved,
    "went-quiet": WentQuiet,
    "settled": Settled,
}
"""Kind on disk -> event. A kind is never renamed and never used again for something else."""


@dataclass(frozen=True, slots=True)
class TriggerFired:
    """An alert of an asset was heard that has these labels of one of its triggers; noted once a day."""

    labels: Labels
    name: str


@dataclass(frozen=True, slots=True)
class Unplaced:
    """An alert was heard that no asset has a trigger for; noted once a day."""

    source: str
    name: str
    labels: Labels


@dataclass(frozen=True, slots=True)
class StartAsked:
    """A channel is asked whether to start a recovery of the asset, by a card that it may share with others."""

    card: str


@dataclass(frozen=True, slots=True)
class AllQuiet:
    """No alert of the asset is open any more."""


TriggerEvent = TriggerFired | Unplaced | StartAsked | AllQuiet
TRIGGER_KINDS: Mapping[str, type[TriggerEvent]] = {
    "trigger-fired": TriggerFired,
    "unplaced": Unplaced,
    "start-asked": StartAsked,
    "all-quiet": AllQuiet,
}
"""Kind on disk -> event, as above."""
