"""A table of assets, as spreadsheets and inventories write one out: CSV, its columns by their names."""

import csv
from collections.abc import Iterator

from bot.library.bringing.entries import (
    Brought,
    Fields,
    NotBrought,
    fact_of,
    id_of,
    length_of,
    many_of,
    name_of,
    tier_of,
)

TEMPLATE = """\
id,name,type,tier,owner,rpo,rto,aliases,runbooks,ladder,depends_on,fact host
orders-db,Orders database,postgres,1,data-platform,5m,4h,orders; pg-orders,,,backup-bucket,pg-orders-1
"""
"""The columns that are known, with one row to replace."""
_COLUMNS = ("id", "name", "type", "tier", "owner", "rpo", "rto", "aliases", "runbooks", "ladder", "depends_on")
_ALSO = {
    "asset": "name", "asset_id": "id", "asset_name": "name", "title": "name", "service": "name", "system": "name",
    "kind": "type", "team": "owner", "owner_team": "owner", "owned_by": "owner", "criticality": "tier",
    "priority": "tier", "alias": "aliases", "runbook": "runbooks", "dependencies": "depends_on",
    "dependson": "depends_on", "recovery_point_objective": "rpo", "recovery_time_objective": "rto",
}  # fmt: skip
"""Other names of columns, as inventories have them."""
_WANTED = ("type", "tier", "owner", "rpo", "rto")
_FACT = "fact_"
_MOST_ROWS = 5_000
_FEW = 5


def read_table(text: str, file: str) -> Brought:
    """The assets of a table; NotBrought when it is none. A cell that nobody can read is said, with its line."""
    rows = csv.reader(text.splitlines(keepends=True), _dialect(text))
    try:
        head = next(rows, [])
        columns = [_column(one) for one in head]
        if not {"id", "name"} & set(columns):
            reason = f"{file} has no column `id` or `name` in its first line."
            raise NotBrought(f"{reason} `handrail import-assets --template` prints one.")
        brought, unread = Brought(), dict[tuple[str, str], list[int]]()
        unused = [
            said for said, column in zip(head, columns, strict=True)
            if said.strip() and column not in _COLUMNS and not column.startswith(_FACT)
        ]  # fmt: skip
        if unused:
            known = ", ".join(f"“{one.strip()}”" for one in unused)
            brought.remarks.append(f"{file}: not used: {known}. A column that is called `fact NAME` becomes a fact.")
        for number, cells in enumerate(rows, 2):
            if number > _MOST_ROWS:
                raise NotBrought(f"{file} has more than {_MOST_ROWS} rows. Split it.")
            said = {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if cell.strip()}
            if said:
                _take(brought, said, f"{file}:{number}", unread, number)
        for (key, cell), lines in unread.items():
            meant = "a tier of 1, 2 or 3" if key == "tier" else "a length of time such as 15m, 4h or 1d"
            where = ", ".join(map(str, lines[:_FEW])) + (f" and {len(lines) - _FEW} more" if len(lines) > _FEW else "")
            brought.remarks.append(
                f"{file}, line{'s' * (len(lines) > 1)} {where}: {key} “{cell[:40]}” is not {meant}; left out."
            )
    except csv.Error as wrong:
        raise NotBrought(f"{file} cannot be read as CSV: {wrong}.") from None
    return brought


def _dialect(text: str) -> type[csv.Dialect]:
    """What stands between cells: whatever the first line has most of."""
    first = text.split("\n", 1)[0]

    class Found(csv.excel):
        delimiter = max(",;\t", key=first.count)

    return Found


def _column(said: str) -> str:
    name = fact_of(said.strip().lstrip("\ufeff"))
    name = name.replace("facts_", _FACT, 1) if name.startswith("facts_") else name
    return _ALSO.get(name, name)


def _take(
    brought: Brought, said: dict[str, str], where: str, unread: dict[tuple[str, str], list[int]], line: int
) -> None:
    id_ = id_of(said.get("id") or said.get("name", ""))
    if not id_:
        brought.remarks.append(f"{where}: neither an id nor a name; left out.")
        return
    fields: Fields = {"name": name_of(said["name"])} if "name" in said else {}
    for key, value in _read(said):
        if value is None or value == "":
            unread.setdefault((key, said[key]), []).append(line)
        else:
            fields[key] = value
    fields["facts"] = {
        column.removeprefix(_FACT): cell
        for column, cell in said.items()
        if column.startswith(_FACT) and column != _FACT
    }
    for key in _WANTED:
        if key not in fields:
            brought.lacking(key, id_)
    brought.add("assets", id_, fields, where)


def _read(said: dict[str, str]) -> Iterator[tuple[str, object]]:
    """Each key with its value; empty or None where the cell does not say one."""
    for key in _COLUMNS[2:]:
        if (cell := said.get(key)) is None:
            continue
        match key:
            case "tier":
                yield key, tier_of(cell)
            case "rpo" | "rto":
                yield key, length_of(cell)
            case "owner" | "ladder":
                yield key, id_of(cell)
            case "type":
                yield key, cell
            case "aliases":
                yield key, [one for one in many_of(cell) if len(one) <= 60]  # noqa: PLR2004  (the format's limit)
            case _:
                yield key, [id_ for one in many_of(cell) if (id_ := id_of(one))]
