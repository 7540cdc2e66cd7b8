"""People of a Slack workspace, by its user groups: a group becomes a team, its members people."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.format.catalogue import CLOCK, Catalogue
from bot.library.bringing.entries import Brought, Fields, id_of, name_of

_MOST_TRIES = 1_000


def read_groups(
    groups: Iterable[Mapping[str, Any]], user_of: Callable[[str], Mapping[str, Any]], known: Catalogue
) -> Brought:
    """Teams and people of some groups, each as `usergroups.list` shows it with its users; `user_of` is `users.info`.

    Whoever the catalogue knows by Slack id or address keeps their id there. Bots, guests and people who left are named
    and left out.
    """
    brought = Brought()
    here = {one.slack: one.id for one in known.people.values() if one.slack}
    mailed = {one.email.casefold(): one.id for one in known.people.values() if one.email}
    teams = {one.slack_group: one.id for one in known.teams.values() if one.slack_group}
    told: dict[str, str] = {}
    for group in groups:
        handle = str(group.get("handle") or group.get("name") or "")
        team = teams.get(str(group.get("id"))) or id_of(handle)
        members = []
        for user in group.get("users") or []:
            if user not in told:
                told[user] = _take(brought, user_of(user), here, mailed, known)
            members += [told[user]] if told[user] else []
        fields: Fields = {
            "name": name_of(str(group.get("name") or "")),
            "slack_group": str(group.get("id")),
            "members": members,
        }
        if team:
            brought.add("teams", team, fields, f"the group @{handle}")
        if not members:
            brought.remarks.append(f"The group @{handle} has no people who can act.")
    return brought


def _take(
    brought: Brought, user: Mapping[str, Any], here: Mapping[str, str], mailed: Mapping[str, str], known: Catalogue
) -> str:
    """The id of a person, who is added when the catalogue does not know them; empty for whoever cannot act."""
    profile: Mapping[str, Any] = user.get("profile") or {}
    name = name_of(str(profile.get("real_name") or user.get("real_name") or user.get("name") or ""))
    if why := _left_out(user):
        brought.remarks.append(f"{name or user.get('id')}: {why}; left out.")
        return ""
    slack, mail = str(user.get("id")), str(profile.get("email") or "")
    if found := here.get(slack) or mailed.get(mail.casefold()):
        return found
    id_ = _free(
        id_of(name) or id_of(str(user.get("name") or "")) or slack.lower(),
        {*known.people, *brought.entries["people"], CLOCK},
    )
    zone = str(user.get("tz") or "")
    fields: Fields = {"name": name, "slack": slack, "email": mail, "timezone": zone}
    brought.add("people", id_, fields, f"the account {slack}")
    return id_


def _left_out(user: Mapping[str, Any]) -> str:
    if user.get("deleted"):
        return "their account was closed"
    if user.get("is_bot") or user.get("id") == "USLACKBOT":
        return "a bot"
    guest = user.get("is_restricted") or user.get("is_ultra_restricted") or user.get("is_stranger")
    return "a guest, and guests cannot act" if guest else ""


def _free(wanted: str, taken: set[str]) -> str:
    names = (wanted if number == 1 else f"{wanted}-{number}" for number in range(1, _MOST_TRIES))
    return next(one for one in names if one not in taken)
