"""A command that `hands.yaml` allows, with the environment and the secrets that it gets where these hands are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.format.hands import HandsFile, Profile
from bot.format.permits import NotAllowed, WantedCommand, permit, require_approval
from bot.run.hands.rules import Order
from bot.run.situation import Mode

_MOST_OF_A_SECRET = 64_000


@dataclass(frozen=True, slots=True)
class Allowed:
    """A command that may be executed: the program's own path first."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: tuple[str, ...]
    """Values that never leave: they go out of whatever is printed."""


@dataclass(frozen=True, slots=True)
class CommandOrigin:
    """Which version of a runbook a command stands in, and who is known to have written it."""

    digest: str
    authors: Collection[str] = ()


def allow(hands: HandsFile, order: Order, source: CommandOrigin, mode: Mode, *, by_itself: bool) -> Allowed:
    """The command as it is executed; NotAllowed when the file does not say that it may be."""
    permitted = permit(hands, WantedCommand(order.place, order.argv, order.effect, order.profile, by_itself), mode)
    if permitted is None:  # a wait lets time pass, and executes nothing
        return Allowed((), {}, ())
    require_approval(hands, source.digest, source.authors)
    program, profile = permitted
    environment, secrets = _environment(profile)
    return Allowed((program.path, *order.argv[1:]), environment, secrets)


def _environment(profile: Profile) -> tuple[dict[str, str], tuple[str, ...]]:
    """Nothing of our own environment; NotAllowed when a secret cannot be read."""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **profile.set, **profile.paths}
    secrets = []
    for name, file in profile.files.items():
        try:
            text = Path(file).read_text(encoding="utf-8")[:_MOST_OF_A_SECRET].strip()
        except (OSError, UnicodeDecodeError):
            raise NotAllowed(f"The secret {name} of its profile cannot be read where the hands are.") from None
        if not text or "\0" in text:
            raise NotAllowed(f"The secret {name} of its profile is empty, or no text.")
        environment[name] = text
        secrets.append(text)
    return environment, tuple(secrets)
