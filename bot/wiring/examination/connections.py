"""How many connections a replica may take, and how many replicas the server has room for."""

from sqlalchemy import text

from bot.settings import Settings
from bot.wiring.examination.finding import Diagnosis
from bot.wiring.house import House

REPLICAS = 3
"""As many as docs/operations.md advises."""
_ROOM = """
SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
       (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user)
"""
_SET = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"


def connections_of(settings: Settings) -> int:
    """Connections that one `serve` takes at most: a pool to read, a pool to write, and one to hear of due times."""
    return 2 * settings.database_pool + (not settings.database_pooler)


def examine_connections(house: House) -> Diagnosis:
    """The sum against what the server, or the role, is allowed; behind a pooler, what the role brings along."""
    settings = house.settings
    each = connections_of(settings)
    with house.engine.connect() as connection:
        allowed, of_role = connection.execute(text(_ROOM)).one()
        waits = connection.execute(text(_SET)).one()
    if settings.database_pooler:
        return _behind_a_pooler(each, tuple(waits))
    room, whose = (of_role, "the role may have") if 0 <= of_role < allowed else (allowed, "the server allows")
    fit = room // each
    says = f"A replica takes up to {each} connections, and {whose} {room}: room for {fit} {_replicas(fit)}."
    if fit >= REPLICAS:
        return Diagnosis("connections", "fine", says)
    pool = (room // REPLICAS - 1) // 2
    todo = f"Set HANDRAIL_DATABASE_POOL to {pool} for {REPLICAS} replicas, or raise max_connections."
    if pool < 2:  # noqa: PLR2004  (the least that the setting takes)
        todo = "Raise max_connections, or the connection limit of the role."
    return Diagnosis("connections", "odd" if fit else "bad", says, todo)


def _behind_a_pooler(each: int, waits: tuple[str, ...]) -> Diagnosis:
    says = f"A replica takes up to {each} connections of the pooler, which hands out others with each transaction."
    if "0" in waits:
        todo = "Set lock_timeout and statement_timeout for the role: docs/install.md has the lines."
        return Diagnosis("connections", "odd", f"{says} Nothing bounds how long a click waits.", todo)
    return Diagnosis("connections", "fine", says)


def _replicas(many: int) -> str:
    return "replica" if many == 1 else "replicas"
