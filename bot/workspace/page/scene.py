"""What one person sees now: the lists, rows and labels that the templates draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2s
from zoneinfo import ZoneInfo

from bot.workspace.blocks.text.emoji import EMOJI
from bot.workspace.blocks.text.reader import TextContext
from bot.workspace.state import Channel, File, Message, State, User

HOME = "home"
SHOWN = 100
_JOINED_WITHIN = 300
_HUES = 8
_SLACKBOT = User("USLACKBOT", "slackbot", "Slackbot", is_bot=True)


@dataclass(frozen=True)
class SidebarEntry:
    """A line of the side bar."""

    key: str
    label: str
    sign: str
    path: str
    unread: int = 0
    mentions: int = 0
    current: bool = False


@dataclass(frozen=True)
class Persona:
    """A person one can be, with the number of calls that wait for them."""

    user: User
    path: str
    waiting: int
    current: bool
    hue: int


@dataclass(frozen=True)
class MessageRow:
    """One message as it stands in a list."""

    message: Message
    author: User
    hue: int
    at: datetime
    joined: bool = False
    opens_day: str = ""
    opens_replies: str = ""
    replies: int = 0
    last_reply: datetime | None = None
    unseen_replies: int = 0
    files: tuple[File, ...] = ()
    reactions: tuple[tuple[str, str, int, bool, str], ...] = ()


@dataclass(frozen=True)
class Viewer:
    """Who looks, where, and at which thread."""

    state: State
    user: User
    place: str
    thread: str = ""
    reader: TextContext = field(init=False)

    def __post_init__(self) -> None:
        """Name everybody for this person."""
        object.__setattr__(self, "reader", reader_for(self.state, self.user))

    @property
    def channel(self) -> Channel | None:
        """The channel that is open, None on the home tab."""
        return self.state.directory.channel(self.place)


def reader_for(state: State, user: User) -> TextContext:
    """Return what the drawing of texts for this person needs to know."""
    directory = state.directory
    return TextContext(
        user_id=user.id,
        now=datetime.fromtimestamp(state.clock(), UTC),
        zone=ZoneInfo(user.tz),
        people={each.id: each.real_name or each.name for each in directory.users()},
        channels={each.id: each.name for each in directory.channels() if each.name and not each.is_mpim},
        groups={each.id: each.handle for each in directory.groups()},
        member_of=frozenset(each.id for each in directory.groups() if user.id in each.members),
        home=f"/as/{user.id}",
    )


def personas(look: Viewer) -> list[Persona]:
    """List the people one can be; each stays in the open channel when they are in it."""
    found = []
    for user in look.state.directory.users():
        if user.is_bot or user.deleted:
            continue
        path = f"/as/{user.id}"
        if look.channel is None or user.id in look.channel.members:
            path += f"/{look.place}" + (f"?thread={look.thread}" if look.thread else "")
        waiting = look.state.marks.waiting(user.id)
        found.append(Persona(user, path, waiting, user.id == look.user.id, hue_of(user.id)))
    return found


def hue_of(user_id: str) -> int:
    """Return one of a few colours, always the same for a person."""
    return blake2s(user_id.encode(), digest_size=1).digest()[0] % _HUES


def channels(look: Viewer) -> list[SidebarEntry]:
    """List the channels this person is in."""
    mine = look.state.directory.channels_of(look.user.id)
    return [_place(look, each, each.name, "#") for each in mine if not (each.is_im or each.is_mpim)]


def talks(look: Viewer) -> list[SidebarEntry]:
    """List the DMs of this person, the one with the bot first and always."""
    bot = look.state.directory.bot
    mine = [each for each in look.state.directory.channels_of(look.user.id) if each.is_im or each.is_mpim]
    listed = [_place(look, each, dm_name(look, each), "@") for each in mine]
    if not any(bot.id in each.members and each.is_im for each in mine):
        listed.insert(0, SidebarEntry("", bot.real_name, "@", f"/as/{look.user.id}/with/{bot.id}"))
    return sorted(listed, key=lambda each: each.label != bot.real_name)


def dm_name(look: Viewer, place: Channel) -> str:
    """Name a DM by the others in it."""
    others = [each for each in place.members if each != look.user.id]
    return ", ".join(look.reader.people.get(each, each) for each in others) or "Yourself"


def _place(look: Viewer, place: Channel, label: str, sign: str) -> SidebarEntry:
    unread = look.state.marks.unread(look.user.id, place.id)
    path = f"/as/{look.user.id}/{place.id}"
    waiting = unread.messages + sum(unread.threads.values())
    return SidebarEntry(place.id, label, sign, path, waiting, unread.mentions, place.id == look.place)


def author_of(state: State, message: Message) -> User:
    """Return who wrote a message; somebody unknown is called by their id."""
    if message.user == _SLACKBOT.id:
        return _SLACKBOT
    return state.directory.user(message.user) or User(message.user, message.user, message.user)


def rows(look: Viewer, *, in_thread: bool) -> list[MessageRow]:
    """List the newest messages of the channel or of its open thread, oldest first; a thread's parent always."""
    seen = look.state.talk.seen_by(look.user.id, look.place, look.thread if in_thread else "")
    if len(seen) > SHOWN:
        seen = [*(seen[:1] if in_thread else []), *seen[-SHOWN:]]
    found: list[MessageRow] = []
    for message in seen:
        found.append(_row(look, message, found[-1] if found else None, in_thread=in_thread))
    return found


