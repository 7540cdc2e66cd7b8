"""A run's report in each format that can be asked for."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from jinja2 import DictLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from bot.render.message import one_line, visible
from bot.render.report.contents import tell_report
from bot.render.report.data import RunSource, write_csv, write_json
from bot.render.report.picture.drawing import draw_picture
from bot.render.report.picture.plot import plot
from bot.render.report.picture.scene import style_sheet
from bot.timeline.entries import Timeline

_ADDRESS = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]{1,20}://|www\.)[^\s`|<>\\]*[^\s`|<>\\().,;:!?'\"]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    re.IGNORECASE,
)
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~^$&]|:(?=[\w+-]*[A-Za-z][\w+-]*:)")
_CALLS = re.compile(r"([@#!~%$&])(?=\w)")
_STARTS = re.compile(r"^(?:[-+=]|\d+(?=[.)]))")
_JOINER = "\u2060"
"""Not seen, and no wiki takes ``@`` and a name with it between for a mention."""


def plain_markdown(text: object) -> Markup:
    """A line of Markdown that reads as the text does, wherever it is pasted. Addresses stay whole, as code."""
    line, pieces, at = one_line(str(text)), list[str](), 0
    for found in _ADDRESS.finditer(line):
        pieces += [_escape(line[at : found.start()]), f"`{found[0]}`"]
        at = found.end()
    whole = "".join((*pieces, _escape(line[at:])))
    return Markup(_STARTS.sub(_guard_start, whole))  # noqa: S704  (this is where it is made safe)


def _escape(text: str) -> str:
    quiet = _CALLS.sub(rf"\1{_JOINER}", text)
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", quiet)


def _guard_start(found: re.Match[str]) -> str:
    """What would begin a list does not."""
    return f"\\{found[0]}" if found[0] in "-+=" else f"{found[0]}\\"


def code_block(text: str) -> Markup:
    """Text word by word, as a block of code that it cannot end."""
    shown = visible(text, exactly=True).replace("\t", "    ")
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", shown))])
    return Markup(f"{fence}text\n{shown}\n{fence}")  # noqa: S704  (as above)


def code_span(text: str) -> Markup:
    """A short text of our own as code, such as a hash or a command."""
    shown = one_line(text).replace("`", "'").replace("|", "\\|")
    return Markup(f"`{shown or ' '}`")  # noqa: S704  (as above)


def table_row(values: Iterable[object]) -> Markup:
    """Values side by side in a table."""
    return Markup(f"| {' | '.join(plain_markdown(value) or ' ' for value in values)} |")  # noqa: S704  (as above)


TEMPLATES = ("report.html", "report.css", "report.md", "postmortem.md", "evidence.html")
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
    ours = {name: (files("bot.render.report") / "templates" / name).read_text(encoding="utf-8") for name in TEMPLATES}
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


ReportFormat = Literal["html", "md", "postmortem"]
_TEMPLATES: Mapping[ReportFormat, str] = {"html": "report.html", "md": "report.md", "postmortem": "postmortem.md"}
FILE_NAMES: Mapping[ReportFormat, str] = {"html": "{ref}.html", "md": "{ref}.md", "postmortem": "{ref}-postmortem.md"}
"""What the file of a run is called."""
EVIDENCE = "Imported as evidence: this record tells what the rules never let happen. `handrail verify` names where."
"""What stands first in every report of such a run."""


def draw_report(timeline: Timeline, format_: ReportFormat, zone: tzinfo, templates: Templates) -> Drawn:
    """The report of a run, with times in this zone; a team's template that cannot be used gives way to ours."""
    report = tell_report(timeline, zone)

    marks = (EVIDENCE,) if timeline.chain is not None and timeline.chain.breaks_law else ()

    def values(notices: tuple[str, ...]) -> Mapping[str, object]:
        shared: dict[str, object] = {"report": report, "notices": (*marks, *notices)}
        return shared | (_picture(timeline, zone) if format_ == "html" else {})

    return templates.draw(_TEMPLATES[format_], values)


def _picture(timeline: Timeline, zone: tzinfo) -> dict[str, object]:
    drawn = draw_picture(plot(timeline, zone))
    return {"picture": Markup(drawn), "picture_style": Markup(style_sheet())}  # noqa: S704  (drawn of escaped words)


Tell = Callable[[str], None]
"""Takes a sentence for whoever asked for the report, when something about it is not as they would expect."""


@dataclass(frozen=True, slots=True)
class Format:
    """`file_name` holds ``{ref}``; `write` takes the run, the zone in which times are told, and whom to tell."""

    file_name: str
    media_type: str
    write: Callable[[RunSource, tzinfo, Tell], Iterator[str]]

    def name_file(self, ref: str) -> str:
        """What the file of a run is called: ``ORDERS-7.json``."""
        return self.file_name.format(ref=ref)


FORMAT_NAMES = ("md", "html", "postmortem", "json", "csv")
"""What `formats_with` knows, in the order in which they are offered."""


def formats_with(templates: Templates) -> Mapping[str, Format]:
    """Every format by its name; the pages are set by these templates."""
    pages: tuple[ReportFormat, ...] = ("md", "html", "postmortem")
    return {
        **{name: _page(name, templates) for name in pages},
        "json": Format("{ref}.json", "application/json", lambda source, zone, _: write_json(source, zone)),
        "csv": Format("{ref}.csv", "text/csv; charset=utf-8", lambda source, zone, _: write_csv(source, zone)),
    }


def _page(name: ReportFormat, templates: Templates) -> Format:
    def write(source: RunSource, zone: tzinfo, tell: Tell) -> Iterator[str]:
        drawn = draw_report(source.whole(), name, zone, templates)
        for notice in drawn.notices:
            tell(notice)
        yield drawn.text

    kind = "text/html" if name == "html" else "text/markdown"
    return Format(FILE_NAMES[name], f"{kind}; charset=utf-8", write)
