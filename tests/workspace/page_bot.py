"""A small app for the page tests: a card with every kind of button, a modal with every kind of field."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page
from slack_bolt import App
from slack_sdk import WebClient

from bot.workspace.serve import Workspace
from bot.workspace.state import Channel, Command, Group, Message, Seed, Shortcut, User
from bot.workspace.state.screens import name_blocks
from tests.workspace.office import AT_ONCE, bolt, over_http

Json = dict[str, Any]
Ack = Callable[..., Any]


@dataclass(frozen=True)
class Heard:
    """What reached the app: presses by value, and the state values of modals."""

    pressed: list[str] = field(default_factory=list)
    sent: list[Json] = field(default_factory=list)
    chosen: list[Json] = field(default_factory=list)


SEED = Seed(
    bot_user=User("U0BOT", "handrail", "Handrail"),
    users=(
        User("U0ANA", "ana", "Ana Ruiz", tz="Europe/Madrid"),
        User("U0BEN", "ben", "Ben Holt", tz="Europe/London"),
        User("U0CHEN", "chen", "Chen Wu", tz="Asia/Taipei"),
        User("U0DORA", "dora", "Dora Lind", tz="Europe/Stockholm"),
    ),
    groups=(Group("S0DBA", "dba", "Database people", ("U0CHEN", "U0DORA")),),
    channels=(
        Channel("C0INC", "incidents", ("U0ANA", "U0BEN", "U0CHEN", "U0DORA", "U0BOT"), topic="Where recoveries run"),
        Channel("C0ORD", "orders-team", ("U0ANA", "U0BEN", "U0BOT")),
    ),
    commands=(Command("/recover", "Recover an asset, or see what is open", "[asset]", example="orders"),),
    shortcuts=(Shortcut("start_recovery", "Start recovery"),),
    message_shortcuts=(Shortcut("add_to_record", "Add to the record"),),
)


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(text: str, action: str, **more: object) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action, "value": "step-9", **more}


def menu(action: str, *labels: str) -> Json:
    options = [{"text": plain(label), "value": label} for label in labels]
    return {"type": "overflow", "action_id": action, "options": options}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def context(text: str) -> Json:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}


def card(step: int) -> list[Json]:
    sure = {
        "title": plain("Sure?"),
        "text": plain("The run ends here."),
        "confirm": plain("Stop it"),
        "deny": plain("No"),
    }
    return [
        section("*LIVE · ORDERS-7 · Orders database*"),
        context("<@U0ANA> operates · started <!date^1795348800^{time}|14:00> · data at risk since 13:47"),
        {"type": "divider"},
        context(f"Restore · step {step}   ✓ {step - 1} done, 1 went back"),
        section("*Restore the backup beside the live database*\nThe live data stays untouched, so we can try again."),
        section(":warning: With archive mode left on, a promoted copy writes WAL into the same repository."),
        section("```pgbackrest --stanza=orders --set=20261122-040003F restore```"),
        {
            "type": "actions",
            "elements": [
                button("Done", "done", style="primary"),
                button("There is a problem", "problem"),
                button("I need help", "help"),
                menu("step_menu", "This does not match what I see", "Skip…", "Go back…"),
            ],
        },
        {
            "type": "actions",
            "elements": [
                button("Stop the run…", "stop", style="danger", confirm=sure),
                menu("run_menu", "Note…", "Pause…"),
            ],
        },
        context("If nobody presses by 14:40, <@U0DORA> is paged."),
    ]


def pickers() -> list[Json]:
    """Every control that is not on the card, each of which tells the app at once what was chosen."""

    def one(kind: str, **more: object) -> Json:
        return {"type": kind, "action_id": "picked", "placeholder": plain(kind), **more}

    options = [{"text": plain(each), "value": each} for each in ("db1", "db2")]
    typed = {"type": "plain_text_input", "action_id": "picked"}
    kinds = [
        one("external_select", min_query_length=2),
        one("users_select"),
        one("static_select", options=options),
        one("multi_users_select"),
        one("timepicker"),
        {"type": "datetimepicker", "action_id": "picked"},
        {"type": "checkboxes", "action_id": "picked", "options": options},
    ]
    rows = [{"type": "actions", "block_id": each["type"], "elements": [each]} for each in kinds]
    return [
        *rows,
        {"type": "input", "block_id": "typed", "label": plain("Why?"), "element": typed, "dispatch_action": True},
    ]


def start_modal(asset: str) -> Json:
    signs = [
        {"text": {"type": "mrkdwn", "text": f"*{name}*"}, "value": name, "description": plain(seen)}
        for name, seen in (("Rows are wrong", "A bad deploy or a bad hand"), ("The disk is gone", "Reads fail"))
    ]

    def asked(block: str, label: str, element: Json, **more: object) -> Json:
        return {
            "type": "input",
            "block_id": block,
            "label": plain(label),
            "element": {"action_id": "v", **element},
            **more,
        }

    since = {"type": "plain_text_input", "placeholder": plain("2026-11-22 13:47 +01:00")}
    hosts = [{"text": plain(each), "value": each} for each in ("db1", "db2")]
    live = [{"text": plain(each), "value": each} for each in ("Live", "Drill")]
    return {
        "type": "modal",
        "callback_id": "start",
        "title": plain("Start a recovery"),
        "submit": plain("Start"),
        "close": plain("Not now"),
        "notify_on_close": True,
        "private_metadata": asset,
        "blocks": [
            section(f"*{asset or 'Orders database'}* · tier 1 · owned by <!subteam^S0DBA>\nRPO 5 min · RTO 4 h"),
            asked("sees", "What do you see?", {"type": "radio_buttons", "options": signs}),
            asked("since", "When did the damage begin?", since, hint=plain("With its offset."), optional=True),
            asked("mode", "Live or drill?", {"type": "static_select", "options": live, "initial_option": live[0]}),
            asked("lead", "Who leads?", {"type": "users_select"}, optional=True),
            asked("day", "Which day?", {"type": "datepicker", "initial_date": "2026-11-22"}, optional=True),
            asked("hosts", "Which hosts?", {"type": "multi_static_select", "options": hosts}, optional=True),
        ],
    }


@dataclass(frozen=True)
class Office:
    """The workspace with the app beside it."""

    workspace: Workspace
    heard: Heard

    def open(self, page: Page, user: str = "U0ANA", place: str = "C0INC", thread: str = "") -> Page:
        """Open the workspace as somebody and wait until the page hears of changes."""
        address = f"{self.workspace.origin}/as/{user}/{place}?token={self.workspace.tokens.page}"
        page.goto(f"{address}&thread={thread}" if thread else address)
        page.wait_for_selector("body[data-listening]")
        return page

    def post_card(self) -> Message:
        """Let the bot post its card."""
        blocks = name_blocks(card(9), self.workspace.state.mint)
        return self.workspace.state.talk.post(Message("C0INC", "U0BOT", "Step 9", blocks=blocks, bot_id="B0LOCAL"))


@contextmanager
def open_office() -> Iterator[Office]:
    """Start the workspace without pacing, and the app over signed HTTP."""
    workspace, heard = Workspace.start(SEED, AT_ONCE), Heard()
    with over_http(workspace, listen(bolt(workspace), heard)):
        yield Office(workspace, heard)
    workspace.stop()


def listen(app: App, heard: Heard) -> App:
    """Let the app answer, and write down what it hears."""
    _listen_for_starts(app, heard)
    _listen_on_the_card(app, heard)
    _listen_elsewhere(app, heard)
    return app


def _listen_for_starts(app: App, heard: Heard) -> None:
    @app.command("/recover")
    def recover(ack: Ack, body: Json, client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=start_modal(body["text"]))
        ack()

    @app.view("start")
    def start(ack: Ack, body: Json, view: Json, client: WebClient) -> None:
        values, user = view["state"]["values"], body["user"]["id"]
        heard.sent.append(values)
        since = values["since"]["v"]["value"]
        if since and "+" not in since:
            ack(response_action="errors", errors={"since": "Add the offset, such as 2026-11-22 13:47 +01:00."})
            return
        posted = client.chat_postMessage(channel="C0INC", text="Step 9: restore the backup", blocks=card(9))
        client.chat_postMessage(channel="C0INC", thread_ts=posted["ts"], text=f"<@{user}> started the run.")
        ack()

    @app.view_closed("start")
    def closed(ack: Ack) -> None:
        heard.pressed.append("closed")
        ack()


def _listen_on_the_card(app: App, heard: Heard) -> None:
    @app.action("done")
    def done(ack: Ack, body: Json, client: WebClient) -> None:
        channel, ts, user = body["channel"]["id"], body["message"]["ts"], body["user"]["id"]
        client.chat_update(channel=channel, ts=ts, text="Step 10", blocks=card(10))
        client.chat_postMessage(
            channel=channel, thread_ts=ts, text=f"Step 9 done by <@{user}>. <@U0DORA>, please sign."
        )
        ack()

    @app.action("help")
    def need_help(ack: Ack, body: Json, client: WebClient) -> None:
        channel, user = body["channel"]["id"], body["user"]["id"]
        client.chat_postEphemeral(channel=channel, user=user, text="<!subteam^S0DBA> are told.")
        ack()

    @app.action("problem")
    @app.action("stop")
    @app.action("step_menu")
    @app.action("run_menu")
    def press(ack: Ack, action: Json) -> None:
        heard.pressed.append(action.get("selected_option", {}).get("value") or action["action_id"])
        ack()


def _listen_elsewhere(app: App, heard: Heard) -> None:
    @app.shortcut("start_recovery")
    def shortcut(ack: Ack, body: Json, client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=start_modal(""))
        ack()

    @app.shortcut("add_to_record")
    def record(ack: Ack, body: Json) -> None:
        heard.pressed.append(body["message"]["text"])
        ack()

    @app.action("picked")
    def picked(ack: Ack, body: Json) -> None:
        heard.chosen.append(body)
        ack()

    @app.options("picked")
    def offer(ack: Ack, payload: Json) -> None:
        found = [each for each in ("orders", "orders-archive", "payments") if payload["value"] in each]
        ack(options=[{"text": plain(each), "value": each.upper()} for each in found])

    @app.event("app_home_opened")
    def home(event: Json, client: WebClient) -> None:
        actions = {"type": "actions", "elements": [button("Refresh", "problem")]}
        view = {"type": "home", "blocks": [section("*Open runs*"), section("ORDERS-7 · step 9"), actions]}
        client.views_publish(user_id=event["user"], view=view)
