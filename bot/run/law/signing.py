"""Signatures: what they cover, whether they are in force, who may still give one."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from bot.format.pieces import Value
from bot.format.runbook import Runbook, Signoff, Step
from bot.format.text import fill
from bot.run.commands import AsksBack, Command, HandOver, Knowing
from bot.run.evolve import evolve
from bot.run.law.scope import bound_text, names_of, names_said, show_step, title_of
from bot.run.members.rules import one_with_operators, sets_of_different
from bot.run.places import AtStep, Over
from bot.run.situation import Stamp
from bot.run.state import Run, Unstarted, but


@dataclass(frozen=True, slots=True)
class BoundStep:
    """A step that would be carried out, in the words of the sign-off post; `exact` is what the digest covers."""

    title: str
    host: str | None
    command: str | None
    effect: str | None
    caution: str | None
    undo: str | None
    exact: str


@dataclass(frozen=True, slots=True)
class SigningContent:
    """Everything a signer puts a name to, in the order in which it is needed."""

    run: str
    mode: str
    asset: str
    asset_name: str
    title: str
    say: str | None
    steps: tuple[BoundStep, ...]
    vars: tuple[tuple[str, Value | None], ...]
    files: tuple[str, ...]
    readback: str
    """The variable to read back, or `asset` for the asset's id."""

    @property
    def text(self) -> str:
        """Canonical JSON: keys sorted, no spaces, UTF-8."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """SHA-256 of `text`, hexadecimal."""
        return digest_text(self.text)


def digest_text(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_content(text: str) -> SigningContent:
    """What stands in `AwaitingSignature.content`, for rendering."""
    raw = json.loads(text)
    steps = tuple(BoundStep(**step) for step in raw.pop("steps"))
    pairs = tuple((name, value) for name, value in raw.pop("vars"))
    return SigningContent(steps=steps, vars=pairs, files=tuple(raw.pop("files")), **raw)


def content_of(run: Run, signoff: Signoff) -> SigningContent:
    """What a signature given now would cover."""
    names = names_of(run)
    return SigningContent(
        run=run.start.ref, mode=run.start.mode, asset=run.start.asset.id, asset_name=run.start.asset.name,
        title=title_of(run, signoff.id),
        say=fill(signoff.say, names, strict=False) if signoff.say else None,
        steps=tuple(_bound(run, run.book.by_id[step]) for step in signoff.binds.steps),
        vars=tuple((name, run.vars.get(name)) for name in bound_vars(signoff)),
        files=signoff.binds.files, readback=signoff.readback or "asset",
    )  # fmt: skip


def bound_vars(signoff: Signoff) -> tuple[str, ...]:
    """The variables that a signature covers; the one that is read back is always among them."""
    return tuple(dict.fromkeys([*signoff.binds.vars, *([signoff.readback] if signoff.readback else [])]))


def _bound(run: Run, step: Step) -> BoundStep:
    shown = show_step(run, step)
    return BoundStep(
        shown.title, shown.host, shown.command, shown.effect, shown.caution, shown.undo, bound_text(run, step)
    )


def eligible_people(run: Run, signoff: Signoff) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who may sign (on call first), and who of these roles may not because they started or operated the run."""
    holders = tuple(dict.fromkeys(person for role in signoff.from_ for person in run.holders(role)))
    barred = barred_people(run, signoff)
    return tuple(one for one in holders if one not in barred), tuple(one for one in holders if one in barred)


def barred_people(run: Run, signoff: Signoff) -> frozenset[str]:
    """Everybody whom `forbid` keeps from signing."""
    return frozenset(why_barred(run, signoff))


def why_barred(run: Run, signoff: Signoff) -> dict[str, str]:
    """Everybody whom `forbid` keeps from signing, with what they did: somebody of the chain, or of a named role."""
    barred: dict[str, str] = {}
    for whom in run.book.forbidden(signoff, run.law):
        match whom:
            case "requester":
                barred |= dict.fromkeys(sorted(run.requesters), "started this run, or one that it belongs to")
            case "operator":
                barred |= one_with_operators(run) | dict.fromkeys(sorted(run.operators), "has operated")
            case "giver":
                barred = _givers(run, signoff) | barred
            case role:
                barred |= dict.fromkeys(run.holders(role), f"is of the {role.replace('_', ' ')}")
    if run.operator in barred:
        barred[run.operator or ""] = "operates now"
    return barred


def _givers(run: Run, signoff: Signoff) -> dict[str, str]:
    """Who gave the values that this sign-off covers, with the name of the first."""
    found: dict[str, str] = {}
    for name in bound_vars(signoff):
        given = run.given.get(name)
        for person in given.givers if given is not None else ():
            found.setdefault(person, f"gave “{name}”")
    return found


def is_complete(run: Run, signoff: Signoff, signed: tuple[str, ...]) -> bool:
    """Whether these are enough: `need` people, no two of whom count as one, and with `each` one for every role."""
    roles = tuple(tuple(run.holders(role)) for role in signoff.from_) if signoff.each else ()
    return any(len(chosen) >= signoff.need and _covers(roles, set(chosen)) for chosen in sets_of_different(run, signed))


