"""Block Kit as HTML: what a person can read and press."""
# ruff: noqa: E501 - what is given and what is drawn stand side by side

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.workspace.blocks.html import blocks_html
from bot.workspace.blocks.text.reader import TextContext
from tests.workspace.test_blocks_text import Tags

Json = dict[str, object]

ANA = TextContext(
    "U0ANA",
    datetime(2026, 11, 22, 12, tzinfo=UTC),
    ZoneInfo("Europe/Madrid"),
    people={"U0BEN": "Ben", "U0ANA": "Ana"},
    channels={"C0INC": "incidents"},
    home="/as/U0ANA",
)


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str, text: str) -> Json:
    return {"text": plain(text), "value": value}


def drawn(block: Json) -> str:
    return blocks_html([{"block_id": "b", **block}], ANA)


def control(element: Json) -> str:
    """The inside of one control, after a look at the ids that the script reads."""
    html = drawn({"type": "actions", "elements": [{"action_id": "act", **element}]})
    found = re.fullmatch(r'<div class="block actions"><span class="control is-(\w+)" data-kind="\1" data-action="act" data-block="b">(.*)</span></div>', html, re.DOTALL)  # fmt: skip
    assert found is not None, html
    return found[2]


def test_a_section_has_words_fields_and_something_beside() -> None:
    image = {"type": "image", "image_url": "https://a.example/x.png", "alt_text": "a <graph>"}
    html = drawn(
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Hi*"}, "fields": [plain("a *b*")], "accessory": image}
    )
    assert '<div class="words"><div><b>Hi</b></div><div class="fields"><div>a *b*</div></div></div>' in html
    assert '<a class="picture" href="https://a.example/x.png"' in html
    assert "a &lt;graph&gt;" in html


def test_a_button_says_its_whole_label_where_it_is_cut() -> None:
    label = "Restore the backup beside the live database"
    html = control({"type": "button", "text": plain(label), "style": "danger"})
    assert html == f'<button type="button" class="button danger" title="{label}"><span>{label}</span></button>'


def test_a_confirmation_waits_beside_its_button() -> None:
    sure = {"title": plain("Sure?"), "text": {"type": "mrkdwn", "text": "*All* of it"}, "confirm": plain("Yes"), "deny": plain("No"), "style": "danger"}  # fmt: skip
    html = control({"type": "button", "text": plain("Drop"), "confirm": sure})
    assert '<dialog class="confirm"><h2>Sure?</h2><p><b>All</b> of it</p>' in html
    assert '<button type="button" class="button" data-answer="no">No</button>' in html
    assert '<button type="button" class="button danger" data-answer="yes">Yes</button>' in html


def test_a_menu_shows_its_groups_and_what_is_chosen() -> None:
    group = {"label": plain("Live"), "options": [option("1", "One"), option("2", "Two :x:")]}
    html = control({"type": "static_select", "option_groups": [group], "initial_option": option("2", "Two :x:")})
    assert html == (
        '<select aria-label="static select"><option value="">Choose one</option><optgroup label="Live">'
        '<option value="1">One</option><option value="2" selected>Two ❌</option></optgroup></select>'
    )


def test_an_overflow_menu_opens_without_a_script() -> None:
    html = control(
        {
            "type": "overflow",
            "options": [option("skip", "Skip…"), {**option("doc", "Read"), "url": "https://a.example"}],
        }
    )
    assert html.startswith('<details class="drop"><summary class="button" aria-label="More actions"')
    assert '<button type="button" role="menuitem" data-value="skip">Skip…</button>' in html
    assert '<button type="button" role="menuitem" data-value="doc" data-url="https://a.example">Read</button>' in html


@pytest.mark.parametrize(
    ("element", "html"),
    [
        ({"type": "users_select", "initial_user": "U0BEN"}, '<option value="U0BEN" selected>Ben</option>'),
        ({"type": "conversations_select"}, '<option value="C0INC">#incidents</option><option value="U0ANA">@Ana</option>'),
        ({"type": "channels_select", "initial_channel": "C0INC"}, '<option value="C0INC" selected>#incidents</option>'),
        ({"type": "datepicker", "initial_date": "2026-11-22"}, '<input type="date" value="2026-11-22"'),
        ({"type": "timepicker", "initial_time": "13:47"}, '<input type="time" value="13:47"'),
        ({"type": "datetimepicker", "initial_date_time": 1795348800}, '<input type="datetime-local" value="2026-11-22T13:00"'),
        ({"type": "external_select", "min_query_length": 0}, '<input type="search" role="combobox" aria-expanded="false" autocomplete="off" placeholder="Choose one"'),
        ({"type": "multi_users_select", "initial_users": ["U0BEN"]}, '<input type="checkbox" value="U0BEN" checked> Ben</label>'),
        ({"type": "multi_static_select", "options": [option("1", "One")]}, '<summary class="button" data-called="Choose some" aria-label="multi static select: Choose some">Choose some</summary>'),
        ({"type": "radio_buttons", "options": [option("1", "One")], "initial_option": option("1", "One")}, '<input type="radio" name="b/act" value="1" checked><span>One</span>'),
        ({"type": "checkboxes", "options": [{**option("1", "One"), "description": plain("first")}]}, '<input type="checkbox" name="b/act" value="1"><span>One<small>first</small></span>'),
    ],
)  # fmt: skip
def test_each_control_is_one_that_a_browser_knows(element: Json, html: str) -> None:
    assert html in control(element)


