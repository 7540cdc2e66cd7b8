"""What hands did, in the thread: outcomes that somebody has to look at; all else stands in the step's own post."""

from collections.abc import Iterator

from bot.render.hands import found_lines, verdict
from bot.render.message import foreign, list_block, section
from bot.render.thread.post import Moment, Post, event_post
from bot.run.hands.events import ActionFinished, ActionLost, HandsDeclined, HandsEvent


def tell_hands(moment: Moment, event: HandsEvent) -> Iterator[Post]:
    """A post for what is not as it should be, for what nobody knows, and for a press that came to nothing."""
    before, run = moment.before, moment.after
    if isinstance(event, ActionLost) or (isinstance(event, ActionFinished) and (not event.ok or event.late)):
        said = verdict(run, event)
        if event.late:
            said = f"This came in after the run had gone on, and moves nothing. {said}"
        lines = list(found_lines(run, event))
        mark = "grey_question" if isinstance(event, ActionLost) else "large_orange_circle"
        yield event_post(
            moment, said, section(f":{mark}: {foreign(said, 1_000)}"), list_block(lines) if lines else None
        )
    elif isinstance(event, HandsDeclined) and before is not None and before.hands.asked is not None:
        yield event_post(moment, event.why, section(f":hand: {foreign(event.why, 1_000)}"))
