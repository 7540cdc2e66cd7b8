"""Words that were erased, looked for wherever they may have survived: the file, the pages, the copies, the search."""

from pathlib import Path

from bot.core.commands import (
    AddFollowUp,
    AddNote,
    AnswerPage,
    AskHelp,
    Command,
    DeclinePage,
    FinishFollowUp,
    HandOver,
    Pause,
    Resume,
    Stop,
    TellLesson,
    Tick,
)
from bot.core.places import Over
from tests.render.stories import at_look
from tests.web.room import Room

WORD = "Quuxbury"
SAID: tuple[Command, ...] = (
    AddNote(WORD), Pause(WORD), Resume(), HandOver("ben", WORD), DeclinePage(1, WORD), AnswerPage(1), Stop(WORD),
    TellLesson(WORD), AddFollowUp(WORD, "ana", "2026-12-24"), FinishFollowUp(1, WORD),
)  # fmt: skip
LOOKS = (
    "/", "/runs", f"/runs?q={WORD}", "/runs/ORDERS-7", "/runs/ORDERS-7/picture.svg", "/assets/orders-db",
    *(f"/runs/ORDERS-7/copy/{one}" for one in ("html", "md", "postmortem", "csv", "json")),
)  # fmt: skip


def test_what_was_erased_is_nowhere(room: Room, sqlite_url: str) -> None:
    """Everything was looked at before, so that whatever is kept in memory has seen the words."""
    run = room.keep(at_look(), "ORDERS-7")
    room.desk.handle(run.id, Tick(), "clock", "clock")
    here = room.desk.load(run.id).here
    assert not isinstance(here, Over)
    room.desk.handle(run.id, AskHelp(here.step, here.visit, WORD), "ana", "slack")
    for command in SAID:
        room.desk.handle(run.id, command, "ana", "slack")
    assert all(WORD in room.read(path) for path in ("/runs/ORDERS-7", *LOOKS[-5:]))
    held = [one.seq for one in room.journal.records(run.id) if any(words.text for words in one.words.values())]
    for seq in held:
        room.desk.redact(run.id, seq, "a name", "dora", "terminal")
    found = {path: room.look(path).text for path in LOOKS}
    assert [path for path, text in found.items() if WORD in text.replace(f'value="{WORD}"', "")] == []
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    assert [one.name for one in file.parent.glob(f"{file.name}*") if WORD.encode() in one.read_bytes()] == []
