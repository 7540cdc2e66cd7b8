"""Events for the app, sent again until they are acked."""

from dataclasses import replace

from bot.workspace.delivery.parcel import Later, Payload, Reply, Route
from bot.workspace.delivery.payloads import Payloads
from bot.workspace.state import Failure, Json, State

RETRY_SECONDS = (0.0, 60.0, 300.0)
"""An event that was not acked is sent again about so much later."""

_REASONS = {"operation_timeout": "http_timeout", "dispatch_failed": "connection_failed"}


class Events:
    """Sends each event that the app is subscribed to, with the same `event_id` at every attempt."""

    def __init__(
        self, state: State, payloads: Payloads, route: Route, later: Later, retries: tuple[float, ...] = RETRY_SECONDS
    ) -> None:
        """Take the way to the app, and how long to wait before an event is sent again."""
        self._state, self._payloads, self._route, self._later, self._retries = state, payloads, route, later, retries

    def emit(self, subscription: str, event: Json) -> None:
        """Send an event; `subscription` is its name in the manifest, such as `message.channels`."""
        if subscription in self._state.seed.events:
            self._try(Payload("events_api", self._payloads.event(event)))

    def _try(self, parcel: Payload) -> None:
        self._route.carrier.send(parcel).add_done_callback(lambda done: self._after(parcel, done.result()))

    def _after(self, parcel: Payload, reply: Reply) -> None:
        if not reply.error:
            return
        if reply.no_retry or parcel.retry >= len(self._retries):
            what = str(parcel.payload["event"]["type"])
            self._state.ledger.fail(Failure(self._state.clock(), "", what, reply.error))
            return
        reason = _REASONS.get(reply.error, "http_error")
        again = replace(parcel, retry=parcel.retry + 1, retry_reason=reason)
        self._later(self._retries[parcel.retry], lambda: self._try(again))
