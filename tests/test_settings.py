"""The environment is read once: every bad value is named with what to write, and no secret is repeated."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from bot.journal.database import open_engine
from bot.settings import (
    DATABASE_URL,
    HTTP,
    RUNBOOKS,
    SLACK_API_URL,
    Address,
    BadSettings,
    Settings,
    missing_for_serving,
    read_settings,
)
from bot.settings.variables import TOGETHER, VARIABLES

ROOT = Path(__file__).parent.parent
BOT, APP, SECRET = "xoxb-1234567890-abcdef", "xapp-1-A0-1234567890", "0123456789abcdef0123456789abcdef"


def complaints(**environment: str) -> str:
    with pytest.raises(BadSettings) as caught:
        read_settings(environment)
    return str(caught.value)


def test_nothing_set_means_a_file_here_and_the_loopback() -> None:
    settings = read_settings({"PATH": "/bin", "SLACK_APP_TOKEN": " "})
    assert settings == Settings()
    assert settings.sqlite_path == Path("handrail.db")
    assert settings.http == Address("127.0.0.1", 8080)
    assert not settings.uses_socket_mode


def test_every_variable_is_taken() -> None:
    settings = read_settings(
        {
            "SLACK_BOT_TOKEN": BOT,
            "SLACK_APP_TOKEN": APP,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": "http://127.0.0.1:4280/api/",
            "DATABASE_URL": "postgresql://handrail:pass%40word@db:5432/handrail",
            "HANDRAIL_RUNBOOKS": "elsewhere",
            "HANDRAIL_HTTP": "[::1]:0",
            "HANDRAIL_PACK": "paper",
            "HANDRAIL_MIRROR": "copies",
            "HANDRAIL_HANDS": "/etc/handrail/hands.yaml",
        }
    )
    assert settings == Settings(
        bot_token=BOT,
        app_token=APP,
        signing_secret=SECRET,
        slack_api_url="http://127.0.0.1:4280/api/",
        database_url="postgresql+psycopg://handrail:pass%40word@db:5432/handrail",
        runbooks=Path("elsewhere"),
        http=Address("::1", 0),
        pack=Path("paper"),
        mirror=Path("copies"),
        hands=Path("/etc/handrail/hands.yaml"),
    )
    assert settings.uses_socket_mode
    assert settings.sqlite_path is None
    assert missing_for_serving(settings) == ()


def test_secrets_stay_out_of_the_repr() -> None:
    settings = read_settings(
        {
            "SLACK_BOT_TOKEN": BOT,
            "SLACK_APP_TOKEN": APP,
            "SLACK_SIGNING_SECRET": SECRET,
            "DATABASE_URL": "postgresql://me:hush@db/handrail",
        }
    )
    assert not any(secret in repr(settings) for secret in (BOT, APP, SECRET, "hush"))


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    """With both set, nobody could know which one was meant."""
    file = tmp_path / "token"
    file.write_text(f"{BOT}\n", encoding="utf-8")
    assert read_settings({"SLACK_BOT_TOKEN_FILE": str(file)}).bot_token == BOT
    both = complaints(SLACK_BOT_TOKEN=BOT, SLACK_BOT_TOKEN_FILE=str(file))
    assert both == "SLACK_BOT_TOKEN: is set, and SLACK_BOT_TOKEN_FILE is set too. Keep one of the two."


def test_a_file_that_gives_no_value_is_named(tmp_path: Path) -> None:
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.touch()
    binary.write_bytes(b"\xff\xfe\x00")
    assert "which is empty" in complaints(HANDRAIL_HTTP_FILE=str(empty))
    assert "not UTF-8" in complaints(HANDRAIL_HTTP_FILE=str(binary))
    assert "No such file" in complaints(HANDRAIL_HTTP_FILE=str(tmp_path / "nowhere"))
    assert "Is a directory" in complaints(HANDRAIL_HTTP_FILE=str(tmp_path))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-A0-123456", "is not a bot token"),
        ("SLACK_BOT_TOKEN", "xoxb-", "It starts with xoxb-"),
        ("SLACK_BOT_TOKEN", "xoxb-two words", "is not a bot token"),
        ("SLACK_APP_TOKEN", "xoxb-1234567890", "is not an app-level token"),
        ("SLACK_SIGNING_SECRET", "short", "is not a signing secret"),
        ("SLACK_API_URL", "https://slack.com/api", "Write https://slack.com/api/"),
        ("SLACK_API_URL", "ftp://slack.com/api/", "is not an address"),
        ("SLACK_API_URL", "http://host:port/api/", "is not an address"),
        ("DATABASE_URL", "postgres://me@db", "names no database"),
        ("DATABASE_URL", "postgresql://me@one:5432,two:x/handrail", "cannot be read as an address"),
        ("HANDRAIL_DATABASE_POOL", "1", "Write a whole number from 2 to 500."),
        ("HANDRAIL_DATABASE_POOL", "many", "is not a number of connections"),
        ("HANDRAIL_DATABASE_POOLER", "statement", "Write transaction when PgBouncer"),
        ("HANDRAIL_LOG_LEVEL", "loud", "Write one of debug, info, warning, error."),
        ("HANDRAIL_DRAIN", "-1", "Write a whole number from 0 to 300."),
        ("DATABASE_URL", "mysql://me@db/handrail", "is not a database that Handrail knows"),
        ("DATABASE_URL", "handrail.db", "Write sqlite:///handrail.db"),
        ("DATABASE_URL", "sqlite://", "names no file"),
        ("DATABASE_URL", "sqlite:///:memory:", "names no file"),
        ("DATABASE_URL", "sqlite:///x.db?mode=ro", "options after a question mark"),
        ("DATABASE_URL", "postgresql://me@db", "names no database"),
        ("DATABASE_URL", "postgresql://me@db:many/handrail", "cannot be read as an address"),
        ("HANDRAIL_HTTP", "8080", "is not a host and a port"),
        ("HANDRAIL_HTTP", "127.0.0.1:99999", "is not a host and a port"),
        ("HANDRAIL_RUNBOOK", "x", "Did you mean HANDRAIL_RUNBOOKS?"),
        ("HANDRAIL_COLOUR", "red", "Handrail knows HANDRAIL_RUNBOOKS, HANDRAIL_HTTP"),
    ],
)
def test_a_bad_value_is_named_with_what_to_write(name: str, value: str, says: str) -> None:
    found = complaints(**{name: value})
    assert found.startswith(f"{name}: ")
    assert says in found


def test_a_bad_secret_is_not_repeated() -> None:
    found = complaints(SLACK_BOT_TOKEN="hunter2", SLACK_SIGNING_SECRET="tiny!", DATABASE_URL="x://me:hush@db")
    assert not any(secret in found for secret in ("hunter2", "tiny!", "hush"))


def test_all_problems_are_listed_at_once() -> None:
    found = complaints(SLACK_BOT_TOKEN="x", HANDRAIL_HTTP="x", HANDRAIL_X="x", DATABASE_URL="x")
    assert len(found.splitlines()) == 4


def test_serving_needs_a_bot_token_and_a_way_in() -> None:
    """One way in is enough: the app token or the signing secret."""
    names = [problem.name for problem in missing_for_serving(read_settings({}))]
    assert names == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]
    assert missing_for_serving(read_settings({"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP})) == ()
    assert missing_for_serving(read_settings({"SLACK_BOT_TOKEN": BOT, "SLACK_SIGNING_SECRET": SECRET})) == ()


@pytest.mark.parametrize(
    ("environment", "keeps", "folder"),
    [
        ({}, False, "/u/ana/.local/state/handrail/mirror"),
        ({"HANDRAIL_MIRROR": "copies"}, True, "copies"),
        ({"DATABASE_URL": "postgresql://a:x@db/one"}, True, "/u/ana/.local/state/handrail/mirror"),
        ({"XDG_STATE_HOME": "/state"}, False, "/state/handrail/mirror"),
        ({"STATE_DIRECTORY": "/var/lib/handrail:/var/lib/other"}, False, "/var/lib/handrail/handrail/mirror"),
    ],
)
def test_copies_stand_where_the_machine_keeps_state(environment: dict[str, str], keeps: bool, folder: str) -> None:
    """One folder for each database; for SQLite, on the same disk as its file, only when asked."""
    settings = read_settings(environment)
    assert settings.keeps_mirror == keeps
    assert settings.mirror_of({"HOME": "/u/ana"} | environment).parent == Path(folder)


def test_a_database_is_the_same_whoever_logs_in_to_it() -> None:
    urls = ("postgresql://a:x@db/one", "postgresql://b:y@db/one", "postgresql://a:x@db/two")
    names = [read_settings({"DATABASE_URL": url}).mirror_of({}).name for url in urls]
    assert names[0] == names[1] != names[2]


def test_a_tracker_is_named_with_a_secret_or_not_at_all() -> None:
    """A webhook that could not be signed stops the start; neither the address nor the secret is repeated."""
    named = {"HANDRAIL_FOLLOWUP_WEBHOOK": "https://tracker.example/in?key=7", "HANDRAIL_FOLLOWUP_SECRET": SECRET}
    settings = read_settings(named)
    assert (settings.followup_webhook, settings.followup_secret) == tuple(named.values())
    assert "tracker" not in repr(settings)
    assert SECRET not in repr(settings)
    assert "could not be signed" in complaints(HANDRAIL_FOLLOWUP_WEBHOOK="https://tracker.example/in")
    assert "too short to sign with" in complaints(HANDRAIL_FOLLOWUP_SECRET="hush")
    assert "ftp" not in complaints(HANDRAIL_FOLLOWUP_WEBHOOK="ftp://tracker", HANDRAIL_FOLLOWUP_SECRET=SECRET)
    assert read_settings({"HANDRAIL_FOLLOWUP_SECRET": SECRET}).followup_webhook is None


@pytest.mark.parametrize(
    "text", ["https://handrail.example.org", "https://example.org/handrail/", "http://127.0.0.1:8080"]
)
def test_the_public_address_has_no_slash_at_the_end(text: str) -> None:
    assert read_settings({"HANDRAIL_PUBLIC_URL": text}).public_url == text.rstrip("/")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("handrail.example.org", "is not an address"),
        ("ftp://handrail.example.org", "is not an address"),
        ("http://handrail.example.org", "whoever reads the line could answer for others"),
        ("https://ana:x@handrail.example.org", "more than a host and a path"),
        ("https://handrail.example.org/?a=b", "more than a host and a path"),
    ],
)
def test_a_public_address_that_links_cannot_begin_with_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        read_settings({"HANDRAIL_PUBLIC_URL": text})


def test_a_secret_for_links_is_long_and_never_shown() -> None:
    settings = read_settings({"HANDRAIL_LINK_SECRET": "hunter2-" * 4})
    assert settings.link_secret == "hunter2-" * 4
    assert "hunter2" not in repr(settings)
    with pytest.raises(BadSettings, match="too short") as short:
        read_settings({"HANDRAIL_LINK_SECRET": "hunter2"})
    assert "hunter2" not in str(short.value)


def readme_settings() -> dict[str, str]:
    """Each name in the README's table of settings, and the default beside it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Configuration")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| `")]
    return {name: default.strip() for names, default in rows for name in re.findall(r"`([A-Z_]+)`", names)}


