"""Who a Slack user is: known by team and user, and by nothing that somebody could write."""

import pytest

from bot.core.catalogue import Catalogue, Person
from bot.slack.people import People, sender_key

LISTED = Catalogue(
    people={
        "ana": Person(id="ana", name="Ana Ruiz", slack="U0ANA"),
        "far": Person(id="far", name="Far Away", slack="U0FAR", team_id="T0OTHER"),
        "twin": Person(id="twin", name="Twin", slack="U0ANA", team_id="T0OTHER"),
        "desk": Person(id="desk", name="No Slack"),
    }
)


@pytest.mark.parametrize(
    ("team", "user", "person"),
    [
        ("T0ACME", "U0ANA", "ana"),
        ("T0OTHER", "U0ANA", "twin"),
        ("T0OTHER", "U0FAR", "far"),
        ("T0ACME", "U0FAR", "slack:T0ACME/U0FAR"),
        ("T0THIRD", "U0ANA", "slack:T0THIRD/U0ANA"),
        ("T0ACME", "U0EVE", "slack:T0ACME/U0EVE"),
        ("T0ACME", "", "slack:T0ACME/"),
    ],
)
def test_a_person_is_known_by_team_and_user(team: str, user: str, person: str) -> None:
    """The same user id in another company's workspace is another person."""
    assert People(lambda: LISTED, lambda: "T0ACME").id_of(team, user) == person


def test_a_reload_of_the_catalogue_counts_at_once() -> None:
    held = [Catalogue()]
    people = People(lambda: held[0], lambda: "T0ACME")
    assert people.id_of("T0ACME", "U0ANA") == "slack:T0ACME/U0ANA"
    held[0] = LISTED
    assert people.id_of("T0ACME", "U0ANA") == "ana"


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        ({"user": {"id": "U1", "team_id": "T1"}, "team": {"id": "T2"}}, ("T1", "U1")),
        ({"user": {"id": "U1"}, "team": {"id": "T2"}}, ("T2", "U1")),
        ({"user": {"id": "U1"}, "team": None, "enterprise": {"id": "E1"}}, ("E1", "U1")),
        ({"user_id": "U1", "team_id": "T1", "text": "user_id=U2"}, ("T1", "U1")),
        ({"team_id": "T1", "event": {"user": "U1"}}, ("T1", "U1")),
        ({}, ("", "")),
    ],
)
def test_the_sender_stands_in_the_payload(payload: dict[str, object], key: tuple[str, str]) -> None:
    assert sender_key(payload) == key
