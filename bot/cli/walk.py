"""`handrail walk`: a recovery at a terminal, with the same desk and the same words as in Slack."""

import click

from bot.cli.faces import open_face
from bot.cli.failures import Failure
from bot.cli.visit import Away, Home, OpenJournal, lost_when_out_of_reach, walked_away
from bot.format.printable import printable
from bot.render.dialog.view import Choice
from bot.run.after.rules import question_left
from bot.terminal.faces import Cancelled, Face, Left
from bot.terminal.filling import NotTaken
from bot.terminal.seat import Lost
from bot.terminal.starting import NothingToStart, choose_one
from bot.terminal.walk import Walk, say_lines
from bot.wiring.house import House


@click.command("walk")
@click.argument("asset", required=False)
@click.option("--as", "as_", metavar="PERSON", help="Whose token to use; it proves nothing by itself.")
@click.option("--drill", is_flag=True, help="Practice: everything is the same, and says DRILL.")
@click.option("--resume", "ref", metavar="REF", help="Go on with a run, or sign what it waits for.")
@click.option("--plain", is_flag=True, help="Lines one after the other: for a screen reader, or answers from a pipe.")
@click.pass_obj
def walk(house: House, asset: str | None, as_: str | None, ref: str | None, *, drill: bool, plain: bool) -> None:
    """Walk through the recovery of ASSET (its id, name, or another name), step by step.

    A run that began in Slack goes on here, and the other way round. Leaving ends nothing: the run stays open. When the
    database is out of reach, it goes on in a file of this machine, as a new run that is brought home later.
    """
    visit = Visit(house, as_, drill=drill)
    with open_face(plain=plain) as face:
        try:
            visit.go(face, asset or "", ref)
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
    """A visit from the first question to the goodbye, whatever becomes of the database meanwhile."""

    def __init__(self, house: House, as_: str | None, *, drill: bool) -> None:
        self._house, self._as, self._drill = house, as_, drill
        self._walk: Walk | None = None
        self._away: OpenJournal | None = None

    def go(self, face: Face, query: str, ref: str | None) -> None:
        """Walk until the person leaves; when the database is lost, ask what to do."""
        while True:
            try:
                with lost_when_out_of_reach():
                    self._walk = self._at_home(face, query, ref)
                    self._walk.go()
                    return
            except Lost as lost:
                ref = self._walk.run.start.ref if self._walk is not None else ref
                if self._away is not None or not _asks_to_try_again(face, str(lost)):
                    break
        self._go_away(face, query, ref)

    def say_goodbye(self) -> None:
        """Where the run stands, and how to go on."""
        if self._walk is None:
            click.echo("\nNothing was started.")
            return
        run = self._walk.run
        ref = run.start.ref
        if run.over:
            click.echo(f"\n{ref} has ended. Read it: handrail log {ref}")
            if question_left(run) is not None:
                click.echo(f"Two questions are left, and lessons: handrail walk --resume {ref}")
        else:
            click.echo(f"\n{ref} stays open. Go on: handrail walk --resume {ref}")
        if self._away is not None and self._away.mirror is not None:
            click.echo("It stands on this machine only. When the database is back, bring it home:")
            click.echo(f"  handrail import {self._away.mirror.file_of(ref)}")

    def _at_home(self, face: Face, query: str, ref: str | None) -> Walk:
        home = Home(self._house, face, self._as)
        if ref is None:
            return home.walk(home.begin(query, drill=self._drill), home.not_home_yet())
        row = home.find(ref)
        if row is None or row.imported:
            if walked_away(self._house, ref):
                return self._walk_away(Away(self._house, face, self._as), ref)
            if row is None:
                raise Failure(f"There is no run {printable(ref)} here. `handrail runs` lists those that are open.")
        return home.walk(row.run_id, home.not_home_yet())

    def _go_away(self, face: Face, query: str, ref: str | None) -> None:
        """Go on in a file of this machine."""
        away = Away(self._house, face, self._as)
        self._away = away
        self._walk = away.walk(away.go_on(query, ref, drill=self._drill), _NEWS)
        self._walk.go()

    def _walk_away(self, away: Away, ref: str) -> Walk:
        self._away = away
        return away.walk(away.go_on_from(ref), _NEWS)


_NEWS = ("This run stands on this machine only, until it is brought home. Signatures given before do not count here.",)
_AGAIN, _AWAY, _LEAVE = "again", "away", "leave"


def _asks_to_try_again(face: Face, trouble: str) -> bool:
    """Whether to try again; False to go on away from the database. Raises Left."""
    face.tell(say_lines("The record cannot be reached.", kind="title"))
    face.tell(say_lines(trouble, "Nothing of what you pressed last was recorded, unless it stands in the log."))
    choices = (
        Choice(_AGAIN, "Try again"),
        Choice(_AWAY, "Go on in a file on this machine", "a new run, brought home later"),
        Choice(_LEAVE, "Leave"),
    )
    try:
        chosen = choose_one(face, "What now?", choices)
    except Cancelled:
        raise Left from None
    if chosen == _LEAVE:
        raise Left
    return chosen == _AGAIN
