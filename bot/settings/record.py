"""What the environment said, as one frozen record."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlencode, urlsplit

from bot.settings.problems import BadSetting

SLACK_API_URL = "https://slack.com/api/"
DATABASE_URL = "sqlite:///handrail.db"
RUNBOOKS = "runbooks/"
HTTP = "127.0.0.1:8080"


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
    database_pool: int = 30
    """Connections to PostgreSQL at most, of those that read and of those that write each."""
    database_pooler: bool = False
    """Something between us and PostgreSQL hands out another connection with each transaction."""
    runbooks: Path = Path(RUNBOOKS)
    http: Address = Address("127.0.0.1", 8080)
    pack: Path | None = None
    mirror: Path | None = None
    templates: Path | None = None
    hands: Path | None = None
    """What may be executed; nothing is while it is not set."""
    alerts: Path | None = None
    """Mapping files of a team's own sources of alerts; the shipped ones are there without it."""
    heartbeat_url: str | None = field(default=None, repr=False)
    ops_channel: str | None = None
    """The channel of those who run Handrail: the ledger's head is posted there each day."""
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
    log_readers: bool = True
    """Who reads which page is written into the log."""
    log_level: str = "info"
    drain: int | None = None
    """Seconds for which requests are still taken once we are told to end; None for what fits the way in."""

    @property
    def uses_socket_mode(self) -> bool:
        """Slack is reached by Socket Mode; otherwise Slack posts signed requests to us."""
        return self.app_token is not None

    @property
    def drains_for(self) -> int:
        """Seconds between "not ready" and the end: a balancer has to notice, a socket is closed by ourselves."""
        return self.drain if self.drain is not None else 0 if self.uses_socket_mode else 5

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
        return (self.mirror or _place_for_state(environment) / "mirror") / self._name_of_database

    def outcomes_of(self, environment: Mapping[str, str]) -> Path:
        """Where hands write down how commands of this database's runs ended, until that is recorded."""
        return _place_for_state(environment) / "outcomes" / self._name_of_database

    @property
    def _name_of_database(self) -> str:
        """The same for the same database, whoever logs in to it and with what password."""
        if self.sqlite_path is not None:
            known = str(self.sqlite_path.absolute())
        else:
            parts = urlsplit(self.database_url)
            known = f"{parts.hostname}:{parts.port or ''}{parts.path}?{parts.query}"
        return hashlib.sha256(known.encode()).hexdigest()[:12]


_COMMON_HEADERS = frozenset({
    "accept", "accept-language", "authorization", "cookie", "host", "origin", "referer", "user-agent",
    "x-forwarded-for",
})  # fmt: skip
"""What browsers and programs write by themselves says nothing of who they are."""
_PLACE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|/[^\s:]+|[^\s/:\[\]@]*)(?::(?P<port>\d{1,5}))?")
"""A host, an address of IPv6, or the folder of a socket; with or without a port."""


def read_api_url(text: str) -> str:
    """The address below which Slack's methods stand; it ends in a slash."""
    parts = _split(text)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadSetting(f"is not an address: {text!r}.", f"Unset it for Slack itself, which is {SLACK_API_URL}")
    if not text.endswith("/") or parts.query or parts.fragment:
        raise BadSetting("must end in a slash.", f"Write {text.partition('?')[0].rstrip('/')}/")
    return text


def read_channel(text: str) -> str:
    """The id of a channel in Slack."""
    if re.fullmatch(r"[CG][A-Z0-9]{2,20}", text) is None:
        raise BadSetting(
            f"is not the id of a channel: {text!r}.",
            "In Slack open the channel's details: its id stands at the end, such as C0123ABCD.",
        )
    return text


def url_reader(hint: str) -> Callable[[str], str]:
    """Reads an address of a service; `hint` says which one. The address may be a secret and is not repeated."""

    def read(text: str) -> str:
        parts = _split(text)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise BadSetting("is not an address.", hint)
        return text

    return read


def read_database_url(text: str) -> str:
    """A file for SQLite, or a PostgreSQL, as SQLAlchemy names its driver."""
    scheme, mark, rest = text.partition("://")
    match scheme:
        case "sqlite" if mark:
            return _sqlite_url(text)
        case "postgresql" | "postgresql+psycopg" | "postgres" if mark:
            return _postgres_url(rest)
    raise BadSetting(
        "is not a database that Handrail knows.",
        "Write sqlite:///handrail.db (a file) or postgresql://user:password@host/name",
    )


