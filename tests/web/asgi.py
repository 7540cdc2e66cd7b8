"""One request to an ASGI app, without a server."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import httpx
from starlette.applications import Starlette
from starlette.routing import BaseRoute


def ask(
    routes: Iterable[BaseRoute],
    method: str,
    path: str,
    content: bytes | list[bytes] | None = None,
    headers: dict[bytes, bytes] | None = None,
) -> httpx.Response:
    """The answer; a list of pieces is sent without saying how long the whole is."""

    async def pieces() -> AsyncIterator[bytes]:
        for piece in content if isinstance(content, list) else []:
            yield piece

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=list(routes)))
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            body = pieces() if isinstance(content, list) else content
            return await client.request(method, path, content=body, headers=headers)

    return asyncio.run(send())
