"""A PostgreSQL whose clock is wound: a function of its own stands before the server's, for one database."""

from collections.abc import Callable
from datetime import timedelta

import psycopg

_CLOCK = """
CREATE SCHEMA wound;
CREATE TABLE wound.ahead (span interval NOT NULL);
INSERT INTO wound.ahead VALUES (interval '0');
CREATE FUNCTION wound.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
  AS 'SELECT pg_catalog.clock_timestamp() + span FROM wound.ahead';
"""


def wind_postgres(url: str) -> Callable[[timedelta], None]:
    """Put the clock in before anybody connects; gives what sets how far ahead it goes."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_CLOCK)
        path = "public, wound, pg_catalog"
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" SET search_path = {path}'.encode())

    def wind(span: timedelta) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE wound.ahead SET span = %s", [span])

    return wind
