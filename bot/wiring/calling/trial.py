"""Tries a person's channels now, and says what each answered; nothing of it is recorded."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bot.format.catalogue import Person
from bot.oncall.pager.message import DeliveryResult, PageMessage
from bot.oncall.pager.sender import PageSender
from bot.oncall.references import channels_of
from bot.render.paging.beyond_slack import trial_text
from bot.wiring.calling.channels import Channels
from bot.wiring.house import CannotServe, House, new_id, utc_now
from bot.workers.pager import key_of


@dataclass(frozen=True, slots=True)
class Trial:
    """What one channel answered."""

    channel: str
    answer: DeliveryResult


def try_channels(house: House, named: str) -> tuple[Person, list[Trial]]:
    """Send a test by each channel of a person, all at once. CannotServe when there is no such person."""
    catalogue = house.registry().catalogue
    person = catalogue.people.get(named)
    if person is None:
        near = ", ".join(sorted(catalogue.people)) or "nobody"
        raise CannotServe(f"The catalogue has no person {named}. It has {near}.")
    return person, list(_try(house, person, channels_of(catalogue, person)))


def _try(house: House, person: Person, names: tuple[str, ...]) -> Iterator[Trial]:
    channels = Channels(house.environment)
    sender, text, key = PageSender(channels.of_sender()), trial_text(person.name, utc_now()), key_of("trial", new_id())

    def attempt(name: str) -> Trial:
        address = channels.address_of(name)
        message = PageMessage(text.title, text.body, text.short, key)
        return Trial(name, address if isinstance(address, DeliveryResult) else sender.send(address, message))

    try:
        with ThreadPoolExecutor(max(len(names), 1)) as pool:
            yield from pool.map(attempt, names)
    finally:
        sender.close()
