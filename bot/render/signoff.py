"""A sign-off as its signers read it: asset and host, what happens, what is lost, what was checked, the way back."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.format.runbook import Check
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
    span,
)
from bot.render.prose import MODES, people_of, say_names, say_ref, say_role, say_value, spoken_name
from bot.run.law.scope import title_of
from bot.run.law.signing import BoundStep, SigningContent, read_content
from bot.run.places import AwaitingSignature
from bot.run.state import Run

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
    return compose(
        text,
        header(f"{MODES[run.start.mode]} · Sign-off needed: {content.title}"),
        section(
            f"{asked}: please read this, then approve or reject. {say_need(run, here)}"
            if asked
            else _say_nobody(run, here)
        ),
        *signing_blocks(run, here, content),
        actions([*_signing_buttons(run)]),
        digest_block(here),
        broadcast=True,
    )


def digest_block(here: AwaitingSignature) -> Block:
    """What is signed, as one number: below the buttons of the post, and in the form where it is signed."""
    return context(f"Digest `{here.digest[:12]}`")


def signing_blocks(run: Run, here: AwaitingSignature, content: SigningContent) -> list[Block]:
    """What is signed, in the order of need; the same on the post and on the card."""
    return [
        section(f"*What it is about*\n{bold(content.asset_name)} (`{foreign(content.asset)}`){_say_hosts(content)}"),
        section("*What will happen*" if content.steps else "*What you accept*"),
        *_say_steps(content),
        section("*What is lost*" if content.steps else "*What it means*"),
        list_block(list(_losses(content))),
        section("*What was checked*"),
        list_block(list(_checked(run, content))),
        section("*The way back*"),
        list_block(list(_ways_back(content))),
        _say_terms(run, here),
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
    roles = [say_role(role) for role in getattr(step, "from_", ())]
    count = "one signature" if here.need == 1 else f"{here.need} signatures of different people"
    each = ", one of each role" if getattr(step, "each", False) else ""
    return f"Needed: {foreign(count)} ({foreign(' or '.join(roles))}{each})."


def _say_hosts(content: SigningContent) -> str:
    hosts = list(dict.fromkeys(step.host for step in content.steps if step.host))
    return f", run on {', '.join(f'`{foreign(host)}`' for host in hosts)}" if hosts else ""


def _say_steps(content: SigningContent) -> Iterator[Block]:
    for step in content.steps[:6]:
        mark = {"destroy": "destroys data", "change": "changes things"}.get(step.effect or "")
        spans = [span(step.title, "bold")] + ([span(f" – {mark}")] if mark else [])
        yield rich(
            {"type": "rich_text_section", "elements": spans + ([span(f", run on {step.host}")] if step.host else [])}
        )
        if step.command:
            yield command_block(step.command)
    if len(content.steps) > 6:  # noqa: PLR2004  (as above: what a post can hold)
        yield list_block([step.title for step in content.steps[6:]])
    if not content.steps:
        yield prose_block(content.title)


def _losses(content: SigningContent) -> Iterator[str]:
    said = [content.say, *(step.caution for step in content.steps)]
    yield from [one for one in dict.fromkeys(said) if one] or ["The runbook names no loss."]


def _checked(run: Run, content: SigningContent) -> Iterator[list[Block]]:
    for name, value in content.vars:
        by = run.given.get(name)
        source = f" (given by {run.name_of(by.by)})" if by else ""
        yield [span(f"{spoken_name(name)}: "), span(say_value(run, name, value), "bold"), span(source)]
    passed = [visit for visit in run.done if isinstance(run.book.by_id[visit.step], Check) and visit.exit == "ok"]
    for visit in passed[-6:]:
        yield [span(f"{title_of(run, visit.step)}: passed, {run.name_of(visit.by)}")]
    for name in content.files:
        yield [span(f"File {name}")]


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


def _say_terms(run: Run, here: AwaitingSignature) -> Block:
    signed = (
        f"Signed so far: {foreign(say_names(run, here.signed))} ({len(here.signed)} of {here.need}). "
        if here.signed
        else ""
    )
    barred = [one for one in here.barred if one not in here.eligible]
    others = f"May not sign, as they started or ran this: {foreign(say_names(run, barred))}. " if barred else ""
    soon = here.expires_at - (here.asked_at or here.since) < _SAID_EXACTLY
    left = f" ({slack_date(here.expires_at, '{ago}', 'soon')})" if soon else ""
    expires = f"Expires at {slack_date(here.expires_at)}{left}. "
    return context(f"{signed}{expires}{others}".rstrip())


def closed_signoff(run: Run, step: str, word: str, emoji: str, story: str) -> Message:
    """What is left of a sign-off post: the deciding word first, then what it was about; the buttons are gone."""
    title = title_of(run, step)
    return compose(
        f"{word}: {title} – {say_ref(run)}",
        section(f":{emoji}: *{escape(word)}* · {bold(title)}\n{story}"),
        broadcast=True,
    )


def say_valid_until(until: datetime | None) -> str:
    """Until when the approval counts."""
    return f"Valid until {slack_date(until)}; the next step has to begin by then." if until else "It stays valid."
