"""Who and where: users, user groups, channels and DMs."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from bot.workspace.state.changes import Changes
from bot.workspace.state.things import Channel, Group, Seed, User
from bot.workspace.store import Store, thaw


class Directory:
    """The people of the workspace and the places where they talk."""

    def __init__(
        self, seed: Seed, changes: Changes, store: Store, clock: Callable[[], float], mint: Callable[[], str]
    ) -> None:
        """Take people and groups from the seed, channels from what was kept and, where new, from the seed."""
        self.team = seed.team
        self.bot = replace(seed.bot_user, is_bot=True)
        self._changes, self._store, self._clock, self._mint = changes, store, clock, mint
        self._users = {user.id: user for user in (*seed.users, self.bot)}
        self._groups = {group.id: group for group in seed.groups}
        self._channels = {channel.id: replace(channel, created=int(clock())) for channel in seed.channels}
        self._channels |= {key: thaw(Channel, body) for key, body in store.rows("channel")}
        for place in self._channels.values():
            store.keep("channel", place.id, place)

    def users(self) -> list[User]:
        """Everybody, the bot last."""
        return list(self._users.values())

    def user(self, user_id: str) -> User | None:
        """The person with this id, if there is one."""
        return self._users.get(user_id)

    def user_named(self, name: str) -> User | None:
        """The person whose handle is `name`, without the @."""
        return next((user for user in self._users.values() if user.name == name), None)

    def user_with_email(self, email: str) -> User | None:
        """The person with this address."""
        return next((user for user in self._users.values() if user.email and user.email == email), None)

    def team_of(self, user: User) -> str:
        """The id of the workspace that a person comes from."""
        return user.team or self.team.id

    def groups(self) -> list[Group]:
        """All user groups."""
        return list(self._groups.values())

    def group(self, group_id: str) -> Group | None:
        """The user group with this id, if there is one."""
        return self._groups.get(group_id)

    def group_with_handle(self, handle: str) -> Group | None:
        """The user group that is called with `@handle`."""
        return next((group for group in self._groups.values() if group.handle == handle), None)

    def channels(self) -> list[Channel]:
        """All channels and DMs."""
        return list(self._channels.values())

    def channel(self, channel_id: str) -> Channel | None:
        """The channel or DM with this id, if there is one."""
        return self._channels.get(channel_id)

    def channel_named(self, name: str) -> Channel | None:
        """The channel with this name, without the #."""
        return next((place for place in self._channels.values() if place.name == name and not place.is_im), None)

    def channels_of(self, user_id: str) -> list[Channel]:
        """The channels and DMs that a person is in: channels by name, then DMs."""
        mine = [place for place in self._channels.values() if user_id in place.members]
        return sorted(mine, key=lambda place: (place.is_im or place.is_mpim, place.name, place.id))

    def open_dm(self, members: Iterable[str]) -> Channel:
        """The DM between these people, made when they never talked before; three or more are a group DM."""
        people = tuple(sorted(set(members)))
        with self._changes.lock:
            for place in self._channels.values():
                if (place.is_im or place.is_mpim) and place.members == people:
                    return place
            group = len(people) > 2  # noqa: PLR2004 - Slack's line between a DM and a group DM
            name = "mpdm-" + "--".join(self._users[each].name for each in people) + "-1" if group else ""
            made = Channel(self._id("G" if group else "D"), name, people, is_im=not group, is_mpim=group)
            return self._put(replace(made, created=int(self._clock())))

    def create_channel(self, name: str, creator: str, *, private: bool = False) -> Channel:
        """Make a channel with its creator in it."""
        made = Channel(self._id("C"), name, (creator,), is_private=private, creator=creator, created=int(self._clock()))
        return self._put(made)

    def join(self, channel_id: str, users: Iterable[str]) -> Channel:
        """Add people to a channel; those who are in it already stay."""
        with self._changes.lock:
            place = self._channels[channel_id]
            new = tuple(each for each in users if each not in place.members)
            return self._put(replace(place, members=place.members + new)) if new else place

    def leave(self, channel_id: str, user_id: str) -> Channel:
        """Take a person, or the bot, out of a channel."""
        with self._changes.lock:
            place = self._channels[channel_id]
            return self._put(replace(place, members=tuple(each for each in place.members if each != user_id)))

    def set_topic(self, channel_id: str, topic: str) -> Channel:
        """Change what a channel says that it is about."""
        with self._changes.lock:
            return self._put(replace(self._channels[channel_id], topic=topic))

    def archive(self, channel_id: str) -> Channel:
        """Close a channel for new messages."""
        with self._changes.lock:
            return self._put(replace(self._channels[channel_id], is_archived=True))

    def unarchive(self, channel_id: str) -> Channel:
        """Open an archived channel again; whoever was in it is in it still."""
        with self._changes.lock:
            return self._put(replace(self._channels[channel_id], is_archived=False))

    def _put(self, place: Channel) -> Channel:
        with self._changes.lock:
            self._channels[place.id] = place
            self._store.keep("channel", place.id, place)
            self._changes.tell("channel", place.id)
        return place

    def _id(self, letter: str) -> str:
        return letter + self._mint()
