"""Inventories that a team names: a table or Backstage's catalogue in the folder, or what hands have read last."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic_core import from_json

from bot.library.bringing.backstage import read_backstage
from bot.library.bringing.entries import MOST_BYTES, NotBrought
from bot.library.bringing.table import read_table
from bot.library.wording import Inventory
from bot.readiness.inventory import Listed
from bot.readiness.reading.events import LookPlanned
from bot.readiness.reading.plan import DAY, INVENTORY, plan_look
from bot.readiness.reading.state import Reading

MOST, _LONGEST = 5_000, 100
"""Names of an inventory, and characters of one."""


def read_inventories(
    folder: Path, wanted: Iterable[Inventory], readings: Mapping[str, Reading] = {}
) -> tuple[Listed, ...]:
    """Each inventory with its things, or with why it could not be read; `readings` are what hands have seen."""
    return tuple(
        _read(folder, one) if one.csv or one.backstage else _as_read(one, readings.get(name_of_inventory(one)))
        for one in wanted
    )


def looks_of(wanted: Iterable[Inventory]) -> dict[str, LookPlanned]:
    """What hands are asked to read, by its name."""
    found = {name_of_inventory(one): plan_look(one.exec, one.http, DAY, one.reads) for one in wanted}
    return {name: plan for name, plan in found.items() if plan is not None}


def name_of_inventory(one: Inventory) -> str:
    """What the reading of an inventory is called: two of the same kind are told apart by what is asked."""
    return f"{INVENTORY}{one.of}/{hashlib.sha256(one.model_dump_json().encode()).hexdigest()[:8]}"


def names_in(text: str, reads: str) -> tuple[str, ...]:
    """The names in what was printed: by a JMESPath, of a table with `id` or `name`, or one on each line.

    NotBrought when there are none, or too many.
    """
    if reads:
        found = _by_path(text, reads)
    else:
        try:
            found = list(read_table(text, "what was printed").entries["assets"])
        except NotBrought:
            found = [line.strip() for line in text.splitlines() if line.strip()]
    if not found or len(found) > MOST or any(len(one) > _LONGEST for one in found):
        raise NotBrought(f"it is no list of 1 to {MOST} names of at most {_LONGEST} characters.")
    return tuple(dict.fromkeys(found))


def _by_path(text: str, reads: str) -> list[str]:
    try:
        found = jmespath.search(reads, from_json(text))
    except (JMESPathError, ValueError, TypeError, RecursionError) as wrong:
        raise NotBrought(f"{reads} cannot be followed: {(str(wrong).splitlines() or [''])[0][:100]}") from None
    if not isinstance(found, list) or not all(isinstance(one, str) and one.strip() for one in found):
        raise NotBrought(f"{reads} finds no list of names.")
    return [str(one).strip() for one in found]


def _as_read(one: Inventory, here: Reading | None) -> Listed:
    source = f"of {one.of}"
    if here is None or (here.looked_at is None and not here.declined):
        return Listed(one.of, source, trouble="hands have not read it yet.")
    if here.declined or not here.worked:
        return Listed(one.of, source, trouble=here.declined or here.said)
    return Listed(one.of, source, _but(one, [(name,) for name in here.names]))


def _but(one: Inventory, things: list[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    left = {each.casefold() for each in one.but}
    return tuple(names for names in things if not left & {each.casefold() for each in names})


def _read(folder: Path, one: Inventory) -> Listed:
    name = one.csv or one.backstage or ""
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return Listed(one.of, name, trouble="it has to stand in the folder of the runbooks, or below.")
        text = path.read_bytes()[: MOST_BYTES + 1].decode("utf-8-sig")
        if len(text) > MOST_BYTES:
            return Listed(one.of, name, trouble=f"it has more than {MOST_BYTES} bytes.")
        brought = read_table(text, name) if one.csv is not None else read_backstage(text, name)
    except UnicodeDecodeError:
        return Listed(one.of, name, trouble="it is not UTF-8.")
    except OSError as wrong:
        return Listed(one.of, name, trouble=f"{wrong.strerror or type(wrong).__name__}.")
    except NotBrought as wrong:
        return Listed(one.of, name, trouble=str(wrong))
    things = [
        tuple(dict.fromkeys([id_, str(fields.get("name") or id_), *map(str, fields.get("aliases") or ())]))
        for id_, fields in brought.entries["assets"].items()
    ]  # fmt: skip
    return Listed(one.of, name, _but(one, things))