def test_the_readme_has_every_setting_and_no_other() -> None:
    assert readme_settings().keys() == VARIABLES.keys()


def test_the_readme_says_the_defaults_that_count() -> None:
    said = {name: default.strip("`") for name, default in readme_settings().items() if default.startswith("`")}
    assert {
        name: said.get(name) for name in ("SLACK_API_URL", "DATABASE_URL", "HANDRAIL_RUNBOOKS", "HANDRAIL_HTTP")
    } == {
        "SLACK_API_URL": SLACK_API_URL,
        "DATABASE_URL": DATABASE_URL,
        "HANDRAIL_RUNBOOKS": RUNBOOKS,
        "HANDRAIL_HTTP": HTTP,
    }
    assert Address("127.0.0.1", 8080) == Settings().http == read_settings({"HANDRAIL_HTTP": HTTP}).http


def test_every_field_has_its_variable_and_names_are_those_of_fields() -> None:
    """A field that no variable fills could never be set; a name that stands nowhere would be asked for in vain."""
    known = {one.name for one in fields(Settings)}
    assert sorted(attribute for attribute, _ in VARIABLES.values()) == sorted(known)
    assert {name for given, wanted, *_ in TOGETHER for name in (given, wanted)} <= known
    assert {name for _, _, name, *_ in TOGETHER} <= VARIABLES.keys()


