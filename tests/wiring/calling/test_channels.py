"""The addresses behind names: from a variable or a file, never one that holds another secret."""

from pathlib import Path

import pytest

from bot.oncall.pager.message import NOT_CONFIGURED, DeliveryResult
from bot.wiring.calling.building import secret_of
from bot.wiring.calling.channels import Channels
from bot.wiring.house import House

URL = "json://ana:hunter2@127.0.0.1/"


def test_a_name_is_a_variable_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{URL}\n", encoding="utf-8")
    channels = Channels({"ANA_SMS": URL, "BEN_SMS_FILE": str(file), "EVE_SMS_FILE": str(tmp_path / "gone")})
    assert channels.address_of("env:ANA_SMS") == URL
    assert channels.address_of("env:BEN_SMS") == URL
    assert channels.address_of("env:DORA_SMS") == NOT_CONFIGURED
    assert channels.address_of("env:EVE_SMS") == DeliveryResult(
        reached=False, words="its file cannot be read", last=True
    )


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "DATABASE_URL", "HANDRAIL_LINK_SECRET", "PGPASSWORD"])
def test_a_catalogue_cannot_name_another_secret(name: str) -> None:
    answer = Channels({name: "xoxb-hunter2"}).address_of(f"env:{name}")
    assert answer == DeliveryResult(reached=False, words="its name is not one of a channel", last=True)


def test_the_process_that_sends_gets_no_secret() -> None:
    environment = {"PATH": "/bin", "HTTPS_PROXY": "http://proxy:3128", "SLACK_BOT_TOKEN": "xoxb-1", "ANA_SMS": URL}
    assert Channels(environment).of_sender() == {"PATH": "/bin", "HTTPS_PROXY": "http://proxy:3128"}


def test_links_of_all_replicas_are_signed_alike() -> None:
    """By the secret for links when there is one, else by what Slack gave; each makes another."""
    token, signing, own = (
        {"SLACK_BOT_TOKEN": "xoxb-first-token"},
        {"SLACK_SIGNING_SECRET": "a" * 32},
        {"HANDRAIL_LINK_SECRET": "b" * 32},
    )
    secrets = [secret_of(House(one)) for one in (token, token | signing, token | signing | own)]
    assert len(set(secrets)) == 3
    assert secret_of(House({"SLACK_BOT_TOKEN": "xoxb-second-token"} | own)) == secrets[2]
    with pytest.raises(ValueError, match="empty secret"):
        secret_of(House({}))
