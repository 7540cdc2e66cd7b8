"""`POST /hooks/heartbeat/ASSET/PROTECTION`: a backup says that it ran, what came of it, and how a restore test went."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

from starlette.routing import Route

from bot.format.catalogue import Catalogue
from bot.journal.hook_tokens import HEARTBEAT, HookTokens
from bot.journal.streams import Streams
from bot.readiness.protection.events import ProtectionEvent
from bot.readiness.protection.plan import name_of, plan_of
from bot.readiness.protection.posted import asked_of, read_posted
from bot.readiness.protection.rules import Unfit, next_due, take, take_plan
from bot.readiness.protection.state import Standing, evolve
from bot.web.hooks.endpoint import HookRefused, HookRequest, RateLimit, hook_route

PATH = "/hooks/heartbeat/{asset}/{protection}"
LARGEST = 16_384
"""Bytes of a body: room for a few hundred names in `covers`."""
A_MINUTE = 300
"""Reports of one token."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Takes heartbeats into the records of protections."""

    catalogue: Callable[[], Catalogue]
    streams: Streams[Standing, ProtectionEvent]
    tokens: HookTokens
    now: Callable[[], datetime]
    pace: RateLimit

    def take(self, report: HookRequest) -> dict[str, object]:
        """Take one; Refused when it is not taken."""
        known = self.tokens.recognise(report.token, HEARTBEAT) if report.token else None
        asset_id, id_ = report.path["asset"], report.path["protection"]
        if known is None or known.asset != asset_id:
            raise HookRefused(
                401, f"Send a token of this asset. Make one: handrail token new --scope {HEARTBEAT} --asset ID"
            )
        self.pace.take(known.digest)
        asset = self.catalogue().assets.get(asset_id)
        plan = next((plan_of(one) for one in asset.protection if one.id == id_), None) if asset is not None else None
        if plan is None:
            raise HookRefused(404, "The catalogue has no such protection of this asset.")
        at = self.now()

        def decide(here: Standing) -> tuple[ProtectionEvent, ...]:
            planned = take_plan(here, plan, at)
            for event in planned:
                here = evolve(here, event, at)
            return (*planned, *take(here, asked_of(posted, here, at), at))

        try:
            posted = read_posted(report.body)
            here, events = self.streams.change(name_of(asset_id, id_), decide, at, f"token:{known.name}", "hook")
        except Unfit as unfit:
            raise HookRefused(400, str(unfit)) from None
        return _say(here, recorded=bool(events))


def _say(here: Standing, *, recorded: bool) -> dict[str, object]:
    due = next_due(here)
    wrong = [f"{one.what} at {copies.place}" for copies in here.copies for one in copies.wrong]
    return {"taken": True, "new": recorded, "wrong": wrong, "next_by": None if due is None else due.isoformat()}


def heartbeat_route(listener: Listener, pool: Executor) -> Route:
    """The route of heartbeats."""
    return hook_route(PATH, listener.take, pool, LARGEST)
