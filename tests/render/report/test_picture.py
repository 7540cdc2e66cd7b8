"""The picture of a run: it is whole, everything stands inside it, and colour says nothing alone."""

import re
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from itertools import pairwise
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from bot.render.chart.picture.letters import width_of
from bot.render.report.picture.drawing import NARROW, WIDE, PictureSize, draw_sheet, fit
from bot.render.report.picture.plot import plot
from bot.render.report.picture.scene import Axis, Band, Mark, PictureRow, Scene, draw_marks, style_sheet
from tests.render.report.rich import rich_story, timeline_of
from tests.story import NOON

UTC = ZoneInfo("UTC")
TIMELINE = timeline_of(rich_story())
SVG = "{http://www.w3.org/2000/svg}"


def drawn(scene: Scene, sheet: PictureSize) -> ET.Element:
    return ET.fromstring(draw_sheet(scene, sheet))  # noqa: S314  (drawn here)


def at(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


def scene(*rows: PictureRow, minutes: float = 60, deadline: float | None = None) -> Scene:
    limit = NOON + at(deadline) if deadline is not None else None
    return Scene("T", "about", NOON, NOON + at(minutes), True, UTC, rows, limit)


def test_each_thing_that_happened_has_its_row() -> None:
    rows = {row.label: row for row in plot(TIMELINE, UTC).rows}
    assert list(rows)[:5] == ["Data at risk", "RTO", "Assess", "Restore", "Bring back"]
    assert len(rows["Pages"].marks) == len(TIMELINE.pages)
    assert len(rows["Not as planned"].marks) == len(TIMELINE.deviations)
    assert {"signed", "refused"} == {mark.kind for mark in rows["Sign-offs"].marks}
    assert {"wait", "work", "paused"} == {band.kind for band in rows["Bring back"].bands}
    assert {"Ana Ruiz", "Ben Okafor", "Chen Wei", "Dora Lind"} <= rows.keys()
    assert [band.kind for band in rows["Ben Okafor"].bands] == ["took_part", "operates"]


@pytest.mark.parametrize("sheet", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_picture_is_whole_and_nothing_stands_outside_it(sheet: PictureSize) -> None:
    root = drawn(plot(TIMELINE, UTC), sheet)
    width, height = (float(part) for part in root.attrib["viewBox"].split()[2:])
    for box in root.iter(f"{SVG}rect"):
        x, y, wide, high = (float(box.attrib[name]) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + wide <= width + 0.2
        assert 0 <= y <= y + high <= height
    for text in root.iter(f"{SVG}text"):
        if "x" in text.attrib:
            half = {"middle": 0.5, "end": 1.0}.get(text.attrib.get("text-anchor", ""), 0.0)
            size = 13.0 if "strong" in text.attrib["class"] and "small" not in text.attrib["class"] else 12.0
            wide = width_of(text.text or "", size, bold="strong" in text.attrib["class"])
            left = float(text.attrib["x"]) - half * wide
            assert -0.5 <= left <= left + wide <= width + 0.5, text.text


def test_who_does_not_see_it_is_told_it() -> None:
    root = drawn(plot(TIMELINE, UTC), WIDE)
    assert root.attrib["role"] == "img"
    title = next(one for one in root.iter(f"{SVG}title") if one.attrib.get("id") == root.attrib["aria-labelledby"])
    assert "Recovered after 2 h 33 min" in (title.text or "")
    assert "RTO: 2 h 33 min of 4 h" in (title.text or "")


def test_every_pattern_and_mark_that_occurs_is_in_the_key() -> None:
    words = {text.text for text in drawn(plot(TIMELINE, UTC), WIDE).iter(f"{SVG}text")}
    assert {"work", "waiting for people", "paused", "data at risk", "page", "signed", "not as planned"} <= words
    assert "beyond the RTO" not in words


def test_marks_that_would_touch_are_counted_in_one_and_others_stand_apart() -> None:
    axis = Axis(NOON, NOON + at(100), 0, 400, UTC)
    marks = [Mark(NOON + at(minute), "page", f"page at {minute}") for minute in (10, 11, 12, 60)]
    both = list(draw_marks([*marks, Mark(NOON + at(60), "deviation", "d")], axis, 10))
    assert len(both) == 3
    assert ">3</text>" in both[0]
    assert "page at 10; page at 11; page at 12" in both[0]
    places = [float(found[1]) for one in both if (found := re.search(r"translate\(([\d.]+)", one))]
    assert all(after - before >= 17 for before, after in pairwise(places))


def test_what_is_far_away_is_cut_off_and_shown_to_go_on() -> None:
    """Damage of last week and an RTO of tomorrow leave the run itself as large as it is with neither."""
    near = scene(PictureRow("Data at risk", "", (Band(NOON - at(10), NOON + at(60), "danger"),)), deadline=90)
    far = scene(PictureRow("Data at risk", "", (Band(NOON - at(10_000), NOON + at(60), "danger"),)), deadline=1_500)
    assert near.window() == (NOON - at(10), NOON + at(90))
    assert far.window() == (NOON - at(15), NOON + at(81))
    assert 'd="M' in draw_sheet(far, WIDE)
    assert draw_sheet(far, WIDE).count('fill="none"') == draw_sheet(near, WIDE).count('fill="none"') + 1


@pytest.mark.parametrize("minutes", [0, 0.05, 1, 7, 59, 240, 1_500, 20_000, 400_000])
def test_times_below_never_touch(minutes: float) -> None:
    for sheet in (WIDE, NARROW):
        axis = Axis(NOON, NOON + max(at(minutes), at(0.1)), 0, sheet.width - sheet.beside, UTC)
        ticks = list(axis.ticks())
        for (left, before), (right, after) in pairwise(ticks):
            assert left + width_of(before, 12) / 2 < right - width_of(after, 12) / 2


def test_a_run_that_has_only_begun_has_a_picture() -> None:
    facts = replace(TIMELINE.facts, until=TIMELINE.facts.started_at)
    none: dict[str, tuple[()]] = dict.fromkeys(
        ("visits", "phases", "stretches", "pages", "signoffs", "deviations", "people"), ()
    )
    empty = replace(TIMELINE, facts=facts, **none)  # type: ignore[arg-type]
    assert drawn(plot(empty, UTC), WIDE).tag == f"{SVG}svg"


def test_a_line_is_cut_to_its_width() -> None:
    assert fit("short", 100) == "short"
    cut = fit("a name that is far too long for its place", 100)
    assert cut.endswith("…")
    assert width_of(cut, 12) <= 100


def colours(sheet: str, names: tuple[str, ...]) -> list[dict[str, str]]:
    """The palettes of a style sheet, light and dark."""
    found = [
        dict(re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})", block)) for block in re.findall(r":root\{([^}]*)\}", sheet)
    ]
    assert len(found) == 2
    assert all(set(names) <= one.keys() for one in found)
    return found


def contrast(one: str, other: str) -> float:
    """By WCAG 2.2."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    sign = colour.lstrip("#")
    whole = sign if len(sign) == 6 else "".join(one * 2 for one in sign)
    parts = [int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_words_stand_out_from_what_is_behind_them() -> None:
    sheet = (files("bot.render.report") / "templates" / "report.css").read_text(encoding="utf-8")
    for palette in colours(sheet, ("paper", "ink", "quiet", "good", "bad", "link", "card", "warn", "warn-ink")):
        for word in ("ink", "quiet", "good", "bad", "link"):
            assert contrast(palette[word], palette["paper"]) >= 4.5, word
        assert contrast(palette["ink"], palette["card"]) >= 4.5
        assert contrast(palette["warn-ink"], palette["warn"]) >= 4.5
    assert "prefers-color-scheme:dark" in style_sheet()
