"""Faults on demand, and Slack's rates."""

import time
from collections import Counter

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler, RateLimitErrorRetryHandler
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator

from bot.workspace.faults import Dial, Fault, Trouble
from bot.workspace.serve import Options, Workspace
from tests.workspace.office import INC, Fake, start, web


def said(workspace: Workspace) -> list[str]:
    return workspace.person("ana").sees("inc")


def test_a_limit_names_its_seconds_and_stops_one_method_only(workspace: Workspace) -> None:
    workspace.dial.add(Fault(Trouble.LIMITED, "chat.postMessage", seconds=7))
    with pytest.raises(SlackApiError) as limited:
        web(workspace).chat_postMessage(channel=INC, text="x")
    response = limited.value.response
    assert (response.status_code, response["error"], response.headers["Retry-After"]) == (429, "ratelimited", "7")
    web(workspace).chat_postMessage(channel=INC, text="once only")
    assert said(workspace) == ["once only"]


@pytest.mark.parametrize(
    ("trouble", "took_effect"),
    [(Trouble.ERROR_BEFORE, False), (Trouble.ERROR_AFTER, True)],
)
def test_a_server_error_before_and_after_it_took_effect(
    workspace: Workspace, trouble: Trouble, took_effect: bool
) -> None:
    workspace.dial.add(Fault(trouble, "chat.*"))
    with pytest.raises(SlackApiError) as failed:
        web(workspace).chat_postMessage(channel=INC, text="x")
    assert failed.value.response.status_code == 500
    assert said(workspace) == ["x"] * took_effect


@pytest.mark.parametrize(("trouble", "stored"), [(Trouble.DROP_BEFORE, 1), (Trouble.DROP_AFTER, 2)])
def test_a_dropped_connection_and_the_sdk_that_posts_twice(workspace: Workspace, trouble: Trouble, stored: int) -> None:
    """The default client repeats a call whose connection was lost: after the effect, that is a second post."""
    workspace.dial.add(Fault(trouble, "chat.postMessage"))
    web(
        workspace, ConnectionErrorRetryHandler(interval_calculator=FixedValueRetryIntervalCalculator(0.01))
    ).chat_postMessage(channel=INC, text="x")
    assert said(workspace) == ["x"] * stored


def test_without_a_retry_a_drop_is_an_error_of_the_connection(workspace: Workspace) -> None:
    workspace.dial.add(Fault(Trouble.DROP_AFTER, "chat.postMessage"))
    with pytest.raises(OSError, match=r"(?i)remote end closed|reset"):
        web(workspace).chat_postMessage(channel=INC, text="x")
    assert said(workspace) == ["x"]


def test_a_call_can_hang(workspace: Workspace) -> None:
    workspace.dial.add(Fault(Trouble.HANG, "auth.test", seconds=0.2))
    began = time.monotonic()
    with pytest.raises(OSError, match=r"(?i)remote end closed|reset"):
        web(workspace).auth_test()
    assert time.monotonic() - began >= 0.2


def test_an_outage_takes_everything_down_and_ends(workspace: Workspace) -> None:
    workspace.outage(60)
    with pytest.raises(OSError, match=r"(?i)remote end closed|reset"):
        web(workspace).auth_test()
    workspace.dial.clear()
    assert web(workspace).auth_test()["ok"]


def test_a_storm_hits_its_share_in_every_way() -> None:
    rolls = iter([n / 6000 for n in range(6000)])
    dial = Dial(Fake(0.0), lambda: next(rolls), pacing=False)
    dial.storm(0.3, "chat.*")
    assert dial.draw("views.open") is None
    hits = Counter(fault.trouble for _ in range(6000) if (fault := dial.draw("chat.update")))
    assert hits == dict.fromkeys(set(Trouble) - {Trouble.REFUSED, Trouble.SLOW}, 300)
    dial.clear()
    assert dial.draw("chat.update") is None


def test_slack_takes_one_post_a_second_for_each_channel() -> None:
    clock = Fake(0.0)
    dial = Dial(clock, lambda: 0.0)
    assert dial.wait_for("chat.postMessage", "C1") == 0
    assert dial.wait_for("chat.postMessage", "C1") == pytest.approx(1)
    assert dial.wait_for("chat.postMessage", "C2") == 0
    clock.now += 1
    assert dial.wait_for("chat.postMessage", "C1") == 0
    dial.pacing = False
    assert dial.wait_for("chat.postMessage", "C1") == 0


def test_updates_are_counted_for_the_whole_workspace() -> None:
    clock = Fake(0.0)
    dial = Dial(clock, lambda: 0.0)
    waits = [dial.wait_for("chat.update", f"C{n}") for n in range(51)]
    assert waits[:50] == [0.0] * 50
    assert waits[50] == pytest.approx(60 / 50)


def test_the_real_client_waits_as_long_as_it_is_told() -> None:
    workspace = start(Options())
    client = web(workspace, RateLimitErrorRetryHandler(max_retry_count=1))
    began = time.monotonic()
    for text in ("one", "two"):
        client.chat_postMessage(channel=INC, text=text)
    assert time.monotonic() - began >= 1
    assert said(workspace) == ["one", "two"]
    assert [refusal.error for refusal in workspace.state.ledger.refusals] == ["ratelimited"]
    workspace.stop()
