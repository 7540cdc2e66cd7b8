"""`handrail try` opens a page that answers, with the bot in it, and goes on where it was after a restart."""

import re
import signal
import socket
from pathlib import Path

import httpx

from tests.warm import ROOT
from tests.wiring.running import RUNBOOKS, running


def page_of(output: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", output)
    assert found is not None, output
    return found[0]


def test_the_page_answers_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    """The second start has the same key, so that an open page goes on."""
    home = str(tmp_path / "home")
    keys = []
    for cold in (True, False):
        with running(["try", "--port", "0", "--home", home, "--no-browser"], cold=cold) as trial:
            output = trial.wait_for_output(lambda said: "Ctrl-C ends it" in said)
            assert "/recover orders" in output
            page = page_of(output)
            keys.append(page.partition("token=")[2])
            assert "incidents" in httpx.get(page, follow_redirects=True).text
            assert httpx.get(page.partition("?")[0], follow_redirects=True).status_code in (401, 403)
            pages = re.search(r"not in the channel: +(http://\S+)", output)
            assert pages is not None, output
            with httpx.Client(follow_redirects=True) as browser:
                assert "What is going on" in browser.get(pages[1]).text
                bare = pages[1].partition("?")[0]
                assert "What is going on" in browser.get(bare).text
            assert httpx.get(bare).status_code == 403
            code, _ = trial.end(signal.SIGINT)
        assert code == 0, trial.said()
        assert "goes on from there" in trial.output
    assert keys[0] == keys[1]
    assert (tmp_path / "home" / "handrail.db").is_file()
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0


def test_ones_own_slack_is_left_alone(tmp_path: Path) -> None:
    """A real token in the environment, even a broken one, is not looked at."""
    mine = {"SLACK_BOT_TOKEN": "xoxb-123456-mine", "SLACK_APP_TOKEN": "broken", "HANDRAIL_HTTP": "nonsense"}
    with running(["try", "--port", "0", "--home", str(tmp_path), "--no-browser"], mine) as trial:
        trial.wait_for_output(lambda said: "Ctrl-C ends it" in said)
        assert trial.end(signal.SIGINT)[0] == 0


def test_a_taken_port_is_said_and_the_usual_one_is_given_way(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with running(["try", "--port", port, "--home", str(tmp_path), "--no-browser"]) as trial:
            assert trial.wait() == 2
            assert f"Port {port} of this machine cannot be used" in trial.said()
            assert "--port" in trial.said()


def test_a_second_one_in_the_same_home_is_told_where_the_first_is(tmp_path: Path) -> None:
    arguments = ["try", "--port", "0", "--home", str(tmp_path), "--no-browser"]
    with running(arguments) as first:
        page = page_of(first.wait_for_output(lambda said: "Ctrl-C ends it" in said))
        with running(arguments) as second:
            assert second.wait() == 2
            assert page in second.said()


def test_nothing_to_try_is_said(tmp_path: Path) -> None:
    """No folder, and a folder without anybody to be; with the shipped one all would be well."""
    empty = tmp_path / "empty"
    empty.mkdir()
    with running(["try", "--no-browser"], folder=tmp_path) as trial:
        assert trial.wait() == 2
        assert "There is no folder of runbooks at runbooks" in trial.said()
    with running(["try", "--no-browser"], {"HANDRAIL_RUNBOOKS": str(empty)}, folder=tmp_path) as trial:
        assert trial.wait() == 2
        assert "nobody to be" in trial.said()
    assert (ROOT / RUNBOOKS).is_dir()
    assert list(tmp_path.iterdir()) == [empty]
