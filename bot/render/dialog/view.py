"""The parts that every form is made of, and what stands in one when it comes back."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar, get_type_hints

from bot.format.moments import say_moments
from bot.format.pieces import TypedField
from bot.format.values import example_of
from bot.render.actions import Press, StrangePress
from bot.render.message import Block, clip, context, foreign, one_line, quote_block, section
from bot.render.prose import say_mode
from bot.run.law.scope import title_of
from bot.run.state import Run

M = TypeVar("M")
FORM = "hr:form:"
"""Every `callback_id` of a run's form starts so."""
OWN, ANSWER = "f:", "a:"
"""How a field's `block_id` starts: one of Handrail's own, or one named by the runbook's author."""
VALUE, REDRAW = "value", "go:redraw"
"""The `action_id` of every field, and of one whose change draws the form anew."""
MOST_TYPED = 3_000
YOUR_CLOCK = "on your clock"
"""In what is said of a field for a time; a form for a known person names their zone instead."""
TIME_HINT = f"Date and time {YOUR_CLOCK}, such as 2026-11-22 03:40. Of another zone? Put its offset behind it: +01:00."
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_RADIOS, _OPTIONS, _OPTION = 10, 100, 75
_TITLE, _LABEL = 24, 300


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a choice: what is sent back, what is read, and a smaller line below."""

    value: str
    label: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class FormSubject:
    """What a form is about; it travels in the form's `private_metadata`. Who fills it in is not in here."""

    run_id: str
    action: str
    step: str = ""
    visit: int = 0
    option: str = ""
    digest: str = ""
    knowing: str = ""
    """What the person was told it takes away, as `Knowing` has it."""

    @classmethod
    def by(cls, press: Press, digest: str = "") -> "FormSubject":
        """What the form behind a press is about."""
        return cls(press.run_id, press.action, press.step, press.visit, press.option, digest)

    @property
    def metadata(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, view: Mapping[str, Any]) -> "FormSubject":
        """What a submitted form is about; StrangePress when it is none of ours."""
        return read_metadata(view, cls)


def read_metadata(view: Mapping[str, Any], kind: type[M]) -> M:
    """What a form of ours carries; StrangePress when it is of another version, or of somebody else."""
    try:
        made = kind(**json.loads(view.get("private_metadata") or "{}"))
    except (TypeError, ValueError, RecursionError):
        made = None
    if made is None or not all(_is_a(one, getattr(made, name)) for name, one in get_type_hints(kind).items()):
        said = f"not a form of ours: {str(view.get('callback_id'))[:80]}"
        raise StrangePress(said)
    return made


def _is_a(wanted: type, value: object) -> bool:
    """Whether it is of this type, and, if it is text, such as any database can keep."""
    return isinstance(value, wanted) and not (isinstance(value, str) and _UNSTORABLE.search(value))


def modal(title: str, *blocks: Block | None, submit: str = "", callback_id: str = "", metadata: str = "") -> Block:
    """A modal; `submit` is the label of its button, none when there is nothing to send. At most 100 blocks are kept."""
    kept = [block for block in blocks if block is not None][:100]
    made: Block = {
        "type": "modal",
        "title": plain(title, _TITLE),
        "close": plain("Cancel" if submit else "Close", _TITLE),
        "blocks": kept or [section("There is nothing here.")],
        "private_metadata": metadata,
        "callback_id": callback_id,
    }
    return made | ({"submit": plain(submit, _TITLE)} if submit else {})


def form(run: Run, asked: FormSubject, title: str, *blocks: Block | None, submit: str) -> Block:
    """A form of a run: one line says what it is about, then come its fields."""
    return modal(
        title,
        about(run, asked.step),
        *blocks,
        submit=submit,
        callback_id=FORM + asked.action,
        metadata=asked.metadata,
    )


def about(run: Run, step_id: str = "") -> Block:
    """``*LIVE* · ORDERS-7 · Orders database · “Restore the backup”``, small."""
    known = (f"*{say_mode(run)}*", run.start.ref, foreign(run.start.asset.name, 75))
    return context(" · ".join([*known, *([f"“{foreign(title_of(run, step_id), 150)}”"] if step_id else [])]))


def notice(title: str, sentence: str, written: Sequence[str] = ()) -> Block:
    """A modal that only says something. What was written before stands below it, so that nothing is lost."""
    kept = [context("What you typed, to copy:"), *(quote_block(words) for words in written[:20])] if written else []
    return modal(title, section(clip(foreign(sentence, 2_800), 2_900)), *kept)


def words_input(
    label: str, *, name: str = "words", hint: str = "", optional: bool = False, several_lines: bool = True,
    typed: str = "",
) -> Block:  # fmt: skip
    """A field for words; `typed` is what stands there already."""
    return text_input(OWN + name, label, hint=hint, optional=optional, several_lines=several_lines, typed=typed)


def text_input(
    block_id: str, label: str, *, hint: str = "", optional: bool = False, several_lines: bool = False, typed: str = ""
) -> Block:
    """A field for text; `typed` is what stood there before the form was drawn anew."""
    element: Block = {"type": "plain_text_input", "action_id": VALUE, "multiline": several_lines}
    element |= {"max_length": MOST_TYPED} | ({"initial_value": typed[:MOST_TYPED]} if typed else {})
    return _input(block_id, label, element, hint, optional=optional)


def day_input(block_id: str, label: str, *, hint: str = "") -> Block:
    """A field for a day, read as ``YYYY-MM-DD``."""
    return _input(block_id, label, {"type": "datepicker", "action_id": VALUE}, hint, optional=False)


