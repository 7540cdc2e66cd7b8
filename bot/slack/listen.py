"""Slack's ear: one listener for each kind of request, each with a guard around it."""

import logging
import re
from collections.abc import Callable
from time import monotonic
from typing import Any

from slack_bolt import Ack, App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.render.dialog.keeping import KEEP
from bot.render.dialog.start_form import FIND_ASSET, START
from bot.render.upkeep import PREFIX, REVIEW
from bot.slack.hearing import commands, notes, presses, starts, upkeep
from bot.slack.hearing.context import Body, Listener, ListenerContext, guarded

COMMAND, SHORTCUT, MESSAGE_SHORTCUT = "/recover", "start_recovery", "add_to_record"
"""As the app's manifest names them."""
_RUN_PRESS, _RUN_FORM, _START_PRESS = re.compile(r"hr:"), re.compile(r"hr:form:"), re.compile(r"go:")
_OWN_PRESS = re.compile(PREFIX)


def build_app(
    context: ListenerContext,
    client: WebClient,
    signing_secret: str = "",
    took: Callable[[str, float], object] = lambda *_: None,
) -> App:
    """Bolt with every listener. The answer to Slack goes out after the record was written, never before.

    With a `signing_secret` (HTTP) signatures are checked; without one (Socket Mode) there is nothing to check. Bolt
    asks Slack nothing by itself: who we are is known from `client`. `took` hears which listener took how many seconds.
    """
    app = App(
        name="handrail",
        client=WebClient(base_url=client.base_url),
        authorize=lambda: _ourselves(client),
        signing_secret=signing_secret,
        process_before_response=True,
        request_verification_enabled=bool(signing_secret),
        ignoring_self_events_enabled=False,
        attaching_conversation_kwargs_enabled=False,
        logger=logging.getLogger("slack_bolt"),
    )
    heard: tuple[tuple[Any, Listener], ...] = (
        (app.action(_RUN_PRESS), presses.hear_press),
        (app.view(_RUN_FORM), presses.hear_form),
        (app.command(COMMAND), commands.hear_command),
        (app.action(_START_PRESS), starts.hear_choice),
        (app.view(START), starts.hear_start),
        (app.action(_OWN_PRESS), upkeep.hear_answer),
        (app.view(REVIEW), upkeep.hear_review),
        (app.view(KEEP), notes.hear_keep),
        (app.options(FIND_ASSET), starts.hear_typing),
        (app.global_shortcut(SHORTCUT), commands.hear_shortcut),
        (app.message_shortcut(MESSAGE_SHORTCUT), notes.hear_message_shortcut),
        (app.event("app_home_opened"), commands.hear_home_opened),
    )
    for register, listener in heard:
        register(_named(guarded(context, listener), listener, took))
    return app


def _ourselves(client: WebClient) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=client.token)


def _named(
    hear: Any,  # noqa: ANN401  (Bolt looks at names and arguments)
    listener: Listener,
    took: Callable[[str, float], object],
) -> Any:  # noqa: ANN401  (as above)
    def listen(ack: Ack, body: Body) -> Any:  # noqa: ANN401  (as above)
        begun = monotonic()
        try:
            return hear(ack, body)
        finally:
            took(listener.__name__.removeprefix("hear_"), monotonic() - begun)

    listen.__name__ = listener.__name__
    return listen
