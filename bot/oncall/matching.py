"""Whose turn an event of a feed is: by e-mail, Slack id, handle, name or id. What does not match is nobody's."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable

from bot.format.catalogue import Person
from bot.oncall.feed import FeedTurn

_MAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w.])@([\w.-]*\w)")
_WORD = re.compile(r"[\w-]+")
Keys = Callable[[Person], Iterable[str]]


def match_people(turn: FeedTurn, people: Iterable[Person]) -> tuple[str, ...]:
    """The ids of those who are meant by an event; empty when nobody is for sure.

    The attendees count most, then what the summary says: an address, a Slack id, an @handle, a whole name, an id that
    is written as it is. The first of these that fits somebody decides; what fits two people fits neither.
    """
    known = tuple(people)
    guests = dict.fromkeys(one for mail, name in turn.guests for one in _of_guest(mail, name, known))
    return tuple(guests) or _in_words(turn.summary, known)


def say_turn(turn: FeedTurn) -> str:
    """What an event says of whom it means, for the person who has to put it right."""
    guests = ", ".join(mail or name for mail, name in turn.guests if mail or name)
    return turn.summary or guests or "an event without a title"


def _of_guest(mail: str, name: str, people: tuple[Person, ...]) -> tuple[str, ...]:
    return _holders(people, _mails, {_plain(mail)}) or _holders(people, _names, {_plain(name)})


def _in_words(said: str, people: tuple[Person, ...]) -> tuple[str, ...]:
    rest = _MAIL.sub(" ", said)
    words = set(_WORD.findall(rest))
    return (
        _holders(people, _mails, {_plain(one) for one in _MAIL.findall(said)})
        or _holders(people, lambda one: [one.slack or ""], words)
        or _holders(people, _handles, {_plain(one) for one in _HANDLE.findall(rest)})
        or _holders(people, _names, _names_in(rest, people))
        or _holders(people, lambda one: [one.id], words)
    )


def _holders(people: tuple[Person, ...], keys: Keys, said: Collection[str]) -> tuple[str, ...]:
    """The ids of people of whom something is said that is true of nobody else."""
    found: dict[str, list[str]] = {}
    for person in people:
        for key in {key for key in keys(person) if key and key in said}:
            found.setdefault(key, []).append(person.id)
    sure = {ids[0] for ids in found.values() if len(ids) == 1}
    return tuple(person.id for person in people if person.id in sure)


def _mails(person: Person) -> list[str]:
    return [_plain(person.email or "")]


def _names(person: Person) -> list[str]:
    return [_plain(person.name)]


def _handles(person: Person) -> list[str]:
    """An id, a name with a dot in it, and what stands in front of the @ of an address."""
    return [_plain(person.id), _plain(person.name).replace(" ", "."), _plain((person.email or "").partition("@")[0])]


def _names_in(said: str, people: tuple[Person, ...]) -> set[str]:
    """The whole names that stand in a text; a name inside of a longer one does not count."""
    left, found = _plain(said), set[str]()
    for name in sorted({_plain(one.name) for one in people}, key=len, reverse=True):
        whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        if name and whole.search(left):
            found.add(name)
            left = whole.sub("\n", left)
    return found


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
