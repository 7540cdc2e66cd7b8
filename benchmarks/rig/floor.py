"""The floor: bare sync Bolt and one INSERT … COMMIT through SQLAlchemy Core, same way in, same database."""

import asyncio
import json
import re
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import uvicorn
from slack_bolt import Ack, App, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from sqlalchemy import Column, Integer, MetaData, String, Table, Text, insert
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.journal.database import for_writing, open_engine
from bot.slack.sockets import AT_ONCE, Sockets

metadata = MetaData()
CLICK = Table(
    "click", metadata, Column("id", Integer, primary_key=True), Column("who", String(64)), Column("what", Text)
)


def build_app(database: str, api_url: str, secret: str) -> App:
    """One listener, which writes one row. SQLite's writers stand in a line, as ours do: without it they would sleep."""
    engine = for_writing(open_engine(database))
    metadata.create_all(engine)
    turn = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()
    row = insert(CLICK)
    app = App(
        client=WebClient(base_url=api_url),
        authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None, bot_token="xoxb-floor"),
        signing_secret=secret,
        process_before_response=True,
        request_verification_enabled=bool(secret),
        ignoring_self_events_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )

    def click(ack: Ack, body: dict[str, object]) -> None:
        with turn, engine.begin() as connection:
            connection.execute(row, {"who": body["user"]["id"], "what": body["actions"][0]["value"]})  # type: ignore[index]
        ack()

    app.action(re.compile("hr:"))(click)
    return app


def serve_http(app: App, bound: socket.socket) -> None:
    """The same web server as ours, and as many threads; Bolt judges the signature."""
    pool = ThreadPoolExecutor(AT_ONCE)

    async def enter(request: Request) -> Response:
        asked = BoltRequest(body=(await request.body()).decode(), headers=dict(request.headers))
        answer = await asyncio.get_running_loop().run_in_executor(pool, app.dispatch, asked)
        return Response(answer.body, answer.status, answer.first_headers_without_set_cookie())

    routes = [Route("/slack/events", enter, methods=["POST"])]
    config = uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False, lifespan="off", ws="none")
    uvicorn.Server(config).run(sockets=[bound])


def main(way: str, database: str, api_url: str, secret: str) -> None:
    """Serve until the process is killed."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    bound = socket.create_server(("127.0.0.1", 0), backlog=512)
    app = build_app(database, api_url, secret if way == "http" else "")
    print(json.dumps({"port": bound.getsockname()[1]}), flush=True)
    if way == "http":
        serve_http(app, bound)
    else:
        client = WebClient(base_url=api_url)
        line = Sockets(app, lambda: str(client.apps_connections_open(app_token="xapp-1-floor")["url"]), time.monotonic)
        line.run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
