"""Records judged by the law under which they were written, and forged ones named, whatever they say of themselves."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.engine.audit import AuditFinding, Happened, find_unlawful
from bot.engine.continuing import plan_continuation
from bot.engine.verifying import verify_run
from bot.format.runbook import Runbook
from bot.journal.chain import SaltedWords, decode, text_digest
from bot.journal.rows import row_of
from bot.journal.store import Journal
from bot.journal.transaction import WriteTransaction
from bot.run.commands import BreakGlass, Choose, GrowChain, ReviewGlass, TakeOver, Tick, Watch
from bot.run.events import (
    Begun,
    ChainGrown,
    Corrected,
    Ended,
    Event,
    GlassBroken,
    GlassReviewed,
    HandOverAccepted,
    LawTaken,
    SentBack,
    Signed,
    SignoffApproved,
    SignoffAsked,
    SignoffExpired,
    Started,
    StepEntered,
    StepFinished,
    TookOver,
    Watched,
)
from bot.run.evolve import evolve
from bot.run.law.decide import decide
from bot.run.law.may_start import LAW
from bot.run.law.signing import digest_text
from bot.run.places import Chain
from bot.run.situation import Stamp, unverified_id
from bot.run.state import Run, Unstarted
from tests.story import NOON, Story

NAME = "orders-db"
OLD: dict[str, Any] = json.loads((Path(__file__).parent / "law_1.json").read_text("utf-8"))
"""Records that the version before wrote, under the first law: each of its stories goes where the second forbids it."""


def old(name: str) -> tuple[Runbook, list[Happened]]:
    written = OLD[name]
    return Runbook.model_validate(written["book"]), list(_read(written["records"]))


def _read(records: list[dict[str, Any]]) -> Iterator[Happened]:
    for seq, one in enumerate(records, 1):
        beside = {name: SaltedWords(*words) for name, words in one["words"].items()}
        event = decode(one["kind"], json.dumps(one["body"]), beside)
        yield seq, event, Stamp(datetime.fromisoformat(one["at"]), one["by"], one["via"])


def audit(book: Runbook, happened: list[Happened]) -> list[AuditFinding]:
    return list(find_unlawful("run-1", book, happened))


@pytest.mark.parametrize(
    ("name", "forbidden"),
    [
        ("spent", [StepEntered, Begun]), ("machine", [StepEntered, Begun]), ("watcher", [Begun]), ("glass", [Begun]),
        ("giver", [Signed, SignoffApproved, StepEntered, Begun]), ("whole", []), ("random 1", []), ("random 2", []),
        ("random 3", []),
    ],
)  # fmt: skip
def test_what_only_the_second_law_forbids_was_allowed_then(name: str, forbidden: list[type]) -> None:
    book, happened = old(name)
    found = audit(book, happened)
    assert [one.severity for one in found] == ["allowed_then"] * len(found), found
    assert [type(happened[one.seq - 1][1]) for one in found] == forbidden, found


def fold(book: Runbook, happened: list[Happened]) -> Run:
    run: Run | Unstarted = Unstarted("run-1", book)
    for _, event, stamp in happened:
        run = evolve(run, event, stamp)
    assert isinstance(run, Run)
    return run


def test_an_open_run_of_the_first_law_takes_up_the_second_with_its_next_act() -> None:
    """The first start had been, under the first law; the second one is asked for anew."""
    book, happened = old("spent")
    happened = happened[:12]
    run = fold(book, happened)
    assert (run.law, run.here_is("hold"), run.operator) == (1, True, "dora")
    stamp = Stamp(happened[-1][2].at, "dora", "slack")
    events = decide(run, Choose("hold", 1, "back", "Once more.", "As it was."), stamp)
    assert events[0] == LawTaken(LAW)
    assert [type(event) for event in events[2:]] == [SentBack, StepEntered, SignoffAsked]
    for event in events:
        happened.append((len(happened) + 1, event, stamp))
    assert audit(book, happened) == []
    again = decide(fold(book, happened), Tick(), Stamp(stamp.at, "clock", "clock"))
    assert not any(isinstance(event, LawTaken) for event in again)
    lie = (len(happened) + 1, StepEntered("change", 2, "hold", "back"), stamp)
    assert [one.severity for one in audit(book, [*happened, lie])] == ["breach"]


def test_a_record_of_a_law_that_is_not_known_here_is_not_judged() -> None:
    story = asked()
    first = replace(story.history[0][0], law=LAW + 1)  # type: ignore[arg-type]
    assert [one.severity for one in judged(story, {0: (first, story.history[0][1])})] == ["unread"]


BOOK = """
vars: {rows: {type: int}, label: {type: string}}
steps:
  - {id: look, do: Count the rows, who: data_owner, answer: {var: rows}, go: {ok: name}}
  - {id: name, run: Name the copy, effect: change, undo: {none: Fine.}, exec: {argv: [name]},
     set: {label: "of-{{ vars.rows }}"}, go: {ok: ask, fail: hold, timeout: hold}}
  - {id: ask, signoff: Agree to the change, from: [data_owner, lead], binds: {vars: [rows, label], steps: [change]},
     readback: rows, max_visits: 9, go: {approved: change}}
  - {id: change, run: Change the rows, effect: destroy, undo: {none: Gone.}, witness: peer, exec: {argv: [change]},
     max_visits: 9, go: {ok: done, fail: hold, timeout: hold}}
  - {id: hold, decide: Hold here, back: true, max_visits: 9, options: [{id: a, label: End, when: Bad., go: stop},
     {id: b, label: Again, when: Good., go: look}], go: {unsure: hold}}
  - {id: stop, end: Stop here, outcome: aborted}
  - {id: done, end: Close it, outcome: recovered}
