"""Looks after alerts: notes what fired, asks channels whether to start a recovery, and says when alerts are over.

One replica at a time. What is told is read from the records: a card is recorded before it is posted.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.format.catalogue import CLOCK, Asset, Catalogue, Trigger
from bot.journal.outbox import Outbox
from bot.journal.store import Journal
from bot.journal.streams import ALERTS, TRIGGERS, Streams
from bot.library.registry import Registry
from bot.notifier.messenger import Messenger
from bot.readiness.alert.rules import NO_ASSET, PAUSE, ask, end, look, note
from bot.readiness.alert.state import Alert, Triggers
from bot.render.alerts import OnAsset, alert_card, likely_book
from bot.workers.notices import Notices

EVERY = timedelta(seconds=10)
OF_ALERTS = "alerts"
"""What these messages carry in place of a run."""
_BATCH = 200
"""Alerts that are settled at a time."""

log = structlog.get_logger(__name__)


class AlertKeeper:
    """`look` is called every while; another replica may have been at it a moment ago."""

    def __init__(self, registry: Registry, journal: Journal, messenger: Messenger, now: Callable[[], datetime]) -> None:
        """`now` is the clock that judges the record."""
        self._registry, self._journal, self._now = registry, journal, now
        self._alerts, self._triggers = Streams(journal, ALERTS), Streams(journal, TRIGGERS)
        self._notices = Notices(OF_ALERTS, Outbox(journal), messenger, now)

    def look(self) -> None:
        """Note, settle, ask, and tell."""
        now, catalogue = self._now(), self._registry.catalogue
        by_asset = self._settled(now)
        triggers = self._triggers.states()
        self._note(catalogue, by_asset, triggers, now)
        going = {asset for asset, alerts in by_asset.items() if any(one.is_firing for one in alerts.values())}
        for asset, here in triggers.items():
            if here.is_asked and asset not in by_asset:
                triggers[asset], _ = self._triggers.change(asset, end, now, CLOCK, CLOCK)
        self._ask(catalogue, going, triggers, now)
        self._tell(catalogue, by_asset, triggers)

    def _settled(self, now: datetime) -> Mapping[str, Mapping[str, Alert]]:
        """What is not settled of each asset, by the name of its record, once time has done its part."""
        found: dict[str, dict[str, Alert]] = {}
        left = _BATCH
        for name, alert in self._alerts.open().items():
            here = alert
            if left and look(alert, now):
                left -= 1
                here = self._settle(name, now)
            if not here.is_settled:
                found.setdefault(name.partition("/")[0], {})[name] = here
        return found

    def _note(
        self,
        catalogue: Catalogue,
        by_asset: Mapping[str, Mapping[str, Alert]],
        triggers: dict[str, Triggers],
        now: datetime,
    ) -> None:
        """Record what fired of each asset; what finds no asset is recorded beside."""
        for asset, alerts in by_asset.items():
            wanted = None if asset == NO_ASSET else _triggers(catalogue, asset)
            here = triggers.get(asset, TRIGGERS.begin)
            for alert in alerts.values():
                if note(here, wanted, alert, now):
                    here = self._note_one(asset, wanted, alert, now)
            triggers[asset] = here

    def _note_one(self, asset: str, wanted: Sequence[Trigger] | None, alert: Alert, now: datetime) -> Triggers:
        return self._triggers.change(asset, lambda known: note(known, wanted, alert, now), now, CLOCK, CLOCK)[0]

    def _ask_one(self, asset: str, card: str, now: datetime) -> Triggers:
        return self._triggers.change(asset, lambda known: ask(known, card), now, CLOCK, CLOCK)[0]

    def _settle(self, name: str, now: datetime) -> Alert:
        return self._alerts.change(name, lambda known: look(known, now), now, CLOCK, CLOCK)[0]

    def _ask(self, catalogue: Catalogue, going: set[str], triggers: dict[str, Triggers], now: datetime) -> None:
        """Record that channels are asked, for all assets that wait; a channel that was asked a moment ago waits."""
        channels = {one.id: channel for one in catalogue.assets.values() if (channel := _channel(catalogue, one))}
        last: dict[str, datetime] = {}
        for asset, here in triggers.items():
            if asset in channels and here.asked_at is not None:
                last[channels[asset]] = max(here.asked_at, last.get(channels[asset], here.asked_at))
        for asset in sorted(going & channels.keys()):
            channel, here = channels[asset], triggers.get(asset, TRIGGERS.begin)
            if here.is_asked or (channel in last and timedelta(0) <= now - last[channel] < PAUSE):
                continue
            card = f"{channel}:{int(now.timestamp())}"
            triggers[asset] = self._ask_one(asset, card, now)

    def _tell(
        self, catalogue: Catalogue, by_asset: Mapping[str, Mapping[str, Alert]], triggers: Mapping[str, Triggers]
    ) -> None:
        outbox = self._notices.standing()
        live = {row.asset: row.ref for row in self._journal.open_runs() if row.mode == "live"}
        cards: dict[str, list[OnAsset]] = {}
        for asset, here in sorted(triggers.items(), key=lambda one: _rank(catalogue, one[0])):
            if asset in catalogue.assets and here.card and (here.is_asked or here.card in outbox):
                alerts = by_asset.get(asset, {}).values()
                cards.setdefault(here.card, []).append(
                    self._on_asset(catalogue.assets[asset], [*alerts], live.get(asset, ""))
                )
        for card, found in cards.items():
            message, letter = alert_card(found), outbox.get(card)
            is_over = not any(triggers[one.asset.id].is_asked for one in found)
            self._notices.tell(card, message, None, letter)
            if is_over and letter is not None and letter.shown == message.digest:
                self._notices.forget(card)
        for card in outbox.keys() - cards.keys():
            self._notices.forget(card)

    def _on_asset(self, asset: Asset, alerts: list[Alert], live: str) -> OnAsset:
        alerts.sort(key=lambda one: (one.since is None, one.since, one.name))
        books = [one for one in self._registry.runbooks_for(asset) if one.status == "active"]
        firing = [one for one in alerts if one.is_firing]
        return OnAsset(asset, alerts, likely_book(books, firing), live)


def _triggers(catalogue: Catalogue, asset: str) -> Sequence[Trigger]:
    known = catalogue.assets.get(asset)
    return known.triggers if known is not None else ()


def _channel(catalogue: Catalogue, asset: Asset) -> str | None:
    team = catalogue.teams.get(asset.owner)
    return team.channel if team is not None else None


def _rank(catalogue: Catalogue, asset: str) -> tuple[int, str]:
    known = catalogue.assets.get(asset)
    return (known.tier if known is not None else 9, asset)
