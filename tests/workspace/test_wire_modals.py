"""Modals and home tabs: triggers, stacks, errors, updates, external selects."""

from dataclasses import replace
from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.workspace.client import NotThere
from bot.workspace.serve import Workspace
from tests.workspace.office import (
    ANA,
    AT_ONCE,
    INC,
    Fake,
    Heard,
    actions,
    bolt,
    button,
    field_for,
    modal,
    options,
    over_sockets,
    start,
    web,
)


def error_of(error: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(error.value.response["error"])


def opens(app: App, view: dict[str, Any]) -> None:
    @app.command("/recover")
    def recover(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=view)
        ack()


def test_errors_stand_under_their_fields_and_what_was_typed_stays(app: App, workspace: Workspace) -> None:
    heard = Heard()
    opens(app, modal("Why?", field_for("Reason"), field_for("Size", type="number_input", is_decimal_allowed=False)))

    @app.view("form")
    def sent(ack: Ack, body: dict[str, Any]) -> None:
        heard.bodies.append(body)
        reason = body["view"]["state"]["values"]["reason"]["reason"]["value"]
        ack(response_action="errors", errors={"reason": "Longer, please."}) if len(reason) < 5 else ack()

    ana = workspace.person("ana")
    ana.type("/recover orders", "inc")
    form = ana.modal()
    assert (form.title, form.labels) == ("Why?", ["Reason", "Size"])
    form.submit()
    assert form.error_at("Reason") == "Please complete this required field."
    form.fill("Reason", "why").fill("Size", "4.5").submit()
    assert (form.error_at("Size"), heard.bodies) == ("Enter a whole number.", [])
    assert form.fill("Size", "4").submit().errors == {"reason": "Longer, please."}
    assert form.is_open
    assert form.typed_in("Size") == {"type": "number_input", "value": "4"}
    assert form.fill("Reason", "why not").submit().ok
    assert not ana.has_modal
    assert heard.last["view"]["state"]["values"]["size"] == {"size": {"type": "number_input", "value": "4"}}


def test_a_submission_updates_pushes_and_clears(app: App, workspace: Workspace) -> None:
    opens(app, modal("One", field_for("Next", type="static_select", options=options("Update", "Push", "Clear"))))

    @app.view("form")
    def sent(ack: Ack, body: dict[str, Any]) -> None:
        chosen = body["view"]["state"]["values"]["next"]["next"]["selected_option"]["value"]
        again = modal(f"After {chosen}", field_for("Next", type="static_select", options=options("Push", "Clear")))
        ack(response_action="clear") if chosen == "clear" else ack(response_action=chosen, view=again)

    ana = workspace.person("ana")
    ana.type("/recover orders", "inc")
    first = ana.modal()
    first.fill("Next", "Update").submit()
    assert first.title == "After update"
    first.fill("Next", "Push").submit()
    second = ana.modal()
    assert second.title == "After push"
    assert second.view.root_id == second.view.previous_id == first.view.id
    second.fill("Next", "Push").submit()
    fourth = ana.modal().fill("Next", "Push").submit()
    assert (fourth.ok, fourth.error) == (False, "push_limit_reached")
    assert len(workspace.state.screens.modals(ANA)) == 3
    ana.modal().fill("Next", "Clear").submit()
    assert not ana.has_modal


def test_an_ack_that_names_no_input_block_is_refused_and_listed(app: App, workspace: Workspace) -> None:
    opens(app, modal("Why?", field_for("Reason")))

    @app.view("form")
    def sent(ack: Ack) -> None:
        ack(response_action="errors", errors={"nowhere": "Odd."})

    ana = workspace.person("ana")
    ana.type("/recover orders", "inc")
    assert ana.modal().fill("Reason", "x").submit().error == "invalid_arguments"
    assert [refusal.method for refusal in workspace.state.ledger.refusals] == ["view_submission"]


def test_closing_is_told_where_it_was_asked_for(app: App, workspace: Workspace) -> None:
    heard = Heard()
    opens(app, modal("Why?", field_for("Reason"), notify_on_close=True, private_metadata="run 7"))

    @app.view_closed("form")
    def closed(ack: Ack, body: dict[str, Any]) -> None:
        heard.bodies.append(body)
        ack()

    ana = workspace.person("ana")
    ana.type("/recover orders", "inc")
    ana.modal().close()
    assert (heard.last["type"], heard.last["is_cleared"]) == ("view_closed", False)
    assert heard.last["view"]["private_metadata"] == "run 7"
    with pytest.raises(NotThere, match="no modal open"):
        ana.modal(patience=0)


def test_a_trigger_is_good_once_and_for_three_seconds() -> None:
    clock, heard = Fake(), Heard()
    workspace = start(replace(AT_ONCE, clock=clock))
    app = bolt(workspace)

    @app.command("/recover")
    def recover(ack: Ack, body: dict[str, Any]) -> None:
        heard.bodies.append(body)
        ack()

    with over_sockets(workspace, app):
        workspace.person("ana").type("/recover", "inc")
        workspace.person("ana").type("/recover", "inc")
    client, view = web(workspace), modal("Why?", field_for("Reason"))
    used, late = (body["trigger_id"] for body in heard.bodies)
    assert client.views_open(trigger_id=used, view=view)["view"]["id"] == workspace.state.screens.modals(ANA)[0].id
    with pytest.raises(SlackApiError) as error:
        client.views_open(trigger_id=used, view=view)
    assert error_of(error) == "exchanged_trigger_id"
    clock.now += 3.1
    with pytest.raises(SlackApiError) as error:
        client.views_open(trigger_id=late, view=view)
    assert error_of(error) == "expired_trigger_id"
    with pytest.raises(SlackApiError) as error:
        client.views_open(trigger_id="1.2.3", view=view)
    assert error_of(error) == "invalid_trigger_id"
    workspace.stop()


def test_an_old_hash_loses_and_typed_words_survive_an_update(app: App, workspace: Workspace) -> None:
    opens(app, modal("Why?", field_for("Reason"), actions(button("Look", "look"))))
    heard = Heard()

    @app.action("look")
    def look(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        heard.bodies.append(body)
        view = body["view"]
        client.views_update(view_id=view["id"], hash=view["hash"], view=modal("Now", field_for("Reason")))
        with pytest.raises(SlackApiError) as error:
            client.views_update(view_id=view["id"], hash=view["hash"], view=modal("No", field_for("Reason")))
        assert error_of(error) == "hash_conflict"
        ack()

    @app.view("form")
    def sent(ack: Ack, body: dict[str, Any]) -> None:
        heard.bodies.append(body)
        ack()

    ana = workspace.person("ana")
    ana.type("/recover orders", "inc")
    form = ana.modal().fill("Reason", "because")
    assert form.press("Look").ok
    assert form.title == "Now"
    assert heard.last["view"]["state"]["values"]["reason"]["reason"]["value"] == "because"
    assert form.submit().ok
    assert heard.last["view"]["state"]["values"]["reason"]["reason"]["value"] == "because"


def test_an_external_select_asks_the_app(app: App, workspace: Workspace) -> None:
    opens(app, modal("Which?", field_for("Asset", type="external_select", min_query_length=0)))
    heard = Heard()

    @app.options("asset")
    def assets(ack: Ack, body: dict[str, Any]) -> None:
        ack(options=[each for each in options("Orders", "Basket") if body["value"].lower() in each["value"]])

    @app.view("form")
    def sent(ack: Ack, body: dict[str, Any]) -> None:
        heard.bodies.append(body)
        ack()

    ana = workspace.person("ana")
    ana.type("/recover", "inc")
    with pytest.raises(NotThere, match="Nothing like 'Ordrs'"):
        ana.modal().fill("Asset", "Ordrs")
    assert ana.modal().fill("Asset", "Orders").submit().ok
    assert heard.last["view"]["state"]["values"]["asset"]["asset"]["selected_option"]["value"] == "orders"


def test_a_choice_in_an_actions_block_is_told_at_once(app: App, workspace: Workspace) -> None:
    heard = Heard()
    menu = {"type": "static_select", "action_id": "pick", "options": options("Live", "Drill")}
    opens(app, modal("Start", actions(menu)))

    @app.action("pick")
    def pick(ack: Ack, body: dict[str, Any]) -> None:
        heard.bodies.append(body)
        ack()

    ana = workspace.person("ana")
    ana.type("/recover", "inc")
    ana.modal().fill("pick", "Drill")
    assert heard.last["actions"][0]["selected_option"]["value"] == "drill"
    assert heard.last["view"]["state"]["values"]["row"]["pick"]["selected_option"]["value"] == "drill"


def test_the_home_tab_is_published_when_it_is_opened(app: App, workspace: Workspace) -> None:
    @app.event("app_home_opened")
    def opened(event: dict[str, Any], client: WebClient) -> None:
        view = {"type": "home", "blocks": [actions(button("Start", "go"))]}
        client.views_publish(user_id=event["user"], view=view)

    ana = workspace.person("ana")
    ana.open_home()
    home = ana.wait_until(ana.home)
    assert home is not None
    assert home.body["blocks"][0]["block_id"] == "row"
    with pytest.raises(SlackApiError) as error:
        web(workspace).views_publish(user_id=ANA, hash="1.2", view={"type": "home", "blocks": []})
    assert error_of(error) == "hash_conflict"


def test_a_view_that_slack_would_not_take_is_refused_and_listed(workspace: Workspace) -> None:
    too_long = modal("A title that is longer than two dozen", field_for("Reason"))
    with pytest.raises(SlackApiError) as error:
        web(workspace).views_open(trigger_id="1.2.3", view=too_long)
    assert error_of(error) == "invalid_arguments"
    refusal = workspace.state.ledger.refusals[-1]
    assert (refusal.method, refusal.error) == ("views.open", "invalid_arguments")
    assert any("/view/title/text" in message for message in refusal.messages)
    assert INC not in str(refusal)


@pytest.mark.parametrize("twice", ["block_id", "action_id"])
def test_a_view_in_which_an_id_stands_twice_is_refused(app: App, workspace: Workspace, twice: str) -> None:
    """As Slack does: else a press on the second would be taken for one on the first. Ids of one's own may repeat."""
    refused: list[str] = []
    row = actions(button("One", "a"), button("Two", "a" if twice == "action_id" else "b"))
    blocks = [row] if twice == "action_id" else [{**row, "block_id": "x"}, {**row, "block_id": "x"}]

    @app.command("/recover")
    def recover(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        view = {"type": "modal", "title": {"type": "plain_text", "text": "Which?"}, "blocks": blocks}
        try:
            client.views_open(trigger_id=body["trigger_id"], view=view)
        except SlackApiError as error:
            refused.extend(error.response["response_metadata"]["messages"])
        ack()

    workspace.person("ana").type("/recover orders", "inc")
    assert [f"`{twice}`" in one and "already exists" in one for one in refused] == [True]
