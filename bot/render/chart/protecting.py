"""An asset drawn in words: its data, where its copies go, how it is restored, with hand-overs and decisions."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from bot.format.catalogue import Asset, Catalogue, Protection
from bot.format.runbook import Decide, Runbook, Signoff
from bot.format.text import spoken_duration
from bot.render.chart.mermaid import quoted
from bot.render.message import one_line

Node = tuple[str, str, tuple[str, ...]]
"""A name, a kind and its lines."""
Arrow = tuple[str, str, str]
"""From one node to another, and what is said on the way."""


class AssetChart:
    """What `handrail show ASSET` draws: nodes from the data to the restore, and arrows with hand-overs on them."""

    def __init__(self, asset: Asset, catalogue: Catalogue, books: Mapping[str, Runbook]) -> None:
        self._catalogue = catalogue
        self.nodes: list[Node] = []
        self.arrows: list[Arrow] = []
        targets = [spoken_duration(int(one.total_seconds())) for one in (asset.rpo, asset.rto) if one is not None]
        said = f"RPO {targets[0]}, RTO {targets[1]}" if len(targets) == 2 else "no RPO and RTO"  # noqa: PLR2004  (both)
        self.nodes.append(
            ("data", "data", (asset.name, f"tier {asset.tier}, {self._who(f'team:{asset.owner}')}", said))
        )
        ends = [end for number, one in enumerate(asset.protection, 1) for end in self._protect(number, one)]
        if not asset.protection:
            self.nodes.append(("none", "backup", ("Nothing protects it.",)))
            ends = ["none"]
            self.arrows.append(("data", "none", ""))
        self._restore(asset, ends, books)

    def _protect(self, number: int, one: Protection) -> list[str]:
        """A protection's copies; the names of what a restore may begin from."""
        every = spoken_duration(int(one.every.total_seconds()))
        places = [place for place in (one.target, one.secondary) if place is not None]
        names = [f"b{number}{letter}" for letter, _ in zip("ab", places or [one.id], strict=False)]
        access = (f"access: {', '.join(map(self._who, one.access))}",) if one.access else ()
        for name, place, what in zip(names, places or [one.id], ("target", "secondary"), strict=False):
            resource = self._catalogue.resources.get(place)
            title = f"{resource.name} ({place})" if resource is not None else place
            self.nodes.append((name, "backup", (title, f"{what} of {one.id}: {one.method}", *access)))
        started = f"started by {self._who(one.started_by)}" if one.started_by else "nobody says who starts it"
        self.arrows.append(("data", names[0], f"every {every}, {started}"))
        self.arrows += [(before, after, "copied to") for before, after in pairwise(names)]
        return names

    def _restore(self, asset: Asset, ends: Sequence[str], books: Mapping[str, Runbook]) -> None:
        checked = [f"{one.id}: {self._who(one.verified_by)}" for one in asset.protection if one.verified_by]
        verified = f"restores looked at by {', '.join(checked)}" if checked else "nobody says who looks at restores"
        self.nodes.append(("pick", "decide", ("Which copy, and which runbook?", verified)))
        late = ("late or damaged there, and the secondary is young: from here", "the newest good restore point")
        self.arrows += [(end, "pick", late[0] if end.endswith("b") else late[1]) for end in ends]
        found = [(number, id_, books.get(id_)) for number, id_ in enumerate(asset.runbooks, 1)]
        if not found:
            self.nodes.append(("nobook", "restore", ("No runbook restores it.",)))
            self.arrows.append(("pick", "nobook", ""))
        for number, id_, book in found:
            name = f"r{number}"
            lines = (id_, "no such runbook") if book is None else tuple(self._told(book))
            self.nodes.append((name, "restore", lines))
            self.arrows.append(("pick", name, "" if book is None else self._handed(book)))

    def _handed(self, book: Runbook) -> str:
        """Who takes it from whoever saw it."""
        operator = book.roles.get("operator", ())
        names = (operator,) if isinstance(operator, str) else operator
        return f"handed to {', '.join(map(self._who, names))}" if names else "nobody operates it"

    def _told(self, book: Runbook) -> Iterator[str]:
        yield f"{book.title} ({book.id})"
        decisions = [step.title for step in book.steps if isinstance(step, Decide)]
        if decisions:
            yield f"decisions: {'; '.join(decisions[:3])}{' …' if len(decisions) > 3 else ''}"  # noqa: PLR2004  (as many as fit)
        roles = {role for step in book.steps if isinstance(step, Signoff) for role in step.from_}
        if roles:
            yield f"signed by {', '.join(sorted(roles))}"

    def _who(self, said: str) -> str:
        """A reference by the name of what it names; other words as they are."""
        kind, _, id_ = said.partition(":")
        if kind == "team" and id_ in self._catalogue.teams:
            return self._catalogue.teams[id_].name or id_
        if kind == "person" and id_ in self._catalogue.people:
            return self._catalogue.people[id_].name
        if kind == "rotation" and id_ in self._catalogue.rotations:
            return f"whoever is on call in {id_}"
        return said


_TITLES = {"data": "DATA", "backup": "BACKUP", "decide": "DECIDE", "restore": "RESTORE"}


def outline_asset(chart: AssetChart) -> str:
    """The chart as lines of text: each node, and below it every way on."""
    place = {name: number for number, (name, _, _) in enumerate(chart.nodes, 1)}
    blocks = []
    for name, kind, lines in chart.nodes:
        title = one_line(f"{place[name]:>3}  {_TITLES[kind]:8} {lines[0]}")
        ways = [f"       → {place[target]}  {said}".rstrip() for source, target, said in chart.arrows if source == name]
        blocks.append("\n".join([title, *(f"       {one_line(line)}" for line in lines[1:]), *map(_clean, ways)]))
    return "\n\n".join(blocks) + "\n"


def _clean(line: str) -> str:
    """A line without what turns the order of reading; its indent stays."""
    return line[: len(line) - len(line.lstrip())] + one_line(line)


def mermaid_asset(chart: AssetChart) -> str:
    """The chart as a flowchart for Mermaid 10 and newer."""
    shapes = {"data": ("[(", ")]"), "backup": ("[(", ")]"), "decide": ("{{", "}}"), "restore": ("[[", "]]")}
    lines = [f"  {name}{shapes[kind][0]}{quoted(*told)}{shapes[kind][1]}" for name, kind, told in chart.nodes]
    lines += [
        f"  {source} -->|{quoted(said)}| {target}" if said else f"  {source} --> {target}"
        for source, target, said in chart.arrows
    ]
    return "\n".join(["flowchart LR", *lines]) + "\n"
