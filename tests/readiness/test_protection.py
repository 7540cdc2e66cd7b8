"""What is heard of a protection, and what follows from it: by hand-wound clocks, without a database."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.readiness.protection.events import (
    Beat,
    PlanTaken,
    ProtectionEvent,
    RestoreTried,
    Returned,
    RungCalled,
    Silenced,
    SilenceEnded,
    SizeAccepted,
    Troubled,
)
from bot.readiness.protection.plan import NO_PLAN
from bot.readiness.protection.posted import asked_of, read_posted
from bot.readiness.protection.rules import Unfit, call, look, next_due, take, take_plan
from bot.readiness.protection.state import Standing, evolve

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAN = PlanTaken(timedelta(hours=1), timedelta(minutes=10), ("s3", "dr"))


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@dataclass
class Told:
    """A protection whose clock is wound by hand; each call says what happened."""

    here: Standing = field(default_factory=Standing)

    def __post_init__(self) -> None:
        self.fold(take_plan(self.here, PLAN, NOON), 0)

    def fold(self, events: Iterable[ProtectionEvent], minutes: float) -> tuple[ProtectionEvent, ...]:
        happened = tuple(events)
        for event in happened:
            self.here = evolve(self.here, event, at(minutes))
        return happened

    def hears(self, minutes: float, of: float | None = None, place: str = "s3", **said: object) -> list[str]:
        """The events after the beat itself, in short; nothing at all when it was known already."""
        beat = Beat(at(minutes if of is None else of), place, **said)  # type: ignore[arg-type]
        return short(self.fold(take(self.here, beat, at(minutes)), minutes)[1:])

    def looks(self, minutes: float) -> list[str]:
        return short(self.fold(look(self.here, at(minutes)), minutes))


def short(events: Iterable[ProtectionEvent]) -> list[str]:
    def say(event: ProtectionEvent) -> str:
        match event:
            case Troubled():
                return f"{event.what} at {event.place}"
            case Returned():
                return f"back at {event.place}: {', '.join(event.what)}"
            case _:
                return type(event).__name__

    return [say(one) for one in events]


def test_what_comes_no_more_is_late_once_and_returns_with_a_good_point() -> None:
    told = Told()
    assert next_due(told.here) is None, "of what nothing was ever heard, nobody is told"
    assert told.looks(9999) == []
    told.hears(0)
    assert next_due(told.here) == at(70)
    assert told.looks(69) == []
    assert told.looks(70) == ["late at s3"]
    assert told.looks(71) == []
    assert told.hears(80) == ["back at s3: late"]
    assert told.here.measured_rpo(at(95)) == timedelta(minutes=15)
    assert told.looks(149) == []
    assert told.looks(150) == ["late at s3"]


def test_a_failed_backup_is_told_once_and_leaves_the_last_good_point_where_it_was() -> None:
    told = Told()
    told.hears(5)
    assert told.hears(20, outcome="failed") == ["failed at s3"]
    assert told.hears(30, outcome="failed") == [], "it is recorded, and is no news"
    assert told.here.measured_rpo(at(30)) == timedelta(minutes=25)
    assert told.hears(40) == ["back at s3: failed"]


def test_a_point_that_is_small_against_its_own_history_is_not_good_until_somebody_says_so() -> None:
    told = Told()
    assert told.hears(1, size=3) == [], "nothing is known to hold it against"
    for minute, size in ((2, 100), (3, 104), (4, 102)):
        told.hears(minute, size=size)
    assert told.hears(10, size=49) == ["too small at s3"]
    assert told.here.newest is not None
    assert told.here.newest.of == at(4), "the newest good one is the one before"
    assert told.hears(11, size=49) == ["too small at s3"], "the next one is held to the same"
    with pytest.raises(Unfit, match="Say why"):
        take(told.here, SizeAccepted("s3", " "), at(12))
    assert short(told.fold(take(told.here, SizeAccepted("s3", "archived"), at(12)), 12)) == [
        "SizeAccepted", "back at s3: too small",
    ]  # fmt: skip
    assert told.here.newest.of == at(11)
    assert told.hears(13, size=50) == [], "what is usual is learnt anew"
    with pytest.raises(Unfit, match="Nothing is too small"):
        take(told.here, SizeAccepted("s3", "again"), at(14))


def test_however_many_are_too_small_what_is_usual_is_not_forgotten() -> None:
    """An hourly backup that is empty since yesterday is not right again by being empty once more."""
    told = Told()
    for minute, size in ((2, 100), (3, 104), (4, 102)):
        told.hears(minute, size=size)
    for minute in range(10, 60):
        assert told.hears(minute, size=3) == ["too small at s3"]
    assert told.here.newest is not None
    assert told.here.newest.of == at(4)


def test_a_damaged_point_is_not_accepted_for_its_size() -> None:
    told = Told()
    for minute, size in ((2, 100), (3, 104), (4, 102), (10, 49)):
        told.hears(minute, size=size)
    told.hears(11, outcome="damaged")
    with pytest.raises(Unfit, match="damaged too"):
        take(told.here, SizeAccepted("s3", "archived"), at(12))


def test_damaged_is_what_says_so_what_fails_a_restore_and_what_changed() -> None:
    told = Told()
    told.hears(1, checksum="a")
    told.hears(2, checksum="b")
    assert told.hears(3, of=2, checksum="c") == ["damaged at s3"]
    assert told.here.newest is not None
    assert told.here.newest.of == at(1)
    assert told.hears(4, of=2, checksum="b") == [], "saying it again does not make it good"
    assert told.here.newest.of == at(1)
    assert told.hears(5, of=0.5) == [], "an older point is no return"
    assert told.hears(6) == ["back at s3: damaged"]
    failed = RestoreTried("s3", None, worked=False)
    assert short(told.fold(take(told.here, failed, at(7)), 7)) == ["RestoreTried", "damaged at s3"]
    assert told.here.newest.of != at(6)
    assert told.hears(8, outcome="damaged") == ["damaged at s3"]
    assert told.here.test is not None
    assert not told.here.test.worked


def test_a_copy_in_the_wrong_place_is_no_copy() -> None:
    told = Told()
    assert told.hears(1, place="laptop") == ["wrong place at s3"]
    assert told.here.newest is None
    assert told.hears(2) == ["back at s3: wrong place"]


def test_with_the_primary_lost_the_secondary_stands_and_with_both_all_is_lost() -> None:
    told = Told()
    told.hears(5)
    told.hears(60, place="dr")
    assert told.looks(80) == ["late at s3"]
    assert told.here.lost_since is None
    assert call(told.here, RungCalled(1, ("ana",))) == (), "nobody is called while a copy is young enough"
    assert told.looks(130) == ["late at dr", "AllLost"]
    assert told.here.lost_since == at(130)
    assert short(told.fold(call(told.here, RungCalled(1, ("ana",))), 130)) == ["RungCalled"]
    assert call(told.here, RungCalled(1, ("ana",))) == (), "each rung once"
    assert told.hears(140, place="dr") == ["back at dr: late"]
    assert (told.here.lost_since, told.here.called) == (None, ())


def test_a_secondary_of_which_nothing_was_heard_is_not_late() -> None:
    told = Told()
    told.hears(5)
    told.hears(65)
    assert told.looks(100) == []


def test_a_silence_has_a_reason_and_an_end_and_hides_nothing_from_the_record() -> None:
    told = Told()
    for wrong in (Silenced(at(60), ""), Silenced(at(-1), "moved"), Silenced(at(0) + timedelta(days=91), "moved")):
        with pytest.raises(Unfit):
            take(told.here, wrong, at(0))
    told.hears(0)
    told.fold(take(told.here, Silenced(at(75), "moving"), at(0)), 0)
    assert told.here.is_silent(at(70))
    assert told.looks(70) == ["late at s3"]
    assert told.looks(75) == ["SilenceEnded"]
    assert not told.here.is_silent(at(75))
    assert take(told.here, None, at(76)) == ()


def test_the_same_report_again_is_nothing_new_and_one_of_the_future_is_refused() -> None:
    told = Told()
    told.hears(1, size=5)
    sent = Beat(at(1), "s3", size=5)
    assert take(told.here, sent, at(3)) == ()
    with pytest.raises(Unfit, match="future"):
        take(told.here, Beat(at(99), "s3"), at(3))


@given(st.lists(st.tuples(st.integers(1, 200), st.sampled_from(["ok", "failed", "damaged"])), max_size=12), st.data())
def test_no_edit_of_the_plan_makes_anything_better(beats: list[tuple[int, str]], data: st.DataObject) -> None:
    """However the files are edited: what is wrong stays wrong, and the newest good restore point is no younger."""
    told = Told()
    minute = 0
    for step, outcome in beats:
        minute += step
        told.looks(minute)
        told.hears(minute, outcome=outcome)
    before, now = told.here, minute + 1
    hours, minutes = data.draw(st.integers(1, 999)), data.draw(st.integers(0, 999))
    told.fold(
        take_plan(before, PlanTaken(timedelta(hours=hours), timedelta(minutes=minutes), PLAN.places), at(now)), now
    )
    for one, other in zip(before.copies, told.here.copies, strict=True):
        assert {wrong.what for wrong in one.wrong} <= {wrong.what for wrong in other.wrong}
    assert told.here.measured_rpo(at(now)) == before.measured_rpo(at(now))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"sizes": 1}', "“sizes” is not known. There is: of, place, outcome, size"),
        (b'{"size": -1}', "“size”"),
        (b'{"size": "12"}', "“size”"),
        (b'{"of": "2026-11-22T12:00:00"}', "with its offset"),
        (b'{"of": 1e12}', "with its offset"),
        (b'{"of": true}', "with its offset"),
        (b'{"of": ' + b"9" * 400 + b"}", "with its offset"),
        (b'{"outcome": "fine"}', "“outcome”"),
        (b'{"restore_test": {"outcome": "damaged"}}', "restore_test.outcome"),
    ],
)
def test_what_cannot_be_read_is_said(body: bytes, said: str) -> None:
    with pytest.raises(Unfit, match=re.escape(said)):
        read_posted(body)


def test_an_empty_body_means_a_good_point_of_now_at_the_target() -> None:
    told = Told()
    assert asked_of(read_posted(b" "), told.here, at(3)) == Beat(at(3), "s3")
    ends = asked_of(read_posted(b'{"silence": {"until": null}}'), told.here, at(3))
    assert ends is None
    told.fold(take(told.here, Silenced(at(60), "moving"), at(3)), 3)
    assert take(told.here, None, at(4)) == (SilenceEnded(),)


def test_a_place_that_is_put_back_into_the_plan_is_as_it_was_and_returns_only_by_a_good_point() -> None:
    told = Told()
    told.hears(0)
    told.looks(70)
    told.fold(take_plan(told.here, PlanTaken(PLAN.every, PLAN.grace, ("s3-new", "dr")), at(71)), 71)
    assert [(one.place, [wrong.what for wrong in one.wrong]) for one in told.here.left] == [("s3", ["late"])]
    told.fold(take_plan(told.here, PLAN, at(72)), 72)
    assert told.here.left == ()
    assert [wrong.what for one in told.here.copies for wrong in one.wrong] == ["late"]
    assert told.hears(73) == ["back at s3: late"]


@pytest.mark.parametrize(
    ("places", "is_lost"), [(("s3",), False), (("s3-new", "dr"), True), (("dr", "s3"), True), ((), False)]
)
def test_all_stays_lost_until_something_good_comes_or_there_is_no_second_place(
    places: tuple[str, ...], is_lost: bool
) -> None:
    told = Told()
    told.hears(0)
    told.hears(1, place="dr")
    assert "AllLost" in told.looks(120)
    told.fold(call(told.here, RungCalled(1, ("ana",))), 121)
    told.fold(take_plan(told.here, PlanTaken(PLAN.every, PLAN.grace, places), at(122)), 122)
    assert (told.here.lost_since is not None) == is_lost
    assert told.here.called == ((("ana",),) if is_lost else ())
    if is_lost:
        told.hears(123, place=places[0])
        assert told.here.lost_since is None, "also at a place of which nothing was heard before"


def test_of_what_is_in_no_catalogue_nothing_is_ever_due() -> None:
    told = Told()
    told.hears(0)
    told.fold(take_plan(told.here, NO_PLAN, at(10)), 10)
    assert next_due(told.here) is None
    assert told.looks(9999) == []
    told.fold(take_plan(told.here, PLAN, at(9999)), 9999)
    assert [(copies.place, one.what) for copies in told.here.copies for one in copies.wrong] == [("s3", "late")]
    assert told.here.newest is not None, "what was known of it is known again"
