"""The command `handrail`: each subcommand is loaded when it is asked for, so that --help answers at once."""

import importlib
import os
from typing import Any

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "try": ("try_", "Try it: a Slack workspace on this machine, with the bot in it."),
    "serve": ("serve", "Run the bot."),
    "manifest": ("manifest", "Print the Slack app's manifest."),
    "doctor": ("doctor", "Check tokens, scopes, database, runbooks and clock, and say what to do."),
    "page": ("page", "Try a person's channels beyond Slack."),
    "check": ("check", "Check runbooks and catalogue."),
    "history": ("history", "List the versions of a runbook that ever served."),
    "new": ("new", "Begin a runbook, an asset or a resource."),
    "import-markdown": ("markdown", "Turn a Markdown runbook into a draft."),
    "import-assets": ("bringing", "Bring assets in, from CSV or Backstage."),
    "people": ("bringing", "Bring people in, from Slack's user groups."),
    "schema": ("schema", "Print the JSON Schema of the files, for editors."),
    "simulate": ("simulate", "Walk a runbook in every way, without people."),
    "show": ("show", "Show a runbook as a flowchart: text, Mermaid, SVG, HTML or PNG."),
    "diff": ("diff", "Tell what changed in a procedure between two versions."),
    "learn": ("learn", "Say what a year of walks teaches of runbooks, and propose their times."),
    "oncall": ("oncall", "Say who is on call, who is next, and what nobody covers."),
    "walk": ("walk", "Walk through a recovery at this terminal."),
    "login": ("login", "Get a token of your own, to sign at this terminal."),
    "ready": ("ready", "Say how ready each asset is, what it lacks, and the next thing to do."),
    "start-here": ("start_here", "Where to begin: one asset, three failure modes without an answer, a drill."),
    "beat": ("beat", "Report that a backup ran, for scripts and cron."),
    "protections": ("protections", "List backups as they were heard of: measured RPO, what is wrong, the record."),
    "token": ("token", "Make, list and revoke the tokens by which programs read or report."),
    "logout": ("login", "End what you logged in with here."),
    "pack": ("pack", "Write a printable copy of everything."),
    "runs": ("record", "List runs."),
    "log": ("record", "Print what happened in a run."),
    "lessons": ("lessons", "List lessons and open follow-ups, over all runs."),
    "evidence": ("evidence", "Write what an auditor asks for: runs, drills, exceptions, reviews."),
    "verify": ("verifying", "Recompute the ledger and the hash chains, and name all that does not fit."),
    "export": ("exporting", "Write a run: told for people or programs, or its records."),
    "import": ("record", "Take in a run that was exported."),
    "rebuild": ("record", "Rebuild the index of runs from the records."),
    "redact": ("record", "Erase words that somebody typed, without breaking the chain."),
    "retain": ("retain", "Erase what was kept for long enough, by the team's rules."),
    "output": ("output", "Print what commands printed that Handrail ran."),
    "hands": ("hands", "Execute what runs want and HANDRAIL_HANDS allows."),
    "backup": ("moving", "Write a copy of the whole record into a file, while it serves."),
    "restore": ("moving", "Bring a backup back, into an empty database."),
    "move": ("moving", "Move the whole record, from SQLite to PostgreSQL or back."),
    "migrate": ("record", "Bring the database's tables up to this version."),
}
"""Each command's module in this folder, and its caption."""
MAKES_DATABASE = frozenset({"try", "serve", "walk", "import", "migrate", "hands", "restore"})
"""Commands that may begin with a database that is not there yet; to all others that is a mistake, and they say so."""


class Commands(click.Group):
    """Finds a command by the table, and turns what it raises into a sentence."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"bot.cli.{COMMANDS[name][0]}")
        found = [one for one in vars(module).values() if isinstance(one, click.Command) and one.name == name]
        return found[0]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as unknown:
            raise click.exceptions.NoSuchCommand(unknown.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, caption) for name, (_, caption) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 (click's own)
        try:
            return super().invoke(ctx)
        except Exception as failure:
            if isinstance(failure, click.ClickException | click.exceptions.Exit | click.Abort):
                raise
            from bot.cli.failures import NOBODY_READS, drop_output, in_words

            if isinstance(failure, BrokenPipeError):
                drop_output()
                ctx.exit(NOBODY_READS)
            if ctx.params.get("traceback"):
                raise

            raise in_words(failure) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="handrail", prog_name="handrail", message="%(prog)s %(version)s")
@click.option("--traceback", is_flag=True, help="When something breaks, print where.")
@click.pass_context
def main(ctx: click.Context, traceback: bool) -> None:  # noqa: ARG001, FBT001 (read by `invoke`)
    """Walk responders through data recovery, one step at a time, and keep the record.

    Begin with `handrail try`.
    """
    from bot.wiring.house import House

    house = House(dict(os.environ), makes_database=ctx.invoked_subcommand in MAKES_DATABASE)
    ctx.call_on_close(house.close)
    ctx.obj = house
