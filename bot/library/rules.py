"""The rules that files are held to: each an id, one function, and the reason in its docstring."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from bot.library.problems import At, Fault, PathInFile, Severity

Given = ParamSpec("Given")
Looked = TypeVar("Looked")
Found = tuple[PathInFile | At, str, str]
"""What a rule says of a document: the way to the place, or the place itself, what is wrong, what to write instead."""
Look = Callable[[Any], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `look` is empty for the rules of syntax, which the reader applies as it goes."""

    id: str
    severity: Severity
    name: str
    """The name of its function, as words."""
    words: str
    """The docstring of its function: the rule in one sentence, its reason, and its source where it has one."""
    look: Look | None = None
    whole: bool = False
    """It judges the tree as a whole, so it keeps silent when a step could not be read."""
    live: bool = False
    """It is asked of what runs live: in a draft it only warns."""

    @property
    def group(self) -> str:
        """The letter before the number, such as S for syntax; docs/rules.md names them all."""
        return self.id.rstrip("0123456789")


RULES: dict[str, Rule] = {}
"""Every rule by its id; filled when the modules that hold the rules are imported."""


def _enter(rule: Rule) -> None:
    if rule.id in RULES:
        message = f"two rules are called {rule.id}"
        raise ValueError(message)
    RULES[rule.id] = rule


def _called(function: Callable[..., object]) -> str:
    return function.__name__.replace("_", " ")


def syntax_rule(
    id_: str, severity: Severity = "error"
) -> Callable[[Callable[Given, tuple[str, str]]], Callable[Given, Fault]]:
    """A rule of the reader: the function returns what is wrong and what to write; calling it makes the fault."""

    def entered(words_of: Callable[Given, tuple[str, str]]) -> Callable[Given, Fault]:
        @wraps(words_of)
        def fault(*args: Given.args, **kwargs: Given.kwargs) -> Fault:
            return Fault(id_, severity, *words_of(*args, **kwargs))

        _enter(Rule(id_, severity, _called(words_of), inspect.getdoc(words_of) or ""))
        return fault

    return entered


def rule(
    id_: str, severity: Severity = "error", *, whole: bool = False, live: bool = False
) -> Callable[[Callable[[Looked], Iterable[Found]]], Callable[[Looked], Iterable[Found]]]:
    """A rule that looks at a document that was read; the function yields what it finds."""

    def entered(look: Callable[[Looked], Iterable[Found]]) -> Callable[[Looked], Iterable[Found]]:
        _enter(Rule(id_, severity, _called(look), inspect.getdoc(look) or "", look, whole, live))
        return look

    return entered
