"""The looks of the picture of a run: colours for light and dark, which never say anything alone."""

_LIGHT = {
    "ink": "#182230", "quiet": "#475467", "rule": "#d0d5dd", "strong": "#475467", "paper": "#ffffff",
    "work": "#2f6f9f", "wait": "#b25e09", "danger": "#a3231a", "within": "#0b6b45", "beyond": "#a3231a",
    "operates": "#4b4f8f", "took_part": "#8f93c7", "wait-card": "#fdf0dc", "danger-card": "#fbe6e3",
}  # fmt: skip
_DARK = {
    "ink": "#eef2f6", "quiet": "#b3bdca", "rule": "#384250", "strong": "#b3bdca", "paper": "#10151c",
    "work": "#6fb1e0", "wait": "#f2b063", "danger": "#ff9a90", "within": "#4fc48d", "beyond": "#ff9a90",
    "operates": "#a9aef0", "took_part": "#6d72b8", "wait-card": "#3a2a12", "danger-card": "#3b1d1a",
}  # fmt: skip
_RULES = (
    ".when text{{fill:{ink}}}.when .quiet{{fill:{quiet}}}"
    ".when .tick{{stroke:{rule}}}.when .row{{stroke:{rule}}}.when .line{{stroke:{strong}}}"
    ".when .limit{{stroke:{beyond}}}.when .limit-word{{fill:{beyond}}}"
    ".when .work{{fill:{work};stroke:{work}}}.when .operates{{fill:{operates};stroke:{operates}}}"
    ".when .elsewhere,.when .paused{{fill:none;stroke:{strong}}}.when .hatch-paused{{stroke:{strong}}}"
    ".when .took_part{{fill:none;stroke:{took_part}}}.when .within{{fill:{within};stroke:{within}}}"
    ".when .wait{{fill:{wait-card};stroke:{wait}}}.when .beyond{{fill:{danger-card};stroke:{beyond}}}"
    ".when .danger{{fill:{danger-card};stroke:{danger}}}"
    ".when .hatch-wait{{stroke:{wait}}}.when .hatch-beyond,.when .hatch-danger{{stroke:{danger}}}"
    ".when .mark{{stroke:{paper}}}.when .sign{{stroke:{paper}}}.when .mark-word{{fill:{paper}}}"
    ".when .page{{fill:{wait}}}.when .signed{{fill:{within}}}.when .refused,.when .deviation{{fill:{danger}}}"
)
_FORM = (
    ".when{display:block;width:100%;height:auto}"
    '.when text{font:13px Inter,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;white-space:pre}'
    ".when .strong{font-weight:bold}.when .small{font-size:12px}.when .mark-word{font-size:11px;font-weight:bold}"
    ".when .mark-small{font-size:9px}"
    ".when .tick{stroke-width:1;stroke-dasharray:2 3}.when .row{stroke-width:1}.when .line{stroke-width:1.2}"
    ".when .limit{stroke-width:2;stroke-dasharray:7 4}.when .band{stroke-width:1.4}"
    ".when .hatch{stroke-width:2;fill:none}.when .mark{stroke-width:1.5}"
    ".when .sign{fill:none;stroke-width:2;stroke-linecap:round}"
    ".when.narrow{display:none}"
    "@media screen and (max-width:820px){.when.wide{display:none}.when.narrow{display:block;max-width:480px}}"
)


def style_sheet() -> str:
    """The styles of the picture: dark where the reader's screen is, light on paper."""
    return f"{_FORM}{_coloured(_LIGHT)}@media screen and (prefers-color-scheme:dark){{{_coloured(_DARK)}}}"


def _coloured(palette: dict[str, str]) -> str:
    return _RULES.format_map(palette)
