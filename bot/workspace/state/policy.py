"""What the admins of a workspace may change while it runs: the app's scopes, and how long messages can be edited."""

from collections.abc import Iterable


class Policy:
    """Read at each call; a test or a trial changes it."""

    def __init__(self, scopes: Iterable[str]) -> None:
        """The app's scopes at the start; messages can be edited for ever."""
        self.scopes = tuple(scopes)
        self.edit_seconds: float | None = None

    def take_away(self, *scopes: str) -> None:
        """The app may not do this any more."""
        self.scopes = tuple(one for one in self.scopes if one not in scopes)

    def give(self, *scopes: str) -> None:
        """The app may do this from now on."""
        self.scopes = tuple(dict.fromkeys((*self.scopes, *scopes)))
