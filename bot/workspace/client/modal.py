"""The modal in front of a person: fill it in, press in it, send it off."""

from bot.workspace.client.look import NotThere, labels_in, spot_labelled, words_in
from bot.workspace.delivery import Delivery, PressOutcome
from bot.workspace.form import Typed, element_state, elements_in, text_of
from bot.workspace.state import Json, State, View

ANSWER_SECONDS = 10.0


class OpenModal:
    """One open modal; what was typed stays when the app updates it, as in Slack."""

    def __init__(self, state: State, delivery: Delivery, view: View) -> None:
        """Stand before a view."""
        self._state, self._delivery = state, delivery
        self._id, self._user = view.id, view.user
        self._typed: dict[str, dict[str, Json]] = {}
        self.errors: dict[str, str] = {}

    @property
    def view(self) -> View:
        """The view as it is now."""
        found = self._state.screens.view(self._id)
        if found is None:
            raise NotThere("This modal is closed.")
        return found

    @property
    def is_open(self) -> bool:
        """It still stands somewhere in the stack."""
        return self._state.screens.view(self._id) is not None

    @property
    def title(self) -> str:
        """The words at its top."""
        return text_of(self.view.body.get("title"))

    @property
    def words(self) -> str:
        """Everything that it says, labels and hints included."""
        return words_in(self.view.body["blocks"])

    @property
    def labels(self) -> list[str]:
        """The labels of its fields, and of what can be pressed in it."""
        fields = [text_of(block["label"]) for block in self.view.body["blocks"] if block["type"] == "input"]
        return fields + labels_in(self.view.body)

    def fill(self, field: str, typed: Typed) -> "OpenModal":
        """Type or choose in the field with this label, block id or action id; options by label or value."""
        block, element = self._field(field)
        if str(element["type"]).endswith("external_select") and isinstance(typed, str):
            typed = self._suggested(block, element, typed)
        chosen = element_state(element, typed)
        self._typed.setdefault(block["block_id"], {})[element["action_id"]] = chosen
        if block["type"] != "input" or block.get("dispatch_action"):
            acted = {**chosen} if chosen["type"] != "plain_text_input" else {"value": chosen["value"]}
            self._delivery.click_view(
                self._user, self._id, block["block_id"], element["action_id"], acted, self._typed
            ).result(ANSWER_SECONDS)
        return self

    def press(self, label: str) -> PressOutcome:
        """Press the button with this label in the modal's body."""
        spot = spot_labelled(self.view.body, label)
        if spot is None:
            raise NotThere(f"There is no {label!r} in this modal, only: {self.labels}")
        chosen = element_state(spot.element, spot.option) if spot.option else None
        done = self._delivery.click_view(self._user, self._id, spot.block_id, spot.action_id, chosen, self._typed)
        return done.result(ANSWER_SECONDS)

    def submit(self) -> PressOutcome:
        """Send it off; the errors under its fields are in `errors`, by block id, and what was typed is kept."""
        outcome = self._delivery.submit(self._user, self._id, self._typed).result(ANSWER_SECONDS)
        self.errors = outcome.errors or {}
        return outcome

    def close(self, *, whole_stack: bool = False) -> PressOutcome:
        """Close it without sending."""
        return self._delivery.dismiss(self._user, self._id, whole_stack=whole_stack).result(ANSWER_SECONDS)

    def error_at(self, field: str) -> str:
        """The error under the field with this label, empty when there is none."""
        return self.errors.get(self._field(field)[0]["block_id"], "")

    def typed_in(self, field: str) -> Json | None:
        """What the person has put into a field so far, None for nothing."""
        block, element = self._field(field)
        return self._typed.get(block["block_id"], {}).get(element["action_id"])

    def _field(self, field: str) -> tuple[Json, Json]:
        for block, element in elements_in(self.view.body):
            if field in (text_of(block.get("label")), block["block_id"], element["action_id"]):
                return block, element
        raise NotThere(f"There is no field {field!r} in this modal, only: {self.labels}")

    def _suggested(self, block: Json, element: Json, typed: str) -> Json:
        asked = self._delivery.suggest(
            self._user, block["block_id"], element["action_id"], typed, view_id=self._id
        ).result(ANSWER_SECONDS)
        for option in asked.options:
            if typed in (text_of(option["text"]), option.get("value")):
                return option
        raise NotThere(
            f"Nothing like {typed!r} was suggested, only: {[text_of(each['text']) for each in asked.options]}"
        )
