"""What the doctor says of channels: whom a ladder calls beyond Slack, and whether each of their channels is set up."""

from collections.abc import Iterator

from bot.core.catalogue import Catalogue, Person
from bot.library.shelf import load_shelf
from bot.oncall.pager.letter import Answer
from bot.oncall.references import channels_of
from bot.wiring.calling.channels import Channels
from bot.wiring.examination import Finding
from bot.wiring.house import House

PART = "paging"


def examine_channels(house: House) -> Iterator[Finding]:
    """Everybody on a ladder with `via: pager`, and the names of their channels; never an address."""
    folder = house.settings.runbooks
    if not folder.is_dir():
        return  # the examination of runbooks says so
    catalogue, channels = load_shelf(folder).catalogue, Channels(house.environment)
    called = people_beyond_slack(catalogue)
    for person in called:
        yield _examine_person(person, channels_of(catalogue, person), channels)
    if called and house.settings.public_url is None:
        yield Finding(
            PART,
            "odd",
            "HANDRAIL_PUBLIC_URL is not set, so pages beyond Slack bring no link to answer by.",
            "Set it to the address under which people reach /answer/; without it they answer in Slack.",
        )


def people_beyond_slack(catalogue: Catalogue) -> tuple[Person, ...]:
    """Everybody whom some ladder may call by pager, whoever is on call today."""
    rungs = (rung for ladder in catalogue.ladders.values() for rung in ladder.rungs if "pager" in rung.via)
    found = dict.fromkeys(one for rung in rungs for one in catalogue.members(rung.tell))
    return tuple(catalogue.people[one] for one in sorted(found))


def _examine_person(person: Person, names: tuple[str, ...], channels: Channels) -> Finding:
    if not names:
        todo = f"Write `pager: [env:NAME]` for {person.id} or a team of theirs in the catalogue."
        return Finding(PART, "odd", f"{person.name} may be called beyond Slack and has no channel.", todo)
    lacking = {name: answer.words for name in names if isinstance(answer := channels.address_of(name), Answer)}
    said = ", ".join(f"{name.removeprefix('env:')} {lacking.get(name, 'is set up')}" for name in names)
    if lacking:
        variable = next(iter(lacking)).removeprefix("env:")
        todo = f"Where Handrail runs, set {variable} or {variable}_FILE to an Apprise URL."
        return Finding(PART, "odd", f"{person.name}: {said}.", todo)
    return Finding(PART, "fine", f"{person.name}: {said}. Try it: handrail page --test {person.id}")
