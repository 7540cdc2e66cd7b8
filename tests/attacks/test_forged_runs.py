"""Records that were written by hand: the chain is sound, and the story is a lie."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from bot.cli import main
from bot.engine.audit import find_unlawful
from bot.engine.travel import export_run, import_run
from bot.journal.chain import Record, canonical, link
from bot.journal.database import for_writing
from bot.run.commands import AddNote, Refused
from bot.run.events import (
    Begun,
    Ended,
    Event,
    GlassBroken,
    GlassReviewed,
    Noted,
    Signed,
    SignoffApproved,
    StepEntered,
    StepFinished,
    TookOver,
)  # fmt: skip
from bot.run.places import AwaitingSignature
from bot.run.situation import Stamp
from bot.wiring.house import House
from tests.attacks.test_two_people import BOOK, asked
from tests.cli.test_record import RUNBOOKS, start
from tests.story import Story

LIES: list[tuple[Event, str, str]] = [
    (Begun("change", 1, "rm -rf /"), "ana", "The run is not at that step"),
    (StepEntered("change", 1, "ask", "approved"), "dora", "the run was not on its way there"),
    (Signed("ask", 1, "DIGEST", "7"), "ana", "ana could not sign this"),
    (Signed("ask", 1, "DIGEST", "7"), "eve", "eve could not sign this"),
    (Signed("ask", 1, "0" * 64, "7"), "dora", "this was not asked to be signed"),
    (SignoffApproved("ask", 1, "DIGEST", ("dora",), None), "dora", "the signatures that it counts are not there"),
    (SignoffApproved("change", 1, "DIGEST", ("dora",), None), "dora", "this was not asked to be signed"),
    (GlassBroken("ask", 1, "DIGEST", "Now", None), "chen", "had not been asked for in vain"),
    (StepFinished("change", 1, "ok"), "ana", "The run is not at that step"),
    (TookOver("ana"), "eve", "refuses this to eve: Taking over is for"),
]


def unlawful(story: Story, *lies: tuple[Event, str]) -> list[str]:
    """What is said of a story to which somebody has added some events by hand."""
    happened = [(seq, event, stamp) for seq, (event, stamp) in enumerate(story.history, 1)]
    for event, by in lies:
        happened.append((len(happened) + 1, event, Stamp(story.at, by, "slack")))
    return [one.why for one in find_unlawful("run-1", story.book, happened)]


@pytest.mark.parametrize(("lie", "by", "said"), LIES)
def test_what_no_command_leads_to_is_named(lie: Event, by: str, said: str) -> None:
    story = asked()
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    if isinstance(lie, Signed | SignoffApproved | GlassBroken) and lie.digest == "DIGEST":
        lie = replace(lie, digest=here.digest)
    assert unlawful(story) == []
    (why,) = unlawful(story, (lie, by))
    assert said in why


def test_nothing_follows_the_end_but_words_and_reviews() -> None:
    story = asked().sign("dora", "7").begin("ana", "orders-db").done()
    assert story.run.over
    assert unlawful(story, (Noted("And then"), "ana")) == []
    assert unlawful(story, (Ended("aborted", None), "ana")) == ["the run had ended before."]


def test_whoever_operated_does_not_review_their_own_glass() -> None:
    assert unlawful(asked(), (GlassReviewed("Fine"), "ana")) == [
        "Handrail refuses this to ana: You have operated this run, so somebody else has to review it."
    ]


@pytest.mark.parametrize("signer", ["ben", "dora"])
def test_what_the_rules_let_happen_is_never_named(signer: str) -> None:
    """A whole recovery with a refusal, a correction, an expiry and a new request."""
    story = asked().sign("ana", "7").correct("rows", "8").sign(signer, "8").later(hours=2).begin("ana", "orders-db")
    story.at_step("ask").sign(signer, "8").begin("ana", "orders-db").done()
    assert story.run.over
    assert story.book.id == Story(BOOK).book.id
    assert unlawful(story) == []


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{tmp_path}/record.db", "HANDRAIL_RUNBOOKS": str(RUNBOOKS)}


@pytest.fixture
def house(environment: dict[str, str]) -> Iterator[House]:
    house = House(environment)
    yield house
    house.close()


def forge(file: Path, **changes: object) -> None:
    """Change the last record of an export and make its link anew, as a forger would."""
    header, *lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    last = lines[-1] | changes
    last["hash"] = header["hash"] = link(last["prev"], _record_of(last))
    said = [header, *lines[:-1], last]
    file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in said), encoding="utf-8")


def _record_of(line: dict[str, object]) -> Record:
    at = datetime.fromisoformat(str(line["at"]))
    said = [str(line[name]) for name in ("by", "via", "kind")]
    body, prev = canonical(line["body"]), str(line["prev"])
    return Record(str(line["run_id"]), int(str(line["seq"])), at, said[0], said[1], said[2], body, prev, "", {})


def test_a_forged_file_is_refused_and_as_evidence_it_is_marked_for_ever(
    environment: dict[str, str], house: House, tmp_path: Path
) -> None:
    """Its chain holds; what it tells did not happen."""
    run_id = start(house)
    house.handler().handle(run_id, AddNote("Look"), "ben", "slack")
    file = tmp_path / "run.jsonl"
    CliRunner().invoke(main, ["export", "ORDERS-1", "--output", str(file)], env=environment)
    sound = file.read_text(encoding="utf-8")
    forge(file, kind="took-over", by="mallory", body={"before": "ana"}, words={})
    other = environment | {"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"}
    refused = CliRunner().invoke(main, ["import", str(file)], env=other)
    assert refused.exit_code == 2
    assert "It breaks the law: Record " in refused.output
    assert "Handrail refuses this to mallory" in refused.output
    assert "handrail import --as-evidence run.jsonl" in refused.output
    assert "No run" in CliRunner().invoke(main, ["runs", "--all"], env=other).output
    here = CliRunner().invoke(main, ["import", "--as-evidence", str(file)], env=environment)
    assert here.exit_code == 2
    assert "is not the one in the file" in here.output
    taken = CliRunner().invoke(main, ["import", "--as-evidence", str(file)], env=other)
    assert taken.exit_code == 0, taken.output
    assert "Do not trust this record" in taken.output
    assert "marked as evidence for ever" in taken.output
    assert "imported as evidence: it breaks the law" in CliRunner().invoke(main, ["runs", "--all"], env=other).output
    assert "As evidence: it breaks the law." in CliRunner().invoke(main, ["log", "ORDERS-1"], env=other).output
    told = CliRunner().invoke(main, ["verify"], env=other)
    assert told.exit_code == 1
    assert "Handrail refuses this to mallory" in told.output
    assert "✓ ledger  1 entries" in told.output
    third = environment | {"DATABASE_URL": f"sqlite:///{tmp_path}/third.db"}
    file.write_text(sound, encoding="utf-8")
    lawful = CliRunner().invoke(main, ["import", "--as-evidence", str(file)], env=third)
    assert "evidence" not in lawful.output
    assert "evidence" not in CliRunner().invoke(main, ["runs", "--all"], env=third).output


def test_evidence_is_never_driven(environment: dict[str, str], house: House, tmp_path: Path) -> None:
    """As any run that came in, it is read here; nobody's press changes it, and no clock looks at it."""
    run_id = start(house)
    file = tmp_path / "run.jsonl"
    CliRunner().invoke(main, ["export", "ORDERS-1", "--output", str(file)], env=environment)
    forge(file, kind="took-over", by="mallory", body={"before": "ana"}, words={})
    other = environment | {"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"}
    away = House(other)
    lines = file.read_text(encoding="utf-8").splitlines()
    stamp = Stamp(datetime.now(UTC), "unverified: root", "import")
    taken = import_run(away.journal(), away.handler().book, lines, stamp, "run.jsonl", as_evidence=True)
    assert taken.unlawful
    with pytest.raises(Refused, match="was imported"):
        away.handler().handle(run_id, AddNote("Now it is ours"), "ana", "slack")
    assert away.journal().next_due() is None
    (arrival,) = away.journal().arrivals(run_id)
    assert arrival.evidence is True
    for format_, said in (
        ("html", "Imported as evidence"), ("md", "Imported as evidence"), ("postmortem", "Imported as evidence"),
        ("json", '"breaks_law":true'), ("csv", ",yes\n"),
    ):  # fmt: skip
        told = CliRunner().invoke(main, ["export", "ORDERS-1", "--format", format_], env=other)
        assert said in told.output, format_
        here = CliRunner().invoke(main, ["export", "ORDERS-1", "--format", format_], env=environment)
        assert said not in here.output, format_
    since = ["--since", "2020-01-01", "--output", str(tmp_path / "audit")]
    assert "BREAKS THE LAW: imported as evidence" in CliRunner().invoke(main, ["evidence", *since], env=other).output
    assert "BREAKS" not in CliRunner().invoke(main, ["evidence", *since], env=environment).output
    row = away.journal().run_row(run_id)
    assert row is not None
    header = json.loads(next(iter(export_run(away.journal(), row, stamp.at))))
    assert header["arrivals"][0]["evidence"] is True
    away.close()


