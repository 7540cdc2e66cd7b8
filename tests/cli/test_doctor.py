"""The doctor looks at a real workspace and real databases, and says what to do about each fault."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result
from starlette.requests import Request

from bot.cli import main
from bot.settings.variables import VARIABLES
from bot.slack.manifest import SCOPES
from bot.web.pages.reader import PageReader
from bot.wiring.access import build_entry
from bot.wiring.house import House
from bot.workspace.serve import Options, Workspace
from bot.workspace.state import Seed, User
from tests.slack.folder import write_folder
from tests.wiring.test_feeds_served import TURNS
from tests.workspace.office import AT_ONCE

ROOT = Path(__file__).parent.parent.parent
SEED = Seed(bot_user=User("U0BOT", "handrail", "Handrail", is_bot=True), scopes=tuple(SCOPES))


def examined(environment: dict[str, str]) -> Result:
    blank = dict.fromkeys(VARIABLES, "") | {"HANDRAIL_HTTP": "127.0.0.1:0"}
    return CliRunner(env=blank | environment).invoke(main, ["doctor"])


def lines(result: Result) -> list[str]:
    """What was said, each finding and each arrow a line."""
    return [" ".join(line.split()) for line in result.output.splitlines()]


def of(part: str, result: Result) -> list[str]:
    """What was said of one part, each with its arrow behind it."""
    said = lines(result)
    found = [at for at, line in enumerate(said) if line[2:].startswith(f"{part} ")]
    return [" ".join(said[at : at + 1 + said[at + 1].startswith("→")]) for at in found]


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    running = Workspace.start(SEED, AT_ONCE)
    yield running
    running.stop()


@pytest.fixture
def environment(workspace: Workspace, tmp_path: Path) -> dict[str, str]:
    return {
        "SLACK_API_URL": workspace.api_url,
        "SLACK_BOT_TOKEN": workspace.tokens.bot,
        "SLACK_APP_TOKEN": workspace.tokens.app,
        "DATABASE_URL": f"sqlite:///{tmp_path}/handrail.db",
        "HANDRAIL_RUNBOOKS": str(ROOT / "runbooks"),
    }


def test_all_is_well(environment: dict[str, str], tmp_path: Path) -> None:
    """And looking changes nothing: no database is made."""
    result = examined(environment)
    assert result.exit_code == 0, result.output
    assert "✗" not in result.output
    assert "Nothing stands in the way. Next: handrail serve" in result.output
    for part in ("settings", "bot token", "scopes", "clock", "app token", "database", "runbooks"):
        assert f"✓ {part} " in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_missing_scope_is_named_with_what_fails_without_it(environment: dict[str, str]) -> None:
    few = tuple(scope for scope in SCOPES if scope != "im:write")
    poor = Workspace.start(replace(SEED, scopes=few), Options())
    tokens = {"SLACK_BOT_TOKEN": poor.tokens.bot, "SLACK_APP_TOKEN": poor.tokens.app}
    result = examined(environment | tokens | {"SLACK_API_URL": poor.api_url})
    poor.stop()
    assert result.exit_code == 1
    assert "✗ scopes" in result.output
    assert f"im:write ({SCOPES['im:write']})" in result.output
    assert "install the app again" in result.output
    assert "✓ app token" in result.output


def test_refused_tokens_are_told_apart(environment: dict[str, str]) -> None:
    result = examined(environment | {"SLACK_BOT_TOKEN": "xoxb-000000-wrong", "SLACK_APP_TOKEN": "xapp-1-wrong-000"})
    assert result.exit_code == 1
    assert "✗ bot token    Slack refuses it: invalid_auth." in result.output
    assert "✗ app token    Slack refuses it: invalid_auth." in result.output
    assert "connections:write" in result.output


def test_no_slack_no_folder_no_tokens(environment: dict[str, str], tmp_path: Path) -> None:
    """Each part is looked at, however many of the others are broken."""
    result = examined(
        {
            "SLACK_BOT_TOKEN": environment["SLACK_BOT_TOKEN"],
            "SLACK_API_URL": "http://127.0.0.1:9/api/",
            "HANDRAIL_RUNBOOKS": str(tmp_path / "nowhere"),
            "DATABASE_URL": f"sqlite:///{tmp_path}/nowhere/handrail.db",
        }
    )
    assert result.exit_code == 1
    assert "Slack cannot be reached at http://127.0.0.1:9/api/" in result.output
    assert "SLACK_SIGNING_SECRET" in result.output
    assert "✗ runbooks" in result.output
    assert "✗ database" in result.output
    assert sum(line.startswith("✗") for line in lines(result)) == 4
    assert "4 of 9 need your hand" in result.output


def test_an_empty_postgresql_wants_the_migration(environment: dict[str, str], bare_postgres: str) -> None:
    result = examined(environment | {"DATABASE_URL": bare_postgres})
    assert result.exit_code == 1
    assert "✓ database     PostgreSQL at" in result.output
    [room] = of("connections", result)
    assert room == (
        "! connections A replica takes up to 61 connections, and the server allows 97: room for 1 replica. "
        "→ Set HANDRAIL_DATABASE_POOL to 15 for 3 replicas, or raise max_connections."
    )
    fewer = examined(environment | {"DATABASE_URL": bare_postgres, "HANDRAIL_DATABASE_POOL": "15"})
    assert of("connections", fewer) == [
        "✓ connections A replica takes up to 31 connections, and the server allows 97: room for 3 replicas."
    ]
    pooled = examined(environment | {"DATABASE_URL": bare_postgres, "HANDRAIL_DATABASE_POOLER": "transaction"})
    assert "Nothing bounds how long a click waits. → Set lock_timeout" in of("connections", pooled)[0]
    assert "Run `handrail migrate`." in result.output


def test_bad_settings_are_the_first_thing_to_mend() -> None:
    """Each on its line, with what to do; a way in that is set by half is one of them."""
    secret = "0123456789abcdef0123456789abcdef"
    result = examined(
        {"HANDRAIL_HTTP": "x", "HANDRAIL_SLACK_CLIENT_SECRET": secret, "HANDRAIL_PROXY_HEADER": "X-Forwarded-User"}
    )
    assert result.exit_code == 1
    assert lines(result)[::2][:3] == [
        "✗ settings HANDRAIL_HTTP is not a host and a port: 'x'.",
        "✗ settings HANDRAIL_SLACK_CLIENT_ID is not set, but HANDRAIL_SLACK_CLIENT_SECRET is.",
        "✗ settings HANDRAIL_PROXY_FROM is not set, so that anybody could write HANDRAIL_PROXY_HEADER themselves.",
    ]
    assert all(line.startswith("→ ") for line in lines(result)[1:6:2])
    assert "3 of 3 need your hand" in result.output
    assert secret not in result.output


OF_SIGN_IN = {
    "HANDRAIL_SLACK_CLIENT_ID": "123.456",
    "HANDRAIL_SLACK_CLIENT_SECRET": "0123456789abcdef0123456789abcdef",
    "HANDRAIL_PUBLIC_URL": "https://handrail.example.org",
}
OF_PROXY = {"HANDRAIL_PROXY_HEADER": "X-Forwarded-User", "HANDRAIL_PROXY_FROM": "10.0.0.5"}
ANYWHERE = {"HANDRAIL_HTTP": "0.0.0.0:0"}
CLOSED = "! pages Closed to everybody: "


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "✓ pages Open to browsers on this machine that came by the address with a token,"),
        (ANYWHERE, f"{CLOSED}HANDRAIL_HTTP listens on 0.0.0.0, which is not this machine alone. → Let people sign in"),
        ({"SLACK_APP_TOKEN": ""}, f"{CLOSED}without SLACK_APP_TOKEN Slack's requests come in from elsewhere. → Let"),
        (
            {"HANDRAIL_PUBLIC_URL": "https://handrail.example.org"},
            f"{CLOSED}HANDRAIL_PUBLIC_URL brings people from elsewhere, by handrail.example.org. → Let people sign in",
        ),
        ({"HANDRAIL_PUBLIC_URL": "http://localhost:8080"}, "✓ pages Open to browsers on this machine that came"),
        (ANYWHERE | OF_SIGN_IN, "✓ pages Open to members of the Slack workspace who sign in."),
        (ANYWHERE | OF_PROXY, "✓ pages Open to those whom a proxy names in x-forwarded-user."),
        (OF_SIGN_IN | OF_PROXY, "✓ pages Open to members of the Slack workspace who sign in and those whom a proxy"),
    ],
)
def test_who_may_read_is_said_as_the_gate_has_it(environment: dict[str, str], more: dict[str, str], says: str) -> None:
    """The gate itself is asked: this machine's browser gets in exactly where the doctor says so."""
    [said] = of("pages", examined(environment | more))
    assert said.startswith(says)
    named = {name: value for name, value in (environment | more).items() if value}
    with ThreadPoolExecutor(1) as pool:
        judged = build_entry(House(named), pool, "token").access(from_this_machine())
    assert isinstance(judged, PageReader) == ("browsers on this machine" in said)


