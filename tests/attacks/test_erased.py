"""Words that were erased, looked for wherever they may have survived: the file, the pages, the copies, the search."""

import os
from pathlib import Path

from bot.offline.mirror import Mirror
from bot.run.commands import (
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
from bot.run.places import Over
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
    room.handler.handle(run.id, Tick(), "clock", "clock")
    here = room.handler.load(run.id).here
    assert not isinstance(here, Over)
    room.handler.handle(run.id, AskHelp(here.step, here.visit, WORD), "ana", "slack")
    for command in SAID:
        called = isinstance(command, DeclinePage | AnswerPage)  # whoever is in the run already is no answer
        room.handler.handle(run.id, command, "ben" if called else "ana", "slack")
    assert all(WORD in room.read(path) for path in ("/runs/ORDERS-7", *LOOKS[-5:]))
    held = [one.seq for one in room.journal.records(run.id) if any(words.text for words in one.words.values())]
    for seq in held:
        room.handler.redact(run.id, seq, "a name", "dora", "terminal")
    found = {path: room.look(path).text for path in LOOKS}
    assert [path for path, text in found.items() if WORD in text.replace(f'value="{WORD}"', "")] == []
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    assert [one.name for one in file.parent.glob(f"{file.name}*") if WORD.encode() in one.read_bytes()] == []


def test_a_half_copy_of_a_killed_writer_does_not_keep_them(room: Room, tmp_path: Path) -> None:
    """One that is being written just now stays."""
    run = room.keep(at_look(), "ORDERS-7")
    (seq, *_), *_ = room.handler.handle(run.id, AddNote(WORD), "ana", "slack").events
    row, mirror = room.journal.run_row(run.id), Mirror(tmp_path / "mirror")
    assert row is not None
    mirror.keep(room.journal, row, room.at)
    left, fresh = (mirror.folder / f".ORDERS-7.jsonl.{number}" for number in (1, 2))
    for half in (left, fresh):
        half.write_bytes(mirror.file_of("ORDERS-7").read_bytes())
    os.utime(left, (0, room.at.timestamp() - 3_600))
    os.utime(fresh, (0, room.at.timestamp() - 1))
    room.handler.redact(run.id, seq, "a name", "dora", "terminal")
    mirror.sweep(room.journal, room.at)
    assert [one.name for one in mirror.folder.iterdir() if WORD in one.read_text()] == [fresh.name]
