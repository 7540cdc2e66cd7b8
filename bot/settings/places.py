"""Where this machine keeps what can be made again."""

import sys
from collections.abc import Mapping
from pathlib import Path


def cache_folder(environment: Mapping[str, str], platform: str = sys.platform) -> Path | None:
    """The folder for caches of whoever runs Handrail; None when there is none, as for a service without a home."""
    given = environment.get("CACHE_DIRECTORY", "").partition(":")[0]  # systemd's own, for a service without a home
    if given:
        return Path(given) / "handrail"
    own = environment.get("LOCALAPPDATA" if platform == "win32" else "XDG_CACHE_HOME", "")
    if Path(own).is_absolute():
        return Path(own) / "handrail"
    home = environment.get("USERPROFILE" if platform == "win32" else "HOME", "")
    usual = "Library/Caches" if platform == "darwin" else ".cache"
    return Path(home) / usual / "handrail" if Path(home).is_absolute() else None