def choice_input(
    block_id: str,
    label: str,
    choices: Sequence[Choice],
    *,
    chosen: str = "",
    hint: str = "",
    optional: bool = False,
    redraws: bool = False,
) -> Block:
    """Radio buttons for up to ten choices, else a menu; `redraws` tells us of each change at once."""
    options = [_option(choice) for choice in choices[: _OPTIONS**2]]
    kind = "radio_buttons" if len(options) <= _RADIOS else "static_select"
    element: Block = {"type": kind, "action_id": REDRAW if redraws else VALUE} | _grouped(options)
    before = next((option for option in options if option["value"] == chosen), None)
    element |= {"initial_option": before} if before is not None else {}
    made = _input(block_id, label, element, hint, optional=optional)
    return made | ({"dispatch_action": True} if redraws else {})


def _grouped(options: Sequence[Block]) -> Block:
    """A menu takes a hundred lines, or a hundred groups of a hundred."""
    if len(options) <= _OPTIONS:
        return {"options": list(options)}
    starts = range(0, len(options), _OPTIONS)
    groups = [(f"{first + 1} to {min(first + _OPTIONS, len(options))}", first) for first in starts]
    return {
        "option_groups": [
            {"label": plain(label, _OPTION), "options": list(options[first : first + _OPTIONS])}
            for label, first in groups
        ]
    }


def field_input(name: str, field: TypedField, *, typed: str = "", optional: bool = False, hint: str = "") -> Block:
    """The field for a declared name, as its type asks: a choice, or text with an example below it."""
    label = field.ask or name.replace("_", " ").capitalize()
    if field.type == "bool":
        choices: Sequence[Choice] = (Choice("yes", "Yes"), Choice("no", "No"))
        return choice_input(ANSWER + name, label, choices, chosen=typed, hint=hint, optional=optional)
    if field.type == "enum" and _fits_a_menu(field.values):
        choices = [Choice(value, value) for value in field.values]
        return choice_input(ANSWER + name, label, choices, chosen=typed, hint=hint, optional=optional)
    said = " ".join(part for part in (hint, _say_shape(field)) if part)
    several = field.type == "text"
    return text_input(ANSWER + name, label, hint=said, optional=optional, several_lines=several, typed=typed)


def _fits_a_menu(values: Sequence[str]) -> bool:
    return 0 < len(values) <= _OPTIONS and len(set(values)) == len(values) and max(map(len, values)) <= _OPTION


def _say_shape(field: TypedField) -> str:
    """What may be typed, with an example, in a line."""
    example = example_of(field)
    match field.type:
        case "timestamp":
            return TIME_HINT
        case "duration":
            return f"A number and a unit, such as {example}"
        case "int":
            return f"A whole number{f' of {field.unit}' if field.unit else ''}{_say_bounds(field)}, such as {example}"
        case "enum":
            return f"One of: {', '.join(field.values)}"
        case "secret":
            return "It is checked and not kept."
        case _:
            most = f"At most {field.max:,} characters." if field.max is not None else ""
            return " ".join(part for part in (most, f"Such as {example}." if example else "") if part)


def _say_bounds(field: TypedField) -> str:
    """`` from 1 to 10``; nothing where any number will do."""
    match field.min, field.max:
        case None, None:
            return ""
        case low, None:
            return f", {low} or more"
        case None, high:
            return f", {high} at most"
        case low, high:
            return f" from {low} to {high}"


def plain(text: str, limit: int) -> Block:
    """Text that Slack does not parse, on one line."""
    return {"type": "plain_text", "text": clip(say_moments(one_line(text)), limit) or "–", "emoji": False}


def _option(choice: Choice) -> Block:
    made: Block = {"text": plain(choice.label, _OPTION), "value": choice.value}
    return made | ({"description": plain(choice.below, _OPTION)} if choice.below.strip() else {})


def _input(block_id: str, label: str, element: Block, hint: str, *, optional: bool) -> Block:
    made: Block = {"type": "input", "block_id": block_id, "label": plain(label, _LABEL), "element": element}
    made["optional"] = optional
    return made | ({"hint": plain(hint, _LABEL)} if hint else {})


def read_typed(view: Mapping[str, Any]) -> dict[str, str]:
    """`block_id` -> what was typed or chosen there; "" for a field left empty."""
    values: Mapping[str, Mapping[str, Any]] = (view.get("state") or {}).get("values") or {}
    return {block: _text_of(state) for block, fields in values.items() for state in list(fields.values())[:1]}


def read_written(view: Mapping[str, Any]) -> list[str]:
    """The words that a person wrote into a form, choices left out."""
    values: Mapping[str, Mapping[str, Any]] = (view.get("state") or {}).get("values") or {}
    states = [state for fields in values.values() for state in fields.values()]
    return [words for one in states if (words := str(one.get("value") or "").strip())]


def _text_of(state: Mapping[str, Any]) -> str:
    option = state.get("selected_option") or {}
    return str(option.get("value") or state.get("value") or state.get("selected_date") or "")


def answers_in(typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed into the fields that the runbook's author named, by that name."""
    return {block.removeprefix(ANSWER): text for block, text in typed.items() if block.startswith(ANSWER)}


def block_of(view: Mapping[str, Any], field: str | None) -> str | None:
    """The `block_id` of the field that a refusal speaks of, if this form shows it."""
    shown = set(_fields_in(view))
    return next((block for block in (f"{ANSWER}{field}", f"{OWN}{field}") if field and block in shown), None)


def _fields_in(view: Mapping[str, Any]) -> Iterator[str]:
    for block in view.get("blocks", ()):
        if block.get("type") == "input":
            yield str(block.get("block_id"))


def with_digest(asked: FormSubject, digest: str) -> FormSubject:
    """The same form, bound to what is being signed."""
    return replace(asked, digest=digest)
