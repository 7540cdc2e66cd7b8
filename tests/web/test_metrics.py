"""`/metrics`: what is counted is told in Prometheus' own format, and a database that is away hides nothing else."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.run.commands import AddNote, AnswerPage, Tick
from bot.web.metered import METERED
from bot.web.metrics import Local, Meters, Standing, metrics_route
from tests.engine.office import Office
from tests.places import migrated
from tests.web.asgi import ask as ask_app

STANDING = Standing({"live": 2, "drill": 1}, 1.5, 0.5, {"DB_FEED": 90.0, "WEB_FEED": None})
LOCAL = Local(2, 0, is_blind=False)


def read(meters: Meters, standing: Standing | None = STANDING, local: Local = LOCAL) -> dict[tuple[str, ...], float]:
    """Each sample by its name and labels, as Prometheus parses it."""

    def ask() -> Standing:
        if standing is None:
            raise ConnectionError("no database")
        return standing

    answer = ask_app([metrics_route(meters, ask, lambda: local)], "GET", "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_what_replicas_share_is_read_at_each_look() -> None:
    found = read(Meters())
    assert found["handrail_runs_open", "live"] == 2
    assert found["handrail_runs_open", "drill"] == 1
    assert found["handrail_runs_open", "training"] == 0
    assert found["handrail_telling_lag_seconds",] == 1.5
    assert found["handrail_sweep_age_seconds",] == 0.5
    assert found["handrail_database_answers",] == 1


def test_every_metric_of_the_list_is_there_from_the_start_with_its_labels() -> None:
    """The first late page, the first refusal: Prometheus sees the step from 0 to 1 only where a 0 was."""
    found = read(Meters("1.2.3"))
    names = {name.removesuffix("_bucket").removesuffix("_count") for name, *_ in found}
    assert {one.name for one in METERED} - {"handrail_deliveries_total"} <= names
    for series in (
        ("handrail_pages_total", "live", "start"), ("handrail_pages_total", "training", "no_signer"),
        ("handrail_pages_late_total", "live"), ("handrail_slack_calls_total", "chat.postMessage", "refused"),
        ("handrail_click_seconds_count", "press"), ("handrail_errors_total",), ("handrail_held_total",),
    ):  # fmt: skip
        assert found[series] == 0
    assert next(labels[-1] for name, *labels in found if name == "handrail_build_info") == "1.2.3"
    assert found["process_open_fds",] > 0


def test_deliveries_beyond_slack_are_counted_by_way_and_result() -> None:
    meters = Meters()
    meters.expect_ways(["ntfy"])
    meters.deliver("ntfy", reached=True)
    meters.deliver("twilio", reached=False)
    found = read(meters)
    assert found["handrail_deliveries_total", "reached", "ntfy"] == 1
    assert found["handrail_deliveries_total", "failed", "ntfy"] == 0
    assert found["handrail_deliveries_total", "failed", "twilio"] == 1


def test_how_this_process_stands_is_told_with_and_without_the_database() -> None:
    for standing in (STANDING, None):
        found = read(Meters(), standing, Local(None, 3, is_blind=True))
        assert found["handrail_audit_findings",] == 3
        assert found["handrail_audit_blind",] == 1
        assert ("handrail_sockets_connected",) not in found, "without Socket Mode none is meant"
    found = read(Meters())
    assert found["handrail_sockets_connected",] == 2
    assert found["handrail_feed_age_seconds", "DB_FEED"] == 90
    assert (found["handrail_feed_missing", "DB_FEED"], found["handrail_feed_missing", "WEB_FEED"]) == (0, 1)


def test_without_the_database_what_was_counted_here_is_told() -> None:
    meters = Meters()
    meters.call("chat.postMessage", "limited")
    meters.click("press", 0.02)
    found = read(meters, None)
    assert found["handrail_database_answers",] == 0
    assert ("handrail_runs_open", "live") not in found
    assert found["handrail_slack_calls_total", "chat.postMessage", "limited"] == 1
    assert found["handrail_click_seconds_count", "press"] == 1


@pytest.mark.parametrize(("minutes", "late"), [(0, 0), (5, 1)])
def test_pages_are_counted_with_how_late_they_were_and_how_soon_answered(
    tmp_path: Path, minutes: int, late: int
) -> None:
    """A page is due when the run starts; the clock looks then, or five minutes after; Ana answers 40 s later."""
    engine = open_engine(f"sqlite:///{tmp_path}/record.db")
    migrated(engine)
    office, meters = Office(Journal(engine)), Meters()
    office.handler.watch(meters.see)
    run = office.start("signing")
    office.later(minutes=minutes)
    paged = office.handler.handle(run.id, Tick(), "clock", "clock").run
    assert paged.pages.pages, "nobody was paged"
    office.later(seconds=40)
    page = paged.pages.pages[0]
    office.handler.handle(run.id, AnswerPage(page.number), page.people[0], "slack")
    found = read(meters)
    assert found["handrail_pages_total", "live", "start"] == 1
    assert found.get(("handrail_pages_late_total", "live"), 0) == late
    assert found["handrail_page_answer_seconds_count", "live"] == 1
    assert found["handrail_page_answer_seconds_sum", "live"] == 40
    engine.dispose()


def test_whoever_was_called_and_acts_has_answered(tmp_path: Path) -> None:
    """Ana says I'm on it 40 s after her page: that is one answer, and her next note is none; Ben's was none before."""
    engine = open_engine(f"sqlite:///{tmp_path}/record.db")
    migrated(engine)
    office, meters = Office(Journal(engine)), Meters()
    office.handler.watch(meters.see)
    run = office.start("signing")
    paged = office.handler.handle(run.id, Tick(), "clock", "clock").run
    called = paged.pages.pages[0].people
    stranger = next(one.id for one in paged.start.people if one.id not in called)
    office.later(seconds=10)
    office.handler.handle(run.id, AddNote("I only look."), stranger, "slack")
    assert read(meters).get(("handrail_page_answer_seconds_count", "live"), 0) == 0
    office.later(seconds=30)
    office.handler.handle(run.id, AnswerPage(1), called[0], "slack")
    office.later(seconds=30)
    office.handler.handle(run.id, AddNote("Nearly there."), called[0], "slack")
    found = read(meters)
    assert found["handrail_page_answer_seconds_count", "live"] == 1
    assert found["handrail_page_answer_seconds_sum", "live"] == 40
    engine.dispose()


def test_a_sweep_that_never_was_has_no_age() -> None:
    """A time that is not there is left out, instead of being zero."""
    found = read(Meters(), Standing({}, 0.0, None))
    assert ("handrail_sweep_age_seconds",) not in found
    assert found["handrail_telling_lag_seconds",] == 0
