"""A letter by a channel: accepted or not, in words without secrets, and never for longer than the limit."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import pytest

from bot.oncall.pager.message import DeliveryResult, PageMessage
from bot.oncall.pager.sender import PageSender
from tests.journal.test_standing import wait_until
from tests.oncall.pager.receiver import HANGS, receiving

LETTER = PageMessage(
    "DRILL ORDERS-7", "The whole story.\nAnswer: https://handrail.example.org/answer/x", "Short.", "key-1"
)
PATHS = {"PATH": os.environ.get("PATH", "")}


@pytest.fixture(scope="module")
def courier() -> Iterator[PageSender]:
    courier = PageSender(PATHS)
    yield courier
    courier.close()


def test_an_accepted_letter_is_whole_and_carries_its_key(courier: PageSender) -> None:
    with receiving() as receiver:
        answer = courier.send(receiver.url("hook"), LETTER)
        [parcel] = receiver.came
    assert answer == DeliveryResult(reached=True, words="accepted by JSON")
    assert (parcel.path.partition("?")[0], parcel.key) == ("/hook", "key-1")
    assert (parcel.title, parcel.body) == (LETTER.title, LETTER.body)


@pytest.mark.parametrize(
    ("status", "words", "last"),
    [
        (500, "JSON: refused with 500 Internal Server Error", False),
        (429, "JSON: refused with 429 Too Many Requests", False),
        (401, "JSON: refused with 401 Unauthorized", True),
        (404, "JSON: refused with 404 Not Found", True),
        (301, "JSON: refused with 301 Moved Permanently", False),
    ],
)
def test_a_refusal_is_told_by_its_status(courier: PageSender, status: int, words: str, last: bool) -> None:
    """What would be the same half a minute later is not tried again."""
    with receiving(status) as receiver:
        assert courier.send(receiver.url(), LETTER) == DeliveryResult(reached=False, words=words, last=last)


def test_a_look_says_whether_it_could_go_out_and_sends_nothing(courier: PageSender) -> None:
    """The same words as an attempt would get, where the address alone decides."""
    with receiving() as receiver:
        assert courier.look_at(receiver.url("hook")) == DeliveryResult(reached=True, words="JSON")
        assert receiver.came == []
    for wrong in ("hunter2", "nosuch://hunter2", "syslog://", "json://a/ json://b/", "pagerduty://hunter2"):
        looked = courier.look_at(wrong)
        assert looked == courier.send(wrong, LETTER)
        assert not looked.reached
        assert "hunter2" not in looked.words


def test_nobody_listening_is_no_connection(courier: PageSender) -> None:
    with receiving() as receiver:
        url = receiver.url()
    assert courier.send(url, LETTER) == DeliveryResult(reached=False, words="JSON: no connection")


@pytest.mark.parametrize(
    "url",
    [
        "syslog://", "dbus://", "macosx://", "windows://", "gnome://", "kde://", "blink1://", "rsyslog://127.0.0.1",
        "SYSLOG://", "syslog:/",
    ],
)  # fmt: skip
def test_what_stays_on_this_machine_is_refused(courier: PageSender, url: str) -> None:
    answer = courier.send(url, LETTER)
    assert (answer.reached, answer.last) == (False, True)
    assert "reaches nobody elsewhere" in answer.words


@pytest.mark.parametrize(
    "url",
    ["hunter2", "postgresql://ana:hunter2@db/handrail", "pagerduty://hunter2", "json://a/hunter2 json://b/hunter2", ""],
)
def test_what_is_no_address_is_said_without_it(courier: PageSender, url: str) -> None:
    """The variable of another secret does no harm either: nothing is sent, and nothing of it is told."""
    answer = courier.send(url, LETTER)
    assert (answer.reached, answer.last) == (False, True)
    assert "hunter2" not in answer.words


def test_the_address_decides_neither_how_often_nor_that_a_failure_is_fine(courier: PageSender) -> None:
    """`retry=` and `optional=` are Apprise's; attempts are ours to make, and a failure is recorded as one."""
    with receiving(500) as receiver:
        answer = courier.send(f"{receiver.url()}&retry=5&wait=0&optional=yes", LETTER)
        assert (answer.reached, len(receiver.came)) == (False, 1)


def test_a_key_that_the_address_brings_is_kept(courier: PageSender) -> None:
    with receiving() as receiver:
        courier.send(f"{receiver.url()}&+Idempotency-Key=theirs", LETTER)
        assert [parcel.key for parcel in receiver.came] == ["theirs"]


