"""The page in a real browser: what a newcomer does in the first two minutes, and what two people see at once."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from bot.workspace.serve import Options, Workspace
from bot.workspace.state import Message, Refusal
from bot.workspace.state.screens import name_blocks
from tests.workspace.page_bot import SEED, Heard, Office, button, card, open_office, pickers, section


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as opened:
        yield opened


@pytest.fixture
def other(browser: Browser) -> Iterator[Page]:
    """A second browser, side by side with the first."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, timezone_id="UTC", has_touch=True)
    yield context.new_page()
    context.close()


def test_a_newcomer_starts_a_recovery(office: Office, page: Page) -> None:
    """The hint, the list of commands, the modal, an error of each kind with nothing lost, the card."""
    office.open(page)
    expect(page.get_by_text("Type /recover orders to begin.")).to_be_visible()
    page.locator("main textarea").press_sequentially("/")
    expect(page.get_by_role("option", name="/recover [asset]")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.type("orders")
    page.keyboard.press("Enter")
    modal = page.locator("dialog.modal")
    expect(modal.get_by_role("heading", name="Start a recovery")).to_be_visible()

    modal.get_by_label("When did the damage begin?").fill("13:47")
    modal.get_by_label("Who leads?").select_option("Ben Holt")
    modal.get_by_text("Choose some").click()
    modal.get_by_label("db2").check()
    modal.get_by_role("button", name="Start").click()
    expect(modal.get_by_text("Please complete this required field.")).to_have_count(1)
    assert office.heard.sent == []

    modal.get_by_label("Rows are wrong").check()
    modal.get_by_role("button", name="Start").click()
    expect(modal.get_by_text("Add the offset, such as 2026-11-22 13:47 +01:00.")).to_be_visible()
    expect(modal.get_by_text("Please complete")).to_have_count(0)
    expect(modal.get_by_label("When did the damage begin?")).to_have_value("13:47")
    expect(modal.get_by_label("Rows are wrong")).to_be_checked()

    modal.get_by_label("When did the damage begin?").fill("2026-11-22 13:47 +01:00")
    modal.get_by_role("button", name="Start").click()
    expect(modal).to_have_count(0)
    expect(page.get_by_text("Restore the backup beside the live database")).to_be_visible()
    values = office.heard.sent[-1]
    assert values["sees"]["v"]["selected_option"]["value"] == "Rows are wrong"
    assert values["since"]["v"] == {"type": "plain_text_input", "value": "2026-11-22 13:47 +01:00"}
    assert values["mode"]["v"]["selected_option"]["value"] == "Live"
    assert values["lead"]["v"]["selected_user"] == "U0BEN"
    assert values["day"]["v"]["selected_date"] == "2026-11-22"
    assert [each["value"] for each in values["hosts"]["v"]["selected_options"]] == ["db2"]


def test_two_people_side_by_side(office: Office, page: Page, other: Page) -> None:
    """Ana presses Done: the card changes for both, Dora is called by a badge and a toast, and finds the thread."""
    office.post_card()
    office.open(page)
    office.open(other, "U0DORA", "home")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("step 10")).to_be_visible()
    expect(page.get_by_text("(edited)")).to_be_visible()
    expect(page.get_by_role("link", name="1 reply")).to_be_visible()
    expect(page.locator(".persona", has_text="Dora").get_by_text("2 waiting")).to_have_count(1)
    toast = other.locator("#toasts .toast")
    expect(toast).to_contain_text("Handrail mentioned you in #incidents")
    expect(toast).to_contain_text("Step 9 done by @Ana Ruiz. @Dora Lind, please sign.")
    toast.click()
    thread = other.locator("aside.thread")
    expect(thread.get_by_text("please sign.")).to_be_visible()
    expect(thread.locator(".mention.mine")).to_have_text(["@Dora Lind", "@Dora Lind"])
    other.locator("aside.thread textarea").fill("On my way")
    other.keyboard.press("Enter")
    expect(page.get_by_role("link", name="2 replies")).to_be_visible()
    expect(page.locator(".persona", has_text="Dora").locator(".badge")).to_have_count(0)


