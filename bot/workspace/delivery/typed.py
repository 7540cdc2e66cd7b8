"""What a person types, as Slack hands it on: escaped, names turned into ids."""

import re
from html import escape

from bot.workspace.state.directory import Directory

_NAME = re.compile(r"(?<![\w<])([@#])([a-z0-9][\w.-]*)")
_BROAD = ("channel", "here", "everyone")


def escape_typed(text: str, directory: Directory, *, with_names: bool) -> str:
    """Escape `&`, `<`, `>`; with names, @ana becomes `<@U…>` in a message and `<@U…|ana>` in a command."""
    return _NAME.sub(lambda hit: _id_of(hit[1], hit[2], directory, with_names) or hit[0], escape(text, quote=False))


def escape_plainly(text: str) -> str:
    """Only `&`, `<`, `>`: a command without `should_escape`."""
    return escape(text, quote=False)


def _id_of(sign: str, name: str, directory: Directory, with_names: bool) -> str:  # noqa: FBT001 - a fact, passed on
    if sign == "#":
        place = directory.channel_named(name)
        return f"<#{place.id}|{name if with_names else ''}>" if place else ""
    if name in _BROAD and not with_names:
        return f"<!{name}>"
    if group := directory.group_with_handle(name):
        return f"<!subteam^{group.id}|@{name}>" if with_names else f"<!subteam^{group.id}>"
    if person := directory.user_named(name):
        return f"<@{person.id}|{name}>" if with_names else f"<@{person.id}>"
    return ""
