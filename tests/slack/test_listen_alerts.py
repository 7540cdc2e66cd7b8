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


def test_the_link_of_an_alert_or_the_id_of_a_runbook_opens_the_form_filled_in(office: Office) -> None:
    """`runbook_url`, pasted: Slack writes it between signs of its own. A link to nothing of ours starts nothing."""
    fire(office)
    person = office.person("ana")
    assert person.type("/recover <https://handrail.example.com/runbooks/rows-wrong/?asset=orders|the page>", "C0INC").ok
    assert person.modal().submit().ok, person.modal().errors
    assert (office.run.start.asset.id, office.run.start.runbook) == ("orders-db", "rows-wrong")
    assert "RowsWrong" in str(office.run.vars["damage_text"])
    assert person.type("/recover rows-gone", "C0INC").ok
    words = person.modal().words
    assert "Orders database" in words, "of three assets the one that has alerts"
    assert "Which asset?" not in words
    assert person.type("/recover https://evil.example/rows-wrong?asset=billing", "C0INC").ok
    assert "Orders database" in person.modal().words, "an asset that the runbook is not for is not believed"
    for strange in ("https://a.example/runbooks/nothing", "https://[::1", "ftp://x/rows-wrong", "a/rows-wrong"):
        assert person.type(f"/recover {strange}", "C0INC").ok
        assert "What changed?" not in person.modal().labels, strange


def test_the_link_of_an_alert_leads_where_its_source_says_and_closes_nothing(office: Office) -> None:
    link = "https://grafana.example/d/a_b?q=*~`x`|<!channel>&from=now-1h%7C"
    sent = Notice("grafana", "f1", "Rows", is_over=False, began=office.at, link=link)
    alerts = Streams(office.journal, ALERTS)
    alerts.change("orders-db/f1", lambda here: hear(here, sent, office.at), office.at, "token:1", "hook")
    asset = office.registry.catalogue.assets["orders-db"]
    card = alert_card([OnAsset(asset, office.context.alerts_of("orders-db"))])
    told = str(card.blocks)
    assert "<https://grafana.example/d/a_b?q=*~%60x%60%7C%3C!channel%3E&amp;from=now-1h%7C|Rows>" in told
