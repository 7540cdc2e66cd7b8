"""A start because of an alert, or of what is seen: the form comes filled in, and nothing starts before it is sent."""

from datetime import timedelta

from bot.journal.streams import ALERTS, Streams
from bot.notifier.messenger import Label
from bot.readiness.alert.rules import Notice, hear
from bot.render.alerts import OnAsset, alert_card, likely_book
from tests.slack.office import Office


def fire(office: Office, name: str = "RowsWrong", summary: str = "rows were changed by mistake") -> None:
    sent = Notice(
        "grafana", "f1", name, is_over=False, summary=summary, began=office.at - timedelta(minutes=20),
        link="https://grafana.example/f1",
    )  # fmt: skip
    alerts = Streams(office.journal, ALERTS)
    alerts.change("orders-db/f1", lambda here: hear(here, sent, office.at), office.at, "token:1", "hook")


def test_the_button_of_the_card_opens_the_start_form_filled_in_and_starts_nothing(office: Office) -> None:
    fire(office)
    asset = office.registry.catalogue.assets["orders-db"]
    card = alert_card([OnAsset(asset, office.context.alerts_of("orders-db"))])
    office.context.speaker.post("C0INC", card, Label("alerts", "C0INC:1"))
    person = office.person("ana")
    found, spot = person.find("Start a recovery of Orders database…", "C0INC")
    assert person.press_on(found, spot).ok
    modal = person.modal()
    assert office.changed == []
    assert modal.submit().ok, modal.errors
    run = office.run
    assert run.start.asset.id == "orders-db"
    assert run.start.runbook == "rows-wrong"
    assert "RowsWrong" in str(run.vars["damage_text"])
    assert "rows were changed by mistake" in str(run.vars["damage_text"])


def test_the_runbook_that_the_link_names_is_chosen_and_where_nothing_is_sure_none_is(office: Office) -> None:
    fire(office, "Odd", "nothing that any sign speaks of")
    books = [office.registry.runbooks[one] for one in ("rows-wrong", "rows-gone")]
    (alert,) = office.context.alerts_of("orders-db")
    assert likely_book(books, [alert]) is None
    assert likely_book(books[:1], [alert]) is books[0]


def test_what_is_seen_finds_the_asset_and_its_runbook(office: Office) -> None:
    person = office.person("ana")
    assert person.type("/recover rows were changed by mistake", "C0INC").ok
    modal = person.modal()
    assert "By what is seen" in modal.words
    assert "Did you mean" not in modal.words
    modal.press("Recover this")
    assert "What changed?" in person.modal().labels
    assert office.changed == []
