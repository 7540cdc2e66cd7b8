"""The addresses of signing in: the question to the person, the app's exchange of a code, the keys."""

from html import escape
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.workspace.openid.provider import OpenIdError, Provider
from bot.workspace.page.draw import knock
from bot.workspace.page.guard import stopped_at_the_door
from bot.workspace.state import State

AUTHORIZE = "/openid/connect/authorize"
_STRICT = {"Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'", "Cache-Control": "no-store"}


def openid_routes(state: State, provider: Provider, page_token: str) -> list[BaseRoute]:
    """The routes; the question is asked of whoever may open the workspace's page."""

    def ask(request: Request) -> Response:
        stopped = stopped_at_the_door(request, page_token)
        if stopped is not None:
            return stopped
        query = dict(request.query_params)
        try:
            asked = provider.hear(query)
            if "deny" in query:
                return RedirectResponse(asked.way_back(error="access_denied"), HTTPStatus.SEE_OTHER)
            if "as" in query:
                code = provider.give_code(asked, query["as"])
                return RedirectResponse(asked.way_back(code=code), HTTPStatus.SEE_OTHER)
        except OpenIdError as why:
            return HTMLResponse(knock("Slack would refuse this.", str(why)), HTTPStatus.BAD_REQUEST)
        return HTMLResponse(_question(state, query), headers=_STRICT)

    async def redeem(request: Request) -> Response:
        async with request.form() as form:
            sent = {name: value for name, value in form.items() if isinstance(value, str)}
        try:
            return JSONResponse(provider.redeem(sent))
        except OpenIdError as why:
            return JSONResponse({"ok": False, "error": str(why)})

    return [
        Route(AUTHORIZE, ask),
        Route("/openid/connect/keys", lambda _: JSONResponse(provider.keys())),
        Route("/api/openid.connect.token", redeem, methods=["POST"]),
    ]


def _question(state: State, query: dict[str, str]) -> str:
    """Who signs in: a link for each person, since nobody has a password here."""

    def link(words: str, **more: str) -> str:
        return f'<a href="{escape(f"{AUTHORIZE}?{urlencode({**query, **more})}")}">{escape(words)}</a>'

    people = [user for user in state.directory.users() if not user.is_bot]
    links = "".join(f"<li>{link(user.real_name, **{'as': user.id})}</li>" for user in people)
    no = link("Do not sign in", deny="1")
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Sign in with Slack</title></head>'
        f"<body><main><h1>Sign in as</h1><ul>{links}</ul><p>{no}</p></main></body></html>"
    )
