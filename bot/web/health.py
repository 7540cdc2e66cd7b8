"""Is the process alive, and is each part of it ready: for people and for orchestrators."""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.bulkhead import bulkhead

PROBE_WITHIN = 2.0
"""Seconds; a part that does not answer by then is not ready."""


log = structlog.get_logger(__name__)

Probe = Callable[[], str]
"""Says in words how its part is, or raises NotReady; called on a thread of its own."""


class NotReady(Exception):
    """A part that cannot serve now; the words say why, and what to do when there is something to do."""


@dataclass(frozen=True)
class Part:
    """How one part is: ready or not, and in words."""

    ready: bool
    says: str


def health_routes(
    probes: Mapping[str, Probe], always: Collection[str] = (), lives: Probe = lambda: "It lives."
) -> list[Route]:
    """`/healthz` answers while the process lives; `/readyz` names each part and is 503 when one is not ready.

    `/livez` is 503 when only a restart would help, as `lives` says.

    `/readyz?only=database,runbooks` looks at those alone: what a balancer asks, since none of the others is mended by
    asking another replica. What is `always` looked at is looked at then, too.
    """

    async def alive(_: Request) -> Response:
        return _json(200, {"alive": True})

    async def live(_: Request) -> Response:
        part = (await look_at({"process": lives}))["process"]
        return _json(200 if part.ready else 503, {"alive": part.ready, "says": part.says})

    async def ready(request: Request) -> Response:
        only = [name for name in request.query_params.get("only", "").split(",") if name in probes]
        parts = await look_at({name: probes[name] for name in ({*only, *always} if only else probes)})
        all_ready = all(part.ready for part in parts.values())
        shown = {name: asdict(part) for name, part in parts.items()}
        return _json(200 if all_ready else 503, {"ready": all_ready, "parts": shown})

    return [Route("/healthz", alive), Route("/livez", live), Route("/readyz", ready)]


async def look_at(probes: Mapping[str, Probe]) -> dict[str, Part]:
    """Ask all parts at once; none can hold the answer for longer than `PROBE_WITHIN`."""
    found = await asyncio.gather(*(_ask(name, probe) for name, probe in probes.items()))
    return dict(zip(probes, found, strict=True))


async def _ask(name: str, probe: Probe) -> Part:
    with bulkhead(log, "a probe broke", part=name) as broken:
        try:
            return Part(ready=True, says=await asyncio.wait_for(asyncio.to_thread(probe), PROBE_WITHIN))
        except NotReady as reason:
            return Part(ready=False, says=str(reason))
        except TimeoutError:
            return Part(ready=False, says=f"No answer within {PROBE_WITHIN:g} seconds.")
    return Part(ready=False, says=f"Broken: {type(broken.failure).__name__}. The log says more.")


def _json(status: int, content: object) -> Response:
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    return Response(text, status, {"cache-control": "no-store"}, "application/json")
