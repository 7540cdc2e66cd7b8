"""`handrail ready --me`: tries from this machine, as whoever is logged in here, what tonight may need. Reads only."""

import shlex
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from bot.cli.failures import Failure
from bot.cli.identity import who_by_token
from bot.format.catalogue import Asset, Catalogue, Resource
from bot.format.printable import printable
from bot.readiness.drift import roles_of
from bot.readiness.questions import leaned_on

if TYPE_CHECKING:
    from bot.wiring.house import House

WITHIN = 5.0
"""Seconds for each thing that is tried."""
_MARKS = {True: "✓", False: "✗", None: "?"}


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried, and whether it answered; None when a person has to try it."""

    what: str
    worked: bool | None
    said: str


def try_for_me(house: "House") -> bool:
    """Say who sits here and which assets are theirs, and try each thing that a recovery of them leans on."""
    catalogue = house.registry().catalogue
    person = who_by_token(house.handler().logins, catalogue)
    if person is None:
        raise Failure("You are not logged in on this machine. Type /recover login in Slack, then: handrail login")
    assets = assets_of(catalogue, person)
    click.echo(f"You are {printable(catalogue.people[person].name)}. Your login counts.")
    if not assets:
        click.echo("No ladder of an asset calls you, and you are in no team that owns one.")
        return True
    click.echo(f"Yours: {printable(', '.join(one.name for one in assets))}.\n")
    good = True
    for one in try_all(catalogue, house.gatherer.facts().active, assets):
        good = good and one.worked is not False
        click.echo(printable(f"{_MARKS[one.worked]} {one.what}: {one.said}"))
    return good


def assets_of(catalogue: Catalogue, person: str) -> list[Asset]:
    """The assets that somebody may be called for: by the ladder, or in the team that owns them."""
    roles = {one.replace(" ", ":", 1) for one in roles_of(catalogue, person)} | {f"person:{person}"}
    found = []
    for asset in sorted(catalogue.assets.values(), key=lambda one: (one.tier, one.id)):
        ladder = catalogue.ladders.get(asset.ladder or "")
        told = {one for rung in (ladder.rungs if ladder is not None else ()) for one in rung.tell}
        if roles & (told | {f"team:{asset.owner}"}):
            found.append(asset)
    return found


def try_all(
    catalogue: Catalogue, active: Callable[[Asset], tuple[object, ...]], assets: list[Asset]
) -> Iterator[Tried]:
    """Each asset's procedure, then each resource once."""
    needed: dict[str, Resource | Asset | None] = {}
    for asset in assets:
        books = active(asset)
        said = f"{len(books)} active {'runbook' if len(books) == 1 else 'runbooks'}" if books else "no active runbook"
        yield Tried(asset.name, bool(books), said)
        needed |= dict(leaned_on(catalogue, asset))
    for id_, found in needed.items():
        if found is None:
            yield Tried(id_, False, "it is in no catalogue")
        elif isinstance(found, Resource):
            yield _try(found)


def _try(one: Resource) -> Tried:
    check = one.check
    if check is None:
        return Tried(one.name, None, "nothing says how to see whether it answers: it has no check")
    if check.tcp is not None:
        return _reach(one, check.tcp)
    if check.http is not None:
        return _request(one, check.http.method, check.http.url, check.http.ok_status)
    if check.exec is not None:
        return Tried(one.name, None, f"try it yourself: {shlex.join(check.exec.argv)}")
    return Tried(one.name, None, "nothing says how to see whether it answers")


def _reach(one: Resource, address: str) -> Tried:
    host, _, port = address.rpartition(":")
    if "{{" in address or not port.isdigit():
        return Tried(one.name, None, f"its address is known to a run alone: {address}")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), WITHIN):
            return Tried(one.name, True, f"{address} takes a connection")
    except OSError as wrong:
        return Tried(one.name, False, f"{address} does not: {wrong.strerror or type(wrong).__name__}")


def _request(one: Resource, method: str, url: str, ok: tuple[int, ...]) -> Tried:
    if method not in ("GET", "HEAD") or "{{" in url:
        return Tried(one.name, None, f"try it yourself: {method} {url}")
    import requests

    try:
        answer = requests.request(method, url, timeout=WITHIN, allow_redirects=False, stream=True)
    except requests.RequestException as wrong:
        return Tried(one.name, False, f"{url} does not answer: {type(wrong).__name__}")
    answer.close()
    return Tried(one.name, answer.status_code in ok, f"{url} answers {answer.status_code}")
