"""A person at work: presses what is there, fills in what is asked, and hears what only they are told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.run.law.closing import CLOSES
from bot.workspace.client import NotThere, OpenModal, SlackUser
from bot.workspace.client.look import Pressable, labels_in, words_of
from bot.workspace.delivery import PressOutcome
from bot.workspace.form import elements_in, text_of
from bot.workspace.state import Message

Answers = Mapping[str, str]
"""A part of a field's label -> what is typed or chosen there."""


@dataclass
class Hand:
    """`settle` waits until Slack shows everything; `pressed` remembers every label."""

    person: SlackUser
    channel: str
    settle: Callable[[], None]
    pressed: set[str]

    def start(self, asset: str, answers: Answers | None = None) -> OpenModal:
        """`/recover ASSET`, the form filled in and sent."""
        assert self.person.type(f"/recover {asset}", self.channel).ok
        return self.send(answers or {})

    def press(self, label: str, answers: Answers | None = None, *, thread: str = "") -> "Hand":
        """Press the newest button or menu line with this label; where a form opens, fill it in and send it."""
        outcome = self.press_on(*self.find(label, thread))
        assert outcome.ok, outcome
        if answers is not None:
            modal = self.send(answers)
            assert modal.errors == {}, modal.errors
        elif self.person.has_modal and text_of(self.person.modal().view.body.get("submit")) == CLOSES:
            self.send({})  # asked once whether the run is to be closed
        return self

    def find(self, label: str, thread: str = "") -> tuple[Message, Pressable]:
        """What would be pressed now, to be pressed later or too late."""
        self.settle()
        return self.person.find(label, self.channel, thread)

    def press_on(self, message: Message, spot: Pressable) -> PressOutcome:
        """Press on a message as it was seen."""
        self.pressed.add(text_of((spot.option or spot.element)["text"]))
        return self.person.press_on(message, spot)

    def send(self, answers: Answers) -> OpenModal:
        """Fill in the form that is open and send it off; what is wrong is in its `errors`."""
        modal = self.person.modal()
        self.fill(modal, answers)
        if "submit" in modal.view.body:
            self.pressed.add(text_of(modal.view.body["submit"]))
        outcome = modal.submit()
        assert outcome.ok or outcome.errors, outcome
        return modal

    def fill(self, modal: OpenModal, answers: Answers) -> None:
        """Type and choose; each answer has to have its field."""
        for part, typed in answers.items():
            fields = [block for block, _ in elements_in(modal.view.body) if part in text_of(block.get("label"))]
            if not fields:
                raise NotThere(f"No field is called {part!r}: {modal.labels}")
            modal.fill(fields[0]["block_id"], typed)

    def is_refused(self, label: str, thread: str = "") -> str:
        """Press, and hear the sentence that says why not; nothing else may come of it."""
        return self.is_refused_on(*self.find(label, thread))

    def is_refused_on(self, message: Message, spot: Pressable) -> str:
        """As `is_refused`, on a message as it was seen."""
        before = len(self.hints())
        assert self.press_on(message, spot).ok
        assert self.person.wait_until(lambda: len(self.hints()) > before, 20), "nobody said why not"
        assert not self.person.has_modal
        return self.hints()[-1]

    def hints(self) -> list[str]:
        """What this person alone was told, oldest first."""
        return [words_of(one) for one in self.person.in_sight(self.channel) if one.only_for == self.person.id]

    def labels(self, thread: str = "") -> list[str]:
        """Everything that can be pressed."""
        self.settle()
        return self.person.labels(self.channel, thread)

    def card(self, thread: str) -> Message:
        """The card of a run."""
        self.settle()
        return self.person.messages(self.channel, thread)[0]

    def sees(self, thread: str) -> str:
        """All words of a run's thread, its card included."""
        self.settle()
        return "\n".join(self.person.sees(self.channel, thread))

    def replies(self, line: str) -> str:
        """What the app answers to a command, for these eyes only."""
        before = len(self.hints())
        assert self.person.type(line, self.channel).ok
        assert self.person.wait_until(lambda: len(self.hints()) > before, 20), f"no answer to {line}"
        return self.hints()[-1]


def buttons_of(message: Message) -> list[str]:
    """What can be pressed on a message."""
    return labels_in({"blocks": message.blocks})
