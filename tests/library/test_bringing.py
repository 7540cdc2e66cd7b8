"""Assets and people that others list already: read as they write them, merged as people want it."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.format.catalogue import Catalogue
from bot.library.bringing.backstage import read_backstage
from bot.library.bringing.directory import read_groups
from bot.library.bringing.entries import Brought, NotBrought, length_of, settle, tier_of
from bot.library.bringing.merging import Base, Merged, complete, first_text, merge
from bot.library.bringing.table import TEMPLATE, read_table
from bot.library.check import check_files

KNOWN = {"teams": ["dba"], "resources": ["vault"], "runbooks": ["restore"], "ladders": ["database"]}
FALLBACK = {"type": "service", "tier": 3, "owner": "dba"}
TABLE = """\
Asset;Kind;Tier;Team;RPO;RTO;Aliases;Runbook;Dependencies;Fact host;Cost centre
Orders DB;postgres;1;dba;5 min;4 hours;orders, pg-orders;restore;vault;pg-1;7
Billing DB;postgres;P2;dba;;4h;;restore, none;vault, backup bucket;pg-2;7
Archive;postgres;;dba;soon;1d;;;;;
;;;;;;;;;;
;x;;;;;;;;;
"""


def read(text: str = TABLE) -> Brought:
    brought = read_table(text, "assets.csv")
    settle(brought, KNOWN)
    return brought


def written(brought: Brought) -> str:
    complete(brought, "", FALLBACK)
    return first_text(brought, FALLBACK, "")


def loaded(text: str) -> dict[str, dict[str, object]]:
    """The assets of a file that loads, as they count."""
    people = b"schema: people/v1\npeople: [{id: ana, name: Ana, slack: U0ANA}]\nteams: [{id: dba, members: [ana]}]\n"
    rest = b"schema: resources/v1\nresources: [{id: vault, kind: storage, name: Vault}]\n"
    book = b"schema: runbook/v1\nid: restore\ntitle: Restore\nsteps: [{do: Look}]\n"
    files = [("a/file.yaml", text.encode()), ("p.yaml", people), ("r.yaml", rest), ("b.yaml", book)]
    report = check_files(files)
    assert report.errors == 0, (report.problems, text)
    models = [one.model.model_dump(mode="json") for one in report.documents["a/file.yaml"] if one.model]
    return {asset["id"]: asset for model in models for asset in model.get("assets", ()) if "id" in asset}


def test_a_table_is_read_as_inventories_write_it() -> None:
    """Other names of columns, tiers and times in words, lists in a cell; what nobody can read is said by its line."""
    brought = read()
    assets = brought.entries["assets"]
    assert assets["orders-db"] == {
        "name": "Orders DB", "type": "postgres", "tier": 1, "owner": "dba", "rpo": "5m", "rto": "4h",
        "aliases": ["orders", "pg-orders"], "runbooks": ["restore"], "depends_on": ["vault"], "facts": {"host": "pg-1"},
    }  # fmt: skip
    assert (assets["billing-db"]["tier"], assets["billing-db"]["runbooks"]) == (2, ["restore"])
    assert brought.entries["resources"] == {"backup-bucket": {"kind": "storage", "name": "backup-bucket"}}
    assert brought.unsaid == {"rpo": ["billing-db", "archive"], "tier": ["archive"]}
    assert brought.remarks == [
        "assets.csv: not used: “Cost centre”. A column that is called `fact NAME` becomes a fact.",
        "assets.csv:6: neither an id nor a name; left out.",
        "assets.csv, line 4: rpo “soon” is not a length of time such as 15m, 4h or 1d; left out.",
        "billing-db: there is no runbook none here; left out.",
        "Nobody describes backup-bucket: it stands as a resource of kind storage.",
    ]


def test_the_template_is_a_table_that_loads() -> None:
    brought = read_table(TEMPLATE, "template.csv")
    settle(brought, {**KNOWN, "teams": []})
    assert loaded(written(brought))["orders-db"]["rto"] == "4h"
    with pytest.raises(NotBrought, match="no column `id` or `name`"):
        read_table("x,y\n1,2\n", "x.csv")


@pytest.mark.parametrize(
    ("said", "length"),
    [("5m", "5m"), ("4 hours", "4h"), ("90 Min.", "90m"), ("1 day", "1d"), ("2 weeks", "14d"), ("30", ""), ("soon", ""),
     ("-5m", ""), ("1.5h", "")],
)  # fmt: skip
def test_lengths_of_time_are_read_as_people_write_them(said: str, length: str) -> None:
    assert length_of(said) == length


@pytest.mark.parametrize(
    ("said", "tier"),
    [("1", 1), ("Tier 2", 2), ("P3", 3), ("critical", 1), ("High", 2), ("4", None), ("12", None), ("?", None)],
)
def test_tiers_are_read_as_people_write_them(said: str, tier: int | None) -> None:
    assert tier_of(said) == tier


ENTITIES = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: checkout
  title: Checkout
  annotations: {example.com/tier: "1"}
  links: [{url: "https://grafana.example.com/d/1", title: Dashboard}, {url: "javascript:x", title: Bad}]
spec: {type: service, lifecycle: production, owner: "group:default/payments", dependsOn: ["resource:checkout-db", "component:default/ledger"]}
---
{apiVersion: backstage.io/v1beta1, kind: Resource, metadata: {name: checkout-db}, spec: {type: database, owner: payments}}
---
{apiVersion: backstage.io/v1alpha1, kind: Component, metadata: {name: old}, spec: {lifecycle: deprecated, owner: payments}}
---
{apiVersion: backstage.io/v1alpha1, kind: Component, metadata: {name: mine}, spec: {type: tool, owner: "user:ana.ruiz"}}
---
{apiVersion: backstage.io/v1alpha1, kind: API, metadata: {name: checkout-api}, spec: {owner: payments}}
---
{apiVersion: backstage.io/v1alpha1, kind: Group, metadata: {name: payments}, spec: {profile: {displayName: Payments}, members: [zoe]}}
---
{apiVersion: backstage.io/v1alpha1, kind: User, metadata: {name: ana.ruiz}, spec: {profile: {displayName: Ana Ruiz, email: ana@example.com}, memberOf: [payments]}}
"""  # noqa: E501  (as Backstage writes them)


