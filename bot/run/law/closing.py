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
    here = after.here
    if not isinstance(here, Over) or here.step is None or not _is_one_press(command, here):
        return
    end = show_step(after, after.book.by_id[here.step])
    sentence = f"This closes the recovery {run.start.ref} {_OUTCOMES[here.outcome]}: “{end.title}”."
    if end.say is not None:
        sentence += f" {end.say}"
    sentence += " Nobody goes on with it after that."
    if isinstance(command, Choose | Finish):
        AsksBack.unless_known(sentence, digest_text(sentence), CLOSES, command)


def _is_one_press(command: Command, end: Over) -> bool:
    match command:
        case Choose():
            return True
        case Finish(outcome="ok", answers=answers, note=note):
            return end.outcome != "recovered" and not answers and not note.strip()
        case _:
            return False
