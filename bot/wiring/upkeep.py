"""Builds the duties that keep files true: asking people, telling shifts, and asking hands to look."""

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.journal.leases import DutyLeases
from bot.slack.directory import user_of
from bot.slack.messenger import SlackMessenger
from bot.wiring.house import House
from bot.workers.leased import do_alone
from bot.workers.readings import EVERY as EVERY_READING
from bot.workers.readings import OF_READINGS, ReadingPlanner
from bot.workers.shifts import EVERY as EVERY_SHIFT
from bot.workers.shifts import OF_SHIFTS, ShiftKeeper
from bot.workers.upkeep import EVERY, OF_UPKEEP, UpkeepKeeper


def build_upkeep(
    house: House, client: WebClient, shared: DutyLeases
) -> Mapping[str, Callable[[threading.Event], None]]:
    """The duties of one replica; each looks a while after the start first."""
    speaker = SlackMessenger(client)

    def direct(user: str) -> str | None:
        found = speaker.open_dm(user)
        return found if isinstance(found, str) else None

    keeper = UpkeepKeeper(
        house.registry(), house.journal(), speaker, direct, lambda user: is_gone(client, user), house.book_of, house.now
    )

    shifts = ShiftKeeper(house.registry(), house.journal(), house.gatherer, house.roster, speaker, direct, house.now)

    planner = ReadingPlanner(house.registry(), house.journal(), house.now)

    def duty(name: str, every: timedelta, look: Callable[[], None]) -> Callable[[threading.Event], None]:
        def work(stopping: threading.Event) -> None:
            if not stopping.wait(every.total_seconds()):
                do_alone(shared, name, every, look, stopping)

        return work

    return {
        OF_UPKEEP: duty(OF_UPKEEP, EVERY, keeper.look), OF_SHIFTS: duty(OF_SHIFTS, EVERY_SHIFT, shifts.look),
        OF_READINGS: duty(OF_READINGS, EVERY_READING, planner.look),
    }  # fmt: skip


def is_gone(client: WebClient, user: str) -> bool | None:
    """Whether Slack says that an account is deactivated; None when it does not say."""
    try:
        return bool(user_of(client, user).get("deleted"))
    except (SlackApiError, OSError):  # limited, not of this workspace, or away: nothing is known
        return None
