"""The command handler: one way in, one transaction, one event for whatever arrives twice or at once."""

from pathlib import Path

import pytest
from sqlalchemy import event as engine_event

from bot.engine import Unknown, ref_word
from bot.format.catalogue import Asset
from bot.journal.chain import ERASED
from bot.journal.store import Journal
from bot.render.card import card
from bot.render.step import step_message
from bot.run.commands import AddNote, Choose, Finish, Refused, Sign, TakeOver, Tick
from bot.run.events import (
    Noted,
    SigningRefused,
    SignoffExpired,
    Started,
    StepEntered,
    StepFinished,
)
from bot.run.paging.dues import next_due
from bot.run.places import AwaitingSignature
from tests.engine.office import WALK, Office


def asset(*aliases: str, id_: str = "orders-db") -> Asset:
    return Asset(id=id_, name="Orders database", type="postgres", tier=1, owner="data", aliases=aliases)


@pytest.mark.parametrize(
    ("named", "word"),
    [
        (asset("orders", "pg-orders"), "ORDERS"),
        (asset("pg orders"), "PG"),
        (asset(), "ORDERS"),
        (asset("internationalisation"), "INTERNATIO"),
        (asset("Übersicht"), "UBERSICHT"),
        (asset("订单"), "ORDERS"),
    ],
)
def test_a_ref_is_the_first_word_of_the_first_alias_or_id(named: Asset, word: str) -> None:
    assert ref_word(named) == word


def kinds(office: Office, run_id: str) -> list[type]:
    return [type(event) for _, event, _ in office.handler.history(run_id)]


def test_a_start_makes_a_run_with_a_ref_of_its_own(office: Office) -> None:
    """Refs count by word; the text is pinned; whoever waits for news is told after the commit."""
    first = office.start()
    second = office.start(reason="Ben restores another table.")
    other = office.handler.start(office.plan("signing", "BILLING", reason="Also."), "ana", "terminal").run
    assert [run.start.ref for run in (first, second, other)] == ["ORDERS-1", "ORDERS-2", "BILLING-1"]
    assert kinds(office, first.id) == [Started, StepEntered]
    assert office.journal.text_of(first.start.digest) == WALK
    assert office.changes == [(run.id, office.at) for run in (first, second, other)]
    assert office.handler.load(first.id) == first


def test_a_second_run_on_an_asset_needs_a_reason(office: Office) -> None:
    """The refusal names the open one, takes no number, and is no more once that run has ended."""
    first = office.start()
    with pytest.raises(Refused, match="ORDERS-1 is open") as refused:
        office.start()
    assert refused.value.field == "reason"
    office.finish(first.id, "problem")
    at = office.place(first.id)
    office.press(first.id, Choose(at.step, at.visit, "stop"))
    assert office.handler.open_runs() == []
    assert office.start().start.ref == "ORDERS-2"


def test_the_same_start_again_is_the_same_run(office: Office) -> None:
    first = office.handler.start(office.plan(), "ana", "slack", "view-1")
    again = office.handler.start(office.plan(), "ana", "slack", "view-1")
    assert (first.repeated, again.repeated) == (False, True)
    assert again.run == first.run
    assert again.events == first.events
    assert len(office.changes) == 1
    assert office.start(reason="Another.").start.ref == "ORDERS-2"


def test_a_click_is_decided_and_written(office: Office) -> None:
    run = office.start()
    office.later(minutes=3)
    outcome = office.finish(run.id, note="Replica is fine.")
    assert [type(event) for _, event, _ in outcome.events] == [StepFinished, StepEntered]
    assert [seq for seq, _, _ in outcome.events] == [3, 4]
    assert {(stamp.at, stamp.by, stamp.via) for _, _, stamp in outcome.events} == {(office.at, "ana", "slack")}
    row = office.handler.find("orders-1")
    assert row is not None
    assert (row.step, row.step_title, row.head, row.told) == ("fix", "Repair it", 4, 0)
    assert office.journal.verify(run.id).sound


def test_a_click_that_comes_twice_is_one_event(office: Office) -> None:
    run = office.start()
    first = office.finish(run.id, key="trigger-1")
    again = office.handler.handle(run.id, Finish("look", 1, "ok"), "ana", "slack", "trigger-1")
    assert again.repeated
    assert again.events == first.events
    assert len(office.handler.history(run.id)) == 4


def test_a_button_of_a_step_that_is_over_is_refused_and_nothing_is_written(office: Office) -> None:
    run = office.start()
    office.finish(run.id)
    before = office.handler.load(run.id)
    with pytest.raises(Refused, match="Ana Ruiz"):
        office.handler.handle(run.id, Finish("look", 1, "ok"), "ana", "slack", "another")
    assert office.handler.load(run.id) is before
    assert office.finish(run.id).run.seq == 6


def test_what_a_refusal_records_is_recorded_once(office: Office) -> None:
    """Whoever may not sign is refused, and the attempt stays; the same request again says the same and adds nothing."""
    run = office.start("signing")
    asking = office.finish(run.id).run.here
    assert isinstance(asking, AwaitingSignature)
    attempt = Sign(asking.step, asking.visit, asking.digest, "Orders database")
    sentences = []
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            office.handler.handle(run.id, attempt, "ana", "slack", "press-1")
        sentences.append(refused.value.sentence)
    assert sentences[0] == sentences[1] == "You started or ran this run, so someone else has to sign."
    assert kinds(office, run.id).count(SigningRefused) == 1
    assert office.handler.load(run.id).here == asking


def test_a_run_that_is_not_there_is_unknown(office: Office) -> None:
    with pytest.raises(Unknown):
        office.handler.load("nobody")
    with pytest.raises(Unknown):
        office.handler.handle("nobody", AddNote("x"), "ana", "slack")
    assert office.handler.find("ORDERS-99") is None


