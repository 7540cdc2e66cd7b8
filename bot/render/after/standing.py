"""What is left once a run is over, on its card: a review that is waited for, follow-ups, lessons."""

from collections.abc import Iterator

from bot.render.after.words import say_follow_up
from bot.render.message import Block, context, foreign, list_block, section
from bot.render.prose import say_names, say_reviewed
from bot.run.law.reviewing import reviewers
from bot.run.state import Run


def after_blocks(run: Run) -> Iterator[Block]:
    """The review first, for the run stays in every list until then; then what is to be done, and what was told."""
    if run.unreviewed:
        yield section(f":hourglass_flowing_sand: *{foreign(say_review(run), 500)}*")
    if run.after.to_do:
        yield section("*Follow-ups*")
        yield list_block([say_follow_up(run, one)[:400] for one in run.after.to_do])
    done, lessons = len(run.after.follow_ups) - len(run.after.to_do), len(run.after.lessons)
    counted = [_count(done, "follow-up") + " done"] if done else []
    counted += [_count(lessons, "lesson")] if lessons else []
    if counted:
        yield context(" · ".join(counted) + ": see the thread")


def say_review(run: Run) -> str:
    """Who is waited for: ``Waiting for a review of the broken glass, by Ben or Chen``."""
    may = reviewers(run)
    if not may:
        return "Review open: anybody of the catalogue who neither broke the glass nor operated can press Review…"
    return f"Waiting for a review of {say_reviewed(run)}, by {say_names(run, may, 'or')}"


def _count(many: int, word: str) -> str:
    return f"{many} {word if many == 1 else f'{word}s'}"
