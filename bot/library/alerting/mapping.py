"""What a source posted -> its alerts, by the source's mapping file; nothing of it is executed, and nothing fetched."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic_core import from_json

from bot.format.alerts import AlertsFile, Signature
from bot.format.pieces import read_instant
from bot.library.parse import Unreadable, parse_file
from bot.library.problems import Fault, Problem
from bot.readiness.alert.rules import Notice

SHIPPED = ("alertmanager", "grafana", "generic", "pagerduty", "opsgenie", "datadog", "sns")
MOST = 1_000
"""Alerts of one delivery."""
_LABELS, _LABEL, _VALUE, _NAME, _SUMMARY, _LINK = 40, 100, 200, 120, 500, 500
_SUCH_AS = "a path such as labels.alertname"
_MILLISECONDS = 10**11
"""A number above this is milliseconds since 1970; below, seconds (as such it would be the year 5138)."""


class Unmapped(Exception):
    """What was posted cannot be read as alerts; the sentence says why."""


@dataclass(frozen=True)
class Source:
    """A mapping, its expressions compiled."""

    mapping: AlertsFile

    @property
    def name(self) -> str:
        """What the source is called."""
        return self.mapping.source

    @property
    def signature(self) -> Signature | None:
        """How it signs."""
        return self.mapping.signature

    @cached_property
    def _compiled(self) -> Mapping[str, Any]:
        return {name: jmespath.compile(path) for name, path in self.mapping.paths.items()}

    def _at(self, key: str, thing: object) -> Any:  # noqa: ANN401  (whatever JSON holds)
        found = self._compiled.get(key)
        if found is None:
            return None
        try:
            return found.search(thing)
        except (JMESPathError, RecursionError, TypeError, ValueError, ArithmeticError, AttributeError) as wrong:
            raise Unmapped(f"`{key}` of the mapping does not fit what was sent: {_said(wrong)}") from None

    def read(self, body: bytes) -> list[Notice]:
        """The alerts of a delivery; Unmapped when it is none of this source."""
        try:
            document = from_json(body)
            inside = self._at("inside", document)
            document = from_json(inside) if isinstance(inside, str) else document
        except (ValueError, RecursionError):
            raise Unmapped("The body is no JSON.") from None
        found = self._at("alerts", document)
        listed = found if isinstance(found, list) else [found]
        if found is None or not all(isinstance(one, dict) for one in listed):
            raise Unmapped(f"There are no alerts at `{self.mapping.alerts}`.")
        if len(listed) > MOST:
            raise Unmapped(f"A delivery has at most {MOST} alerts; this has {len(listed)}.")
        return [self._notice(one) for one in listed if self.mapping.only is None or self._at("only", one)]

    def _notice(self, one: Mapping[str, Any]) -> Notice:
        name, labels = _text(self._at("name", one)), tuple(sorted(_labels(self._at("labels", one)).items()))[:_LABELS]
        if not name:
            raise Unmapped("An alert has no name.")
        fingerprint = _text(self._at("fingerprint", one)) or repr((name, labels))
        began, delivery = _moment(self._at("began", one)), _text(self._at("delivery", one))
        if began is None and not delivery:
            raise Unmapped("An alert says neither when it began nor which delivery it is.")
        summary, over = _text(self._at("summary", one))[:_SUMMARY], bool(self._at("resolved", one))
        return Notice(
            self.name, _digest(self.name, fingerprint), name[:_NAME], over, summary, labels, began,
            _digest(delivery)[:16] if delivery else "", _link(self._at("link", one)), _link(self._at("runbook", one)),
        )  # fmt: skip


def _said(wrong: Exception) -> str:
    return str(wrong).splitlines()[0][:200] if str(wrong) else type(wrong).__name__


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _text(value: object) -> str:
    """A text as it can be stored; of a number its digits, of anything else nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(str(value).encode("utf-8", "replace").decode().replace("\0", "").split())


def _link(value: object) -> str:
    """A link as it is; nothing in place of one that is too long, since what is cut leads elsewhere."""
    link = _text(value)
    return link if link.startswith(("https://", "http://")) and " " not in link and len(link) <= _LINK else ""


def _moment(value: object) -> datetime | None:
    try:
        if isinstance(value, str) and value.strip().isdigit():
            value = int(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value > _MILLISECONDS else value, UTC)
        return read_instant(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def _labels(found: object) -> dict[str, str]:
    """Of an object its pairs; of a list, or a text with commas, what stands before and after each first colon."""
    if isinstance(found, Mapping):
        pairs = [(_text(name), _text(value)) for name, value in found.items()]
    else:
        listed: Sequence[object] = (
            found.split(",") if isinstance(found, str) else found if isinstance(found, list) else ()
        )
        split = [_text(one).partition(":") for one in listed]
        pairs = [(name.strip(), value.strip()) for name, _, value in split]
    return {name[:_LABEL]: value[:_VALUE] for name, value in pairs if name and value}


def read_source(name: str, text: bytes) -> Source:
    """A mapping out of the text of its file; Unreadable with every problem."""
    documents, problems = parse_file(name, text)
    errors = tuple(one for one in problems if one.severity == "error")
    if errors or len(documents) != 1 or not isinstance(documents[0].model, AlertsFile):
        raise Unreadable(errors)
    mapping = documents[0].model
    wrong = tuple(
        documents[0].problem((key,), Fault("T2", "error", f"This cannot be read as JMESPath: {why}.", _SUCH_AS))
        for key, path in mapping.paths.items()
        if (why := _unread(path))
    )
    if mapping.began is None and mapping.delivery is None:
        said = "Without `began` and `delivery`, what was delivered before could begin once more."
        wrong = (*wrong, documents[0].problem((), Fault("T2", "error", said, "began: startsAt")))
    if wrong:
        raise Unreadable(wrong)
    return Source(mapping)


def _unread(path: str) -> str:
    try:
        jmespath.compile(path)
    except (JMESPathError, RecursionError) as wrong:
        return _said(wrong)
    return ""


def shipped_sources() -> dict[str, Source]:
    """The mappings that are shipped, by their names."""
    here = files("bot.library.alerting")
    return {name: read_source(f"{name}.yaml", (here / f"{name}.yaml").read_bytes()) for name in SHIPPED}


def read_sources(folder: Path | None) -> tuple[dict[str, Source], tuple[Problem, ...]]:
    """The shipped mappings, and over them those of a folder; with what is wrong with files there."""
    found, problems = shipped_sources(), list[Problem]()
    for file in sorted(folder.glob("*.yaml")) if folder is not None else ():
        try:
            source = read_source(file.name, file.read_bytes())
        except Unreadable as unreadable:
            problems += unreadable.problems or [_not_a_mapping(file.name)]
        except OSError as wrong:
            problems.append(_not_a_mapping(file.name, wrong.strerror or ""))
        else:
            found[source.name] = source
    return found, tuple(problems)


def _not_a_mapping(file: str, why: str = "") -> Problem:
    said = f"It cannot be read: {why}." if why else "This is not one mapping of alerts."
    return Problem(file, 1, 1, "S1", "error", said, "schema: alerts/v1")
