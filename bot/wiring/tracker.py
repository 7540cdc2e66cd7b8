"""Builds what hands follow-ups on, where the settings name a tracker."""

from collections.abc import Callable, Mapping
from threading import Event
from time import monotonic

from bot.journal.leases import DutyLeases
from bot.journal.search import Following
from bot.wiring.house import House, utc_now
from bot.workers.leased import do_alone
from bot.workers.tracker.handing import EVERY, HandingOn
from bot.workers.tracker.webhook import Webhook


def tracker_loop(house: House, shared: DutyLeases) -> Mapping[str, Callable[[Event], None]]:
    """The loop by its name; none where no tracker is named."""
    if house.settings.followup_webhook is None:
        return {}
    url, secret = house.secret("HANDRAIL_FOLLOWUP_WEBHOOK"), house.secret("HANDRAIL_FOLLOWUP_SECRET")
    handing = HandingOn(house.handler(), Following(house.journal()), Webhook(url, secret, utc_now), monotonic)
    return {"tracker": lambda stopping: do_alone(shared, "tracker", EVERY, handing.look, stopping)}
