"""The rules of alerts: deduplicated, replayed in vain, over, settled; which asset is meant; no clock but the test's."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.format.catalogue import Asset, Catalogue, Trigger
from bot.readiness.alert.events import AlertEvent, StartAsked, TriggerFired, Unplaced
from bot.readiness.alert.rules import Notice, ask, assets_of, end, hear, look, note
from bot.readiness.alert.state import NAMES, Alert, Triggers, evolve_alert, evolve_triggers

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def notice(began: float | None = 0, *, over: bool = False, delivery: str = "") -> Notice:
    return Notice("grafana", "f1", "DiskFull", over, began=None if began is None else at(began), delivery=delivery)


class Told:
    def __init__(self) -> None:
        self.here = Alert()

    def fold(self, events: tuple[AlertEvent, ...], minutes: float) -> list[str]:
        for event in events:
            self.here = evolve_alert(self.here, event, at(minutes))
        return [type(one).__name__ for one in events]

    def hears(self, minutes: float, one: Notice) -> list[str]:
        return self.fold(hear(self.here, one, at(minutes)), minutes)

    def looks(self, minutes: float) -> list[str]:
        return self.fold(look(self.here, at(minutes)), minutes)


def test_the_same_alert_is_one_however_often_it_is_said_and_ends_once() -> None:
    told = Told()
    assert told.hears(1, notice()) == ["Fired"]
    assert [told.hears(minute, notice()) for minute in (2, 30, 60)] == [[], [], []]
    assert told.hears(61, notice()) == ["HeardAgain"], "that it goes on is noted once an hour"
    assert told.here.since == at(0)
    assert told.hears(70, notice(over=True)) == ["Resolved"]
    assert told.hears(71, notice(over=True)) == []
    assert told.looks(79) == []
    assert told.looks(80) == ["Settled"]
    assert told.looks(9999) == []


def test_what_is_over_begins_again_by_a_later_beginning_and_never_by_a_replay() -> None:
    told = Told()
    told.hears(1, notice())
    told.hears(2, notice(over=True))
    assert told.hears(3, notice()) == [], "the delivery of then, sent once more"
    assert told.hears(4, notice(3.5)) == ["Fired"]
    assert told.hears(5, notice(over=True)) == [], "the end of the one before, delivered late"
    assert told.here.is_firing


def test_a_source_without_beginnings_is_told_apart_by_its_deliveries() -> None:
    told = Told()
    assert told.hears(1, notice(None, delivery="a")) == ["Fired"]
    assert told.hears(2, notice(None, over=True, delivery="b")) == ["Resolved"]
    assert told.hears(3, notice(None, delivery="a")) == []
    assert told.hears(4, notice(None, delivery="c")) == ["Fired"]


def test_what_nothing_was_heard_of_for_a_day_counts_as_over() -> None:
    told = Told()
    told.hears(0, notice())
    assert told.looks(24 * 60 - 1) == []
    assert told.looks(24 * 60) == ["WentQuiet"]
    assert told.looks(24 * 60 + 10) == ["Settled"]
    assert told.hears(48 * 60, notice()) == ["Fired"], "it went on after all: monitoring repeats what goes on"
    assert told.hears(48 * 60 + 1, notice(over=True)) == ["Resolved"]
    assert told.hears(48 * 60 + 2, notice()) == [], "what its source has ended does not begin by a replay"


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.sampled_from(["", "a", "b"])), max_size=8))
def test_whatever_was_delivered_delivered_again_changes_nothing(deliveries: list[tuple[int, bool, str]]) -> None:
    """Once it is over, no delivery of then begins it anew."""
    told = Told()
    sent = [notice(began, over=over, delivery=id_) for began, over, id_ in deliveries]
    for one in sent:
        told.hears(10, one)
    if not told.here.is_firing:
        newest = told.here.began
        for one in sent:
            if one.began is not None and newest is not None and one.began <= newest:
                assert told.hears(11, one) == []


def catalogue(**triggers: list[dict[str, str]]) -> Catalogue:
    return Catalogue(
        assets={
            id_: Asset(
                id=id_, name=id_, type="postgres", tier=1, owner="data",
                triggers=tuple(Trigger(alert=labels) for labels in of),
            )
            for id_, of in triggers.items()
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ({"service": "orders", "x": "y"}, ("orders",)),
        ({"service": "orders", "role": "archive"}, ("archive",)),
        ({"service": "both"}, ("orders", "archive")),
        ({"service": "Orders"}, ()),
        ({}, ()),
    ],
)
def test_the_asset_whose_trigger_says_most_of_the_labels_is_meant(
    labels: dict[str, str], found: tuple[str, ...]
) -> None:
    known = catalogue(
        orders=[{"service": "orders"}, {"service": "both"}],
        archive=[{"service": "orders", "role": "archive"}, {"service": "both"}],
        other=[],
    )
    assert assets_of(known, tuple(labels.items())) == found


def test_what_fired_is_noted_once_a_day_and_what_found_no_asset_too() -> None:
    (trigger,) = catalogue(orders=[{"service": "orders"}]).assets["orders"].triggers
    alert = Alert("grafana", "DiskFull", labels=(("service", "orders"), ("x", "1")))
    here = Triggers()
    (event,) = note(here, [trigger], alert, NOON)
    assert event == TriggerFired((("service", "orders"),), "DiskFull")
    here = evolve_triggers(here, event, NOON)
    assert note(here, [trigger], alert, at(60)) == ()
    assert note(here, [trigger], alert, at(24 * 60)) == (event,)
    (lost,) = note(Triggers(), None, alert, NOON)
    assert lost == Unplaced("grafana", "DiskFull", alert.labels)
    nowhere = evolve_triggers(Triggers(), lost, NOON)
    assert note(nowhere, None, alert, at(1)) == ()
    for number in range(NAMES + 5):
        nowhere = evolve_triggers(nowhere, Unplaced("grafana", str(number), ()), at(number))
    assert len(nowhere.heard) == NAMES


def test_a_channel_is_asked_once_until_all_is_quiet() -> None:
    here = evolve_triggers(Triggers(), StartAsked("C1:1"), NOON)
    assert (here.is_asked, ask(here, "C1:2")) == (True, ())
    (quiet,) = end(here)
    here = evolve_triggers(here, quiet, at(5))
    assert (here.is_asked, here.card, end(here)) == (False, "C1:1", ())
    assert ask(here, "C1:3") == (StartAsked("C1:3"),)
