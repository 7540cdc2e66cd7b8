"""Every environment variable, read once into a frozen record; all that is wrong is said at once."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

SLACK_API_URL = "https://slack.com/api/"
DATABASE_URL = "sqlite:///handrail.db"
RUNBOOKS = "runbooks/"
HTTP = "127.0.0.1:8080"
_SHORTEST_SECRET = 32


@dataclass(frozen=True)
class Address:
    """Where the web server listens; port 0 takes any free one."""

    host: str
    port: int


@dataclass(frozen=True)
class Settings:
    """What the environment said. Secrets are left out of the repr."""

    bot_token: str | None = field(default=None, repr=False)
    app_token: str | None = field(default=None, repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    slack_api_url: str = SLACK_API_URL
    database_url: str = field(default=DATABASE_URL, repr=False)
    runbooks: Path = Path(RUNBOOKS)
    http: Address = Address("127.0.0.1", 8080)
    pack: Path | None = None
    mirror: Path | None = None
    templates: Path | None = None
    heartbeat_url: str | None = field(default=None, repr=False)
    public_url: str | None = None
    """Where people reach the web pages, without a slash at the end."""
    link_secret: str | None = field(default=None, repr=False)
    followup_webhook: str | None = field(default=None, repr=False)
    followup_secret: str | None = field(default=None, repr=False)
    slack_client_id: str | None = None
    slack_client_secret: str | None = field(default=None, repr=False)
    proxy_header: str | None = None
    """The header in which a proxy says who reads; believed from `proxy_from` alone."""
    proxy_from: tuple[IPv4Network | IPv6Network, ...] = ()

    @property
    def uses_socket_mode(self) -> bool:
        """Slack is reached by Socket Mode; otherwise Slack posts signed requests to us."""
        return self.app_token is not None

    @property
    def sqlite_path(self) -> Path | None:
        """The file that holds the record; None on PostgreSQL."""
        return Path(self.database_url.removeprefix("sqlite:///")) if self.database_url.startswith("sqlite:") else None

    @property
    def keeps_mirror(self) -> bool:
        """Copies of open runs are kept on this machine. SQLite is on this machine itself, so only when asked."""
        return self.mirror is not None or self.sqlite_path is None

    def mirror_of(self, environment: Mapping[str, str]) -> Path:
        """Where the copies of this database's runs stand: a folder of its own below the machine's place for state."""
        given = environment.get("STATE_DIRECTORY", "").partition(":")[0]  # systemd's own, for a service without a home
        home = given or environment.get("XDG_STATE_HOME") or Path(environment.get("HOME") or ".") / ".local" / "state"
        return (self.mirror or Path(home) / "handrail" / "mirror") / self._name_of_database

    @property
    def _name_of_database(self) -> str:
        """The same for the same database, whoever logs in to it and with what password."""
        if self.sqlite_path is not None:
            known = str(self.sqlite_path.absolute())
        else:
            parts = urlsplit(self.database_url)
            known = f"{parts.hostname}:{parts.port or ''}{parts.path}?{parts.query}"
        return hashlib.sha256(known.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class SettingProblem:
    """A variable that cannot be used: what is wrong with it, and what to write."""

    name: str
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.name}: {self.message} {self.hint}"


class BadSettings(Exception):
    """The environment cannot be used; `problems` holds every reason."""

    def __init__(self, problems: tuple[SettingProblem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class _Wrong(Exception):
    """Raised by a reader: what is wrong, and what to write. It never repeats a secret."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read every variable of Handrail from `environment`; BadSettings lists all problems.

    An empty value counts as unset. `NAME_FILE` names a file that holds the value of `NAME`.
    """
    problems = [*_unknown_names(environment)]
    values: dict[str, Any] = {}
    for name, (attribute, read) in _VARIABLES.items():
        try:
            text = _text_of(name, environment)
            if text is not None:
                values[attribute] = read(text)
        except _Wrong as wrong:
            problems.append(SettingProblem(name, wrong.message, wrong.hint))
    problems += _missing_beside(values)
    if problems:
        raise BadSettings(tuple(problems))
    return replace(Settings(), **values)


def _missing_beside(values: Mapping[str, object]) -> list[SettingProblem]:
    """What is of no use, or harmful, without another one."""
    return [
        SettingProblem(name, message, hint)
        for given, wanted, name, message, hint in _TOGETHER
        if given in values and wanted not in values
    ]


def missing_for_serving(settings: Settings) -> tuple[SettingProblem, ...]:
    """What `serve` needs beside sound values: a bot token, and one way for Slack to reach us."""
    missing = []
    if settings.bot_token is None:
        missing.append(
            SettingProblem(
                "SLACK_BOT_TOKEN",
                "is not set.",
                "Copy the Bot User OAuth Token (xoxb-…) from your app's page, under OAuth & Permissions.",
            )
        )
    if settings.app_token is None and settings.signing_secret is None:
        missing.append(
            SettingProblem(
                "SLACK_APP_TOKEN",
                "is not set, and neither is SLACK_SIGNING_SECRET, so that Slack could not reach Handrail.",
                "For Socket Mode set SLACK_APP_TOKEN (xapp-…); for signed HTTP set SLACK_SIGNING_SECRET.",
            )
        )
    return tuple(missing)


def _unknown_names(environment: Mapping[str, str]) -> list[SettingProblem]:
    known = [one for name in _VARIABLES for one in (name, f"{name}_FILE")]
    ours = [one for one in known if one.startswith("HANDRAIL_")]
    problems = []
    for name in sorted(environment):
        if name.startswith("HANDRAIL_") and name not in known:
            near = get_close_matches(name, ours, n=1, cutoff=0.85)
            hint = f"Did you mean {near[0]}?" if near else f"Handrail knows {', '.join(ours[::2])}; unset this one."
            problems.append(SettingProblem(name, "is not a setting of Handrail.", hint))
    return problems


def _text_of(name: str, environment: Mapping[str, str]) -> str | None:
    text = environment.get(name, "").strip()
    file = environment.get(f"{name}_FILE", "").strip()
    if text and file:
        raise _Wrong(f"is set, and {name}_FILE is set too.", "Keep one of the two.")
    return _content_of(name, Path(file)) if file else text or None


def _content_of(name: str, file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "it is not UTF-8 text"
        raise _Wrong(
            f"{name}_FILE names {file}, which cannot be read: {reason}.", "Name a file that holds the value alone."
        ) from None
    if not text:
        raise _Wrong(f"{name}_FILE names {file}, which is empty.", "Put the value into it, or unset the variable.")
    return text


def _token(prefix: str, what: str, where: str) -> Callable[[str], str]:
    shape = re.compile(re.escape(prefix) + r"[A-Za-z0-9-]{6,}")

    def read(text: str) -> str:
        if not shape.fullmatch(text):
            raise _Wrong(f"is not {what}.", f"It starts with {prefix} and is found in your app's page, under {where}.")
        return text

    return read


def _signing_secret(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]{16,128}", text):
        raise _Wrong(
            "is not a signing secret.",
            "It is 32 letters and digits, found in your app's page, under Basic Information, App Credentials.",
        )
    return text


def _api_url(text: str) -> str:
    parts = _split(text)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _Wrong(f"is not an address: {text!r}.", f"Unset it for Slack itself, which is {SLACK_API_URL}")
    if not text.endswith("/") or parts.query or parts.fragment:
        raise _Wrong("must end in a slash.", f"Write {text.partition('?')[0].rstrip('/')}/")
    return text


def _heartbeat_url(text: str) -> str:
    parts = _split(text)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _Wrong("is not an address.", "Write the https address that your watchdog gave you.")
    return text


def _webhook_url(text: str) -> str:
    parts = _split(text)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _Wrong("is not an address.", "Write the https address at which your tracker takes follow-ups.")
    return text


def _shared_secret(text: str) -> str:
    if len(text) < _SHORTEST_SECRET:
        raise _Wrong("is too short to sign with.", "Make one with: openssl rand -hex 32")
    return text


def _database_url(text: str) -> str:
    scheme, mark, rest = text.partition("://")
    match scheme:
        case "sqlite" if mark:
            return _sqlite_url(text)
        case "postgresql" | "postgresql+psycopg" if mark:
            return _postgres_url(f"postgresql+psycopg://{rest}")
        case "postgres" if mark:
            raise _Wrong("starts with postgres://, an old name.", "Write postgresql:// and leave the rest as it is.")
    raise _Wrong(
        "is not a database that Handrail knows.",
        "Write sqlite:///handrail.db (a file) or postgresql://user:password@host/name",
    )


def _sqlite_url(text: str) -> str:
    path = text.removeprefix("sqlite:///")
    if path == text or not path or ":memory:" in path:
        raise _Wrong("names no file, and the record has to outlive the process.", "Write sqlite:///handrail.db")
    if "?" in path:
        raise _Wrong("has options after a question mark.", "Write the path of the file alone: sqlite:///handrail.db")
    return text


def _postgres_url(text: str) -> str:
    parts = _split(text)
    hint = "Write postgresql://user:password@host:5432/name (percent-encode : / @ in the password)."
    if parts is None:
        raise _Wrong("cannot be read as an address.", hint)
    if not parts.path.strip("/"):
        raise _Wrong("names no database.", hint)
    return text


def _split(text: str) -> SplitResult | None:
    """The parts of an address; None when it has none or its port is not a number."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _public_url(text: str) -> str:
    parts, hint = (
        _split(text),
        "Write https://handrail.example.org, or leave it unset: pages are answered in Slack then.",
    )
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _Wrong(f"is not an address: {text!r}.", hint)
    if parts.query or parts.fragment or parts.username is not None:
        raise _Wrong("has more than a host and a path in it.", hint)
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise _Wrong("starts with http://, and whoever reads the line could answer for others.", "Use https://.")
    return text.rstrip("/")


