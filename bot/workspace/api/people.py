"""users.*, usergroups.*, team.*, bots.*, auth.*: who is who."""

from bot.workspace.api.call import ApiCall, Method, SlackError, page_of
from bot.workspace.state import Json
from bot.workspace.wire import bot_json, group_json, profile_json, user_json


def _user(call: ApiCall) -> Json:
    return {"user": user_json(call.state, call.user())}


def _profile(call: ApiCall) -> Json:
    return {"profile": profile_json(call.state, call.user())}


def _by_email(call: ApiCall) -> Json:
    person = call.state.directory.user_with_email(call.need("email", "users_not_found"))
    if person is None:
        raise SlackError("users_not_found")
    return {"user": user_json(call.state, person)}


def _users(call: ApiCall) -> Json:
    return page_of([user_json(call.state, person) for person in call.state.directory.users()], call, "members")


def _groups(call: ApiCall) -> Json:
    return {"usergroups": [group_json(call.state, group) for group in call.state.directory.groups()]}


def _group_users(call: ApiCall) -> Json:
    group = call.state.directory.group(call.need("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.members)}


def _team(call: ApiCall) -> Json:
    team = call.state.directory.team
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "icon": {}}}


def _bot(call: ApiCall) -> Json:
    if call.text("bot") not in ("", call.state.seed.bot_id):
        raise SlackError("bot_not_found")
    return {"bot": bot_json(call.state)}


def _auth(call: ApiCall) -> Json:
    team, bot, around = call.state.directory.team, call.state.directory.bot, call.state.seed.enterprise
    return {
        "url": f"{call.origin}/",
        "team": team.name,
        "team_id": team.id,
        "user": bot.name,
        "user_id": bot.id,
        "bot_id": call.state.seed.bot_id,
        "app_id": call.state.seed.app_id,
        "is_enterprise_install": bool(around and around.is_org_install),
        **({"enterprise_id": around.id} if around else {}),
    }


def _teams(call: ApiCall) -> Json:
    """The workspaces for which an organisation took the app; a token of one workspace has that one."""
    home, around = call.state.directory.team, call.state.seed.enterprise
    listed = [home.id, *around.teams] if around and around.is_org_install else [home.id]
    return page_of([{"id": one, "name": one} for one in listed], call, "teams")


def _echo(call: ApiCall) -> Json:
    if call.text("error"):
        raise SlackError(call.text("error"))
    return {"args": {name: value for name, value in call.args.items() if name != "token"}}


METHODS = {
    "users.info": Method(_user, ("users:read",)),
    "users.list": Method(_users, ("users:read",)),
    "users.profile.get": Method(_profile, ("users.profile:read", "users:read")),
    "users.lookupByEmail": Method(_by_email, ("users:read.email",)),
    "usergroups.list": Method(_groups, ("usergroups:read",)),
    "usergroups.users.list": Method(_group_users, ("usergroups:read",)),
    "team.info": Method(_team, ("team:read",)),
    "bots.info": Method(_bot, ("users:read",)),
    "auth.test": Method(_auth),
    "auth.teams.list": Method(_teams),
    "api.test": Method(_echo),
}
