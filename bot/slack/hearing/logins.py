"""`/recover login` and `logout`: a code for the terminal, shown to its person alone and nowhere else."""

from bot.render.dialog.replies import login_reply, logout_reply
from bot.render.message import Message
from bot.run.commands import Refused
from bot.run.situation import what_to_write
from bot.slack.hearing.context import Body, ListenerContext


def answer_login(context: ListenerContext, body: Body, typed: str) -> Message | None:
    """The answer to `login` and `logout`; None when something else was typed, or an asset is called so.

    Slack shows an answer to a command to its sender alone and keeps it nowhere. Refused to somebody whom the catalogue
    does not know.
    """
    word = typed.casefold()
    if word not in ("login", "logout") or context.registry.find_assets(typed).exact is not None:
        return None
    person = context.people.sender_of(body)
    if person not in context.registry.catalogue.people:
        asked = f"Ask to be added to the catalogue{what_to_write(person)}."
        raise Refused(f"Handrail does not know you, so there is nobody to log in. {asked}")
    if word == "login":
        return login_reply(context.handler.logins.hand_out(person))
    return logout_reply(context.handler.logins.revoke_all(person))
