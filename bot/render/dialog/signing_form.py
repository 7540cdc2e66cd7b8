"""The forms of a sign-off: the read-back, the reason of a rejection, the reason to break the glass, its review."""

from bot.render.dialog.view import FormSubject, field_input, form, with_digest, words_input
from bot.render.message import Block, list_block, prose_block, section
from bot.render.prose import say_who, spoken_name
from bot.render.signoff import whole_signing_blocks
from bot.run.law.scope import title_of
from bot.run.law.signing import read_content
from bot.run.places import AwaitingSignature
from bot.run.state import Run


def ask_readback(run: Run, asked: FormSubject) -> Block:
    """What is signed, as it stands on the post, then the value that the signer types; never filled in beforehand."""
    bound = with_digest(asked, _digest(run))
    return form(run, bound, "Approve", *_signed_blocks(run), _readback_input(run), submit="Approve")


def ask_rejection(run: Run, asked: FormSubject) -> Block:
    """Why it is not approved; a rejection needs a reason."""
    words = words_input("Why do you reject it?", hint="The run goes on from the step that the runbook names for this.")
    return form(run, asked, "Reject", words, submit="Reject")


def ask_break_glass(run: Run, asked: FormSubject) -> Block:
    """What it means stands in front of the field."""
    said = prose_block(
        "You go on without the signatures. Everybody who should have signed is told, and somebody who neither operated "
        "nor broke the glass has to review this.",
        emoji="rotating_light",
    )
    words = words_input("Why can it not wait?")
    return form(run, asked, "Break glass", said, *_signed_blocks(run), words, submit="Break glass")


def ask_review(run: Run, asked: FormSubject) -> Block:
    """The review of broken glasses: who broke which, then what the reviewer found."""
    broken = [
        f"“{title_of(run, glass.step)}”: {say_who(run, glass.by)}, {glass.at:%Y-%m-%d %H:%M} UTC"
        for glass in run.unreviewed
    ]
    words = words_input("What did you review, and what do you find?")
    return form(
        run, asked, "Review", section("*The glass was broken at*"), list_block(broken), words, submit="Reviewed"
    )


def _digest(run: Run) -> str:
    return run.here.digest if isinstance(run.here, AwaitingSignature) else ""


def _signed_blocks(run: Run) -> list[Block]:
    here = run.here
    if not isinstance(here, AwaitingSignature):
        return []
    return whole_signing_blocks(run, here, read_content(here.content))


def _readback_input(run: Run) -> Block:
    here = run.here
    name = read_content(here.content).readback if isinstance(here, AwaitingSignature) else "asset"
    field = run.book.fields.get(name)
    if field is None or name == "asset":
        return words_input("Type the asset's name", name="readback", several_lines=False, hint="Read it above.")
    typed = field_input(name, field.model_copy(update={"ask": f"Type the {spoken_name(name)}"}), hint="Read it above.")
    return typed | {"block_id": "f:readback"}