def test_one_that_hangs_is_given_up_and_delays_nobody() -> None:
    """Its process ends with it, once the others in it are done; the next letter goes out by another one."""
    courier = PageSender(PATHS, limit=8.0)
    with receiving(HANGS) as hanging, receiving() as fine, ThreadPoolExecutor(20) as pool:
        courier.send(fine.url(), LETTER)  # the process is there
        begun = monotonic()
        hung = [pool.submit(courier.send, hanging.url(), LETTER) for _ in range(8)]
        others = [pool.submit(courier.send, fine.url(), LETTER) for _ in range(8)]
        assert all(one.result().reached for one in others)
        assert monotonic() - begun < 7.0
        assert {one.result() for one in hung} == {DeliveryResult(reached=False, words="no answer in time")}
        assert monotonic() - begun < 15.0
        assert courier.send(fine.url(), LETTER).reached
    courier.close()


NOTES = """
import json, os, sys, threading, time
def answer(number):
    print(json.dumps({"number": number, "reached": True, "words": str(os.getpid()), "last": False}), flush=True)
for line in iter(sys.stdin.readline, ""):
    told = json.loads(line)
    match told["url"]:
        case "fine":
            answer(told["number"])
        case "slow":
            threading.Timer(2.5, answer, (told["number"],)).start()
        case "deaf":
            answer(told["number"])
            os.close(0)
            open(sys.argv[1], "w").close()
            time.sleep(100)
"""
"""It answers with its number as a process, never what hangs, and after `deaf` takes nothing any more."""


@pytest.fixture
def noted(tmp_path: Path) -> Iterator[PageSender]:
    script = tmp_path / "sender.py"
    script.write_text(NOTES)
    courier = PageSender(PATHS, command=(sys.executable, str(script), str(tmp_path / "deaf")), limit=1.0)
    yield courier
    courier.close()


def has_ended(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.slow
def test_one_that_hangs_takes_no_further_letters_and_is_not_left_behind(noted: PageSender) -> None:
    """The next letter goes to another process, and the one that hung is ended."""
    first = int(noted.send("fine", LETTER).words)
    assert noted.send("hangs", LETTER) == DeliveryResult(reached=False, words="no answer in time")
    wait_until(lambda: has_ended(first))
    assert noted.send("fine", LETTER).words not in ("", str(first))


@pytest.mark.slow
def test_one_that_hangs_is_ended_once_the_others_in_it_are_done(tmp_path: Path) -> None:
    """What is under way there is still answered; meanwhile the next letter goes to another process."""
    script = tmp_path / "sender.py"
    script.write_text(NOTES)
    noted = PageSender(PATHS, command=(sys.executable, str(script), ""), limit=4.0)
    first = int(noted.send("fine", LETTER).words)
    with ThreadPoolExecutor(2) as pool:
        hung = pool.submit(noted.send, "hangs", LETTER)
        sleep(2.0)  # both have the same limit, and this one has to be under way when the first one is given up
        slow = pool.submit(noted.send, "slow", LETTER)
        assert not hung.result().reached
        other = noted.send("fine", LETTER)
        assert slow.result().words == str(first), "it was not ended under it"
    assert other.words != str(first)
    wait_until(lambda: has_ended(first))
    noted.close()


def test_a_process_that_takes_nothing_any_more_is_replaced_and_the_letter_goes_out(
    noted: PageSender, tmp_path: Path
) -> None:
    """What could not even be handed over is tried once more, by a process of its own."""
    first = noted.send("deaf", LETTER).words
    wait_until((tmp_path / "deaf").exists)
    answer = noted.send("fine", LETTER)
    assert answer.reached
    assert answer.words != first
    wait_until(lambda: has_ended(int(first)))


GRIPS = """
import sys, time
for line in sys.stdin:
    time.sleep(100)
"""
DIES = "import sys; sys.stdin.readline(); sys.exit(1)"


@pytest.mark.parametrize(("program", "words"), [(GRIPS, "no answer in time"), (DIES, "the sender ended before")])
def test_whatever_the_process_does_there_is_an_answer(tmp_path: Path, program: str, words: str) -> None:
    script = tmp_path / "sender.py"
    script.write_text(program)
    courier = PageSender(PATHS, command=(sys.executable, str(script)), limit=1.0)
    begun = monotonic()
    answer = courier.send("json://127.0.0.1:1", LETTER)
    assert (answer.reached, answer.last) == (False, False)
    assert answer.words.startswith(words)
    assert monotonic() - begun < 10.0
    courier.close()
