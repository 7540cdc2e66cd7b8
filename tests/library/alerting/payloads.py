"""What sources of alerts post, as their documentation shows it.

Alertmanager: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
Grafana: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
PagerDuty: https://developer.pagerduty.com/docs/webhooks-overview
Opsgenie: https://support.atlassian.com/opsgenie/docs/opsgenie-edge-connector-alert-action-data/
Datadog: https://docs.datadoghq.com/integrations/webhooks/ (its variables, in the payload of our mapping file)
SNS: https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html, with an alarm of CloudWatch in it
"""

import json
from typing import Any

Payload = dict[str, Any]

ALERTMANAGER: Payload = {
    "receiver": "sms",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {
                "alertname": "ProbeFailure",
                "instance": "https://server.example.org",
                "job": "http_checks",
                "monitor": "master",
                "severity": "critical",
            },
            "annotations": {
                "description": "Instance https://server.example.org has been down for over 5m. Job: http_checks",
                "summary": "BlackBox Probe Failure: https://server.example.org",
            },
            "startsAt": "2023-02-06T13:08:45.828Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus.example.org:9090/graph?g0.expr=probe_success+%3D%3D+0",
            "fingerprint": "1a30ba71cca2921f",
        }
    ],
    "groupLabels": {"alertname": "ProbeFailure"},
    "externalURL": "http://prometheus.example.org:9093",
    "version": "4",
    "groupKey": '{}/{severity="critical"}:{alertname="ProbeFailure"}',
    "truncatedAlerts": 0,
}
GRAFANA: Payload = {
    "receiver": "My Super Webhook",
    "status": "firing",
    "orgId": 1,
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "High memory usage", "team": "blue", "zone": "us-1"},
            "annotations": {
                "description": "The system has high memory usage",
                "runbook_url": "https://myrunbook.com/runbook/1234",
                "summary": "This alert was triggered for zone us-1",
            },
            "startsAt": "2021-10-12T09:51:03.157076+02:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://play.grafana.org/alerting/1afz29v7z/edit",
            "fingerprint": "c6eadffa33fcdf37",
            "silenceURL": "https://play.grafana.org/alerting/silence/new?alertmanager=grafana",
            "dashboardURL": "",
            "panelURL": "",
            "valueString": "[ metric='' labels={} value=14151.331895396988 ]",
        }
    ],
}
PAGERDUTY: Payload = {
    "event": {
        "id": "5ac64822-4adc-4fda-ade0-410becf0de4f",
        "event_type": "incident.triggered",
        "resource_type": "incident",
        "occurred_at": "2020-10-02T18:45:22.169Z",
        "agent": {"html_url": "https://acme.pagerduty.com/users/PLH1HKV", "id": "PLH1HKV", "type": "user_reference"},
        "client": {"name": "PagerDuty"},
        "data": {
            "id": "PGR0VU2",
            "type": "incident",
            "html_url": "https://acme.pagerduty.com/incidents/PGR0VU2",
            "number": 2,
            "status": "triggered",
            "incident_key": "d3640fbd41094207a1c11e58e46b1662",
            "created_at": "2020-10-02T18:45:22Z",
            "title": "A little bump in the road",
            "service": {"id": "PF9KMXH", "summary": "API Service", "type": "service_reference"},
            "priority": {"id": "PSO75BM", "summary": "P1", "type": "priority_reference"},
            "urgency": "high",
        },
    }
}
OPSGENIE: Payload = {
    "action": "Create",
    "alert": {
        "alertId": "44f717bf-44bd-11c9-44c7-2d0cf1d07b23",
        "message": "Test alert from monitoring",
        "username": "admin@example.com",
        "alias": "monitoring-alert-001",
        "tinyId": "454",
        "entity": "",
        "userId": "4caaaa77-9222-4322-8622-d3522fbd7dda",
        "tags": ["service:orders"],
    },
    "source": {"name": "MonitoringTool", "type": "api"},
}
DATADOG: Payload = {
    "id": "1234567",
    "aggreg_key": "9bd4ac313a4d1e8fae2482df7b77628",
    "alert_transition": "Triggered",
    "title": "[Triggered] [Memory Alert]",
    "text": "Memory is short",
    "tags": "monitor, name:myService, role:computing-node",
    "date": "1406662672000",
    "link": "https://app.datadoghq.com/event/jump_to?event_id=123456",
}
_ALARM: Payload = {
    "AlarmName": "EXAMPLE",
    "AlarmDescription": "EXAMPLE",
    "AWSAccountId": "123456789012",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed: 1 out of the last 1 datapoints was greater than the threshold (0.0)",
    "StateChangeTime": "2015-06-03T17:43:27.123+0000",
    "Region": "EU (Ireland)",
    "AlarmArn": "arn:aws:cloudwatch:REGION:ACCOUNT_NUMBER:alarm:EXAMPLE",
    "OldStateValue": "INSUFFICIENT_DATA",
    "Trigger": {
        "MetricName": "NetworkOut",
        "Namespace": "AWS/EC2",
        "Dimensions": [{"value": "TestInstance", "name": "InstanceId"}],
        "Threshold": 0.0,
    },
}
SNS: Payload = {
    "Type": "Notification",
    "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
    "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
    "Subject": 'ALARM: "EXAMPLE" in EU (Ireland)',
    "Message": json.dumps(_ALARM),
    "Timestamp": "2015-06-03T17:43:27.123Z",
    "SignatureVersion": "1",
}
GENERIC: Payload = {
    "id": "disk-full", "status": "firing", "name": "DiskFull", "summary": "pg-orders-1 has 2 % left",
    "began": "2026-11-22T03:40:00Z", "labels": {"service": "orders"}, "runbook_url": "https://example.com/rows-wrong",
}  # fmt: skip
BEGINS = {
    "alertmanager": ALERTMANAGER, "grafana": GRAFANA, "pagerduty": PAGERDUTY, "opsgenie": OPSGENIE, "datadog": DATADOG,
    "sns": SNS, "generic": GENERIC,
}  # fmt: skip


def _group_over(payload: Payload) -> Payload:
    (alert,) = payload["alerts"]
    over = {**alert, "status": "resolved", "endsAt": "2026-11-22T12:00:00Z"}
    return {**payload, "status": "resolved", "alerts": [over]}


def ends() -> dict[str, Payload]:
    """Source -> the delivery that says that the same alert is over."""
    event = PAGERDUTY["event"]
    alarm = {**_ALARM, "NewStateValue": "OK", "StateChangeTime": "2015-06-03T18:43:27.123+0000"}
    return {
        "alertmanager": _group_over(ALERTMANAGER),
        "grafana": _group_over(GRAFANA),
        "pagerduty": {"event": {**event, "id": "01DEN4HPBQAAAG05V5QQYBRZMF", "event_type": "incident.resolved",
                                "occurred_at": "2020-10-02T19:45:22.169Z"}},
        "opsgenie": {**OPSGENIE, "action": "Close"},
        "datadog": {**DATADOG, "id": "1234568", "alert_transition": "Recovered", "date": "1406666272000"},
        "sns": {**SNS, "MessageId": "other", "Message": json.dumps(alarm)},
        "generic": {**GENERIC, "status": "resolved"},
    }  # fmt: skip


def as_body(payload: Payload) -> bytes:
    """A payload as it is sent."""
    return json.dumps(payload).encode()
