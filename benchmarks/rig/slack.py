"""A Slack that answers every call at once and remembers when each post came; run as a process of its own."""

import asyncio
import json
import sys
import time
from itertools import count
from typing import Any
from urllib.parse import parse_qs

Json = dict[str, Any]
TEAM = "T0BENCH"


LIMITED = 30
"""Seconds for which a channel is to be left alone."""
_TOO_MANY: Json = {"ok": False, "error": "ratelimited"}


class Slack:
    """Answers; `told` holds [run, key, when] of each post, in seconds of this machine's steady clock.

    From `limit.CHANNEL` on it refuses posts to that channel for half a minute; `refused` counts them.
    """

    def __init__(self, socket_url: str) -> None:
        self.socket_url = socket_url
        self.told: list[tuple[str, str, float]] = []
        self.calls = self.refused = 0
        self._limited: dict[str, float] = {}
        self._numbers = count(1)

    def answer(self, method: str, body: bytes) -> Json | list[Any]:
        match method:
            case "told":
                told, self.told = self.told, []
                return told
            case "calls":
                return {"calls": self.calls, "refused": self.refused}
            case "auth.test":
                return {"ok": True, "team_id": TEAM, "team": "Bench", "user": "handrail", "user_id": "U0HANDRAIL"}
            case "apps.connections.open":
                return {"ok": True, "url": self.socket_url}
            case "conversations.history" | "conversations.replies":
                return {"ok": True, "messages": []}
            case "conversations.open":
                return {"ok": True, "channel": {"id": "D" + parse_qs(body.decode())["users"][0]}}
            case "chat.postMessage":
                return self._post(json.loads(body))
            case _ if method.startswith("limit."):
                self._limited[method.removeprefix("limit.")] = time.monotonic() + LIMITED
                return {"ok": True}
            case _:
                self.calls += 1
                return {"ok": True}

    def _post(self, said: Json) -> Json:
        self.calls += 1
        if time.monotonic() < self._limited.get(said["channel"], 0.0):
            self.refused += 1
            return _TOO_MANY
        kept = said.get("metadata", {}).get("event_payload", {})
        self.told.append((kept.get("run", ""), kept.get("key", ""), time.monotonic()))
        return {"ok": True, "channel": said["channel"], "ts": f"{1763800000 + next(self._numbers)}.000100"}


class Wire(asyncio.Protocol):
    """As much HTTP as slack_sdk speaks."""

    def __init__(self, slack: Slack) -> None:
        self._slack, self._read = slack, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].decode("latin-1")
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
            length = int(headers.get("content-length", "0"))
            if len(self._read) < end + 4 + length:
                return
            body, self._read = self._read[end + 4 : end + 4 + length], self._read[end + 4 + length :]
            method = head.split(" ", 2)[1].rsplit("/", 1)[-1].partition("?")[0]
            self._send(self._slack.answer(method, body))
            if headers.get("connection") == "close":
                self._transport.close()

    def _send(self, answer: Json | list[Any]) -> None:
        content = json.dumps(answer).encode()
        status = f"429 Too Many Requests\r\nRetry-After: {LIMITED}" if answer is _TOO_MANY else "200 OK"
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        self._transport.write(head.encode() + content)


async def answer_for_ever(socket_url: str) -> None:
    """Print the port, then answer until the process is killed."""
    slack = Slack(socket_url)
    server = await asyncio.get_running_loop().create_server(lambda: Wire(slack), "127.0.0.1", 0, backlog=512)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(answer_for_ever(sys.argv[1]))
