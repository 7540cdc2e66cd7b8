"""Log lines are JSON away from a terminal, and no secret gets into one, whoever writes it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.wiring.process.logs import hide_secrets, set_up_logs

SECRETS = (
    "xoxb-123456-abcDEF",
    "xapp-1-A0-123456-abc",
    "xoxe.xoxp-1-abc",
    "hush",
    "T0/B0/XYZ",
    "4e5f",
    "f" * 64,
)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield io.StringIO()
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def leak() -> None:
    raise RuntimeError(
        "xoxb-123456-abcDEF xapp-1-A0-123456-abc xoxe.xoxp-1-abc postgresql+psycopg://me:hush@db/x "
        f"https://hooks.slack.com/T0/B0/XYZ wss://link?ticket=4e5f&x=1 v0={'f' * 64}"
    )


def test_a_line_is_json_with_time_level_and_words(stream: io.StringIO) -> None:
    set_up_logs(stream)
    structlog.get_logger("bot.engine").info("committed", run="ORDERS-7", seq=3)
    logging.getLogger("slack_sdk").warning("slow %s", "answer")
    ours, theirs = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (ours["event"], ours["run"], ours["seq"], ours["level"]) == ("committed", "ORDERS-7", 3, "info")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == ("slow answer", "slack_sdk", "warning")
    assert ours["timestamp"].endswith("Z")


def test_no_secret_gets_into_a_line(stream: io.StringIO) -> None:
    """Neither from a value, nor from a traceback, nor through the standard library."""
    set_up_logs(stream)
    try:
        leak()
    except RuntimeError as failure:
        structlog.get_logger().exception("broke", why=str(failure), parts=[str(failure)])
        logging.getLogger("slack_sdk").exception("broke")
        logging.getLogger("slack_sdk").error("broke: %s", failure)  # noqa: TRY400 (the words alone)
    text = stream.getvalue()
    assert text.count("RuntimeError") >= 2
    assert [secret for secret in SECRETS if secret in text] == []


def test_ordinary_words_are_left_alone() -> None:
    for words in (
        "Slack refuses the token: make a new one",
        "http://127.0.0.1:8080/readyz",
        "2026-11-22T03:40:00+01:00 ana@example.com",
        "sqlite:///handrail.db",
    ):
        assert hide_secrets(words) == words
