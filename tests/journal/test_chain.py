"""The chain: whatever is changed, left out, moved or added shows, and the first record that differs is named."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.journal.chain import Record, SaltedWords, canonical, encode, link, verify_chain
from bot.run.events import Event, Noted, Redacted, StepEntered
from tests.story import NOON

DIGEST = "d" * 64
EVENTS: tuple[Event, ...] = (StepEntered("look", 1), Noted("It is slow."), StepEntered("fix", 1), Noted("Now fine."))


def chain_of(*happened: Event) -> list[Record]:
    """Linked records of some events."""
    records: list[Record] = []
    prev = DIGEST
    for seq, event in enumerate(happened, 1):
        kind, body, beside = encode(event, lambda: "salt")
        bare = Record("run-1", seq, NOON, "ana", "slack", kind, body, prev, "", beside)
        prev = link(prev, bare)
        records.append(bare._replace(hash=prev))
    return records


def relinked(records: list[Record]) -> list[Record]:
    """The same records with a chain made anew, as a forger would."""
    made: list[Record] = []
    prev = DIGEST
    for record in records:
        bare = record._replace(prev=prev)
        prev = link(prev, bare)
        made.append(bare._replace(hash=prev))
    return made


def test_a_chain_that_nobody_touched_holds() -> None:
    records = chain_of(*EVENTS)
    verdict = verify_chain(DIGEST, records, until=records[1].hash, length=4)
    assert (verdict.fault, verdict.records, verdict.head, verdict.notes) == (None, 4, records[-1].hash, ())


def test_the_hash_is_what_the_page_says() -> None:
    """Anybody can recompute it with a JSON library: keys sorted, no space, UTF-8, the hash before and a line feed."""
    records = chain_of(*EVENTS)
    second = records[1]
    typed = hashlib.sha256(b"saltIt is slow.").hexdigest()
    rest = {
        "at": "2026-11-22T12:00:00.000000Z", "by": "ana", "via": "slack", "kind": "noted", "run_id": "run-1", "seq": 2,
        "body": {"happened_at": None, "source": None, "words": {"words": typed}},
    }  # fmt: skip
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert second.hash == hashlib.sha256(f"{records[0].hash}\n{text}".encode()).hexdigest()


Change = Callable[[list[Record]], list[Record]]
CHANGES: dict[str, tuple[Change, str]] = {
    "a body": (
        lambda r: [r[0], r[1], r[2]._replace(body=canonical({"step": "other", "visit": 1})), r[3]],
        "Record 3 (step-entered) was changed",
    ),
    "a name": (lambda r: [r[0], r[1]._replace(by="ben"), *r[2:]], "Record 2 (noted) was changed"),
    "a time": (lambda r: [r[0]._replace(at=NOON.replace(hour=13)), *r[1:]], "Record 1 (step-entered) was changed"),
    "a way in": (lambda r: [r[0]._replace(via="web"), *r[1:]], "Record 1 (step-entered) was changed"),
    "a kind": (lambda r: [*r[:3], r[3]._replace(kind="paused")], "Record 4 (paused) was changed"),
    "one left out": (lambda r: [r[0], r[2], r[3]], "Record 2 is missing"),
    "the first left out": (lambda r: r[1:], "Record 1 is missing"),
    "another order": (lambda r: [r[0], r[2], r[1], r[3]], "Record 2 is missing"),
    "one twice": (lambda r: [r[0], r[1], r[1], r[2], r[3]], "Record 2 comes twice"),
    "renumbered": (lambda r: [r[0], r[2]._replace(seq=2), r[3]._replace(seq=3)], "Record 2 does not follow"),
    "a hash": (lambda r: [r[0], r[1]._replace(hash="0" * 64), *r[2:]], "Record 2 (noted) was changed"),
    "another run's": (lambda r: [one._replace(run_id="run-2") for one in r], "Record 1 (step-entered) was changed"),
    "cut short": (lambda r: r[:3], "The chain was cut short: it has 3 records where 4 were written"),
    "nothing left": (lambda _: [], "There is no record"),
    "words": (
        lambda r: [r[0], r[1]._replace(words={"words": SaltedWords("It is fast.", "salt")}), *r[2:]],
        "The words of record 2 (noted, “words”) were changed",
    ),
    "words taken away": (
        lambda r: [r[0], r[1]._replace(words={}), *r[2:]],
        "The words of record 2 (noted, “words”) are",
    ),
    "words put beside": (
        lambda r: [r[0]._replace(words={"step": SaltedWords("x", "y")}), *r[1:]],
        "Record 1 (step-entered) has words beside it",
    ),
    "spaces in a body, hashes made anew": (
        lambda r: relinked([r[0]._replace(body=r[0].body.replace(",", ", ")), *r[1:]]),
        "Record 1 (step-entered) is not written as canonical JSON",
    ),
    "a body that is no JSON, hashes made anew": (
        lambda r: relinked([r[0]._replace(body="oops"), *r[1:]]),
        "Record 1 (step-entered) is not written as canonical JSON",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_shows(what: str) -> None:
    change, said = CHANGES[what]
    records = chain_of(*EVENTS)
    assert verify_chain(DIGEST, records, length=4).fault is None
    assert said in (verify_chain(DIGEST, change(records), length=4).fault or "")


def test_a_chain_that_was_made_anew_does_not_lead_to_the_head_that_somebody_holds() -> None:
    """Who can rewrite the database can rewrite every hash; people hold the old head."""
    records = chain_of(*EVENTS)
    forged = relinked([records[0]._replace(by="ben"), *records[1:]])
    assert verify_chain(DIGEST, forged, length=4).sound
    assert "cut short or made anew" in (verify_chain(DIGEST, forged, until=records[-1].hash).fault or "")


def test_another_runbook_does_not_fit() -> None:
    assert "Record 1 does not follow" in (verify_chain("e" * 64, chain_of(*EVENTS)).fault or "")


def test_erased_words_are_said_and_are_no_fault() -> None:
    """By a record that says so; what was erased behind its back is a fault."""
    records = chain_of(*EVENTS, Redacted(2, ("words",), "A number"))
    records[1] = records[1]._replace(words={"words": SaltedWords(None, None)})
    verdict = verify_chain(DIGEST, records)
    assert verdict.sound
    assert verdict.notes == ("Record 2 (noted): the words of “words” were erased.",)
    assert "and no record says so" in (verify_chain(DIGEST, records[:4]).fault or "")


def test_a_record_of_a_newer_version_is_said_and_is_no_fault() -> None:
    newer = chain_of(EVENTS[0])[0]
    records = relinked([newer._replace(kind="teleported"), newer._replace(seq=2, body='{"step":"x","visit":1,"x":2}')])
    verdict = verify_chain(DIGEST, records)
    assert verdict.sound
    assert "“teleported” is unknown here" in verdict.notes[0]
    assert "also holds “x”" in verdict.notes[1]


@given(
    st.integers(0, 3), st.sampled_from(["by", "via", "kind", "body", "prev", "hash", "run_id"]), st.integers(0, 2000)
)
def test_any_single_character_changed_in_any_field_shows(which: int, field: str, at: int) -> None:
    records = chain_of(*EVENTS)
    before = str(getattr(records[which], field))
    place = at % len(before)
    after = before[:place] + ("x" if before[place] != "x" else "y") + before[place + 1 :]
    changed: dict[str, Any] = {field: after}
    records[which] = records[which]._replace(**changed)
    assert f"Record {which + 1} " in (verify_chain(DIGEST, records).fault or "")
