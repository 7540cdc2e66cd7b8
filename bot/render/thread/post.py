"""A post of a thread, and the places it stands in."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.render.message import Block, Message, channel_link, compose, context, foreign, mention_all, section, slack_date
from bot.render.prose import people_of, say_mode, say_ref
from bot.run.events import Event
from bot.run.places import AwaitingSignature
from bot.run.situation import Stamp
from bot.run.state import Run

_WORDS = {
    "not_in_channel": "Handrail is not in that channel. Invite it there",
    "channel_not_found": "that channel is not there, or is private and Handrail was not invited",
    "is_archived": "that channel is archived",
    "is_inactive": "that channel is archived",
    "no_channel": "no channel is known for it. Add one to the catalogue",
}
_NOT_INVITED = ("not_in_channel", "channel_not_found")


def invite_message(run: Run, wanted: str, why: str = "") -> Message:
    """Why the run lives here, and how it comes where it was started the next time."""
    there = channel_link(wanted) or foreign(wanted, 80)
    reason = f" ({foreign(reason_of(why))})" if why and why not in _NOT_INVITED else ""
    said = (
        f":wave: {foreign(run.start.ref)} was started in {there}, but Handrail cannot write there{reason}. "
        "So the run lives here. To have the next one there, *invite me*: type `/invite @Handrail` in that channel."
    )
    return compose(
        f"Handrail cannot write in the channel where {run.start.ref} was started. Invite me there.", section(said)
    )


def moved_message(run: Run, wanted: str, why: str) -> Message:
    """That the run goes on here, why, and that it comes back."""
    there = channel_link(wanted) or foreign(wanted, 80)
    reason = f": {foreign(reason_of(why))}" if why else ""
    said = (
        f":warning: *{foreign(run.start.ref)} goes on here.* Slack takes nothing for {there} any more{reason}. "
        "Tell those who were reading there. Handrail tries that channel again each minute, and the run goes back to it."
    )
    return compose(f"{run.start.ref} goes on here: Slack takes nothing for its channel any more.", section(said))


def back_message(run: Run) -> Message:
    """That the run is back where it was started."""
    said = f":leftwards_arrow_with_hook: {foreign(run.start.ref)} is back in this channel, and goes on here."
    return compose(f"{run.start.ref} is back in this channel.", section(said), broadcast=True)


def gone_on_message(run: Run, channel: str) -> Message:
    """What a card reads that stood in for the one in its channel."""
    there = channel_link(channel) or foreign(channel, 80)
    return compose(
        f"{run.start.ref} went back to its channel.", section(f"{foreign(run.start.ref)} went back to {there}.")
    )


def followed_message(run: Run) -> Message:
    """What a card reads in a direct message of somebody who does not operate any more."""
    who = run.name_of(run.operator or "")
    said = f"{foreign(run.start.ref)} goes on in a direct message to *{foreign(who)}*, who operates now."
    return compose(f"{run.start.ref} goes on with {who}, who operates now.", section(said))


def reason_of(why: str) -> str:
    """Slack's word for why a place takes nothing, in words."""
    return _WORDS.get(why, f"Slack said {why}")


def undelivered_message(where: str, why: str) -> Message:
    """That a message did not reach its place, so that somebody tells those people in another way."""
    kind, _, name = where.partition(":")
    place = channel_link(name) if kind == "channel" else ""
    reason = reason_of(why)
    whom = place or f"{foreign(kind)} {foreign(name, 80)}"
    said = f":no_bell: A message did not reach {whom}: {foreign(reason)}. Tell them in another way."
    return compose(f"A message did not reach {where}.", section(said))


CARD = "card"


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of a run: where the run stood before it (None before the first) and after it.

    `chain` is the hash of its record, printed where people are meant to keep it.
    """

    before: Run | None
    seq: int
    event: Event
    stamp: Stamp
    after: Run
    chain: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A new message, sent once. `where`: ``card``, ``thread``, ``channel:CID``, ``team:ID`` or ``dm:UID``."""

    key: str
    message: Message
    where: str = "thread"


@dataclass(frozen=True, slots=True)
class Edit:
    """What a message that was posted under `key` reads from now on."""

    key: str
    message: Message


def step_key(step: str, visit: int) -> str:
    """The key of a step's own post."""
    return f"step:{step}:{visit}"


def signoff_key(step: str, visit: int, digest: str) -> str:
    """The key of the post that asks for signatures on exactly this content."""
    return f"signoff:{step}:{visit}:{digest[:12]}"


def notice_key(seq: int, to: str) -> str:
    """The key of what a step tells to one place; see `notice_of`."""
    return f"notify:{seq}:{to}"


def notice_of(key: str) -> str | None:
    """What is the same for all posts of one notice, whatever their places; None for every other post."""
    kind, _, rest = key.partition(":")
    return rest.partition(":")[0] if kind == "notify" else None


def asked_key(here: AwaitingSignature) -> str:
    """The key of the post that is asking now."""
    return signoff_key(here.step, here.visit, here.digest)


def event_post(moment: Moment, text: str, *blocks: Block | None, broadcast: bool = False) -> Post:
    """A post in the thread about one event; it ends with the number of the record and the time."""
    message = compose(f"{say_ref(moment.after)}: {text}", *blocks, record_line(moment), broadcast=broadcast)
    return Post(f"event:{moment.seq}", message)


def record_line(moment: Moment, *, chain: bool = False) -> Block:
    """``Record 57 · 14:31``, with the head of the chain where people are meant to keep it."""
    head = f" · chain `{moment.chain}`" if chain and moment.chain else ""
    drill = "" if moment.after.start.mode == "live" else f"*{say_mode(moment.after)}* · "
    return context(f"{drill}Record {moment.seq} · {slack_date(moment.stamp.at)}{head}")


def call_people(run: Run, people: Iterable[str]) -> str:
    """Mentions of these people, as mrkdwn; empty when there is nobody."""
    return mention_all(people_of(run, people))
