"""Rules about the tired person who reads a step: how it is worded, and how much one way asks of them."""

import re
from collections.abc import Iterator
from functools import lru_cache

from bot.format.runbook import Decide, Do, RunStep, Signoff, StepBase
from bot.library.check.page import CheckedRunbook, named
from bot.library.problems import PathInFile, listed, shown
from bot.library.rules import Found, rule
from bot.library.wording import ORDERS, VAGUE, is_no_verb

TITLE, LABEL, SENTENCE = 60, 24, 20
"""Characters of a title, characters of a label, words of a sentence."""
IN_A_PHASE, IN_ALL, BEFORE_CRITICAL = 9, 25, 5
CAUTION = 2
"""Sentences of a caution."""
_HOLE = re.compile(r"\{\{[^{}]*\}\}")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’)]*\s+|\n+")
_WORD = re.compile(r"[^\s–—]*\w[^\s–—]*")
_NAMED = re.compile(r"`[^`]*`|\bhandrail [a-z-]+")
_SECOND_ACTION = re.compile(r"\b(?:and then|then|and also|and afterwards)\b|;", re.IGNORECASE)
_FIRST = re.compile(r"[\w’'-]+")


def _titles(page: CheckedRunbook) -> Iterator[tuple[PathInFile, str]]:
    """Every title, of steps and of probes; one that is still to be written is named elsewhere."""
    for number, step in enumerate(page.book.steps):
        if "TODO" not in step.title:
            yield page.path(number, step.kind), step.title
    for section, probes in (("preflight", page.book.preflight), ("stop_when", page.book.stop_when)):
        yield from (((section, at, "title"), probe.title) for at, probe in enumerate(probes))


def _texts(page: CheckedRunbook) -> Iterator[tuple[PathInFile, str]]:
    """Every text that a person reads in a hurry."""
    yield from ((("enter_when", at), text) for at, text in enumerate(page.book.enter_when))
    yield from _titles(page)
    for number, step in enumerate(page.book.steps):
        for key in ("say", "why", "caution"):
            text = getattr(step, key)
            if text is not None:
                yield page.path(number, key), text
        for at, option in enumerate(step.options if isinstance(step, Decide) else ()):
            yield page.path(number, "options", at, "label"), option.label
            yield page.path(number, "options", at, "when"), option.when


@rule("H1", "warning")
def titles_begin_with_a_verb(page: CheckedRunbook) -> Iterator[Found]:
    """A title begins with a verb: what to do comes first. A noun leaves open who does what with it.

    Told is what surely is none: an article, a pronoun, a word such as “database” or “restoration”, a form in -ing. A
    team may say that a word is a verb with them: `check: {verbs: [master]}` in a `handrail/v1` file of the folder.
    Source: ASD-STE100, Simplified Technical English, rule 5.3: instructions are written in the imperative.
    """
    own = frozenset(verb for words in page.folder.words() for verb in words.verbs)
    for path, title in _titles(page):
        first = _FIRST.match(title)
        word = first[0].lower() if first else ""
        if is_no_verb(word) and word not in own and not title.lower().startswith(tuple(f"{verb} " for verb in own)):
            message = f"“{shown(title)}” does not begin with a verb."
            yield path, message, "what somebody does first, such as Read …, Restore …, Choose …"


@rule("H2", "warning")
def titles_are_short(page: CheckedRunbook) -> Iterator[Found]:
    """A title has at most 60 characters, so that it stands on two lines of a phone and is read at one look.

    The number is this project’s own.
    """
    for path, title in _titles(page):
        if len(title) > TITLE:
            message = f"This title has {len(title)} characters; at most {TITLE} are read at one look."
            yield path, message, "the action in a few words, and the rest under `say`"


@rule("H3", "warning")
def titles_ask_for_one_action(page: CheckedRunbook) -> Iterator[Found]:
    """A step is one action. Of two in one step the second is forgotten, and nobody can say which of them failed.

    Source: ASD-STE100, Simplified Technical English, rule 5.2: one instruction in each sentence.
    """
    for path, title in _titles(page):
        found = _SECOND_ACTION.search(title)
        if found is not None:
            yield path, f"“{found[0]}” in a title joins two actions.", "two steps, one action each"


@rule("H4", "warning")
def sentences_are_short(page: CheckedRunbook) -> Iterator[Found]:
    """A sentence has at most 20 words. Longer ones are read twice under stress, or not at all.

    A placeholder counts as one word. Source: ASD-STE100, Simplified Technical English, rule 5.1: at most 20 words in
    each sentence of a procedure.
    """
    for path, text in _texts(page):
        long = _longest_sentence(text) if len(text) > SENTENCE * 2 else 0
        if long > SENTENCE:
            yield path, f"A sentence of {long} words stands here; at most {SENTENCE} are easy to read.", "two sentences"


@lru_cache(maxsize=16_384)
def _longest_sentence(text: str) -> int:
    plain = _HOLE.sub("x", text)
    return max(len(_WORD.findall(sentence)) for sentence in _SENTENCE.split(plain))


@rule("H5", "warning")
def words_are_certain(page: CheckedRunbook) -> Iterator[Found]:
    """No vague words, such as verify, ensure, as needed, properly. After them two people do two different things.

    Say what is looked at and what it shows when all is well. A word in backticks, or behind `handrail`, is a name and
    not looked at. A team changes the list: `check: {vague: {add: […],
    allow: […]}}` in a `handrail/v1` file of the folder. Source: AWS Well-Architected, OPS07-BP03: a runbook is a
    documented process to achieve a specific outcome.
    """
    words = page.folder.words()
    added = tuple(word for one in words for word in one.vague.add)
    allowed = frozenset(word for one in words for word in one.vague.allow)
    vague = _pattern(added, allowed)
    for path, text in _texts(page):
        found = vague.search(_NAMED.sub("x", text)) if vague is not None else None
        if found is not None:
            hint = "what is looked at, and what it shows when all is well"
            yield path, f"“{found[0]}” means something else to everybody.", hint


