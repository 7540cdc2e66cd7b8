"""`handrail walk`: a recovery at a terminal, with the same desk and the same words as in Slack."""

from datetime import datetime, timedelta, timezone

import click
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.failures import Failure
from bot.cli.walking.faces import open_face
from bot.cli.walking.identity import who_sits_here
from bot.desk import RunRow, StartPlan
from bot.render.terminal.told import printable
from bot.terminal.faces import Cancelled, Face, Left
from bot.terminal.filling import NotTaken
from bot.terminal.seat import Lost, Seat
from bot.terminal.starting import NothingToStart, Wanted, choose_asset, choose_run, start_run
from bot.terminal.walk import Walk
from bot.wiring.house import House, new_id, utc_now


@click.command("walk")
@click.argument("asset", required=False)
@click.option("--as", "as_", metavar="PERSON", help="Whose token to use; it proves nothing by itself.")
@click.option("--drill", is_flag=True, help="Practice: everything is the same, and says DRILL.")
@click.option("--resume", "ref", metavar="REF", help="Go on with a run, or sign what it waits for.")
@click.option("--plain", is_flag=True, help="Lines one after the other: for a screen reader, or answers from a pipe.")
@click.pass_obj
def walk(house: House, asset: str | None, as_: str | None, ref: str | None, *, drill: bool, plain: bool) -> None:
    """Walk through the recovery of ASSET (its id, name, or another name), step by step.

    A run that began in Slack goes on here, and the other way round. Leaving ends nothing: the run stays open.
    """
    with open_face(plain=plain) as face:
        visit = Visit(house, face, as_, drill=drill)
        try:
            run_id = visit.resume(ref) if ref else visit.begin(asset or "")
            visit.walk(run_id)
        except (Left, KeyboardInterrupt):
            pass
        except Cancelled:
            click.echo("Nothing was started.")
            return
        except (NothingToStart, Lost) as why:
            raise Failure(str(why)) from None
        except NotTaken as refused:
            raise Failure(refused.sentence) from None
    visit.say_goodbye()


class Visit:
    """One person's visit: who they are, and the run that they walk."""

    def __init__(self, house: House, face: Face, as_: str | None, *, drill: bool) -> None:
        self._house, self._face, self._drill = house, face, drill
        self._walk: Walk | None = None
        desk = house.desk()
        me, said = who_sits_here(face, desk.logins, house.shelf().catalogue, as_)
        self.seat = Seat(desk, face, me, said, utc_now, _local_zone(), new_id, (SQLAlchemyError,))

    def resume(self, ref: str) -> str:
        """The id of the run with this ref."""
        row = self.seat.look(lambda: self.seat.desk.find(ref))
        if row is None:
            raise Failure(f"There is no run {printable(ref)} here. `handrail runs` lists those that are open.")
        return row.run_id

    def begin(self, query: str) -> str:
        """A run on the asset that is meant: one that is open, or a new one."""
        shelf = self._house.shelf()
        if not query:
            joined = choose_run(self._face, self._open(), "Start another recovery")
            if joined is not None:
                return joined.run_id
        asset = choose_asset(self._face, shelf, query)
        joined = None if not query else choose_run(self._face, self._open(asset.id), "Start a second run")
        if joined is not None:
            return joined.run_id
        return start_run(self.seat, shelf, asset, self._plan, drill=self._drill)

    def walk(self, run_id: str) -> None:
        """Walk until the person leaves."""
        self._walk = Walk(self.seat, run_id)
        self._walk.go()

    def say_goodbye(self) -> None:
        """Where the run stands, and how to go on."""
        if self._walk is None:
            click.echo("\nNothing was started.")
            return
        run = self._walk.run
        ref = run.start.ref
        if run.over:
            click.echo(f"\n{ref} has ended. Read it: handrail log {ref}")
            return
        click.echo(f"\n{ref} stays open. Go on: handrail walk --resume {ref}")

    def _open(self, asset: str | None = None) -> list[RunRow]:
        return [row for row in self.seat.look(lambda: self.seat.desk.open_runs(asset)) if not row.imported]

    def _plan(self, wanted: Wanted) -> StartPlan:
        from bot.slack.opening import Wish, plan_start

        wish = Wish(
            wanted.asset, wanted.runbook, wanted.mode, self.seat.me, wanted.inputs, wanted.damage_began, wanted.reason
        )
        return plan_start(self._house.shelf(), wish, utc_now())


def _local_zone() -> timezone:
    """The time zone of this machine, as it is now."""
    offset = datetime.now().astimezone()
    return timezone(offset.utcoffset() or timedelta(0), offset.tzname() or "")