"""


def asked() -> Story:
    """Ben counted, Ana started and operates."""
    return Story(BOOK).started().done("ben", rows="7").begin().done().at_step("ask")


def whole() -> Story:
    """The first start fails and is signed for by Dora, the second by Chen; a peer watches each."""
    story = asked().sign("dora", "7").at_visit(Watch, "ben").begin(typed=NAME).problem().at_step("hold")
    story.choose("back", "ana", look="As it was.").at_step("ask").sign("chen", "7").at_visit(Watch, "ben")
    return story.begin(typed=NAME).done()


def glass() -> Story:
    """Asked for twice in vain; Chen breaks the glass, Ana begins, Ben reviews."""
    story = asked().later(minutes=15).when("clock", Tick()).choose("back", "ana").at_step("ask").later(minutes=6)
    story.at_visit(BreakGlass, "chen", reason="Nobody comes").at_visit(Watch, "ben").begin(typed=NAME).done()
    return story.when("ben", ReviewGlass("Right"))


Change = dict[int, tuple[Event, Stamp] | None]


def judged(story: Story, change: Change) -> list[AuditFinding]:
    """The audit of a story in which some records were replaced, or left out."""
    kept = [change.get(at, one) for at, one in enumerate(story.history)]
    happened = [(seq, *one) for seq, one in enumerate((one for one in kept if one is not None), 1)]
    return audit(story.book, happened)


def at(story: Story, kind: type, nth: int = 0) -> int:
    return [number for number, (event, _) in enumerate(story.history) if isinstance(event, kind)][nth]


def changed(kind: type, nth: int = 0, *, by: str | None = None, **fields: object) -> Callable[[Story], Change]:
    """One record says something else, or was done by somebody else."""

    def change(story: Story) -> Change:
        number = at(story, kind, nth)
        event, stamp = story.history[number]
        return {number: (replace(event, **fields), replace(stamp, by=by or stamp.by))}  # type: ignore[arg-type]

    return change


def left_out(kind: type, nth: int = 0) -> Callable[[Story], Change]:
    return lambda story: {at(story, kind, nth): None}


def also_eligible(person: str) -> Callable[[Story], Change]:
    """The request names one more signer, who then signs."""

    def change(story: Story) -> Change:
        number = at(story, SignoffAsked)
        event, stamp = story.history[number]
        assert isinstance(event, SignoffAsked)
        return {
            number: (replace(event, eligible=(*event.eligible, person), barred=()), stamp),
            **changed(Signed, by=person)(story), **changed(SignoffApproved, by=person, signers=(person,))(story),
        }  # fmt: skip

    return change


def other_content(story: Story) -> Change:
    """What was signed is made to say something else, with its digest, in every record."""
    number = at(story, SignoffAsked)
    event, stamp = story.history[number]
    assert isinstance(event, SignoffAsked)
    content = event.content.replace("Change the rows", "Count the rows")
    digest = digest_text(content)
    return {
        number: (replace(event, content=content, digest=digest), stamp),
        **changed(Signed, digest=digest)(story), **changed(SignoffApproved, digest=digest)(story),
    }  # fmt: skip


LONG = timedelta(days=2)
FORGED: dict[str, tuple[Callable[[], Story], Callable[[Story], Change], str]] = {
    "the giver signs": (whole, also_eligible("ben"), "not the people who may sign"),
    "the operator signs": (whole, also_eligible("ana"), "not the people who may sign"),
    "somebody without the role signs": (whole, also_eligible("eve"), "not the people who may sign"),
    "a signature by the giver": (whole, changed(Signed, by="ben"), "ben could not sign this: ben gave “rows”"),
    "a signature by the operator": (whole, changed(Signed, by="ana"), "ana could not sign this: ana operates now"),
    "signers that never signed": (whole, changed(SignoffApproved, signers=("chen",)), "signatures that it counts"),
    "fewer are needed": (whole, changed(SignoffAsked, need=0), "1 have to sign it"),
    "nobody is barred": (whole, changed(SignoffAsked, barred=()), "not the people who may sign"),
    "other words were signed": (whole, other_content, "this is not what would happen"),
    "another digest": (whole, changed(SignoffAsked, digest="0" * 64), "this is not what would happen"),
    "a request without end": (whole, changed(SignoffAsked, expires_at=NOON + LONG), "longer or shorter"),
    "a signature without end": (whole, changed(SignoffApproved, valid_until=None), "longer or shorter"),
    "read back wrongly": (whole, changed(Signed, readback="8"), "what was read back"),
    "begun by the signer": (whole, changed(Begun, 1, by="dora"), "Handrail refuses this to dora"),
    "begun by the watcher": (whole, changed(Begun, 1, by="ben"), "Handrail refuses this to ben"),
    "another command": (whole, changed(Begun, 1, command="rm -rf /"), "not the command that stood on the card"),
    "watched by nobody": (whole, left_out(Watched), "Somebody has to watch first"),
    "watched by the operator": (whole, changed(Watched, by="ana"), "You operate this run"),
    "watched by a stranger": (whole, changed(Watched, by="eve"), "Watching is for"),
    "the second request is gone": (whole, left_out(SignoffAsked, 1), "this was not asked to be signed"),
    "the second signature is gone": (whole, left_out(SignoffApproved, 1), "the run was not on its way there"),
    "the way back is gone": (whole, left_out(SentBack), "the run was not on its way there"),
    "a value by somebody else": (whole, changed(StepFinished, by="dora"), "not the people who may sign it"),
    "a value of the step's own": (whole, changed(StepFinished, 1, answers={"label": "x"}), "not what the step sets"),
    "an operator who never took over": (whole, changed(Started, operator="dora"), "somebody else as its operator"),
    "people of no other run": (whole, changed(Started, chain=Chain(("eve",), ())), "belongs to none"),
    "the glass is broken at once": (glass, left_out(SignoffExpired), "the run was not on its way there"),
    "the glass is broken by a peer": (glass, changed(GlassBroken, by="ben"), "Breaking the glass is for the lead"),
    "the glass is broken too early": (
        glass, lambda story: {at(story, GlassBroken): (
            story.history[at(story, GlassBroken)][0], Stamp(story.history[0][1].at, "chen", "slack"))}, "in vain"),
    "it expired by itself": (glass, changed(SignoffExpired, by="ana"), "nobody does this but Handrail's clock"),
    "reviewed by the operator": (glass, changed(GlassReviewed, by="ana"), "You have operated"),
    "reviewed by who broke it": (glass, changed(GlassReviewed, by="chen"), "You broke the glass"),
    "closed without a review": (glass, left_out(GlassReviewed), "a broken glass had not been reviewed"),
    "another end": (glass, changed(Ended, outcome="partial"), "the run had not come to that end"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_record_is_named(name: str) -> None:
    """The record as it was lived is lawful; with one lie in it the audit says which, first of all."""
    make, forge, said = FORGED[name]
    story = make()
    assert story.run.over
    assert judged(story, {}) == []
    found = judged(story, forge(story))
    assert found
    assert said in found[0].why, found[0]
    assert found[0].severity == "breach"


@pytest.mark.parametrize(
    ("lie", "by", "said"),
    [
        (TookOver("ana"), "eve", "Taking over is for"), (TookOver("ben"), "chen", "did not take over from ben"),
        (HandOverAccepted("ana"), "chen", "nobody had handed over to them"),
        (Corrected(3, "rows", 9, 8, "so"), "ana", "not the value that stood there"),
        (ChainGrown((), ()), "ana", "nobody does this but Handrail's clock"),
        (LawTaken(1), "ana", "the run went by that law"), (LawTaken(2), "ana", "the run went by that law"),
        (StepEntered("change", 1, "ask", "approved"), "dora", "not on its way there"),
        (SentBack("change", 1, "ask", "so"), "ana", "not on its way there"),
    ],
)  # fmt: skip
def test_what_no_command_leads_to_is_named(lie: Event, by: str, said: str) -> None:
    story = asked()
    story.history.append((lie, Stamp(story.at, by, "slack")))
    (found,) = judged(story, {})
    assert said in found.why


def test_a_second_start_under_one_signature_is_named() -> None:
    """The forger leaves the second request out, and begins again."""
    story = asked().sign("dora", "7").at_visit(Watch, "ben").begin(typed=NAME).problem().at_step("hold")
    run, stamp = story.run, Stamp(story.at, "ana", "slack")
    chosen = decide(run, Choose("hold", 1, "back", "Once more.", "As it was."), stamp)[0]
    lies: list[Event] = [chosen, StepEntered("change", 2, "hold", "back"), Watched("change", 2), Begun("change", 2)]
    for lie, by in zip(lies, ("ana", "ana", "ben", "ana"), strict=True):
        story.history.append((lie, Stamp(story.at, by, "slack")))
    assert [type(story.history[one.seq - 1][0]) for one in judged(story, {})] == [StepEntered, Begun]


def test_people_of_a_former_run_cannot_be_left_out() -> None:
    start = plan_continuation(asked().when("chen", TakeOver()).run, "h" * 64, {}).start
    story = Story(BOOK)
    story.command = start
    story.when("dora", start)
    assert judged(story, {}) == []
    for less in (Chain((), ("ana", "chen")), Chain(("ana",), ("ana",))):
        assert "leaves out people" in judged(story, changed(Started, chain=less)(story))[0].why


def test_what_was_begun_in_the_former_run_ends_here_without_a_begin() -> None:
    """Whoever goes on says that nobody knows how it ended: that is no lie."""
    former = asked().sign("dora", "7").at_visit(Watch, "ben").begin(typed=NAME).run
    start = plan_continuation(former, "h" * 64, {}).start
    story = Story(BOOK)
    story.command = start
    story.when(unverified_id("root"), start)
    assert any(isinstance(event, StepFinished) for event, _ in story.history)
    assert judged(story, {}) == []


def test_the_clock_tells_a_called_run_of_its_caller() -> None:
    story = asked().when("clock", GrowChain(Chain(("eve",), ("eve",))))
    assert judged(story, {}) == []
    assert "clock" in judged(story, changed(ChainGrown, by="ana")(story))[0].why


def test_verify_tells_what_was_allowed_then_and_finds_no_fault(journal: Journal) -> None:
    """A run of the first law in a database of today: its chain holds, it is told, and it is no fault."""
    written = OLD["spent"]
    text = json.dumps(written["book"])
    digest = text_digest(text)
    book, happened = old("spent")
    first = replace(happened[0][1], digest=digest)  # type: ignore[arg-type]
    events = [(first, happened[0][2]), *((event, stamp) for _, event, stamp in happened[1:])]

    def write(transaction: WriteTransaction) -> None:
        transaction.pin_texts({digest: (book.id, text)}, NOON)
        hash_ = transaction.append("run-1", 0, digest, events, lambda: "salt")
        transaction.add_run(row_of(fold(book, [(seq, *one) for seq, one in enumerate(events, 1)]), hash_))

    journal.write(write)
    verdict = verify_run(journal, lambda _: book, "run-1", NOON + LONG)
    assert verdict.faults == ()
    assert [note for note in verdict.notes if "was allowed then, and would not be now" in note]
