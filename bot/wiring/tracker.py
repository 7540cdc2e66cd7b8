"""Builds what hands follow-ups on, where the settings name a tracker."""

from collections.abc import Callable, Mapping
from threading import Event
from time import monotonic

from bot.journal.leases import Duties
from bot.journal.search import Following
from bot.wiring.house import House, utc_now
from bot.workers.duties import do_alone
from bot.workers.tracker.handing import EVERY, HandingOn
from bot.workers.tracker.webhook import Webhook


def tracker_duty(house: House, shared: Duties) -> Mapping[str, Callable[[Event], None]]:
    """The duty by its name; none where no tracker is named."""
    if house.settings.followup_webhook is None:
        return {}
    url, secret = house.secret("HANDRAIL_FOLLOWUP_WEBHOOK"), house.secret("HANDRAIL_FOLLOWUP_SECRET")
    handing = HandingOn(house.desk(), Following(house.journal()), Webhook(url, secret, utc_now), monotonic)
    return {"tracker": lambda stopping: do_alone(shared, "tracker", EVERY, handing.look, stopping)}