@lru_cache(maxsize=64)
def _pattern(added: tuple[str, ...], allowed: frozenset[str]) -> re.Pattern[str] | None:
    words = [word for word in (*VAGUE, *added) if word not in allowed]
    longest_first = sorted(dict.fromkeys(words), key=len, reverse=True)
    said = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest_first)
    return re.compile(rf"(?<![\w-])(?:{said})(?![\w-])", re.IGNORECASE) if said else None


@rule("H6", "warning")
def cautions_give_no_orders(page: CheckedRunbook) -> Iterator[Found]:
    """A caution says in at most two sentences what can come of the step. It gives no order: nobody ticks it off.

    An action is a step of its own. Aircraft manuals open a caution with the command, because their cautions stand
    alone; here the command is the step, and the caution is what to know before the button.
    """
    for number, step in enumerate(page.book.steps):
        sentences = [one for one in _SENTENCE.split(step.caution.strip()) if one] if step.caution is not None else []
        if len(sentences) > CAUTION:
            message = f"This caution has {len(sentences)} sentences; at most {CAUTION} are read before the button."
            yield page.path(number, "caution"), message, "what can come of it, in one sentence or two"
        order = next((one for one in sentences if _first_word(one) in ORDERS), None)
        if order is not None:
            message = f"This caution gives an order: “{shown(order)}”."
            yield page.path(number, "caution"), message, "what happens otherwise; the action is a step of its own"


def _first_word(sentence: str) -> str:
    found = _FIRST.match(sentence)
    return found[0].lower() if found else ""


@rule("H7", "warning")
def labels_are_short(page: CheckedRunbook) -> Iterator[Found]:
    """The label of an option has at most 24 characters. Slack cuts a button after about 30, on a phone sooner.

    Source: Slack, Block Kit reference, button element: the text may truncate with about 30 characters.
    """
    for number, step in enumerate(page.book.steps):
        for at, option in enumerate(step.options if isinstance(step, Decide) else ()):
            if len(option.label) > LABEL and "TODO" not in option.label:
                message = f"This label has {len(option.label)} characters; at most {LABEL} fit on a button."
                yield page.path(number, "options", at, "label"), message, "a shorter label, and the rest under `when`"


def takes_attention(step: StepBase) -> bool:
    """Whether a step is a point of attention: a person acts there or decides."""
    if isinstance(step, RunStep):
        return step.confirm != "auto" and (step.effect != "read" or step.confirm is not None)
    return isinstance(step, Do | Decide | Signoff)


@rule("H8", "warning", whole=True)
def phases_are_short(page: CheckedRunbook) -> Iterator[Found]:
    """At most 9 points of attention lie on any good way through a phase; the next phase is a place to pause.

    A point of attention is a step where a person acts or decides: `do`, `decide`, `signoff`, and a `run` that waits for
    a click. A good way goes round nothing twice and fails nowhere. Source: Gawande, The Checklist Manifesto (2009),
    chapter 6: between five and nine items to a pause point.
    """
    steps = page.book.steps
    if sum(map(takes_attention, steps)) <= IN_A_PHASE:
        return
    for phase in dict.fromkeys(step.phase for step in steps):
        points = [step for step in steps if step.phase == phase and takes_attention(step)]
        if len(points) > IN_A_PHASE:
            inside = frozenset(step.id for step in points)
            most, way = page.ways.longest(lambda step, inside=inside: int(step.id in inside))  # type: ignore[misc]
            first = next((at for at in way if steps[at].id in inside), 0)
            if most > IN_A_PHASE:
                called = f"The phase “{phase}”" if phase is not None else "What stands in no phase"
                message = f"{called} has {most} points of attention on one way; at most {IN_A_PHASE} are kept in mind."
                yield (
                    page.path(first, "phase" if phase is not None else "id"),
                    message,
                    "a new phase where one can pause",
                )


@rule("H9", "warning", whole=True)
def ways_are_short(page: CheckedRunbook) -> Iterator[Found]:
    """At most 25 points of attention lie on the longest good way. A longer one wants a second runbook and a hand-over.

    Points of attention are those of H8. The number is this project’s own.
    """
    if sum(map(takes_attention, page.book.steps)) > IN_ALL:
        most, way = page.ways.longest(lambda step: int(takes_attention(step)))
        if most > IN_ALL:
            through = listed((page.book.steps[at].id for at in way if takes_attention(page.book.steps[at])), 6)
            message = f"The longest good way has {most} points of attention, at most {IN_ALL} are bearable: {through}."
            yield ("id",), message, "a `call` of another runbook for a part of it, or checks in place of questions"


@rule("H10", "warning", whole=True)
def critical_steps_come_early(page: CheckedRunbook) -> Iterator[Found]:
    """A critical step is among the first five of its phase on a good way. Later items are those that get lost.

    Source: Degani and Wiener, Cockpit Checklists: Concepts, Design, and Use, Human Factors 35(2), 1993: the most
    critical items stand as close to the beginning as can be, since interruptions grow more likely.
    """
    if not any(step.critical for step in page.book.steps):
        return
    for at, place in sorted(page.ways.place_in_phase().items()):
        step = page.book.steps[at]
        if step.critical and place > BEFORE_CRITICAL:
            message = f"{named(step)} is critical, and comes as number {place} of its phase."
            yield page.path(at, "critical"), message, f"a new phase, or a place among its first {BEFORE_CRITICAL} steps"
