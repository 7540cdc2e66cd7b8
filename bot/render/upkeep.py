"""What people are asked about themselves and about runbooks: how they are reached, what is new, what a review found."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from bot.format.catalogue import Person
from bot.format.runbook import Runbook
from bot.readiness.upkeep.rules import QUESTIONS, SAID
from bot.readiness.upkeep.state import Review
from bot.render.comparison import Change
from bot.render.dialog.view import Choice, choice_input, modal, text_input
from bot.render.message import Block, Message, actions, bold, button, compose, context, foreign, section, slack_moment

PREFIX = "me:"
"""`action_id` of everything that somebody is asked about themselves, and of a review's signature."""
CONTACT, READ, SIGN, REVIEW = "me:contact", "me:read", "me:sign", "me:review"
_CHANGES = 12
_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class OfReview:
    """What the form of a review carries unseen."""

    runbook: str
    digest: str

    @property
    def metadata(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


def contact_message(person: Person, of: str, place: str) -> Message:
    """Whether somebody is still reached as the catalogue says: one button."""
    ways = [f"in Slack as <@{person.slack}>"] if person.slack else []
    ways += [f"by mail at {foreign(person.email, 200)}"] if person.email else []
    ways += [f"by {foreign(one.removeprefix('env:'), 100)}" for one in person.pager]
    asked = "Are you still reached so, when something has to be recovered?"
    mend = f"put it right in {foreign(place, 200)}, or ask whoever keeps that file" if place else "say so to your team"
    return compose(
        asked,
        section(f"*{asked}*\n{'; '.join(ways)}. Your time zone: {foreign(person.timezone, 60)}."),
        actions([button("Yes, this is right", CONTACT, of, "primary")]),
        context(f"If not: {mend}."),
    )


def contact_confirmed(at: datetime) -> Message:
    """That they said so."""
    said = f"You said that you are reached so, on {at:%Y-%m-%d}. You are asked again in 90 days."
    return compose(said, section(f":white_check_mark: {said}"))


def version_message(book: Runbook, digest: str, changes: Sequence[Change], author: str) -> Message:
    """What is new in a runbook, for who may operate it."""
    by = f" by {foreign(author, 80)}" if author else ""
    lines = [f"• {_change_line(book, one)}" for one in changes[:_CHANGES]]
    more = f"\nand {len(changes) - _CHANGES} more: `handrail diff` shows all." if len(changes) > _CHANGES else ""
    return compose(
        f"{book.title}: a new version is in use. {len(changes)} {'change' if len(changes) == 1 else 'changes'}.",
        section(f"{bold(book.title, 120)}: a new version is in use{by}. You may be asked to walk it."),
        section("\n".join(lines)[:2_800] + more),
        actions([button("I have read it", READ, f"{book.id}{_SEPARATOR}{digest}", "primary")]),
    )


def _change_line(book: Runbook, one: Change) -> str:
    step = book.by_id.get(one.step)
    where = f"{bold(step.title, 80)}: " if step is not None else ""
    return f"{where}{foreign(one.words, 300)}"


def version_read(book: Runbook) -> Message:
    """That they have read it."""
    said = f"You have read what is new in {book.title}."
    return compose(said, section(f":white_check_mark: {foreign(said, 200)}"))


def read_pair(value: str) -> tuple[str, str]:
    """What stands in the value of a button: a runbook, and a digest or a moment."""
    runbook, _, other = value.partition(_SEPARATOR)
    return runbook, other


def review_form(book: Runbook, digest: str, last: date | None, changed: Mapping[str, Sequence[str]]) -> Block:
    """The questions of a review, the same each time, with what changed since the last one and since the last drill."""
    yes_no = (Choice("yes", "Yes"), Choice("no", "No", "Say below what is wrong"))
    known = f"Last reviewed on {last}." if last is not None else "It was never reviewed."
    hint = f"At most {SAID} characters."
    return modal(
        "Review",
        section(f"{bold(book.title, 120)}\n{known}"),
        *(section(f"*{foreign(since, 80)}*\n{_changed(lines)}") for since, lines in changed.items()),
        *(choice_input(f"f:{name}", words, yes_no) for name, words in QUESTIONS.items()),
        text_input("f:said", "What is not right, or worth knowing", optional=True, several_lines=True, hint=hint),
        submit="Send",
        callback_id=REVIEW,
        metadata=OfReview(book.id, digest).metadata,
    )


def _changed(lines: Sequence[str]) -> str:
    shown = "\n".join(f"• {foreign(one, 200)}" for one in lines[:_CHANGES])
    more = f"\nand {len(lines) - _CHANGES} more" if len(lines) > _CHANGES else ""
    return f"{shown}{more}"[:2_900] or "Nothing in the runbook."


def review_waits(book: Runbook, review: Review, name: str) -> Message:
    """That a review waits for a peer's signature."""
    wrong = ", ".join(QUESTIONS[one] for one in review.wrong if one in QUESTIONS)
    found = f"says that this does not hold: {wrong}" if wrong else "found nothing wrong"
    said = f"\n>{foreign(review.said, 600)}" if review.said else ""
    at = slack_moment(review.at)
    return compose(
        f"{name} reviewed {book.title} and {found}. A peer signs it.",
        section(f"{foreign(name, 80)} reviewed {bold(book.title, 120)} at {at} and {foreign(found, 500)}.{said}"),
        actions([button("Sign the review", SIGN, f"{book.id}{_SEPARATOR}{review.at.isoformat()}", "primary")]),
        context("It counts once somebody else has signed it, of the team or with a role in the runbook."),
    )


def review_void(book: Runbook, name: str) -> Message:
    """That nobody can sign it any more."""
    said = f"{book.title} was changed since {name} reviewed it. Review it anew: /recover review {book.id}"
    return compose(said, section(f":leftwards_arrow_with_hook: {foreign(said, 300)}"))


def review_signed(book: Runbook, names: tuple[str, str]) -> Message:
    """That it is signed."""
    said = f"{names[0]} reviewed {book.title}, {names[1]} signed it."
    return compose(said, section(f":white_check_mark: {foreign(said, 300)}"))
