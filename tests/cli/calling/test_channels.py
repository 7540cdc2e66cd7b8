"""`handrail page --test` and the doctor: names of channels, what each answers, and never an address."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from tests.oncall.pager.receiver import receiving

PEOPLE = """
schema: people/v1
people:
  - {id: ana, name: Ana Ruiz, slack: U0ANA, pager: ["env:ANA_SMS", "env:ANA_MAIL"]}
  - {id: ben, name: Ben Okafor, slack: U0BEN}
  - {id: chen, name: Chen Wei, slack: U0CHEN}
teams:
  - {id: data, members: [ana], pager: ["env:TEAM_PAGER"]}
ladders:
  - id: tier-1
    rungs:
      - {after: 0m, tell: ["person:chen"], via: [slack]}
      - {after: 10m, tell: ["team:data", "person:ben"], via: [slack, pager]}
"""
SECRET = "hunter2-secret"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "runbooks"
    folder.mkdir()
    (folder / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    return {"HANDRAIL_RUNBOOKS": str(folder), "DATABASE_URL": f"sqlite:///{tmp_path}/handrail.db"}


def ask(environment: Mapping[str, str], *arguments: str) -> Result:
    result = CliRunner(env=dict(environment)).invoke(main, list(arguments))
    assert SECRET not in result.output
    return result


def test_each_channel_answers_for_itself(environment: dict[str, str], tmp_path: Path) -> None:
    """One from a variable, one from a file, one that nobody set."""
    with receiving(200) as fine, receiving(500) as busy:
        file = tmp_path / "mail"
        file.write_text(f"{busy.url(SECRET)}\n", encoding="utf-8")
        known = {"ANA_SMS": fine.url(SECRET), "ANA_MAIL_FILE": str(file)}
        result = ask(environment | known, "page", "--test", "ana")
        [parcel] = fine.came
    assert result.exit_code == 1
    assert [" ".join(line.split()) for line in result.output.splitlines()] == [
        "✓ env:ANA_SMS accepted by JSON",
        "✗ env:ANA_MAIL JSON: refused with 500 Internal Server Error",
        "✗ env:TEAM_PAGER not configured",
        "2 of 3 did not reach Ana Ruiz. docs/paging.md says what to do.",
    ]
    assert parcel.title == "TEST · Handrail"
    assert "Nothing is asked of you." in parcel.body


def test_all_reached_is_fine(environment: dict[str, str]) -> None:
    with receiving() as fine:
        known = dict.fromkeys(("ANA_SMS", "ANA_MAIL", "TEAM_PAGER"), fine.url(SECRET))
        assert ask(environment | known, "page", "--test", "ana").exit_code == 0


def test_nobody_and_no_channel_are_said(environment: dict[str, str]) -> None:
    nobody, none = ask(environment, "page", "--test", "zoe"), ask(environment, "page", "--test", "ben")
    assert (nobody.exit_code, none.exit_code) == (2, 1)
    assert "The catalogue has no person zoe. It has ana, ben, chen." in nobody.output
    assert "Ben Okafor has no channel beyond Slack." in none.output


def test_the_doctor_names_whom_a_ladder_calls_beyond_slack(environment: dict[str, str]) -> None:
    """Chen is called by Slack alone, so nothing is said of him. An address is looked at, and nothing goes to it."""
    with receiving() as receiver:
        known = {"ANA_SMS": receiver.url(SECRET), "TEAM_PAGER": SECRET}
        said = [" ".join(line.split()) for line in ask(environment | known, "doctor").output.splitlines()]
        assert receiver.came == []
    no_address = "TEAM_PAGER its variable holds no address that Apprise knows"
    assert f"! paging Ana Ruiz: ANA_SMS is set up, ANA_MAIL not configured, {no_address}." in said
    assert (
        "→ Where Handrail runs, set ANA_MAIL or ANA_MAIL_FILE to an Apprise URL. "
        "Mend TEAM_PAGER: docs/paging.md says what these words mean."
    ) in said
    assert "! paging Ben Okafor may be called beyond Slack and has no channel." in said
    assert not any("Chen" in line for line in said)
    assert any("HANDRAIL_PUBLIC_URL is not set" in line for line in said)
    channels = dict.fromkeys(("ANA_SMS", "ANA_MAIL", "TEAM_PAGER"), f"json://{SECRET}@127.0.0.1")
    whole = channels | {"HANDRAIL_PUBLIC_URL": "https://handrail.example.org"}
    said = [" ".join(line.split()) for line in ask(environment | whole, "doctor").output.splitlines()]
    assert any(line.startswith("✓ paging Ana Ruiz: ANA_SMS is set up, ANA_MAIL is set up") for line in said)
    assert not any("HANDRAIL_PUBLIC_URL is not set" in line for line in said)


def test_a_channel_that_several_share_is_to_be_mended_once(environment: dict[str, str]) -> None:
    """What it is like stands beside each person; what to do stands where it is said first."""
    folder = Path(environment["HANDRAIL_RUNBOOKS"]) / "people.yaml"
    folder.write_text(PEOPLE.replace("members: [ana]", "members: [ana, ben]"), encoding="utf-8")
    said = [" ".join(line.split()) for line in ask(environment, "doctor").output.splitlines()]
    assert "! paging Ben Okafor: TEAM_PAGER not configured." in said
    assert sum("set TEAM_PAGER or TEAM_PAGER_FILE" in line for line in said) == 1
