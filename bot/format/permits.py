"""What `hands.yaml` says to a command, also to one of which only a part is known yet: go, or the sentence why not."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from bot.format.hands import EFFECTS, Connectable, Endpoint, HandsFile, HandsPlace, Profile, Program
from bot.format.pattern import has_form
from bot.format.requests import target_of

_EFFECT = {"read": "reads", "change": "changes things", "destroy": "destroys data"}
_KIND = {"live": "a live run", "drill": "a drill"}
_SHOWN = 12
"""Signs of a digest that people read."""


class NotAllowed(Exception):
    """These hands do not do this; the sentence is for people."""


@dataclass(frozen=True, slots=True)
class WebWish:
    """A web request that somebody would have sent. What only a run knows is None; no `body` is an empty one."""

    method: str
    url: str | None
    headers: tuple[tuple[str, str | None], ...] = ()
    body: str | None = ""


@dataclass(frozen=True, slots=True)
class WantedCommand:
    """A command that somebody would have executed. An argument that only a run knows is None.

    No `argv` is a wait; with a `request` it is that which is sent, and `argv` says it in words.
    """

    place: str | None
    argv: tuple[str | None, ...]
    effect: str
    profile: str | None
    by_itself: bool
    """Nobody presses."""
    request: WebWish | None = None


def permit(
    hands: HandsFile, wish: WantedCommand, mode: Literal["live", "drill", "training"] | None
) -> tuple[Program | Endpoint, Profile] | None:
    """The entry that takes it, and its environment; None for what executes nothing. NotAllowed says why not.

    `mode` is None where nobody knows yet in what kind of run.
    """
    place = None
    if wish.place is not None:
        place = hands.place(wish.place)
        if place is None:
            raise NotAllowed(f"{hands.name} does not serve {wish.place}.")
        _hold_to_hosts(place, mode)
    if not wish.argv:
        return None
    if place is not None and EFFECTS.index(wish.effect) > EFFECTS.index(place.effect):
        raise NotAllowed(f"hands.yaml lets nothing that {_EFFECT[wish.effect]} happen at {place.at}.")
    if wish.request is not None:
        endpoint = _endpoint(hands, wish.request, by_itself=wish.by_itself)
        _hold_to_class(endpoint.origin, endpoint.hosts, mode)
        return endpoint, _profile(hands, endpoint.origin, endpoint.profile, wish)
    program = _program(hands, wish)
    return program, _profile(hands, program.called, program.profile, wish)


def permit_reading(hands: HandsFile, name: str) -> None:
    """NotAllowed for what these hands do not look at for the catalogue, whatever it is."""
    if not any(has_form(name, f"^(?:{shape})$") for shape in hands.readings):
        raise NotAllowed(f"hands.yaml lists nothing like {name} under `readings:`.")


def permit_connection(hands: HandsFile, to: str) -> Connectable:
    """The entry that lets a connection be opened to this host and port."""
    found = next((one for one in hands.connect if has_form(to, f"^(?:{one.to})$")), None)
    if found is None:
        raise NotAllowed(f"hands.yaml does not list {to} under `connect:`.")
    return found


def require_approval(hands: HandsFile, digest: str, authors: Collection[str]) -> None:
    """NotAllowed for a version of a runbook that nobody but its author has approved.

    `authors`: the names that are known of whoever wrote it.
    """
    approvals = [one for one in hands.approved if one.digest == digest]
    if not approvals:
        raise NotAllowed(
            f"Nobody but its author has approved this version of the runbook: hands.yaml does not list "
            f"{digest[:_SHOWN]}… under `approved:`."
        )
    own = {_plain(one) for one in authors}
    if all(_plain(one.by) in own for one in approvals):
        raise NotAllowed(f"{approvals[0].by} wrote this version of the runbook, so somebody else has to approve it.")


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _hold_to_hosts(place: HandsPlace, mode: Literal["live", "drill", "training"] | None) -> None:
    if mode == "training":
        raise NotAllowed("This is training, in which Handrail runs nothing.")
    _hold_to_class(place.at, place.hosts, mode)


def _hold_to_class(
    called: str, hosts: Literal["live", "drill"], mode: Literal["live", "drill", "training"] | None
) -> None:
    if mode is not None and (hosts == "live") != (mode == "live"):
        raise NotAllowed(f"hands.yaml calls {called} a {hosts} host, and this is {_KIND[mode]}.")


def _endpoint(hands: HandsFile, request: WebWish, *, by_itself: bool) -> Endpoint:
    """The first entry that takes this request; what goes by itself is looked for under `http_read:` alone."""
    entries: tuple[Endpoint, ...] = hands.http_read if by_itself else (*hands.http, *hands.http_read)
    where = "under `http_read:` " if by_itself else ""
    origin = None if request.url is None else _origin(request.url)
    named = [one for one in entries if origin in (None, one.origin)]
    if not named:
        raise NotAllowed(f"hands.yaml does not list {origin or 'any server'} {where}".rstrip() + ".")
    target = None if request.url is None else target_of(request.url)
    fitting = [one for one in named if one.takes(request.method, target, request.headers) and one.sends(request.body)]
    if not fitting:
        raise NotAllowed(f"hands.yaml lists {origin or 'servers'} {where}only with other requests.")
    return fitting[0]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _program(hands: HandsFile, wish: WantedCommand) -> Program:
    """The first entry that takes these arguments; what goes by itself is looked for under `read:` alone."""
    entries: tuple[Program, ...] = hands.read if wish.by_itself else (*hands.programs, *hands.read)
    wanted, arguments = wish.argv[0], wish.argv[1:]
    named = [one for one in entries if wanted is None or wanted in (one.called, one.path)]
    where = "under `read:` " if wish.by_itself else ""
    if not named:
        raise NotAllowed(f"hands.yaml does not list {wanted} {where}".rstrip() + ".")
    fitting = next((one for one in named if one.takes(arguments)), None)
    if fitting is None:
        raise NotAllowed(f"hands.yaml lists {wanted} {where}only with other arguments.")
    return fitting


def _profile(hands: HandsFile, called: str, only: str | None, wish: WantedCommand) -> Profile:
    asked = wish.profile
    if only is not None and asked not in (None, only):
        raise NotAllowed(f"hands.yaml gives {called} the profile {only}, not {asked}.")
    name = asked or only
    if name is None:
        return Profile()
    profile = hands.profiles.get(name)
    if profile is None:
        raise NotAllowed(f"hands.yaml has no profile {name}.")
    if wish.by_itself and not profile.read_only:
        raise NotAllowed(f"The profile {name} can do more than read, so nothing goes by itself with it.")
    return profile
