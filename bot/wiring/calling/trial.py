"""Tries a person's channels now, and says what each answered; nothing of it is recorded."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bot.format.catalogue import Person
from bot.oncall.pager.courier import Courier
from bot.oncall.pager.letter import Answer, Letter
from bot.oncall.references import channels_of
from bot.render.paging.beyond_slack import trial_text
from bot.wiring.calling.channels import Channels
from bot.wiring.house import CannotServe, House, new_id, utc_now
from bot.workers.pager import key_of


@dataclass(frozen=True, slots=True)
class Trial:
    """What one channel answered."""

    channel: str
    answer: Answer


def try_channels(house: House, named: str) -> tuple[Person, list[Trial]]:
    """Send a test by each channel of a person, all at once. CannotServe when there is no such person."""
    catalogue = house.shelf().catalogue
    person = catalogue.people.get(named)
    if person is None:
        near = ", ".join(sorted(catalogue.people)) or "nobody"
        raise CannotServe(f"The catalogue has no person {named}. It has {near}.")
    return person, list(_try(house, person, channels_of(catalogue, person)))


def _try(house: House, person: Person, names: tuple[str, ...]) -> Iterator[Trial]:
    channels = Channels(house.environment)
    courier, text, key = Courier(channels.of_sender()), trial_text(person.name, utc_now()), key_of("trial", new_id())

    def attempt(name: str) -> Trial:
        address = channels.address_of(name)
        letter = Letter(text.title, text.body, text.short, key)
        return Trial(name, address if isinstance(address, Answer) else courier.send(address, letter))

    try:
        with ThreadPoolExecutor(max(len(names), 1)) as pool:
            yield from pool.map(attempt, names)
    finally:
        courier.close()
