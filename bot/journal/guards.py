"""The guards: triggers by which the database itself refuses to change the record, and whether they still do."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, Engine, text

_RECORD = "A record is never changed and never deleted. Append a correction, or erase typed words with: handrail redact"
_GAP = "A record goes at the end of its run, with the next number."
_WORDS = "Typed words are kept or erased, never changed. Use: handrail redact"
_LEDGER = "The ledger is never changed: an entry goes at its end, by the start, the end or the import of a run."
_STREAM = "What was heard of a protection is never changed and never deleted: it goes at the end of its record."


class WeakGuard(NamedTuple):
    """A trigger that does not do what it is there for."""

    name: str
    state: str
    """``gone``, or ``hollow``: it is there by name and does something else."""


def _refuse_in_sqlite(name: str, when: str, sentence: str) -> tuple[str, str]:
    return name, f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{sentence}'); END"


_last = "(SELECT max(seq) FROM record WHERE run_id = NEW.run_id)"
_known = "(SELECT 1 FROM arrival WHERE run_id = NEW.run_id AND head = NEW.head)"
_heard = "(SELECT max(seq) FROM stream_record WHERE stream = NEW.stream)"
_kept = "(SELECT 1 FROM words WHERE run_id = NEW.run_id AND seq = NEW.seq AND field = NEW.field)"
_other = (
    "NEW.text IS NOT NULL OR NEW.salt IS NOT NULL OR "
    "NEW.run_id <> OLD.run_id OR NEW.seq <> OLD.seq OR NEW.field <> OLD.field"
)
_IN_SQLITE = dict(
    _refuse_in_sqlite(*one)
    for one in (
        ("record_no_update", "BEFORE UPDATE ON record", _RECORD),
        ("record_no_delete", "BEFORE DELETE ON record", _RECORD),
        ("record_at_the_end", f"BEFORE INSERT ON record WHEN NEW.seq <> 1 + coalesce({_last}, 0)", _GAP),
        ("arrival_no_update", "BEFORE UPDATE ON arrival", _RECORD),
        ("arrival_no_delete", "BEFORE DELETE ON arrival", _RECORD),
        ("arrival_once", f"BEFORE INSERT ON arrival WHEN EXISTS {_known}", _RECORD),
        ("words_once", f"BEFORE INSERT ON words WHEN EXISTS {_kept}", _WORDS),
        ("words_only_erased", f"BEFORE UPDATE ON words WHEN {_other}", _WORDS),
        ("words_no_delete", "BEFORE DELETE ON words", _WORDS),
        ("ledger_no_update", "BEFORE UPDATE ON ledger", _LEDGER),
        ("ledger_no_delete", "BEFORE DELETE ON ledger", _LEDGER),
        (
            "ledger_at_the_end",
            "BEFORE INSERT ON ledger WHEN NEW.number <> 1 + coalesce((SELECT max(number) FROM ledger), 0)",
            _LEDGER,
        ),
        ("stream_record_no_update", "BEFORE UPDATE ON stream_record", _STREAM),
        ("stream_record_no_delete", "BEFORE DELETE ON stream_record", _STREAM),
        (
            "stream_record_at_the_end",
            f"BEFORE INSERT ON stream_record WHEN NEW.seq <> 1 + coalesce({_heard}, 0)",
            _STREAM,
        ),
    )
)


def _refuse_in_postgresql(name: str, when: str, sentence: str, each: str = "ROW", only: str = "") -> tuple[str, str]:
    return name, f"CREATE TRIGGER {name} {when} FOR EACH {each} {only} EXECUTE FUNCTION handrail_refuse('{sentence}')"


_ERASED = (
    "WHEN (NEW.text IS NOT NULL OR NEW.salt IS NOT NULL OR "
    "NEW.run_id IS DISTINCT FROM OLD.run_id OR NEW.seq IS DISTINCT FROM OLD.seq OR "
    "NEW.field IS DISTINCT FROM OLD.field)"
)
_STARTS = "WHEN (NEW.kind = ANY (ARRAY['started', 'ended']))"
_LATE, _ENTERING = "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW", "EXECUTE FUNCTION handrail_enter()"
_IN_POSTGRESQL = dict(
    [
        _refuse_in_postgresql("record_never_changed", "BEFORE DELETE OR UPDATE ON record", _RECORD),
        _refuse_in_postgresql("record_no_truncate", "BEFORE TRUNCATE ON record", _RECORD, "STATEMENT"),
        _refuse_in_postgresql("arrival_never_changed", "BEFORE DELETE OR UPDATE ON arrival", _RECORD),
        _refuse_in_postgresql("arrival_no_truncate", "BEFORE TRUNCATE ON arrival", _RECORD, "STATEMENT"),
        _refuse_in_postgresql("words_only_erased", "BEFORE UPDATE ON words", _WORDS, "ROW", _ERASED),
        _refuse_in_postgresql("words_no_delete", "BEFORE DELETE ON words", _WORDS),
        _refuse_in_postgresql("words_no_truncate", "BEFORE TRUNCATE ON words", _WORDS, "STATEMENT"),
        _refuse_in_postgresql("ledger_never_changed", "BEFORE DELETE OR UPDATE ON ledger", _LEDGER),
        _refuse_in_postgresql("ledger_no_truncate", "BEFORE TRUNCATE ON ledger", _LEDGER, "STATEMENT"),
        _refuse_in_postgresql("stream_record_never_changed", "BEFORE DELETE OR UPDATE ON stream_record", _STREAM),
        _refuse_in_postgresql("stream_record_no_truncate", "BEFORE TRUNCATE ON stream_record", _STREAM, "STATEMENT"),
        (
            "record_enters_ledger",
            f"CREATE CONSTRAINT TRIGGER record_enters_ledger AFTER INSERT ON record {_LATE} {_STARTS} {_ENTERING}",
        ),
        (
            "arrival_enters_ledger",
            f"CREATE CONSTRAINT TRIGGER arrival_enters_ledger AFTER INSERT ON arrival {_LATE} {_ENTERING}",
        ),
    ]
)
_REFUSES = "BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation'; END"
_ENTERS = """
DECLARE
    what text; name text; away boolean; last integer; tip text; place bigint; before text; line text;
