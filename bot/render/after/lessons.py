"""Lessons and open follow-ups over many runs, for people and for programs."""

from collections.abc import Iterator, Sequence

from bot.render.after.words import say_follow_up
from bot.render.prose import say_mode, say_who
from bot.run.after.reminders import owner_of
from bot.run.state import Run

VERSION = 1


def lessons_as_data(runs: Sequence[Run]) -> dict[str, object]:
    """Everything that was told and is still to be done, run by run; times are UTC."""
    return {
        "version": VERSION,
        "lessons": [lesson for run in runs for lesson in _lessons(run)],
        "follow_ups": [follow_up for run in runs for follow_up in _to_do(run)],
    }


def lessons_as_text(runs: Sequence[Run]) -> Iterator[str]:
    """The same as lines to read, the newest run last; a line may hold what anybody typed."""
    for run in runs:
        if not run.after.lessons and not run.after.to_do:
            continue
        yield f"{run.start.ref} · {say_mode(run)} · {run.start.asset.name} · {run.start.title}"
        for one in run.after.lessons:
            what = "Near miss" if one.near_miss else "Lesson"
            yield f"  {what} ({say_who(run, one.by)}, {one.at:%Y-%m-%d}): {_indented(one.words)}"
        for todo in run.after.to_do:
            yield f"  To do {_indented(say_follow_up(run, todo))}"
        yield ""


def _lessons(run: Run) -> Iterator[dict[str, object]]:
    for one in run.after.lessons:
        by = {"id": one.by, "name": run.name_of(one.by)}
        told = {"record": one.seq, "near_miss": one.near_miss, "words": one.words}
        yield _of_run(run) | told | {"by": by, "at": one.at.isoformat()}


def _to_do(run: Run) -> Iterator[dict[str, object]]:
    for one in run.after.to_do:
        owner = owner_of(run, one)
        asked = {"number": one.number, "what": one.what, "due": one.due, "owner": {"id": owner.id, "name": owner.name}}
        handed = None if one.handed_on is None else {"taken": one.handed_on.taken, "answer": one.handed_on.answer}
        yield _of_run(run) | asked | {"added_at": one.at.isoformat(), "tracker": handed}


def _of_run(run: Run) -> dict[str, object]:
    start = run.start
    return {"run": start.ref, "mode": start.mode, "asset": start.asset.id, "runbook": start.runbook}


def _indented(words: str) -> str:
    return words.replace("\n", "\n    ")