def _sqlite_url(text: str) -> str:
    path = text.removeprefix("sqlite:///")
    if path == text or not path or ":memory:" in path:
        raise BadSetting("names no file, and the record has to outlive the process.", "Write sqlite:///handrail.db")
    if "?" in path:
        raise BadSetting(
            "has options after a question mark.", "Write the path of the file alone: sqlite:///handrail.db"
        )
    return text


def _postgres_url(rest: str) -> str:
    """As SQLAlchemy wants it. libpq's own spellings are taken: several hosts, and the folder of a socket as a host."""
    address, _, query = rest.partition("?")
    authority, _, name = address.partition("/")
    login, at, places = authority.rpartition("@")
    hint = "Write postgresql://user:password@host:5432/name (percent-encode : / @ in the password)."
    if not name.strip("/"):
        raise BadSetting("names no database.", hint)
    hosts = [_host(one, hint) for one in places.split(",")]
    named: dict[str, str] = {}
    if len(hosts) > 1 or hosts[0][0].startswith("/"):
        places = ""
        named["host"] = ",".join(host for host, _ in hosts)
        if any(port for _, port in hosts):
            named["port"] = ",".join(port or "5432" for _, port in hosts)
    asked = "&".join(one for one in (query, urlencode(named, safe="/:,")) if one)
    return f"postgresql+psycopg://{login}{at}{places}/{name}{'?' * bool(asked)}{asked}"


def _host(place: str, hint: str) -> tuple[str, str]:
    """A host and its port, where there is one; the folder of a socket, percent-encoded, is made plain."""
    found = _PLACE.fullmatch(unquote(place))
    if found is None:
        raise BadSetting("cannot be read as an address.", hint)
    return found["host"].strip("[]"), found["port"] or ""


def read_pooler(text: str) -> bool:
    """Whether connections are handed out anew with each transaction."""
    if text not in ("transaction", "session"):
        raise BadSetting(
            f"is not a way of pooling that Handrail knows: {text[:20]!r}.",
            "Write transaction when PgBouncer stands in between in that mode; else leave it unset.",
        )
    return text == "transaction"


def read_public_url(text: str) -> str:
    """Where people reach the pages, without a slash at the end; over https, unless it is this machine."""
    parts = _split(text)
    hint = "Write https://handrail.example.org, or leave it unset: pages are answered in Slack then."
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadSetting(f"is not an address: {text!r}.", hint)
    if parts.query or parts.fragment or parts.username is not None:
        raise BadSetting("has more than a host and a path in it.", hint)
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise BadSetting("starts with http://, and whoever reads the line could answer for others.", "Use https://.")
    return text.rstrip("/")


def read_address(text: str) -> Address:
    """A host and a port to listen on."""
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\s]+)):(\d{1,5})", text)
    if found is None or int(found[3]) > 65_535:  # noqa: PLR2004 (the highest port there is)
        raise BadSetting(f"is not a host and a port: {text!r}.", f"Write {HTTP}, or 0.0.0.0:8080 to listen everywhere.")
    return Address(found[1] or found[2], int(found[3]))


def read_proxy_header(text: str) -> str:
    """A header that only a proxy writes, in lower case."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{2,63}", text) or text.lower() in _COMMON_HEADERS:
        raise BadSetting(
            f"is not a header that only a proxy writes: {text!r}.",
            "Write the one yours does, such as X-Forwarded-User.",
        )
    return text.lower()


def read_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The addresses of a proxy; never all there are."""
    hint = "Write the addresses from which your proxy reaches Handrail, such as 10.0.0.5 or 10.0.0.0/24, with commas."
    try:
        found = tuple(ip_network(one.strip()) for one in text.split(","))
    except ValueError:
        raise BadSetting(f"is not a list of addresses: {text!r}.", hint) from None
    if any(one.prefixlen == 0 for one in found):
        raise BadSetting("is every address there is, so that anybody could say that they are somebody.", hint)
    return found


def _split(text: str) -> SplitResult | None:
    """The parts of an address; None when it has none or its port is not a number."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _place_for_state(environment: Mapping[str, str]) -> Path:
    given = environment.get("STATE_DIRECTORY", "").partition(":")[0]  # systemd's own, for a service without a home
    home = given or environment.get("XDG_STATE_HOME") or Path(environment.get("HOME") or ".") / ".local" / "state"
    return Path(home) / "handrail"
