"""What hands are asked to look at, by the files: resources with a check, reports to fetch, lists, links of runbooks."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from hashlib import sha256

from bot.format.catalogue import Catalogue, Resource
from bot.format.pieces import Exec, Http
from bot.format.runbook import Runbook
from bot.readiness.protection.plan import protections_of
from bot.readiness.reading.events import LookPlanned

DAY = timedelta(days=1)
SOONEST = timedelta(minutes=5)
"""How often it is looked at most: each look is a record."""
RESOURCE, PROTECTION, INVENTORY, LINK = "resource:", "protection:", "inventory:", "link:"
"""What the names of readings begin with."""
_LINK = re.compile(r"https?://[^\s<>\"'{}|\\^`]+")
_SHORT = 16


def wanted_of(catalogue: Catalogue, books: Mapping[str, Runbook]) -> dict[str, LookPlanned]:
    """What is looked at, by its name; what only a run can fill in is left out."""
    found = {f"{RESOURCE}{one.id}": _of_resource(one) for one in catalogue.resources.values()}
    for name, _, one in protections_of(catalogue):
        if one.check is not None:
            found[f"{PROTECTION}{name}"] = plan_look(one.check.exec, one.check.http, one.every / 2, one.check.reads)
    for link in links_of(books):
        found[link_name(link)] = LookPlanned(DAY, method="HEAD", url=link)
    return {name: plan for name, plan in found.items() if plan is not None}


def _of_resource(one: Resource) -> LookPlanned | None:
    every = max(one.every or DAY, SOONEST)
    if one.check is None:
        return None
    if one.check.tcp is not None:
        return None if "{{" in one.check.tcp else LookPlanned(every, to=one.check.tcp)
    return plan_look(one.check.exec, one.check.http, every)


def plan_look(
    command: Exec | None, request: Http | None, every: timedelta, reads: str | None = None
) -> LookPlanned | None:
    """How it is looked at by a command or a request; None where a value stands in it that only a run knows."""
    every = max(every, SOONEST)
    if command is not None and not any("{{" in part for part in (*command.argv, command.at)):
        return LookPlanned(every, command.at, command.profile, command.argv, ok=command.ok_exit, reads=reads or "")
    if request is not None and not any("{{" in part for part in (request.url, request.at, *request.headers.values())):
        headers = tuple(request.headers.items())
        return LookPlanned(
            every, request.at, request.profile, method=request.method, url=request.url, headers=headers,
            ok=request.ok_status, reads=reads or "",
        )  # fmt: skip
    return None


def links_of(books: Mapping[str, Runbook]) -> dict[str, list[str]]:
    """The links of active runbooks to where more stands -> the runbooks that have them."""
    found: dict[str, list[str]] = {}
    for id_, book in books.items():
        for link in _links(book) if book.status == "active" else ():
            found.setdefault(link, []).append(id_)
    return found


def _links(book: Runbook) -> Iterator[str]:
    for text in book.references:
        yield from dict.fromkeys(one.partition("#")[0].rstrip(".,;)") for one in _LINK.findall(text))


def link_name(link: str) -> str:
    """What the reading of a link is called."""
    return f"{LINK}{sha256(link.encode()).hexdigest()[:_SHORT]}"
