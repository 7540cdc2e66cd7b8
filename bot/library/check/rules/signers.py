"""Rules about the second pair of eyes: whoever starts and operates, somebody is left to sign and to review."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product

from bot.format.catalogue import Asset, Ladder
from bot.format.runbook import RunStep, Signoff
from bot.library.check.known import people_behind
from bot.library.check.page import CheckedRunbook, named
from bot.library.problems import listed
from bot.library.rules import Found, rule

_ALWAYS = frozenset({"requester", "operator", "giver"})
"""Words of `forbid` that are no role. Who gives a value is asked before it is taken, so it is not tried here."""


@dataclass(frozen=True, slots=True)
class _Signers:
    """A sign-off, who may give it by each of its roles, and which of the two words bars whoever starts and operates."""

    signoff: Signoff
    forbid: tuple[str, ...]
    roles: Sequence[Sequence[str]]

    def too_few(self, gone: Collection[str]) -> bool:
        """Whether they cannot give it when these are gone."""
        left = self.left(gone)
        people = {one for role in left for one in role}
        return len(people) < self.signoff.need or (self.signoff.each and not _covers(left, frozenset()))

    def left(self, gone: Collection[str]) -> list[list[str]]:
        return [[one for one in role if one not in gone] for role in self.roles]


@rule("O5", live=True)
def enough_people_can_sign(page: CheckedRunbook) -> Iterator[Found]:
    """Whoever operates, enough people are left to sign: `need` of them after `forbid`, with `each` one for each role.

    It is tried with every person of the operator role in turn, as the one who starts the run and operates it. A
    calendar feed names nobody until it is read, so a role behind one is not judged. Source: NIST SP 800-53 Rev. 5,
    AC-3(2) dual authorization and AC-5 separation of duties.
    """
    for number, signers in _signoffs(page):
        own = "operator" in signers.forbid or "requester" in signers.forbid
        for operator in people_behind(page.folder, page.book.roles.get("operator", ())):
            gone = {operator} if own else set()
            if signers.too_few(gone):
                message = f"When {operator} operates, {_say_left(signers, gone)}."
                yield page.path(number, "from"), message, "another role under `from`, or more people behind it"
                break


@rule("O8", "warning")
def overlapping_roles_leave_signers(page: CheckedRunbook) -> Iterator[Found]:
    """Enough people are left to sign when one starts the run, another operates it, and others run its commands.

    Where roles overlap, all of them may be missing as signers at once: whoever started it, whoever operates (a lead may
    take over), and for each other role whoever began a changing command of it. A role behind a calendar feed is not
    judged. Source: NIST SP 800-53 Rev. 5, AC-3(2) dual authorization and AC-5 separation of duties.
    """
    for number, signers in _signoffs(page):
        gone = _worst(signers, _parts(page, signers))
        if gone:
            *others, last = (f"{person} {part}" for part, person in gone.items())
            who = f"{', '.join(others)} and {last}" if others else last
            message = f"When {who}, {_say_left(signers, gone.values())}."
            yield page.path(number, "from"), message, "another role under `from`, or more people behind it"


def _signoffs(page: CheckedRunbook) -> Iterator[tuple[int, _Signers]]:
    """Every sign-off with who may give it; those with a role behind a feed are left out."""
    folder, book = page.folder, page.book
    for number, step in enumerate(book.steps):
        if isinstance(step, Signoff):
            forbid = book.forbidden(step)
            never = {one for role in forbid if role not in _ALWAYS for one in _holders(page, role)}
            behind = [people_behind(folder, book.roles.get(role, ())) for role in step.from_]
            if all(behind):
                yield number, _Signers(step, forbid, [[one for one in role if one not in never] for role in behind])


def _holders(page: CheckedRunbook, role: str) -> tuple[str, ...]:
    return people_behind(page.folder, page.book.roles.get(role, ()))


def _parts(page: CheckedRunbook, signers: _Signers) -> dict[str, set[str]]:
    """What somebody does that bars them -> which of the signers may be the one who does it."""
    people = {one for role in signers.roles for one in role}
    parts = {"starts it": people} if "requester" in signers.forbid else {}
    if "operator" in signers.forbid:
        parts["operates"] = people & {*_holders(page, "operator"), *_holders(page, "lead")}
        changing = (one.who for one in page.book.steps if isinstance(one, RunStep) and one.effect != "read")
        for role in dict.fromkeys(changing):
            if role != "operator":
                parts[f"acts as {role.replace('_', ' ')}"] = people & set(_holders(page, role))
    return parts


def _worst(signers: _Signers, parts: dict[str, set[str]]) -> dict[str, str] | None:
    """Who does what, so that too few are left to sign; None when enough are left in any case.

    As many as possible are gone of all signers or, with `each`, of those of some of its roles (Hall's theorem).
    """
    roles = signers.roles
    among = [roles] if not signers.signoff.each else chain(*(combinations(roles, n) for n in range(len(roles), 0, -1)))
    for some in among:
        gone = _most(parts, {one for role in some for one in role})
        if signers.too_few(gone.values()):
            return {part: gone[part] for part in parts if part in gone}
    return None


def _most(parts: dict[str, set[str]], people: set[str]) -> dict[str, str]:
    """As many of these people as can be taken by the parts, each by one part: a largest matching."""
    taken: dict[str, str] = {}

    def take(part: str, seen: set[str]) -> bool:
        for one in sorted(parts[part] & people - seen):
            seen.add(one)
            if one not in taken or take(taken[one], seen):
                taken[one] = part
                return True
        return False

    for part in parts:
        take(part, set())
    return {part: person for person, part in taken.items()}


def _say_left(signers: _Signers, gone: Collection[str]) -> str:
    """``only chen may sign the `signoff` “allow”, and 2 sign``."""
    signoff, people = signers.signoff, list(dict.fromkeys(one for role in signers.left(gone) for one in role))
    needed = f"{signoff.need} sign" if signoff.need > 1 else "one signs"
    each = ", one for each role" if signoff.each else ""
    who = f"only {listed(people, 4)} may sign {named(signoff)}" if people else f"nobody may sign {named(signoff)}"
    return f"{who}, and {needed}{each}"


def _covers(roles: Sequence[Sequence[str]], taken: frozenset[str]) -> bool:
    """Whether every role can be given a signer of its own."""
    if not roles:
        return True
    return any(_covers(roles[1:], taken | {one}) for one in roles[0] if one not in taken)


@rule("O7", "warning")
def somebody_can_review(page: CheckedRunbook) -> Iterator[Found]:
    """When a lead breaks the glass, somebody is left who neither operates nor broke it, and can review why.

    Roles, ladder and owner team count, of each asset that uses the runbook. Without anybody the run closes with the
    review open. Source: NIST SP 800-53 Rev. 5, AC-5 separation of duties.
    """
    leads = _holders(page, "lead")
    operators = dict.fromkeys([*_holders(page, "operator"), *leads])
    numbers = [number for number, step in enumerate(page.book.steps) if isinstance(step, Signoff)]
    if not numbers or not all(_holders(page, role) for role in page.book.roles):
        return
    for asset in page.folder.users(page.book.id):
        people = _people_of(page, asset)
        pairs = ((lead, one) for lead, one in product(leads, operators) if lead != one and not people - {lead, one})
        for lead, operator in list(pairs)[:1]:
            message = f"When {operator} operates “{asset.id}” and {lead} breaks the glass, nobody may review it."
            yield page.path(numbers[0], "from"), message, "a third person in a role, on the ladder or in the team"
            return


def _people_of(page: CheckedRunbook, asset: Asset) -> set[str]:
    """Everybody whom a run of this runbook on this asset knows."""
    folder = page.folder
    ladder = folder.entry("ladder", asset.ladder) if asset.ladder is not None else None
    told: Iterable[Sequence[str]] = (one.tell for one in ladder.rungs) if isinstance(ladder, Ladder) else ()
    behind = [*page.book.roles.values(), f"team:{asset.owner}", *told]
    return {one for reference in behind for one in people_behind(folder, reference)}
