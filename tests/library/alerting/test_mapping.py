"""What is read of the payloads of seven sources, and what is no delivery."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.library.alerting.mapping import MOST, SHIPPED, Unmapped, read_sources, shipped_sources
from bot.readiness.alert.rules import Notice
from tests.library.alerting.payloads import BEGINS, OPSGENIE, PAGERDUTY, SNS, as_body, ends

SOURCES = shipped_sources()
_PAGED, _SHORT = datetime(2020, 10, 2, 18, 45, 22, 169_000, UTC), datetime(2014, 7, 29, 19, 37, 52, 0, UTC)


def only(source: str, payload: dict[str, object]) -> Notice:
    (notice,) = SOURCES[source].read(as_body(payload))
    return notice


@pytest.mark.parametrize(
    ("source", "name", "label", "began"),
    [
        ("alertmanager", "ProbeFailure", ("severity", "critical"), datetime(2023, 2, 6, 13, 8, 45, 828000, UTC)),
        ("grafana", "High memory usage", ("team", "blue"), datetime(2021, 10, 12, 7, 51, 3, 157076, UTC)),
        ("pagerduty", "A little bump in the road", ("service", "API Service"), _PAGED),
        ("opsgenie", "Test alert from monitoring", ("service", "orders"), None),
        ("datadog", "[Triggered] [Memory Alert]", ("role", "computing-node"), _SHORT),
        ("sns", "EXAMPLE", ("InstanceId", "TestInstance"), datetime(2015, 6, 3, 17, 43, 27, 123000, UTC)),
        ("generic", "DiskFull", ("service", "orders"), datetime(2026, 11, 22, 3, 40, 0, 0, UTC)),
    ],
)  # fmt: skip
def test_what_each_source_documents_is_read_and_its_end_is_the_end_of_the_same(
    source: str, name: str, label: tuple[str, str], began: datetime | None
) -> None:
    notice, over = only(source, BEGINS[source]), only(source, ends()[source])
    assert (notice.name, notice.is_over, notice.began) == (name, False, began)
    assert label in notice.labels
    assert over.is_over
    assert over.fingerprint == notice.fingerprint
    assert notice.began or notice.delivery, "what came before can be told"
    assert set(BEGINS) == set(SHIPPED)


def test_links_and_words_come_along_as_plain_words() -> None:
    grafana = only("grafana", BEGINS["grafana"])
    assert grafana.runbook == "https://myrunbook.com/runbook/1234"
    assert grafana.link == "https://play.grafana.org/alerting/1afz29v7z/edit"
    assert grafana.summary == "This alert was triggered for zone us-1"
    payload = {"id": "x", "name": "a\x00b\n c", "status": "firing", "began": 1, "link": "javascript:alert(1)"}
    (odd,) = SOURCES["generic"].read(json.dumps(payload).encode())
    assert (odd.name, odd.link) == ("ab c", "")


@pytest.mark.parametrize("action", ["Acknowledge", "AddNote", "AssignOwnership"])
def test_what_is_no_beginning_and_no_end_is_not_taken(action: str) -> None:
    assert SOURCES["opsgenie"].read(as_body({**OPSGENIE, "action": action})) == []
    event = {**PAGERDUTY["event"], "event_type": "incident.acknowledged"}
    assert SOURCES["pagerduty"].read(as_body({"event": event})) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 100_000, b'"x"', b"7", b"null", b"{}", b'{"alerts": 7}', b'{"alerts": [7]}', b'{"alerts": [{}]}',
     as_body({"alerts": [{"labels": {"alertname": "x"}, "fingerprint": "y"}]}),
     as_body({"alerts": [BEGINS["alertmanager"]["alerts"][0]] * (MOST + 1)}),
     as_body({**SNS, "Message": "{"})],
)  # fmt: skip
@pytest.mark.parametrize("source", SHIPPED)
def test_what_is_no_delivery_is_refused_in_a_sentence(source: str, body: bytes) -> None:
    """Of a shape that is no alert of this source there is at most nothing to take."""
    try:
        found = SOURCES[source].read(body)
    except Unmapped as unmapped:
        found, said = [], str(unmapped)
        assert len(said) >= 20, said
    assert found == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(SHIPPED), st.data())
def test_whatever_stands_in_a_field_nothing_breaks(source: str, data: st.DataObject) -> None:
    """Any field of a documented payload, however deep, replaced by anything at all."""
    payload = json.loads(as_body(BEGINS[source]))
    here = payload
    while True:
        key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else list(range(len(here)))))
        if not isinstance(here[key], dict | list) or not here[key] or data.draw(st.booleans()):
            here[key] = data.draw(_JSON)
            break
        here = here[key]
    try:
        notices = SOURCES[source].read(json.dumps(payload).encode())
    except Unmapped:
        return
    for notice in notices:
        assert all("\0" not in one for pair in notice.labels for one in pair)
        assert notice.name.encode()


def test_a_teams_own_mapping_serves_and_a_faulty_one_is_named_with_its_line(tmp_path: Path) -> None:
    own = tmp_path / "nagios.yaml"
    own.write_text(
        "schema: alerts/v1\nsource: nagios\nfingerprint: host\nname: service\nbegan: at\nresolved: \"state == 'OK'\"\n"
    )
    bad = tmp_path / "zabbix.yaml"
    bad.write_text("schema: alerts/v1\nsource: zabbix\nfingerprint: '[['\nname: n\nbegan: t\nresolved: r\n")
    (tmp_path / "no-replay.yaml").write_text("schema: alerts/v1\nsource: z\nfingerprint: f\nname: n\nresolved: r\n")
    sources, problems = read_sources(tmp_path)
    assert set(sources) == {*SHIPPED, "nagios"}
    body = as_body({"host": "h", "service": "disk", "at": "2026-11-22T03:40:00Z", "state": "CRITICAL"})
    assert sources["nagios"].read(body)[0].name == "disk"
    told = [f"{one.place} {one.message}" for one in problems]
    assert any("zabbix.yaml:3:" in one and "JMESPath" in one for one in told)
    assert any(one.startswith("no-replay.yaml") and "could begin once more" in one for one in told)
