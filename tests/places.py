"""Where tests write: in memory where there is room for it. They kill Handrail, never the machine."""

import atexit
import os
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import Engine

from bot.journal.database import migrate, open_engine

_MEMORY = Path("/dev/shm")
_ROOM = 2_000_000_000


@cache
def ready_folder() -> Path | None:
    """A folder that waits for no disk; None where there is none, or little room in it, as in many containers."""
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM
    return _MEMORY if roomy else None


@cache
def migrated_file() -> Path:
    """A SQLite database with its tables and nothing in them."""
    folder = Path(mkdtemp(prefix="handrail-migrated-", dir=ready_folder()))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = open_engine(f"sqlite:///{folder}/empty.db")
    migrate(engine)
    engine.dispose()
    return folder / "empty.db"


def put_tables(url: str) -> str:
    """The URL of a SQLite file, which now has its tables: copied, since to migrate takes a tenth of a second."""
    path = Path(url.removeprefix("sqlite:///"))
    if not path.exists():
        shutil.copy(migrated_file(), path)
    return url


def migrated(engine: Engine) -> None:
    """See to it that a database has its tables; a new SQLite file gets those of one that was migrated before."""
    if engine.dialect.name == "sqlite":
        put_tables(f"sqlite:///{engine.url.database}")
    else:
        migrate(engine)
