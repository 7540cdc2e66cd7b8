"""Inventories that a team names: a table in CSV, or Backstage's catalogue, read anew each time they are asked for."""

from collections.abc import Iterable
from pathlib import Path

from bot.library.bringing.backstage import read_backstage
from bot.library.bringing.entries import MOST_BYTES, NotBrought
from bot.library.bringing.table import read_table
from bot.library.wording import Inventory
from bot.readiness.inventory import Listed


def read_inventories(folder: Path, wanted: Iterable[Inventory]) -> tuple[Listed, ...]:
    """Each inventory with its things, or with why it could not be read."""
    return tuple(_read(folder, one) for one in wanted)


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
    left = {one_left.casefold() for one_left in one.but}
    return Listed(one.of, name, tuple(names for names in things if not left & {each.casefold() for each in names}))
