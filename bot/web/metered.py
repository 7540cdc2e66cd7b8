"""The list of everything that `/metrics` tells; docs, alerts and dashboard keep to it."""

from typing import Literal, NamedTuple

METHODS = (
    "apps.connections.open", "auth.teams.list", "auth.test", "chat.getPermalink", "chat.postEphemeral",
    "chat.postMessage", "chat.update", "conversations.history", "conversations.open", "conversations.replies",
    "files.completeUploadExternal", "files.getUploadURLExternal", "users.info", "views.open", "views.publish",
    "views.push", "views.update",
)  # fmt: skip
"""Methods of Slack that may be called."""
RESULTS = ("ok", "limited", "refused", "lost")
KINDS = (
    "press",
    "form",
    "command",
    "choice",
    "start",
    "keep",
    "typing",
    "shortcut",
    "message_shortcut",
    "home_opened",
    "answer",
    "review",
)
"""Requests of Slack, by the listener that hears them."""


class Metered(NamedTuple):
    """One metric. Counters are each replica's own: they are summed; gauges of `all` are alike on every replica."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str
    whose: Literal["process", "all"] = "process"


METERED = (
    Metered("handrail_build_info", "gauge", ("version", "python"), "1; the version that serves, as labels."),
    Metered("handrail_pages_total", "counter", ("mode", "reason"), "Pages recorded by this process."),
    Metered("handrail_pages_late_total", "counter", ("mode",), "Of them, more than 60 s after they were due."),
    Metered(
        "handrail_page_answer_seconds", "histogram", ("mode",),
        "From a page to its answer, by “I’m on it” or by acting, in seconds.",
    ),
    Metered("handrail_deliveries_total", "counter", ("way", "result"), "Attempts to call somebody beyond Slack."),
    Metered("handrail_slack_calls_total", "counter", ("method", "result"), "Calls to Slack."),
    Metered(
        "handrail_click_seconds", "histogram", ("kind",), "From hearing a request of Slack to its answer, in seconds."
    ),
    Metered(
        "handrail_held_total", "counter", (), "Requests that waited in vain for a run that somebody else holds."
    ),
    Metered("handrail_errors_total", "counter", (), "Lines of the log that are errors."),
    Metered("handrail_sockets_connected", "gauge", (), "Connections of Socket Mode that Slack has greeted."),
    Metered("handrail_audit_findings", "gauge", (), "What the last audit found wrong; 0 is all right."),
    Metered("handrail_audit_blind", "gauge", (), "1 when the last audit could not look."),
    Metered("handrail_database_answers", "gauge", (), "1 when it did."),
    Metered("handrail_runs_open", "gauge", ("mode",), "Runs that are open.", "all"),
    Metered("handrail_telling_lag_seconds", "gauge", (), "Age of the oldest record that Slack was not told.", "all"),
    Metered("handrail_sweep_age_seconds", "gauge", (), "Since due times were looked at, on whatever replica.", "all"),
    Metered("handrail_feed_age_seconds", "gauge", ("feed",), "Age of the last good copy of a calendar feed.", "all"),
    Metered("handrail_feed_missing", "gauge", ("feed",), "1 while there is no good copy of it.", "all"),
)  # fmt: skip
"""Beside these stand `process_*` of the Prometheus client: processor, memory, open files, the time of the start."""


def help_of(name: str) -> str:
    """What a metric means."""
    return next(one.help for one in METERED if one.name == name)
