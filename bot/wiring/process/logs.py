"""What the process says to its operator: JSON lines, or readable ones at a terminal, never with a secret in them."""

import logging
import re
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor, WrappedLogger

_SECRETS = (
    (re.compile(r"\b(xox[a-z](?:\.[a-z0-9]+)?|xapp)-[A-Za-z0-9-]+"), r"\1-…"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s:/@\"']*):[^\s\"]+@"), r"\1:…@"),
    (re.compile(r"(?i)\b((?:ssl)?password=)[^\s&\"'\\]+"), r"\1…"),
    (re.compile(r"\b(hr[ap]-)[0-9A-Za-z]+"), r"\1…"),
    (re.compile(r"\b(ticket=)[^\s&\"'\\]+"), r"\1…"),
    (re.compile(r"\b(v0=)[0-9a-f]{64}\b"), r"\1…"),
    (re.compile(r"\b(https://hooks\.slack\.com/)[^\s\"'\\]+"), r"\1…"),
)

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
"""What HANDRAIL_LOG_LEVEL may say."""


def hide_secrets(text: str) -> str:
    """The text without Slack tokens, passwords of addresses, tickets, signatures and response addresses."""
    for shape, instead in _SECRETS:
        text = shape.sub(instead, text)
    return text


def set_up_logs(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send structlog and the standard library's loggers to `stream` (stderr) in one shape."""
    stream = stream or sys.stderr
    for_people = stream.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if for_people else "iso", utc=not for_people),
    ]
    last = [*(_FOR_PEOPLE if for_people else _FOR_MACHINES), _hide]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # One write for a line, as logging has it: a `print` writes its end apart, and another thread gets in between.
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    _adopt_standard_loggers(
        stream, shared, last, max(level, logging.WARNING) if level != logging.DEBUG else logging.INFO
    )


def _adopt_standard_loggers(stream: TextIO, shared: list[Processor], last: list[Processor], level: int) -> None:
    """slack_sdk, Bolt and uvicorn use the standard library: their lines come out alike."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)


def _hide(_logger: WrappedLogger, _method: str, line: object) -> str:
    return hide_secrets(str(line))


_FOR_PEOPLE: tuple[Processor, ...] = (structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),)
_FOR_MACHINES: tuple[Processor, ...] = (
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
)
