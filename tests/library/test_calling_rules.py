"""Ladders reach people, and rotations leave nobody out."""

from tests.library.faulty import faulty, problems_of


@faulty('rungs: [{after: 0m, tell: ["team:data"]}, {after: 5m, tell: ["team:owners"]}]', file="more.yaml")
def test_a_ladder_has_two_rungs() -> None:
    """
    schema: people/v1
    ladders:
      - id: storage
        rungs: [{after: 0m, tell: ["team:data"]}]  # C8
    """


@faulty('tell: ["team:data"]', 'tell: ["team:owners"]', file="more.yaml")
def test_everybody_on_a_ladder_can_be_reached() -> None:
    """
    schema: people/v1
    people: [{id: zoe, name: Zoe, pager: ["env:ZOE_SMS"]}, {id: eva, name: Eva, email: eva@example.com}]
    teams: [{id: quiet, members: [eva]}]
    rotations: [{id: nightly, starts: "2026-01-05T09:00", turn: 7d, order: [zoe]}]
    ladders:
      - id: storage
        rungs:
          - after: 0m
            tell: ["team:quiet"]  # C9
          - after: 5m
            tell: ["rotation:nightly", "team:data"]  # C9
    """


def rung(via: str, *, own: str = "", team: str = "", slack: str = "") -> list[str]:
    """The rules that a ladder breaks whose first rung tells one person in some way."""
    first = f'{{after: 0m, tell: ["person:zoe"], via: [{via}]}}'
    text = f"""
schema: people/v1
people: [{{id: zoe, name: Zoe{slack}{own}}}]
teams: [{{id: night, members: [zoe]{team}}}]
ladders: [{{id: storage, rungs: [{first}, {{after: 5m, tell: ["team:data"]}}]}}]
"""
    return [one.rule for one in problems_of(text, file="more.yaml")]


def test_a_person_is_reached_in_the_way_that_the_rung_calls_by() -> None:
    """A Slack id is no pager, and a pager no Slack id; a team's channel reaches its people. One way is enough."""
    slack, own, team = ", slack: U0ZOE", ', pager: ["env:ZOE_SMS"]', ', pager: ["env:NIGHT"]'
    assert rung("slack", slack=slack) == []
    assert rung("slack", own=own) == ["C9"]
    assert rung("pager", slack=slack) == ["C9", "C13"]
    assert rung("pager", own=own) == rung("pager", team=team) == []
    assert rung("slack, pager") == ["C9"]
    assert rung("slack, pager", own=own) == []
    assert rung("slack, pager", slack=slack) == ["C13"]
    assert rung("slack, pager", slack=slack, team=team) == []


@faulty("via: [slack]", file="more.yaml")
def test_a_pager_leads_somewhere() -> None:
    """
    schema: people/v1
    ladders:
      - id: storage
        rungs:
          - after: 0m
            tell: ["team:data"]
            via: [slack, pager]  # C13
          - after: 5m
            tell: ["team:owners"]
    """


@faulty("- after: 0m", 'tell: ["person:ana", "person:ben"]', file="more.yaml")
def test_a_ladder_does_not_end_in_one_person() -> None:
    """
    schema: people/v1
    ladders:
      - id: storage
        rungs:
          - after: 0m  # C17
            tell: ["person:ana"]
          - after: 5m
            tell: ["person:ana"]  # C10
    """


@faulty('tell: ["rotation:weekly", "person:ben"]', file="more.yaml")
def test_a_rotation_is_one_person_at_a_time() -> None:
    """
    schema: people/v1
    rotations: [{id: weekly, team: data, starts: "2026-01-05T09:00", turn: 7d, order: [ana, ben]}]
    ladders:
      - id: storage
        rungs:
          - after: 0m
            tell: ["team:data"]
          - after: 5m
            tell: ["rotation:weekly"]  # C10
    """


def test_a_calendar_feed_is_not_taken_for_nobody() -> None:
    """Who stands in a feed is not known from the files, so a rung with one is not judged by the others on it."""
    feed = 'rotations: [{id: feed, ics: "env:FEED"}]\n'
    rungs = 'ladders: [{id: storage, rungs: [{after: 0m, tell: ["team:data"]}, {after: 5m, tell: [%s"person:ana"]}]}]'
    for more, rules in (('"rotation:feed", ', []), ("", ["C10"])):
        text = f"schema: people/v1\n{feed}{rungs % more}"
        assert [one.rule for one in problems_of(text, file="more.yaml")] == rules


@faulty('to: "2026-11-24T09:00+01:00"', 'to: "2026-11-25T09:00+01:00"', file="more.yaml")
def test_an_override_covers_some_time() -> None:
    """
    schema: people/v1
    rotations:
      - id: weekly
        starts: "2026-01-05T09:00"
        turn: 7d
        order: [ana, ben]
        overrides:
          - from: "2026-11-23T09:00+01:00"
            to: "2026-11-22T09:00+01:00"  # C14
            who: chen
          - from: "2026-11-24T09:00+01:00"
            to: "2026-11-24T08:00Z"  # C14
            who: chen
    """


@faulty('ics: "env:DBA_ICS"', file="more.yaml")
def test_a_feed_is_named_by_a_variable() -> None:
    """
    schema: people/v1
    rotations:
      - id: weekly
        team: data
        ics: https://calendar.example.com/secret-address.ics  # C15
    """


@faulty(
    file="more.yaml",
    swap=('{id: weekly, ics: "env:DBA_ICS"}', '{id: weekly, ics: "env:DBA_ICS", team: data}'),
)
def test_a_feed_has_people_behind_it() -> None:
    """
    schema: people/v1
    rotations: [{id: weekly, ics: "env:DBA_ICS"}]
    ladders:
      - id: storage
        rungs:
          - after: 0m
            tell: ["rotation:weekly"]  # C16
          - after: 5m
            tell: ["team:data"]
    """
