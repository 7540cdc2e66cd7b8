"""A small firm whose facts are put together by hand: one asset for which everything is as it should be."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.format.catalogue import (
    Asset,
    Catalogue,
    Contact,
    Ladder,
    Person,
    Protection,
    Resource,
    ResourceCheck,
    Rung,
    Team,
    Trigger,
)
from bot.format.pieces import FailureMode, Review
from bot.format.runbook import Do, End, Runbook
from bot.readiness.facts import ReadinessFacts, RunFact, leaning_exits
from bot.readiness.protection.state import Copies, LastTry, Point, Standing

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def book(id_: str = "restore", **changes: Any) -> Runbook:  # noqa: ANN401  (fields of any type)
    """A runbook whose one failing exit leads to a step of its own."""
    steps = (
        Do.model_validate({"id": "copy", "do": "Copy it back", "go": {"ok": "done", "problem": "other"}}),
        Do.model_validate({"id": "other", "do": "Try the other copy", "go": {"ok": "done", "problem": "gone"}}),
        End.model_validate({"id": "done", "end": "Done", "outcome": "recovered"}),
        End.model_validate({"id": "gone", "end": "Gone", "outcome": "escalated"}),
        Do.model_validate({"id": "hold", "do": "Decide", "go": {"ok": "gone"}}),
    )
    modes = tuple(FailureMode(mode=f"mode {number}", answer="other") for number in range(3))
    whole: dict[str, Any] = {
        "schema": "runbook/v1", "id": id_, "title": "Rows are gone", "status": "active",
        "enter_when": ["Rows are gone"], "objective": "Back", "owner": "data",
        "roles": {"operator": "team:data"}, "steps": steps, "exception": "hold",
        "failure_modes": modes, "review": Review(every=90 * DAY, last_on=date(2026, 11, 1), by="ana"),
    }  # fmt: skip
    return Runbook.model_validate(whole | changes)


def asset(**changes: Any) -> Asset:  # noqa: ANN401  (fields of any type)
    full = Protection(id="full", method="pg_dump", every=timedelta(hours=1), target="s3")
    whole: dict[str, Any] = {
        "id": "orders-db", "name": "Orders", "type": "postgres", "tier": 1, "owner": "data", "rpo": timedelta(hours=2),
        "rto": timedelta(hours=4), "protection": (full,), "triggers": (Trigger(missed="full"),),
        "runbooks": ("restore", "other"), "ladder": "db", "depends_on": ("s3",),
        "contacts": (Contact(who="The vendor", phone="+1 555 0100"),),
    }  # fmt: skip
    return Asset(**(whole | changes))


def catalogue(one: Asset | None = None, **changes: Any) -> Catalogue:  # noqa: ANN401  (fields of any type)
    people = {
        "ana": Person(id="ana", name="Ana", slack="U0ANA", joined=date(2020, 1, 1)),
        "ben": Person(id="ben", name="Ben", slack="U0BEN", joined=date(2026, 9, 1)),
    }
    rungs = (Rung(after=timedelta(0), tell=("person:ana",)), Rung(after=10 * DAY / 1440, tell=("team:data",)))
    whole: dict[str, Any] = {
        "assets": {"orders-db": one or asset()}, "people": people,
        "teams": {"data": Team(id="data", members=("ana", "ben"))},
        "ladders": {"db": Ladder(id="db", rungs=rungs)},
        "resources": {"s3": Resource(id="s3", kind="storage", name="S3", check=ResourceCheck(tcp="s3:443"))},
    }  # fmt: skip
    return Catalogue(**(whole | changes))


def run(ref: str = "ORDERS-2", days: float = 20, hours: float = 2, **changes: Any) -> RunFact:  # noqa: ANN401  (fields of any type)
    """A drill of so many days ago that took so many hours."""
    began = NOW - days * DAY
    whole: dict[str, Any] = {
        "ref": ref, "asset": "orders-db", "runbook": "restore", "digest": "d-restore", "mode": "drill",
        "outcome": "recovered", "started_at": began, "ended_at": began + timedelta(hours=hours),
        "rto": timedelta(hours=4), "people": frozenset({"ana"}), "vias": frozenset({"slack"}),
    }  # fmt: skip
    return RunFact(**(whole | changes))


def well(minutes: float = 30) -> Standing:
    """A protection of which all is well, and a restore was tried."""
    point = Point(NOW - timedelta(minutes=minutes), NOW, good=True)
    return Standing(
        every=timedelta(hours=1), places=("s3",), copies=(Copies("s3", NOW - DAY, (point,)),), heard_at=NOW,
        test=LastTry(NOW - DAY, worked=True, seconds=60),
    )  # fmt: skip


def facts(**changes: Any) -> ReadinessFacts:  # noqa: ANN401  (fields of any type)
    """All is well: a drill, a second runbook that was walked, a new member who took part in it, a live run."""
    of_ben = run("ORDERS-1", days=70, runbook="other", digest="d-other", people=frozenset({"ben"}))
    live = run("ORDERS-3", days=10, mode="live", people=frozenset({"ana", "ben"}), follow_ups=1, done=1)
    books = {one: book(one) for one in ("restore", "other")}
    begun = run("ORDERS-0", days=120, mode="training")
    whole: dict[str, Any] = {
        "at": NOW, "catalogue": catalogue(), "books": books, "digests": {one: f"d-{one}" for one in books},
        "served_at": dict.fromkeys(books, NOW - 2 * DAY), "runs": {"orders-db": (live, run(), of_ben, begun)},
        "standing": {"orders-db/full": well()}, "pack_at": NOW - DAY,
    }  # fmt: skip
    return leaning(ReadinessFacts(**(whole | changes)))


def leaning(found: ReadinessFacts) -> ReadinessFacts:
    """The same facts, with what is reckoned from the runbooks."""
    return replace(found, leaning={id_: tuple(leaning_exits(one)) for id_, one in found.books.items()})


def with_asset(found: ReadinessFacts, **changes: Any) -> ReadinessFacts:  # noqa: ANN401  (fields of any type)
    """The same facts after an edit of the asset."""
    known = found.catalogue.assets["orders-db"]
    return replace(
        found, catalogue=found.catalogue.model_copy(update={"assets": {"orders-db": known.model_copy(update=changes)}})
    )


def with_book(found: ReadinessFacts, **changes: Any) -> ReadinessFacts:  # noqa: ANN401  (fields of any type)
    """The same facts after an edit of the first runbook; its digest is another one then."""
    edited = found.books["restore"].model_copy(update=changes)
    digests = {**found.digests, "restore": "d-edited"}
    return leaning(replace(found, books={**found.books, "restore": edited}, digests=digests))
