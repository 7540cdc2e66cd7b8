"""Whether each calendar feed can be had, and names people of the catalogue."""

from collections.abc import Iterator

from bot.format.catalogue import Person
from bot.library.registry import Registry
from bot.oncall.feed import BadFeed, read_feed
from bot.oncall.matching import match_people
from bot.oncall.roster import UNFOLDED, feed_name
from bot.wiring.examination.finding import Diagnosis
from bot.wiring.house import House, utc_now
from bot.workers.feeds.fetching import Fetcher, Unfetched

PART = "feeds"


def examine_feeds(house: House) -> Iterator[Diagnosis]:
    """Each feed of the catalogue is fetched once; its address is not told. Nothing is kept of it."""
    if not house.settings.runbooks.is_dir():
        return  # the examination of runbooks says so
    registry, fetcher = house.registry(), Fetcher()
    for name, rotations in _feeds_of(registry).items():
        yield _examine(house, fetcher, name, rotations)


def _feeds_of(registry: Registry) -> dict[str, list[str]]:
    """The variable of each feed -> the rotations that it is for."""
    found: dict[str, list[str]] = {}
    for rotation in registry.catalogue.rotations.values():
        name = feed_name(rotation)
        if name is not None:
            found.setdefault(name, []).append(rotation.id)
    return found


def _examine(house: House, fetcher: Fetcher, name: str, rotations: list[str]) -> Diagnosis:
    for_whom = f"{name}, for {', '.join(rotations)}"
    try:
        address = house.feed_address(name)
        if address is None:
            todo = f"Where Handrail runs, set {name} or {name}_FILE to the address of the calendar."
            return Diagnosis(PART, "odd", f"{for_whom}: not set, so everybody of the rotation is called.", todo)
        text, now = fetcher.fetch(name, address), utc_now()
        zone = house.registry().catalogue.rotations[rotations[0]].timezone
        turns = read_feed(text, zone, now, now + UNFOLDED)
    except (Unfetched, BadFeed) as why:
        todo = "Open the address elsewhere; the last good copy serves meanwhile. docs/oncall.md says what is read."
        return Diagnosis(PART, "odd", f"{for_whom}: {why}.", todo)
    people: tuple[Person, ...] = tuple(house.registry().catalogue.people.values())
    unknown = sum(not match_people(one, people) for one in turns)
    says = f"{for_whom}: {len(turns)} turns in the next {UNFOLDED.days} days"
    if not turns:
        return Diagnosis(PART, "odd", f"{says}.", "Fill the calendar: a gap calls everybody of the rotation.")
    if unknown:
        todo = "Ask `handrail oncall` while Handrail serves: it says which, and docs/oncall.md how people are matched."
        return Diagnosis(PART, "odd", f"{says}, {unknown} of them of nobody whom the catalogue knows for sure.", todo)
    return Diagnosis(PART, "fine", f"{says}.")
