"""Whom the address that we listen on brings to the pages: what closes them, and how a browser here opens them."""

from urllib.parse import urlsplit

from bot.settings import Settings
from bot.web.pages.reader import is_loopback, with_token


def address_of_pages(settings: Settings, address: str, token: str) -> str:
    """Where the pages are, as they are opened on this machine: with the token while nothing else lets people in."""
    asks_for_token = settings.proxy_header is None and settings.slack_client_id is None and not why_closed(settings)
    return with_token(address, token) if asks_for_token else f"{address}/"


def why_closed(settings: Settings) -> str:
    """Why pages and API are closed to everybody, in words; empty when they are open to somebody.

    A token opens the API all the same.
    """
    if settings.proxy_header is not None or settings.slack_client_id is not None:
        return ""
    if not is_loopback(settings.http.host):
        return f"HANDRAIL_HTTP listens on {settings.http.host}, which is not this machine alone"
    return brought_in_by(settings)


def brought_in_by(settings: Settings) -> str:
    """What brings others than this machine to our address, in words; empty when nothing does."""
    public = urlsplit(settings.public_url or "").hostname
    if public is not None and not is_loopback(public):
        return f"HANDRAIL_PUBLIC_URL brings people from elsewhere, by {public}"
    return "" if settings.uses_socket_mode else "without SLACK_APP_TOKEN Slack's requests come in from elsewhere"
