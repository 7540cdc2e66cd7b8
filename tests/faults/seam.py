"""A cut in a running house: the process kills itself, as by kill -9, at a named place once a file says so."""

import functools
import importlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

When = Literal["before", "after"]


def cut(place: str, when: When, trigger: str, hint: str = "") -> None:
    """Wrap ``module:Class.method`` so that it kills the process before or after its work while `trigger` exists.

    With `hint`, only for calls whose arguments mention it. The trigger is removed first, so that one restart is enough.
    """
    module_name, _, path = place.partition(":")
    owner: Any = importlib.import_module(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    setattr(owner, name, _wrapped(getattr(owner, name), when, Path(trigger), hint))


def _wrapped(original: Callable[..., Any], when: When, trigger: Path, hint: str) -> Callable[..., Any]:
    @functools.wraps(original)
    def work(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  (whatever the place takes and gives)
        meant = trigger.exists() and hint in repr((arguments[1:], named))
        if meant and when == "before":
            _die(trigger)
        done = original(*arguments, **named)
        if meant and when == "after":
            _die(trigger)
        return done

    return work


def _die(trigger: Path) -> None:
    trigger.unlink()
    os.kill(os.getpid(), signal.SIGKILL)
