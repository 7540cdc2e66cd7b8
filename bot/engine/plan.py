"""What it takes to start a run: the command, the runbook it walks, and the texts to pin."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.format.catalogue import Asset
from bot.format.runbook import Runbook
from bot.run.commands import Start
from bot.run.members.state import Members, hold_back
from bot.run.places import InCall
from bot.run.situation import Parent, Somebody
from bot.run.state import Run


@dataclass(frozen=True, slots=True)
class StartPlan:
    """A start that the command handler completes: `start.ref` and `start.open_runs` are left empty.

    `texts` holds the exact text of the runbook and of each that it calls, by digest; `word` is the ref's (`ref_word`).
    """

    start: Start
    book: Runbook
    texts: Mapping[str, str]
    word: str

    @property
    def pins(self) -> dict[str, tuple[str, str]]:
        """Digest -> runbook id and text, of every text to keep."""
        named = {self.start.digest: self.book.id} | {digest: name for name, digest in self.start.calls.items()}
        return {digest: (named[digest], text) for digest, text in self.texts.items() if digest in named}


def ref_word(asset: Asset) -> str:
    """The word of an asset's refs: the first word of its first alias or id, in capitals, at most 10 letters."""
    for name in (*asset.aliases[:1], asset.id):
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        word = re.search(r"[A-Za-z0-9]+", plain)
        if word is not None:
            return word[0][:10].upper()
    return "RUN"


def inherited_plan(parent: Run) -> StartPlan:
    """The start of a called run on what its caller was pinned to: the same asset, the same people in the same roles."""
    begun, members = parent.start, parent.members
    roles, waiting = hold_back(members.roles, members)
    start = Start(
        ref="", digest="", calls={}, mode=begun.mode, asset=begun.asset, people=members.people,
        roles=roles, waiting=waiting, on_call=members.on_call, catalogue=members.catalogue, rungs=members.rungs,
        owner_channel=begun.owner_channel, owners=begun.owners, channel=begun.channel, damage_began=begun.damage_began,
    )  # fmt: skip
    return StartPlan(start, parent.book, {}, begun.ref.rpartition("-")[0] or "RUN")


def damage_of(run: Run) -> str | None:
    """When the damage began, as a run that takes it over is told: as it was corrected last."""
    said = run.vars.get("damage_began") if "damage_began" not in run.book.fields else None
    return run.start.damage_began if said is None else str(said)


def givers_in(run: Run) -> dict[str, tuple[str, ...]]:
    """Who gave the values of a run; those that nobody gave are left out."""
    return {name: given.givers for name, given in run.given.items() if given.givers}


def accounts_before(members: Members, people: Iterable[Somebody]) -> tuple[tuple[str, str], ...]:
    """The accounts of a run that another one has to know beside those of its own people."""
    return tuple(sorted(members.accounts - {(one.id, one.slack) for one in people}))


def called_plan(plan: StartPlan, parent: Run, here: InCall, book: Runbook) -> StartPlan:
    """A plan for a called run, held to what the calling run recorded: runbooks, mode, values, and who called."""
    caller = Parent(parent.id, parent.start.ref, here.step, here.visit)
    start = replace(
        plan.start, digest=here.digest, mode=parent.start.mode, parent=caller, given=here.given,
        chain=parent.whole_chain, damage_began=damage_of(parent),
        givers={name: by for name, by in givers_in(parent).items() if name == "damage_began"} | dict(here.givers),
        calls={**plan.start.calls, **parent.start.calls}, let_in=parent.members.let_in,
        accounts=accounts_before(parent.members, plan.start.people),
    )  # fmt: skip
    return replace(plan, start=start, book=book)
