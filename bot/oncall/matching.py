"""Whose turn an event of a feed is: by e-mail, Slack id, handle, name or id. What does not match is nobody's."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from bot.format.catalogue import Person
from bot.oncall.feed import FeedTurn

_MAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w.])@([\w.-]*\w)")
_WORD = re.compile(r"[\w.-]*\w")
"""A word, dots inside of it and all: `ana` is no word of `ana.torres`."""
_USER_NAMES = re.compile(r"(?:\[L\d\]\s*)?([^\W_]+(?:[._-][^\W_]+)*(?:\s*[,;&]\s*[^\W_]+(?:[._-][^\W_]+)*)*)")
"""A title that is user names and nothing else, as Grafana OnCall writes them."""
_USUAL = frozenset({
    "admin", "alert", "alerts", "all", "backup", "call", "cover", "coverage", "data", "database", "day", "days",
    "duty", "early", "engineer", "engineering", "evening", "first", "follow", "holiday", "incident",
    "incidents", "infra", "late", "lead", "leads", "level", "main", "manager", "morning", "night", "nights",
    "nobody", "on", "oncall", "open", "operations", "ops", "override", "pager", "person", "platform", "primary",
    "rota", "rotation", "schedule", "second", "secondary", "service", "shift", "shifts", "standby", "support",
    "team", "tertiary", "third", "user", "vacation", "week", "weekend",
})  # fmt: skip
"""Words that titles of calendars say about any turn: an id that is made of them is nobody's name."""
Keys = Callable[[Person], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Match:
    """Whom an event means, each with what they were recognised by; without anybody, `why_not` says why."""

    who: tuple[tuple[str, str], ...] = ()
    why_not: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of those who are meant."""
        return tuple(dict.fromkeys(one for one, _ in self.who))


def match_people(turn: FeedTurn, people: Iterable[Person]) -> tuple[str, ...]:
    """The ids of those who are meant by an event; empty when nobody is for sure. See `match`."""
    return match(turn, people).ids


def match(turn: FeedTurn, people: Iterable[Person]) -> Match:
    """Who is meant by an event, and by what.

    The attendees count most, then what the summary says: an address, a Slack id, an @handle, a whole name, an id that
    is written as it is, user names and nothing else. The first of these that fits somebody decides; what fits two
    people fits neither. Who declined is not meant.
    """
    known = tuple(people)
    no = {one for guest in turn.declined for one, _ in _of_guest(*guest, known)}
    guests = [found for guest in turn.guests for found in _of_guest(*guest, known)]
    who = tuple((one, by) for one, by in guests or _in_words(turn.summary, known) if one not in no)
    return Match(who) if who else Match((), _why_not(turn, known, no))


def say_turn(turn: FeedTurn) -> str:
    """What an event says of whom it means, for the person who has to put it right."""
    guests = ", ".join(mail or name for mail, name in turn.guests if mail or name)
    return turn.summary or guests or "an event without a title"


def _of_guest(mail: str, name: str, people: tuple[Person, ...]) -> list[tuple[str, str]]:
    """Who an attendee is: by address, by user name where that stands in place of one, or by name."""
    user = "" if "@" in mail else mail
    return (
        _holders(people, _mails, {_plain(mail)}, "the address of an attendee")
        or (_holders(people, _handles, {_plain(user)}, "the user name of an attendee") if user else [])
        or _holders(people, _names, _names_in(name, people), "the name of an attendee")
    )


def _in_words(said: str, people: tuple[Person, ...]) -> list[tuple[str, str]]:
    rest = _MAIL.sub(" ", said)
    words = set(_WORD.findall(rest))
    return (
        _holders(people, _mails, {_plain(one) for one in _MAIL.findall(said)}, "an address in the title")
        or _holders(people, lambda one: [one.slack or ""], words, "a Slack id in the title")
        or _holders(people, _handles, {_plain(one) for one in _HANDLE.findall(rest)}, "an @handle in the title")
        or _holders(people, _names, _names_in(rest, people), "the name in the title")
        or _holders(people, lambda one: [one.id], {one for one in words if not _is_usual(one)}, "the id in the title")
        or _holders(people, _handles, _user_names(said), "the user name that is the title")
    )


def _why_not(turn: FeedTurn, people: tuple[Person, ...], no: Collection[str]) -> str:
    """Why an event is nobody's, in a sentence that says what to mend."""
    by_id = {one.id: one for one in people}
    if no:
        return f"{', '.join(by_id[one].name for one in _in_order(no, people))} declined"
    said = _plain(" ".join([turn.summary, *(name for _, name in turn.guests)]))
    for name in dict.fromkeys(_plain(one.name) for one in people):
        several = [one for one in people if _plain(one.name) == name]
        if len(several) > 1 and name and _stands_in(name, said):
            return f"{len(several)} people are called {several[0].name}: write an address"
    mails = [mail for mail, _ in turn.guests if "@" in mail] or _MAIL.findall(turn.summary)
    if mails:
        return f"nobody of the catalogue has the address {mails[0]}"
    half = [one for one in people if any(_stands_in(part, said) for part in _plain(one.name).split() if len(part) > 1)]
    if half:
        return f"a part of a name is nobody's for sure (is it {' or '.join(one.name for one in half[:3])}?)"
    return "it holds no address, name, @handle or id of anybody"


def _in_order(ids: Collection[str], people: tuple[Person, ...]) -> list[str]:
    """Ids in the order of the catalogue."""
    return [one.id for one in people if one.id in ids]


def _holders(people: tuple[Person, ...], keys: Keys, said: Collection[str], by: str) -> list[tuple[str, str]]:
    """The ids of people of whom something is said that is true of nobody else, with what it is."""
    found: dict[str, list[str]] = {}
    for person in people if any(said) else ():
        for key in {key for key in keys(person) if key and key in said}:
            found.setdefault(key, []).append(person.id)
    sure = {ids[0] for ids in found.values() if len(ids) == 1}
    return [(one, by) for one in _in_order(sure, people)]


def _mails(person: Person) -> list[str]:
    return [_plain(person.email or "")]


def _names(person: Person) -> list[str]:
    return [_plain(person.name)]


def _handles(person: Person) -> list[str]:
    """An id, a name with a dot in it, and what stands in front of the @ of an address."""
    return [_plain(person.id), _plain(person.name).replace(" ", "."), _plain((person.email or "").partition("@")[0])]


def _user_names(said: str) -> set[str]:
    """The user names of which a title is made: one or several, in small letters and nothing else."""
    found = _USER_NAMES.fullmatch(said.strip())
    names = re.split(r"\s*[,;&]\s*", found[1]) if found is not None and found[1] == found[1].lower() else []
    return {_plain(one) for one in names if not _is_usual(one)}


def _is_usual(word: str) -> bool:
    return all(part in _USUAL or part.isdigit() for part in re.split(r"[-_.]", word.casefold()) if part)


def _names_in(said: str, people: tuple[Person, ...]) -> set[str]:
    """The whole names that stand in a text, also the last one first; a name inside of a longer one does not count."""
    left, found = _plain(said), set[str]()
    forms = {form: name for name in {_plain(one.name) for one in people} if name for form in (name, *_turned(name))}
    for form in sorted((one for one in forms if one in left), key=len, reverse=True):
        end = r"(?=\s*(?:$|[^\w\s]|\n))" if "," in form else r"(?!\w)"
        whole = re.compile(rf"(?<!\w){re.escape(form)}{end}")
        if whole.search(left):
            found.add(forms[form])
            left = whole.sub("\n", left)
    return found


def _turned(name: str) -> list[str]:
    """“Last, First” of a name, wherever the last one may begin."""
    words = name.split()
    return [f"{' '.join(words[at:])}, {' '.join(words[:at])}" for at in range(1, len(words))]


def _stands_in(word: str, said: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said) is not None


@lru_cache(4096)  # each turn of a calendar asks it of everybody
def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
