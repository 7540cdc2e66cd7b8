"""docs/places.md, made of the table of places and commands: `make diagram`."""

from collections.abc import Iterable
from pathlib import Path

from bot.run.law.table import ANYWHERE, ENTERED, TABLE, Asked
from bot.run.places import Over

FILE = Path(__file__).parents[2] / "docs/places.md"
HEAD = """# Where a run can stand

Made by `make diagram` of the table in `bot/run/law/table.py`, which a test holds to what `decide` does. Who may ask for
what, and when, [`decide`](../bot/run/law/decide.py) says.

"""


def names(asked: Iterable[Asked], joined_by: str = ", ") -> str:
    """Commands by their names, in the order of the table."""
    return joined_by.join(one.__name__ for one in asked)


def drawing() -> str:
    """A state diagram: each place, what leads on from it, and the kinds of steps that lead into one."""
    lines = ["stateDiagram-v2", "    state next <<choice>>", "    [*] --> next: Start"]
    lines += [f"    {place.__name__} --> next: {names(row.moves)}" for place, row in TABLE.items() if row.moves]
    for place in TABLE:
        kinds = [kind for kind, found in ENTERED.items() if place in found]
        lines.append(f"    next --> {place.__name__}: {', '.join(kinds)}")
    return "\n".join([*lines, f"    {Over.__name__} --> [*]"])


def page() -> str:
    """The page, whole."""
    rows = [f"| `{place.__name__}` | {names(row.stays)} | {names(row.moves)} |" for place, row in TABLE.items()]
    rows.append(f"| anywhere before `{Over.__name__}` | {names(ANYWHERE.stays)} | {names(ANYWHERE.moves)} |")
    table = "\n".join(["| place | taken, and the run stays | taken, and the run moves |", "|---|---|---|", *rows])
    return f"{HEAD}```mermaid\n{drawing()}\n```\n\n{table}\n"


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
