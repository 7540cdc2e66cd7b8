"""What Slack would refuse, block by block: each case stands beside one that differs only as meant."""
# ruff: noqa: E501 - one case a line: what Slack takes, what it refuses, what it says

import pytest

from bot.workspace.blocks.limits import Surface, problems_in_blocks, problems_in_message, problems_in_view

Json = dict[str, object]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(value: str = "a", text: str = "A", **more: object) -> Json:
    return {"text": plain(text), "value": value, **more}


def button(text: str = "Done", **more: object) -> Json:
    return {"type": "button", "text": plain(text), **more}


def actions(*elements: Json, **more: object) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def section(text: str = "Hello", **more: object) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def select(count: int = 1, **more: object) -> Json:
    return {"type": "static_select", "options": [option(str(n)) for n in range(count)], **more}


def field(element: Json, **more: object) -> Json:
    return {"type": "input", "label": plain("Why?"), "element": element, **more}


def context(*elements: Json) -> Json:
    return {"type": "context", "elements": list(elements)}


def rich(*parts: Json) -> Json:
    return {"type": "rich_text", "elements": list(parts)}


def part(kind: str, *elements: Json, **more: object) -> Json:
    return {"type": kind, "elements": list(elements), **more}


def words(text: str, **more: object) -> Json:
    return {"type": "text", "text": text, **more}


def picture(**more: object) -> Json:
    return {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "a graph", **more}


def confirm(**more: object) -> Json:
    return {"title": plain("Sure?"), "text": mrkdwn("It *ends*."), "confirm": plain("Yes"), "deny": plain("No"), **more}


def table(rows: int, cells: int) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * cells] * rows}


