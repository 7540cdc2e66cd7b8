"""What a workspace holds: people, places, messages, views, files, as frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
"""A JSON object as it stands on Slack's wire."""

Why = Literal["mention", "group", "broadcast", "dm", "thread"]
"""Why somebody was notified, the most personal reason first."""

SCOPES = (
    "commands",
    "chat:write",
    "files:write",
    "users:read",
    "usergroups:read",
    "im:write",
    "pins:write",
    "reactions:read",
    "channels:manage",
    "channels:read",
    "groups:read",
    "groups:write",
    "channels:history",
    "groups:history",
    "im:history",
)
"""What a bot's token may do unless the seed says otherwise."""


@dataclass(frozen=True)
class Enterprise:
    """An organisation on Enterprise Grid: its other workspaces, and whether the app was installed on all of it."""

    id: str = "E0LOCAL"
    name: str = "Local organisation"
    teams: tuple[str, ...] = ()
    is_org_install: bool = False


@dataclass(frozen=True)
class Team:
    """The workspace itself; `domain` is the word before `.slack.com`."""

    id: str = "T0LOCAL"
    name: str = "Local workspace"
    domain: str = "local"


@dataclass(frozen=True)
class User:
    """A person or a bot; an empty `team` means the workspace's own, anything else is somebody from outside."""

    id: str
    name: str
    real_name: str
    email: str = ""
    tz: str = "Etc/UTC"
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False
    team: str = ""


@dataclass(frozen=True)
class Group:
    """A user group: `@handle` calls all of its members."""

    id: str
    handle: str
    name: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Channel:
    """A channel, a DM (`is_im`) or a group DM (`is_mpim`); the bot is in it when its user id is a member."""

    id: str
    name: str
    members: tuple[str, ...] = ()
    topic: str = ""
    is_private: bool = False
    is_im: bool = False
    is_mpim: bool = False
    is_archived: bool = False
    creator: str = ""
    created: int = 0


@dataclass(frozen=True)
class Command:
    """A slash command as the app's manifest declares it; `should_escape` turns @names and #names into ids."""

    name: str
    description: str = ""
    hint: str = ""
    should_escape: bool = True
    example: str = ""
    """What a newcomer may type behind it."""


@dataclass(frozen=True)
class Shortcut:
    """A global or a message shortcut: what it is called and the callback id that the app listens for."""

    callback_id: str
    name: str


@dataclass(frozen=True)
class Seed:
    """The workspace on its first day; kept rows win over it after a restart, people and groups follow the seed."""

    bot_user: User
    team: Team = Team()
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    channels: tuple[Channel, ...] = ()
    commands: tuple[Command, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    message_shortcuts: tuple[Shortcut, ...] = ()
    events: tuple[str, ...] = ("app_home_opened",)
    scopes: tuple[str, ...] = SCOPES
    app_id: str = "A0LOCAL"
    bot_id: str = "B0LOCAL"
    enterprise: Enterprise | None = None


@dataclass(frozen=True)
class Message:
    """One message; `thread_ts` is set on replies only, `only_for` names the one person who sees an ephemeral."""

    channel: str
    user: str
    text: str = ""
    ts: str = ""
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    thread_ts: str = ""
    metadata: Json | None = None
    files: tuple[str, ...] = ()
    subtype: str = ""
    bot_id: str = ""
    app_id: str = ""
    only_for: str = ""
    edited_ts: str = ""
    edited_by: str = ""
    reactions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pinned_by: str = ""

    @property
    def is_broadcast(self) -> bool:
        """A reply that was also sent to the channel."""
        return self.subtype == "thread_broadcast"


@dataclass(frozen=True)
class Unread:
    """What a person has not seen in a channel: `mentions` counts calls by name, group or DM, replies included."""

    messages: int = 0
    mentions: int = 0
    threads: Mapping[str, int] = field(default_factory=dict)
    last_read: str = ""


@dataclass(frozen=True)
class Notice:
    """A notification that reached a person; an edit never makes one."""

    number: int
    user: str
    channel: str
    ts: str
    thread_ts: str
    why: Why
    text: str


@dataclass(frozen=True)
class View:
    """A modal or a home tab as the person sees it now; `body` is the app's JSON with every block id filled in."""

    id: str
    user: str
    type: Literal["modal", "home"]
    body: Json
    hash: str
    root_id: str
    previous_id: str = ""
    external_id: str = ""


@dataclass(frozen=True)
class File:
    """An uploaded file; the bytes are asked for by id, `ready` once the upload was completed."""

    id: str
    name: str
    title: str
    size: int
    mimetype: str
    user: str
    created: int
    ready: bool = False
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """A call that Slack would have refused: for the panel of that name."""

    at: float
    method: str
    error: str
    messages: tuple[str, ...] = ()
    asked_for: bool = False
    """A fault of the dial asked for it: nothing is wrong with the call."""


@dataclass(frozen=True)
class Failure:
    """An app that did not answer in time, or not well, as the person saw it."""

    at: float
    user: str
    what: str
    why: str
