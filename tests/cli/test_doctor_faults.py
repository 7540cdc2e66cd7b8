"""Broken situations as operators met them: the doctor names the true cause of each, and the cure."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import make_url, text

from bot.cli import main
from bot.journal.database import migrate, open_engine
from bot.journal.grants import needed_rights
from bot.journal.guards import weak_guards
from tests.cli.test_doctor import examined, of

NOBODY = 65534
HOLLOW = "CREATE OR REPLACE FUNCTION handrail_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
AWAY = {
    "SLACK_API_URL": "http://127.0.0.1:9/api/",
    "SLACK_BOT_TOKEN": "xoxb-000000-test",
    "SLACK_APP_TOKEN": "xapp-1-test-000",
}


@contextmanager
def as_nobody() -> Iterator[Path]:
    """A folder, and we are somebody who may do in it only what everybody may."""
    with tempfile.TemporaryDirectory(prefix="handrail-nobody-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        is_root = os.geteuid() == 0
        yield folder if not is_root else _drop_rights(folder)
        if is_root:
            os.seteuid(0)
        for path in folder.rglob("*"):
            path.chmod(0o755)


def _drop_rights(folder: Path) -> Path:
    os.chown(folder, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    return folder


def closed_folder(folder: Path) -> dict[str, str]:
    (folder / "runbooks").mkdir(mode=0o000)
    return {"HANDRAIL_RUNBOOKS": str(folder / "runbooks")}


def closed_file(folder: Path) -> dict[str, str]:
    (folder / "runbooks").mkdir()
    (folder / "runbooks" / "people.yaml").touch(mode=0o000)
    return {"HANDRAIL_RUNBOOKS": str(folder / "runbooks")}


def pack_in_a_closed_folder(folder: Path) -> dict[str, str]:
    (folder / "closed").mkdir(mode=0o500)
    return {"HANDRAIL_PACK": str(folder / "closed" / "paper")}


def mirror_below_a_file(folder: Path) -> dict[str, str]:
    (folder / "file").touch()
    return {"HANDRAIL_MIRROR": str(folder / "file" / "mirror")}


@pytest.mark.parametrize(
    ("breaks", "part", "cause", "cure"),
    [
        (closed_folder, "runbooks", "cannot be read.", ", as whom Handrail runs, read it: chmod or chown"),
        (closed_file, "runbooks", "1 files cannot be read, such as people.yaml.", ", as whom Handrail runs, read it."),
        (pack_in_a_closed_folder, "pack", "may not write into", "→ Set HANDRAIL_PACK to a folder that can be written"),
        (mirror_below_a_file, "mirror", "is no folder", "→ Set HANDRAIL_MIRROR to a folder that can be written"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_written_is_named(
    breaks: Callable[[Path], dict[str, str]], part: str, cause: str, cure: str
) -> None:
    with as_nobody() as folder:
        result = examined(AWAY | {"DATABASE_URL": f"sqlite:///{folder}/handrail.db"} | breaks(folder))
        [said] = of(part, result)
    assert said.startswith(f"✗ {part} ")
    assert cause in said
    assert cure in said


def test_a_role_without_grants_hears_which_and_where_they_stand(postgres_database: str) -> None:
    """Those of docs/install.md are enough, each of them is needed, and none lets it write the version of the tables."""
    owner = open_engine(postgres_database)
    migrate(owner)
    url = make_url(postgres_database).set(username="poor").render_as_string(hide_password=False)
    with owner.begin() as connection:
        connection.execute(text("CREATE ROLE poor LOGIN"))
    try:
        [said] = of("grants", examined(AWAY | {"DATABASE_URL": url}))
        assert said.startswith("✗ grants The role that logs in may not: ")
        assert "→ As the owner of the tables run the GRANT and REVOKE lines of docs/install.md" in said
        with owner.begin() as connection:
            for line in documented_grants("poor"):
                connection.execute(text(line))
        assert of("grants", examined(AWAY | {"DATABASE_URL": url})) == []
        rights = needed_rights()
        assert rights["alembic_version"] == ("SELECT",)
        with owner.begin() as connection:
            connection.execute(text("REVOKE INSERT ON record FROM poor"))
        [said] = of("grants", examined(AWAY | {"DATABASE_URL": url}))
        assert "may not: INSERT on record." in said
    finally:
        with owner.begin() as connection:
            connection.execute(text("DROP OWNED BY poor"))
            connection.execute(text("DROP ROLE poor"))
        owner.dispose()


def documented_grants(role: str) -> list[str]:
    """The lines of the page, for a role of this test; and what the docs say that is not granted is not."""
    page = Path(__file__).parents[2] / "docs" / "install.md"
    lines = [line.strip() for line in page.read_text(encoding="utf-8").splitlines()]
    return [
        line.replace("handrail_serve", role)
        for line in lines
        if line.startswith(("GRANT ", "ALTER DEFAULT ", "REVOKE "))
    ]


@pytest.mark.parametrize("kind", ["SQLite", "PostgreSQL"])
def test_a_dropped_or_emptied_trigger_is_put_back_by_migrate(kind: str, tmp_path: Path, postgres_database: str) -> None:
    url = postgres_database if kind == "PostgreSQL" else f"sqlite:///{tmp_path}/handrail.db"
    engine = open_engine(url)
    migrate(engine)
    drops = {
        "SQLite": ["DROP TRIGGER record_no_update", "DROP TRIGGER words_once",
                   "CREATE TRIGGER words_once BEFORE INSERT ON words BEGIN SELECT 1; END"],
        "PostgreSQL": ["DROP TRIGGER record_never_changed ON record", "DROP TRIGGER arrival_enters_ledger ON arrival",
                       HOLLOW],
    }[kind]  # fmt: skip
    with engine.begin() as connection:
        for one in drops:
            connection.exec_driver_sql(one)
    assert weak_guards(engine)
    [said] = of("record", examined(AWAY | {"DATABASE_URL": url}))
    assert "`handrail migrate`, as the owner of the tables, puts it back." in said
    done = CliRunner(env={"DATABASE_URL": url}).invoke(main, ["migrate"])
    assert "Put back, what refuses to change the record: " in done.output
    assert weak_guards(engine) == ()
    assert of("record", examined(AWAY | {"DATABASE_URL": url})) == []
    engine.dispose()
