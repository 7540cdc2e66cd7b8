"""What `handrail ready --me` tries: connections and addresses, from here, of the assets that somebody is called for."""

import socket
import threading
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

from bot.cli.tonight import Tried, assets_of, try_all
from bot.format.catalogue import Asset, Catalogue, Ladder, Person, Resource, ResourceCheck, Rung, Team
from bot.format.pieces import Exec, Http
from bot.readiness.finding import Finding
from bot.render.readiness import finding_lines, ready_data, ready_reply
from tests.readiness.firm import NOW


def asset(id_: str, *needs: str, owner: str = "data", ladder: str | None = None) -> Asset:
    return Asset(id=id_, name=id_.title(), type="postgres", tier=1, owner=owner, depends_on=needs, ladder=ladder)


def test_whoever_a_ladder_calls_or_who_is_of_the_owner_team_has_the_asset() -> None:
    rungs = (Rung(after=timedelta(0), tell=("person:ana",)),)
    mine, called, other = asset("one"), asset("two", owner="other", ladder="l"), asset("three", owner="other")
    known = Catalogue(
        assets={one.id: one for one in (mine, called, other)},
        people={one: Person(id=one, name=one) for one in ("ana", "ben")},
        teams={"data": Team(id="data", members=("ben",)), "other": Team(id="other", members=())},
        ladders={"l": Ladder(id="l", rungs=rungs)},
    )  # fmt: skip
    assert [[one.id for one in assets_of(known, who)] for who in ("ana", "ben")] == [["two"], ["one"]]


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/ok" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_what_a_recovery_leans_on_is_tried_and_what_changes_something_is_not() -> None:
    with closing(socket.socket()) as closed, HTTPServer(("127.0.0.1", 0), Answering) as server:
        closed.bind(("127.0.0.1", 0))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port, nobody = server.server_port, closed.getsockname()[1]
        checks = {
            "open": ResourceCheck(tcp=f"127.0.0.1:{port}"),
            "shut": ResourceCheck(tcp=f"127.0.0.1:{nobody}"),
            "well": ResourceCheck(http=Http(url=f"http://127.0.0.1:{port}/ok")),
            "ill": ResourceCheck(http=Http(url=f"http://127.0.0.1:{port}/no")),
            "post": ResourceCheck(http=Http(method="POST", url=f"http://127.0.0.1:{port}/ok")),
            "command": ResourceCheck(exec=Exec(argv=("vault", "status"))),
            "unknown": None,
        }
        known = Catalogue(
            resources={id_: Resource(id=id_, kind="server", name=id_, check=check) for id_, check in checks.items()}
        )
        tried = list(try_all(known, lambda _: (), [asset("one", *checks, "gone")]))
        server.shutdown()
    worked = {one.what: one.worked for one in tried}
    assert worked == {
        "One": False, "open": True, "shut": False, "well": True, "ill": False, "post": None, "command": None,
        "unknown": None, "gone": False,
    }  # fmt: skip
    assert Tried("command", None, "try it yourself: vault status") in tried


def test_findings_stand_below_the_assets_with_their_place() -> None:
    found = Finding("Ben <!channel> has left.", "Take him out.", "catalogue.yaml:7")
    assert list(finding_lines([found])) == [
        "", "Beside these:", "  ✗ catalogue.yaml:7 Ben <!channel> has left.", "      → Take him out.",
    ]  # fmt: skip
    assert list(finding_lines([])) == []
    assert ready_data([], NOW, [found])["findings"] == [
        {"what": "Ben <!channel> has left.", "todo": "Take him out.", "place": "catalogue.yaml:7"}
    ]
    blocks = str(ready_reply([], [found] * 9).blocks)
    assert "catalogue.yaml:7" in blocks
    assert "<!channel>" not in blocks
    assert "and 1 more" in blocks
