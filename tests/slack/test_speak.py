"""The bot's voice against the local workspace: each way in which a call can turn out has its own type."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk import WebClient

from bot.notifier.messenger import Doubtful, Gone, Impossible, Label, Limited, Sent
from bot.notifier.refusals import About
from bot.render.message import Message, compose, section
from bot.slack.messenger import SlackMessenger
from bot.workspace.faults import Fault, Trouble
from bot.workspace.serve import Workspace
from tests.workspace.office import ANA, INC, OPS, start, web

HELLO = compose("hello", section("hello"))
LABEL = Label("run-1", "step:look:1")
POST, UPDATE = "chat.postMessage", "chat.update"


def long_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    running = start()
    yield running
    running.stop()


@pytest.fixture
def speaker(workspace: Workspace) -> Iterator[SlackMessenger]:
    yield SlackMessenger(web(workspace))
    workspace.dial.clear()


def post(speaker: SlackMessenger, message: Message = HELLO, label: Label = LABEL, thread_ts: str | None = None) -> Sent:
    sent = speaker.post(INC, message, label, thread_ts)
    assert isinstance(sent, Sent), sent
    return sent


def test_a_post_is_found_by_its_run_and_key_and_by_nothing_else(speaker: SlackMessenger) -> None:
    """In the channel and in a thread; another run's messages, and those before a time, are not found."""
    top = post(speaker, label=Label("run-a", "card"))
    reply = post(speaker, label=Label("run-a", "step:look:1"), thread_ts=top.ts)
    post(speaker, label=Label("run-b", "step:look:1"), thread_ts=top.ts)
    assert (top.channel, top.digest) == (INC, HELLO.digest)
    assert speaker.find(INC, "run-a", long_ago()) == {"card": top}
    found = speaker.find(INC, "run-a", long_ago(), top.ts)
    assert isinstance(found, dict)
    assert found["step:look:1"] == reply
    assert speaker.find(INC, "run-c", long_ago(), top.ts) == {}
    assert speaker.find(INC, "run-a", datetime.now(UTC) + timedelta(hours=1)) == {}


def test_of_two_posts_with_one_key_the_older_is_found(speaker: SlackMessenger) -> None:
    first, second = (post(speaker, label=Label("run-twice", "card")) for _ in range(2))
    assert first.ts != second.ts
    assert speaker.find(INC, "run-twice", long_ago()) == {"card": first}


def test_a_search_reads_every_page(speaker: SlackMessenger) -> None:
    """The message stands behind more replies than one page holds."""
    top = post(speaker, label=Label("run-long", "card"))
    for number in range(205):
        post(speaker, label=Label("run-long", f"event:{number}"), thread_ts=top.ts)
    found = speaker.find(INC, "run-long", long_ago(), top.ts)
    assert isinstance(found, dict)
    assert {"event:0", "event:204"} <= found.keys()


def test_a_reply_is_shown_in_the_channel_when_it_is_to_be(workspace: Workspace, speaker: SlackMessenger) -> None:
    top = post(speaker)
    quiet = post(speaker, compose("quiet", section("quiet")), thread_ts=top.ts)
    loud = post(speaker, compose("loud", section("loud"), broadcast=True), thread_ts=top.ts)
    seen = {message.ts for message in workspace.state.talk.seen_by(ANA, INC)}
    assert loud.ts in seen
    assert quiet.ts not in seen


def test_an_update_shows_the_new_words_and_a_deleted_message_is_gone(
    workspace: Workspace, speaker: SlackMessenger
) -> None:
    sent = post(speaker)
    news = compose("news", section("news"))
    assert speaker.update(INC, sent.ts, news, LABEL) == Sent(INC, sent.ts, news.digest)
    assert web(workspace).conversations_history(channel=INC)["messages"][0]["text"] == "news"
    web(workspace).chat_delete(channel=INC, ts=sent.ts)
    assert speaker.update(INC, sent.ts, news, LABEL) == Gone("message_not_found")


