"""`handrail manifest`: the Slack app, ready to paste."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from bot.slack.manifest import manifest
from bot.web.slack_requests import PATH

if TYPE_CHECKING:
    from bot.wiring.house import House

_PUBLIC = "HANDRAIL_PUBLIC_URL"


@click.command("manifest")
@click.option("--http", metavar="URL", help="Signed HTTP instead of Socket Mode: the https address of this server.")
@click.option(
    "--sign-in",
    metavar="URL",
    help=f"People sign in with Slack to read the pages at this address.  [default: {_PUBLIC}]",
)
@click.option("--no-sign-in", is_flag=True, help=f"Nobody signs in with Slack, though {_PUBLIC} is set.")
@click.pass_obj
def print_manifest(house: "House", http: str | None, sign_in: str | None, *, no_sign_in: bool) -> None:
    """Print the Slack app's manifest as JSON.

    Paste it at https://api.slack.com/apps under "Create New App", "From a manifest"; for an app that is there already,
    under "App Manifest" in its page, and install it again.
    """
    if sign_in and no_sign_in:
        raise click.UsageError("--sign-in and --no-sign-in say opposite things. Leave one out.")
    request = None if http is None else _request_url(http)
    returns_to = None if no_sign_in else _return_url(sign_in, house.environment)
    click.echo(json.dumps(manifest(request, returns_to), indent=2, ensure_ascii=False))


def _request_url(text: str) -> str:
    if not _is_https(text):
        raise click.BadParameter(
            f"{text!r} is not an https address. Write the one at which Slack reaches this server, "
            "such as https://handrail.example.com",
            param_hint="--http",
        )
    return text if urlsplit(text).path.endswith(PATH) else text.rstrip("/") + PATH


def _return_url(text: str | None, environment: Mapping[str, str]) -> str | None:
    """Where Slack leads people back to; None where nobody signs in."""
    from bot.web.access.entrance import DONE

    if text is not None:
        if not _is_https(text):
            raise click.BadParameter(
                f"{text!r} is not an https address. Write the one under which people reach the pages, "
                "such as https://handrail.example.com",
                param_hint="--sign-in",
            )
        return text.rstrip("/").removesuffix(DONE) + DONE
    public = _public_url(environment)
    if public is not None and not _is_https(public):
        click.echo(
            f"{_PUBLIC} is {public}. Slack leads people back over https, so nobody signs in by this one.", err=True
        )
        return None
    return None if public is None else public + DONE


def _public_url(environment: Mapping[str, str]) -> str | None:
    """This one setting alone: the others may have to wait for the app that the manifest makes."""
    from bot.settings import read_settings

    return read_settings({name: environment.get(name, "") for name in (_PUBLIC, f"{_PUBLIC}_FILE")}).public_url


def _is_https(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and not (parts.query or parts.fragment or parts.username)
