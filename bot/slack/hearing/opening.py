"""Opens a form, and where nobody knows whether it opened, hands over a button that opens it afresh."""

from slack_bolt import Ack

from bot.render.message import Block, Message, actions, compose, foreign, section
from bot.slack.hearing.door import Body, Door, as_reply, say
from bot.slack.windows import Shown

OPEN_IT = "Open the form"
"""On a button that opens a form afresh."""
_WORDS = {
    Shown.UNSURE: "Slack did not say whether the form has opened. If you see it, go on there; if not, {do}. "
    "Nothing is lost.",
    Shown.NOT_OPEN: "Slack did not open the form in time, and nothing was recorded: {do}.",
}


def open_form(door: Door, ack: Ack, body: Body, view: Block, again: Block | None) -> None:
    """Open a form in front of whoever pressed or typed, and answer Slack.

    `again` is a button that does the same; without one the person is told to do it once more.
    """
    shown = door.windows.open(str(body.get("trigger_id")), view)
    if shown is Shown.OPEN:
        ack()
        return
    said = _offer(shown, again)
    if "command" in body:
        ack(**as_reply(said))
        return
    door.later(lambda: say(door, body, said))
    ack()


def _offer(shown: Shown, again: Block | None) -> Message:
    sentence = _WORDS[shown].format(do="open it here" if again else "choose it once more")
    return compose(sentence, section(foreign(sentence, 600)), actions([again] if again else []))
