"""A cut in a running house: the process kills itself, as by kill -9, at a named place once a file says so."""

import functools
import importlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

When = Literal["before", "after"]


TOLD = "bot.engine.handler:CommandHandler._tell"
"""Where a command handler says what it has committed."""
_happened: set[str] = set()


def cut(place: str, when: When, trigger: str, hint: str = "", since: str = "") -> None:
    """Wrap ``module:Class.method`` so that it kills the process before or after its work while `trigger` exists.

    With `hint`, only for calls whose arguments mention it; with `since`, only once something that mentions that was
    committed. The trigger is removed first, so that one restart is enough.
    """
    if since:
        _wrap(TOLD, lambda original: _noted(original, since))
    _wrap(place, lambda original: _wrapped(original, when, Path(trigger), hint, since))


def _wrap(place: str, change: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    module_name, _, path = place.partition(":")
    owner: Any = importlib.import_module(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    setattr(owner, name, change(getattr(owner, name)))


def _noted(original: Callable[..., Any], what: str) -> Callable[..., Any]:
    @functools.wraps(original)
    def work(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  (whatever the place takes and gives)
        if what in repr((arguments[1:], named)):
            _happened.add(what)
        return original(*arguments, **named)

    return work


def _wrapped(original: Callable[..., Any], when: When, trigger: Path, hint: str, since: str) -> Callable[..., Any]:
    @functools.wraps(original)
    def work(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401  (whatever the place takes and gives)
        meant = trigger.exists() and since in {"", *_happened} and hint in repr((arguments[1:], named))
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