def _link_secret(text: str) -> str:
    if len(text) < _SHORTEST_SECRET:
        raise _Wrong("is too short to keep links safe.", "Make one with: openssl rand -hex 32")
    return text


def _address(text: str) -> Address:
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\s]+)):(\d{1,5})", text)
    if found is None or int(found[3]) > 65_535:  # noqa: PLR2004 (the highest port there is)
        raise _Wrong(f"is not a host and a port: {text!r}.", f"Write {HTTP}, or 0.0.0.0:8080 to listen everywhere.")
    return Address(found[1] or found[2], int(found[3]))


def _client_secret(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]{16,128}", text):
        raise _Wrong(
            "is not a client secret.", "It is 32 letters and digits, found in your app's page, under Basic Information."
        )
    return text


def _client_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.-]{3,64}", text):
        raise _Wrong(
            "is not a client id.", "It is two numbers with a dot between, found in your app's page, Basic Information."
        )
    return text


def _proxy_header(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{2,63}", text) or text.lower() in _COMMON_HEADERS:
        raise _Wrong(
            f"is not a header that only a proxy writes: {text!r}.",
            "Write the one yours does, such as X-Forwarded-User.",
        )
    return text.lower()


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    hint = "Write the addresses from which your proxy reaches Handrail, such as 10.0.0.5 or 10.0.0.0/24, with commas."
    try:
        found = tuple(ip_network(one.strip()) for one in text.split(","))
    except ValueError:
        raise _Wrong(f"is not a list of addresses: {text!r}.", hint) from None
    if any(one.prefixlen == 0 for one in found):
        raise _Wrong("is every address there is, so that anybody could say that they are somebody.", hint)
    return found


_COMMON_HEADERS = frozenset({
    "accept", "accept-language", "authorization", "cookie", "host", "origin", "referer", "user-agent",
    "x-forwarded-for",
})  # fmt: skip
"""What browsers and programs write by themselves says nothing of who they are."""
_TOGETHER = (
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
_VARIABLES: dict[str, tuple[str, Callable[[str], object]]] = {
    "SLACK_BOT_TOKEN": ("bot_token", _token("xoxb-", "a bot token", "OAuth & Permissions")),
    "SLACK_APP_TOKEN": (
        "app_token",
        _token("xapp-", "an app-level token", "Basic Information, App-Level Tokens (scope connections:write)"),
    ),
    "SLACK_SIGNING_SECRET": ("signing_secret", _signing_secret),
    "SLACK_API_URL": ("slack_api_url", _api_url),
    "DATABASE_URL": ("database_url", _database_url),
    "HANDRAIL_RUNBOOKS": ("runbooks", Path),
    "HANDRAIL_HTTP": ("http", _address),
    "HANDRAIL_PACK": ("pack", Path),
    "HANDRAIL_MIRROR": ("mirror", Path),
    "HANDRAIL_TEMPLATES": ("templates", Path),
    "HANDRAIL_HEARTBEAT_URL": ("heartbeat_url", _heartbeat_url),
    "HANDRAIL_PUBLIC_URL": ("public_url", _public_url),
    "HANDRAIL_LINK_SECRET": ("link_secret", _link_secret),
    "HANDRAIL_FOLLOWUP_WEBHOOK": ("followup_webhook", _webhook_url),
    "HANDRAIL_FOLLOWUP_SECRET": ("followup_secret", _shared_secret),
    "HANDRAIL_SLACK_CLIENT_ID": ("slack_client_id", _client_id),
    "HANDRAIL_SLACK_CLIENT_SECRET": ("slack_client_secret", _client_secret),
    "HANDRAIL_PROXY_HEADER": ("proxy_header", _proxy_header),
    "HANDRAIL_PROXY_FROM": ("proxy_from", _networks),
}
