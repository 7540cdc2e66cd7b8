"""Every shipped runbook is walked to a good end, and along the failure that its readers fear most."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bot.format.runbook import Check, Signoff
from bot.run.calls.rules import calls_out
from bot.run.commands import Mismatch, Tick
from bot.run.places import AwaitingRuns
from tests.library.walking import SHELF, Cast, Walked

EARLIER = "2026-11-22T03:10:00+00:00"
LATER = "2026-11-22T03:40:00+00:00"
DATABASE = {"operator": "ana", "lead": "chen", "peer": "ben", "data_owner": "dora", "key_holder": "ben"}
STORAGE = {"operator": "dora", "lead": "chen", "peer": "chen", "data_owner": "ben", "key_holder": "ana"}
LABEL = "20261122-040003F"

FAILOVER = Cast(
    "postgres-failover", "orders-db", DATABASE, {"outage_seen": "pg-orders-1 is off, seen by Ana from two hosts."},
    answers={
        "down_since": LATER, "archive_timeline": "00000012", "standby_timeline": "00000012",
        "last_commit": "2026-11-22T03:39:58Z", "newest_seen": "2026-11-22T03:39:57+00:00",
        "rebuild_owner": "Ben, by Tuesday",
    },
    choices={"what_answers": "dead", "how_to_fence": "service"},
    signers={"approve_promotion": ("chen", "dora")},
)  # fmt: skip
DELETED = Cast(
    "s3-mass-delete", "customer-files", STORAGE, {"loss_seen": "Documents of last week answer 404, seen by Ben."},
    answers={
        "window_start": EARLIER, "window_end": LATER, "marker_count": "4200", "overwritten_count": "0",
        "markers_left": "0", "gone_count": "0", "opened": "5", "policy_statements": "1",
    },
    choices={
        "has_rules": "rules", "who_deleted": "key", "counts_right": "agree", "rules_safe": "safe",
        "choose_source": "replica", "what_is_missing": "lost",
    },
)  # fmt: skip
MISSED = Cast(
    "backup-missed", "orders-db", DATABASE, {"alarm_text": "Full backup of orders is 26 hours late."},
    answers={
        "wal_used": "41", "last_good": EARLIER, "backup_label": LABEL, "label_seen": LABEL,
        "gap_cause": "A stop file was left after the upgrade.",
    },
    choices={"what_is_late": "failed", "why_backup": "stopped"},
)  # fmt: skip
CREDENTIAL = Cast(
    "lost-credential", "orders-db", STORAGE | {"peer": "ana", "key_holder": "ben", "data_owner": "ben"},
    {"error_seen": "unable to decrypt backup.info"},
    answers={
        "what_was_lost": "passphrase", "key_state": "PendingDeletion", "stanza_code": "0", "newest_label": LABEL,
        "label_seen": LABEL, "rotate_by": "Dora, new repository by Friday",
    },
    signers={"approve_vault": ("ana", "chen"), "approve_cancel": ("ana",), "approve_enable": ("ben",)},
)  # fmt: skip
MACHINE = Cast(
    "vm-restore", "queue-machine", STORAGE, {"damage_seen": "The machine stops in the boot loader, seen by Dora."},
    answers={
        "volume": "pbs:backup/vm/120/2026-11-22T01:00:03Z", "image_time": "2026-11-22T01:00:03+00:00",
        "net_config": "virtio=BC:24:11:AA:BB:CC,bridge=vmbr0,firewall=1", "owner_seen": "The last message of Friday.",
    },
    choices={"what_broke": "dead", "compare_space": "fits"},
    signers={"approve_swap": ("chen", "ben")},
)  # fmt: skip
ITSELF = Cast(
    "handrail-itself", "handrail", DATABASE, {"outage_seen": "No answer to /recover since 14:00, seen by Ana."},
    answers={
        "copy_file": "record-20261122T0300Z.db", "copy_time": "2026-11-22T03:00:00+00:00", "newest_ref": "ORDERS-7",
        "heads_held": "ab" * 32,
    },
    choices={"go_on_without": "waiting", "what_is_wrong": "record"},
)  # fmt: skip
LAYERS = Cast(
    "service-lost", "web-shop",
    {"operator": "chen", "lead": "dora", "app_operator": "dora", "data_owner": "ben", "peer": "ana"},
    {"outage_seen": "A rack lost its power, seen by Chen."},
    answers={"matched": "Nothing was taken in between."},
    choices={"how_far": "platform", "which_database": "server", "under_load": "holds"},
    children={
        "restore_platform": ("recovered", {"image_time": "2026-11-22T01:00:03+00:00"}),
        "fail_over": ("recovered", {"primary": "pg-orders-2", "last_commit": LATER}),
    },
)  # fmt: skip
SITE = Cast(
    "site-lost", "north-site", {"operator": "chen", "lead": "dora", "data_owner": "ben", "peer": "ana"},
    {"outage_seen": "The building is without power, says the provider."},
    children={
        "machine": ("recovered", {"image_time": "2026-11-22T01:00:03+00:00"}),
        "database": ("recovered", {"primary": "pg-orders-2", "last_commit": LATER}),
    },
)  # fmt: skip
CASTS = (FAILOVER, DELETED, MISSED, CREDENTIAL, MACHINE, ITSELF, LAYERS, SITE)


@pytest.mark.parametrize("cast", CASTS, ids=lambda cast: cast.runbook)
def test_the_good_way_ends_recovered_in_a_bearable_number_of_steps(cast: Cast) -> None:
    walked = Walked(cast)
    assert walked.to_the_end() == "recovered", walked.visited
    least = 5 if cast is SITE else 12  # the teams of a site walk on their own
    assert least <= len(walked.visited) <= 30, walked.visited
    assert walked.book.exception not in walked.visited


@pytest.mark.parametrize("cast", CASTS, ids=lambda cast: cast.runbook)
def test_the_operator_signs_nothing_on_the_good_way(cast: Cast) -> None:
    """Every sign-off refuses whoever operates, and then counts from somebody else."""
    walked, signed = Walked(cast), 0
    while walked.tale.here is not None:
        step = walked.book.by_id[walked.tale.here]
        if isinstance(step, Signoff):
            signed += 1
            walked.tale.sign(cast.roles["operator"], str(walked.tale.value(step.readback or "") or ""))
            assert walked.tale.refusal is not None, f"{cast.roles['operator']} signed {step.id}"
            assert walked.tale.here == step.id
        walked.press()
    assert signed >= 1


@pytest.mark.parametrize("cast", CASTS, ids=lambda cast: cast.runbook)
@pytest.mark.parametrize(("button", "outcome"), [("stop", "escalated"), ("partial", "partial")])
def test_whoever_sees_something_else_holds_the_run_and_the_lead_ends_it_honestly(
    cast: Cast, button: str, outcome: str
) -> None:
    walked = Walked(cast)
    for _ in range(3):
        walked.press()
    walked.tale.at_visit(Mismatch, cast.roles["operator"], words="The host has another name.")
    walked.tale.at_step(walked.book.exception)
    walked.tale.choose("back", by=cast.roles["lead"]).at_visit(Mismatch, cast.roles["operator"])
    walked.tale.choose(button, by=cast.roles["lead"])
    assert walked.to_the_end() == outcome


@pytest.mark.parametrize("cast", CASTS, ids=lambda cast: cast.runbook)
def test_every_fact_that_a_text_names_is_a_fact_of_every_asset_that_uses_it(cast: Cast) -> None:
    kept = SHELF.kept(cast.runbook)
    assert kept is not None
    named = set(re.findall(r"\{\{ asset\.([a-z_]+)", kept.text)) - {"id", "name", "tier"}
    users = [one for one in SHELF.catalogue.assets.values() if cast.runbook in one.runbooks]
    assert named
    assert users
    for asset in users:
        assert named <= asset.facts.keys(), f"{asset.id} lacks {named - asset.facts.keys()}"


def test_a_standby_on_another_timeline_is_not_promoted() -> None:
    """The archive is on timeline 0x12, the standby on 0x11, both as they are seen: the run holds before it fences."""
    walked = Walked(FAILOVER).until("compare_timelines")
    walked.press(standby_timeline="00000011")
    walked.tale.at_step("hold")
    walked.tale.choose("stop", by="chen")
    assert walked.to_the_end() == "escalated"
    assert "close_pooler" not in walked.visited


def test_a_primary_that_nobody_can_log_in_to_loses_its_power_before_the_promotion() -> None:
    walked = Walked(FAILOVER).until("how_to_fence")
    walked.press({"how_to_fence": "power"})
    walked.until("approve_promotion")
    assert walked.visited[-5:] == ["power_off", "power_is_off", "old_is_silent", "replay_rest", "read_last_commit"]


def test_an_old_primary_that_still_answers_stops_the_failover() -> None:
    walked = Walked(FAILOVER).until("old_is_silent").problem()
    walked.tale.at_step("hold")


def test_a_primary_that_works_is_left_alone() -> None:
    walked = Walked(FAILOVER)
    walked.press({"what_answers": "alive"})
    assert walked.to_the_end() == "not_applicable"
    assert walked.visited == ["what_answers"]


def test_markers_that_stay_are_tried_again_and_then_given_to_the_lead() -> None:
    walked = Walked(DELETED).until("markers_left")
    walked.press(markers_left="17")
    walked.tale.at_step("why_left")
    walked.press({"why_left": "slow"})
    # The signature covered one start of what destroys: another one is signed anew.
    walked.tale.at_step("approve_undelete")
    walked.until("markers_left").press(markers_left="17")
    walked.press({"why_left": "denied"})
    walked.tale.at_step("hold")


def test_a_list_that_names_a_data_version_is_written_anew_before_anybody_signs_for_it() -> None:
    walked = Walked(DELETED).until("only_markers").problem()
    walked.tale.at_step("list_damage")
    walked.until("only_markers").press()
    walked.until("approve_undelete")


@pytest.mark.skipif(shutil.which("jq") is None, reason="the command is jq's")
@pytest.mark.parametrize(
    ("last", "found"),
    [({"Key": "b", "VersionId": "null"}, "0"), ({"Key": "c", "VersionId": "null"}, "1"),
     ({"Key": "a", "VersionId": "v1"}, "1")],
    ids=["a marker", "a version from before versioning", "a version"],
)  # fmt: skip
def test_the_check_of_the_list_counts_what_is_no_marker(last: dict[str, str], found: str, tmp_path: Path) -> None:
    step = Walked(DELETED).book.by_id["only_markers"]
    assert isinstance(step, Check)
    assert step.exec is not None
    markers = [{"Key": "a", "VersionId": "m1"}, {"Key": "b", "VersionId": "null"}, {"Key": "c", "VersionId": "m3"}]
    kept = {"DeleteMarkers": markers, "Versions": [{"Key": "a", "VersionId": "v1"}, {"Key": "c", "VersionId": "null"}]}
    (tmp_path / "versions.json").write_text(json.dumps(kept))
    (tmp_path / "canary.json").write_text(json.dumps({"Objects": markers[:1]}))
    (tmp_path / "batches.jsonl").write_text(
        f"{json.dumps({'Objects': [markers[2]]})}\n{json.dumps({'Objects': [last]})}\n"
    )
    argv = [re.sub(r"^\{\{.*/", f"{tmp_path}/", one) for one in step.exec.argv]
    assert subprocess.check_output(argv, text=True).strip() == found


def test_objects_that_no_source_holds_end_in_a_signed_loss() -> None:
    walked = Walked(DELETED).until("owner_opens").problem()
    walked.tale.at_step("what_is_missing")
    assert walked.to_the_end() == "partial"
    assert walked.visited[-2:] == ["what_is_missing", "accept_loss"]


def test_versions_that_are_gone_come_from_the_replica_by_a_signature_of_their_own() -> None:
    walked = Walked(replace(DELETED, answers={**DELETED.answers, "gone_count": "12", "overwritten_count": "3"}))
    assert walked.to_the_end() == "recovered"
    assert {"approve_copy", "copy_back", "copied_all", "approve_older", "copy_older"} <= set(walked.visited)


def test_a_full_wal_disk_is_grown_before_anybody_looks_at_the_backup() -> None:
    walked = Walked(MISSED)
    walked.press(wal_used="93")
    walked.tale.at_step("disk_filling")
    walked.press({"disk_filling": "grow"})
    walked.tale.at_step("grow_disk")
    assert walked.to_the_end() == "recovered"


def test_a_backup_that_cannot_be_read_is_taken_again() -> None:
    walked = Walked(MISSED).until("read_back").problem()
    walked.press({"backup_unreadable": "files"})
    walked.tale.at_step("take_backup")


def test_a_peer_who_sees_another_backup_holds_the_run() -> None:
    walked = Walked(MISSED).until("peer_reads")
    walked.press(label_seen="20261121-040003F")
    walked.tale.at_step("hold")


def test_a_key_pending_deletion_is_taken_back_and_then_switched_on() -> None:
    """Two sign-offs, since a key whose deletion is taken back is disabled."""
    walked = Walked(replace(CREDENTIAL, answers={**CREDENTIAL.answers, "what_was_lost": "key-state"}))
    walked.until("cancel_deletion").press()
    walked.tale.at_step("read_key")
    walked.press(key_state="Disabled")
    assert walked.to_the_end() == "recovered"
    assert {"cancel_deletion", "approve_enable", "enable_key", "key_is_on"} <= set(walked.visited)
    assert "unseal" not in walked.visited


def test_the_emergency_vault_takes_two_holders_and_is_sealed_before_the_copy_is_used() -> None:
    walked = Walked(CREDENTIAL).until("approve_vault")
    walked.tale.sign("ana", "passphrase").at_step("approve_vault")
    walked.tale.sign("dora", "passphrase")
    assert walked.tale.refusal is not None
    walked.tale.sign("chen", "passphrase").at_step("unseal")
    walked.until("repository_reads")
    assert walked.visited[-2:] == ["seal_vault", "vault_is_sealed"]


def test_a_key_that_is_gone_is_an_accepted_loss() -> None:
    cast = replace(CREDENTIAL, answers={**CREDENTIAL.answers, "what_was_lost": "key-state"})
    walked = Walked(replace(cast, signers={"accept_loss": ("chen", "ben")})).until("read_key").problem()
    walked.press({"key_is_gone": "lost"})
    assert walked.to_the_end() == "partial"


def test_an_image_with_the_same_damage_is_dropped_for_an_older_one() -> None:
    walked = Walked(MACHINE).until("probe_copy").problem()
    walked.press({"look_by_console": "broken"})
    walked.tale.at_step("drop_copy")
    walked.until("which_image").press(volume="pbs:backup/vm/120/2026-11-21T01:00:03Z")
    walked.until("approve_restore")


def test_a_copy_that_is_not_closed_off_is_never_started() -> None:
    walked = Walked(MACHINE).until("copy_is_closed").problem()
    walked.tale.at_step("hold")
    assert "start_copy" not in walked.visited


def test_handrail_comes_back_by_an_older_copy_when_the_newest_is_damaged() -> None:
    walked = Walked(ITSELF).until("copy_is_sound").problem()
    walked.tale.at_step("choose_copy")
    walked.press(copy_file="record-20261122T0245Z.db")
    assert walked.to_the_end() == "recovered"


def test_handrail_without_any_copy_ends_partly_and_says_so() -> None:
    walked = Walked(ITSELF).until("choose_copy").problem()
    walked.press({"no_copy": "empty"})
    assert walked.to_the_end() == "partial"


def test_handrail_itself_can_be_walked_with_a_pen() -> None:
    """No step that only the bot could do, and every value that is used was written down by a person or stands there."""
    kinds = {step.kind for step in SHELF.runbooks["handrail-itself"].steps}
    assert kinds <= {"do", "decide", "signoff", "check", "run", "wait", "notify", "end"}
    assert not any(getattr(step, "capture", {}) for step in SHELF.runbooks["handrail-itself"].steps)


def test_the_service_opens_with_what_the_other_teams_found() -> None:
    walked = Walked(LAYERS).until("approve_open")
    assert walked.tale.value("platform_as_of") == "2026-11-22T01:00:03+00:00"
    assert walked.tale.value("database_host") == "pg-orders-2"
    assert walked.tale.value("data_as_of") == LATER


def test_a_layer_that_comes_back_in_part_is_the_leads_choice() -> None:
    cast = replace(LAYERS, children={**LAYERS.children, "restore_platform": ("partial", {})})
    walked = Walked(cast).until("layer_in_part")
    walked.press({"layer_in_part": "wait"})
    walked.tale.at_step("hold")


def test_a_layer_that_does_not_come_back_holds_the_service() -> None:
    walked = Walked(replace(LAYERS, children={**LAYERS.children, "fail_over": ("escalated", {})})).until("fail_over")
    walked.press()
    walked.tale.at_step("hold")


def test_a_site_is_back_once_both_teams_are_and_says_as_of_when() -> None:
    walked = Walked(SITE).until("both_back")
    assert [call.step for call in calls_out(walked.tale.run)] == ["machine", "database"]
    walked.until("accept")
    named = ("machine_as_of", "data_as_of", "database_host")
    assert [walked.tale.value(one) for one in named] == ["2026-11-22T01:00:03+00:00", LATER, "pg-orders-2"]
    assert walked.to_the_end() == "recovered"


def test_a_team_that_does_not_get_its_layer_back_is_called_again_while_the_other_works_on() -> None:
    failed = replace(SITE, children={**SITE.children, "machine": ("escalated", {})})
    walked = Walked(failed).until("both_back")
    walked.press()
    walked.tale.at_step("one_stuck")
    walked.cast = SITE
    walked.press({"one_stuck": "machine"})
    assert walked.to_the_end() == "recovered"
    assert walked.visited.count("both_back") == 2
    stuck = Walked(failed).until("one_stuck")
    stuck.press({"one_stuck": "without"})
    stuck.tale.at_step("hold")


def test_a_team_of_a_site_that_nobody_hears_of_is_rung_up() -> None:
    """Four hours, then the lead rings; who says that it works is waited for again, whoever is gone holds the run."""
    walked = Walked(SITE).until("both_back")
    walked.tale.later(hours=4, minutes=1).when("clock", Tick())
    walked.tale.at_step("one_silent")
    walked.press({"one_silent": "wait"})
    walked.tale.at_step("both_back").later(hours=4, minutes=1).when("clock", Tick())
    walked.press({"one_silent": "nobody"})
    walked.tale.at_step("hold")


def test_a_site_is_not_closed_over_the_heads_of_its_teams() -> None:
    """Whoever stops it asks each team, and waits for what runs there."""
    walked = Walked(SITE).until("tell_users")
    walked.tale.at_visit(Mismatch, "chen", words="The site has power again.").choose("stop", by="dora")
    here = walked.tale.run.here
    assert isinstance(here, AwaitingRuns)
    assert here.ending is not None
    assert here.ending.outcome == "escalated"


@pytest.mark.parametrize("caller", ["service-lost", "site-lost"])
def test_what_a_call_hands_over_are_inputs_that_the_other_runbook_asks_for(caller: str) -> None:
    """A call that named an input wrongly would start a run that asks again, or is refused."""
    for step in SHELF.runbooks[caller].steps:
        if step.kind == "call":
            other = SHELF.runbooks[step.runbook]  # type: ignore[union-attr]
            given = set(step.with_) - {"asset"}  # type: ignore[union-attr]
            assert given == {name for name, one in other.inputs.items() if one.required}, step.id
            outputs = {how.output for how in step.capture.values()}  # type: ignore[union-attr]
            assert outputs <= other.fields.keys(), step.id


def test_the_page_about_the_content_names_every_runbook_that_ships() -> None:
    page = (Path(__file__).parents[2] / "docs" / "content.md").read_text(encoding="utf-8")
    assert [book for book in SHELF.runbooks if f"| `{book}` |" not in page] == []


def test_what_ships_is_active_and_cites_its_sources() -> None:
    for book in SHELF.runbooks.values():
        assert book.status == "active", book.id
        assert len(book.references) >= 4, book.id
        assert all(one.startswith("https://") for one in book.references), book.id


def test_nobody_turns_a_timeline_of_sixteens_into_one_of_tens() -> None:
    """00000012 is typed as it stands in the name of the file, and compared with what the standby prints alike."""
    walked = Walked(FAILOVER).until("read_archive")
    for wrong in ("12", "18", "0000000a"):
        walked.tale.done(archive_timeline=wrong).refused("This is not eight signs of 0-9 and A-F, such as 0000000A.")
    command = " ".join(SHELF.runbooks["postgres-failover"].by_id["compare_timelines"].exec.argv)  # type: ignore[union-attr]
    assert "upper(lpad(to_hex(" in command


def test_where_there_was_no_policy_none_is_put_back() -> None:
    """S3 refuses a policy without a statement: it is counted first, and the hold is taken off by name."""
    walked = Walked(DELETED).until("count_policy")
    walked.press(policy_statements="0")
    walked.tale.at_step("drop_policy")
    assert walked.to_the_end() == "recovered"
    assert "policy_back" not in walked.visited


def test_whoever_misses_the_service_is_asked_since_when() -> None:
    """Each runbook that brings a service back knows when it went down: by a step, or by what is asked."""
    for name, book in SHELF.runbooks.items():
        marked = {step.milestone for step in book.steps}
        if "restored" in marked:
            assert "down" in marked or "down_since" in book.fields, name


def test_each_time_that_is_asked_for_says_how_near_it_has_to_be() -> None:
    """A day or a zone mistyped is asked back in every runbook that ships."""
    asked = {(name, var): field for name, book in SHELF.runbooks.items() for var, field in book.fields.items()}
    assert [key for key, one in asked.items() if one.type == "timestamp" and one.within is None] == []


def test_no_check_is_held_to_what_always_is_so() -> None:
    """“marker count is at least 0” says nothing to a signer."""
    for name, book in SHELF.runbooks.items():
        for step in book.steps:
            for test in getattr(getattr(step, "expect", None), "tests", ()):
                least = getattr(book.fields.get(test.var), "min", None)
                assert least is None or test.ge != least, (name, step.id)
