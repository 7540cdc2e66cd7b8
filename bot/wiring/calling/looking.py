"""What the doctor says of channels: whom a ladder calls beyond Slack, and whether each of their channels is set up."""

from collections.abc import Callable, Iterator
from functools import cache, partial

from bot.format.catalogue import Catalogue, Person
from bot.oncall.pager.message import NOT_CONFIGURED, DeliveryResult
from bot.oncall.pager.sender import PageSender
from bot.oncall.references import channels_of
from bot.wiring.calling.channels import Channels
from bot.wiring.examination.finding import Diagnosis
from bot.wiring.house import House

PART = "paging"


def examine_channels(house: House) -> Iterator[Diagnosis]:
    """Everybody on a ladder with `via: pager`, and the names of their channels; never an address. Nothing is sent."""
    if not house.settings.runbooks.is_dir():
        return  # the examination of runbooks says so
    catalogue, channels = house.registry().catalogue, Channels(house.environment)
    sender = PageSender(channels.of_sender())
    look, told = cache(partial(_fault_of, channels, sender)), set[str]()
    try:
        for person in people_beyond_slack(catalogue):
            yield _examine_person(person, channels_of(catalogue, person), look, told)
    finally:
        sender.close()


def people_beyond_slack(catalogue: Catalogue) -> tuple[Person, ...]:
    """Everybody whom some ladder may call by pager, whoever is on call today."""
    rungs = (rung for ladder in catalogue.ladders.values() for rung in ladder.rungs if "pager" in rung.via)
    found = dict.fromkeys(one for rung in rungs for one in catalogue.members(rung.tell))
    return tuple(catalogue.people[one] for one in sorted(found))


def _fault_of(channels: Channels, sender: PageSender, name: str) -> DeliveryResult | None:
    """Why nothing could be sent by a channel; None when it is set up."""
    address = channels.address_of(name)
    looked = address if isinstance(address, DeliveryResult) else sender.look_at(address)
    return None if looked.reached else looked


def _examine_person(
    person: Person, names: tuple[str, ...], look: Callable[[str], DeliveryResult | None], told: set[str]
) -> Diagnosis:
    """`told` are the channels of which somebody before has heard what to do; a team's is said once."""
    if not names:
        todo = f"Write `pager: [env:NAME]` for {person.id} or a team of theirs in the catalogue."
        return Diagnosis(PART, "odd", f"{person.name} may be called beyond Slack and has no channel.", todo)
    faults = {name.removeprefix("env:"): look(name) for name in names}
    said = ", ".join(f"{name} {fault.words if fault is not None else 'is set up'}" for name, fault in faults.items())
    lacking = {name: fault for name, fault in faults.items() if fault is not None}
    if not lacking:
        return Diagnosis(PART, "fine", f"{person.name}: {said}. Try it: handrail page --test {person.id}")
    todo = " ".join(_say_todo(name, fault) for name, fault in lacking.items() if name not in told)
    told.update(lacking)
    return Diagnosis(PART, "odd", f"{person.name}: {said}.", todo)


def _say_todo(name: str, fault: DeliveryResult) -> str:
    if fault == NOT_CONFIGURED:
        return f"Where Handrail runs, set {name} or {name}_FILE to an Apprise URL."
    return f"Mend {name}: docs/paging.md says what these words mean."
