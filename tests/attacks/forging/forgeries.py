"""What a forger would do to a record, and then link anew: one kind each, at a place that the dice choose."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random

from bot.run.events import (
    Begun,
    Corrected,
    Ended,
    Event,
    GlassBroken,
    GlassReviewed,
    HandOverAccepted,
    Noted,
    Signed,
    SignoffApproved,
    SignoffAsked,
    Started,
    StepFinished,
    TookOver,
    Watched,
)
from bot.run.situation import Stamp
from tests.story import PEOPLE

History = list[tuple[Event, Stamp]]
Forge = Callable[[History, Random], History | None]
"""Forges a copy; None when there is nothing of this kind to forge in it."""
_EVERYBODY = [one.id for one in PEOPLE]


def _places(history: History, *kinds: type) -> list[int]:
    return [place for place, (event, _) in enumerate(history) if isinstance(event, kinds)]


def _by(history: History, place: int, who: str) -> None:
    event, stamp = history[place]
    history[place] = event, replace(stamp, by=who)


def _sign_as(history: History, place: int, who: str) -> None:
    """Let somebody else have signed here, and be counted so."""
    before = history[place][1].by
    _by(history, place, who)
    for later in range(place + 1, len(history)):
        event, stamp = history[later]
        if isinstance(event, SignoffApproved) and before in event.signers:
            signers = tuple(who if one == before else one for one in event.signers)
            history[later] = replace(event, signers=signers), stamp
        if stamp == history[place][1] or (stamp.by == before and stamp.at == history[place][1].at):
            _by(history, later, who)
        if isinstance(event, SignoffApproved):
            return


def eligible_written(history: History, dice: Random) -> History | None:
    """Somebody who may not sign is written among those who may, and signs."""
    signed = _places(history, Signed)
    if not signed:
        return None
    place = dice.choice(signed)
    asked = max(one for one in _places(history, SignoffAsked) if one < place)
    event, stamp = history[asked]
    assert isinstance(event, SignoffAsked)
    outsiders = [one for one in (*_EVERYBODY, "mallory") if one not in event.eligible]
    who = dice.choice(outsiders)
    history[asked] = replace(event, eligible=(*event.eligible, who)), stamp
    _sign_as(history, place, who)
    return history


def another_signs(history: History, dice: Random) -> History | None:
    """The signature of anybody, the operator's own among them."""
    signed = _places(history, Signed)
    if not signed:
        return None
    _sign_as(history, dice.choice(signed), dice.choice(_EVERYBODY))
    return history


def approved_without(history: History, dice: Random) -> History | None:
    """An approval whose signature is not there."""
    approved = _places(history, SignoffApproved)
    if not approved:
        return None
    place = dice.choice(approved)
    del history[max(one for one in _places(history, Signed) if one < place)]
    return history


def begun_without(history: History, dice: Random) -> History | None:
    """What leads to an approval is cut out, and the command begins all the same."""
    begun = _places(history, Begun)
    given = [one for one in _places(history, SignoffApproved, GlassBroken) if begun and one < begun[-1]]
    if not given:
        return None
    del history[dice.choice(given)]
    return history


def begun_early(history: History, dice: Random) -> History | None:
    """A command begins at some other moment, by whoever it may be."""
    begun = _places(history, Begun)
    if not begun:
        return None
    event, _ = history[dice.choice(begun)]
    place = dice.randrange(1, len(history) + 1)
    who = dice.choice(_EVERYBODY)
    history.insert(place, (event, Stamp(history[place - 1][1].at, who, "slack")))
    return history


def begun_twice(history: History, dice: Random) -> History | None:
    """The same signatures for a second start."""
    begun = _places(history, Begun)
    if not begun:
        return None
    place = dice.choice(begun)
    later = dice.randrange(place + 1, min(len(history), place + 6) + 1)
    event, stamp = history[place]
    history.insert(later, (event, replace(stamp, at=history[later - 1][1].at)))
    return history


def begun_by(history: History, dice: Random) -> History | None:
    """Somebody else begins: a signer, the watcher, whoever broke the glass, a name that nobody proved."""
    begun = _places(history, Begun)
    if not begun:
        return None
    _by(history, dice.choice(begun), dice.choice([*_EVERYBODY, "unverified: dora"]))
    return history