def test_entities_of_backstage_become_assets_teams_and_people() -> None:
    """Owners, what they depend on, links; an entity that nothing recovers, or nobody describes, is named."""
    brought = read_backstage(ENTITIES, "catalog-info.yaml")
    settle(brought, {**KNOWN, "teams": []})
    assert brought.entries["assets"]["checkout"] == {
        "name": "Checkout", "type": "service", "tier": 1, "owner": "payments", "depends_on": ["checkout-db", "ledger"],
        "facts": {"dashboard": "https://grafana.example.com/d/1"},
    }  # fmt: skip
    assert list(brought.entries["assets"]) == ["checkout", "checkout-db", "mine"]
    assert brought.entries["resources"]["checkout-db"]["kind"] == "database"
    assert brought.entries["teams"] == {"payments": {"name": "Payments", "members": ["ana-ruiz"]}}
    assert brought.entries["people"] == {"ana-ruiz": {"name": "Ana Ruiz", "email": "ana@example.com"}}
    assert brought.unsaid["rto"] == ["checkout", "checkout-db", "mine"]
    said = "\n".join(brought.remarks)
    for words in (
        "Component old: its lifecycle is deprecated", "its owner user:ana.ruiz is a person", "API checkout-api: a kind",
        "nobody describes zoe", "Nobody describes ledger",
    ):  # fmt: skip
        assert words in said
    assert loaded(written(brought))["mine"]["owner"] == "dba"
    for bad in ("a: [", "a: b", "- x", "apiVersion: v1\nkind: Pod"):
        with pytest.raises(NotBrought):
            read_backstage(bad, "x.yaml")


def test_what_all_share_stands_once() -> None:
    rows = "".join(f"Orders {number},postgres,{1 if number else 2},dba,4h\n" for number in range(9))
    text = written(read(f"name,type,tier,owner,rto\n{rows}"))
    assert "  - {id: orders-3, name: Orders 3}\n" in text
    assert "  - {id: orders-0, name: Orders 0, tier: 2}\n" in text
    assert {(one["tier"], one["rto"], one["owner"]) for one in loaded(text).values()} == {
        (1, "4h", "dba"),
        (2, "4h", "dba"),
    }


def again(text: str, base: Base, table: str) -> Merged:
    brought = read(table)
    complete(brought, text, FALLBACK)
    return merge(text, base, brought, {})


def test_a_second_run_follows_the_list_and_leaves_what_people_changed() -> None:
    """New ones are added; what the file still says as it was brought follows; the rest stays, with its comments."""
    first = read()
    text = written(first)
    base = again(text, first.entries, TABLE).base
    assert again(text, base, TABLE).text == text, "the same list changes nothing"
    mine = text.replace("rto: 4h, aliases", "rto: 2h, aliases").replace("# Brought", "# Ours. Brought")
    mine = mine.replace("tier: 2", "tier: 1  # asked Dora\n    ") if "tier: 2\n" in mine else mine
    newer = (
        TABLE.replace("4 hours", "8 hours")
        .replace("pg-2;7", "pg-9;7")
        .replace("Archive;postgres;;dba;soon", "Archive;redis;;dba;1h")
    )
    newer += "Search DB;postgres;2;dba;1h;4h;;;;;\n"
    merged = again(mine, base, newer)
    assets = loaded(merged.text)
    assert assets["orders-db"]["rto"] == "2h"
    assert assets["billing-db"]["facts"] == {"host": "pg-9"}
    assert (assets["archive"]["type"], assets["archive"]["rpo"]) == ("redis", "1h")
    assert assets["search-db"]["name"] == "Search DB"
    assert merged.remarks == ["orders-db: rto is 2h in the file, and would be 8h; left as it is."]
    assert (merged.added, merged.changed) == (1, 2)
    assert "# Ours. Brought" in merged.text