def test_a_record_of_an_unknown_kind_keeps_a_file_out(
    environment: dict[str, str], house: House, tmp_path: Path
) -> None:
    """What this version cannot read it cannot judge; a newer one takes it in."""
    start(house)
    file = tmp_path / "run.jsonl"
    CliRunner().invoke(main, ["export", "ORDERS-1", "--output", str(file)], env=environment)
    forge(file, kind="levitated", by="ana", body={}, words={})
    other = environment | {"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"}
    for arguments in (["import", str(file)], ["import", "--as-evidence", str(file)]):
        refused = CliRunner().invoke(main, arguments, env=other)
        assert refused.exit_code == 2
        assert "levitated" in refused.output
    assert "No run" in CliRunner().invoke(main, ["runs", "--all"], env=other).output


def test_a_mark_of_evidence_that_somebody_rubbed_out_is_missed(
    environment: dict[str, str], house: House, tmp_path: Path
) -> None:
    start(house)
    file = tmp_path / "run.jsonl"
    CliRunner().invoke(main, ["export", "ORDERS-1", "--output", str(file)], env=environment)
    forge(file, kind="took-over", by="mallory", body={"before": "ana"}, words={})
    other = environment | {"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"}
    assert CliRunner().invoke(main, ["import", "--as-evidence", str(file)], env=other).exit_code == 0
    away = House(other)
    with for_writing(away.engine).begin() as connection:
        connection.execute(text("DROP TRIGGER arrival_no_update"))
        connection.execute(text("UPDATE arrival SET evidence = NULL"))
    told = CliRunner().invoke(main, ["verify"], env=other)
    away.close()
    assert "ORDERS-1 is marked as evidence otherwise than in the ledger (entry 1 of the ledger)" in told.output


