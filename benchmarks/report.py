"""A run of 10,000 records as a page: how much of a processor it takes to tell and draw, and how large it is."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from benchmarks.measured import Measured, load
from bot.format.runbook import Runbook
from bot.render.report.formats import ReportFormat, Templates, draw_report
from bot.run.events import Begun, Event, Noted, Started, StepEntered, StepFinished
from bot.run.evolve import evolve
from bot.run.situation import AssetAsItWas, Somebody, Stamp
from bot.run.state import Run, Unstarted
from bot.timeline.entries import Timeline
from bot.timeline.telling import tell_timeline

RECORDS, SECONDS, MEGABYTES = 10_000, 2.0, 5.0
_ROUNDS = 3
_BOOK = Runbook.model_validate(
    {
        "schema": "runbook/v1", "id": "long", "title": "A long recovery", "status": "active",
        "enter_when": ["It is long."], "objective": "Bring it back.", "owner": "team",
        "roles": {"operator": "team:team"}, "exception": "hold",
        "steps": [
            {"id": "a", "do": "Restore the next table", "phase": "restore", "typical": "1m", "command": "restore-table",
             "max_visits": 1000, "go": {"ok": "b", "problem": "hold"}},
            {"id": "b", "do": "Count the rows", "phase": "verify", "max_visits": 1000,
             "go": {"ok": "a", "problem": "hold"}},
            {"id": "hold", "end": "Stop", "outcome": "aborted"},
        ],
    }
)  # fmt: skip


def measure() -> Iterator[Measured]:
    """Each format of the story, told and drawn."""
    run, happened = long_run()
    formats: tuple[ReportFormat, ...] = ("html", "md", "postmortem")
    for format_ in formats:
        times, size = [], 0
        for _ in range(_ROUNDS):
            begun = time.process_time()
            size = len(_draw(tell_timeline(run, happened), format_).encode())
            times.append(time.process_time() - begun)
        bars = (SECONDS, MEGABYTES) if format_ == "html" else (None, None)
        what = f"{format_} of {RECORDS:,} records"
        yield Measured(f"{what}: told and drawn, processor time", median(times), "s", bars[0], note=load())
        yield Measured(f"{what}: size", size / 1e6, "MB", bars[1])


def _draw(timeline: Timeline, format_: ReportFormat) -> str:
    return draw_report(timeline, format_, ZoneInfo("Europe/Berlin"), Templates()).text


def long_run() -> tuple[Run, list[tuple[int, Event, Stamp]]]:
    """Visits of two steps, with commands and notes, as many as make the records."""
    state: Run | Unstarted = Unstarted("run-1", _BOOK)
    happened: list[tuple[int, Event, Stamp]] = []
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for seq, event in enumerate(_events(), 1):
        at += timedelta(seconds=7)
        stamp = Stamp(at, "ana" if seq % 9 else "ben", "slack")
        state = evolve(state, event, stamp)
        happened.append((seq, event, stamp))
    if not isinstance(state, Run):
        raise TypeError("the run did not start")
    return state, happened


def _events() -> Iterator[Event]:
    people = (Somebody("ana", "Ana Ruiz", "U0ANA"), Somebody("ben", "Ben Okafor", "U0BEN"))
    asset = AssetAsItWas("orders-db", "Orders database", 1, "postgres", "team", rpo=300, rto=14_400)
    yield Started(
        "ORDERS-7", "long", "A long recovery", "d" * 64, {}, "live", asset, people, {"operator": ("ana", "ben")}, (),
        None, "ana", {}, {},
    )  # fmt: skip
    for number in range((RECORDS - 1) // 4 + 1):
        step, visit = "ab"[number % 2], number // 2 + 1
        yield StepEntered(step, visit)
        yield Begun(step, visit, f"restore-table --from=2026-11-22T11:40:00Z orders.part_{number}")
        yield Noted(f"table {number} has {number * 37} rows, as the application counts them")
        yield StepFinished(step, visit, "ok", note=f"took what it takes, see https://grafana.acme.test/d/{number}")