CASES = [
    ("header", {"type": "header", "text": plain("x" * 150)}, {"type": "header", "text": plain("x" * 151)}, "must be less than 151 characters [json-pointer:/blocks/0/text/text]"),
    ("header-mrkdwn", {"type": "header", "text": plain("x")}, {"type": "header", "text": mrkdwn("x")}, "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"),
    ("header-empty", {"type": "header", "text": plain("x")}, {"type": "header", "text": plain("")}, "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ("header-bare", {"type": "header", "text": plain("x")}, {"type": "header", "text": "x"}, "must provide an object [json-pointer:/blocks/0/text]"),
    ("section", section("x" * 3000), section("x" * 3001), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    ("section-none", section(), {"type": "section"}, "missing required field: text or fields [json-pointer:/blocks/0]"),
    ("section-empty", section("."), section(""), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ("fields", {"type": "section", "fields": [mrkdwn("x")] * 10}, {"type": "section", "fields": [mrkdwn("x")] * 11}, "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
    ("field", {"type": "section", "fields": [mrkdwn("x" * 2000)]}, {"type": "section", "fields": [mrkdwn("x" * 2001)]}, "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"),
    ("field-empty", {"type": "section", "fields": [mrkdwn("-")]}, {"type": "section", "fields": [mrkdwn("")]}, "must be more than 0 characters [json-pointer:/blocks/0/fields/0/text]"),
    ("accessory", section(accessory=button()), section(accessory={"type": "plain_text_input", "action_id": "a"}), "unsupported type: plain_text_input [json-pointer:/blocks/0/accessory/type]"),
    ("verbatim", section(accessory=picture()), section(verbatim=True), "invalid additional property: verbatim [json-pointer:/blocks/0]"),
    ("block-id", section(block_id="x" * 255), section(block_id="x" * 256), "must be less than 256 characters [json-pointer:/blocks/0/block_id]"),
    ("divider", {"type": "divider"}, {"type": "divider", "text": plain("x")}, "invalid additional property: text [json-pointer:/blocks/0]"),
    ("context", context(*[mrkdwn("x")] * 10), context(*[mrkdwn("x")] * 11), "no more than 10 items allowed [json-pointer:/blocks/0/elements]"),
    ("context-none", context(picture()), context(), "must provide at least 1 items [json-pointer:/blocks/0/elements]"),
    ("context-button", context(plain("x")), context(button()), "unsupported type: button [json-pointer:/blocks/0/elements/0/type]"),
    ("actions", actions(*[button(action_id=str(n)) for n in range(25)]), actions(*[button(action_id=str(n)) for n in range(26)]), "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
    ("actions-none", actions(button()), actions(), "must provide at least 1 items [json-pointer:/blocks/0/elements]"),
    ("actions-image", actions(button()), actions(picture()), "unsupported type: image [json-pointer:/blocks/0/elements/0/type]"),
    ("action-ids", actions(button(action_id="a"), button(action_id="b")), actions(button(action_id="a"), button(action_id="a")), '`action_id` "a" already exists [json-pointer:/blocks/0/elements/1/action_id]'),
    ("action-id", actions(button(action_id="x" * 255)), actions(button(action_id="x" * 256)), "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]"),
    ("button", actions(button("x" * 75)), actions(button("x" * 76)), "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"),
    ("button-text", actions(button()), actions({"type": "button", "text": mrkdwn("x")}), "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/text/type]"),
    ("button-value", actions(button(value="x" * 2000)), actions(button(value="x" * 2001)), "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"),
    ("button-value-number", actions(button(value="1")), actions(button(value=1)), "must provide a string [json-pointer:/blocks/0/elements/0/value]"),
    ("button-style", actions(button(style="danger")), actions(button(style="warning")), "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]"),
    ("button-url", actions(button(url="https://a.b/" + "x" * 2988)), actions(button(url="https://a.b/" + "x" * 2989)), "must be less than 3001 characters [json-pointer:/blocks/0/elements/0/url]"),
    ("confirm", actions(button(confirm=confirm(title=plain("x" * 100)))), actions(button(confirm=confirm(title=plain("x" * 101)))), "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]"),
    ("confirm-text", actions(button(confirm=confirm(text=mrkdwn("x" * 300)))), actions(button(confirm=confirm(text=mrkdwn("x" * 301)))), "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]"),
    ("confirm-button", actions(button(confirm=confirm(deny=plain("x" * 30)))), actions(button(confirm=confirm(deny=plain("x" * 31)))), "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]"),
    ("confirm-deny", actions(button(confirm=confirm())), actions(button(confirm=confirm(deny=None))), "missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]"),
    ("overflow", actions({"type": "overflow", "options": [option(str(n)) for n in range(5)]}), actions({"type": "overflow", "options": [option(str(n)) for n in range(6)]}), "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]"),
    ("overflow-none", actions({"type": "overflow", "options": [option()]}), actions({"type": "overflow", "options": []}), "must provide at least 1 items [json-pointer:/blocks/0/elements/0/options]"),
    ("select", actions(select(100)), actions(select(101)), "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"),
    ("select-none", actions(select(1)), actions({"type": "static_select"}), "missing required field: options [json-pointer:/blocks/0/elements/0]"),
    ("select-both", actions({"type": "static_select", "option_groups": [{"label": plain("G"), "options": [option()]}]}), actions(select(1, option_groups=[{"label": plain("G"), "options": [option()]}])), "only one of `options` and `option_groups` may be provided [json-pointer:/blocks/0/elements/0]"),
    ("select-initial", actions(select(2, initial_option=option("1"))), actions(select(2, initial_option=option("7"))), "`initial_option` must exactly match one of the provided options [json-pointer:/blocks/0/elements/0/initial_option]"),
    ("select-initial-text", actions(select(2, initial_option=option("1"))), actions(select(2, initial_option=option("1", "B"))), "`initial_option` must exactly match one of the provided options [json-pointer:/blocks/0/elements/0/initial_option]"),
    ("placeholder", actions(select(placeholder=plain("x" * 150))), actions(select(placeholder=plain("x" * 151))), "must be less than 151 characters [json-pointer:/blocks/0/elements/0/placeholder/text]"),
    ("option-text", actions(select(initial_option=None, options=[option(text="x" * 75)])), actions(select(options=[option(text="x" * 76)])), "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]"),
    ("option-value", actions(select(options=[option("x" * 75)])), actions(select(options=[option("x" * 76)])), "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/value]"),
    ("option-description", actions(select(options=[option(description=plain("x" * 75))])), actions(select(options=[option(description=plain("x" * 76))])), "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/description/text]"),
    ("option-mrkdwn", field({"type": "radio_buttons", "options": [option(), {"text": mrkdwn("*B*"), "value": "b"}]}), actions(select(options=[{"text": mrkdwn("*B*"), "value": "b"}])), "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/options/0/text/type]"),
    ("radio", field({"type": "radio_buttons", "options": [option(str(n)) for n in range(10)]}), field({"type": "radio_buttons", "options": [option(str(n)) for n in range(11)]}), "no more than 10 items allowed [json-pointer:/blocks/0/element/options]"),
    ("radio-initial", field({"type": "radio_buttons", "options": [option()], "initial_option": option()}), field({"type": "radio_buttons", "options": [option()], "initial_option": option("z")}), "`initial_option` must exactly match one of the provided options [json-pointer:/blocks/0/element/initial_option]"),
    ("checkboxes", field({"type": "checkboxes", "options": [option(str(n)) for n in range(10)]}), field({"type": "checkboxes", "options": [option(str(n)) for n in range(11)]}), "no more than 10 items allowed [json-pointer:/blocks/0/element/options]"),
    ("checkboxes-initial", field({"type": "checkboxes", "options": [option()], "initial_options": [option()]}), field({"type": "checkboxes", "options": [option()], "initial_options": [option("z")]}), "`initial_options` must exactly match one of the provided options [json-pointer:/blocks/0/element/initial_options]"),
    ("date", actions({"type": "datepicker", "initial_date": "2026-11-22"}), actions({"type": "datepicker", "initial_date": "22.11.2026"}), r"failed to match pattern: \d{4}-\d{2}-\d{2} [json-pointer:/blocks/0/elements/0/initial_date]"),
    ("time", actions({"type": "timepicker", "initial_time": "23:59"}), actions({"type": "timepicker", "initial_time": "24:00"}), r"failed to match pattern: ([01]\d|2[0-3]):[0-5]\d [json-pointer:/blocks/0/elements/0/initial_time]"),
    ("moment", actions({"type": "datetimepicker", "initial_date_time": 1795348800}), actions({"type": "datetimepicker", "initial_date_time": "1795348800"}), "must provide a number [json-pointer:/blocks/0/elements/0/initial_date_time]"),
    ("moment-beside", actions({"type": "datetimepicker"}), section(accessory={"type": "datetimepicker"}), "unsupported type: datetimepicker [json-pointer:/blocks/0/accessory/type]"),
    ("users", actions({"type": "users_select", "initial_user": "U0ANA"}), actions({"type": "users_select", "initial_user": "ana"}), "failed to match pattern: [UW][A-Z0-9]{2,} [json-pointer:/blocks/0/elements/0/initial_user]"),
    ("external", actions({"type": "external_select", "min_query_length": 0}), actions({"type": "external_select", "options": [option()]}), "invalid additional property: options [json-pointer:/blocks/0/elements/0]"),
    ("input-label", field(select(), label=plain("x" * 2000)), field(select(), label=plain("x" * 2001)), "must be less than 2001 characters [json-pointer:/blocks/0/label/text]"),
    ("input-hint", field(select(), hint=plain("x" * 2000)), field(select(), hint=plain("x" * 2001)), "must be less than 2001 characters [json-pointer:/blocks/0/hint/text]"),
    ("input-element", field(select()), field(button()), "unsupported type: button [json-pointer:/blocks/0/element/type]"),
    ("input-none", field(select()), {"type": "input", "label": plain("Why?")}, "missing required field: element [json-pointer:/blocks/0]"),
    ("typed", field({"type": "plain_text_input", "max_length": 3000}), field({"type": "plain_text_input", "max_length": 3001}), "must be less than 3001 [json-pointer:/blocks/0/element/max_length]"),
    ("typed-span", field({"type": "plain_text_input", "min_length": 5, "max_length": 5}), field({"type": "plain_text_input", "min_length": 6, "max_length": 5}), "`min_length` must be less than or equal to `max_length` [json-pointer:/blocks/0/element/min_length]"),
    ("typed-initial", field({"type": "plain_text_input", "max_length": 3, "initial_value": "abc"}), field({"type": "plain_text_input", "max_length": 3, "initial_value": "abcd"}), "must be less than 4 characters [json-pointer:/blocks/0/element/initial_value]"),
    ("number", field({"type": "number_input", "is_decimal_allowed": False, "min_value": "1"}), field({"type": "number_input", "min_value": "1"}), "missing required field: is_decimal_allowed [json-pointer:/blocks/0/element]"),
    ("number-decimal", field({"type": "number_input", "is_decimal_allowed": True, "min_value": "0.5"}), field({"type": "number_input", "is_decimal_allowed": False, "min_value": "0.5"}), "must be a whole number, as decimals are not allowed [json-pointer:/blocks/0/element/min_value]"),
    ("number-span", field({"type": "number_input", "is_decimal_allowed": False, "min_value": "9", "max_value": "10"}), field({"type": "number_input", "is_decimal_allowed": False, "min_value": "11", "max_value": "10"}), "`min_value` must be less than or equal to `max_value` [json-pointer:/blocks/0/element/min_value]"),
    ("image", picture(), picture(alt_text=None), "missing required field: alt_text [json-pointer:/blocks/0]"),
    ("image-url", picture(), {"type": "image", "alt_text": "a"}, "missing required field: image_url [json-pointer:/blocks/0]"),
    ("image-title", picture(title=plain("x" * 2000)), picture(title=mrkdwn("x")), "unsupported type: mrkdwn [json-pointer:/blocks/0/title/type]"),
    ("rich-text", rich(part("rich_text_section", words("a", style={"bold": True}))), rich(part("rich_text_paragraph", words("a"))), "unsupported type: rich_text_paragraph [json-pointer:/blocks/0/elements/0/type]"),
    ("rich-empty", rich(part("rich_text_section", words("a"))), rich(part("rich_text_section", words(""))), "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]"),
    ("rich-list", rich(part("rich_text_list", part("rich_text_section", words("a")), style="bullet", indent=1)), rich(part("rich_text_list", words("a"), style="bullet")), "unsupported type: text [json-pointer:/blocks/0/elements/0/elements/0/type]"),
    ("rich-list-style", rich(part("rich_text_list", part("rich_text_section", words("a")), style="ordered")), rich(part("rich_text_list", part("rich_text_section", words("a")))), "missing required field: style [json-pointer:/blocks/0/elements/0]"),
    ("rich-quote", rich(part("rich_text_quote", words("a"), border=1)), rich(part("rich_text_quote", words("a"), border=2)), "must be less than 2 [json-pointer:/blocks/0/elements/0/border]"),
    ("rich-preformatted", rich(part("rich_text_preformatted", words("a\nb"))), rich({"type": "rich_text_preformatted"}), "missing required field: elements [json-pointer:/blocks/0/elements/0]"),
    ("rich-user", rich(part("rich_text_section", {"type": "user", "user_id": "U0ANA"})), rich(part("rich_text_section", {"type": "user", "user_id": "ana"})), "failed to match pattern: [UW][A-Z0-9]{2,} [json-pointer:/blocks/0/elements/0/elements/0/user_id]"),
    ("rich-date", rich(part("rich_text_section", {"type": "date", "timestamp": 1795348800, "format": "{time}"})), rich(part("rich_text_section", {"type": "date", "timestamp": 1795348800})), "missing required field: format [json-pointer:/blocks/0/elements/0/elements/0]"),
    ("rich-style", rich(part("rich_text_section", words("a", style={"code": True}))), rich(part("rich_text_section", words("a", style={"shout": True}))), "invalid additional property: shout [json-pointer:/blocks/0/elements/0/elements/0/style]"),
    ("table", table(100, 20), table(101, 20), "no more than 100 items allowed [json-pointer:/blocks/0/rows]"),
    ("table-cells", table(2, 20), table(2, 21), "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]"),
    ("markdown", {"type": "markdown", "text": "# x"}, {"type": "markdown", "text": plain("x")}, "must provide a string [json-pointer:/blocks/0/text]"),
    ("type", {"type": "divider"}, {"type": "line"}, "unsupported type: line [json-pointer:/blocks/0/type]"),
    ("no-type", {"type": "divider"}, {}, "missing required field: type [json-pointer:/blocks/0]"),
    ("number-as-block", {"type": "divider"}, 7, "must provide an object [json-pointer:/blocks/0]"),
]  # fmt: skip


@pytest.mark.parametrize(("fine", "refused", "sentence"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_slack_takes_the_one_and_refuses_the_other(fine: object, refused: object, sentence: str) -> None:
    assert problems_in_blocks([fine], "message") == []
    assert f"[ERROR] {sentence}" in problems_in_blocks([refused], "message")


@pytest.mark.parametrize(("surface", "most"), [("message", 50), ("modal", 100), ("home", 100)])
def test_a_surface_holds_so_many_blocks(surface: Surface, most: int) -> None:
    assert problems_in_blocks([section()] * most, surface) == []
    refused = problems_in_blocks([section()] * (most + 1), surface)
    assert refused == [f"[ERROR] no more than {most} items allowed [json-pointer:/blocks]"]


@pytest.mark.parametrize(
    ("block", "takes"),
    [
        ({"type": "alert", "text": plain("Mind"), "level": "warning"}, {"modal"}),
        ({"type": "markdown", "text": "# x"}, {"message"}),
        (table(1, 1), {"message", "home"}),
        (field(select()), {"message", "modal", "home"}),
    ],
)
def test_some_blocks_stand_on_some_surfaces_only(block: Json, takes: set[Surface]) -> None:
    surfaces: tuple[Surface, ...] = ("message", "modal", "home")
    assert {surface for surface in surfaces if not problems_in_blocks([block], surface)} == takes


def test_what_cannot_be_drawn_here_is_refused_and_said_to_be_ours() -> None:
    assert problems_in_blocks([{"type": "video"}], "message") == [
        "[ERROR] this local workspace does not draw `video` blocks; Slack may [json-pointer:/blocks/0/type]"
    ]


def test_block_ids_differ_within_a_message() -> None:
    assert problems_in_blocks([section(block_id="a"), section(block_id="b")], "message") == []
    assert problems_in_blocks([section(block_id="a"), section(block_id="a")], "message") == [
        '[ERROR] `block_id` "a" already exists [json-pointer:/blocks/1/block_id]'
    ]


def test_an_action_id_may_come_again_in_another_block() -> None:
    """Slack asks for unique action ids within the containing block; state values are kept by block, then action."""
    assert problems_in_blocks([actions(button(action_id="a")), actions(button(action_id="a"))], "message") == []


def test_a_message_holds_one_table_of_even_rows() -> None:
    assert problems_in_blocks([table(2, 2)], "message") == []
    assert "[ERROR] only_one_table_allowed [json-pointer:/blocks]" in problems_in_blocks([table(1, 1)] * 2, "message")
    uneven = {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}] * 2, [{"type": "raw_text", "text": "a"}]]}
    assert problems_in_blocks([uneven], "message") == [
        "[ERROR] all rows must have the same number of cells [json-pointer:/blocks/0/rows]"
    ]


def test_one_element_has_the_focus() -> None:
    assert problems_in_blocks([field(select(focus_on_load=True)), field(select())], "modal") == []
    assert problems_in_blocks([field(select(focus_on_load=True))] * 2, "modal") == [
        "[ERROR] only one element may set `focus_on_load` [json-pointer:/blocks]"
    ]


def modal(**more: object) -> Json:
    return {"type": "modal", "title": plain("Start"), "submit": plain("Go"), "blocks": [field(select())], **more}


@pytest.mark.parametrize(
    ("fine", "refused", "sentence"),
    [
        (modal(title=plain("x" * 24)), modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (modal(submit=plain("x" * 24)), modal(submit=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/submit/text]"),
        (modal(close=plain("x" * 24)), modal(close=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/close/text]"),
        (modal(title=plain("x")), modal(title=mrkdwn("x")), "unsupported type: mrkdwn [json-pointer:/view/title/type]"),
        (modal(), modal(title=None), "missing required field: title [json-pointer:/view]"),
        (modal(), modal(submit=None), "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/0/input]"),
        (modal(), modal(blocks=[]), "must provide at least 1 items [json-pointer:/view/blocks]"),
        (modal(), modal(blocks=None), "missing required field: blocks [json-pointer:/view]"),
        (modal(private_metadata="x" * 3000), modal(private_metadata="x" * 3001), "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
        (modal(callback_id="x" * 255), modal(callback_id="x" * 256), "must be less than 256 characters [json-pointer:/view/callback_id]"),
        (modal(notify_on_close=True), modal(notify_on_close="yes"), "must provide a boolean [json-pointer:/view/notify_on_close]"),
        (modal(), modal(color="red"), "invalid additional property: color [json-pointer:/view]"),
        (modal(), {**modal(), "type": "page"}, "unsupported type: page [json-pointer:/view/type]"),
        (modal(blocks=[section("x" * 2400)] * 100), modal(blocks=[section("x" * 2500)] * 100), "must be less than 250001 bytes [json-pointer:/view]"),
        ({"type": "home", "blocks": [section()]}, {"type": "home", "blocks": [section()], "submit": plain("Go")}, "invalid additional property: submit [json-pointer:/view]"),
    ],
)  # fmt: skip
def test_a_view_is_taken_or_refused(fine: Json, refused: Json, sentence: str) -> None:
    assert problems_in_view(fine) == []
    assert f"[ERROR] {sentence}" in problems_in_view(refused)


@pytest.mark.parametrize(
    ("fine", "refused", "sentence"),
    [
        ({"text": "x" * 50_000}, {"blocks": 3}, "must provide an array [json-pointer:/blocks]"),
        ({"thread_ts": "1763800000.000100"}, {"thread_ts": "1763800000"}, r"failed to match pattern: \d{10}\.\d{6} [json-pointer:/thread_ts]"),
        (
            {"metadata": {"event_type": "card", "event_payload": {"run": "ORDERS-7", "step": 3, "live": True}}},
            {"metadata": {"event_type": "card", "event_payload": {"run": {"ref": "ORDERS-7"}}}},
            "must be a string, a number or a boolean [json-pointer:/metadata/event_payload/run]",
        ),
        (
            {"metadata": {"event_type": "card", "event_payload": {}}},
            {"metadata": {"event_payload": {}}},
            "missing required field: event_type [json-pointer:/metadata]",
        ),
    ],
)  # fmt: skip
def test_a_message_is_taken_or_refused(fine: Json, refused: Json, sentence: str) -> None:
    assert problems_in_message(fine) == []
    assert f"[ERROR] {sentence}" in problems_in_message(refused)
