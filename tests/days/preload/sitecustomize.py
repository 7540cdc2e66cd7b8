"""Sleeps without `clock_nanosleep`, with which faketime 0.9.10 (Debian 12) gives EINVAL once a clock that never goes
back is left alone: https://github.com/wolfcw/libfaketime/issues/426. Each Python under a moved clock begins with this.
"""

import select
import time
from typing import SupportsFloat, SupportsIndex


def _sleep(seconds: SupportsFloat | SupportsIndex) -> None:
    select.select((), (), (), float(seconds))


time.sleep = _sleep
