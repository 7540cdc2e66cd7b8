"""`handrail serve`: the bot, until somebody ends it or a part of it dies."""

import logging
import os
import sys

import click

from bot.wiring.house import House
from bot.wiring.process.collecting import no_collecting
from bot.wiring.process.logs import LEVELS, set_up_logs
from bot.wiring.process.supervision import Ending


@click.command("serve")
@click.pass_obj
def serve_command(house: House) -> None:
    """Run the bot: Socket Mode when SLACK_APP_TOKEN is set, else signed HTTP at /slack/events.

    Everything is set by environment variables; the README lists them. Ends with 0 on SIGTERM or Ctrl-C, with 1 when a
    part died, with 2 when it could not start.
    """
    with no_collecting():
        from bot.wiring.serving import serve

    set_up_logs(level=LEVELS[house.settings.log_level])
    forget_slack()
    # Not into the log, which others may keep: whoever has the address reads the pages on this machine.
    leave(serve(house, listening=lambda pages: click.echo(f"Pages, for a browser on this machine: {pages}")))


def forget_slack() -> None:
    """Take Slack's variables out of the environment, which the settings hold a copy of.

    Bolt reads some by itself (SLACK_CLIENT_ID alone would make it serve an OAuth installation), and a process that
    Handrail starts has no business with tokens.
    """
    for name in [name for name in os.environ if name.startswith("SLACK_")]:
        del os.environ[name]


def leave(ending: Ending) -> None:
    """End the process now.

    The interpreter would wait for every thread of a pool; one that hangs in a call to a silent server would hold the
    exit beyond five seconds. What had to be finished has been, and the record is on disk with each commit.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ending.code)
