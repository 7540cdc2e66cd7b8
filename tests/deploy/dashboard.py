"""Writes deploy/dashboard.json, a dashboard for Grafana, of the list of metrics: `make dashboard`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.web.metered import METERED, Metered

FILE = Path(__file__).parents[2] / "deploy" / "dashboard.json"
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_OF_THE_PROCESS = {
    "process_resident_memory_bytes": ("Memory", "bytes"),
    "process_open_fds": ("Open files", "short"),
}
_UNITS = {"seconds": "s", "total": "short"}
_WIDTH, _HEIGHT, _COLUMNS = 8, 7, 3


def dashboard() -> str:
    """The file, as it should be."""
    panels = [{"id": number, **_place(number - 1), **panel} for number, panel in enumerate(_panels(), 1)]
    source = {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    made = {
        "title": "Handrail", "uid": "handrail", "tags": ["handrail"], "schemaVersion": 39, "editable": True,
        "time": {"from": "now-6h", "to": "now"}, "refresh": "30s", "timezone": "utc",
        "templating": {"list": [source]}, "panels": panels,
    }  # fmt: skip
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _place(at: int) -> dict[str, Any]:
    return {"gridPos": {"h": _HEIGHT, "w": _WIDTH, "x": at % _COLUMNS * _WIDTH, "y": at // _COLUMNS * _HEIGHT}}


def _panels() -> Iterator[dict[str, Any]]:
    for one in METERED:
        yield _panel(one.help.rstrip("."), list(_queries(one)), _unit(one.name), one.name)
    for name, (title, unit) in _OF_THE_PROCESS.items():
        yield _panel(title, [(f'{name}{{job=~".*handrail.*"}}', "{{instance}}")], unit, name)
    used = 'rate(process_cpu_seconds_total{job=~".*handrail.*"}[5m])'
    yield _panel("Processor", [(used, "{{instance}}")], "percentunit", "process_cpu_seconds_total")


def _queries(one: Metered) -> Iterator[tuple[str, str]]:
    """Each query with how its lines are called."""
    labels = ", ".join(one.labels)
    legend = " ".join(f"{{{{{label}}}}}" for label in one.labels) or "all replicas"
    if one.kind == "counter":
        by = f" by ({labels})" if labels else ""
        yield f"sum{by} (increase({one.name}[$__rate_interval]))", legend
    elif one.kind == "histogram":
        for share in ("0.5", "0.9", "0.99"):
            rate = f"rate({one.name}_bucket[$__rate_interval])"
            yield f"histogram_quantile({share}, sum by (le) ({rate}))", f"{share} of them within"
    elif one.name == "handrail_build_info":
        yield f"count by ({labels}) ({one.name})", legend
    elif one.whose == "all":
        yield (f"max by ({labels}) ({one.name})" if labels else f"max({one.name})"), legend
    else:
        yield one.name, "{{instance}}"


def _unit(name: str) -> str:
    return _UNITS.get(name.rpartition("_")[2], "short")


def _panel(title: str, queries: list[tuple[str, str]], unit: str, description: str) -> dict[str, Any]:
    targets = [
        {"refId": "ABC"[at], "expr": expression, "legendFormat": legend, "datasource": _SOURCE}
        for at, (expression, legend) in enumerate(queries)
    ]
    return {
        "type": "timeseries", "title": title, "description": description, "datasource": _SOURCE, "targets": targets,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"fillOpacity": 10}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
    }  # fmt: skip


if __name__ == "__main__":
    FILE.write_text(dashboard(), encoding="utf-8")
