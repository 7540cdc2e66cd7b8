"""Which form of a changed function is called: its own, or one of its mutants. The tree of mutants imports this."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

Form = Callable[..., Any]
MutantDict = dict[str, Form]
"""All forms of a function, its own under `_mutmut_orig`. Filled in after the function was decorated."""

F = TypeVar("F", bound=Form)

_ORIGINAL = "_mutmut_orig"
_switches: list["_Switch"] = []


class _Switch:
    __slots__ = ("forms", "module", "now")

    def __init__(self, module: str, forms: MutantDict) -> None:
        self.module, self.forms = module, forms
        self.now: Form | None = None

    @property
    def name(self) -> str:
        return f"{self.module}.{self.forms[_ORIGINAL].__name__.partition('__mutmut_')[0]}"


def switchable(forms: MutantDict, is_classmethod: bool = False) -> Callable[[F], F]:
    """A function that calls whichever of its forms was chosen."""

    def of(function: F) -> F:
        switch = _Switch(function.__module__, forms)
        _switches.append(switch)

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            form = switch.now or forms[_ORIGINAL]
            return form(*(args[1:] if is_classmethod else args), **kwargs)

        return cast("F", call)

    return of


def choose(mutant: str) -> None:
    """From now on this mutant is called, named by its module and its own name."""
    module, _, name = mutant.rpartition(".")
    for switch in _switches:
        if switch.module == module and name in switch.forms:
            switch.now = switch.forms[name]
            return
    raise LookupError(mutant)


def record() -> set[str]:
    """A set into which every function that is called from now on puts its name."""
    hits: set[str] = set()
    for switch in _switches:
        switch.now = _recording(hits, switch.name, switch.forms[_ORIGINAL])
    return hits


def _recording(hits: set[str], name: str, form: Form) -> Form:
    @wraps(form)
    def call(*args: Any, **kwargs: Any) -> Any:
        hits.add(name)
        return form(*args, **kwargs)

    return call