def test_an_edit_calls_nobody(office: Office, page: Page) -> None:
    said = office.workspace.state.talk.post(Message("C0INC", "U0BOT", "Step 9", bot_id="B0LOCAL"))
    office.open(page, "U0ANA", "home")
    expect(page.locator("#side .line", has_text="incidents").locator(".dot")).to_have_count(1)
    office.workspace.state.talk.edit(Message("C0INC", "U0BOT", "<@U0ANA> look", said.ts, bot_id="B0LOCAL"), by="U0BOT")
    office.workspace.state.talk.post(Message("C0INC", "U0BOT", "Step 10", bot_id="B0LOCAL"))
    page.locator("#side .line", has_text="incidents").click()
    expect(page.get_by_text("Step 10")).to_be_visible()
    expect(page.locator(".mention.mine")).to_have_text("@Ana Ruiz")
    expect(page.locator(".persona.current .badge")).to_have_count(0)
    expect(page.locator("#toasts .toast")).to_have_count(0)


def test_a_dangerous_button_asks_first(office: Office, page: Page) -> None:
    office.post_card()
    office.open(page)
    page.get_by_role("button", name="Stop the run…").click()
    sure = page.locator("dialog.confirm[open]")
    expect(sure).to_contain_text("The run ends here.")
    sure.get_by_role("button", name="No").click()
    expect(sure).to_have_count(0)
    page.get_by_role("button", name="Stop the run…").click()
    page.keyboard.press("Escape")
    expect(sure).to_have_count(0)
    page.get_by_role("button", name="There is a problem").click()
    expect(page.locator(".busy")).to_have_count(0)
    assert office.heard.pressed == ["problem"]
    page.get_by_role("button", name="Stop the run…").click()
    sure.get_by_role("button", name="Stop it").click()
    expect(page.locator(".busy")).to_have_count(0)
    assert office.heard.pressed == ["problem", "stop"]


def test_the_rarer_acts_are_in_menus(office: Office, page: Page) -> None:
    """Two overflow menus, a shortcut on the message, a reaction, a global shortcut."""
    office.post_card()
    office.open(page)
    page.get_by_label("More actions").first.click()
    page.get_by_role("menuitem", name="Skip…").click()
    page.get_by_label("More actions").last.click()
    page.get_by_role("menuitem", name="Pause…").click()
    expect(page.locator(".busy")).to_have_count(0)
    page.get_by_label("More for this message").click()
    page.get_by_role("menuitem", name="Add to the record").click()
    page.get_by_label("More for this message").click()
    page.get_by_role("menuitem", name="React 👀").click()
    expect(page.get_by_role("button", name="👀 1")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="👀 1").click()
    expect(page.get_by_role("button", name="👀 1")).to_have_count(0)
    assert sorted(office.heard.pressed) == ["Pause…", "Skip…", "Step 9"]
    page.get_by_label("Shortcuts").click()
    page.get_by_role("menuitem", name="Start recovery").click()
    expect(page.get_by_role("heading", name="Start a recovery")).to_be_visible()
    page.get_by_role("button", name="Not now").click()
    expect(page.locator("dialog.modal")).to_have_count(0)
    office.workspace.state.changes.wait_until(lambda: "closed" in office.heard.pressed, 5)
    assert office.heard.pressed[-1] == "closed"


def test_what_is_typed_survives_what_happens_meanwhile(office: Office, page: Page) -> None:
    """Words, focus and the place in the list stay while messages arrive; drafts wait in each channel and thread."""
    office.post_card()
    office.open(page)
    page.locator("main textarea").press_sequentially("half a sent")
    for number in range(30):
        office.workspace.state.talk.post(Message("C0INC", "U0BEN", f"line {number}"))
    expect(page.get_by_text("line 29")).to_be_in_viewport()
    page.keyboard.type("ence")
    expect(page.locator("main textarea")).to_have_value("half a sentence")
    page.locator("#talk").evaluate("list => { list.scrollTop = 0 }")
    office.workspace.state.talk.post(Message("C0INC", "U0BEN", "line 30"))
    expect(page.get_by_text("line 30")).to_have_count(1)
    expect(page.get_by_text("line 30")).not_to_be_in_viewport()
    page.locator("#side .line", has_text="orders-team").click()
    expect(page.locator("main textarea")).to_have_value("")
    page.locator("#side .line", has_text="incidents").click()
    expect(page.locator("main textarea")).to_have_value("half a sentence")


