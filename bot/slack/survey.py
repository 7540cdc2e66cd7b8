"""Who is on call: looked up for the board, and told by `/recover oncall`: who now, who next, what nobody covers."""

from collections.abc import Iterable
from datetime import datetime

from bot.format.catalogue import Asset, Catalogue, Ladder, Rotation
from bot.oncall.references import people_of_role
from bot.oncall.roster import Roster
from bot.render import rota as shown
from bot.render.message import Message
from bot.render.rota import WINDOW, Board, RungWatch, Who, oncall_reply, unknown_asset_reply
from bot.slack.hearing.context import ListenerContext

_KIND = "rotation"


def survey(catalogue: Catalogue, roster: Roster, at: datetime, asset: Asset | None = None) -> Board:
    """The board at a moment: of the ladder of an asset, or of all ladders, with what the next days do not cover."""
    used = asset.ladder if asset is not None else None
    ladders = [one for one in catalogue.ladders.values() if asset is None or one.id == used]
    named = dict.fromkeys(told for one in ladders for rung in one.rungs for told in rung.tell)
    on_ladders = [one for one in catalogue.rotations.values() if f"{_KIND}:{one.id}" in named]
    others = [one for one in catalogue.rotations.values() if asset is None and one not in on_ladders]
    rotations = [*on_ladders, *others]
    return Board(
        at=at,
        asset=None if asset is None else asset.name,
        ladders=tuple(_ladder(catalogue, roster, one, at) for one in ladders),
        others=tuple(_watch(catalogue, roster, f"{_KIND}:{one.id}", at) for one in others),
        holes=tuple(
            shown.Hole(one.id, gap.since, gap.until) for one in rotations for gap in roster.gaps(one, at, at + WINDOW)
        ),
        feeds=tuple(_feed(roster, one, at) for one in rotations if one.ics is not None),
    )


def _ladder(catalogue: Catalogue, roster: Roster, ladder: Ladder, at: datetime) -> shown.Ladder:
    assets = tuple(one.name for one in catalogue.assets.values() if one.ladder == ladder.id)
    rungs = tuple(
        shown.Rung(
            rung.after, rung.via, rung.repeat or 1, tuple(_watch(catalogue, roster, told, at) for told in rung.tell)
        )
        for rung in ladder.rungs
    )
    return shown.Ladder(ladder.id, assets, rungs)


def _watch(catalogue: Catalogue, roster: Roster, told: str, at: datetime) -> RungWatch:
    kind, _, name = told.partition(":")
    if kind == _KIND and name in catalogue.rotations:
        return _rotation(catalogue, roster, catalogue.rotations[name], at)
    people = _people(catalogue, people_of_role(catalogue, told, roster.on_call, at))
    team = catalogue.teams.get(name) if kind == "team" else None
    return RungWatch(kind, (team.name if team else None) or name, people, group=team.slack_group if team else None)


def _rotation(catalogue: Catalogue, roster: Roster, rotation: Rotation, at: datetime) -> RungWatch:
    now, after = roster.now_and_next(rotation, at)
    return RungWatch(
        _KIND, rotation.id, _people(catalogue, now.people), now.until,
        () if after is None else _people(catalogue, after.people), None if after is None else after.since,
        is_gap=not now.people,
    )  # fmt: skip


def _people(catalogue: Catalogue, ids: Iterable[str]) -> tuple[Who, ...]:
    known = (catalogue.people.get(one) for one in ids)
    return tuple(Who(one.name, one.slack) for one in known if one is not None)


def _feed(roster: Roster, rotation: Rotation, at: datetime) -> shown.Feed:
    copy, strangers = roster.copy_of(rotation), roster.strangers(rotation, at, at + WINDOW)
    remarks = roster.remarks(rotation, at)
    if copy is None:
        return shown.Feed(rotation.id, None, "", strangers)
    return shown.Feed(rotation.id, copy.fetched_at, copy.failure, strangers, remarks)


WORD = "oncall"


def answer_oncall(context: ListenerContext, typed: str) -> Message | None:
    """The answer to `oncall` or `oncall ASSET`; None when something else was typed.

    An asset that is called like the whole is meant instead.
    """
    word, _, named = typed.partition(" ")
    if word.casefold() != WORD or context.registry.find_assets(typed).exact is not None:
        return None
    named, catalogue = named.strip(), context.registry.catalogue
    if not named:
        return oncall_reply(survey(catalogue, context.roster, context.now()))
    found = context.registry.find_assets(named)
    if found.exact is None:
        return unknown_asset_reply(named, found.near)
    return oncall_reply(survey(catalogue, context.roster, context.now(), found.exact))