def test_what_people_took_out_stays_out() -> None:
    """An entry, and a key of one; what the list no longer has stays in the file."""
    first = read()
    text = written(first)
    base = again(text, first.entries, TABLE).base
    lines = text.splitlines(keepends=True)
    without = (
        "".join(line for line in lines if "archive" not in line).replace("facts: {host: pg-2}", "").replace(", }", "}")
    )
    merged = again(without, base, TABLE)
    assert merged.text == without
    assert any(one.startswith("archive was taken out of the file") for one in merged.remarks)
    billing = next(line for line in TABLE.splitlines(keepends=True) if line.startswith("Billing"))
    shorter = again(text, base, TABLE.replace(billing, ""))
    assert shorter.text == text
    assert "No longer brought, and left in the file: billing-db." in shorter.remarks


def test_a_file_that_people_wrote_is_theirs() -> None:
    """Without a memory of an earlier run nothing that stands there is changed; what is missing is added below."""
    entry = "  - id: orders-db  # ours\n    name: Orders\n    type: pg\n    tier: 2\n    owner: dba\n"
    own = f"schema: assets/v1\nassets:\n{entry}"
    merged = again(own, {}, TABLE)
    assert merged.text.startswith(own)
    assert loaded(merged.text)["orders-db"]["tier"] == 2
    assert sorted(loaded(merged.text)) == ["archive", "billing-db", "orders-db"]
    assert "orders-db: tier is 2 in the file, and would be 1; left as it is." in merged.remarks


CELLS = st.text(st.sampled_from("aZ09 ,;:#'\"{}[]&*!|>%@`-_\t\u2028é<$\\"), max_size=12)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5))
@settings(max_examples=30)
def test_whatever_a_cell_holds_the_file_loads(rows: list[tuple[str, str, str]]) -> None:
    """A law: no cell breaks the YAML, and what it says is what the file says."""
    quoted = ["\t".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    brought = read("name\ttype\tfact host\n" + "\n".join(quoted) + "\n")
    assume(brought.entries["assets"])
    held = {id_: fields.get("facts") for id_, fields in brought.entries["assets"].items()}
    assert {id_: one.get("facts") or None for id_, one in loaded(written(brought)).items()} == held


GROUPS = [
    {"id": "S0DBA", "handle": "dba-team", "name": "Databases", "users": ["U0ANA", "U0BEN", "U0BOT", "U0GONE", "U0GUS"]}
]
USERS: dict[str, dict[str, Any]] = {
    "U0ANA": {"id": "U0ANA", "real_name": "Ana Ruiz", "tz": "Europe/Madrid", "profile": {"email": "ana@example.com"}},
    "U0BEN": {"id": "U0BEN", "real_name": "Ana Ruiz", "tz": "UTC", "profile": {}},
    "U0BOT": {"id": "U0BOT", "real_name": "Robot", "is_bot": True},
    "U0GONE": {"id": "U0GONE", "real_name": "Zoe", "deleted": True},
    "U0GUS": {"id": "U0GUS", "real_name": "Gus", "is_restricted": True},
}


def test_groups_of_slack_become_teams() -> None:
    """Whoever the catalogue knows keeps their id; bots, guests and those who left are named and left out."""
    brought = read_groups(GROUPS, USERS.__getitem__, Catalogue())
    assert brought.entries["teams"] == {
        "dba-team": {"name": "Databases", "slack_group": "S0DBA", "members": ["ana-ruiz", "ana-ruiz-2"]}
    }
    ana = {"name": "Ana Ruiz", "slack": "U0ANA", "email": "ana@example.com", "timezone": "Europe/Madrid"}
    assert brought.entries["people"]["ana-ruiz"] == ana
    assert [one.split(":")[0] for one in brought.remarks] == ["Robot", "Zoe", "Gus"]
    known = Catalogue.model_validate({
        "people": {"ana": {"id": "ana", "name": "Ana", "email": "Ana@example.com"}},
        "teams": {"dba": {"id": "dba", "slack_group": "S0DBA"}},
    })  # fmt: skip
    brought = read_groups(GROUPS, USERS.__getitem__, known)
    assert brought.entries["teams"]["dba"]["members"] == ["ana", "ana-ruiz"]
    assert list(brought.entries["people"]) == ["ana-ruiz"]


def test_the_worked_example_of_the_page_is_one() -> None:
    """What docs/bringing.md shows as a file is one that loads."""
    page = (Path(__file__).parent.parent.parent / "docs" / "bringing.md").read_text(encoding="utf-8")
    shown = page.split("```yaml\n", 1)[1].split("```", 1)[0]
    assert next(yaml.safe_load_all(shown))["schema"] == "defaults/v1"
    assert loaded(shown)