def test_what_came_last_is_read_from_its_top_on_a_phone(office: Office, page: Page, other: Page) -> None:
    """A step higher than the screen: its first line is seen when it comes and when the page is opened; what is short
    still stands at the end, and whoever has gone up is left there."""
    talk = office.workspace.state.talk
    for number in range(30):
        talk.post(Message("C0INC", "U0BEN", f"line {number}"))
    office.open(other)
    expect(other.get_by_text("line 29")).to_be_in_viewport()
    for step in ("step 1", "step 2"):
        say = section("\n".join([f"first line of {step}", *["more"] * 60]))
        blocks = [say, {"type": "actions", "elements": [button("Done", "go:done")]}]
        talk.post(
            Message("C0INC", "U0BOT", step, blocks=name_blocks(blocks, office.workspace.state.mint), bot_id="B0LOCAL")
        )
        expect(other.get_by_text(f"first line of {step}")).to_be_in_viewport()
        expect(other.get_by_role("button", name="Done").last).not_to_be_in_viewport()
    office.open(page)
    expect(page.get_by_text("first line of step 2")).to_be_in_viewport()
    page.locator("#talk").evaluate("list => { list.scrollTop = 0 }")
    talk.post(Message("C0INC", "U0BEN", "line 30"))
    expect(page.get_by_text("line 30")).to_have_count(1)
    expect(page.get_by_text("line 30")).not_to_be_in_viewport()


def test_an_updated_modal_keeps_what_was_typed(office: Office, page: Page) -> None:
    office.open(page)
    page.locator("main textarea").fill("/recover orders")
    page.keyboard.press("Enter")
    since = page.locator("dialog.modal").get_by_label("When did the damage begin?")
    since.fill("13:47")
    view = office.workspace.state.screens.modals("U0ANA")[-1]
    hint = {"type": "context", "elements": [{"type": "plain_text", "text": "Ben has opened a run meanwhile."}]}
    office.workspace.state.screens.update(view, {**view.body, "blocks": [hint, *view.body["blocks"]]})
    expect(page.get_by_text("Ben has opened a run meanwhile.")).to_be_visible()
    expect(since).to_have_value("13:47")
    expect(since).to_be_focused()


def test_escape_asks_before_it_throws_typed_words_away(office: Office, page: Page) -> None:
    """Nothing typed: it closes. Typed: the words stay unless one says so."""
    asked: list[str] = []
    answers = [False, True]

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept() if answers.pop(0) else dialog.dismiss()

    page.on("dialog", answer)
    office.open(page)
    page.locator("main textarea").fill("/recover orders")
    page.keyboard.press("Enter")
    modal = page.locator("dialog.modal")
    field = modal.get_by_role("textbox").first
    field.fill("Rows are gone")
    page.keyboard.press("Escape")
    expect(field).to_have_value("Rows are gone")
    assert asked == ["Throw away what you typed?"]
    field.press("End")
    page.keyboard.press("Escape")
    expect(modal).to_have_count(0)
    page.locator("main textarea").fill("/recover orders")
    page.keyboard.press("Enter")
    expect(modal).to_be_visible()
    page.keyboard.press("Escape")
    expect(modal).to_have_count(0)
    assert len(asked) == len(["once", "twice"])


def test_relative_times_stay_true_while_the_page_stands_open(office: Office, page: Page) -> None:
    """`{ago}` and `today` are told anew without a change of the message."""
    words = "<!date^1700000000^{ago}|then>"
    blocks = [{"type": "section", "block_id": "b", "text": {"type": "mrkdwn", "text": words}}]
    office.workspace.state.talk.post(Message("C0INC", "U0BOT", "When", blocks=tuple(blocks), bot_id="B0LOCAL"))
    office.open(page)
    time = page.locator("time[data-relative]")
    expect(time).to_be_visible()
    time.evaluate("one => { one.textContent = 'an hour ago by a page that slept' }")
    page.evaluate("tellTimesAnew()")
    expect(time).to_have_text(re.compile("^[0-9]+ years? ago$"))


def test_modals_stack_and_close_one_by_one_or_all(office: Office, page: Page) -> None:
    screens = office.workspace.state.screens
    office.open(page)
    for title in ("One", "Two", "Three"):
        words = {"type": "plain_text", "text": title}
        screens.push("U0ANA", {"type": "modal", "title": words, "blocks": [{"type": "section", "text": words}]})
    expect(page.get_by_role("heading", name="Three")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Two")).to_be_visible()
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("heading", name="One")).to_be_visible()
    screens.push("U0ANA", {"type": "modal", "title": {"type": "plain_text", "text": "Four"}, "blocks": []})
    expect(page.get_by_role("heading", name="Four")).to_be_visible()
    page.get_by_label("Close", exact=True).click()
    expect(page.locator("dialog.modal")).to_have_count(0)


