"""What watches Handrail names what Handrail tells: docs, alerts and dashboard are held to the list of metrics."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.web.metered import KINDS, METERED, METHODS
from tests.deploy.dashboard import dashboard

ROOT = Path(__file__).parents[2]
KNOWN = {one.name: one for one in METERED}
NAME = re.compile(r"\bhandrail_\w+")


def known_as(name: str) -> str:
    """The metric that a series belongs to."""
    return re.sub(r"_(bucket|count|sum)$", "", name)


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_the_docs_have_every_metric_and_no_other() -> None:
    text = (ROOT / "docs" / "watching.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `handrail_")]
    told = {name: line for line in rows for name in re.findall(r"`(handrail_\w+)", line.split("|")[1])}
    assert told.keys() == KNOWN.keys()
    for name, line in told.items():
        labels = re.search(rf"{name}(?:{{([\w,]+)}})?`", line)
        assert labels is not None
        assert tuple((labels[1] or "").split(",")) == (KNOWN[name].labels or ("",)), line


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_asks_for_what_is_told_and_says_what_to_do(rule: dict[str, Any]) -> None:
    asked = NAME.findall(rule["expr"])
    assert asked
    assert {known_as(one) for one in asked} <= KNOWN.keys()
    for label in re.findall(r"by \(([\w, ]+)\) \((?:increase|rate)\((\w+)", rule["expr"]):
        own = {*KNOWN[known_as(label[1])].labels, "instance", "le"}
        assert set(re.split(r", *", label[0])) <= own
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"].keys() == {"summary", "do"}


def test_every_alert_has_a_test() -> None:
    """`make faults` runs them with promtool."""
    text = (ROOT / "deploy" / "alerts.test.yaml").read_text(encoding="utf-8")
    assert all(f"alertname: {rule['alert']}}}" in text for rule in alerts())


def test_the_dashboard_is_made_of_the_list() -> None:
    text = (ROOT / "deploy" / "dashboard.json").read_text(encoding="utf-8")
    assert text == dashboard(), "Run: make dashboard"
    asked = {known_as(name) for panel in json.loads(text)["panels"] for one in panel["targets"]
             for name in NAME.findall(one["expr"])}  # fmt: skip
    assert asked == KNOWN.keys()


def logged_fields() -> set[str]:
    """Every field that a line of Handrail's own log may have."""
    found = set()
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and re.fullmatch(
                r"log\.(debug|info|warning|error|exception)|say", ast.unparse(node.func)
            ):
                found |= {word.arg for word in node.keywords if word.arg}
    return {"exception" if name == "exc_info" else name for name in found}  # structlog draws it under that name


def test_the_docs_have_every_field_of_the_log() -> None:
    text = (ROOT / "docs" / "watching.md").read_text(encoding="utf-8").partition("## The log")[2]
    told = {name for line in text.splitlines() if line.startswith("| `")
            for name in re.findall(r"`(\w+)`", line.split("|")[1])}  # fmt: skip
    assert logged_fields() - told == set(), "say in docs/watching.md what it is"


def test_the_methods_and_requests_that_are_counted_from_the_start_are_those_that_there_are() -> None:
    """One that is missing here is counted all the same, and its first step is not seen."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "slack").rglob("*.py")]
    texts += [
        path.read_text(encoding="utf-8")
        for room in ("wiring", "notifier")
        for path in (ROOT / "bot" / room).rglob("*.py")
    ]
    written = {
        name for text in texts for name in re.findall(r'"((?:chat|views|conversations|users|auth)\.[\w.]+)"', text)
    }
    called = {
        name.replace("_", ".", 1)
        for text in texts
        for name in re.findall(r"\.((?:chat|conversations|users|auth)_\w+)\(", text)
    }
    assert (written | called) <= set(METHODS)
    hearing = {name for text in texts for name in re.findall(r"^def hear_(\w+)\(", text, re.MULTILINE)}
    assert hearing == set(KINDS)