BEGIN
    SELECT run.ref, run.imported INTO name, away FROM run WHERE run.run_id = NEW.run_id;
    SELECT record.seq, record.hash INTO last, tip FROM record
        WHERE record.run_id = NEW.run_id ORDER BY record.seq DESC LIMIT 1;
    IF TG_TABLE_NAME = 'arrival' THEN
        IF NEW.head IS DISTINCT FROM last THEN RETURN NULL; END IF;
        what := CASE WHEN NEW.evidence THEN 'evidence' ELSE 'imported' END;
    ELSE
        IF away THEN RETURN NULL; END IF;
        what := NEW.kind;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('handrail ledger'));
    SELECT ledger.number, ledger.hash INTO place, before FROM ledger ORDER BY ledger.number DESC LIMIT 1;
    place := coalesce(place, 0) + 1;
    before := coalesce(before, repeat('0', 64));
    name := coalesce(name, '');
    line := before || E'\\n' || place || ' '
        || to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || ' ' || what || ' ' || last || ' ' || tip || ' ' || name || ' ' || NEW.run_id;
    INSERT INTO ledger (number, at, kind, ref, run_id, seq, head, prev, hash) VALUES (
        place, NEW.at, what, name, NEW.run_id, last, tip, before,
        encode(sha256(convert_to(line, 'UTF8')), 'hex')
    );
    RETURN NULL;
