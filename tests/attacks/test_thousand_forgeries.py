"""A thousand records forged at random, each linked anew: `verify` names every one that breaks the law.

Whether it does is said by two readings that know nothing of the audit: the sentences of the law read naively, and
`decide` asked whether any command could have led there. A forgery that both let pass is one that could have happened,
and of which `verify` has nothing to say.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from random import Random

import pytest

from bot.engine.audit import audit_records
from bot.journal.chain import Record, encode, link, verify_chain
from bot.run.events import Event, Started
from bot.run.situation import Stamp
from tests.attacks.forging.forgeries import KINDS
from tests.attacks.forging.reaching import first_unreachable
from tests.attacks.forging.sentences import breaches
from tests.attacks.forging.walks import recorded
from tests.story import Story

pytestmark = pytest.mark.slow
MANY = 1_000
AT_LEAST = 5
"""Of each kind of forgery, so many that break a sentence, but for those that can break none by themselves."""
HARMLESS = {"roles_rewritten", "words_written"}
History = list[tuple[Event, Stamp]]


@dataclass(frozen=True, slots=True)
class Forged:
    """A forged record and the judgement of all three: places count from 0, None is for nothing found."""

    kind: str
    story: Story
    history: History
    unreachable: int | None
    broken: int | None
    sentence: str
    named: tuple[int, ...]

    def __str__(self) -> str:
        place = self.broken if self.broken is not None else self.unreachable or 0
        lines = [f"{number:3} {event} {stamp.by}" for number, (event, stamp) in enumerate(self.history)]
        return f"{self.kind}: {self.sentence}\n" + "\n".join(lines[max(0, place - 4) : place + 2])


def chained(story: Story, history: History) -> list[Record]:
    """The records of a history, linked as the journal links them."""
    start = story.history[0][0]
    assert isinstance(start, Started)
    prev, records = start.digest, []
    for seq, (event, stamp) in enumerate(history, 1):
        kind, body, words = encode(event, lambda: "salt")
        bare = Record("run-1", seq, stamp.at, stamp.by, stamp.via, kind, body, prev, "", words)
        prev = link(prev, bare)
        records.append(bare._replace(hash=prev))
    assert verify_chain(start.digest, records).sound, "a forger links anew"
    return records


def named_by_verify(story: Story, history: History) -> tuple[int, ...]:
    """The places that the audit names as breaches; without the chain, which holds."""
    findings = audit_records("run-1", story.book, chained(story, history))
    return tuple(one.seq - 1 for one in findings if one.severity == "breach")


@cache
def forged() -> tuple[Forged, ...]:
    """The same thousand in each run of the tests."""
    dice, found = Random(8), list[Forged]()
    for kind in cycle(KINDS):
        if len(found) == MANY:
            return tuple(found)
        story = dice.choice(recorded())
        history = KINDS[kind](list(story.history), dice)
        if history is None or history == story.history:
            continue
        broken, sentence = next(iter(breaches(story.book, history)), (None, ""))
        unreachable = first_unreachable(story.book, story.command, history)
        found.append(Forged(kind, story, history, unreachable, broken, sentence, named_by_verify(story, history)))
    raise AssertionError("unreachable")


def test_the_walks_themselves_are_lawful_by_all_three() -> None:
    for story in recorded():
        assert list(breaches(story.book, story.history)) == []
        assert first_unreachable(story.book, story.command, story.history) is None
        assert named_by_verify(story, story.history) == ()


def test_every_forgery_that_breaks_a_sentence_of_the_law_is_named() -> None:
    """And not only later, by what follows from it: at the record that breaks it, or before."""
    missed = [str(one) for one in forged() if one.broken is not None and not _is_named(one)]
    assert missed == []


def _is_named(one: Forged) -> bool:
    return bool(one.named) and one.broken is not None and one.named[0] <= one.broken


def test_what_could_have_happened_is_named_by_nobody() -> None:
    """A forgery to which commands could have led is as lawful as any walk: only kept heads tell."""
    lawful = [one for one in forged() if one.unreachable is None]
    assert [str(one) for one in lawful if one.named or one.broken is not None] == []
    assert len(lawful) >= AT_LEAST


def test_nothing_is_named_before_the_first_record_that_could_not_have_happened() -> None:
    early = [one for one in forged() if one.named and one.unreachable is not None and one.named[0] < one.unreachable]
    assert [str(one) for one in early] == []


def test_each_kind_of_forgery_is_among_them_and_breaks_the_law() -> None:
    breaking = Counter(one.kind for one in forged() if one.broken is not None)
    assert {kind for kind in KINDS if kind not in HARMLESS and breaking[kind] < AT_LEAST} == set()
    assert {one.sentence.partition(":")[0] for one in forged() if ":" in one.sentence} >= set("1234567")
