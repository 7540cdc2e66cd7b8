"""`handrail login` and `logout`: a token of one's own on this machine."""

import click

from bot.cli.failures import Failure
from bot.cli.identity import log_in, token_file
from bot.journal.tokens import BadCode
from bot.wiring.house import House


@click.command("login")
@click.option("--as", "as_", metavar="PERSON", help="Let Handrail send this person a code, by direct message.")
@click.pass_obj
def login(house: House, as_: str | None) -> None:
    """Get a token of your own on this machine, so that you can sign here; it stays valid when Slack is down.

    The code comes from Slack, where you are known: type /recover login there, or let Handrail send it with --as.
    """
    logins = house.handler().logins  # a database that is not there is said before anybody asks for a code
    if as_ is None:
        click.echo("Type /recover login in Slack. It shows you a code that counts once, for ten minutes.")
    else:
        _send_code(house, as_)
    code = click.prompt("The code", hide_input=True, prompt_suffix=": ")
    try:
        person = log_in(logins, code)
    except BadCode as bad:
        raise Failure(f"{bad} Get another: /recover login") from None
    known = house.registry().catalogue.people.get(person)
    click.echo(f"You are {known.name if known else person} on this machine. The token is in {token_file().path}.")
    click.echo("Next: handrail walk <asset>, or handrail walk --resume REF")


@click.command("logout")
@click.option("--as", "as_", metavar="PERSON", help="Only this person's token.")
@click.option("--everywhere", is_flag=True, help="Every token of PERSON, on every machine: for one that was lost.")
@click.pass_obj
def logout(house: House, as_: str | None, *, everywhere: bool) -> None:
    """End what you logged in with on this machine."""
    if everywhere and as_ is None:
        raise click.UsageError("Say whose: handrail logout --as PERSON --everywhere")
    logins, file = house.handler().logins, token_file()
    ended = logins.revoke_all(as_) if everywhere and as_ else 0
    for token in file.of(as_):
        ended += logins.revoke(token)
        file.drop(token)
    click.echo(f"{ended} {'token counts' if ended == 1 else 'tokens count'} no more. Log in again: handrail login")


def _send_code(house: House, person_id: str) -> None:
    """Send a code by direct message, to the Slack account that the catalogue names."""
    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError, SlackClientError

    from bot.render.dialog.replies import login_reply

    person = house.registry().catalogue.people.get(person_id)
    if person is None or person.slack is None:
        raise Failure(f"The catalogue has no Slack id of {person_id}, so no code can be sent.")
    if sum(one.slack == person.slack for one in house.registry().catalogue.people.values()) > 1:
        raise Failure(f"The catalogue lists the Slack account of {person_id} for two people. Put that right first.")
    if house.settings.bot_token is None:
        raise Failure("SLACK_BOT_TOKEN is not set here. Type /recover login in Slack, then `handrail login` alone.")
    message = login_reply(house.handler().logins.hand_out(person_id))
    client = WebClient(house.settings.bot_token, house.settings.slack_api_url, 10)
    try:
        channel = client.conversations_open(users=person.slack)["channel"]["id"]
        client.chat_postMessage(channel=channel, text=message.text, blocks=list(message.blocks))
    except SlackApiError as refusal:
        raise Failure(f"Slack did not send the code ({refusal.response.get('error')}).") from None
    except (SlackClientError, OSError) as failure:
        raise Failure(f"Slack cannot be reached ({type(failure).__name__}), so no code can be sent.") from None
    click.echo(f"Handrail sent {person.name} a code in Slack, by direct message.")
