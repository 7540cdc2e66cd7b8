"""`/recover login`: a code for whoever asks, shown to them alone; it opens their terminal once."""

import pytest

from bot.journal.tokens import BadCode
from bot.workspace.client.look import words_of
from tests.slack.office import Office


def shown(office: Office, name: str) -> str:
    state = office.workspace.state
    newest = state.talk.whispers_to(office.person(name).id, "C0INC")[-1]
    return words_of(newest)


def test_a_code_is_shown_to_its_person_alone_and_opens_once(office: Office) -> None:
    assert office.person("ana").type("/recover Login", "C0INC").ok
    said = shown(office, "ana").splitlines()
    code = said[said.index("handrail login") + 1]
    assert office.told("ben") == []
    assert office.handler.logins.redeem(code, "root@box")[0] == "ana"
    with pytest.raises(BadCode):
        office.handler.logins.redeem(code, "root@box")


def test_logging_out_ends_every_token(office: Office) -> None:
    tokens = [office.handler.logins.redeem(office.handler.logins.hand_out("ana"), f"box{one}")[1] for one in range(2)]
    office.person("ben").type("/recover logout", "C0INC")
    assert "logged in nowhere" in shown(office, "ben")
    office.person("ana").type("/recover logout", "C0INC")
    assert "all 2 terminals" in shown(office, "ana")
    assert [office.handler.logins.person_of(token) for token in tokens] == [None, None]


@pytest.mark.parametrize("name", ["eve", "gus"])
def test_somebody_unknown_has_nothing_to_log_in_as(office: Office, name: str) -> None:
    """Eve is not in the catalogue, Gus is of another company; neither is given anything."""
    office.person(name).type("/recover login", "C0INC")
    assert "does not know you" in office.told(name)[-1]
    assert "handrail login" not in shown(office, name)
