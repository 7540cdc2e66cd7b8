"""A team's own templates: they are used, they cannot reach out, and a broken one never costs a report."""

import base64
import hashlib
import re
from zoneinfo import ZoneInfo

import pytest

from bot.render.report.formats import TEMPLATES, Drawn, ReportFormat, Templates, draw_report
from tests.render.report.rich import rich_story, timeline_of

UTC = ZoneInfo("UTC")
TIMELINE = timeline_of(rich_story())


def drawn(format_: ReportFormat, **overrides: str) -> Drawn:
    named = {name.replace("_", "."): text for name, text in overrides.items()}
    return draw_report(TIMELINE, format_, UTC, Templates(named))


def test_a_team_changes_one_part_and_keeps_the_rest() -> None:
    own = '{% extends "handrail/report.html" %}{% block header %}<h1>ACME {{ report.ref }}</h1>{% endblock %}'
    page = drawn("html", report_html=own)
    assert page.notices == ()
    assert "<h1>ACME ORDERS-7</h1>" in page.text
    assert "Everything, as it was recorded" in page.text


def test_a_team_changes_the_styles_alone() -> None:
    page = drawn("html", report_css="body{background:#fffbe6}")
    assert page.notices == ()
    assert "body{background:#fffbe6}" in page.text
    assert "max-width:1024px" not in page.text
    assert "max-width:1024px" in drawn("html").text


def test_what_a_team_puts_into_markdown_is_escaped_for_it() -> None:
    text = drawn("md", report_md="{{ report.asset }} {{ '[x](http://evil.test)' }}").text
    assert text.startswith("Orders database \\[x\\](`http://evil.test`)")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("{% for x in %}", "line 1"),
        ("<head>{{ report.nothing_like_it }}", "nothing_like_it"),
        ("<head>{{ ''.__class__.__mro__ }}", "unsafe"),
        ("<head>{{ report.__init__.__globals__ }}", "unsafe"),
        ("<head>{{ 1 // 0 }}", "division"),
        ("<head>{{ report.days.append(1) }}", "append"),
        ("<head>{% for n in range(999999999) %}{% endfor %}", "Range too big"),
        ("<head>{{ 'a' | truncate(-5) }}", "expected length"),
        ("<body>no head</body>", "no <head>"),
        ('<head>{% include "../../etc/passwd" %}', "passwd"),
    ],
)
def test_a_broken_template_gives_way_to_ours_and_the_report_says_so(fault: str, said: str) -> None:
    page = drawn("html", report_html=fault)
    assert "Everything, as it was recorded" in page.text
    assert len(page.notices) == 1
    assert said in page.notices[0]
    assert "report.html could not be used" in page.text


def test_a_broken_template_of_one_kind_leaves_the_others_alone() -> None:
    assert drawn("md", report_html="{{").notices == ()
    assert len(drawn("html", report_html="{{").notices) == 1


def test_every_page_may_show_its_own_styles_and_load_and_run_nothing() -> None:
    """Whatever the template, the policy is there, and its digests are those of the styles in the page."""
    own = "<html><head><title>x</title><style>p{color:red}</style></head><body><script>alert(1)</script></body></html>"
    for page in (drawn("html").text, drawn("html", report_html=own).text):
        found = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
        assert found is not None
        styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in styles]
        assert digests
        assert found[1] == (
            f"default-src 'none'; style-src {' '.join(f'{chr(39)}sha256-{one}{chr(39)}' for one in digests)}; "
            "base-uri 'none'; form-action 'none'"
        )
        assert page.index("Content-Security-Policy") < page.index("<style>")


def test_ours_are_all_there() -> None:
    assert set(TEMPLATES) == {"report.html", "report.css", "report.md", "postmortem.md", "evidence.html"}
    for format_ in ("html", "md", "postmortem"):
        assert drawn(format_).notices == ()
