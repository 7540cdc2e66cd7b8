"""`handrail try`: a Slack workspace on this machine, with the real bot in it."""

import os
import secrets
import socket
import sys
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from bot.cli.serve import forget_slack, leave
from bot.format.catalogue import Catalogue, Person, Team
from bot.library.registry import Registry, load_shelf
from bot.oncall.roster import feed_name
from bot.settings import RUNBOOKS, read_settings
from bot.wiring.house import CannotServe, House
from bot.wiring.local import seed_of
from bot.wiring.process.lock import AlreadyServed, sole_server
from bot.wiring.process.logs import set_up_logs
from bot.workspace.gateway import gateway_path, with_gateway
from bot.workspace.serve import Options, Workspace

PORT = 4280
"""Where the page opens unless somebody else is there; a fixed one, so that an open page finds it again."""
_SHIPPED = Path(__file__).parent.parent / "runbooks"
"""Runbooks to try with, inside an installed Handrail; a checkout has them beside the package."""
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@click.command("try")
@click.option("--fast", is_flag=True, help="Lift Slack's pace of one post a second in a channel.")
@click.option("--port", type=click.IntRange(0, 65_535), help=f"Where the page opens [default: {PORT}, or a free one].")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".handrail-try"),
    show_default=True,
    help="Keeps the workspace and the record; remove it to start afresh.",
)
@click.option("--no-browser", is_flag=True, help="Do not open the page.")
def try_command(fast: bool, port: int | None, home: Path, no_browser: bool) -> None:  # noqa: FBT001 (click's flags)
    """Try Handrail without Slack: a workspace on this machine, and the same bot as in production.

    It walks the runbooks of HANDRAIL_RUNBOOKS, else of the folder runbooks here, else those that come with Handrail.

    Your own Slack tokens are not looked at, and nothing leaves this machine: only the calendars that rotations name are
    fetched, where their variables are set.
    """
    registry = _registry()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    from bot.wiring.serving import serve

    with _alone(home), (home / "handrail.log").open("a", encoding="utf-8") as log:
        set_up_logs(log)
        with _workspace(registry.catalogue, home, port, fast=fast) as workspace:
            (home / "page-url").write_text(workspace.page_url, encoding="utf-8")
            house = House(environment_of(workspace, home, registry))
            ending = serve(
                house, ready=lambda pages: _welcome(workspace, registry, home, pages, open_page=not no_browser)
            )
    click.echo(f"\nStopped ({ending.reason}). Everything is kept in {home}; `{_our_name()} try` goes on from there.")
    leave(ending)


def _registry() -> Registry:
    """The runbooks of this folder; a sentence when there is nothing to try."""
    named = {name: value for name, value in os.environ.items() if name.startswith("HANDRAIL_RUNBOOKS")}
    folder = read_settings(named).runbooks
    if not named and not folder.is_dir() and _SHIPPED.is_dir():
        folder = _SHIPPED
    if not folder.is_dir():
        raise CannotServe(
            f"There is no folder of runbooks at {folder}. Run this in a checkout of Handrail, "
            f"which has {RUNBOOKS}, or set HANDRAIL_RUNBOOKS to yours."
        )
    registry = load_shelf(folder)
    if not any(person.slack for person in registry.catalogue.people.values()):
        raise CannotServe(
            f"Nobody in {folder} has a Slack id, so there is nobody to be. "
            "Give people `slack: U0ANA` in a people/v1 file; `handrail check` says what else is missing."
        )
    return registry


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    try:
        with sole_server(home / "workspace"):
            yield
    except AlreadyServed:
        page = home / "page-url"
        where = f" Its page is {page.read_text(encoding='utf-8')}" if page.is_file() else ""
        raise CannotServe(
            f"Another `handrail try` works in {home}.{where}\n  Open that one, or give this one its own --home."
        ) from None