def from_this_machine() -> Request:
    headers = [(b"host", b"127.0.0.1:8080"), (b"cookie", b"handrail-8080=token")]
    return Request(
        {
            "type": "http", "method": "GET", "path": "/", "query_string": b"", "http_version": "1.1",
            "headers": headers, "client": ("127.0.0.1", 40000), "server": ("127.0.0.1", 8080), "scheme": "http",
        }
    )  # fmt: skip


def test_signing_in_wants_https(environment: dict[str, str]) -> None:
    result = examined(environment | OF_SIGN_IN)
    [said] = of("sign-in", result)
    assert said.startswith("✓ sign-in Slack has to know https://handrail.example.org/sign-in/done as a redirect URL")
    [said] = of("sign-in", examined(environment | OF_SIGN_IN | {"HANDRAIL_PUBLIC_URL": "http://localhost:8080"}))
    assert said.startswith("! sign-in Slack leads people back over https, and http://localhost:8080/sign-in/done")
    assert "→ Set HANDRAIL_PUBLIC_URL" in said


def test_a_proxy_has_to_be_able_to_reach_us(environment: dict[str, str]) -> None:
    """Who listens to this machine alone hears no proxy on another one."""
    deaf = examined(environment | OF_PROXY)
    assert deaf.exit_code == 1
    [said] = of("proxy", deaf)
    assert said.startswith(
        "✗ proxy Handrail listens to this machine alone, and the proxy is said to come from 10.0.0.5"
    )
    assert "→ Set HANDRAIL_HTTP" in said
    for more in (ANYWHERE, {"HANDRAIL_PROXY_FROM": "127.0.0.0/8"}, {"HANDRAIL_PROXY_FROM": "10.0.0.5, 127.0.0.1"}):
        [said] = of("proxy", examined(environment | OF_PROXY | more))
        assert said.startswith("✓ proxy x-forwarded-user counts when it comes from")
    assert of("links", deaf)[0].startswith(
        "! links HANDRAIL_PUBLIC_URL is not set, so pages beyond Slack bring no link"
    )
    assert "nothing in Slack leads to the pages" in of("links", deaf)[0]
    assert of("links", examined(environment | {"HANDRAIL_PUBLIC_URL": "https://handrail.example.org"})) == []


