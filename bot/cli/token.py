"""`handrail token`: tokens by which programs read the API, and report to hooks."""

import getpass
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from bot.cli.failures import Failure
from bot.format.printable import printable
from bot.journal.hook_tokens import HEARTBEAT, HOOK_SCOPES, HookToken, HookTokens, TooMany
from bot.journal.tokens import SCOPES, ApiToken, ApiTokens, BadName
from bot.run.situation import unverified_id

if TYPE_CHECKING:
    from bot.wiring.house import House

_LONGEST = 3650


def _now() -> datetime:
    return datetime.now(UTC)


def _tokens(house: "House") -> ApiTokens:
    return ApiTokens(house.journal(), _now, lambda: secrets.token_hex(32))


def _hook_tokens(house: "House") -> HookTokens:
    return HookTokens(house.journal(), _now, lambda: secrets.token_hex(32))


@click.group("token")
def token() -> None:
    """Make, list and revoke the tokens by which programs read the API, or report to a hook."""


@token.command("new")
@click.option("--name", help="What reads with it, such as grafana; of scope read.")
@click.option(
    "--scope", type=click.Choice((*SCOPES, *HOOK_SCOPES)), default=SCOPES[0], show_default=True, help="What it opens."
)
@click.option("--asset", help="The asset that it reports of, by its id; of scope heartbeat.")
@click.option("--source", help="What posts its alerts with it, such as alertmanager; of scope alert.")
@click.option(
    "--expires", "days", metavar="DAYS", type=click.IntRange(1, _LONGEST), help="How long it counts; of scope read."
)
@click.pass_obj
def new(house: "House", name: str | None, scope: str, asset: str | None, source: str | None, days: int | None) -> None:
    """Make a token. It is shown once: only its digest is kept.

    A second one of the same asset and scope lets the first count for seven days more, so that it can be changed
    everywhere meanwhile.
    """
    if scope in HOOK_SCOPES:
        _make_for_hook(house, scope, asset if scope == HEARTBEAT else _known_source(house, source))
        return
    if name is None or asset is not None or source is not None:
        raise click.UsageError("A token that reads has a name: handrail token new --name grafana")
    lasts = None if days is None else timedelta(days=days)
    try:
        made = _tokens(house).make(name, scope, unverified_id(getpass.getuser()), lasts)
    except BadName as bad:
        raise Failure(str(bad)) from None
    click.echo(made)
    until = f" until {_now() + lasts:%Y-%m-%d}" if lasts is not None else ""
    click.echo(f"{name} may {scope}{until}. Keep it now: it is not shown again.", err=True)
    click.echo("Send it as: Authorization: Bearer …", err=True)


def _known_source(house: "House", source: str | None) -> str:
    from bot.library.alerting.mapping import read_sources

    known = read_sources(house.settings.alerts)[0]
    if source not in known:
        raise click.UsageError(f"Say what posts the alerts, --source: {', '.join(known)}")
    return source


def _make_for_hook(house: "House", scope: str, asset: str | None) -> None:
    if asset is None:
        raise click.UsageError(f"Say of which asset it reports: handrail token new --scope {scope} --asset ID")
    if scope == HEARTBEAT and asset not in house.registry().catalogue.assets:
        raise Failure(f"There is no asset {printable(asset)} in the catalogue.")
    try:
        made, until = _hook_tokens(house).make(scope, asset, unverified_id(getpass.getuser()))
    except TooMany as many:
        raise Failure(str(many)) from None
    click.echo(made)
    what = (
        f"It reports of {printable(asset)} alone" if scope == HEARTBEAT else f"It brings alerts of {printable(asset)}"
    )
    click.echo(f"{what}. Keep it now: it is not shown again.", err=True)
    if until is not None:
        click.echo(f"The one before it counts until {until:%Y-%m-%d %H:%M} UTC.", err=True)
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
    of_hooks = [one for one in _hook_tokens(house).all() if everything or one.counts(now)]
    for own in of_hooks:
        click.echo(printable(_hook_line(own, now)))
    if not shown and not of_hooks:
        click.echo("There is no token. Make one: handrail token new --name grafana")


@token.command("revoke")
@click.argument("name")
@click.pass_obj
def revoke(house: "House", name: str) -> None:
    """Let a token count no more, from now on. Those of hooks are named by what `handrail token list` shows first."""
    now, hooks = _now(), _hook_tokens(house)
    own = next((one for one in hooks.all() if one.name == name and one.counts(now)), None)
    if not (hooks.revoke(own) if own is not None else _tokens(house).revoke(name)):
        raise Failure(f"There is no token {printable(name)} that counts. `handrail token list` shows them.")
    click.echo(f"{printable(name)} counts no more.")


def _hook_line(one: HookToken, now: datetime) -> str:
    return f"{one.name:20} {one.scope} of {one.asset}  {_stands(one, now)}"


def _line(one: ApiToken, now: datetime) -> str:
    return f"{one.name:20} {one.scope}  {_stands(one, now)}"


def _stands(one: ApiToken | HookToken, now: datetime) -> str:
    used = f"used {one.used_at:%Y-%m-%d %H:%M}" if one.used_at else "never used"
    if one.revoked_at is not None:
        stands = f"revoked {one.revoked_at:%Y-%m-%d}"
    elif one.expires_at is not None:
        stands = f"{'until' if now < one.expires_at else 'ended'} {one.expires_at:%Y-%m-%d}"
    else:
        stands = "until it is revoked"
    return f"made {one.made_at:%Y-%m-%d} by {one.made_by}  {stands}  {used}"
