"""What Slack should show, told anew from the records alone, against what it shows."""

from collections import Counter
from collections.abc import Iterable

from bot.journal.chain import decode
from bot.render.card import card
from bot.render.meanwhile import meanwhile_message, records_listed
from bot.render.message import Message as Wanted
from bot.render.thread import CARD, Moment, Post, tell
from bot.render.thread.post import notice_of
from bot.run.evolve import evolve
from bot.run.situation import Stamp, Via
from bot.run.state import Run, Unstarted
from bot.slack.messenger import EVENT_TYPE
from bot.wiring.house import House
from bot.workspace.serve import Workspace
from bot.workspace.state import Message


def wanted_messages(house: House, run_id: str, shown: Iterable[str] = ()) -> dict[str, Wanted]:
    """Every message of a run by its key, as it has to read now.

    `shown` are the keys that stand there: what a list among them tells needs no post of its own, and a notice to two
    names of one channel is read there once.
    """
    journal = house.journal()
    row = journal.run_row(run_id)
    assert row is not None
    state: Run | Unstarted = Unstarted(run_id, house.book_of(row.digest))
    posted: dict[str, int] = {}
    moments: list[Moment] = []
    wanted: dict[str, Wanted] = {}
    for record in journal.records(run_id):
        via: Via = record.via  # type: ignore[assignment]
        event = decode(record.kind, record.body, record.words)
        stamp = Stamp(record.at, record.by, via)
        after = evolve(state, event, stamp)
        moment = Moment(state if isinstance(state, Run) else None, record.seq, event, stamp, after, record.hash)
        moments.append(moment)
        for one in tell(moment):
            if isinstance(one, Post):
                posted[one.key] = moment.seq
            wanted[one.key] = one.message
        state = after
    assert isinstance(state, Run)
    wanted[CARD] = card(state)
    lists = {key: records_listed(key) for key in shown if records_listed(key)}
    told = {key: meanwhile_message(state, [one for one in moments if one.seq in span]) for key, span in lists.items()}
    listed = {seq for span in lists.values() for seq in span}
    spared = {key for key, seq in posted.items() if seq in listed and key != CARD and key not in shown}
    spared |= {
        key for key in posted if key not in shown and notice_of(key) in {notice_of(one) for one in shown} - {None}
    }
    return {key: message for key, message in wanted.items() if key in posted and key not in spared} | told


def differences(house: House, workspace: Workspace) -> list[str]:
    """Each message that is missing, wrong, or there twice, in words; of a run that ended, all of them."""
    return [said for row in house.journal().newest_runs(500) for said in _of_run(house, workspace, row.run_id)]


def _of_run(house: House, workspace: Workspace, run_id: str) -> list[str]:
    shown = shown_messages(workspace, run_id)
    counts = Counter(key for key, _ in shown)
    said = [f"{key} of {run_id} stands there {count} times" for key, count in counts.items() if count > 1]
    there = dict(shown)
    for key, message in wanted_messages(house, run_id, there).items():
        if key not in there:
            said.append(f"{key} of {run_id} is missing")
        elif (digest_of(there[key]), there[key].text) != (message.digest, message.text):
            said.append(f"{key} of {run_id} reads {there[key].text!r} instead of {message.text!r}")
    return said


def shown_messages(workspace: Workspace, run_id: str) -> list[tuple[str, Message]]:
    """Every message of a run that stands in Slack, with the key that it carries."""
    talk, directory = workspace.state.talk, workspace.state.directory
    found = [one for place in directory.channels() for one in talk.messages(place.id)]
    ours = [one for one in found if (one.metadata or {}).get("event_type") == EVENT_TYPE]
    kept = [(one.metadata["event_payload"], one) for one in ours if one.metadata]
    return [(str(payload["key"]), one) for payload, one in kept if payload["run"] == run_id]


def digest_of(message: Message) -> str:
    return str((message.metadata or {})["event_payload"]["digest"])
