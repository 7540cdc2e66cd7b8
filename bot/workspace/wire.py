"""How the things of a workspace look on Slack's wire."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.workspace.form import Values
from bot.workspace.state import Channel, File, Group, Json, Message, State, User, View


def user_json(state: State, user: User) -> Json:
    """A user as `users.info` shows one."""
    offset = datetime.fromtimestamp(state.clock(), UTC).astimezone(ZoneInfo(user.tz)).utcoffset()
    return {
        "id": user.id,
        "team_id": state.directory.team_of(user),
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "profile": profile_json(state, user),
        "is_bot": user.is_bot,
        "is_app_user": False,
        "is_restricted": user.is_restricted or user.is_ultra_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_stranger": user.is_stranger,
        "is_admin": False,
        "is_owner": False,
        "updated": 0,
    }


def profile_json(state: State, user: User) -> Json:
    """A profile; the address only with the scope for it."""
    profile = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "team": state.directory.team_of(user),
    }
    if "users:read.email" in state.policy.scopes and user.email:
        profile["email"] = user.email
    return profile


def group_json(state: State, group: Group) -> Json:
    """A user group as `usergroups.list` shows one."""
    return {
        "id": group.id,
        "team_id": state.directory.team.id,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "description": "",
        "date_delete": 0,
        "users": list(group.members),
        "user_count": len(group.members),
    }


def channel_json(state: State, place: Channel) -> Json:
    """A channel or DM as `conversations.info` shows one to the bot."""
    bot = state.directory.bot.id
    shared = {
        "id": place.id,
        "created": place.created,
        "is_archived": place.is_archived,
        "is_im": place.is_im,
        "is_mpim": place.is_mpim,
        "is_channel": not (place.is_im or place.is_mpim),
        "is_group": place.is_private and not place.is_im,
        "is_private": place.is_private or place.is_im or place.is_mpim,
        "context_team_id": state.directory.team.id,
    }
    if place.is_im:
        other = next((each for each in place.members if each != bot), bot)
        return {**shared, "user": other, "is_user_deleted": False, "is_open": True}
    return {
        **shared,
        "name": place.name,
        "name_normalized": place.name,
        "creator": place.creator,
        "is_member": bot in place.members,
        "is_general": False,
        "is_shared": False,
        "is_ext_shared": False,
        "num_members": len(place.members),
        "topic": {"value": place.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def channel_kind(place: Channel) -> tuple[str, str]:
    """What `channel_type` says, and the subscription that brings the channel's messages."""
    if place.is_im:
        return "im", "message.im"
    if place.is_mpim:
        return "mpim", "message.mpim"
    return ("group", "message.groups") if place.is_private else ("channel", "message.channels")


def file_json(state: State, file: File, origin: str) -> Json:
    """A file as `files.info` shows one; `origin` is the workspace's own address without a slash at the end."""
    address = f"{origin}/files-pri/{state.directory.team.id}-{file.id}/{file.name}"
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2] or "text",
        "size": file.size,
        "user": file.user,
        "mode": "hosted",
        "is_external": False,
        "is_public": False,
        "url_private": address,
        "url_private_download": address.replace(file.name, "download/" + file.name),
        "permalink": f"{origin}/files/{file.user}/{file.id}/{file.name}",
        "channels": list(file.channels),
        "shares": {},
    }


def message_json(state: State, message: Message, *, origin: str = "", with_metadata: bool = False) -> Json:
    """A message as `conversations.history` shows one; metadata only for those who ask for it."""
    body: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts}
    body["team"] = state.directory.team.id
    for name in ("subtype", "bot_id", "app_id", "thread_ts"):
        if value := getattr(message, name):
            body[name] = value
    if message.bot_id:
        body["bot_profile"] = bot_json(state)
    if message.blocks:
        body["blocks"] = list(message.blocks)
    if message.attachments:
        body["attachments"] = list(message.attachments)
    if message.files:
        body["files"] = [file_json(state, file, origin) for each in message.files if (file := state.files.file(each))]
    if message.edited_ts:
        body["edited"] = {"user": message.edited_by, "ts": message.edited_ts}
    if message.reactions:
        body["reactions"] = reactions_json(message)
    if message.pinned_by:
        body["pinned_to"] = [message.channel]
    if message.metadata is not None and with_metadata:
        body["metadata"] = message.metadata
    if message.only_for:
        body["is_ephemeral"] = True
    return body | ({} if message.thread_ts else _thread_json(state, message))


def _thread_json(state: State, message: Message) -> Json:
    replies = state.talk.replies(message.channel, message.ts)
    if not replies:
        return {}
    writers = list(dict.fromkeys(each.user for each in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": writers[:5],
        "reply_users_count": len(writers),
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": False,
    }


def reactions_json(message: Message) -> list[Json]:
    """The reactions of a message with those who gave them."""
    return [{"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions.items()]


def bot_json(state: State) -> Json:
    """The bot as `bots.info` shows it."""
    return {
        "id": state.seed.bot_id,
        "app_id": state.seed.app_id,
        "user_id": state.directory.bot.id,
        "name": state.directory.bot.real_name,
        "team_id": state.directory.team.id,
        "deleted": False,
        "updated": 0,
        "icons": {},
    }


def view_json(state: State, view: View, values: Values | None = None) -> Json:
    """A view as Slack hands it back, with the values that the person has typed so far."""
    body = view.body
    return {
        "id": view.id,
        "team_id": state.directory.team.id,
        "type": view.type,
        "blocks": body["blocks"],
        "title": body.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
        "submit": body.get("submit"),
        "close": body.get("close"),
        "private_metadata": body.get("private_metadata") or "",
        "callback_id": body.get("callback_id") or "",
        "external_id": view.external_id,
        "state": {"values": values or {}},
        "hash": view.hash,
        "clear_on_close": bool(body.get("clear_on_close")),
        "notify_on_close": bool(body.get("notify_on_close")),
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id or None,
        "app_id": state.seed.app_id,
        "bot_id": state.seed.bot_id,
        "app_installed_team_id": state.directory.team.id,
    }