PAGES = sorted(path for path in [*(ROOT / "docs").rglob("*"), ROOT / "README.md"] if path.suffix in {".md", ".yaml"})


OF_COMMANDS = {"HANDRAIL_BEAT_TOKEN"}
"""Read by one command on another machine (`handrail beat`), which has no settings."""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_names_no_setting_that_is_not_there(path: Path) -> None:
    """`HANDRAIL_X` and `HANDRAIL_X_FILE` alike; a reader who copies a name finds it known."""
    named = set(re.findall(r"\bHANDRAIL_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")))
    assert {name for name in named - OF_COMMANDS if name.removesuffix("_FILE") not in VARIABLES} == set()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("postgres://me:p%40ss@db/handrail", {"host": "db", "user": "me", "password": "p@ss", "dbname": "handrail"}),
        (
            "postgresql://me@one:5432,[::1]:5433,three/handrail?target_session_attrs=read-write",
            {"host": "one,::1,three", "port": "5432,5433,5432", "target_session_attrs": "read-write", "user": "me"},
        ),
        ("postgresql://me@%2Fvar%2Frun%2Fpg/handrail", {"host": "/var/run/pg", "dbname": "handrail"}),
        ("postgresql://%2FTmp:5433/handrail", {"host": "/Tmp", "port": "5433"}),
        ("postgresql:///handrail?host=/tmp", {"host": "/tmp", "dbname": "handrail"}),
        ("postgresql://me@[::1]:5433/handrail", {"host": "::1", "port": 5433}),
    ],
)
def test_addresses_of_postgresql_mean_what_libpq_means_by_them(written: str, read: dict[str, object]) -> None:
    """Held to what the driver is given at last."""
    engine = open_engine(read_settings({"DATABASE_URL": written}).database_url)
    _, given = engine.dialect.create_connect_args(engine.url)
    engine.dispose()
    assert read.items() <= given.items()


