"""Members are looked at again every hour; what Slack cannot say changes nothing for those who are in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.web.access.membership import FRESH, PAUSE, Members, Unanswered, refusal_in

MEMBER = {"id": "U0ANA", "team_id": "T0ACME"}


@dataclass
class Office:
    """Slack as far as `users.info` goes, with a clock."""

    user: Mapping[str, Any] = field(default_factory=lambda: MEMBER)
    trouble: str = ""
    now: float = 0.0
    asked: int = 0

    def ask(self, _user: str) -> Mapping[str, Any]:
        self.asked += 1
        if self.trouble == "away":
            raise OSError("no route")
        if self.trouble:
            raise SlackApiError("refused", {"ok": False, "error": self.trouble})  # type: ignore[no-untyped-call]
        return self.user

    @property
    def members(self) -> Members:
        return Members(self.ask, lambda: "T0ACME", lambda: self.now)


def test_a_member_is_asked_about_once_an_hour_and_is_out_within_it() -> None:
    office = Office()
    members = office.members
    assert [members.why_no_longer("U0ANA") for _ in range(3)] == ["", "", ""]
    assert office.asked == 1
    office.user = MEMBER | {"deleted": True}
    office.now += FRESH - 1
    assert members.why_no_longer("U0ANA") == ""
    office.now += 1
    assert "deactivated" in members.why_no_longer("U0ANA")
    assert office.asked == 2


@pytest.mark.parametrize("trouble", ["away", "ratelimited", "internal_error"])
def test_what_slack_cannot_say_leaves_people_as_they_were(trouble: str) -> None:
    office = Office(trouble=trouble)
    members = office.members
    with pytest.raises(Unanswered):
        members.why_not("U0ANA")
    assert members.why_no_longer("U0ANA") == ""
    asked = office.asked
    office.now += PAUSE - 1
    assert members.why_no_longer("U0ANA") == ""
    assert office.asked == asked, "not on every page"
    office.trouble, office.user = "", MEMBER | {"is_restricted": True}
    office.now += 1
    assert "Guests" in members.why_no_longer("U0ANA")
    office.trouble = trouble
    office.now += FRESH
    assert "Guests" in members.why_no_longer("U0ANA"), "a no stays a no"


def test_slack_does_not_know_them() -> None:
    for word in ("user_not_found", "missing_scope", "invalid_auth"):
        assert Office(trouble=word).members.why_no_longer("U0ANA") != ""


@pytest.mark.parametrize(
    "account",
    [
        {"deleted": True}, {"is_bot": True}, {"is_stranger": True}, {"team_id": "T0OTHER"}, {"is_restricted": True},
        {"is_ultra_restricted": True},
    ],
)  # fmt: skip
def test_full_members_of_this_workspace_alone(account: dict[str, object]) -> None:
    assert refusal_in(MEMBER, "T0ACME") == ""
    assert refusal_in(MEMBER | account, "T0ACME") != ""