def test_hints_for_one_person_and_their_end(office: Office, page: Page, other: Page) -> None:
    office.post_card()
    office.open(page)
    office.open(other, "U0BEN")
    page.get_by_role("button", name="I need help").click()
    whisper = page.locator("article.whisper")
    expect(whisper).to_contain_text("Only visible to you")
    expect(whisper).to_contain_text("@dba are told.")
    page.get_by_role("button", name="Dismiss").click()
    expect(whisper).to_have_count(0)
    expect(other.get_by_text("are told.")).to_have_count(0)


def test_commands_that_cannot_be_say_so(office: Office, page: Page) -> None:
    card_ts = office.post_card().ts
    office.open(page, thread=card_ts)
    page.locator("main textarea").fill("/nothing at all")
    page.locator("main textarea").press("Enter")
    expect(page.locator("main").get_by_text("/nothing is not a valid command.")).to_be_visible()
    page.locator("aside textarea").fill("/recover orders")
    page.locator("aside textarea").press("Enter")
    expect(page.locator("aside").get_by_text("/recover is not supported in threads. Sorry!")).to_be_visible()


def test_a_silent_app_is_named_where_it_was_pressed(office: Office, page: Page) -> None:
    office.post_card()
    office.open(page)
    office.workspace.deliver_to("http://127.0.0.1:9/nobody")
    page.get_by_role("button", name="Done").click()
    failed = page.locator(".control.failed")
    expect(failed).to_have_attribute("data-failed", "This app did not respond. Try again in a moment.")
    page.locator("main textarea").fill("/recover orders")
    page.keyboard.press("Tab")
    page.locator("main textarea").press("Enter")
    expect(page.get_by_text('/recover failed with the error "dispatch_failed".')).to_be_visible()
    page.get_by_text("What Slack would have refused").first.click()
    expect(page.get_by_role("heading", name="Where the app did not answer")).to_be_visible()


def test_the_panel_lists_what_slack_would_have_refused(office: Office, page: Page) -> None:
    office.open(page)
    panel = page.locator("#report")
    expect(panel.locator(".count")).to_have_text("0")
    sentence = "[ERROR] must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"
    office.workspace.state.ledger.refuse(Refusal(0.0, "chat.postMessage", "invalid_blocks", (sentence,)))
    expect(panel.locator(".count")).to_have_text("1")
    panel.locator("summary").click()
    expect(panel.get_by_text("invalid_blocks")).to_be_visible()
    expect(panel.get_by_text(sentence)).to_be_visible()
    expect(panel.get_by_text("Fast: posts are not held back.")).to_be_visible()
    office.workspace.state.ledger.refuse(Refusal(0.0, "chat.postMessage", "ratelimited"))
    expect(panel.get_by_text("Slack asked the app to wait once. That is no fault")).to_have_count(1)
    expect(panel.locator(".count")).to_have_text("1")


@pytest.mark.slow
def test_a_workspace_that_stops_is_missed_and_found_again(page: Page, caplog: pytest.LogCaptureFixture) -> None:
    """An open page holds nothing up and leaves no error behind; it says so, and comes back by itself, or asks anew."""
    first = Workspace.start(SEED, Options())
    Office(first, Heard()).open(page)
    first.stop()
    lost = page.locator("#lost")
    expect(lost).to_have_text(
        "The workspace does not answer. It may have been stopped; this page tries again by itself."
    )
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
    port = int(first.origin.rpartition(":")[2])
    again = Workspace.start(SEED, Options(port=port, page_token=first.tokens.page))
    expect(lost).to_be_hidden()
    page.wait_for_selector("body[data-listening]")
    again.state.talk.post(Message("C0INC", "U0BEN", "We are back"))
    expect(page.get_by_text("We are back")).to_be_visible()
    again.stop()
    anew = Workspace.start(SEED, Options(port=port))
    expect(lost).to_have_text("The workspace was started anew. Open the address that it printed.")
    page.goto("about:blank")
    anew.stop()


def test_the_home_tab_is_drawn_and_pressed(office: Office, page: Page) -> None:
    office.open(page)
    page.get_by_role("link", name="Handrail – Home").click()
    expect(page.get_by_text("ORDERS-7 · step 9")).to_be_visible()
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator(".busy")).to_have_count(0)
    assert office.heard.pressed == ["problem"]


