"""The forms that a recovery starts with: what is at stake, what is seen, and which asset it is."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from bot.format.catalogue import Asset, Team
from bot.format.runbook import Runbook
from bot.format.text import spoken_duration
from bot.render.dialog.view import TIME_HINT, Choice, choice_input, field_input, modal, plain, read_metadata, text_input
from bot.render.message import Block, bold, button, context, divider, foreign, header, list_block, section
from bot.render.prose import spoken_name
from bot.render.runs import PICK, OpenRun, list_runs
from bot.run.law.plausible import DAMAGE

START = "go:begin"
"""`callback_id` of the start form."""
CHOOSE_ASSET, FIND_ASSET = "go:start", "go:asset"
"""`action_id` of a button that names an asset, and of the menu that looks assets up."""
CHOOSE_SEEN, _SEPARATOR = "go:seen", "/"
"""`action_id` of a button that names an asset and a runbook, and what stands between them in its value."""
_TIERS = {1: "1 – critical", 2: "2 – important", 3: "3 – standard"}
_MOST_LISTED = 12
"""Assets that are listed before anything is typed; the menu has them all."""
_SIGNS_SHOWN, _SIGN = 12, 75
"""Runbooks whose signs are listed, and the characters of a sign that fit below a choice."""


@dataclass(frozen=True, slots=True)
class StartOrigin:
    """Where a start was asked for, and what is being started; it travels in `private_metadata`."""

    channel: str = ""
    asset: str = ""

    @property
    def metadata(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, view: Mapping[str, Any]) -> "StartOrigin":
        """What stands in a view; StrangePress when it is not one of a start."""
        return read_metadata(view, cls)


@dataclass(frozen=True, slots=True)
class Stakes:
    """Everything that the start form shows: the asset, who owns it, runs that are open on it, runbooks that fit."""

    asset: Asset
    owner: Team | None
    books: Sequence[Runbook]
    open_runs: Sequence[OpenRun] = ()
    channel: str = ""
    said: str = ""
    """A sentence that has to stand on top, because no field of the form is the place for it."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """`block_id` -> what was typed before the form was drawn anew."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Runbook -> its title, also of those that another asset uses."""
    missing: str = ""
    """Which signatures nobody could give if this person started what is chosen, and that nobody could be called."""

    @property
    def chosen(self) -> Runbook | None:
        """The runbook that was chosen; the only one is chosen already."""
        wanted = self.typed.get("f:runbook", "") if len(self.books) > 1 else ""
        return next((book for book in self.books if book.id == wanted or len(self.books) == 1), None)


def draw_start(stakes: Stakes) -> Block:
    """The start form. Without a runbook that fits there is nothing to start, and it says who can help."""
    place = StartOrigin(stakes.channel, stakes.asset.id)
    return modal(
        "Start recovery",
        section(f":warning: {foreign(stakes.said, 500)}") if stakes.said else None,
        header(stakes.asset.name),
        _facts(stakes),
        *_open_runs(stakes),
        *(_questions(stakes) if stakes.books else [_nothing_fits(stakes)]),
        submit="Start" if stakes.books else "",
        callback_id=START,
        metadata=place.metadata,
    )


def _facts(stakes: Stakes) -> Block:
    """What is at stake, in one line."""
    asset = stakes.asset
    lost, back = (_span(length) for length in (asset.rpo, asset.rto))
    facts = f"Tier {_TIERS[asset.tier]} · owner {bold(_owner(stakes), 100)}{say_apart(asset)}"
    return section(f"{facts}\nRPO *{lost}* (data lost at most) · RTO *{back}* (back within)")


def say_apart(asset: Asset) -> str:
    """What tells assets apart that are alike, on a line: other names, where they run, the facts that authors mark."""
    host = str(asset.facts.get("host") or "")
    known = [f"also called {', '.join(asset.aliases)}" if asset.aliases else "", f"on {host}" if host else ""]
    said = " · ".join(foreign(one, 200) for one in (*known, *_marks(asset)) if one)
    return f"\n{said}" if said else ""


def _marks(asset: Asset) -> Iterator[str]:
    """The marked facts with their names, but for those that stand there anyway."""
    for name in asset.tell_apart:
        if name != "host" and name in asset.facts:
            yield f"{spoken_name(name)} {asset.facts[name]}"


def _span(length: timedelta | None) -> str:
    return spoken_duration(int(length.total_seconds())) if length is not None else "not set"


def _owner(stakes: Stakes) -> str:
    return (stakes.owner.name or stakes.owner.id) if stakes.owner else stakes.asset.owner


def _open_runs(stakes: Stakes) -> Iterator[Block]:
    if stakes.open_runs:
        yield section(":rotating_light: *A run is open on this asset already.* Join it, unless this is something else.")
        yield from list_runs(stakes.open_runs, most=5)
        yield text_input(
            "f:reason",
            "Why a second run?",
            several_lines=True,
            typed=stakes.typed.get("f:reason", ""),
            hint="Two runs on one asset can work against each other.",
        )
        yield divider()


def _nothing_fits(stakes: Stakes) -> Block:
    return section(f"No runbook is ready for this asset. Ask its owner, {foreign(_owner(stakes), 100)}.")


