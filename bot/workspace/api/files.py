"""files.*: uploads in three steps, and what is known of a file."""

from dataclasses import replace

from bot.workspace.api.call import ApiCall, Method, SlackError
from bot.workspace.state import File, Json, Message
from bot.workspace.wire import file_json

SHARE_SECONDS = 0.05
"""Slack shares a completed upload a moment after it has answered."""


def _announce(call: ApiCall) -> Json:
    name, size = call.need("filename"), call.count("length", 0)
    if size < 1:
        raise SlackError("invalid_arguments", ("[ERROR] must be greater than 0: length",))
    file = call.state.files.announce(name, size, call.state.directory.bot.id)
    return {"upload_url": f"{call.origin}/upload/v1/{file.id}", "file_id": file.id}


def _file(call: ApiCall, file_id: str) -> File:
    file = call.state.files.file(file_id)
    if file is None:
        raise SlackError("file_not_found")
    return file


def _complete(call: ApiCall) -> Json:
    listed = call.parsed("files") or []
    if not listed:
        raise SlackError("invalid_arguments", ("[ERROR] missing required field: files",))
    channel = call.text("channel_id") or call.text("channels").split(",")[0]
    place = call.writable(call.channel("channel_id" if call.text("channel_id") else "channels")) if channel else None
    thread_ts = call.text("thread_ts")
    if place and thread_ts and call.state.talk.message(place.id, thread_ts) is None:
        raise SlackError("invalid_thread_ts")
    found = [_file(call, str(each.get("id"))) for each in listed]
    if any(call.state.files.content(file.id) is None for file in found):
        raise SlackError("file_not_found")
    done = [
        call.state.files.complete(file, str(each.get("title") or ""), place.id if place else "")
        for file, each in zip(found, listed, strict=True)
    ]
    if place:
        _share(call, Message(place.id, call.state.directory.bot.id, call.text("initial_comment")), done, thread_ts)
    return {"files": [{"id": file.id, "title": file.title} for file in done]}


def _share(call: ApiCall, draft: Message, files: list[File], thread_ts: str) -> None:
    message = replace(
        draft,
        files=tuple(file.id for file in files),
        thread_ts=thread_ts,
        subtype="file_share",
        bot_id=call.state.seed.bot_id,
        app_id=call.state.seed.app_id,
    )
    call.later(SHARE_SECONDS, lambda: _post(call, message))


def _post(call: ApiCall, message: Message) -> None:
    call.state.talk.post(message)


def _info(call: ApiCall) -> Json:
    return {"file": file_json(call.state, _file(call, call.need("file", "file_not_found")), call.origin)}


METHODS = {
    "files.getUploadURLExternal": Method(_announce, ("files:write",)),
    "files.completeUploadExternal": Method(_complete, ("files:write",)),
    "files.info": Method(_info, ("files:read",)),
}