def test_one_record_of_an_unknown_kind_does_not_switch_the_audit_off(
    environment: dict[str, str], house: House, tmp_path: Path
) -> None:
    """Judged is all that comes before it; that the rest cannot be is said, and counts as a fault."""
    run_id = start(house)
    journal = house.journal()
    last = journal.records(run_id)[-1]
    lie = Stamp(last.at, "mallory", "slack")
    forged = Record(run_id, last.seq + 1, lie.at, lie.by, lie.via, "took-over", '{"before":"ana"}', last.hash, "", {})
    forged = forged._replace(hash=link(last.hash, forged))
    newer = Record(run_id, last.seq + 2, lie.at, lie.by, lie.via, "levitated", "{}", forged.hash, "", {})
    newer = newer._replace(hash=link(forged.hash, newer))

    def write(*records: Record) -> None:
        journal.write(lambda transaction: transaction.add_records(list(records)))
        moved = text("UPDATE run SET head = :head, hash = :hash")
        with for_writing(house.engine).begin() as connection:
            connection.execute(moved, {"head": records[-1].seq, "hash": records[-1].hash})

    write(forged, newer)
    told = CliRunner().invoke(main, ["verify"], env=environment)
    assert told.exit_code == 1
    assert (
        f"Record {forged.seq} cannot have happened: Handrail refuses this to mallory: Handrail does not know you"
        in told.output
    )
    assert "What comes before it was judged, the rest cannot be." in told.output
    assert "levitated" in told.output


def test_a_record_of_an_unknown_kind_alone_is_a_fault(environment: dict[str, str], house: House) -> None:
    run_id = start(house)
    journal = house.journal()
    last = journal.records(run_id)[-1]
    newer = Record(run_id, last.seq + 1, last.at, "ana", "slack", "levitated", "{}", last.hash, "", {})
    newer = newer._replace(hash=link(last.hash, newer))
    journal.write(lambda transaction: transaction.add_records([newer]))
    with for_writing(house.engine).begin() as connection:
        moved = text("UPDATE run SET head = :head, hash = :hash")
        connection.execute(moved, {"head": newer.seq, "hash": newer.hash})
    told = CliRunner().invoke(main, ["verify"], env=environment)
    assert told.exit_code == 1
    assert "the rest cannot be" in told.output


@pytest.mark.parametrize("ref", ["\x1b]0;owned\x07", "ORDERS-1\n✓ all is well", "<!channel>", "", "x" * 300])
def test_a_name_that_handrail_never_gives_is_not_taken_in(
    environment: dict[str, str], house: House, tmp_path: Path, ref: str
) -> None:
    start(house)
    file = tmp_path / "run.jsonl"
    CliRunner().invoke(main, ["export", "ORDERS-1", "--output", str(file)], env=environment)
    header, first, *_ = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    first["body"]["ref"] = ref
    first["hash"] = header["hash"] = link(first["prev"], _record_of(first))
    said = [header | {"head": 1, "ref": ref}, first]
    file.write_text("".join(json.dumps(one) + "\n" for one in said), encoding="utf-8")
    other = environment | {"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"}
    taken = CliRunner().invoke(main, ["import", str(file)], env=other)
    assert taken.exit_code == 2, taken.output
    assert "is not one that Handrail gives" in taken.output
