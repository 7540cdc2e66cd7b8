"""A command that `hands.yaml` allows, with the environment and the secrets that it gets where these hands are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.format.hands import Connectable, Endpoint, HandsFile, Profile, Program
from bot.format.permits import (
    NotAllowed,
    WantedCommand,
    WebWish,
    permit,
    permit_connection,
    permit_reading,
    require_approval,
)
from bot.format.pieces import Http
from bot.format.requests import Request, RequestProblem, require_sound
from bot.readiness.reading.events import LookPlanned
from bot.run.hands.rules import Order
from bot.run.situation import Mode

_MOST_OF_A_SECRET = 64_000


@dataclass(frozen=True, slots=True)
class Allowed:
    """A command that may be executed: the program's own path first; or a request that may be sent."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: tuple[str, ...]
    """Values that never leave: they go out of whatever is printed."""
    web: "Web | None" = None


@dataclass(frozen=True, slots=True)
class Web:
    """How a request is sent: what its profile adds to it, and whom it may reach."""

    request: Request
    headers: Mapping[str, str]
    private: bool
    ca: str | None


@dataclass(frozen=True, slots=True)
class CommandOrigin:
    """Which version of a runbook a command stands in, and who is known to have written it."""

    digest: str
    authors: Collection[str] = ()


def allow(hands: HandsFile, order: Order, source: CommandOrigin, mode: Mode, *, by_itself: bool) -> Allowed:
    """The command as it is executed; NotAllowed when the file does not say that it may be."""
    permitted = permit(hands, _wish(order, by_itself=by_itself), mode)
    if permitted is None:  # a wait lets time pass, and executes nothing
        return Allowed((), {}, ())
    require_approval(hands, source.digest, source.authors)
    return _equipped(*permitted, order.argv, order.request)


def allow_look(hands: HandsFile, name: str, plan: LookPlanned) -> Allowed | Connectable:
    """What the catalogue has looked at, as it is done; NotAllowed when the file does not say that it may be.

    Under `readings:` whoever owns the file says what the catalogue may ask for, in place of an approval; what is
    executed and sent goes by itself, and so only as `read:`, `http_read:` and `connect:` say.
    """
    permit_reading(hands, name)
    if plan.to:
        return permit_connection(hands, plan.to)
    request = Request(plan.method, plan.url, plan.headers, None) if plan.url else None
    web = None if request is None else WebWish(request.method, request.url, request.headers)
    argv = plan.argv if request is None else request.words
    if request is not None:
        try:
            require_sound(Http(url=plan.url), request)
        except RequestProblem as wrong:
            raise NotAllowed(str(wrong)) from None
    permitted = permit(hands, WantedCommand(plan.place, argv, "read", plan.profile, True, web), None)
    if permitted is None:
        raise NotAllowed("There is nothing to execute.")
    return _equipped(*permitted, argv, request)


def _equipped(entry: Program | Endpoint, profile: Profile, argv: tuple[str, ...], request: Request | None) -> Allowed:
    """The command with the secrets and the environment of its profile."""
    if isinstance(entry, Endpoint):
        if request is None:
            raise NotAllowed("This is no web request.")
        headers = _secrets(profile.headers)
        secrets = tuple(dict.fromkeys(part for text in headers.values() for part in (text, *text.split())))
        return Allowed(argv, {}, secrets, Web(request, headers, entry.private, entry.ca))
    files = _secrets(profile.files)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **profile.set, **profile.paths}
    return Allowed((entry.path, *argv[1:]), environment | files, tuple(files.values()))


def _wish(order: Order, *, by_itself: bool) -> WantedCommand:
    request = order.request
    web = None if request is None else WebWish(request.method, request.url, request.headers, request.body or "")
    return WantedCommand(order.place, order.argv, order.effect, order.profile, by_itself, web)


def _secrets(files: Mapping[str, str]) -> dict[str, str]:
    """What the files of a profile hold, by its name; NotAllowed when one cannot be read."""
    secrets = {}
    for name, file in files.items():
        try:
            text = Path(file).read_text(encoding="utf-8")[:_MOST_OF_A_SECRET].strip()
        except (OSError, UnicodeDecodeError):
            raise NotAllowed(f"The secret {name} of its profile cannot be read where the hands are.") from None
        if not text or "\0" in text:
            raise NotAllowed(f"The secret {name} of its profile is empty, or no text.")
        secrets[name] = text
    return secrets
