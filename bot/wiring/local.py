"""The people and places of the catalogue, as a Slack workspace on this machine begins with them."""

from bot.format.catalogue import Catalogue
from bot.slack.manifest import (
    COMMAND,
    COMMAND_DESCRIPTION,
    COMMAND_HINT,
    EVENTS,
    MESSAGE_SHORTCUTS,
    SCOPES,
    SHORTCUTS,
)
from bot.workspace.state import Channel, Command, Group, Seed, Shortcut, User

BOT = User("U0HANDRAIL", "handrail", "Handrail", is_bot=True)
INCIDENTS = "C0INC"


def seed_of(catalogue: Catalogue) -> Seed:
    """A workspace in which everybody of the catalogue who has a Slack id, and the bot, is in every channel."""
    users = tuple(
        User(person.slack, person.id, person.name, person.email or "", person.timezone)
        for person in catalogue.people.values()
        if person.slack is not None
    )
    everybody = (*(user.id for user in users), BOT.id)
    return Seed(
        bot_user=BOT,
        users=users,
        groups=_groups(catalogue),
        channels=tuple(Channel(id_, name, everybody) for id_, name in _channels(catalogue).items()),
        commands=(Command(COMMAND, COMMAND_DESCRIPTION, COMMAND_HINT, example=_example(catalogue)),),
        shortcuts=tuple(Shortcut(callback, name) for callback, name in SHORTCUTS.items()),
        message_shortcuts=tuple(Shortcut(callback, name) for callback, name in MESSAGE_SHORTCUTS.items()),
        events=EVENTS,
        scopes=tuple(SCOPES),
    )


def _example(catalogue: Catalogue) -> str:
    """An asset that has runbooks, by its shortest name; nothing where there is none."""
    names = [name for asset in catalogue.assets.values() if asset.runbooks for name in (*asset.aliases, asset.id)][:1]
    return names[0] if names else ""


def _channels(catalogue: Catalogue) -> dict[str, str]:
    """Channel id -> name: #incidents, where the page opens, then each team's own."""
    teams = {team.channel: team.id for team in catalogue.teams.values() if team.channel is not None}
    return {INCIDENTS: "incidents"} | teams | {INCIDENTS: "incidents"}


def _groups(catalogue: Catalogue) -> tuple[Group, ...]:
    people = catalogue.people
    return tuple(
        Group(
            team.slack_group,
            team.id,
            team.name or team.id,
            tuple(slack for one in team.members if one in people and (slack := people[one].slack) is not None),
        )
        for team in catalogue.teams.values()
        if team.slack_group is not None
    )