def test_the_address_is_free_ours_or_somebody_elses(environment: dict[str, str]) -> None:
    """A Handrail that serves there already is no fault; anybody else is."""
    with answering(b"somebody else") as port:
        held = f"127.0.0.1:{port}"
        somebody = examined(environment | {"HANDRAIL_HTTP": held})
    assert somebody.exit_code == 1
    assert of("address", somebody)[0].startswith(f"✗ address Nothing can listen on {held}: ")
    assert "→ Set HANDRAIL_HTTP to another one" in of("address", somebody)[0]
    public = {"HANDRAIL_PUBLIC_URL": "https://handrail.example.org"}
    free = examined(environment | public | {"HANDRAIL_HTTP": held})
    assert of("address", free) == [
        f"✓ address http://{held} is free for `handrail serve`. People reach it at https://handrail.example.org."
    ]
    with answering(b'{"alive": true}') as port:
        ours = examined(environment | {"HANDRAIL_HTTP": f"127.0.0.1:{port}"})
    assert of("address", ours) == [f"✓ address Handrail serves at 127.0.0.1:{port}."]
    assert of("address", examined(environment))[0].startswith("! address Any free port of 127.0.0.1, another one with")


@contextmanager
def answering(text: bytes) -> Iterator[int]:
    """A server that answers everything so; its port, and what it was asked is in `ASKED`."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ASKED.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    ASKED.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()


ASKED: list[str] = []


def test_what_stands_outside_is_reached_and_told_nothing(environment: dict[str, str]) -> None:
    """A heartbeat by the doctor would say that all is well while nobody serves."""
    assert of("kept heads", examined(environment))[0].startswith("! kept heads Nobody outside the database is given")
    kept = of("kept heads", examined(environment | {"HANDRAIL_OPS_CHANNEL": "C0OPS"}))[0]
    assert kept.startswith("✓ kept heads The head of the ledger is posted once a day to C0OPS.")
    assert of("watchdog", examined(environment))[0].startswith("! watchdog Nobody outside would notice that Handrail")
    with answering(b"OK") as port:
        url = f"http://127.0.0.1:{port}/hunter2"
        named = {"HANDRAIL_HEARTBEAT_URL": url, "HANDRAIL_FOLLOWUP_WEBHOOK": url, "HANDRAIL_FOLLOWUP_SECRET": "s" * 32}
        there = examined(environment | named)
    gone = examined(environment | named)
    assert there.exit_code == 0
    assert of("watchdog", there)[0].startswith("✓ watchdog What HANDRAIL_HEARTBEAT_URL names can be reached.")
    assert of("tracker", there)[0].startswith("✓ tracker What HANDRAIL_FOLLOWUP_WEBHOOK names can be reached.")
    assert ASKED == []
    assert gone.exit_code == 1
    for part, name in (("watchdog", "HANDRAIL_HEARTBEAT_URL"), ("tracker", "HANDRAIL_FOLLOWUP_WEBHOOK")):
        assert of(part, gone)[0].startswith(f"✗ {part} What {name} names cannot be reached: ")
        assert f"→ Compare {name} with" in of(part, gone)[0]
    assert "hunter2" not in there.output + gone.output


def test_a_watchdog_behind_a_proxy_is_not_sought_without_it(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    result = examined(environment | {"HANDRAIL_HEARTBEAT_URL": "https://watchdog.invalid/hunter2"})
    assert of("watchdog", result)[0].startswith("✓ watchdog HANDRAIL_HEARTBEAT_URL is set, and reached through this")


def test_own_templates_are_tried(environment: dict[str, str], tmp_path: Path) -> None:
    """On a run that has just begun: what would give way to ours in the hour of need is said before."""
    own = tmp_path / "own"
    named = environment | {"HANDRAIL_TEMPLATES": str(own)}
    assert of("templates", examined(environment)) == []
    assert of("templates", examined(named))[0].startswith(f"! templates There is no folder {own}. → Handrail's own")
    own.mkdir()
    assert of("templates", examined(named))[0].startswith(f"! templates Nothing in {own} replaces a template of ours")
    (own / "report.html").write_text('{% extends "handrail/report.html" %}', encoding="utf-8")
    assert of("templates", examined(named)) == [f"✓ templates report.html in {own}."]
    (own / "postmortem.md").write_text("{{ report.nothing_like_it }}", encoding="utf-8")
    [said] = of("templates", examined(named))
    assert said.startswith("! templates This team's own template postmortem.md could not be used (")
    assert "nothing_like_it" in said
    (own / "postmortem.md").write_bytes(b"\xff")
    assert of("templates", examined(named))[0].startswith(
        f"! templates postmortem.md in {own} cannot be read: it is not"
    )


FEED = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:1
DTSTART:20260101T090000Z
DTEND:20260101T210000Z
RRULE:FREQ=DAILY
SUMMARY:{who}
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def fed(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An environment whose runbooks have a rotation that is read from a feed."""
    folder = tmp_path / "books"
    folder.mkdir()
    catalogue = write_folder(folder) / "catalogue.yaml"
    text = catalogue.read_text(encoding="utf-8")
    assert TURNS in text
    catalogue.write_text(text.replace(TURNS, 'ics: "env:DBA_ICS"'), encoding="utf-8")
    return environment | {"HANDRAIL_RUNBOOKS": str(folder)}


