"""What hands would not execute of the runbooks of a folder, by the files of those hands: told while there is time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from bot.format.catalogue import Asset, AssetsFile
from bot.format.hands import HandsFile
from bot.format.permits import NotAllowed, WantedCommand, WebWish, permit, require_approval
from bot.format.pieces import Http, Value
from bot.format.requests import RequestProblem, fill_request
from bot.format.runbook import Check, Decide, Runbook, RunStep, StepBase, Wait
from bot.format.text import Hole, TextProblem, fill, parse_text
from bot.library.check.folder import CheckReport
from bot.library.check.page import named
from bot.library.check.rules.execution import hands_do_not_execute_this, hands_do_not_execute_this_version
from bot.library.parse import Document, digest_of
from bot.library.problems import Problem, in_order
from bot.run.hands.rules import executed

_Names = Mapping[str, Value]


def held_to(report: CheckReport, hands: Sequence[HandsFile]) -> CheckReport:
    """The report, with what none of these hands would execute; `report` holds its documents."""
    documents = [one for documents in report.documents.values() for one in documents]
    assets = [asset for one in documents if isinstance(one.model, AssetsFile) for asset in one.model.assets]
    found = (problem for one in documents for problem in _problems(one, assets, hands))
    return replace(report, problems=in_order((*report.problems, *found)))


def refusals(book: Runbook, assets: Sequence[Asset], hands: Sequence[HandsFile]) -> Iterator[tuple[StepBase, str]]:
    """Each step whose command none of these hands would execute, and why; for each asset that the runbook is for."""
    mine = [_names_of(asset) for asset in assets if book.id in asset.runbooks] or [{}]
    for step in book.steps:
        whys = [why for names in mine for why in [_why_not(book, step, names, hands)] if why is not None]
        yield from ((step, why) for why in dict.fromkeys(whys))


def why_unapproved(digest: str, hands: Sequence[HandsFile]) -> str | None:
    """Why none of these hands executes this version of a runbook; None when some do."""
    return _first_refusal(hands, lambda one: require_approval(one, digest, ()))


def _problems(document: Document, assets: Sequence[Asset], hands: Sequence[HandsFile]) -> Iterator[Problem]:
    book = document.model
    if not isinstance(book, Runbook) or not any(executed(step) for step in book.steps):
        return
    number = {step.id: at for at, step in enumerate(book.steps)}
    for step, why in refusals(book, assets, hands):
        yield document.problem(("steps", number[step.id]), hands_do_not_execute_this(named(step), why))
    digest = digest_of(document.pinned)
    why_not = why_unapproved(digest, hands)
    if why_not is not None:
        entry = f"{{runbook: {book.id}, digest: {digest}, by: YOUR NAME}}"
        yield document.problem(("id",), hands_do_not_execute_this_version(why_not, entry))


def _why_not(book: Runbook, step: StepBase, names: _Names, hands: Sequence[HandsFile]) -> str | None:
    how = executed(step)
    if how is None:
        return None
    by_itself = isinstance(step, Decide) or (isinstance(step, Check | Wait) and step.id not in book.signoffs_of)
    effect = step.effect if isinstance(step, RunStep) else "read"
    place = "bot" if how.at == "bot" else _known(how.at, names)
    if isinstance(how, Http):
        wish = WantedCommand(place, (how.method,), effect, how.profile, by_itself, _request_of(how, names))
    else:
        wish = WantedCommand(place, tuple(_known(one, names) for one in how.argv), effect, how.profile, by_itself)
    mode: Literal["live"] | None = "live" if book.status == "active" else None
    return _first_refusal(hands, lambda one: permit(one, wish, mode))


def _first_refusal(hands: Sequence[HandsFile], ask: Callable[[HandsFile], object]) -> str | None:
    """None when some hands would; else what the first say that serve the place."""
    whys = []
    for one in hands:
        try:
            ask(one)
        except NotAllowed as why:
            whys.append(str(why))
        else:
            return None
    return next((why for why in whys if " does not serve " not in why), whys[0] if whys else None)


def _known(template: str, names: _Names) -> str | None:
    """A template filled in, as far as it can be before a run; None when it cannot."""
    try:
        if all(part.name in names for part in parse_text(template) if isinstance(part, Hole)):
            return fill(template, names)
    except TextProblem:
        return None
    return None


def _request_of(how: Http, names: _Names) -> WebWish:
    """A request as far as it is known before a run."""
    headers = tuple((name, _known(value, names)) for name, value in how.headers.items())
    try:
        filled = fill_request(how, names)
    except (RequestProblem, TextProblem):
        return WebWish(how.method, None, headers, "" if how.body is None else None)
    return WebWish(how.method, filled.url, headers, filled.body or "")


def _names_of(asset: Asset) -> _Names:
    facts = {f"asset.{name}": value for name, value in asset.facts.items()}
    return facts | {"asset.id": asset.id, "asset.name": asset.name, "asset.tier": asset.tier}
