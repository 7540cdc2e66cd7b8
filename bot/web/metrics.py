"""`GET /metrics`: what Handrail counts, in the text that Prometheus reads."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.engine import Outcome
from bot.run.paging.events import Paged

LATE = timedelta(seconds=60)
"""A page that is recorded so long after it was due counts as late."""
WITHIN = 2.0
"""Seconds that the database has for its part; what is counted in this process is told all the same."""
MOST_KINDS = 40
"""Kinds of errors that are told apart; further ones are `other`, so that labels cannot grow without end."""
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_ANSWERED = (15, 30, 60, 120, 300, 600, 1800, 3600)
_CLICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """What all replicas share: open runs by mode, and how old the oldest untold record and the last sweep are, in s."""

    open: Mapping[str, int]
    untold_seconds: float
    sweep_seconds: float | None


class Meters:
    """Counters of this process, in a registry of their own. Safe to share between threads."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = self.registry
        self._pages = Counter("handrail_pages", "Pages recorded by this process.", ("mode", "reason"), registry=own)
        self._late = Counter(
            "handrail_pages_late", "Of them, more than 60 s after they were due.", ("mode",), registry=own
        )
        self._answered = Histogram(
            "handrail_page_answer_seconds", "From a page to its answer, by “I’m on it” or by acting, in seconds.",
            ("mode",), buckets=_ANSWERED, registry=own,
        )  # fmt: skip
        self._calls = Counter("handrail_slack_calls", "Calls to Slack.", ("method", "result"), registry=own)
        self._clicks = Histogram(
            "handrail_click_seconds", "From hearing a request of Slack to its answer, in seconds.", ("kind",),
            buckets=_CLICK, registry=own,
        )  # fmt: skip
        self._errors = Counter("handrail_errors", "Lines of the log that are errors.", ("kind",), registry=own)
        self._kinds: set[str] = set()
        self._lock = Lock()

    def see(self, outcome: Outcome) -> None:
        """Count what came of a request."""
        mode = outcome.run.start.mode
        for _, event, stamp in outcome.events:
            if isinstance(event, Paged):
                self._pages.labels(mode, event.reason).inc()
                if stamp.at - event.was_due > LATE:
                    self._late.labels(mode).inc()
        for seconds in _answers_of(outcome):
            self._answered.labels(mode).observe(seconds)

    def call(self, method: str, result: str) -> None:
        """Count a call to Slack: `ok`, `limited` (429), `refused`, or `lost` when no answer came."""
        self._calls.labels(method, result).inc()

    def click(self, kind: str, seconds: float) -> None:
        """Count a request of Slack, and how long its answer took."""
        self._clicks.labels(kind).observe(seconds)

    def error(self, kind: str) -> None:
        """Count an error by the sentence under which it is logged."""
        with self._lock:
            if kind not in self._kinds and len(self._kinds) >= MOST_KINDS:
                kind = "other"
            self._kinds.add(kind)
        self._errors.labels(kind).inc()


def _answers_of(outcome: Outcome) -> Iterator[float]:
    """How long each page waited that this answered, in seconds: whoever was called and acts has answered as well."""
    if not outcome.events:
        return
    stamp = outcome.events[-1][2]
    for page in outcome.run.pages.pages:
        if (page.answered_by, page.answered_at) == (stamp.by, stamp.at):
            yield max(0.0, (stamp.at - page.at).total_seconds())


class _Shared(Collector):
    """What the database knows, as gauges; asked for at each look."""

    def __init__(self, standing: Standing | None) -> None:
        self._standing = standing

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("handrail_database_answers", "1 when it did.", float(self._standing is not None))
        if self._standing is None:
            return
        runs = GaugeMetricFamily("handrail_runs_open", "Runs that are open.", labels=("mode",))
        for mode in ("live", "drill", "training"):
            runs.add_metric((mode,), self._standing.open.get(mode, 0))
        yield runs
        yield GaugeMetricFamily(
            "handrail_telling_lag_seconds", "Age of the oldest record that Slack was not told.",
            self._standing.untold_seconds,
        )  # fmt: skip
        if self._standing.sweep_seconds is not None:
            yield GaugeMetricFamily(
                "handrail_sweep_age_seconds", "Since due times were looked at, on whatever replica.",
                self._standing.sweep_seconds,
            )  # fmt: skip


def metrics_route(meters: Meters, ask: Callable[[], Standing]) -> Route:
    """The route; `ask` reads what the replicas share, on a thread of its own."""

    async def tell(_: Request) -> Response:
        standing: Standing | None = None
        try:
            standing = await asyncio.wait_for(asyncio.to_thread(ask), WITHIN)
        except Exception:
            log.exception("what the replicas share could not be read for the metrics")
        shared = CollectorRegistry()
        shared.register(_Shared(standing))
        text = generate_latest(meters.registry) + generate_latest(shared)
        return Response(text, 200, {"cache-control": "no-store"}, _TEXT)

    return Route("/metrics", tell)
