"""What is said in a run's thread when Slack would not let a message stand where it was meant to."""

from bot.core.run import Run
from bot.render.message import Message, channel_link, compose, foreign, section

_WORDS = {
    "not_in_channel": "Handrail is not in that channel. Invite it there",
    "channel_not_found": "that channel is not there, or is private and Handrail was not invited",
    "is_archived": "that channel is archived",
    "no_channel": "no channel is known for it. Add one to the catalogue",
}


def invite_message(run: Run, wanted: str) -> Message:
    """Why the run lives here, and how it comes where it was started the next time."""
    there = channel_link(wanted) or foreign(wanted, 80)
    said = (
        f":wave: {foreign(run.start.ref)} was started in {there}, but Handrail cannot write there. "
        "So the run lives here. To have the next one there, *invite me*: type `/invite @Handrail` in that channel."
    )
    return compose(
        f"Handrail cannot write in the channel where {run.start.ref} was started. Invite me there.", section(said)
    )


def undelivered_message(where: str, why: str) -> Message:
    """That a message did not reach its place, so that somebody tells those people in another way."""
    kind, _, name = where.partition(":")
    place = channel_link(name) if kind == "channel" else ""
    reason = _WORDS.get(why, f"Slack said {why}")
    whom = place or f"{foreign(kind)} {foreign(name, 80)}"
    said = f":no_bell: A message did not reach {whom}: {foreign(reason)}. Tell them in another way."
    return compose(f"A message did not reach {where}.", section(said))
