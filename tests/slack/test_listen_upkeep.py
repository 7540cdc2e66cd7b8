"""What people answer for themselves and for runbooks: recorded in their own name, refused to whoever may not."""

from bot.format.runbook import Runbook
from bot.journal.streams import PEOPLE, REVIEWS, Streams
from bot.notifier.messenger import Label
from bot.readiness.upkeep.events import VersionShown
from bot.readiness.upkeep.rules import QUESTIONS, contacts_of
from bot.render.message import Message
from bot.render.upkeep import contact_message, review_waits, version_message
from tests.slack.office import Office
from tests.slack.test_listen_oncall import told


def press(office: Office, name: str, label: str, message: Message) -> None:
    office.context.speaker.post("C0INC", message, Label("upkeep", f"C0INC:{label}"))
    person = office.person(name)
    found, spot = person.find(label, "C0INC")
    assert person.press_on(found, spot).ok


def book(office: Office) -> Runbook:
    return office.registry.runbooks["rows-wrong"]


def test_how_somebody_is_reached_is_confirmed_by_themselves_alone(office: Office) -> None:
    ana = office.registry.catalogue.people["ana"]
    people = Streams(office.journal, PEOPLE)
    card = contact_message(ana, contacts_of(ana), "catalogue.yaml:12")
    press(office, "ben", "Yes, this is right", card)
    assert "something else by now" in office.told("ben")[-1]
    assert people.states() == {}, "the button of somebody else says nothing"
    press(office, "ana", "Yes, this is right", card)
    assert people.state("ana").confirmed_of == contacts_of(ana)
    assert {one.by for one in people.history("ana")} == {"ana"}
    press(office, "gus", "Yes, this is right", card)
    assert "does not know you" in office.told("gus")[-1]


def test_a_version_is_read_by_whom_it_was_shown_to(office: Office) -> None:
    kept = office.registry.kept("rows-wrong")
    assert kept is not None
    message = version_message(book(office), kept.digest, (), "")
    press(office, "ana", "I have read it", message)
    assert "newer version" in office.told("ana")[-1]
    people = Streams(office.journal, PEOPLE)
    people.change("ana", lambda _: (VersionShown("rows-wrong", kept.digest),), office.at, "clock", "clock")
    assert "Read what is new in Rows were changed by mistake" in told(office, "mine")[1]
    press(office, "ana", "I have read it", message)
    assert people.state("ana").has_read("rows-wrong", kept.digest)
    assert told(office, "mine")[0].startswith("Nothing waits for you")


def test_a_review_is_a_short_walk_that_a_peer_signs(office: Office) -> None:
    person = office.person("ana")
    assert person.type("/recover review rows-wrong", "C0INC").ok
    modal = person.modal()
    assert "Last reviewed on 2026-11-01" in modal.words
    for question in [
        one for one in modal.labels if one.startswith(("Its steps", "The people", "The cred", "What changed"))
    ]:
        modal.fill(question, "Yes")
    modal.fill("What it leans on is there, and is all of it", "No")
    assert modal.submit().ok
    assert "Say what is not as it should be" in person.modal().words
    assert person.type("/recover review rows-wrong", "C0INC").ok
    modal = person.modal()
    for question in QUESTIONS.values():
        modal.fill(question, "Yes")
    modal.fill("What it leans on is there, and is all of it", "No")
    assert modal.submit().ok
    assert "Say what is not as it should be" in person.modal().words
    assert person.type("/recover review rows-wrong", "C0INC").ok
    modal = person.modal()
    for question in QUESTIONS.values():
        modal.fill(question, "Yes")
    assert modal.submit().ok
    reviews = Streams(office.journal, REVIEWS)
    waiting = reviews.state("rows-wrong").waiting
    assert waiting is not None
    assert (waiting.by, waiting.wrong) == ("ana", ())
    card = review_waits(book(office), waiting, "Ana Ruiz")
    press(office, "ana", "Sign the review", card)
    assert "You made this review" in office.told("ana")[-1]
    assert "Sign the review of Rows were changed by mistake, made by Ana Ruiz" in told(office, "mine", "ben")[1]
    press(office, "ben", "Sign the review", card)
    last = reviews.state("rows-wrong").last
    assert last is not None
    assert (last.by, last.signed_by) == ("ana", "ben")
    press(office, "chen", "Sign the review", card)
    assert "does not wait" in office.told("chen")[-1]
    assert office.person("ana").type("/recover review nothing", "C0INC").ok
    assert "There are: rows-gone, rows-wrong" in office.told("ana")[-1]


def test_mine_tells_signatures_and_what_one_operates(office: Office) -> None:
    office.to_ask()
    assert "you operate it" in told(office, "mine")[1]
    assert "sign “Approve the target”" in told(office, "mine", "dora")[1]
    assert "Nothing waits for you" in told(office, "mine", "chen")[0]
