"""What attacks need of other rooms."""

from tests.web.conftest import room, sqlite_url

__all__ = ["room", "sqlite_url"]
