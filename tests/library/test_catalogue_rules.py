"""Every name in the catalogue leads to something, and stands for one thing."""

from bot.library.check import check_files
from tests.library.faulty import CATALOGUE, HEAD, PLANTED, TAIL, faulty, problems_of

BOOK = f"{HEAD}\nsteps:\n  - {{id: look, do: Look, go: {{ok: stopped}}}}\n{TAIL}\n"


@faulty("teams: [{id: more, members: [ana]}]", file="more.yaml")
def test_an_id_is_unique_in_the_folder() -> None:
    """
    schema: people/v1
    teams: [{id: data, members: [ana]}]  # C1
    """


def test_two_files_with_one_runbook_id_are_both_named() -> None:
    PLANTED.add("C1")
    book = BOOK.encode()
    files = [("catalogue.yaml", CATALOGUE.encode()), ("a.yaml", book), ("b.yaml", book)]
    (found,) = check_files(files).problems
    assert (found.place, found.rule) == ("b.yaml:2:5", "C1")
    assert "a.yaml:2" in found.message


@faulty(
    "owner: data", "runbooks: [book]", "ladder: database", "depends_on: [bucket]", "target: bucket", file="more.yaml",
    catalogue=CATALOGUE + "---\n" + BOOK,
)  # fmt: skip
def test_what_an_asset_names_exists() -> None:
    """
    schema: assets/v1
    assets:
      - id: two
        name: Two
        type: pg
        tier: 3
        rpo: 1d
        rto: 8h
        owner: date  # C2
        runbooks: [bok]  # C2
        ladder: databse  # C2
        depends_on: [buckit]  # C2
        protection:
          - id: full
            method: Full backup
            every: 1d
            target: buckett  # C2
    """


@faulty("owner: data", "fallback: bucket", "depends_on: [orders-db]", file="more.yaml")
def test_what_a_resource_names_exists() -> None:
    """
    schema: resources/v1
    resources:
      - id: two
        kind: storage
        name: Two
        owner: date  # C2
        fallback: bukket  # C2
        depends_on: [orders]  # C2
    """


@faulty("members: [ana, ben]", "team: data", "order: [ana, ben]", "who: chen", file="more.yaml")
def test_who_is_named_in_teams_and_rotations_exists() -> None:
    """
    schema: people/v1
    teams:
      - id: more
        members: [ana, bob]  # C2
    rotations:
      - id: nightly
        team: date  # C2
        starts: "2026-01-05T09:00"
        turn: 7d
        order: [ana, zoe]  # C2
        overrides:
          - from: "2026-11-23T09:00+01:00"
            to: "2026-11-24T09:00+01:00"
            who: cheng  # C2
    """


@faulty('tell: ["team:data"]', 'tell: ["person:ana", "person:ben"]', file="more.yaml")
def test_a_rung_tells_somebody() -> None:
    """
    schema: people/v1
    ladders:
      - id: storage
        rungs:
          - after: 0m
            tell: ["team:storage"]  # C3
          - after: 10m
            tell: [ana]  # C3
    """


@faulty("timezone: Europe/Madrid", file="more.yaml")
def test_a_time_zone_is_known() -> None:
    """
    schema: people/v1
    people:
      - id: zoe
        name: Zoe
        timezone: Europe/Madird  # C4
    """


@faulty("tell_apart: [region]", file="more.yaml")
def test_what_tells_assets_apart_is_a_fact_of_them() -> None:
    """
    schema: assets/v1
    assets:
      - id: two
        name: Two
        type: pg
        tier: 3
        owner: data
        facts: {region: eu}
        tell_apart: [regoin]  # C19
    """


@faulty("- missed: wal", file="more.yaml")
def test_a_missed_protection_is_one_of_the_asset() -> None:
    """
    schema: assets/v1
    assets:
      - id: two
        name: Two
        type: pg
        tier: 3
        owner: data
        protection: [{id: wal, method: WAL archive, every: 5m}]
        triggers:
          - missed: full  # C5
    """


@faulty(
    swap=("owner: data", "owner: data\n    rpo: 1d\n    rto: 8h"),
    file="more.yaml",
    catalogue=CATALOGUE + "---\n" + BOOK,
)
def test_the_objectives_of_what_is_recovered_are_known() -> None:
    """
    schema: assets/v1
    assets:
      - id: two  # C6
        name: Two
        type: pg
        tier: 3
        owner: data
        runbooks: [book]
        depends_on: [bucket]
        facts: {host: pg-2}
        protection: [{id: full, method: Full backup, every: 1d}]
    """


def test_an_asset_that_no_active_runbook_recovers_is_left_in_peace() -> None:
    """A draft asks nothing of its asset yet; the same asset is asked once the runbook is active."""
    asset = "schema: assets/v1\nassets: [{id: two, name: Two, type: pg, tier: 3, owner: data, runbooks: [book]}]"
    for status, rules in (("draft", []), ("active", ["C6", "C7"])):
        catalogue = CATALOGUE + "---\n" + BOOK.replace("status: active", f"status: {status}")
        assert [one.rule for one in problems_of(asset, file="more.yaml", catalogue=catalogue)] == rules


@faulty(
    swap=("owner: data", "owner: data\n    depends_on: [bucket]"),
    file="more.yaml",
    catalogue=CATALOGUE + "---\n" + BOOK,
)
def test_what_a_recovery_leans_on_is_known() -> None:
    """
    schema: assets/v1
    assets:
      - id: two  # C7
        name: Two
        type: pg
        tier: 3
        owner: data
        runbooks: [book]
        rpo: 1d
        rto: 8h
        protection: [{id: full, method: Full backup, every: 1d}]
    """


@faulty(
    "rpo: 1d",
    "rpo: 1h",
    file="more.yaml",
    swap=(
        "owner: data\n    tier: 2",
        "owner: data\n    tier: 2\n    protection: [{id: wal, method: WAL archive, every: 30m, grace: 2h}]",
    ),
)
def test_a_protection_runs_as_often_as_data_may_be_lost() -> None:
    """
    schema: assets/v1
    assets:
      - id: two
        name: Two
        type: pg
        tier: 3
        owner: data
        rpo: 1h  # C11
        protection: [{id: full, method: Full backup, every: 1d}]
      - id: three
        name: Three
        type: pg
        owner: data
        tier: 2
        rpo: 1h  # C11
    """


@faulty("people: [{id: eve, name: Eve, slack: U0EVE}]", file="more.yaml")
def test_a_slack_account_is_one_person() -> None:
    """
    schema: people/v1
    people: [{id: eve, name: Eve, slack: U0ANA}]  # C12
    """


def test_nobody_is_called_as_the_clock_is() -> None:
    """Its hand is in the record; a person of that name would sign as Handrail itself."""
    (found,) = problems_of("schema: people/v1\npeople: [{id: clock, name: Eve, slack: U0EVE}]\n")
    assert (found.rule, found.severity) == ("S16", "error")
    assert "clock" in found.message


@faulty(
    "owner: data",
    'roles: {operator: "team:data"}',
    "ladder: database",
    "assets: {runbooks: [], depends_on: [bucket]}",
    file="defaults.yaml",
)
def test_what_a_folder_says_leads_somewhere() -> None:
    """
    schema: defaults/v1
    owner: date  # C18
    roles: {operator: "team:dota"}  # C18
    ladder: databse  # C18
    assets: {runbooks: [bok], depends_on: [bucket]}  # C18
    """
