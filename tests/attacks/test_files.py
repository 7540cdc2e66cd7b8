"""Files that lie about what they are: links, names and words that steer a terminal, keys and tokens in a log."""

import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from bot.cli import main
from bot.library.check import check_folder
from bot.library.registry import load_shelf
from bot.wiring.process.logs import hide_secrets, set_up_logs


@pytest.fixture(autouse=True)
def _logs_stay_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


STEERING = ("\x1b]0;owned\x07", "\x1b[2J", "\u202e", "\x9b31m")


def handrail(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=environment)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """What lies elsewhere on the machine would be told in a channel; a link within the folder is a file like any."""
    outside, folder = tmp_path / "shadow", tmp_path / "runbooks"
    outside.write_text("root: s3cret-word\n", encoding="utf-8")
    folder.mkdir()
    (folder / "out.yaml").symlink_to(outside)
    (folder / ".data").mkdir()
    (folder / ".data" / "in.yaml").write_text("schema: people/v1\npeople: [{id: ana, name: Ana}]\n", encoding="utf-8")
    (folder / "in.yaml").symlink_to(folder / ".data" / "in.yaml")
    (folder / "round.yaml").symlink_to(folder / "round.yaml")
    (folder / "zero.yaml").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.yaml")
    report = check_folder(folder)
    assert [(one.file, one.rule) for one in report.problems if one.severity == "error"] == [("out.yaml", "S2")]
    assert "s3cret" not in repr(report)
    assert "ana" in load_shelf(folder).catalogue.people


@pytest.mark.parametrize("kind", ["text", "json", "github"])
def test_a_name_of_a_file_steers_no_terminal_and_breaks_no_line(tmp_path: Path, kind: str) -> None:
    """Nor does one that is no text at all keep the others from being read."""
    for number, steering in enumerate(STEERING):
        (tmp_path / f"{number}{steering}\nerror  all is well.yaml").write_text("schema: nope\n", encoding="utf-8")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.yaml")).write_text("schema: nope\n", encoding="utf-8")
    told = handrail("check", str(tmp_path), "--format", kind, "--no-cache")
    assert told.exit_code == 1, told.output
    assert not any(steering in told.output for steering in STEERING)
    assert "\nerror  all is well" not in told.output
    set_up_logs(stream := io.StringIO())
    structlog.get_logger().warning("bad", files=sorted(check_folder(tmp_path).bad))
    assert stream.getvalue().encode()
    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["log"], ["verify"], ["history"], ["show"], ["walk", "--plain", "--resume"]])
def test_what_is_said_of_an_argument_steers_no_terminal(tmp_path: Path, arguments: list[str]) -> None:
    database = {"DATABASE_URL": f"sqlite:///{tmp_path}/record.db", "HANDRAIL_RUNBOOKS": str(tmp_path)}
    told = handrail(*arguments, "".join(STEERING), **database)
    assert told.exit_code == 2
    assert not any(steering in told.output for steering in STEERING)


def test_a_file_to_import_says_nothing_to_the_terminal(tmp_path: Path) -> None:
    """Neither its name nor its first line."""
    file = tmp_path / f"{STEERING[0]}.jsonl"
    header = {
        "format": "".join(STEERING), "run_id": "r", "ref": "R-1", "exported_at": "2026-11-22T12:00:00Z", "head": 1,
        "hash": "h", "digest": "d", "texts": {},
    }  # fmt: skip
    file.write_text(json.dumps(header, ensure_ascii=False) + "\n", encoding="utf-8")
    told = handrail("import", str(file), DATABASE_URL=f"sqlite:///{tmp_path}/r.db", HANDRAIL_RUNBOOKS=str(tmp_path))
    assert told.exit_code == 2
    assert "of the format" in told.output
    assert not any(steering in told.output for steering in STEERING)


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ("token hrp-0123456789abcdef0123456789abcdef", "0123456789abcdef"),
        ("postgresql://handrail:p@ss:w0rd/x@db.example.com/h", "w0rd"),
        ("postgresql:///h?user=me&password=hunter2&sslmode=require", "hunter2"),
        ("connection failed: password=hunter2 host=db", "hunter2"),
        ("xoxb-1-2-abcdef and xapp-1-A-abcdef", "abcdef"),
    ],
)
def test_no_secret_reaches_the_log(said: str, secret: str) -> None:
    assert secret not in hide_secrets(said)
    set_up_logs(stream := io.StringIO())
    structlog.get_logger().error("broken", exc_info=ValueError(said))
    assert secret not in stream.getvalue()
