"""From a name to a run at a terminal: which asset, which run, and the questions of the start form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.engine import RunRow, StartPlan
from bot.engine.opening import say_before_start
from bot.format.catalogue import Asset
from bot.format.printable import printable
from bot.library.registry import Registry
from bot.render.dialog.start_form import Stakes, draw_start
from bot.render.dialog.times import with_offsets
from bot.render.dialog.view import ANSWER, Choice, answers_in
from bot.render.message import Block
from bot.render.prose import MODES
from bot.render.runs import OpenRun
from bot.render.terminal.page import Question, lines_of_view
from bot.run.situation import Mode
from bot.terminal.faces import Face
from bot.terminal.filling import fill_form
from bot.terminal.seat import TerminalSession

_ANOTHER = "another"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asked for at the start; `inputs` as they were typed."""

    asset: str
    runbook: str
    mode: Mode
    inputs: Mapping[str, str] = field(default_factory=dict)
    damage_began: str = ""
    reason: str = ""


class NothingToStart(Exception):
    """There is no such asset, or no runbook for it; the sentence says what to do."""


def choose_one(face: Face, label: str, choices: Sequence[Choice], hint: str = "") -> str:
    """The value of the line that a person chooses. Raises Cancelled and Left."""
    question, wrong = Question("f:choice", label, hint, choices=tuple(choices)), ""
    while True:
        answer = question.read(face.ask(question, "", wrong))
        if answer is not None:
            return answer
        wrong = f"Type a number from 1 to {len(choices)}."


def choose_asset(face: Face, registry: Registry, query: str) -> Asset:
    """The asset that is meant, by id, name or alias; else the nearest, or all of them, to choose from."""
    found = registry.find_assets(query)
    if found.exact is not None:
        return found.exact
    every = sorted(registry.catalogue.assets.values(), key=lambda one: (one.tier, one.name))
    near = found.near or tuple(every)
    if not near:
        raise NothingToStart(f"The catalogue in {registry.path} has no asset. `handrail check` says what it lacks.")
    label = "Which asset?" if not query else f"No asset is called “{printable(query)}”. Which one is meant?"
    chosen = choose_one(face, label, [Choice(one.id, one.name, f"tier {one.tier}, {one.owner}") for one in near])
    return registry.catalogue.assets[chosen]


def choose_run(face: Face, rows: Sequence[RunRow], fresh: str) -> RunRow | None:
    """The open run to go on with; None for a new one. Nothing is asked when none is open."""
    if not rows:
        return None
    named = {row.run_id: row for row in rows}
    choices = [Choice(row.run_id, f"Go on with {row.ref}", _say_row(row)) for row in rows]
    return named.get(choose_one(face, "A run is open already.", [*choices, Choice(_ANOTHER, fresh)]))


def _say_row(row: RunRow) -> str:
    who = f"{row.operator_name} operates" if row.operator_name else "nobody operates"
    stands = "waiting for a review" if row.waits_for_review else f"{row.step_title or 'just started'}; {who}"
    return printable(f"{MODES[row.mode]}, {row.asset_name}, {row.title}: {stands}")


def start_run(
    seat: TerminalSession, registry: Registry, asset: Asset, plan: Callable[[Wanted], StartPlan], *, drill: bool
) -> str:  # fmt: skip
    """Ask what the start form asks, and begin; the new run's id. Raises NotTaken, NothingToStart, Cancelled, Left."""
    books = tuple(book for book in registry.runbooks_for(asset) if book.status != "retired")
    owner = registry.catalogue.teams.get(asset.owner)
    if not books:
        raise NothingToStart(f"No runbook is ready for {asset.name}. Ask its owner, {asset.owner}.")
    open_runs = [_listed(row) for row in seat.look(lambda: seat.handler.open_runs(asset.id))]
    titles = {id_: book.title for id_, book in registry.runbooks.items()}
    key, at = f"terminal:{seat.new_id()}", seat.now()

    def draw(typed: Mapping[str, str]) -> Block:
        stakes = Stakes(asset, owner, books, open_runs, typed=typed, titles=titles)
        chosen = stakes.chosen
        wanted = None if chosen is None else Wanted(asset.id, chosen.id, "live")
        missing = "" if wanted is None else say_before_start(plan(wanted), seat.me, at)
        return draw_start(replace(stakes, missing=missing))

    def send(_view: Block, typed: Mapping[str, str]) -> str:
        runbook = typed.get("f:runbook") or books[0].id
        chosen = next(book for book in books if book.id == runbook)
        typed = with_offsets(chosen, typed, lambda: seat.zone)
        draft = chosen.status == "draft"
        mode: Mode = "drill" if drill or draft or typed.get("f:mode") == "drill" else "live"
        wanted = Wanted(
            asset.id, runbook, mode, answers_in(typed), typed.get("f:damage_began", ""), typed.get("f:reason", "")
        )
        return seat.insist(lambda: seat.handler.start(plan(wanted), seat.me, "terminal", key)).run.id

    secrets = {f"{ANSWER}{name}" for book in books for name, one in book.inputs.items() if one.type == "secret"}
    return fill_form(
        seat.face, draw, lambda view: lines_of_view(None, view, at, seat.zone), send,
        given={"f:mode": "drill"} if drill else {}, secrets=secrets,
    )  # fmt: skip


def _listed(row: RunRow) -> OpenRun:
    return OpenRun(
        row.run_id, row.ref, row.asset_name, row.title, row.mode, row.started_at, row.operator_name or "",
        row.step_title or "", row.channel, row.outcome, row.waits_for_review,
    )  # fmt: skip
