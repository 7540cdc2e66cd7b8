"""What an event says in Slack: new posts that are noticed, and edits of posts that stand there already."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.render.message import Block, Message, compose, context, mention_all, slack_date
from bot.render.prose import people_of, say_mode, say_ref
from bot.run.events import Event
from bot.run.places import AwaitingSignature
from bot.run.situation import Stamp
from bot.run.state import Run

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
