"""`handrail manifest`: the Slack app, ready to paste."""

import json
from urllib.parse import urlsplit

import click

from bot.slack.manifest import manifest
from bot.web.door import PATH


@click.command("manifest")
@click.option("--http", metavar="URL", help="Signed HTTP instead of Socket Mode: the https address of this server.")
def print_manifest(http: str | None) -> None:
    """Print the Slack app's manifest as JSON.

    Paste it at https://api.slack.com/apps under "Create New App", "From a manifest".
    """
    click.echo(json.dumps(manifest(None if http is None else _request_url(http)), indent=2, ensure_ascii=False))


def _request_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.query:
        raise click.BadParameter(
            f"{text!r} is not an https address. Write the one at which Slack reaches this server, "
            "such as https://handrail.example.com",
            param_hint="--http",
        )
    return text if parts.path.endswith(PATH) else text.rstrip("/") + PATH