def unwatched(history: History, dice: Random) -> History | None:
    """Nobody watches, or whoever begins does."""
    watched = _places(history, Watched)
    if not watched:
        return None
    place = dice.choice(watched)
    if dice.random() < 0.5:
        del history[place]
    else:
        _by(history, place, dice.choice(_EVERYBODY))
    return history


def after_the_end(history: History, dice: Random) -> History | None:
    """Something is done in a run that is over."""
    if not _places(history, Ended):
        return None
    event, stamp = history[dice.randrange(1, len(history))]
    history.append((event, replace(stamp, at=history[-1][1].at + timedelta(minutes=1))))
    return history


def taken_over(history: History, dice: Random) -> History | None:
    """Somebody takes over, whatever their role."""
    place = dice.randrange(1, len(history) + 1)
    before = _operator(history[:place])
    kind = dice.choice((TookOver, HandOverAccepted))
    who = dice.choice([*_EVERYBODY, "mallory"])
    history.insert(place, (kind(before), Stamp(history[place - 1][1].at, who, "slack")))
    return history


def signed_late(history: History, dice: Random) -> History | None:
    """All from some record on happens later than it did: signatures come too late, or hold no more."""
    places = _places(history, Signed, Begun, SignoffApproved)
    if not places:
        return None
    place = dice.choice(places)
    by = timedelta(minutes=dice.choice((1, 30, 90, 300)))
    history[place:] = [(event, replace(stamp, at=stamp.at + by)) for event, stamp in history[place:]]
    return history


def glass_broken(history: History, dice: Random) -> History | None:
    """The glass is broken where signatures are asked for, by anybody, at once."""
    asked = _places(history, SignoffAsked)
    if not asked:
        return None
    place = dice.choice(asked)
    event, stamp = history[place]
    assert isinstance(event, SignoffAsked)
    broken = GlassBroken(event.step, event.visit, event.digest, "Now", stamp.at + timedelta(hours=1))
    history.insert(place + 1, (broken, Stamp(stamp.at, dice.choice(_EVERYBODY), "slack")))
    return history


def glass_by(history: History, dice: Random) -> History | None:
    """Somebody else broke the glass, or reviewed it."""
    places = _places(history, GlassBroken, GlassReviewed)
    if not places:
        return None
    _by(history, dice.choice(places), dice.choice(_EVERYBODY))
    return history


def corrected_after(history: History, dice: Random) -> History | None:
    """A value is changed between its signature and the command, and the signature stays."""
    begun = [one for one in _places(history, Begun) if _places(history[:one], SignoffApproved)]
    given = _places(history, StepFinished)
    if not begun or not given:
        return None
    place = dice.choice(begun)
    stamp = history[place][1]
    history.insert(place, (Corrected(given[0] + 1, "rows", 7, 700, "typed wrongly"), stamp))
    return history


def roles_rewritten(history: History, dice: Random) -> History | None:
    """The start itself says that other people hold a role: whoever owns the start owns the run."""
    event, stamp = history[0]
    assert isinstance(event, Started)
    role = dice.choice(sorted(event.roles))
    who = dice.choice([one for one in _EVERYBODY if one not in event.roles[role]])
    history[0] = replace(event, roles={**event.roles, role: (*event.roles[role], who)}), stamp
    return history


def words_written(history: History, dice: Random) -> History | None:
    """A note that nobody wrote."""
    place = dice.randrange(1, len(history) + 1)
    history.insert(place, (Noted("All is well"), Stamp(history[place - 1][1].at, dice.choice(_EVERYBODY), "slack")))
    return history


def anything(history: History, dice: Random) -> History | None:
    """A record taken out, doubled, moved, or given to somebody else."""
    place = dice.randrange(1, len(history))
    match dice.randrange(4):
        case 0:
            del history[place]
        case 1:
            history.insert(place, history[place])
        case 2:
            history.insert(dice.randrange(1, len(history)), history.pop(place))
        case _:
            _by(history, place, dice.choice(_EVERYBODY))
    return history


def _operator(history: History) -> str | None:
    operator = None
    for event, stamp in history:
        match event:
            case Started(operator=first):
                operator = first
            case TookOver() | HandOverAccepted():
                operator = stamp.by
    return operator


KINDS: Mapping[str, Forge] = {
    one.__name__: one
    for one in (
        eligible_written, another_signs, approved_without, begun_without, begun_early, begun_twice, begun_by, unwatched,
        after_the_end, taken_over, signed_late, glass_broken, glass_by, corrected_after, roles_rewritten, words_written,
        anything,
    )
}  # fmt: skip