def test_an_input_has_its_label_its_hint_and_its_error() -> None:
    block: Json = {
        "type": "input",
        "block_id": "why",
        "label": plain("Why?"),
        "hint": plain("One line"),
        "optional": True,
        "element": {
            "type": "plain_text_input",
            "action_id": "a",
            "multiline": True,
            "max_length": 90,
            "initial_value": "<so>",
        },
    }
    fine = blocks_html([block], ANA)
    assert '<div class="label">Why?<small> (optional)</small></div>' in fine
    assert '<textarea rows="4" maxlength="90" aria-label="Why?" autocomplete="off">&lt;so&gt;</textarea>' in fine
    assert 'role="alert"' not in fine
    wrong = blocks_html([block], ANA, {"why": "Say <why>."})
    assert '<div class="error" role="alert">Say &lt;why&gt;.</div>' in wrong
    assert 'class="block input wrong"' in wrong


def test_rich_text_is_drawn_part_by_part() -> None:
    words: list[Json] = [
        {"type": "text", "text": "<a>", "style": {"bold": True, "code": True}},
        {"type": "user", "user_id": "U0ANA"},
    ]
    item: Json = {"type": "rich_text_section", "elements": words}
    elements: list[Json] = [
        item,
        {"type": "rich_text_list", "style": "ordered", "indent": 1, "offset": 2, "elements": [item]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x"}]},
        {"type": "rich_text_quote", "elements": [{"type": "emoji", "name": "lock"}]},
    ]
    inner = '<b><code>&lt;a&gt;</code></b><span class="mention mine">@Ana</span>'
    assert drawn({"type": "rich_text", "elements": elements}) == (
        f'<div class="block rich_text"><p>{inner}</p><ol start="3" data-indent="1"><li>{inner}</li></ol>'
        "<pre>x</pre><blockquote>🔒</blockquote></div>"
    )


def test_a_table_has_a_head_and_sides() -> None:
    cell: Json = {"type": "raw_text", "text": "1 < 2"}
    html = drawn({"type": "table", "rows": [[cell], [cell]], "column_settings": [{"align": "right"}]})
    assert '<tr><th class="right">1 &lt; 2</th></tr><tr><td class="right">1 &lt; 2</td></tr>' in html


def test_the_smaller_blocks() -> None:
    assert drawn({"type": "header", "text": plain("Restore :lock:")}) == "<h3>Restore 🔒</h3>"
    assert drawn({"type": "divider"}) == "<hr>"
    assert drawn({"type": "context", "elements": [plain("a")]}) == '<div class="block context"><span>a</span></div>'
    assert 'class="alert warning" role="note">⚠️ Mind</div>' in drawn(
        {"type": "alert", "level": "warning", "text": plain("Mind")}
    )
    assert "<h4>x</h4>" in drawn({"type": "markdown", "text": "# x"})
    assert "This workspace does not draw video blocks." in drawn({"type": "video"})


KNOWN = {
    "a", "b", "i", "s", "u", "code", "pre", "br", "blockquote", "span", "time", "p", "h2", "h3", "h4", "ul", "ol", "li", "hr", "div",
    "button", "dialog", "details", "summary", "select", "option", "input", "label", "small", "em", "table", "tr", "th", "td", "textarea",
}  # fmt: skip


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onclick='x",
        "</textarea><b>",
        "\u202e<!channel>",
    ],
)
def test_no_field_of_a_block_becomes_markup(hostile: str) -> None:
    """Every place where an app may put words, with the same hostile words."""
    words, bold = plain(hostile), {"type": "mrkdwn", "text": hostile}
    sure = {"title": words, "text": bold, "confirm": words, "deny": words}
    options = [{"text": words, "value": hostile, "description": words, "url": f"javascript:{hostile}"}]
    kinds = ("static_select", "multi_static_select", "radio_buttons", "checkboxes", "overflow")
    elements: list[Json] = [
        {
            "type": "button",
            "text": words,
            "value": hostile,
            "url": f"javascript:{hostile}",
            "style": hostile,
            "confirm": sure,
            "accessibility_label": hostile,
        },
        *[dict[str, object](type=kind, options=options, placeholder=words) for kind in kinds],
        {"type": "plain_text_input", "initial_value": hostile, "placeholder": words, "multiline": True},
        {"type": "datepicker", "initial_date": hostile},
        {"type": "external_select", "initial_option": options[0]},
        {"type": hostile},
    ]
    blocks: list[Json] = [
        {"type": "actions", "block_id": hostile, "elements": [{**each, "action_id": hostile} for each in elements]},
        *[
            dict[str, object](type="input", block_id=hostile, label=words, hint=words, element=each)
            for each in elements
        ],
        {"type": "section", "text": bold, "fields": [words, bold], "accessory": elements[0]},
        {"type": "image", "title": words, "alt_text": hostile, "image_url": hostile},
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "text", "text": hostile},
                        {"type": "link", "url": f"javascript:{hostile}"},
                        {"type": "emoji", "name": hostile},
                    ],
                }
            ],
        },
        {"type": "table", "rows": [[{"type": "raw_text", "text": hostile}]], "column_settings": [{"align": hostile}]},
        {"type": "markdown", "text": hostile},
        {"type": "alert", "level": hostile, "text": bold},
        {"type": hostile},
    ]
    tags = Tags(blocks_html(blocks, ANA, {hostile: hostile}))
    assert tags.names <= KNOWN
    assert not {each for each in tags.attributes if each.startswith("on") or each == "style"}
    assert tags.addresses == set()
