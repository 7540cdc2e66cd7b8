"""The rules of alerts: what is heard, or how long nothing was -> what happens. Nothing here starts a recovery.

1. The same alert, by its fingerprint, is one record. What goes on is noted once an hour, however often it is said.
2. A delivery that came before is nothing new. What is over begins again only by a later beginning, or, where a source
   tells no beginning, by a delivery of another id.
3. An end is taken of what goes on, and not of what began after the alert that has ended.
4. What nothing was heard of for a day counts as over, until its source repeats it. What has been over for ten minutes
   is settled.
5. The asset is the one whose trigger has the most labels that the alert has too, with the same values; several, where
   as many fit.
6. A channel is asked once while alerts of an asset go on, and once a minute at most, for all assets that wait then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.format.catalogue import Catalogue, Trigger
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
from bot.readiness.alert.state import Alert, Noted, Triggers, same

NOTED = timedelta(hours=1)
QUIET = timedelta(days=1)
SETTLED = timedelta(minutes=10)
ONCE_A_DAY = timedelta(days=1)
PAUSE = timedelta(minutes=1)
"""Between two cards in one channel."""
NO_ASSET = "-"
"""In place of an asset, of alerts that no trigger fits."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One alert of a delivery, as its source says it."""

    source: str
    fingerprint: str
    name: str
    is_over: bool
    summary: str = ""
    labels: Labels = ()
    began: datetime | None = None
    delivery: str = ""
    link: str = ""
    runbook: str = ""


def hear(here: Alert, notice: Notice, at: datetime) -> tuple[AlertEvent, ...]:
    """Take what was heard."""
    if notice.delivery and notice.delivery in here.deliveries:
        return ()
    if notice.is_over:
        is_older = None not in (notice.began, here.began) and notice.began < here.began  # type: ignore[operator]
        return (Resolved(notice.delivery),) if here.is_firing and not is_older else ()
    fired = Fired(
        notice.source, notice.name, notice.summary, notice.labels, notice.began, notice.delivery, notice.link,
        notice.runbook,
    )  # fmt: skip
    begins_later = here.began is None or notice.began is None or notice.began > here.began
    if here.went_quiet and notice.began == here.began:
        return (fired,)  # it goes on after all: its source repeats what it began with
    if not here.is_firing:
        return (fired,) if here.fired_at is None or (begins_later and bool(notice.began or notice.delivery)) else ()
    if notice.began is not None and here.began is not None and begins_later:
        return (fired,)
    is_news = here.heard_at is None or at - here.heard_at >= NOTED
    return (HeardAgain(notice.delivery),) if is_news else ()


def look(here: Alert, at: datetime) -> tuple[AlertEvent, ...]:
    """What time alone makes of it."""
    if here.is_settled or here.heard_at is None:
        return ()
    if here.is_firing:
        return (WentQuiet(),) if at - here.heard_at >= QUIET else ()
    return (Settled(),) if here.over_at is not None and at - here.over_at >= SETTLED else ()


def assets_of(catalogue: Catalogue, labels: Labels) -> tuple[str, ...]:
    """The assets that an alert with these labels is about."""
    said = dict(labels)
    fits = {
        id_: max((len(one.alert or ()) for one in asset.triggers if fits_trigger(one, said)), default=0)
        for id_, asset in catalogue.assets.items()
    }
    most = max(fits.values(), default=0)
    return tuple(id_ for id_, many in fits.items() if many == most) if most else ()


def fits_trigger(trigger: Trigger, labels: Mapping[str, str]) -> bool:
    """Whether an alert with these labels fires it: it has all of its labels, with the same values."""
    return bool(trigger.alert) and all(labels.get(name) == value for name, value in (trigger.alert or {}).items())


def labels_of(trigger: Trigger) -> Labels:
    """The labels of a trigger, as they are noted."""
    return tuple(sorted((trigger.alert or {}).items()))


def note(here: Triggers, triggers: Iterable[Trigger] | None, alert: Alert, at: datetime) -> tuple[TriggerEvent, ...]:
    """Note which triggers of an asset an alert has fired; of no asset (None), that it found none. Once a day each."""
    if triggers is None:
        events: list[TriggerEvent] = [Unplaced(alert.source, alert.name, alert.labels)]
    else:
        fits = [one for one in triggers if fits_trigger(one, dict(alert.labels))]
        events = [TriggerFired(labels_of(one), alert.name) for one in fits]
    return tuple(one for one in events if not _is_noted(here, one, at))


def _is_noted(here: Triggers, event: TriggerEvent, at: datetime) -> bool:
    match event:
        case TriggerFired(labels=labels, name=name):
            new = Noted(labels, name, at)
        case Unplaced(source=source, name=name, labels=labels):
            new = Noted(labels, name, at, source)
        case _:
            return False
    return any(same(new, one) and at - one.at < ONCE_A_DAY for one in here.heard)


def ask(here: Triggers, card: str) -> tuple[TriggerEvent, ...]:
    """Ask the channel; whoever is a moment later than another replica asks nothing."""
    return () if here.is_asked else (StartAsked(card),)


def end(here: Triggers) -> tuple[TriggerEvent, ...]:
    """Say that no alert is open any more."""
    return (AllQuiet(),) if here.is_asked else ()
