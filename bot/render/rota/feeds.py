"""What an owner team is told of its calendar feed: that it is dead, and that it is right again."""

from datetime import datetime

from bot.render.message import Message, compose, context, foreign, section, slack_moment


def feed_dead(rotation: str, variable: str, fetched_at: datetime | None, failure: str) -> Message:
    """A feed has had no good copy for a while; what counts meanwhile, and what to do."""
    if fetched_at is None:
        meanwhile = "It was never read, so everybody of the rotation is told instead of whoever is on call."
    else:
        meanwhile = f"Its last good copy counts meanwhile, of {slack_moment(fetched_at)}."
    lead = f":warning: *The calendar feed of {foreign(rotation, 80)} cannot be read: {foreign(failure, 200)}.*"
    todo = f"Next: put right what `{foreign(variable, 80)}` holds, where Handrail runs. It is tried every five minutes."
    text = f"The calendar feed of {rotation} cannot be read: {failure}. Who is on call may be out of date."
    return compose(text, section(f"{lead}\n{meanwhile}"), context(todo))


def feed_right(rotation: str, fetched_at: datetime) -> Message:
    """The feed is read again."""
    text = f"The calendar feed of {rotation} is right again."
    lead = f":white_check_mark: The calendar feed of {foreign(rotation, 80)} is right again"
    return compose(text, section(f"{lead} since {slack_moment(fetched_at)}."), broadcast=True)
