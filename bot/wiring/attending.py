"""What a terminal does for open runs where no server looks after them."""

from collections.abc import Callable
from time import monotonic

from bot.journal.leases import DutyLeases
from bot.wiring.house import House, new_id
from bot.workers.files import LOOK_EVERY, marks_of
from bot.workers.leased import is_ours
from bot.workers.people import PEOPLE, PEOPLE_FOR, PeopleOfRuns


def attend_people(house: House) -> Callable[[], None]:
    """What a terminal does in passing, so that runs follow the catalogue where no server looks after them."""
    registry = house.registry()
    leases = DutyLeases(house.journal(), new_id())
    people = PeopleOfRuns(house.handler(), registry, house.roster, house.now)
    seen, looked_at = marks_of(registry.path), -LOOK_EVERY

    def attend() -> None:
        nonlocal seen, looked_at
        if monotonic() - looked_at < LOOK_EVERY:
            return
        looked_at, found = monotonic(), marks_of(registry.path)
        if found != seen:
            seen = found
            registry.reload()
        if is_ours(leases, PEOPLE, PEOPLE_FOR):
            people.look()

    return attend
