"""What a terminal does for open runs where no server looks after them."""

from collections.abc import Callable
from time import monotonic

from bot.journal.leases import Duties
from bot.wiring.house import House, new_id
from bot.workers.duties import is_ours
from bot.workers.files import LOOK_EVERY, marks_of
from bot.workers.people import PEOPLE, PEOPLE_FOR, PeopleOfRuns


def attend_people(house: House) -> Callable[[], None]:
    """What a terminal does in passing, so that runs follow the catalogue where no server looks after them."""
    shelf = house.shelf()
    duties = Duties(house.journal(), new_id())
    people = PeopleOfRuns(house.desk(), shelf, house.roster, house.now)
    seen, looked_at = marks_of(shelf.path), -LOOK_EVERY

    def attend() -> None:
        nonlocal seen, looked_at
        if monotonic() - looked_at < LOOK_EVERY:
            return
        looked_at, found = monotonic(), marks_of(shelf.path)
        if found != seen:
            seen = found
            shelf.reload()
        if is_ours(duties, PEOPLE, PEOPLE_FOR):
            people.look()

    return attend
