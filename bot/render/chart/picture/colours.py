"""The looks of a chart: one sheet of styles, for light and dark screens and for paper."""

from typing import get_args

from bot.render.chart.picture.boxes import Ink, is_bold, size_of

_LIGHT = {
    "paper": "#ffffff", "ink": "#182230", "quiet": "#475467", "card": "#f7f9fb", "edge": "#475467", "way": "#667085",
    "good": "#0b6b45", "good-card": "#edf7f1", "bad": "#a3231a", "bad-card": "#fff5f4", "seal": "#fff9e8",
    "rule": "#98a2b3",
}  # fmt: skip
_DARK = {
    "paper": "#10151c", "ink": "#eef2f6", "quiet": "#b3bdca", "card": "#1b232e", "edge": "#8d99a8", "way": "#8d99a8",
    "good": "#4fc48d", "good-card": "#14281f", "bad": "#ff9a90", "bad-card": "#2b1917", "seal": "#2a2413",
    "rule": "#5b6676",
}  # fmt: skip
_RULES = (
    ".paper{{fill:{paper}}}"
    "text{{fill:{ink}}}.facts,.line{{fill:{quiet}}}.phase{{fill:{quiet}}}"
    ".box{{fill:{card};stroke:{edge}}}.inner{{stroke:{edge}}}"
    ".signoff .box{{fill:{seal}}}.good .box{{fill:{good-card};stroke:{good}}}.good .inner{{stroke:{good}}}"
    ".good.signoff .box{{fill:{seal}}}"
    ".frame{{fill:{paper};stroke:{edge}}}.other{{fill:{ink};stroke:{ink}}}.role{{fill:{paper}}}"
    ".pill{{fill:{paper};stroke:{way}}}.sign{{stroke:{way}}}"
    ".failing .pill{{fill:{bad-card};stroke:{bad}}}.failing .sign{{stroke:{bad}}}"
    ".failing text{{fill:{bad}}}"
    ".route{{stroke:{way}}}.arrow{{fill:{way}}}"
    ".failing .route{{stroke:{bad}}}.failing .arrow{{fill:{bad}}}"
    ".good .route{{stroke:{good}}}.good .arrow{{fill:{good}}}"
    ".rule{{stroke:{rule}}}"
)
_FORM = (
    'text{font-family:Inter,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;white-space:pre}'
    ".box{stroke-width:1.3;stroke-linejoin:round}.good .box{stroke-width:2.8}"
    ".inner,.sign,.route,.rule{fill:none}.inner{stroke-width:1.1}.sign{stroke-width:1.6;stroke-linecap:round}"
    ".pill,.frame,.other{stroke-width:1}.failing .pill{stroke-dasharray:3 2}"
    ".route{stroke-width:1.6}.good .route{stroke-width:3.4}.failing .route{stroke-dasharray:6 4}"
    ".rule{stroke-width:1.2}.kind,.phase{letter-spacing:0}"
)


def style_sheet(*, dark: bool = True) -> str:
    """The styles of a chart; with `dark`, a screen that asks for dark colours gets them, and paper stays light."""
    sheet = _FORM + _sizes() + _coloured(_LIGHT)
    return f"{sheet}@media screen and (prefers-color-scheme:dark){{{_coloured(_DARK)}}}" if dark else sheet


def colour(name: str, *, dark: bool = False) -> str:
    """A colour of the chart for what stands around it."""
    return (_DARK if dark else _LIGHT)[name]


def _sizes() -> str:
    return "".join(
        f".{ink}{{font-size:{size_of(ink):g}px{';font-weight:bold' if is_bold(ink) else ''}}}" for ink in get_args(Ink)
    )


def _coloured(palette: dict[str, str]) -> str:
    return _RULES.format_map(palette)