def _covers(roles: tuple[tuple[str, ...], ...], people: set[str]) -> bool:
    """Whether every role can be given a signer of its own: one person does not stand for two roles."""
    if not roles:
        return True
    return any(_covers(roles[1:], people - {one}) for one in roles[0] if one in people)


def validity_end(run: Run, signoff: Signoff, at: datetime) -> datetime | None:
    """Until when an approval given at `at` may start a bound step; None when it starts none (`mode: after`)."""
    if signoff.mode == "after" and not signoff.binds.steps:
        return None
    return at + (signoff.valid_for or run.book.policy.signoff.valid_for)


def asked_in_vain(run: Run, signoff: Signoff, since: datetime) -> datetime | None:
    """From when on a request of `since` was asked for in vain for a second time; None while it is the first."""
    times = run.expired.get(signoff.id, 0)
    if times == 0:
        return None
    return since + (timedelta(0) if times > 1 else run.book.policy.signoff.again)


def asking_time(run: Run, signoff: Signoff) -> timedelta:
    """How long people are asked before the sign-off expires."""
    return signoff.timeout or run.book.policy.signoff.timeout


_ALL_THE_SAME: Mapping[str, str] = {
    "TakeOver": "Take over all the same", "HandOver": "Hand over all the same", "Accept": "Accept all the same",
    "Begin": "Begin all the same", "Finish": "Go on all the same", "Correct": "Correct it all the same",
    "Choose": "Choose it all the same",
}  # fmt: skip
_IF: Mapping[str, str] = {
    "TakeOver": "If you take over", "Accept": "If you accept", "Begin": "If you begin this",
    "Finish": "If you give this value", "Correct": "If you correct this value", "Choose": "If you choose this",
}  # fmt: skip


def can_be_given(run: Run, signoff: Signoff) -> bool:
    """Whether those who may sign it now are enough."""
    return is_complete(run, signoff, eligible_people(run, signoff)[0])


def ungivable(run: Run) -> tuple[Signoff, ...]:
    """The sign-offs that may still be needed, and that too few people may give as things stand."""
    return run.found("ungivable", _find_ungivable)


def _find_ungivable(run: Run) -> tuple[Signoff, ...]:
    return tuple(one for one in signoffs_ahead(run) if not can_be_given(run, one))


def as_started(run: Run) -> Run:
    """The run as its first record made it: whom its start alone bars."""
    started = evolve(Unstarted(run.id, run.book), run.start, Stamp(run.started_at, run.requester, "slack"))
    former = run.start.former
    return started if former is None else but(started, here=AtStep(former.step, 0, run.started_at))


def signoffs_ahead(run: Run) -> tuple[Signoff, ...]:
    """The sign-offs that a way on from here asks for, or that bind a step of it that is to be started."""
    here = run.here
    if isinstance(here, Over):
        return ()
    ahead = _ways_on(run.book, here.step)
    begun = {here.step} if isinstance(here, AtStep) and here.began is not None else set()
    bound = {one.id for step in ahead - begun for one in run.book.signoffs_of.get(step, ())}
    return tuple(one for one in run.book.steps if isinstance(one, Signoff) and (one.id in ahead or one.id in bound))


def _ways_on(book: Runbook, start: str) -> set[str]:
    """Steps that can be come to without holding at `exception` in between: from there everything can."""
    seen, waiting = {start}, [start]
    while waiting:
        for _, target in book.exits(book.by_id[waiting.pop()]):
            if target not in seen and target != book.exception:
                seen.add(target)
                waiting.append(target)
    return seen


def ask_back(before: Run, after: Run, command: Command) -> None:
    """AsksBack when this takes the last possible signer of a sign-off away, until whoever asks was told just that."""
    if not isinstance(command, Knowing):
        return
    if isinstance(command, HandOver):
        after = but(after, operator=command.to, operated=after.operated | {command.to})
    elif (before.operators, before.operator, before.given) == (after.operators, after.operator, after.given):
        return
    could = {one.id for one in signoffs_ahead(before) if can_be_given(before, one)}
    lost = [one for one in ungivable(after) if one.id in could]
    if not lost:
        return
    said = _say_loss(after, command, lost)
    AsksBack.unless_known(said, digest_text(said), _ALL_THE_SAME[type(command).__name__], command)


def _say_loss(after: Run, command: Knowing, lost: list[Signoff]) -> str:
    when = f"If {after.name_of(command.to)} operates" if isinstance(command, HandOver) else _IF[type(command).__name__]
    shortages = " ".join(say_shortage(after, one) for one in lost)
    return f"{when}, too few people are left to sign. {shortages}"


def say_shortage(run: Run, signoff: Signoff) -> str:
    """What it needs, and who is left: ``“Approve it” needs a signature of the lead, and nobody may still sign.``."""
    left = eligible_people(run, signoff)[0]
    roles = " or ".join(f"the {role.replace('_', ' ')}" for role in signoff.from_)
    many = f"{signoff.need} signatures" if signoff.need > 1 else "a signature"
    each = ", one for each role" if signoff.each else ""
    who = f"only {names_said(run, left)} may still sign" if left else "nobody may still sign"
    return f"“{title_of(run, signoff.id)}” needs {many} of {roles}{each}, and {who}."
