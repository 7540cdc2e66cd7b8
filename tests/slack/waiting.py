"""Waits for what Slack does a moment later."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_for(look: Callable[[], Found], seconds: float = 30.0) -> Found:
    """What a look finds, once it finds something; what it found last when the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.02)
    return look()