@contextmanager
def _workspace(catalogue: Catalogue, home: Path, port: int | None, *, fast: bool) -> Iterator[Workspace]:
    forget_slack()
    for name in PROXIES:  # slack_sdk takes a proxy from here even for the loopback
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
    options = Options(
        path=home / "workspace.db",
        port=_free_port() if port is None else port,
        pacing=not fast,
        page_token=_page_token(home),
    )
    try:
        workspace = Workspace.start(with_gateway(seed_of(catalogue)), options)
    except OSError as taken:
        raise CannotServe(
            f"Port {options.port} of this machine cannot be used: {taken.strerror or taken}. "
            "Choose another with --port, or 0 for any free one."
        ) from None
    try:
        yield workspace
    finally:
        workspace.stop()


def _free_port() -> int:
    """The usual port when nobody has it, else any: 0."""
    try:
        socket.create_server(("127.0.0.1", PORT)).close()
    except OSError:
        return 0
    return PORT


def _page_token(home: Path) -> str:
    """The page's key, kept so that an open page goes on after a restart; readable by its owner alone."""
    file = home / "page-token"
    if not file.is_file():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(16), encoding="utf-8")
    return file.read_text(encoding="utf-8").strip() or secrets.token_urlsafe(16)


def environment_of(workspace: Workspace, home: Path, registry: Registry) -> dict[str, str]:
    """What production would have in its environment. Pages beyond Slack go to a channel of the workspace."""
    beyond = {name.removeprefix("env:") for one in _reached(registry.catalogue) for name in one.pager}
    root = workspace.api_url.replace("http://", "json://").removesuffix("/api/")
    ways = {name: f"{root}{gateway_path(workspace.tokens.page, name)}" for name in sorted(beyond)}
    return (
        feeds_of(registry.catalogue, os.environ)
        | ways
        | {
            "SLACK_BOT_TOKEN": workspace.tokens.bot,
            "SLACK_APP_TOKEN": workspace.tokens.app,
            "SLACK_SIGNING_SECRET": workspace.tokens.signing_secret,
            "SLACK_API_URL": workspace.api_url,
            "DATABASE_URL": f"sqlite:///{home.absolute() / 'handrail.db'}",
            "HANDRAIL_RUNBOOKS": str(registry.path.absolute()),
            "HANDRAIL_HTTP": "127.0.0.1:0",
        }
    )


def feeds_of(catalogue: Catalogue, environment: Mapping[str, str]) -> dict[str, str]:
    """Where the calendars of rotations are, as far as it was said: `try` calls whoever is on call by them."""
    named = (feed_name(one) for one in catalogue.rotations.values())
    held = [name for one in named if one is not None for name in (one, f"{one}_FILE")]
    return {name: environment[name] for name in held if environment.get(name)}


def _reached(catalogue: Catalogue) -> Iterator[Person | Team]:
    yield from catalogue.people.values()
    yield from catalogue.teams.values()


def _welcome(workspace: Workspace, registry: Registry, home: Path, pages: str, *, open_page: bool) -> None:
    people = [person.name.split()[0] for person in registry.catalogue.people.values() if person.slack]
    assets = [asset for asset in registry.catalogue.assets.values() if registry.runbooks_for(asset)]
    word = next((name for asset in assets for name in (*asset.aliases, asset.id)), "")
    click.echo(
        f"""
  {click.style("Handrail is ready", bold=True)}, in a Slack workspace on this machine.

      {click.style(workspace.page_url, bold=True, fg="cyan")}

  1. Open that page. You are {people[0]}, in #incidents.
  2. Type   {click.style(f"/recover {word}".strip(), bold=True)}   and follow the card.
  3. Where another person has to sign, become {_one_of(people[1:])} at the top of the page,
     or open it in a second window.
  4. What others see who are not in the channel:  {pages}

  Afterwards:  DATABASE_URL=sqlite:///{home / "handrail.db"} {_our_name()} runs --all
  All is kept in {home}/ (the log too). Ctrl-C ends it.
"""
    )
    if open_page and sys.stdout.isatty() and _has_screen():
        webbrowser.open(workspace.page_url)


def _one_of(names: list[str]) -> str:
    *most, last = names or ["somebody else"]
    return f"{', '.join(most)} or {last}" if most else last


def _our_name() -> str:
    """This command as it was typed, since `make try` runs one that is on nobody's path."""
    return sys.argv[0] if Path(sys.argv[0]).name == "handrail" else "handrail"


def _has_screen() -> bool:
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
