"""Where counts come from: a Slack client that tells of its calls, and a log that tells of its errors."""

from collections.abc import Callable
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from structlog.typing import EventDict, WrappedLogger

from bot.notifier.refusals import OF_THE_TOKEN

_LIMITED = frozenset({"ratelimited", "rate_limited"})
_TOO_MANY = 429


class CountedClient(WebClient):
    """A client that says of each call how it went: ``ok``, ``limited``, ``refused``, or ``lost`` without an answer.

    Its token is the one that is in force; when Slack refuses it and there is another by now, that one is tried.
    """

    def __init__(
        self,
        count: Callable[[str, str], object],
        token_now: Callable[[], str],
        renew: Callable[[], bool],
        **named: Any,  # noqa: ANN401  (as WebClient)
    ) -> None:
        self._count, self._token_now, self._renew = count, token_now, renew
        super().__init__(**named)

    @property
    def token(self) -> str:
        """The token as it is now."""
        return self._token_now()

    @token.setter
    def token(self, value: str | None) -> None:
        """WebClient sets it once; where it comes from is known."""

    def api_call(self, api_method: str, **named: Any) -> SlackResponse:  # noqa: ANN401
        """As WebClient has it."""
        try:
            return self._counted(api_method, **named)
        except SlackApiError as refusal:
            if _word_of(refusal) in OF_THE_TOKEN and self._renew():
                return self._counted(api_method, **named)  # it was refused: nothing can come of it twice
            raise

    def _counted(self, api_method: str, **named: Any) -> SlackResponse:  # noqa: ANN401
        result = "lost"
        try:
            answer = super().api_call(api_method, **named)
            result = "ok"
        except SlackApiError as refusal:
            result = _result_of(refusal)
            raise
        finally:
            self._count(api_method, result)
        return answer


def _word_of(refusal: SlackApiError) -> str | None:
    data = getattr(refusal.response, "data", None)
    return data.get("error") if isinstance(data, dict) else None


def _result_of(refusal: SlackApiError) -> str:
    limited = getattr(refusal.response, "status_code", 0) == _TOO_MANY or _word_of(refusal) in _LIMITED
    return "limited" if limited else "refused"


def count_errors(count: Callable[[str], object]) -> None:
    """From now on, tell `count` of each error that is logged, by the sentence under which it is."""

    def look(_logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
        if method in ("error", "exception", "critical"):
            count(str(line.get("event", "")))
        return line

    structlog.configure(processors=[look, *structlog.get_config()["processors"]])
