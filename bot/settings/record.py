"""What the environment said, as one frozen record."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from urllib.parse import urlsplit

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
