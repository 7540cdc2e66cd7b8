"""A sign-off as its signers read it: asset and host, what happens, what is lost, what was checked, the way back."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bot.format.runbook import StepBase
from bot.render.actions import step_buttons, step_overflow
from bot.render.message import (
    Block,
    Message,
    actions,
    bold,
    command_block,
    compose,
    context,
    escape,
    foreign,
    header,
    list_block,
    mention_all,
    prose_block,
    rich,
    section,
    slack_date,
    slack_deadline,
    span,
)
from bot.render.numbers import value_blocks
from bot.render.prose import MODES, join_words, people_of, say_names, say_ref, say_role, say_who
from bot.render.room import MOST_WORDS, count_words
from bot.render.why_here import why_here_blocks
from bot.run.law.scope import title_of
from bot.run.law.signing import BoundStep, SigningContent, read_content
from bot.run.members.rules import count_people
from bot.run.places import AwaitingSignature
from bot.run.state import Run

_MOST_STEPS = 6
_MOST_NAMED = 3
_SPARE = 3
"""Words that a time may take beyond its fallback: “in 12 min”."""
_SAID_EXACTLY = timedelta(hours=1)
"""Slack rounds what is left to whole hours from here on: “in 1 hour” for 1 h 59."""


def signoff_message(run: Run) -> Message:
    """The post that asks for signatures, in the channel too; the run must be waiting for them."""
    here = run.here
    if not isinstance(here, AwaitingSignature):
        raise TypeError(f"run {run.id} waits for no signature")
    content = read_content(here.content)
    asked = mention_all(people_of(run, [one for one in here.eligible if one not in here.signed]))
    text = f"{say_ref(run)}, sign-off needed: {content.title} – {content.asset_name}"
    head = [
        header(f"{MODES[run.start.mode]} · Sign-off needed: {content.title}"),
        section(f"{asked}: please read this. {say_need(run, here)}" if asked else _say_nobody(run, here)),
    ]
    return compose(
        text,
        *head,
        *signing_blocks(run, here, content, head),
        actions([*_signing_buttons(run)]),
        *terms_blocks(run, here),
        broadcast=True,
    )


def digest_block(here: AwaitingSignature) -> Block:
    """What is signed, as one number: it stands in the form where it is signed, and nowhere else."""
    return context(f"Digest `{here.digest[:12]}`")


def signing_blocks(
    run: Run, here: AwaitingSignature, content: SigningContent, head: Sequence[Block | None]
) -> list[Block]:
    """What is signed in short, the same on the post and on the card; `head` stands above it and takes words too.

    What happens, what follows, why it is asked again, until when, the values that decide. The rest is in the form.
    """
    what = [section(f"*{'What will happen' if content.steps else 'What you accept'}*"), list_block(_titles(content))]
    known = [*why_here_blocks(run), _say_deadline(run, here), *value_blocks(run, content)]
    room = MOST_WORDS["signoff"] - count_words([*head, *what, *known]) - _SPARE
    return [*what, *_losses_that_fit(content, room), *known]


def whole_signing_blocks(run: Run, here: AwaitingSignature, content: SigningContent) -> list[Block]:
    """The whole of what is signed, word for word, in the form where it is signed."""
    return [
        section(f"*What it is about*\n{bold(content.asset_name)} (`{foreign(content.asset)}`){_say_hosts(content)}"),
        section("*What will happen*" if content.steps else "*What you accept*"),
        *_say_steps(content),
        section("*What follows*"),
        list_block(list(_losses(content)) or ["The runbook names no loss."]),
        section("*What decides*"),
        *value_blocks(run, content),
        *([list_block([f"File {name}" for name in content.files])] if content.files else []),
        section("*The way back*"),
        list_block(list(_ways_back(content))),
        _say_deadline(run, here),
        *terms_blocks(run, here),
        digest_block(here),
    ]


def _signing_buttons(run: Run) -> Iterator[Block]:
    yield from step_buttons(run)
    menu = step_overflow(run)
    if menu is not None:
        yield menu


def _say_nobody(run: Run, here: AwaitingSignature) -> str:
    return f"*Nobody is left who may sign.* {say_need(run, here)} The lead has to decide how to go on."


def say_need(run: Run, here: AwaitingSignature) -> str:
    """How many signatures are needed, and of whom, as mrkdwn."""
    step = run.book.by_id[here.step]
    count = "one signature" if here.need == 1 else f"{here.need} signatures of different people"
    each = ", one of each role" if getattr(step, "each", False) else ""
    return f"Needed: {foreign(count)} ({foreign(_say_roles(step))}{each})."


def say_signers(run: Run, here: AwaitingSignature) -> str:
    """Who can sign, by name and by role: ``*For the data owner:* Dora Lind or Eli Moss``."""
    step = run.book.by_id[here.step]
    left = [one for one in here.eligible if one not in here.signed]
    people = f"{foreign(_say_some(run, left))} can sign" if left else "nobody is left who may sign"
    each = ", one of each role" if getattr(step, "each", False) else ""
    needed = "" if here.need == 1 else f" {here.need} signatures{each}."
    return f":pencil2: *For {foreign(_say_roles(step))}:*{needed} {people}"


def _say_roles(step: StepBase) -> str:
    """``the data owner or the lead``; and, where one of each has to sign."""
    roles = [say_role(role) for role in getattr(step, "from_", ())]
    return (" and " if getattr(step, "each", False) else " or ").join(roles)


def _say_some(run: Run, people: Sequence[str]) -> str:
    """``Ben Okafor, Dora Lind, Eve Ndiaye or 1 more``."""
    names = [say_who(run, one) for one in people[:_MOST_NAMED]]
    more = len(people) - len(names)
    return join_words([*names, *([f"{more} more"] if more else [])], "or")


def _say_hosts(content: SigningContent) -> str:
    hosts = list(dict.fromkeys(step.host for step in content.steps if step.host))
    return f", run on {', '.join(f'`{foreign(host)}`' for host in hosts)}" if hosts else ""


def _titles(content: SigningContent) -> list[list[Block]]:
    """The steps by their titles, each with its place where they do not share one."""
    hosts = {step.host for step in content.steps}
    shown = [
        [span(step.title, "bold"), *([span(f", on {step.host}")] if step.host and len(hosts) > 1 else [])]
        for step in content.steps[:_MOST_STEPS]
    ]
    more = len(content.steps) - _MOST_STEPS
    only = next(iter(hosts)) if len(hosts) == 1 else None
    if only and shown:
        shown[-1].append(span(f"{' – all' if len(shown) > 1 else ''} on {only}"))
    return [*shown, *([[span(f"and {more} more")]] if more > 0 else [])] or [[span(content.title)]]


def _say_steps(content: SigningContent) -> Iterator[Block]:
    for step in content.steps[:_MOST_STEPS]:
        where = [span(f", on {step.host}")] if step.host else []
        yield rich({"type": "rich_text_section", "elements": [span(step.title, "bold"), *where]})
        if step.command:
            yield command_block(step.command)
    if len(content.steps) > _MOST_STEPS:
        yield list_block([step.title for step in content.steps[_MOST_STEPS:]])
    if not content.steps:
        yield prose_block(content.title)


def _losses(content: SigningContent) -> Iterator[str]:
    said = [content.say, *(step.caution for step in content.steps)]
    yield from (one for one in dict.fromkeys(said) if one)


def _losses_that_fit(content: SigningContent, room: int) -> Iterator[Block]:
    """What follows, the sign-off's own words first; what does not fit stands in the form, and that is said."""
    losses = list(_losses(content))
    for shown in range(len(losses), 0, -1):
        blocks = [prose_block(one, emoji="warning") for one in losses[:shown]]
        left = len(losses) - shown
        blocks += [context(f"{left} more in the form of *Approve…*")] if left else []
        if shown == 1 or count_words(blocks) <= room:
            yield from blocks
            return


