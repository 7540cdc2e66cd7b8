"""`GET /metrics`: what Handrail counts, in the text that Prometheus reads."""

import asyncio
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from typing import get_args

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.bulkhead import bulkhead
from bot.engine import Outcome
from bot.run.paging.events import Paged, PageReason
from bot.run.situation import Mode
from bot.web.metered import KINDS, METHODS, RESULTS, help_of

LATE = timedelta(seconds=60)
"""A page that is recorded so long after it was due counts as late."""
WITHIN = 2.0
"""Seconds that the database has for its part; what is counted in this process is told all the same."""
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_ANSWERED = (15, 30, 60, 120, 300, 600, 1800, 3600)
_CLICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3)
_MODES = get_args(Mode)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """What all replicas share: open runs by mode, and how old the oldest untold record and the last sweep are, in s."""

    open: Mapping[str, int]
    untold_seconds: float
    sweep_seconds: float | None
    feed_seconds: Mapping[str, float | None] = field(default_factory=dict)
    """Each calendar feed of the catalogue -> how old its last good copy is; None where there is none yet."""


@dataclass(frozen=True, slots=True)
class Local:
    """How this process stands: connections to Slack (None without Socket Mode), and what the last audit found."""

    sockets: int | None
    findings: int
    is_blind: bool


class Meters:
    """Counters of this process, in a registry of their own. Safe to share between threads.

    Every counter is there from the start with each of its labels: Prometheus does not see the first step of one that
    comes into being with it.
    """

    def __init__(self, version: str = "") -> None:
        """Take the version that serves."""
        self.registry = CollectorRegistry()
        self._pages = self._counter("handrail_pages_total", _MODES, get_args(PageReason), labels=("mode", "reason"))
        self._late = self._counter("handrail_pages_late_total", _MODES, labels=("mode",))
        self._calls = self._counter("handrail_slack_calls_total", METHODS, RESULTS, labels=("method", "result"))
        self._deliveries = self._counter("handrail_deliveries_total", labels=("way", "result"))
        self._errors = self._counter("handrail_errors_total")
        self._held = self._counter("handrail_held_total")
        self._answered = self._histogram("handrail_page_answer_seconds", "mode", _MODES, _ANSWERED)
        self._clicks = self._histogram("handrail_click_seconds", "kind", KINDS, _CLICK)
        self.registry.register(_Built(version))
        ProcessCollector(registry=self.registry)

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

    def expect_ways(self, ways: Iterable[str]) -> None:
        """Let the deliveries of these ways be counted from 0."""
        for way, result in product(ways, ("reached", "failed")):
            self._deliveries.labels(way, result)

    def deliver(self, way: str, *, reached: bool) -> None:
        """Count an attempt to call somebody beyond Slack, by the kind of service: ``ntfy``, ``twilio``, ``mailto``."""
        self._deliveries.labels(way, "reached" if reached else "failed").inc()

    def hold(self) -> None:
        """Count a request that waited in vain for a run that somebody else holds."""
        self._held.inc()

    def error(self, _kind: str) -> None:
        """Count an error that was logged; the log says which."""
        self._errors.inc()

    def _counter(self, name: str, *values: tuple[str, ...], labels: tuple[str, ...] = ()) -> Counter:
        made = Counter(name.removesuffix("_total"), help_of(name), labels, registry=self.registry)
        for each in product(*values) if values else ():
            made.labels(*each)
        return made

    def _histogram(self, name: str, label: str, values: tuple[str, ...], buckets: tuple[float, ...]) -> Histogram:
        made = Histogram(name, help_of(name), (label,), buckets=buckets, registry=self.registry)
        for each in values:
            made.labels(each)
        return made


def _answers_of(outcome: Outcome) -> Iterator[float]:
    """How long each page waited that this answered, in seconds: whoever was called and acts has answered as well."""
    if not outcome.events:
        return
    stamp = outcome.events[-1][2]
    for page in outcome.run.pages.pages:
        if (page.answered_by, page.answered_at) == (stamp.by, stamp.at):
            yield max(0.0, (stamp.at - page.at).total_seconds())


def _gauge(name: str, value: float | None = None, labels: tuple[str, ...] = ()) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_of(name), value, labels or None)


class _Built(Collector):
    def __init__(self, version: str) -> None:
        self._version = version

    def collect(self) -> Iterator[Metric]:
        built = _gauge("handrail_build_info", labels=("version", "python"))
        built.add_metric((self._version, platform.python_version()), 1)
        yield built


class _Shared(Collector):
    """What the database knows, and how this process stands, as gauges; asked for at each look."""

    def __init__(self, standing: Standing | None, local: Local) -> None:
        self._standing, self._local = standing, local

    def collect(self) -> Iterator[Metric]:
        yield _gauge("handrail_audit_findings", self._local.findings)
        yield _gauge("handrail_audit_blind", float(self._local.is_blind))
        if self._local.sockets is not None:
            yield _gauge("handrail_sockets_connected", self._local.sockets)
        yield _gauge("handrail_database_answers", float(self._standing is not None))
        if self._standing is None:
            return
        yield _each("handrail_runs_open", "mode", {mode: self._standing.open.get(mode, 0) for mode in _MODES})
        yield _gauge("handrail_telling_lag_seconds", self._standing.untold_seconds)
        if self._standing.sweep_seconds is not None:
            yield _gauge("handrail_sweep_age_seconds", self._standing.sweep_seconds)
        ages = {name: age for name, age in self._standing.feed_seconds.items() if age is not None}
        yield _each("handrail_feed_age_seconds", "feed", ages)
        missing = {name: float(age is None) for name, age in self._standing.feed_seconds.items()}
        yield _each("handrail_feed_missing", "feed", missing)


def _each(name: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    found = _gauge(name, labels=(label,))
    for one, value in values.items():
        found.add_metric((one,), value)
    return found


def metrics_route(meters: Meters, ask: Callable[[], Standing], local: Callable[[], Local]) -> Route:
    """The route; `ask` reads what the replicas share, on a thread of its own, `local` how this process stands."""

    async def tell(_: Request) -> Response:
        standing: Standing | None = None
        with bulkhead(log, "what the replicas share could not be read for the metrics"):
            standing = await asyncio.wait_for(asyncio.to_thread(ask), WITHIN)
        shared = CollectorRegistry()
        shared.register(_Shared(standing, local()))
        text = generate_latest(meters.registry) + generate_latest(shared)
        return Response(text, 200, {"cache-control": "no-store"}, _TEXT)

    return Route("/metrics", tell)
