"""Every variable that Handrail knows: the setting it becomes, what reads it, and what it is of no use without."""

from collections.abc import Callable
from pathlib import Path

from bot.settings.credentials import app_secret_reader, read_client_id, secret_reader, token_reader
from bot.settings.plain import number_reader, read_log_level, read_switch
from bot.settings.record import (
    read_address,
    read_api_url,
    read_channel,
    read_database_url,
    read_networks,
    read_pooler,
    read_proxy_header,
    read_public_url,
    url_reader,
)

VARIABLES: dict[str, tuple[str, Callable[[str], object]]] = {
    "SLACK_BOT_TOKEN": ("bot_token", token_reader("xoxb-", "a bot token", "OAuth & Permissions")),
    "SLACK_APP_TOKEN": (
        "app_token",
        token_reader("xapp-", "an app-level token", "Basic Information, App-Level Tokens (scope connections:write)"),
    ),
    "SLACK_SIGNING_SECRET": (
        "signing_secret",
        app_secret_reader("signing secret", "Basic Information, App Credentials"),
    ),
    "SLACK_API_URL": ("slack_api_url", read_api_url),
    "DATABASE_URL": ("database_url", read_database_url),
    "HANDRAIL_RUNBOOKS": ("runbooks", Path),
    "HANDRAIL_HTTP": ("http", read_address),
    "HANDRAIL_PACK": ("pack", Path),
    "HANDRAIL_MIRROR": ("mirror", Path),
    "HANDRAIL_TEMPLATES": ("templates", Path),
    "HANDRAIL_HANDS": ("hands", Path),
    "HANDRAIL_ALERTS": ("alerts", Path),
    "HANDRAIL_HEARTBEAT_URL": ("heartbeat_url", url_reader("Write the https address that your watchdog gave you.")),
    "HANDRAIL_OPS_CHANNEL": ("ops_channel", read_channel),
    "HANDRAIL_PUBLIC_URL": ("public_url", read_public_url),
    "HANDRAIL_LINK_SECRET": ("link_secret", secret_reader("keep links safe")),
    "HANDRAIL_FOLLOWUP_WEBHOOK": (
        "followup_webhook",
        url_reader("Write the https address at which your tracker takes follow-ups."),
    ),
    "HANDRAIL_FOLLOWUP_SECRET": ("followup_secret", secret_reader("sign with")),
    "HANDRAIL_SLACK_CLIENT_ID": ("slack_client_id", read_client_id),
    "HANDRAIL_SLACK_CLIENT_SECRET": ("slack_client_secret", app_secret_reader("client secret", "Basic Information")),
    "HANDRAIL_PROXY_HEADER": ("proxy_header", read_proxy_header),
    "HANDRAIL_PROXY_FROM": ("proxy_from", read_networks),
    "HANDRAIL_LOG_READERS": ("log_readers", read_switch),
    "HANDRAIL_DATABASE_POOL": ("database_pool", number_reader(2, 500, "connections")),
    "HANDRAIL_DATABASE_POOLER": ("database_pooler", read_pooler),
    "HANDRAIL_LOG_LEVEL": ("log_level", read_log_level),
    "HANDRAIL_DRAIN": ("drain", number_reader(0, 300, "seconds")),
}
"""Name -> the field of `Settings`, and what turns the text into it or raises `Wrong`."""
TOGETHER = (
    ("followup_webhook", "followup_secret", "HANDRAIL_FOLLOWUP_SECRET",
     "is not set, so that the webhook could not be signed.",
     "Make one with: openssl rand -hex 32, and give it to your tracker too."),
    ("slack_client_id", "slack_client_secret", "HANDRAIL_SLACK_CLIENT_SECRET",
     "is not set, but HANDRAIL_SLACK_CLIENT_ID is.", "Copy it from your app's page, under Basic Information."),
    ("slack_client_secret", "slack_client_id", "HANDRAIL_SLACK_CLIENT_ID",
     "is not set, but HANDRAIL_SLACK_CLIENT_SECRET is.", "Copy it from your app's page, under Basic Information."),
    ("slack_client_id", "public_url", "HANDRAIL_PUBLIC_URL",
     "is not set, so that Slack could lead nobody back who signed in.", "Write https://handrail.example.org"),
    ("proxy_header", "proxy_from", "HANDRAIL_PROXY_FROM",
     "is not set, so that anybody could write HANDRAIL_PROXY_HEADER themselves.",
     "Write the addresses from which your proxy reaches Handrail, such as 10.0.0.5"),
    ("proxy_from", "proxy_header", "HANDRAIL_PROXY_HEADER",
     "is not set, but HANDRAIL_PROXY_FROM is.", "Write the header in which your proxy says who reads."),
)  # fmt: skip
"""What is given, what it needs beside it, and what is said when that is not there."""