def _questions(stakes: Stakes) -> Iterator[Block]:
    chosen, typed = stakes.chosen, stakes.typed
    if len(stakes.books) > 1:
        books = [Choice(book.id, book.title, book.enter_when[0]) for book in stakes.books]
        yield choice_input("f:runbook", "What do you see?", books, chosen=chosen.id if chosen else "", redraws=True)
    yield from _signs(stakes)
    if chosen is not None:
        yield from _about_book(chosen, {**stakes.titles, **{one.id: one.title for one in stakes.books}})
        if stakes.missing:
            yield section(f":warning: {foreign(stakes.missing, 2_000)}")
        for name, one in chosen.inputs.items():
            needed = one.required and one.default is None
            usual = f"If left empty: {one.default}" if one.default is not None and "{{" not in str(one.default) else ""
            yield field_input(name, one, typed=typed.get(f"a:{name}", ""), optional=not needed, hint=usual)
    if chosen is None or not set(DAMAGE) & set(chosen.inputs):
        yield text_input(
            "f:damage_began", "When did the damage begin?", optional=True, typed=typed.get("f:damage_began", ""),
            hint=f"If you know. {TIME_HINT}",
        )  # fmt: skip
    yield _mode(chosen, typed)


def _signs(stakes: Stakes) -> Iterator[Block]:
    """The signs of the runbook that was chosen; of each as long as none is, unless the choice shows them already."""
    shown = stakes.books if stakes.chosen is None else (stakes.chosen,)
    if len(stakes.books) > 1 and all(_shows_itself(book) for book in shown):
        return
    yield section("*The signs of each*" if stakes.chosen is None else "*Right when you see*")
    for book in shown[:_SIGNS_SHOWN]:
        if len(shown) == len(stakes.books):
            draft = " (draft: as a drill only)" if book.status == "draft" else ""
            yield section(f"{bold(book.title)}{draft}")
        yield list_block(book.enter_when)


def _shows_itself(book: Runbook) -> bool:
    return len(book.enter_when) == 1 and len(book.enter_when[0]) <= _SIGN


def _about_book(book: Runbook, titles: Mapping[str, str]) -> Iterator[Block]:
    yield context(foreign(book.objective, 200))
    if book.not_for:
        yield section("*Not this one, if*")
        yield list_block([f"{one.when} → {titles.get(one.use, one.use)}" for one in book.not_for])


def _mode(chosen: Runbook | None, typed: Mapping[str, str]) -> Block:
    if chosen is not None and chosen.status == "draft":
        return section("This runbook is a *draft*, so it runs as a *drill* only.")
    modes = (
        Choice("live", "Live", "This is real."),
        Choice("drill", "Drill", "Practice: every post says DRILL."),
    )
    return choice_input("f:mode", "Live or drill?", modes, chosen=typed.get("f:mode") or "live")


def pick_form(
    channel: str,
    near: Sequence[Asset],
    open_runs: Sequence[OpenRun],
    asked: str = "",
    seen: Sequence[tuple[Asset, Runbook]] = (),
    every: Sequence[Asset] = (),
) -> Block:
    """Which asset? Near matches best first, what fits by its signs, a menu that looks all up, and open runs.

    Where nothing comes near, the first of `every` that may be recovered.
    """
    listed = () if near or seen else every[:_MOST_LISTED]
    more = f"Another of {len(every)} assets" if len(every) > len(listed) else "By another of its names"
    return modal(
        "Start recovery",
        *_near_matches(near, asked, found=bool(seen)),
        *_by_signs(seen, asked),
        *_listed(listed),
        _lookup(more if listed else "Another asset" if near or seen else "Which asset?"),
        *([divider(), section("*Open runs*"), *list_runs(open_runs, most=20)] if open_runs else []),
        callback_id=PICK,
        metadata=StartOrigin(channel).metadata,
    )


def _listed(assets: Sequence[Asset]) -> Iterator[Block]:
    """What may be recovered, each with its button."""
    if assets:
        yield section("*Which asset?*")
    for asset in assets:
        yield section(f"{bold(asset.name)} · tier {asset.tier}{say_apart(asset)}") | {"accessory": choose_button(asset)}


def _by_signs(seen: Sequence[tuple[Asset, Runbook]], asked: str) -> Iterator[Block]:
    """Runbooks whose signs speak of what was typed, each with a button that chooses both."""
    if seen:
        yield section(f"*By what is seen*: “{foreign(asked, 200)}”")
    for asset, book in seen[:8]:
        start = button("Recover this", CHOOSE_SEEN, f"{asset.id}{_SEPARATOR}{book.id}")
        yield section(f"{bold(asset.name)}: {foreign(book.title, 100)}") | {"accessory": start}


def read_seen(value: str) -> tuple[str, str]:
    """The asset and the runbook of a button of what is seen."""
    asset, _, book = value.partition(_SEPARATOR)
    return asset, book


def _near_matches(near: Sequence[Asset], asked: str, *, found: bool = False) -> Iterator[Block]:
    if asked and (near or not found):
        nothing = f"No asset is called “{foreign(asked, 100)}”."
        yield section(f"{nothing} Did you mean" if near else f"{nothing} Nothing comes near it: look it up here.")
    for asset in near[:10]:
        yield section(f"{bold(asset.name)}{say_apart(asset)}") | {"accessory": choose_button(asset)}


def choose_button(asset: Asset, label: str = "Recover this") -> Block:
    """A button that starts with this asset."""
    return button(label, CHOOSE_ASSET, asset.id)


def _lookup(words: str) -> Block:
    menu = {
        "type": "external_select",
        "action_id": FIND_ASSET,
        "placeholder": plain("Type a name", 150),
        "min_query_length": 0,
    }
    return section(f"*{words}*") | {"accessory": menu}


def asset_options(assets: Sequence[Asset]) -> list[Block]:
    """The lines of the look-up menu, at most 100."""
    return [
        {
            "text": plain(asset.name, 75),
            "value": asset.id,
            "description": plain(" · ".join([*_marks(asset), f"tier {asset.tier}", asset.owner]), 75),
        }
        for asset in assets[:100]
    ]
