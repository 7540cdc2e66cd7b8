"""What attacks need of other rooms."""

from tests.web.conftest import migrated_file, room, sqlite_url

__all__ = ["migrated_file", "room", "sqlite_url"]
