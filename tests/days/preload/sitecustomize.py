"""Sleeps without `clock_nanosleep`, with which faketime 0.9.10 (Debian 12) gives EINVAL once a clock that never goes
back is left alone: https://github.com/wolfcw/libfaketime/issues/426. Each Python under a moved clock begins with this.
"""

import select
import time


def _sleep(seconds: float) -> None:
    select.select((), (), (), seconds)


time.sleep = _sleep
