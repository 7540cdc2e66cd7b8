"""What a rehearsal found, as a person reads it at a terminal."""

from collections.abc import Iterator

import click

from bot.format.catalogue import Asset
from bot.format.printable import printable
from bot.format.text import spoken_duration
from bot.rehearsal.cards import Card, read_cards
from bot.rehearsal.report import Rehearsal, WalkedPath
from bot.rehearsal.walk import Walked
from bot.render.prose import say_outcome

_COLUMN = 16
_SHOWN = 12


def as_text(walked: Walked, report: Rehearsal, asset: Asset | None, *, brief: bool) -> str:
    """The whole report; `brief` leaves out the words of the cards."""
    lines = [*_head(walked, asset), *_paths(report), *_faults(report), *_ways(report, asset)]
    if not brief:
        lines += ["", click.style("What people read", bold=True)]
        lines += [line for number, card in enumerate(read_cards(walked), 1) for line in _card(number, card)]
    return "\n".join(lines) + "\n"


def _row(label: str, text: str) -> str:
    return f"{label:<{_COLUMN}}{printable(text)}"


def _head(walked: Walked, asset: Asset | None) -> Iterator[str]:
    book = walked.book
    yield click.style(printable(f"{book.title} ({book.id}, {book.status})"), bold=True)
    yield f"With the facts of {asset.name}." if asset else "No asset uses it, so its facts are made up."
    yield ""


def _paths(report: Rehearsal) -> Iterator[str]:
    yield _row("Walked", f"{report.exits - len(report.dead)} of {report.exits} exits of {report.steps} steps")
    yield _row("Paths", _say_paths(report))
    if not report.complete:
        yield _row("", "There are more paths than that: --paths N walks more of them.")
    for outcome, count in report.outcomes.items():
        yield _row("", f"{count:>5} {say_outcome(outcome).lower()}")


def _say_paths(report: Rehearsal) -> str:
    said = f"{report.paths} to an end without passing a step twice"
    return f"{said}, {report.rounds} up to where they come back" if report.rounds else said


def _faults(report: Rehearsal) -> Iterator[str]:
    dead = [f"“{exit_}” of {step}: {why}" for (step, exit_), why in report.dead]
    yield from _list("Dead answers", dead, "none")
    yield from _list("Never reached", list(report.unreached), "none")


def _list(label: str, texts: list[str], none: str) -> Iterator[str]:
    yield _row(label, texts[0] if texts else none)
    yield from (_row("", text) for text in texts[1:])


def _ways(report: Rehearsal, asset: Asset | None) -> Iterator[str]:
    if report.longest is not None:
        yield _row("Longest", _say_way(report.longest))
    if report.longest_good is None:
        yield _row("Longest good", "no way recovers without a failure")
    else:
        yield _row("Longest good", _say_way(report.longest_good) + _say_budget(report.longest_good, asset))
        yield _row("", " → ".join(report.longest_good.steps))
        if report.longest_good.untimed:
            yield _row("", f"no typical time: {_some(report.longest_good.untimed)}")
    yield _row("On no good way", _some(report.off_good) or "none")


def _say_way(way: WalkedPath) -> str:
    return f"{len(way.steps)} steps, usually {spoken_duration(way.seconds)}"


def _say_budget(way: WalkedPath, asset: Asset | None) -> str:
    if asset is None or asset.rto is None:
        return ""
    rto = int(asset.rto.total_seconds())
    return f" of the RTO of {spoken_duration(rto)}" + (": too long" if way.seconds > rto else "")


def _some(ids: tuple[str, ...]) -> str:
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return ", ".join(ids[:_SHOWN]) + more


def _card(number: int, card: Card) -> Iterator[str]:
    yield ""
    yield click.style(f"{number:>3}  {printable(card.title)}", bold=True)
    yield click.style(f"     {card.step} · {card.kind} · {card.who}", dim=True)
    for label, text in card.lines:
        first, *rest = map(printable, text.split("\n"))
        yield f"     {printable(label):<{_COLUMN}} {first}"
        yield from (f"     {'':<{_COLUMN}} {line}" for line in rest)
