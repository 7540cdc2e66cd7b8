"""`handrail token`: tokens by which programs read the API."""

import getpass
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from bot.cli.failures import Failure
from bot.format.printable import printable
from bot.journal.tokens import SCOPES, ApiToken, ApiTokens, BadName
from bot.run.situation import unverified_id

if TYPE_CHECKING:
    from bot.wiring.house import House

_LONGEST = 3650


def _now() -> datetime:
    return datetime.now(UTC)


def _tokens(house: "House") -> ApiTokens:
    return ApiTokens(house.journal(), _now, lambda: secrets.token_hex(32))


@click.group("token")
def token() -> None:
    """Make, list and revoke the tokens by which programs read the API."""


@token.command("new")
@click.option("--name", required=True, help="What uses it, such as grafana.")
@click.option("--scope", type=click.Choice(SCOPES), default=SCOPES[0], show_default=True, help="What it opens.")
@click.option("--expires", "days", metavar="DAYS", type=click.IntRange(1, _LONGEST), help="How long it counts.")
@click.pass_obj
def new(house: "House", name: str, scope: str, days: int | None) -> None:
    """Make a token. It is shown once: only its digest is kept."""
    lasts = None if days is None else timedelta(days=days)
    try:
        made = _tokens(house).make(name, scope, unverified_id(getpass.getuser()), lasts)
    except BadName as bad:
        raise Failure(str(bad)) from None
    click.echo(made)
    until = f" until {_now() + lasts:%Y-%m-%d}" if lasts is not None else ""
    click.echo(f"{name} may {scope}{until}. Keep it now: it is not shown again.", err=True)
    click.echo("Send it as: Authorization: Bearer …", err=True)


@token.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that count no more, too.")
@click.pass_obj
def list_(house: "House", *, everything: bool) -> None:
    """List tokens: their names, what they open, when they were used last."""
    now = _now()
    shown = [one for one in _tokens(house).all() if everything or one.counts(now)]
    for one in shown:
        click.echo(printable(_line(one, now)))
    if not shown:
        click.echo("There is no token. Make one: handrail token new --name grafana")


@token.command("revoke")
@click.argument("name")
@click.pass_obj
def revoke(house: "House", name: str) -> None:
    """Let a token count no more, from now on."""
    if not _tokens(house).revoke(name):
        raise Failure(f"There is no token {printable(name)} that counts. `handrail token list` shows them.")
    click.echo(f"{printable(name)} counts no more.")


def _line(one: ApiToken, now: datetime) -> str:
    used = f"used {one.used_at:%Y-%m-%d %H:%M}" if one.used_at else "never used"
    if one.revoked_at is not None:
        stands = f"revoked {one.revoked_at:%Y-%m-%d}"
    elif one.expires_at is not None:
        stands = f"{'until' if now < one.expires_at else 'ended'} {one.expires_at:%Y-%m-%d}"
    else:
        stands = "until it is revoked"
    return f"{one.name:20} {one.scope}  made {one.made_at:%Y-%m-%d} by {one.made_by}  {stands}  {used}"
