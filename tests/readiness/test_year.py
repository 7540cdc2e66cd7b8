"""A year of a made-up company, wound by hand: what is said at each quarter is what a second, naive reckoning says.

The reckoning keeps a plain diary and looks it through anew each time: it knows none of the code that it checks.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import ceil

import pytest

from bot.format.catalogue import Catalogue
from bot.readiness.drift import drift_of
from bot.readiness.facts import ReadinessFacts, RunFact, leaning_exits
from bot.readiness.judging import judge
from bot.readiness.protection.events import Beat, RestoreTried
from bot.readiness.protection.plan import plan_of
from bot.readiness.protection.rules import folded, look, take, take_plan
from bot.readiness.protection.state import Standing
from bot.readiness.upkeep.events import AccountGone, Reviewed, ReviewSigned
from bot.readiness.upkeep.state import PersonStanding, Reviews, evolve_person, evolve_reviews
from tests.readiness.firm import asset, book, catalogue

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
QUARTERS = (90, 181, 273, 365)


@dataclass
class Diary:
    """What happened, in the order in which it did."""

    beats: list[tuple[datetime, bool]] = field(default_factory=list)
    """When a backup said something, and whether it was good."""
    restores: list[tuple[datetime, bool]] = field(default_factory=list)
    walks: list[tuple[datetime, timedelta, str, str, str, str]] = field(default_factory=list)
    """When it ended, how long it took, mode, outcome, who, and the version."""
    reviews: list[tuple[datetime, bool, str]] = field(default_factory=list)
    gone: dict[str, datetime] = field(default_factory=dict)
    edits: list[datetime] = field(default_factory=list)


class Year:
    """Lives through the year day by day, and keeps the diary beside the records."""

    def __init__(self, seed: int) -> None:
        self.chance, self.diary = random.Random(seed), Diary()
        self.catalogue: Catalogue = catalogue(asset())
        (protection,) = self.catalogue.assets["orders-db"].protection
        self.standing = folded(Standing(), take_plan(Standing(), plan_of(protection), BEGIN), BEGIN)
        self.place, self.digest = self.standing.places[0], "d-0"
        self.reviews, self.people = Reviews(), dict[str, PersonStanding]()
        self.runs: list[RunFact] = []
        self.is_broken = False

    def live(self) -> Iterator[int]:
        """Each day; the caller looks at whatever it wants after it."""
        for day in range(1, 366):
            if self.chance.random() < 0.05:
                self.is_broken = not self.is_broken
            for hour in range(0, 24, 1 if day % 30 == 0 else 6):
                self._hour(BEGIN + day * DAY + hour * HOUR)
            self._day(day, BEGIN + day * DAY + 23 * HOUR)
            yield day

    def _hour(self, at: datetime) -> None:
        self.standing = folded(self.standing, look(self.standing, at), at)
        if self.is_broken and self.chance.random() < 0.7:
            return
        good = self.chance.random() < 0.9
        sent = Beat(at, self.place, "ok" if good else "failed")
        self.standing = folded(self.standing, take(self.standing, sent, at), at)
        self.diary.beats.append((at, good))

    def _day(self, day: int, at: datetime) -> None:
        if self.chance.random() < 0.02:
            worked = self.chance.random() < 0.8
            self.standing = folded(self.standing, take(self.standing, RestoreTried(self.place, None, worked), at), at)
            self.diary.restores.append((at, worked))
        if self.chance.random() < 0.03:
            self._walk(at)
        if self.chance.random() < 0.01:
            self.digest = f"d-{day}"
            self.diary.edits.append(at)
        if self.chance.random() < 0.01:
            wrong = () if self.chance.random() < 0.7 else ("contacts",)
            for event in (Reviewed("ana", self.digest, wrong, "gone"), ReviewSigned("ben")):
                self.reviews = evolve_reviews(self.reviews, event, at)
            self.diary.reviews.append((at, not wrong, self.digest))
        if day == 200 and self.chance.random() < 0.5:
            self.people["ben"] = evolve_person(PersonStanding(), AccountGone(), at)
            self.diary.gone["ben"] = at

    def _walk(self, at: datetime) -> None:
        took = timedelta(minutes=self.chance.randrange(20, 400))
        mode = self.chance.choice(["drill", "drill", "live", "training"])
        outcome, who = self.chance.choice(["recovered", "partial", "aborted"]), self.chance.choice(["ana", "zoe"])
        self.runs.insert(0, RunFact(
            f"ORDERS-{len(self.runs)}", "orders-db", "restore", self.digest, mode, outcome, at - took, at,
            timedelta(hours=4), frozenset({who}), frozenset({"slack"}),
        ))  # fmt: skip
        self.diary.walks.append((at, took, mode, outcome, who, self.digest))

    def facts(self, at: datetime) -> ReadinessFacts:
        one = book()
        return ReadinessFacts(
            at, self.catalogue, {"restore": one, "other": book("other")}, {"restore": self.digest, "other": "d-o"},
            {}, frozenset(), {"orders-db": tuple(self.runs)} if self.runs else {},
            {"orders-db/full": folded(self.standing, look(self.standing, at), at)}, pack_at=at,
            leaning={"restore": tuple(leaning_exits(one))}, reviews={"restore": self.reviews}, people=self.people,
        )  # fmt: skip


class Naive:
    """The second reckoning: of the diary alone, looked through from its beginning."""

    def __init__(self, diary: Diary, at: datetime, digest: str) -> None:
        self.diary, self.at, self.digest = diary, at, digest

    def newest_good(self) -> datetime | None:
        """Of the good ones, the newest against which no restore that failed is held."""
        held: set[datetime] = set()
        for tried, worked in self.diary.restores:
            good = [at for at, fine in self.diary.beats if fine and at <= tried and at not in held]
            if not worked and good:
                held.add(max(good))
        return max((at for at, fine in self.diary.beats if fine and at not in held), default=None)

    def times(self) -> list[timedelta]:
        return sorted(
            took for at, took, mode, outcome, _, _ in self.diary.walks
            if mode in ("drill", "live") and outcome in ("recovered", "partial") and self.at - at <= 365 * DAY
        )  # fmt: skip

    def nearest_rank(self, share: float) -> timedelta | None:
        times = self.times()
        return times[ceil(share * len(times)) - 1] if times else None

    def is_tested(self) -> bool:
        return any(
            mode in ("drill", "live") and outcome in ("recovered", "partial") and self.at - at <= 90 * DAY
            and digest == self.digest and who == "ana"
            for at, _, mode, outcome, who, digest in self.diary.walks
        )  # fmt: skip

    def review_says(self) -> bool:
        """In time, by the file (1 November 2026, for 90 days) or the newest review, of what is written now."""
        days = [at.date() for at, fine, digest in self.diary.reviews[-1:] if fine and digest == self.digest]
        file = datetime(2026, 11, 1, tzinfo=UTC).date()
        days += [file] if file <= self.at.date() else []
        is_found_wrong = bool(self.diary.reviews) and not self.diary.reviews[-1][1]
        return bool(days) and not is_found_wrong and self.at.date() - max(days) <= 90 * DAY


@pytest.mark.parametrize("seed", range(3))
def test_what_is_said_at_each_quarter_is_what_a_naive_reckoning_says(seed: int) -> None:
    year = Year(seed)
    for day in year.live():
        if day not in QUARTERS:
            continue
        at = BEGIN + day * DAY + 23 * HOUR
        facts, naive = year.facts(at), Naive(year.diary, at, year.digest)
        ready = judge(facts, year.catalogue.assets["orders-db"])
        newest = naive.newest_good()
        assert ready.objectives.measured_rpo == (None if newest is None else at - newest), (seed, day)
        assert ready.objectives.rto_p50 == naive.nearest_rank(0.5)
        assert ready.objectives.rto_p90 == naive.nearest_rank(0.9)
        gap = naive.nearest_rank(0.9)
        assert ready.objectives.rto_gap == (None if gap is None else max(timedelta(0), gap - timedelta(hours=4)))
        says = {one.number: one.says for one in ready.answers}
        assert (says[5] == "yes") == naive.is_tested()
        assert ready.score == sum(one == "yes" for one in says.values())
        is_late = newest is None or at - newest >= HOUR
        assert any("late at" in one for one in ready.process) == (is_late and bool(year.diary.beats))
        assert (ready.level >= 3) == (says[1] == "yes" and naive.is_tested())
        gone = [one.what for one in drift_of(facts) if "deactivated" in one.what]
        assert len(gone) == len(year.diary.gone)
        only_restore = replace(facts, books={"restore": facts.books["restore"]})
        eight = next(one for one in judge(only_restore, asset(runbooks=("restore",))).answers if one.number == 8)
        assert (eight.says == "yes") == naive.review_says(), (seed, day, eight.evidence)
