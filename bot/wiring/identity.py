"""Who the bot is in Slack: asked once, and again now and then to see whether Slack still knows us."""

import math
import threading
from collections.abc import Callable
from http.client import HTTPException

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.web.health import NotReady

FRESH, PAUSE = 60.0, 5.0
"""Seconds for which a yes of Slack counts, and for which a no does: a probe each second must not use up the rate."""


class Identity:
    """The bot's team, from `auth.test`. Safe to share between threads."""

    def __init__(self, client: WebClient, clock: Callable[[], float]) -> None:
        """Take a client that gives up soon, and a clock in seconds that never goes back."""
        self._client, self._clock = client, clock
        self._turn = threading.Lock()
        self._team, self._trouble, self._good_until = "", "", -math.inf

    @property
    def team(self) -> str:
        """The bot's team id; raises what slack_sdk raises when Slack has not told it yet and does not now."""
        if not self._team:
            self._ask()
        return self._team

    def probe(self) -> str:
        """That Slack knows the token, at most a minute ago; NotReady says why not."""
        with self._turn:
            if self._clock() >= self._good_until:
                self._trouble = self._trouble_of_asking()
                self._good_until = self._clock() + (PAUSE if self._trouble else FRESH)
        if self._trouble:
            raise NotReady(self._trouble)
        return f"Known to Slack in team {self._team}."

    def _trouble_of_asking(self) -> str:
        try:
            self._ask()
        except SlackApiError as refusal:
            word = refusal.response.get("error", "unknown")
            return f"Slack refuses SLACK_BOT_TOKEN ({word}). `handrail doctor` says what to do."
        except (SlackClientError, OSError, HTTPException) as failure:
            return f"Slack cannot be reached: {type(failure).__name__}."
        return ""

    def _ask(self) -> None:
        self._team = str(self._client.auth_test()["team_id"])
