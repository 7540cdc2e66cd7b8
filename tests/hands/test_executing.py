"""Processes that hang, fork, ignore TERM, flood and print rubbish; and what they find around them."""

import sys
import time
from pathlib import Path

import pytest

from bot.format.pieces import Capture
from bot.hands.executing import KEPT, Bounds, Ended, execute
from bot.hands.output import HIDDEN, redacted
from bot.hands.reading import read_values

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def python(script: str, seconds: float = 20, **bounds: int) -> Ended:
    return execute([sys.executable, "-I", "-S", "-c", script], ENVIRONMENT, Bounds(seconds, **bounds))


def lives(pid: int) -> bool:
    """Whether a process still does something; a dead one that nobody has fetched does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_it_exits_and_says_with_what() -> None:
    ended = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (ended.how, ended.exit, ended.out, ended.size) == ("exit", 3, b"out\n", 8)
    assert ended.printed == b"out\nerr\n"


def test_nothing_of_our_environment_and_nothing_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-not-yours")
    ended = python(
        "import os, sys; print(sorted(os.environ), repr(sys.stdin.read()), os.getcwd(), os.getsid(0) == os.getpid())"
    )
    assert ended.out.decode() == "['LC_ALL', 'PATH'] '' / True\n"


@pytest.mark.parametrize("argument", ["; rm -rf /", "$(id)", "`id`", "a\nb", "--help", "'\"", "*", "~"])
def test_an_argument_is_one_argument_and_nothing_else(argument: str) -> None:
    command = [sys.executable, "-I", "-S", "-c", "import sys; print(ascii(sys.argv[1:]))", argument]
    assert execute(command, ENVIRONMENT, Bounds(20)).out.decode().strip() == ascii([argument])


def test_a_nul_and_a_program_that_is_not_there_are_said() -> None:
    for command in (["/bin/echo", "a\0b"], ["/nowhere/at/all"]):
        ended = execute(command, ENVIRONMENT, Bounds(5))
        assert ended.how == "not started"
        assert ended.trouble


def test_whoever_ignores_term_and_forks_is_ended_as_a_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("bot.hands.executing.GRACE", 0.2)
    note = tmp_path / "pids"
    script = f"""
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    open({str(note)!r}, "w").write(f"{{os.getpid()}} {{child}}")
time.sleep(600)
"""
    ended = python(script, seconds=1.5)
    assert (ended.how, ended.exit) == ("limit", None)
    assert "its limit" in ended.trouble
    pids = [int(pid) for pid in note.read_text().split()]
    assert len(pids) == 2
    until = time.monotonic() + 10
    while any(lives(pid) for pid in pids):
        assert time.monotonic() < until, "something was left behind"
        time.sleep(0.01)


def test_what_it_leaves_behind_with_its_output_open_is_not_waited_for(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = f"""
import os, time
if os.fork() == 0:
    open({str(note)!r}, "w").write(str(os.getpid()))
    time.sleep(600)
while not os.path.exists({str(note)!r}): time.sleep(0.01)
print("done", flush=True)
os._exit(0)
"""
    ended = python(script)
    assert (ended.how, ended.exit, ended.out) == ("exit", 0, b"done\n")
    until = time.monotonic() + 10
    while lives(int(note.read_text() or 0)):
        assert time.monotonic() < until, "it was left behind"
        time.sleep(0.01)


ESCAPES = """
import os, time
def away(depth):
    os.setsid()
    if depth and os.fork():
        os._exit(0)
    if depth:
        return away(depth - 1)
    open("NOTE.new", "w").write(str(os.getpid())); os.rename("NOTE.new", "NOTE")
    os.execve("/bin/sleep", ["innocent", "600"], {})
if os.fork() == 0:
    os.setpgid(0, 0)
    if os.fork():
        os._exit(0)
    away(2)
