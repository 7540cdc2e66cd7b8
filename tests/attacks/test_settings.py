"""Settings that hold a secret where none is looked for, steer a terminal, or are long; what is printed of them."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main

SECRET = "Zwq7-hunter2"
STEERING = ("\x1b]0;owned\x07", "\x1b[2J", "\u202e", "\x9b31m")
CLOSED = "127.0.0.1:9"
"""A port where nobody listens: the doctor asks nobody else."""
LOOSE: dict[str, dict[str, str]] = {
    "a proxy with a password before Slack": {"SLACK_API_URL": f"http://me:{SECRET}@{CLOSED}/api/"},
    "the same, not to be used": {"SLACK_API_URL": f"http://me:{SECRET}@{CLOSED}/api"},
    "in capitals": {"SLACK_API_URL": f"HTTP://ME:{SECRET}@{CLOSED}/api/"},
    "with a quote in it": {"SLACK_API_URL": f"http://me:it's{SECRET}@{CLOSED}/api/"},
    "a database's among its options": {"DATABASE_URL": f"postgresql://{CLOSED}/none?password={SECRET}"},
    "a key's among its options": {"DATABASE_URL": f"postgresql://{CLOSED}/none?sslpassword={SECRET}"},
    "a database's": {"DATABASE_URL": f"postgresql://me:{SECRET}@{CLOSED}/none"},
    "an address where a file is named": {"DATABASE_URL_FILE": f"postgresql://me:{SECRET}@{CLOSED}/none"},
    "a token where a file is named": {"SLACK_BOT_TOKEN_FILE": f"xoxb-{SECRET}"},
    "a secret where a file is named": {"HANDRAIL_LINK_SECRET_FILE": SECRET * 4},
    "an address of another kind": {"HANDRAIL_PUBLIC_URL": f"ftp://me:{SECRET}@example.org"},
    "where one listens": {"HANDRAIL_HTTP": f"http://me:{SECRET}@{CLOSED}"},
    "where a proxy is": {"HANDRAIL_PROXY_FROM": f"http://me:{SECRET}@{CLOSED}", "HANDRAIL_PROXY_HEADER": "X-User"},
    "a watchdog's": {"HANDRAIL_HEARTBEAT_URL": f"http://{CLOSED}/{SECRET}"},
    "a watchdog's, not to be used": {"HANDRAIL_HEARTBEAT_URL": f"//{CLOSED}/{SECRET}"},
    "a tracker's": {"HANDRAIL_FOLLOWUP_WEBHOOK": f"http://{CLOSED}/{SECRET}", "HANDRAIL_FOLLOWUP_SECRET": SECRET * 4},
}


def handrail(folder: Path, command: str, **environment: str) -> Result:
    (folder / "runbooks").mkdir(exist_ok=True)
    usual = {
        "SLACK_API_URL": f"http://{CLOSED}/api/", "DATABASE_URL": f"sqlite:///{folder}/record.db",
        "HANDRAIL_RUNBOOKS": str(folder / "runbooks"), "HANDRAIL_HTTP": "127.0.0.1:0",
    }  # fmt: skip
    kept = {name: text for name, text in usual.items() if f"{name}_FILE" not in environment}
    return CliRunner().invoke(main, [command], env=kept | environment)


@pytest.mark.parametrize("command", ["doctor", "manifest"])
@pytest.mark.parametrize("loose", LOOSE.values(), ids=LOOSE)
def test_no_secret_is_printed(tmp_path: Path, loose: dict[str, str], command: str) -> None:
    """What the doctor says is pasted into tickets."""
    told = handrail(tmp_path, command, **loose)
    assert told.output.strip()
    assert SECRET not in told.output
    assert "Traceback" not in told.output


@pytest.mark.parametrize("command", ["doctor", "manifest"])
@pytest.mark.parametrize(
    "name",
    [
        "SLACK_API_URL", "DATABASE_URL", "HANDRAIL_RUNBOOKS", "HANDRAIL_HTTP", "HANDRAIL_PACK", "HANDRAIL_TEMPLATES",
        "HANDRAIL_PUBLIC_URL", "HANDRAIL_PROXY_HEADER", "HANDRAIL_PROXY_FROM", "HANDRAIL_OTHER", "SLACK_BOT_TOKEN_FILE",
    ],
)  # fmt: skip
def test_a_setting_steers_no_terminal_and_stops_no_doctor(tmp_path: Path, name: str, command: str) -> None:
    """However long it is."""
    for text in ("".join(STEERING), f"https://{''.join(STEERING)}.example/", f"sqlite:///{'x' * 50_000}"):
        told = handrail(tmp_path, command, **{name: text})
        assert not isinstance(told.exception, Exception), told.exception
        assert told.exit_code in (0, 1, 2)
        assert not any(steering in told.output for steering in STEERING)