OF_A_CLUSTER = {
    "HANDRAIL_SERVICE_HOST": "10.96.0.12",
    "HANDRAIL_SERVICE_PORT": "80",
    "HANDRAIL_SERVICE_PORT_HTTP": "80",
    "HANDRAIL_PORT": "tcp://10.96.0.12:80",
    "HANDRAIL_PORT_80_TCP": "tcp://10.96.0.12:80",
    "HANDRAIL_PORT_80_TCP_PROTO": "tcp",
    "HANDRAIL_PORT_80_TCP_PORT": "80",
    "HANDRAIL_PORT_80_TCP_ADDR": "10.96.0.12",
    "HANDRAIL_METRICS_SERVICE_HOST": "fd00::12",
    "HANDRAIL_METRICS_PORT_9090_UDP": "udp://[fd00::12]:9090",
}
"""What Kubernetes puts into each pod for the Services `handrail` and `handrail-metrics`."""


def test_what_a_cluster_puts_into_the_environment_is_no_misspelt_setting() -> None:
    """By the shape of name and value: what somebody wrote who meant a setting is still refused."""
    assert read_settings(OF_A_CLUSTER) == Settings()
    for name, value in (("HANDRAIL_PORT", "8080"), ("HANDRAIL_SERVICE_HOST", "db.example"), ("HANDRAIL_SERVICE", "x")):
        assert f"{name}: is not a setting of Handrail." in complaints(**{name: value})


def test_who_drains_and_for_how_long() -> None:
    """A balancer has to notice that we go; a socket is closed by ourselves."""
    assert read_settings({"SLACK_SIGNING_SECRET": SECRET}).drains_for == 5
    assert read_settings({"SLACK_APP_TOKEN": APP}).drains_for == 0
    assert read_settings({"SLACK_APP_TOKEN": APP, "HANDRAIL_DRAIN": "20"}).drains_for == 20
