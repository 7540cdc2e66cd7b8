"""Who a Slack user is: known by team and user, and by nothing that somebody could write."""

import pytest

from bot.format.catalogue import Catalogue, Person
from bot.slack.people import Grid, People, sender_key

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


EAST, ORG = "T0EAST", "E0ACME"
ON_GRID = Catalogue(
    people={
        "ana": Person(id="ana", name="Ana Ruiz", slack="U0ANA"),
        "ben": Person(id="ben", name="Ben Roe", slack="U0BEN", team_id=EAST),
        "chen": Person(id="chen", name="Chen Wu", slack="U0CHEN", team_id=ORG),
        "far": Person(id="far", name="Far Away", slack="U0FAR", team_id="T0OTHER"),
    }
)


def pressed(user: str, own: str, at: str | None, around: str = ORG) -> dict[str, object]:
    """A press as Slack sends it on Grid: `own` is the person's workspace, `at` where they pressed, null org-wide."""
    team = {"id": at, "enterprise_id": ORG} if at else None
    return {"user": {"id": user, "team_id": own}, "team": team, "enterprise": {"id": around}}


@pytest.mark.parametrize("user", ["U0ANA", "U0BEN", "U0CHEN"])
@pytest.mark.parametrize(
    ("own", "at"),
    [("T0ACME", "T0ACME"), (EAST, EAST), ("T0WEST", "T0WEST"), (EAST, None), ("T0ACME", None), (ORG, None)],
)
def test_on_grid_a_person_is_the_same_from_each_workspace_of_the_organisation(
    user: str, own: str, at: str | None
) -> None:
    """Whatever the catalogue names: nothing, a workspace of it, or the organisation itself."""
    people = People(lambda: ON_GRID, lambda: "T0ACME", lambda: Grid(ORG, frozenset({EAST})))
    assert people.sender_of(pressed(user, own, at)) == user.removeprefix("U0").lower()
    assert people.sender_of({"command": "/recover", "user_id": user, "team_id": EAST, "enterprise_id": ORG}) != ""


def test_on_grid_a_stranger_of_slack_connect_stays_one() -> None:
    """The installation is ours, the team beside the user is theirs; nor does another organisation's claim help."""
    people = People(lambda: ON_GRID, lambda: "T0ACME", lambda: Grid(ORG, frozenset({EAST})))
    for at in ("T0ACME", None):
        assert people.sender_of(pressed("U0ANA", "T0OTHER", at)) == "slack:T0OTHER/U0ANA"
    assert people.sender_of(pressed("U0ANA", EAST, EAST, around="E0THEIRS")) == "slack:T0EAST/U0ANA"
    assert people.sender_of(pressed("U0FAR", "T0OTHER", "T0ACME")) == "far", "whom the catalogue names is known"
    alone = People(lambda: ON_GRID, lambda: "T0ACME")
    assert alone.sender_of(pressed("U0ANA", EAST, EAST)) == "slack:T0EAST/U0ANA"


def test_whoever_is_not_listed_has_one_name_in_the_whole_organisation() -> None:
    people = People(lambda: ON_GRID, lambda: "T0ACME", lambda: Grid(ORG))
    names = {people.sender_of(pressed("U0EVE", own, own)) for own in ("T0ACME", EAST)}
    assert names == {"slack:E0ACME/U0EVE"}


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
