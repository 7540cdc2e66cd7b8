"""What there is against what is protected: by names, aliases and what restore points say that they hold."""

from datetime import timedelta
from pathlib import Path

from bot.format.catalogue import Asset, Catalogue, Protection
from bot.library.inventory import read_inventories
from bot.library.wording import Inventory
from bot.readiness.inventory import gaps_of
from bot.readiness.protection.state import Standing

CSV = """\
id,name,type
orders-db,Orders,postgres
billing_db,Billing,postgres
queue,Queue,postgres
new-db,New one,postgres
"""
BACKSTAGE = """
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: ledger, title: Ledger}
spec: {type: database, owner: group:data}
"""


def asset(id_: str, name: str, *, protected: bool) -> Asset:
    plan = Protection(id="full", method="pg_dump", every=timedelta(hours=1))
    return Asset(id=id_, name=name, type="postgres", tier=1, owner="data", protection=(plan,) if protected else ())


def test_what_is_in_no_protection_is_named_and_what_a_restore_point_holds_is_in_one(tmp_path: Path) -> None:
    (tmp_path / "databases.csv").write_text(CSV)
    (tmp_path / "catalog-info.yaml").write_text(BACKSTAGE)
    known = Catalogue(
        assets={
            "orders-db": asset("orders-db", "Orders", protected=True),
            "queue": asset("queue", "Queue", protected=False),
        }
    )
    wanted = [Inventory(of="databases", csv="databases.csv"), Inventory(of="resources", backstage="catalog-info.yaml")]
    listed = read_inventories(tmp_path, wanted)
    said = [one.what for one in gaps_of(known, {"orders-db/full": Standing(covers=("billing-db",))}, listed)]
    assert said[0] == "4 databases, 2 in no protection: queue, new-db. new-db is in no catalogue."
    assert said[1].startswith("1 resources, 1 in no protection: ledger.")
    but = [Inventory(of="databases", csv="databases.csv", but=("queue", "New one"))]
    assert (
        list(gaps_of(known, {"orders-db/full": Standing(covers=("billing-db",))}, read_inventories(tmp_path, but)))
        == []
    )


def test_a_list_that_is_not_there_or_lies_elsewhere_is_a_finding(tmp_path: Path) -> None:
    inside = tmp_path / "runbooks"
    inside.mkdir()
    (tmp_path / "secret.csv").write_text(CSV)
    (inside / "bad.csv").write_text("colour\nred\n")
    wanted = [Inventory(of="things", csv=one) for one in ("none.csv", "../secret.csv", "bad.csv")]
    told = [one.what for one in gaps_of(Catalogue(), {}, read_inventories(inside, wanted))]
    assert [one.partition(" cannot be read: ")[2][:20] for one in told] == [
        "No such file or dire", "it has to stand in t", "bad.csv has no colum",
    ]  # fmt: skip
