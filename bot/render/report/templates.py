"""Sets reports by Jinja2 templates, a team's own before ours; in a sandbox, and a broken one never loses a report."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from jinja2 import DictLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from bot.render.message import visible
from bot.render.report.markdown import code_block, code_span, plain_markdown, table_row

NAMES = ("report.html", "report.css", "report.md", "postmortem.md", "evidence.html")
"""What a team may have in its folder, in place of ours."""
OURS = "handrail/"
"""Below this a team's own templates find ours, to extend: ``{% extends "handrail/report.html" %}``."""
_BROKEN = (
    TemplateError, ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError,
    ValueError,
)  # fmt: skip
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_HEAD = re.compile(r"<head>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A report as text. `notices` say which of a team's templates could not be used, and why."""

    text: str
    notices: tuple[str, ...] = ()


class Templates:
    """Templates by name. Safe to share between threads."""

    def __init__(self, overrides: Mapping[str, str] = MappingProxyType({})) -> None:
        """Take a team's own templates, by their names; each may extend one of ours."""
        self._theirs = _environments(overrides) if overrides else None
        self._overrides = frozenset(overrides)

    def draw(self, name: str, values: Callable[[tuple[str, ...]], Mapping[str, object]]) -> Drawn:
        """The template with its values, which are asked for with the notices to show."""
        if self._theirs is not None and self._overrides & _leaning(name):
            try:
                return Drawn(_draw(self._theirs, name, values(())))
            except _BROKEN as fault:
                notice = f"This team's own template {name} could not be used ({_say_fault(fault)}), so this is ours."
                return Drawn(_draw(_ours(), name, values((notice,))), (notice,))
        return Drawn(_draw(_ours(), name, values(())))


def _leaning(name: str) -> frozenset[str]:
    """The names on which a template leans: itself, and for a page its styles."""
    return frozenset({name, "report.css"} if name.endswith(".html") else {name})


_Environments = Mapping[str, ImmutableSandboxedEnvironment]


@lru_cache(maxsize=1)
def _ours() -> _Environments:
    return _environments({})


def _environments(overrides: Mapping[str, str]) -> _Environments:
    ours = {name: (files("bot.render.report") / "templates" / name).read_text(encoding="utf-8") for name in NAMES}
    loader = DictLoader({f"{OURS}{name}": text for name, text in ours.items()} | ours | dict(overrides))
    return {".html": _environment(loader, _show_html, html=True), ".md": _environment(loader, _show_markdown)}


def _environment(
    loader: DictLoader, show: Callable[[object], object], *, html: bool = False
) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=loader, autoescape=html, undefined=StrictUndefined, finalize=show, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"code_block": code_block, "code": code_span, "exactly": _exactly, "row": table_row}
    return environment


def _show_html(value: object) -> object:
    """What is put into a page; Jinja2 escapes it after this."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value)


def _show_markdown(value: object) -> object:
    """What is put into Markdown: made harmless by itself, so that no template can forget it."""
    return value if isinstance(value, Markup) else plain_markdown(value)


def _exactly(text: str) -> str:
    return visible(text, exactly=True)


def _draw(environments: _Environments, name: str, values: Mapping[str, object]) -> str:
    kind = name[name.rindex(".") :]
    drawn = environments[kind].get_template(name).render(values)
    return seal_page(drawn) if kind == ".html" else drawn


def seal_page(page: str) -> str:
    """A page with a policy that lets it load nothing and run nothing, and show the styles that it holds.

    ValueError when it has no head to put it into.
    """
    head = _HEAD.search(page)
    if head is None:
        raise ValueError("it has no <head>")
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in _STYLE.findall(page)]
    styles = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    policy = f"default-src 'none'; style-src {styles}; base-uri 'none'; form-action 'none'"
    sealed = f'<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return page[: head.start()] + sealed + page[head.end() :]


def _say_fault(fault: Exception) -> str:
    line = getattr(fault, "lineno", None)
    said = " ".join((str(getattr(fault, "message", None) or fault) or type(fault).__name__).split())[:200]
    return f"line {line}: {said}" if line else said