def test_each_picker_tells_the_app_what_was_chosen(office: Office, page: Page) -> None:
    """A wall-clock time is taken in the person's own zone; what the other controls hold comes along as state."""
    blocks = name_blocks(pickers(), office.workspace.state.mint)
    office.workspace.state.talk.post(Message("C0INC", "U0BOT", "Pick", blocks=blocks, bot_id="B0LOCAL"))
    office.open(page)
    page.get_by_placeholder("external_select").press_sequentially("ord")
    expect(page.get_by_role("option", name="orders-archive")).to_be_visible()
    expect(page.get_by_role("option", name="payments")).to_have_count(0)
    page.get_by_role("option", name="orders-archive").click()
    settled = expect(page.locator(".busy"))
    settled.to_have_count(0)
    page.get_by_label("users_select", exact=True).select_option("Chen Wu")
    page.get_by_label("static_select", exact=True).select_option("db2")
    page.get_by_text("multi_users_select").click()
    page.locator(".is-multi_users_select").get_by_label("Ben Holt").check()
    page.locator("main textarea").click()
    page.locator("input[type=time]").fill("13:47")
    page.locator("input[type=datetime-local]").fill("2026-11-22T13:47")
    page.locator(".is-checkboxes").get_by_label("db1").check()
    page.get_by_label("Why?").fill("because")
    page.get_by_label("Why?").press("Enter")
    office.workspace.state.changes.wait_until(lambda: len(office.heard.chosen) == 8, 5)
    settled.to_have_count(0)
    assert len(office.heard.chosen) == 8
    acted = {body["actions"][0]["block_id"]: body["actions"][0] for body in office.heard.chosen}
    assert acted["external_select"]["selected_option"]["value"] == "ORDERS-ARCHIVE"
    assert acted["external_select"]["selected_option"]["text"]["text"] == "orders-archive"
    assert acted["users_select"]["selected_user"] == "U0CHEN"
    assert acted["static_select"]["selected_option"]["value"] == "db2"
    assert acted["multi_users_select"]["selected_users"] == ["U0BEN"]
    assert acted["timepicker"]["selected_time"] == "13:47"
    assert acted["datetimepicker"]["selected_date_time"] == int(datetime(2026, 11, 22, 12, 47, tzinfo=UTC).timestamp())
    assert [each["value"] for each in acted["checkboxes"]["selected_options"]] == ["db1"]
    assert acted["typed"]["value"] == "because"
    last = office.heard.chosen[-1]["state"]["values"]
    assert last["users_select"]["picked"]["selected_user"] == "U0CHEN"


def test_everything_can_be_reached_by_keyboard(office: Office, page: Page) -> None:
    office.post_card()
    office.open(page)
    page.get_by_role("button", name="Done").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="There is a problem")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("menuitem", name="This does not match")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menuitem", name="This does not match")).not_to_be_visible()
    expect(page.get_by_label("More actions").first).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_and_nothing_is_asked_elsewhere(
    office: Office, browser: Browser, width: int, scheme: str
) -> None:
    """At both widths, in both colours: no sideways scrolling, no refused resource, no other host."""
    office.post_card()
    office.workspace.state.talk.post(Message("C0INC", "U0BOT", "x" * 300 + " <https://example.org/" + "y" * 300 + ">"))
    office.workspace.state.talk.post(Message("C0INC", "U0BOT", "", blocks=tuple(card(9))))
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    office.open(page)
    page.locator("main textarea").fill("/recover orders")
    page.keyboard.press("Tab")
    page.locator("main textarea").press("Enter")
    expect(page.locator("dialog.modal")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.modal")).to_have_count(0)
    wide = "() => [...document.querySelectorAll('body, main, #talk')].map(each => each.scrollWidth - each.clientWidth)"
    assert page.evaluate(wide) == [0, 0, 0]
    assert said == []
    assert [url for url in asked if not url.startswith(office.workspace.origin)] == []
    context.close()


def test_a_button_that_leads_to_a_message_opens_it_here_as_whoever_reads(office: Office, page: Page) -> None:
    """As in Slack: a page by DM leads to the card, and whoever presses stays who they are."""
    state = office.workspace.state
    shown = office.post_card()
    link = f"{office.workspace.origin}/archives/{shown.channel}/p{shown.ts.replace('.', '')}"
    leads = {"type": "button", "action_id": "open", "text": {"type": "plain_text", "text": "Open the run"}, "url": link}
    blocks = name_blocks([{"type": "actions", "elements": [leads]}], state.mint)
    state.talk.post(Message("C0ORD", "U0BOT", "You are called", blocks=blocks, bot_id="B0LOCAL"))
    office.open(page, user="U0BEN", place="C0ORD")
    page.get_by_role("link", name="Open the run").click()
    expect(page).to_have_url(f"{office.workspace.origin}/as/U0BEN/{shown.channel}?thread={shown.ts}")
