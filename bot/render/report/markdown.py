"""Foreign text as a piece of Markdown: nothing in it becomes markup, a link, a mention or an image anywhere."""

import re
from collections.abc import Iterable

from markupsafe import Markup

from bot.render.message import one_line, visible

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