def test_a_rehearsal_writes_nothing(office: Office) -> None:
    run = office.start()
    office.handler.rehearse(run.id, Finish("look", 1, "ok"), "ana", "slack")
    with pytest.raises(Refused):
        office.handler.rehearse(run.id, Finish("look", 7, "ok"), "ana", "slack")
    assert len(office.handler.history(run.id)) == 2


def test_another_replica_sees_what_this_one_wrote(journal: Journal) -> None:
    """What a command handler keeps is derived: it goes on from there, whoever wrote in between."""
    here, there = Office(journal, name="here"), Office(journal, name="there")
    run = here.start()
    for _ in range(3):
        here.finish(run.id)
        there.finish(run.id)
    assert here.handler.load(run.id) == there.handler.load(run.id) == Office(journal).handler.load(run.id)
    assert here.handler.load(run.id).seq == 14


def test_what_a_desk_keeps_is_dropped_when_it_does_not_fit_the_record(office: Office) -> None:
    """A database that was put back to an older state wins over what a process remembers."""
    run = office.start()
    odd = office.finish(run.id).run
    office.handler._folder.keep(odd, "not the hash of that record")  # noqa: SLF001  (a broken memory, made on purpose)
    assert office.handler.load(run.id) == odd
    office.handler._folder.keep(run, "not the hash of that record either")  # noqa: SLF001
    assert office.handler.load(run.id) == odd


def test_a_click_reads_as_little_in_a_long_run_as_in_a_short_one(office: Office) -> None:
    """The records of a run are read when it is folded first, and then only those that are new."""
    run = office.start()
    fetched: list[str] = []
    engine_event.listen(
        office.journal.engine, "before_cursor_execute", lambda _c, _cu, sql, *_: fetched.append(str(sql))
    )
    counts = []
    for number in range(40):
        fetched.clear()
        office.finish(run.id, key=f"k{number}")
        counts.append(len(fetched))
        assert not any("FROM record" in sql for sql in fetched)
    assert set(counts) == {counts[0]}


def test_a_due_run_is_judged_by_one_clock(office: Office) -> None:
    """A sign-off that is due expires with its event; PostgreSQL's own clock judges, on SQLite the server's does."""
    run = office.start("signing")
    asked = office.finish(run.id).run
    assert isinstance(asked.here, AwaitingSignature)
    expiry, due = asked.here.expires_at, next_due(asked)
    assert due is not None
    assert office.journal.next_due() == due.at
    if not office.journal.judges:
        office.handler.handle(run.id, Tick(), "clock", "clock")
        assert office.journal.due(office.at, 10) == []
        assert SignoffExpired not in kinds(office, run.id)
        office.later(minutes=16)
        assert office.journal.due(office.at, 10) == [run.id]
        office.handler.handle(run.id, Tick(), "clock", "clock")
        assert SignoffExpired in kinds(office, run.id)
    else:
        wrong_by_far = office.at.replace(year=1999)
        now = office.journal.database_time()
        assert office.journal.due(wrong_by_far, 10) == ([run.id] if now >= due.at else [])
        office.handler.handle(run.id, Tick(), "clock", "clock")
        assert (SignoffExpired in kinds(office, run.id)) is (now >= expiry)


def test_erased_words_are_gone_and_the_chain_holds(office: Office) -> None:
    """The event that says so names who and why; every desk shows the place of the words, empty."""
    run = office.start()
    other = Office(office.journal, name="other")
    secret = "the password is hunter2-hunter2"
    office.handler.handle(run.id, AddNote(secret), "ana", "slack")
    other.handler.load(run.id)
    outcome = office.handler.redact(run.id, 3, "A password was typed.", "dora", "terminal")
    assert outcome.run.seq == 4
    assert office.handler.history(run.id)[2][1] == Noted(ERASED)
    verdict = office.journal.verify(run.id)
    assert verdict.sound
    assert "the words of “words” were erased" in verdict.notes[0]
    assert other.handler.load(run.id) == office.handler.load(run.id)
    if not office.journal.judges:
        file = Path(str(office.journal.engine.url.database))
        everything = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
        assert b"noted" in everything
        assert secret.encode() not in everything
    for seq, said in ((3, "erased already"), (1, "no typed words"), (99, "no typed words")):
        with pytest.raises(Refused, match=said):
            office.handler.redact(run.id, seq, "Again.", "dora", "terminal")
    with pytest.raises(Refused, match="Say why"):
        office.handler.redact(run.id, 3, "  ", "dora", "terminal")


def test_a_start_tells_who_walked_an_older_version_what_changed_since(journal: Journal) -> None:
    """The card marks it for whoever operates, and for nobody who has walked what is written now, or never walked it."""
    edited = WALK.replace("do: Repair it", "do: Repair it with the new tool").replace(
        "{id: hold,", "{id: hold, why: W,"
    )
    office = Office(journal, {"walk": WALK, "edited": edited})
    office.books[office.digests["edited"]] = office.books[office.digests["edited"]].model_copy(update={"id": "walk"})
    first = office.start()
    assert first.start.changed == {}, "nobody has walked it before"
    office.later(days=1)
    run = office.start("edited", by="ben", reason="Another.")
    assert run.start.changed == {"ana": ("fix", "hold")}
    run = office.press(run.id, TakeOver(), "ana").run
    assert "walked it last" not in str(card(run).blocks), "this step is as it was"
    run, said = office.finish(run.id).run, f"*Changed* since {run.name_of('ana')} walked it last."
    assert said in str(card(run).blocks)
    assert said in str(step_message(run, "fix", 1).blocks)
    office.later(days=1)
    assert office.start("edited", reason="Once more.").start.changed == {}, "she has walked this version"