def _row(look: Viewer, message: Message, before: MessageRow | None, *, in_thread: bool) -> MessageRow:
    at = datetime.fromtimestamp(float(message.ts), UTC).astimezone(look.reader.zone)
    author = author_of(look.state, message)
    same_day = before is not None and before.at.date() == at.date()
    first_reply = in_thread and before is not None and before.message.ts == look.thread
    joined = (
        before is not None
        and same_day
        and not first_reply
        and (before.message.user, before.message.only_for) == (message.user, message.only_for)
        and not (before.message.pinned_by or message.pinned_by or message.is_broadcast)
        and (at - before.at).total_seconds() < _JOINED_WITHIN
    )
    replies = [] if in_thread or message.only_for else look.state.talk.replies(message.channel, message.ts)
    unread = look.state.marks.unread(look.user.id, message.channel)
    return MessageRow(
        message=message,
        author=author,
        hue=hue_of(author.id),
        at=at,
        joined=joined,
        opens_replies=count_of(len(look.state.talk.replies(message.channel, look.thread))) if first_reply else "",
        opens_day="" if same_day or in_thread else day_name(at, look.reader),
        replies=len(replies),
        last_reply=datetime.fromtimestamp(float(replies[-1].ts), UTC).astimezone(look.reader.zone) if replies else None,
        unseen_replies=unread.threads.get(message.ts, 0),
        files=tuple(file for each in message.files if (file := look.state.files.file(each))),
        reactions=_reactions(look, message.reactions),
    )


def count_of(replies: int) -> str:
    """Say how many replies there are."""
    return f"{replies} {'reply' if replies == 1 else 'replies'}"


def _reactions(look: Viewer, given: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, str, int, bool, str], ...]:
    return tuple(
        (
            name,
            EMOJI.get(name, f":{name}:"),
            len(users),
            look.user.id in users,
            ", ".join(look.reader.people.get(each, each) for each in users),
        )
        for name, users in given.items()
    )


def day_name(at: datetime, reader: TextContext) -> str:
    """Name a day as one says it: today, yesterday, or the date."""
    passed = (reader.now.astimezone(reader.zone).date() - at.date()).days
    return {0: "Today", 1: "Yesterday"}.get(passed, f"{at:%A}, {at.day} {at:%B %Y}")


def version(html: str) -> str:
    """Return a short digest of drawn HTML: the same digest means that nothing has to be swapped."""
    return blake2s(html.encode(), digest_size=6).hexdigest()