END
"""
_SCHEMA = "SELECT quote_ident(current_schema())"
_CAST = re.compile(r"::(?:character varying|\w+)(?:\[\])?")
_FUNCTIONS = {"handrail_refuse": _REFUSES, "handrail_enter": f"{_ENTERS} search_path={{schema}}, pg_temp definer"}
_MAKING = (
    f"CREATE OR REPLACE FUNCTION handrail_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$ {_REFUSES} $body$",
    (
        "CREATE OR REPLACE FUNCTION handrail_enter() RETURNS trigger LANGUAGE plpgsql "
        f"SECURITY DEFINER SET search_path = {{schema}}, pg_temp AS $body${_ENTERS}$body$"
    ),
)
_STANDING = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": """
        SELECT t.tgname, pg_get_triggerdef(t.oid, true) || E'\\n' || l.lanname || E'\\n' || p.prosrc
            || ' ' || coalesce(array_to_string(p.proconfig, ' '), '')
            || CASE WHEN p.prosecdef THEN ' definer' ELSE '' END
        FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang
        JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid)
    """,
}
"""Each trigger that is switched on, by its name, with all that it does."""


def weak_guards(engine: Engine) -> tuple[WeakGuard, ...]:
    """The triggers that somebody has taken away or emptied, in the order of the tables that they guard."""
    with engine.connect() as connection:
        standing, expected = dict(_standing(connection)), _expected(connection)
    found = []
    for name, body in expected.items():
        if name not in standing:
            found.append(WeakGuard(name, "gone"))
        elif standing[name] != body:
            found.append(WeakGuard(name, "hollow"))
    return tuple(found)


def mend_guards(engine: Engine) -> tuple[WeakGuard, ...]:
    """Put back what was taken away or emptied, as the owner of the tables; what that was. It judges no record."""
    weak = weak_guards(engine)
    if not weak:
        return ()
    with engine.execution_options(handrail_writes=True).begin() as connection:
        made = _IN_SQLITE
        if connection.dialect.name == "postgresql":
            made, schema = _IN_POSTGRESQL, connection.execute(text(_SCHEMA)).scalar_one()
            for function in _MAKING:
                _run(connection, function.replace("{schema}", schema))
        for one in weak:
            if one.state == "hollow":
                _run(connection, _dropped(one.name, made[one.name]))
            if one.name not in dict(_standing(connection)):
                _run(connection, made[one.name])
    return weak


def _run(connection: Connection, statement: str) -> None:
    """As it is written: psycopg would look for parameters behind each per cent sign."""
    many = connection.dialect.name == "postgresql"
    connection.exec_driver_sql(statement.replace("%", "%%") if many else statement)


def _dropped(name: str, making: str) -> str:
    """The statement that takes a trigger away; PostgreSQL wants to hear of which table."""
    table = re.search(r" ON (\w+)", making)
    of_table = f" ON {table[1]}" if table is not None and "EXECUTE FUNCTION" in making else ""
    return f"DROP TRIGGER {name}{of_table}"


def say_weak(guards: tuple[WeakGuard, ...]) -> str:
    """What is wrong with them, in a sentence; empty when nothing is."""
    gone = ", ".join(one.name for one in guards if one.state == "gone")
    hollow = ", ".join(one.name for one in guards if one.state == "hollow")
    said = [f"{gone} is gone"] if gone else []
    said += [f"{hollow} is there by name and does something else"] if hollow else []
    return f"The database no longer refuses to change the record: {'; '.join(said)}." if said else ""


def _standing(connection: Connection) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, body in connection.execute(text(_STANDING[connection.dialect.name])):
        yield name, _tokens(body)


def _expected(connection: Connection) -> Mapping[str, tuple[str, ...]]:
    if connection.dialect.name == "sqlite":
        return {name: _tokens(body) for name, body in _IN_SQLITE.items()}
    schema = connection.execute(text(_SCHEMA)).scalar_one()
    bodies = {name: _body_of(body).replace("{schema}", schema) for name, body in _IN_POSTGRESQL.items()}
    return {name: _tokens(f"{body}\nplpgsql\n{bodies[name]}") for name, body in _IN_POSTGRESQL.items()}


def _body_of(trigger: str) -> str:
    return next(body for name, body in _FUNCTIONS.items() if f" {name}(" in trigger)


def _tokens(statement: str) -> tuple[str, ...]:
    """What a statement says, however it is spaced, cast, put in parentheses or spelled in capitals outside of quotes.

    Versions of PostgreSQL print the same trigger a little differently.
    """
    found = re.findall(r"'(?:[^']|'')*'|\"[^\"]*\"|\w+|[^\s\w()]", _CAST.sub("", statement))
    return tuple(one if one[0] in "'\"" else one.lower() for one in found)
