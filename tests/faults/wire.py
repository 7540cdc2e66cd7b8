"""Slack's wire under a test's hand: what was sent to the app is kept, and can be sent again or changed first."""

import copy
import json
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from bot.workspace.delivery.parcel import Payload, Reply, Transport
from bot.workspace.serve import Workspace


class Tap:
    """Stands in the place of the carrier, and keeps every parcel."""

    def __init__(self, workspace: Workspace) -> None:
        self.sent: list[Payload] = []
        route = workspace._parts.route  # noqa: SLF001  (a tap is not what the workspace is for)
        self._carrier: Transport = route.carrier
        route.carrier = self
        self._route = route

    def send(self, parcel: Payload) -> "Future[Reply]":
        self.sent.append(parcel)
        return self._carrier.send(parcel)

    def close(self) -> None:
        """The carrier in use is closed by the workspace."""

    def remove(self) -> None:
        """Give the wire back."""
        self._route.carrier = self._carrier

    @property
    def last(self) -> Payload:
        return self.sent[-1]

    def again(self, parcel: Payload | None = None) -> Reply:
        """Deliver a parcel once more, as Slack does when it heard no answer."""
        return self._carrier.send(parcel or self.last).result(10)

    def forged(self, change: Callable[[Any], None], parcel: Payload | None = None) -> Reply:
        """Deliver a parcel that somebody changed on its way."""
        source = parcel or self.last
        payload = json.loads(json.dumps(source.payload))
        change(payload)
        return self._carrier.send(Payload(source.kind, copy.deepcopy(payload))).result(10)