while not os.path.exists("NOTE"): time.sleep(0.01)
"""


@pytest.mark.parametrize("after", ["", "time.sleep(600)"])
def test_nothing_gets_away_by_a_session_of_its_own(tmp_path: Path, after: str) -> None:
    """A daemon, as one is made: forked twice, in other sessions, with another name and no environment."""
    note = tmp_path / "pid"
    ended = python(ESCAPES.replace("NOTE", str(note)) + after, seconds=3 if after else 20)
    assert ended.how == ("limit" if after else "exit")
    assert not lives(int(note.read_text()))


def test_a_tree_that_grows_while_it_is_ended_is_ended(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    script = f"""
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
note = os.open({str(note)!r}, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        os.write(note, b"%d\\n" % os.getpid())
        until = time.monotonic() + 600
        while time.monotonic() < until:
            if os.fork() == 0:
                time.sleep(0.05); os._exit(0)
            time.sleep(0.01)
os.write(note, b"all\\n")
"""
    assert python(script, processes=8_192).how == "exit"
    left = [int(pid) for pid in note.read_text().split() if pid != "all"]
    assert left
    assert not [pid for pid in left if lives(pid)]


def test_when_what_follows_it_is_killed_it_is_lost_and_ended(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = f"""
import os, signal, time
open({str(note)!r}, "w").write(str(os.getpid()))
os.kill(os.getppid(), signal.SIGKILL)
time.sleep(600)
"""
    ended = python(script)
    assert (ended.how, ended.exit) == ("lost", None)
    until = time.monotonic() + 10
    while lives(int(note.read_text())):
        assert time.monotonic() < until, "it was left behind"


@pytest.mark.slow
def test_a_gigabyte_on_one_line_costs_no_memory() -> None:
    """Of 100 MB and of 1 GB without a line feed the same is held: 4 MB of its beginning and 1 MB of its end."""
    pages = []
    for size in (100_000_000, 1_000_000_000):
        ended = execute(["/usr/bin/head", "-c", str(size), "/dev/zero"], ENVIRONMENT, Bounds(300))
        assert (ended.how, ended.exit, ended.size, len(ended.printed)) == ("exit", 0, size, KEPT)
        pages.append(int(Path("/proc/self/statm").read_text().split()[1]))
    assert (pages[1] - pages[0]) * 4096 < 30_000_000


def test_a_flood_is_counted_and_its_end_kept() -> None:
    ended = python("import sys; [sys.stdout.write('x' * 1_000_000) for _ in range(12)]; sys.stdout.write('end')")
    assert ended.size == 12_000_003
    assert len(ended.printed) == KEPT
    assert ended.printed.endswith(b"xend")


def test_a_file_that_grows_too_long_and_core_files_are_stopped(tmp_path: Path) -> None:
    big = tmp_path / "big"
    ended = python(f"open({str(big)!r}, 'wb').write(b'x' * 5_000_000)", file=1_000_000)
    assert ended.exit != 0
    assert big.stat().st_size <= 1_000_000


def test_secrets_and_rubbish_do_not_stay() -> None:
    text = redacted(
        b"pw=hunter22\r\nkey hunter22 \x00\x1b[31m \xff", ("hunter22",), lambda one: one.replace("key", "k")
    )
    assert text == f"pw={HIDDEN}\nk {HIDDEN} \ufffd\ufffd[31m \ufffd"


def test_what_begins_within_a_secret_does_not_show_its_end() -> None:
    """Of a flood the last part is kept, and that may begin anywhere."""
    assert redacted(b"er22 and more", ("hunter22",), str, is_cut=True) == f"{HIDDEN} and more"
    assert redacted(b"er22 and more", ("hunter22",), str) == "er22 and more"
    assert redacted(b"plain", ("hunter22",), str, is_cut=True) == "plain"


def test_values_are_read_by_pattern_path_and_exit() -> None:
    captures = {
        "plain": Capture.model_validate({"from": "stdout"}),
        "part": Capture.model_validate({"from": "stdout", "pattern": "used ([0-9]+)%"}),
        "path": Capture.model_validate({"from": "stdout", "jmespath": "[0].code"}),
        "exit": Capture.model_validate({"from": "exit"}),
    }
    found = read_values(captures, " used 93% of it\n", 3)
    assert found.captured == {"plain": "used 93% of it", "part": "93", "exit": "3"}
    assert "is not JSON: “used 93% of it”" in found.missing["path"]
    assert read_values({"path": captures["path"]}, '[{"code": 7}]', 0).captured == {"path": "7"}
    assert "nothing fits" in read_values({"part": captures["part"]}, "no", 0).missing["part"]


def test_a_pattern_that_takes_for_ever_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.hands.reading.PATTERN_WITHIN", 0.5)
    capture = Capture.model_validate({"from": "stdout", "pattern": "(a+)+$"})
    found = read_values({"slow": capture}, "a" * 60 + "b", 0)
    assert "took longer" in found.missing["slow"]


def test_nobody_is_left_as_our_child() -> None:
    before = children()
    python("pass")
    assert children() <= before


def children() -> set[str]:
    """The processes that this one has begun, by all of its threads; also those that ended and were not waited for."""
    return {child for one in Path("/proc/self/task").glob("*/children") for child in one.read_text("ascii").split()}
