"""Where counts come from: a Slack client that tells of its calls, and a log that tells of its errors."""

from collections.abc import Callable
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from structlog.typing import EventDict, WrappedLogger

_LIMITED = frozenset({"ratelimited", "rate_limited"})
_TOO_MANY = 429


class CountedClient(WebClient):
    """A client that says of each call how it went: ``ok``, ``limited``, ``refused``, or ``lost`` without an answer."""

    def __init__(self, count: Callable[[str, str], object], **named: Any) -> None:  # noqa: ANN401  (as WebClient)
        super().__init__(**named)
        self._count = count

    def api_call(self, api_method: str, **named: Any) -> SlackResponse:  # noqa: ANN401
        """As WebClient has it."""
        try:
            answer = super().api_call(api_method, **named)
        except SlackApiError as refusal:
            self._count(api_method, _result_of(refusal))
            raise
        except Exception:
            self._count(api_method, "lost")
            raise
        self._count(api_method, "ok")
        return answer


def _result_of(refusal: SlackApiError) -> str:
    response: Any = refusal.response
    data = getattr(response, "data", None)
    word = data.get("error") if isinstance(data, dict) else None
    limited = getattr(response, "status_code", 0) == _TOO_MANY or word in _LIMITED
    return "limited" if limited else "refused"


def count_errors(count: Callable[[str], object]) -> None:
    """From now on, tell `count` of each error that is logged, by the sentence under which it is."""

    def look(_logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
        if method in ("error", "exception", "critical"):
            count(str(line.get("event", "")))
        return line

    structlog.configure(processors=[look, *structlog.get_config()["processors"]])
