"""Apprise behind one function: a letter goes out by an Apprise URL, and the answer comes back in words of our own.

What Apprise logs may hold an address with a password in it, so no word of it is passed on: it is only recognised.
"""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyType
from apprise.manager_plugins import NotificationManager
from apprise.plugins import url_to_dict
from apprise.result import AppriseResult, AppriseResultStatus

from bot.bulkhead import contain
from bot.oncall.pager.message import DeliveryResult, PageMessage

REFUSED = frozenset({
    "blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "rsyslog", "syslog", "vapid", "windows",
})  # fmt: skip
"""Schemas that start programs, write to this machine or read keys from it: they reach no person elsewhere."""
KEYS = ("dedup", "alias", "entity_id")
"""Parameters by which services are told what belongs together; `OWN_KEYS` for those that take a header."""
OWN_KEYS = dict.fromkeys(("json", "jsons", "xml", "xmls", "form", "forms"), "+Idempotency-Key")
_PERMANENT = frozenset({400, 401, 403, 404, 405, 410, 413, 422})
"""HTTP answers that are the same half a minute later."""
_TELL_TALES = (
    (re.compile(r"timed? ?out", re.IGNORECASE), "no answer in time"),
    (re.compile(r"resolve|getaddrinfo|name or service|nodename|no address", re.IGNORECASE), "its name is not found"),
    (re.compile(r"certificate|\bssl\b|\btls\b", re.IGNORECASE), "no trusted connection"),
    (re.compile(r"authenticat|\b53[0-5]\b|credential|\blogin\b", re.IGNORECASE), "the credentials are not accepted"),
    (re.compile(r"connection|socket|unreachable", re.IGNORECASE), "no connection"),
)
_STATUS = re.compile(r"error=(\d{3})\b")


def send(url: str, message: PageMessage) -> DeliveryResult:
    """Send a letter by one Apprise URL; never raises. It takes as long as the service lets it."""
    service = _service_of(url, message.key)
    if isinstance(service, DeliveryResult):
        return service
    name = _plain(str(service.service_name))
    client = Apprise(asset=service.asset)
    client.add(service)
    title, body = _fitting(message, service)
    result = client.notify(body, title, notify_type=NotifyType.WARNING, body_format="text", log_level=10)
    if _is_accepted(result):
        return DeliveryResult(reached=True, words=f"accepted by {name}")
    words, last = _reason(entry.message for entry in result.logs())
    return DeliveryResult(reached=False, words=f"{name}: {words}", last=last)


def look_at(url: str) -> DeliveryResult:
    """Whether a letter could go out by an Apprise URL, as far as the URL itself says it: nothing is sent."""
    service = _service_of(url, "look")
    return (
        service
        if isinstance(service, DeliveryResult)
        else DeliveryResult(reached=True, words=_plain(str(service.service_name)))
    )


def _asset() -> AppriseAsset:
    """Nothing is kept on this disk, no keys are made, and nothing follows a redirection to another host."""
    return AppriseAsset(
        app_id="Handrail", app_desc="Handrail pages", app_url="", storage_mode="memory", service_timeout=0,
        allow_templates=False, http_redirects=False, pgp_autogen=False, pem_autogen=False,
    )  # fmt: skip


def _service_of(url: str, key: str) -> NotifyBase | DeliveryResult:
    if not url.isprintable() or any(sign.isspace() for sign in url):
        return DeliveryResult(reached=False, words="its variable holds more than one address", last=True)
    parsed = _parse(url)
    schema = str((parsed or {}).get("schema", ""))
    if schema in REFUSED or url.partition(":")[0].lower() in REFUSED:
        return DeliveryResult(
            reached=False, words="its kind of address reaches nobody elsewhere, and is not used", last=True
        )
    if parsed is None:
        return DeliveryResult(reached=False, words="its variable holds no address that Apprise knows", last=True)
    plugin = NotificationManager()[schema]  # type: ignore[no-untyped-call]
    keyed = _parse(_with_key(url, schema, plugin, key)) or parsed
    # Attempts are ours to make and to record, and a service must not call a failure fine.
    once = {name: value for name, value in keyed.items() if name not in ("retry", "wait", "optional")}
    made = None
    with contain():  # whatever a plugin raises about a URL: its words may hold parts of the URL
        made = Apprise.instantiate(once, asset=_asset(), suppress_exceptions=False)
    if made is None:
        name = _plain(str(plugin.service_name))
        return DeliveryResult(reached=False, words=f"its address is not whole, or {name} is not installed", last=True)
    return made


def _parse(url: str) -> dict[str, Any] | None:
    parsed: dict[str, Any] | None = url_to_dict(url, secure_logging=True)  # type: ignore[no-untyped-call]
    return parsed


def _with_key(url: str, schema: str, plugin: type[NotifyBase], key: str) -> str:
    """The URL with a key in it, where the service takes one and the URL has none yet."""
    arguments: dict[str, Any] = plugin.template_args
    names = [OWN_KEYS[schema]] if schema in OWN_KEYS else [one for one in KEYS if one in arguments]
    query = url.partition("?")[2]
    if not names or any(part.partition("=")[0] in names for part in query.split("&")):
        return url
    return f"{url}{'&' if '?' in url else '?'}{names[0]}={quote(key, safe='')}"


def _fitting(message: PageMessage, service: NotifyBase) -> tuple[str, str]:
    whole = len(message.title) + len(message.body) + 2
    return ("", message.short) if service.body_maxlen < whole else (message.title, message.body)


def _is_accepted(result: AppriseResult) -> bool:
    return bool(list(result)) and all(
        service.attempts and service.attempts[-1].status == AppriseResultStatus.SUCCESS for service in result
    )


def _reason(messages: Iterable[str]) -> tuple[str, bool]:
    """Why it was not accepted, and whether it would be the next time: in words of ours alone."""
    said = list(messages)
    status = next((int(found[1]) for one in said if (found := _STATUS.search(one))), None)
    if status is not None:
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "an unknown status"
        return f"refused with {status} {phrase}", status in _PERMANENT
    for shape, words in _TELL_TALES:
        if any(shape.search(one) for one in said):
            return words, False
    return "not accepted", False


def _plain(name: str) -> str:
    return " ".join("".join(sign for sign in name if sign.isprintable()).split())[:60] or "the service"
