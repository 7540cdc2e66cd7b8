"""A browser as far as signing in needs one: it keeps cookies, follows to Slack's page and comes back."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.workspace.serve import Workspace

ROOT = "https://handrail.example.org"
SAME = {"sec-fetch-site": "same-origin"}


@dataclass
class Browser:
    """Asks our pages from an address that is not this machine; it keeps cookies, and follows nothing by itself."""

    routes: Sequence[BaseRoute]
    peer: str = "10.0.0.9"
    root: str = ROOT
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """One request."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(Starlette(routes=list(self.routes)), client=(self.peer, 40000))
            async with httpx.AsyncClient(transport=transport, base_url=self.root, cookies=self.cookies) as client:
                answer = await client.request(method, path, headers=dict(headers or {}))
                self.cookies = client.cookies
                return answer

        return asyncio.run(send())

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Look at a page."""
        return self.ask("GET", path, headers)


@dataclass
class Visitor:
    """Somebody at a browser: our pages on one side, Slack's question on the other."""

    pages: Browser
    workspace: Workspace

    def go(self, to: str = "/") -> str:
        """Press the link that leads to Slack; the address that it leads to."""
        answer = self.pages.get(f"/sign-in/slack?to={quote(to)}")
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def say_who(self, address: str, **said: str) -> str:
        """Answer Slack's question; the address that it leads back to."""
        with httpx.Client(follow_redirects=False) as client:
            client.get(self.workspace.page_url)
            answer = client.get(httpx.URL(address).copy_merge_params(said))
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def come_back(self, address: str) -> httpx.Response:
        """Follow Slack's answer to our own page."""
        parts = urlsplit(address)
        return self.pages.get(f"{parts.path}?{parts.query}")

    def sign_in(self, user: str, to: str = "/") -> httpx.Response:
        """The whole way."""
        return self.come_back(self.say_who(self.go(to), **{"as": user}))
