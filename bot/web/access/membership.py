"""Whether somebody is a full member of the workspace still: Slack is asked when they sign in, and every hour."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

FRESH, PAUSE = 3600.0, 60.0
"""Seconds for which an answer of Slack counts, and after which one that did not come is asked for again."""
_KEPT = 2_000
_LATER = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""What Slack says when it cannot answer: nothing about the person."""

log = structlog.get_logger(__name__)

Ask = Callable[[str], Mapping[str, Any]]
"""`users.info`: the user of this id; raises what slack_sdk raises."""


class Unanswered(Exception):
    """Slack did not say whether somebody is a member."""


@dataclass(frozen=True, slots=True)
class _Answer:
    refusal: str
    until: float


class Members:
    """Knows who may read. Safe to share between threads."""

    def __init__(self, ask: Ask, team: Callable[[], str], clock: Callable[[], float]) -> None:
        """Take `users.info`, the id of the bot's team, and a clock in seconds that never goes back."""
        self._ask, self._team, self._clock = ask, team, clock
        self._known: OrderedDict[str, _Answer] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def team(self) -> str:
        """The bot's team; Unanswered when Slack has not told it."""
        try:
            return self._team()
        except (SlackClientError, OSError) as failure:
            raise Unanswered from failure

    def why_not(self, user: str) -> str:
        """Why this person may not read, in words; empty when they may. Unanswered when Slack cannot say it now."""
        answer = _Answer(self._refusal_of(user), self._clock() + FRESH)
        self._remember(user, answer)
        return answer.refusal

    def why_no_longer(self, user: str) -> str:
        """As `why_not`, for somebody who signed in: asked at most every hour.

        While Slack does not answer, what it said last counts; who signed in was a member then.
        """
        with self._lock:
            known = self._known.get(user)
        if known is not None and self._clock() < known.until:
            return known.refusal
        try:
            return self.why_not(user)
        except Unanswered:
            log.warning("Slack did not say whether a reader is still a member")
            kept = _Answer(known.refusal if known is not None else "", self._clock() + PAUSE)
            self._remember(user, kept)
            return kept.refusal

    def _refusal_of(self, user: str) -> str:
        team = self.team
        try:
            return refusal_in(self._ask(user), team)
        except SlackApiError as refused:
            word, status = str(refused.response.get("error", "")), getattr(refused.response, "status_code", 200)
            if word in _LATER or status >= 500 or status == 429:  # noqa: PLR2004  (HTTP's own numbers)
                raise Unanswered from refused
            log.warning("Slack does not tell whether a reader is a member", error=word)
            if word == "missing_scope":
                return "Handrail may not ask Slack who is a member: its app lacks the scope users:read."
            return "Slack does not know you in this workspace."
        except (SlackClientError, OSError) as failure:
            raise Unanswered from failure

    def _remember(self, user: str, answer: _Answer) -> None:
        with self._lock:
            self._known[user] = answer
            self._known.move_to_end(user)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)


def refusal_in(user: Mapping[str, Any], team: str) -> str:
    """Why the account that `users.info` shows may not read; empty when it may."""
    if user.get("deleted"):
        return "Your Slack account was deactivated."
    if user.get("is_bot") or user.get("is_stranger") or str(user.get("team_id") or team) != team:
        return "Only people of this workspace may read here."
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "Guests of the workspace may not read here."
    return ""