def test_each_feed_is_fetched_and_read(fed: dict[str, str]) -> None:
    """Its address is a secret; whom it names has to be somebody."""
    [unset] = of("feeds", examined(fed))
    assert unset.startswith("! feeds DBA_ICS, for dba: not set, so everybody of the rotation is called. → Where")
    said = {}
    for name, text in {"known": FEED.format(who="Ana Ruiz"), "unknown": FEED.format(who="Zoe"), "no": "hello"}.items():
        with answering(text.replace("\n", "\r\n").encode()) as port:
            result = examined(fed | {"DBA_ICS": f"http://127.0.0.1:{port}/hunter2"})
        assert ASKED == ["/hunter2"]
        assert "hunter2" not in result.output
        [said[name]] = of("feeds", result)
    assert re.fullmatch(r"✓ feeds DBA_ICS, for dba: \d+ turns in the next 35 days\.", said["known"])
    assert re.match(r"! feeds DBA_ICS, for dba: (\d+) turns in the next 35 days, \1 of them of nobody", said["unknown"])
    assert "→ Ask `handrail oncall`" in said["unknown"]
    assert said["no"].startswith("! feeds DBA_ICS, for dba: it is no calendar")
    [gone] = of("feeds", examined(fed | {"DBA_ICS": "http://127.0.0.1:9/hunter2"}))
    assert gone.startswith("! feeds DBA_ICS, for dba: it cannot be reached")