def test_where_the_bot_is_not_it_says_so(speaker: SlackMessenger) -> None:
    """A channel without the bot, one that is not there, a thread that is not there."""
    outside, nowhere = speaker.post(OPS, HELLO, LABEL), speaker.post("C0NOWHERE", HELLO, LABEL)
    assert outside == Impossible("not_in_channel")
    assert nowhere == Impossible("channel_not_found")
    assert [outside.about, nowhere.about] == [About.PLACE, About.PLACE]
    broken = speaker.post(INC, Message("x", ({"type": "no such block"},)), LABEL)
    assert isinstance(broken, Impossible)
    assert broken.about is About.MESSAGE


def test_a_limit_says_how_long_and_a_bad_token_is_no_fault_of_the_message(
    workspace: Workspace, speaker: SlackMessenger
) -> None:
    workspace.dial.add(Fault(Trouble.LIMITED, POST, seconds=7))
    assert speaker.post(INC, HELLO, LABEL) == Limited(7.0)
    stranger = SlackMessenger(WebClient("xoxb-wrong", workspace.api_url, retry_handlers=[]))
    assert stranger.post(INC, HELLO, LABEL) == Impossible("invalid_auth")
    assert Impossible("invalid_auth").about is About.APP


@pytest.mark.parametrize(
    "trouble", [Trouble.ERROR_BEFORE, Trouble.ERROR_AFTER, Trouble.DROP_BEFORE, Trouble.DROP_AFTER]
)
def test_a_lost_answer_is_doubtful_and_the_post_is_not_tried_again(
    workspace: Workspace, speaker: SlackMessenger, trouble: Trouble
) -> None:
    """One call, whatever happens to it: it stands there once when it took effect, and not at all when it did not."""
    label = Label(f"run-{trouble.name}", "card")
    workspace.dial.add(Fault(trouble, POST))
    assert isinstance(speaker.post(INC, HELLO, label), Doubtful)
    found = speaker.find(INC, label.run, long_ago())
    assert isinstance(found, dict)
    assert set(found) == ({"card"} if trouble in (Trouble.ERROR_AFTER, Trouble.DROP_AFTER) else set())


def test_a_dropped_update_is_tried_again_by_itself(workspace: Workspace, speaker: SlackMessenger) -> None:
    sent = post(speaker)
    workspace.dial.add(Fault(Trouble.DROP_BEFORE, UPDATE))
    assert isinstance(speaker.update(INC, sent.ts, HELLO, LABEL), Sent)


def test_an_update_that_hangs_ends_in_time(workspace: Workspace, speaker: SlackMessenger) -> None:
    sent, before = post(speaker), datetime.now(UTC)
    workspace.dial.add(Fault(Trouble.HANG, UPDATE, seconds=30))
    assert isinstance(speaker.update(INC, sent.ts, HELLO, LABEL), Doubtful)
    assert datetime.now(UTC) - before < timedelta(seconds=5)


def test_direct_messages_and_files_reach_their_person(workspace: Workspace, speaker: SlackMessenger) -> None:
    channel = speaker.open_dm(ANA)
    assert isinstance(channel, str)
    assert isinstance(speaker.post(channel, HELLO, LABEL), Sent)
    assert speaker.open_dm("U0NOBODY") == Impossible("user_not_found")
    file = speaker.upload(INC, "log.txt", b"what happened")
    assert isinstance(file, str)
    assert workspace.state.files.content(file) == b"what happened"


@pytest.mark.parametrize(
    "call",
    [
        lambda speaker: speaker.post(INC, HELLO, LABEL),
        lambda speaker: speaker.update(INC, "1.000000", HELLO, LABEL),
        lambda speaker: speaker.find(INC, "run-1", long_ago()),
        lambda speaker: speaker.open_dm(ANA),
        lambda speaker: speaker.upload(INC, "x", b"x"),
    ],
)
def test_with_nobody_there_every_call_is_doubtful(call: Callable[[SlackMessenger], object]) -> None:
    """No exception of the network gets out."""
    assert isinstance(call(SlackMessenger(WebClient("xoxb-1", "http://127.0.0.1:9/"))), Doubtful)