def _ways_back(content: SigningContent) -> Iterator[list[Block]]:
    for step in content.steps:
        yield [span(f"{step.title}: "), *_way_back(step)]
    if not content.steps:
        yield [span("Nothing is changed by this signature itself.")]


def _way_back(step: BoundStep) -> list[Block]:
    if step.undo is None:
        return [span("nothing to undo" if step.effect in (None, "read") else "irreversible", "bold")]
    if step.undo.startswith("No undo: "):
        why = step.undo.removeprefix("No undo: ")
        return [span("irreversible" if step.effect == "destroy" else "no undo", "bold"), span(f" – {why}")]
    return [span(step.undo)] if step.undo.startswith("Step “") else [span(step.undo, "code")]


def _say_signed(run: Run, here: AwaitingSignature) -> str:
    """``Dora Lind and Fay Moor (1 of 2: who lets somebody in, and whom they let in, count as one)``."""
    counted = count_people(run, here.signed)
    one = "" if counted == len(here.signed) else ": who lets somebody in, and whom they let in, count as one"
    return f"{say_names(run, here.signed)} ({counted} of {here.need}{one})"


def _say_deadline(run: Run, here: AwaitingSignature) -> Block:
    signed = f"Signed so far: {foreign(_say_signed(run, here))}. " if here.signed else ""
    soon = here.expires_at - (here.asked_at or here.since) < _SAID_EXACTLY
    left = f" ({slack_date(here.expires_at, '{ago}', 'soon')})" if soon else ""
    return context(f"{signed}*Expires at {slack_deadline(here.expires_at, here.asked_at or here.since)}*{left}.")


def terms_blocks(run: Run, here: AwaitingSignature) -> list[Block]:
    """Who may not sign, and where the whole text stands."""
    barred = [one for one in here.barred if one not in here.eligible]
    others = f"May not sign, as they started or ran this: {foreign(say_names(run, barred))}." if barred else ""
    return [context(others)] if others else []


def closed_signoff(run: Run, step: str, word: str, emoji: str, story: str) -> Message:
    """What is left of a sign-off post: the deciding word first, then what it was about; the buttons are gone."""
    title = title_of(run, step)
    return compose(
        f"{word}: {title} – {say_ref(run)}",
        section(f":{emoji}: *{escape(word)}* · {bold(title)}\n{story}"),
        broadcast=True,
    )


def say_valid_until(until: datetime | None, since: datetime) -> str:
    """Until when the approval counts."""
    return (
        f"Valid until {slack_deadline(until, since)}; the next step has to begin by then."
        if until
        else "It stays valid."
    )
