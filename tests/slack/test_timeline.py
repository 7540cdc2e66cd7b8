"""`/recover timeline …`: the report of a run in its thread; in posts, or a word to the asker, where files do not go."""

import json

import pytest

from bot.journal.outbox import Outbox
from bot.workspace.client.look import words_in
from bot.workspace.faults import Fault, Trouble
from tests.slack.office import Office
from tests.slack.waiting import wait_for


def carded(office: Office) -> str:
    """A run that began, with its card in the channel; the card's `ts`."""
    run = office.start()
    card = office.show()
    Outbox(office.handler.journal).sent(run.id, "card", "C0INC", card.ts, "digest")
    return card.ts


def files_in(office: Office, thread: str | None, channel: str = "C0INC") -> dict[str, str]:
    """Name and text of each file in a thread."""
    state = office.workspace.state
    found = {}
    for message in state.talk.messages(channel):
        if (message.thread_ts or None) == thread:
            for one in message.files:
                file = state.files.file(one)
                assert file is not None
                found[file.name] = (state.files.content(one) or b"").decode()
    return found


def replies(office: Office, thread: str) -> list[str]:
    """What is said in a thread, oldest first."""
    talk = office.workspace.state.talk
    return [words_in(one.blocks) for one in talk.messages("C0INC") if one.thread_ts == thread and one.ts != thread]


@pytest.mark.parametrize(
    ("typed", "name", "holds"),
    [
        ("timeline ORDERS-1", "ORDERS-1.html", "<!DOCTYPE html>"),
        ("timeline orders-1 md", "ORDERS-1.md", "# ORDERS-1: "),
        ("TIMELINE ORDERS-1 PostMortem", "ORDERS-1-postmortem.md", "# Post-mortem of ORDERS-1"),
        ("timeline ORDERS-1 csv", "ORDERS-1.csv", "record,at,"),
        ("timeline ORDERS-1 json Europe/Berlin", "ORDERS-1.json", '"version"'),
    ],
)
def test_the_report_comes_to_the_thread_of_the_run(office: Office, typed: str, name: str, holds: str) -> None:
    thread = carded(office)
    assert office.person("ben").type(f"/recover {typed}", "C0DATA").ok
    found = wait_for(lambda: files_in(office, thread))
    assert list(found) == [name]
    assert holds in found[name]
    assert "Writing the timeline of ORDERS-1." in [
        one.text for one in office.workspace.state.talk.whispers_to("U0BEN", "C0DATA")
    ]


def test_a_time_zone_is_taken_and_a_wrong_one_is_said(office: Office) -> None:
    thread = carded(office)
    office.person("ana").type("/recover timeline ORDERS-1 md Pacific/Auckland", "C0INC")
    assert "23 Nov 2026, 01:00 NZDT" in wait_for(lambda: files_in(office, thread))["ORDERS-1.md"]
    office.person("ana").type("/recover timeline ORDERS-1 Pacific/Nowhere", "C0INC")
    assert office.told("ana")[-1] == "Name a run and a format."


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("timeline", "Name a run and a format."),
        ("timeline ORDERS-1 <!channel>", "Name a run and a format."),
        ("timeline NOTHING-9", "No run is called NOTHING-9."),
    ],
)
def test_what_cannot_be_written_is_said_to_the_asker_alone(office: Office, typed: str, said: str) -> None:
    carded(office)
    office.person("ana").type(f"/recover {typed}", "C0INC")
    assert said in office.told("ana")[-1]
    shown = [json.dumps(one.blocks) for one in office.workspace.state.talk.whispers_to("U0ANA", "C0INC")]
    assert not any("<!channel>" in one for one in shown)
    assert files_in(office, None) == {}


@pytest.mark.parametrize("trouble", [Trouble.LIMITED, Trouble.ERROR_BEFORE, Trouble.DROP_BEFORE])
@pytest.mark.parametrize("format_", ["html", "postmortem"])
def test_when_slack_takes_no_file_the_report_is_posted(office: Office, trouble: Trouble, format_: str) -> None:
    thread = carded(office)
    office.workspace.dial.add(Fault(trouble, "files.*", times=None))
    office.person("ana").type(f"/recover timeline ORDERS-1 {format_}", "C0INC")
    said = wait_for(lambda: replies(office, thread))
    assert "could not be shared here" in said[0]
    assert ("Open questions" if format_ == "postmortem" else "Everything, as it was recorded") in "\n".join(said)


def test_when_slack_takes_nothing_the_asker_is_told_where_it_is(office: Office) -> None:
    thread = carded(office)
    for method in ("files.*", "chat.postMessage"):
        office.workspace.dial.add(Fault(Trouble.ERROR_BEFORE, method, times=None))
    office.person("ana").type("/recover timeline ORDERS-1", "C0INC")
    assert replies(office, thread) == []
    assert wait_for(lambda: [one for one in office.told("ana") if "could not be shared" in one])


def test_a_walk_without_a_thread_is_told_where_it_is_asked_for(office: Office) -> None:
    office.start()
    office.person("ana").type("/recover timeline ORDERS-1 md", "C0INC")
    assert "ORDERS-1.md" in wait_for(lambda: files_in(office, None))
