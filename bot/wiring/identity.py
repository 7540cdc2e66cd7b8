"""Who the bot is in Slack: asked once, and again now and then to see whether Slack still knows us."""

import math
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPException

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.slack.people import NONE, Grid
from bot.web.health import NotReady

_PAGES = 20
FRESH, PAUSE = 60.0, 5.0
"""Seconds for which a yes of Slack counts, and for which a no does: a probe each second must not use up the rate."""


class Identity:
    """The bot's team, from `auth.test`. Safe to share between threads."""

    def __init__(self, client: WebClient, clock: Callable[[], float]) -> None:
        """Take a client that gives up soon, and a clock in seconds that never goes back."""
        self._client, self._clock = client, clock
        self._turn = threading.Lock()
        self._team, self._trouble, self._good_until = "", "", -math.inf
        self._grid = NONE

    @property
    def team(self) -> str:
        """The bot's team id; raises what slack_sdk raises when Slack has not told it yet and does not now."""
        if not self._team:
            self._ask()
        return self._team

    @property
    def grid(self) -> Grid:
        """The organisation around the bot's team, as Slack told it last; none where there is none."""
        return self._grid if self.team else NONE

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
        said = self._client.auth_test()
        organisation = str(said.get("enterprise_id") or "")
        if organisation:
            every = frozenset(self._workspaces()) if said.get("is_enterprise_install") else frozenset()
            self._grid = Grid(organisation, every or self._grid.workspaces)
        self._team = str(said["team_id"])

    def _workspaces(self) -> Iterator[str]:
        """The workspaces of an organisation that took the app as a whole; Slack asks for no scope."""
        cursor = ""
        for _ in range(_PAGES):
            try:
                found = self._client.api_call("auth.teams.list", params={"limit": 1000, "cursor": cursor})
            except SlackApiError:
                return  # people of its other workspaces are strangers then, where their requests do not say more
            yield from (str(one["id"]) for one in found.get("teams") or ())
            cursor = str((found.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return
