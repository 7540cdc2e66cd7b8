"""One press that closes a run asks once: an end cannot be taken back."""

from bot.run.commands import AsksBack, Choose, Command, Finish
from bot.run.law.scope import show_step
from bot.run.law.signing import digest_text
from bot.run.places import Over
from bot.run.state import Run

CLOSES = "Close the recovery"
_OUTCOMES = {
    "recovered": "as recovered", "partial": "as partly recovered", "aborted": "as stopped",
    "escalated": "as handed to the lead", "not_applicable": "as not needed here",
}  # fmt: skip


def ask_before_end(run: Run, after: Run, command: Command) -> None:
    """AsksBack when a press by which nothing is typed closes the run, until whoever presses was told so.

    A last *Done* after which all is recovered is what everybody waits for, and is not asked.
    """
    end = after.here
    if not isinstance(end, Over) or end.step is None:
        return
    match command:
        case Choose():
            closes = True
        case Finish(outcome="ok", answers=answers, note=note):
            closes = end.outcome != "recovered" and not answers and not note.strip()
        case _:
            return
    if not closes:
        return
    shown = show_step(after, after.book.by_id[end.step])
    said = f" {shown.say}" if shown.say is not None else ""
    sentence = f"This closes the recovery {run.start.ref} {_OUTCOMES[end.outcome]}: “{shown.title}”."
    sentence += f"{said} Nobody goes on with it after that."
    AsksBack.unless_known(sentence, digest_text(sentence), CLOSES, command)
