"""What `hands.yaml` allows of a command: the program, its environment, its place; or the sentence that says why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.format.hands import EFFECTS, HandsFile, Profile, Program
from bot.run.hands.wanted import Order
from bot.run.situation import Mode

_MOST_OF_A_SECRET = 64_000


class NotAllowed(Exception):
    """These hands do not do this; the sentence is for people."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A command that may be executed: the program's own path first."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: tuple[str, ...]
    """Values that never leave: they go out of whatever is printed."""


def allow(hands: HandsFile, order: Order, mode: Mode, *, by_itself: bool) -> Allowed:
    """The command as it is executed; NotAllowed when the file does not say that it may be."""
    place = hands.place(order.place)
    if place is None:
        raise NotAllowed(f"{hands.name} does not serve {order.place}.")
    _hold_to_hosts(hands, mode, order.place)
    if not order.argv:  # a wait lets time pass, and executes nothing
        return Allowed((), {}, ())
    if EFFECTS.index(order.effect) > EFFECTS.index(place.effect):
        raise NotAllowed(f"hands.yaml lets nothing that {_EFFECT[order.effect]} happen at {order.place}.")
    program = _program(hands, order, by_itself=by_itself)
    profile = _profile(hands, program, order.profile, by_itself=by_itself)
    environment, secrets = _environment(profile)
    return Allowed((program.path, *order.argv[1:]), environment, secrets)


_EFFECT = {"read": "reads", "change": "changes things", "destroy": "destroys data"}


def _hold_to_hosts(hands: HandsFile, mode: Mode, at: str) -> None:
    place = hands.place(at)
    if place is None or mode == "training":
        raise NotAllowed("This is training, in which Handrail runs nothing.")
    if (place.hosts == "live") != (mode == "live"):
        kind = {"live": "a live run", "drill": "a drill"}[mode]
        raise NotAllowed(f"hands.yaml calls {at} a {place.hosts} host, and this is {kind}.")


def _program(hands: HandsFile, order: Order, *, by_itself: bool) -> Program:
    """The first entry that takes these arguments; what goes by itself is looked for under `read:` alone."""
    entries: tuple[Program, ...] = hands.read if by_itself else (*hands.programs, *hands.read)
    wanted, arguments = order.argv[0], order.argv[1:]
    named = [one for one in entries if wanted in (one.called, one.path)]
    where = "under `read:` " if by_itself else ""
    if not named:
        raise NotAllowed(f"hands.yaml does not list {wanted} {where}".rstrip() + ".")
    fitting = next((one for one in named if one.takes(arguments)), None)
    if fitting is None:
        raise NotAllowed(f"hands.yaml lists {wanted} {where}only with other arguments.")
    return fitting


def _profile(hands: HandsFile, program: Program, asked: str | None, *, by_itself: bool) -> Profile:
    if program.profile is not None and asked not in (None, program.profile):
        raise NotAllowed(f"hands.yaml gives {program.called} the profile {program.profile}, not {asked}.")
    name = asked or program.profile
    if name is None:
        return Profile()
    profile = hands.profiles.get(name)
    if profile is None:
        raise NotAllowed(f"hands.yaml has no profile {name}.")
    if by_itself and not profile.read_only:
        raise NotAllowed(f"The profile {name} can do more than read, so nothing goes by itself with it.")
    return profile


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