def test_what_the_catalogue_says_does_nothing_to_a_terminal(fed: dict[str, str]) -> None:
    """A name that would move the cursor is shown as signs."""
    assert "\x1b" not in examined(fed | {"HANDRAIL_TEMPLATES": "own\x1b[2J"}).output


def test_what_hands_may_and_what_is_missing(environment: dict[str, str], tmp_path: Path) -> None:
    """Nothing is said without a file; a sound one names its places; a faulty one its line; what is gone its path."""
    assert of("hands", examined(environment)) == []
    file = tmp_path / "hands.yaml"
    environment["HANDRAIL_HANDS"] = str(file)
    assert "cannot be read" in of("hands", examined(environment))[0]
    file.write_text("schema: hands/v1\nname: bastion\nplaces: [{at: bot, efect: read}]\n")
    assert of("hands", examined(environment))[0].startswith("✗ hands hands.yaml:3 ")
    file.write_text(
        "schema: hands/v1\nname: bastion\nplaces: [{at: bot}]\nread: [{path: /nowhere/df, args: []}]\n"
        "profiles: {reader: {read_only: true, files: {PGPASSWORD: /nowhere/secret}}}\n"
    )
    file.chmod(0o666)
    said = " | ".join(of("hands", examined(environment)))
    for words in (
        "bastion may execute at bot (read).", "/nowhere/df is no program here", "cannot read PGPASSWORD here",
        "Others than its owner may write", "the same user as serve",
    ):  # fmt: skip
        assert words in said


def test_what_people_would_walk_by_hand_tonight_is_said(environment: dict[str, str], tmp_path: Path) -> None:
    """Of runbooks that run live: by the file of hands, before the night in which it is missed."""
    file = tmp_path / "hands.yaml"
    file.write_text("schema: hands/v1\nname: bastion\nplaces: [{at: bot}, {at: pg-orders-1}]\n")
    said = of(
        "hands", examined(environment | {"HANDRAIL_HANDS": str(file), "HANDRAIL_RUNBOOKS": str(ROOT / "runbooks")})
    )
    assert any("is walked by hand: " in one for one in said)
    assert any("more steps are walked by hand. → Run: handrail check" in one for one in said)
