"""Sign-offs in the thread: asked, approved, rejected, expired, void and broken glass are never confused."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import assert_never

from bot.format.runbook import Signoff
from bot.render.message import Message, bold, compose, foreign, prose_block, quote_block, section, slack_date
from bot.render.prose import say_names, say_ref, say_reviewed, say_reviewers, say_span, visit_of
from bot.render.signoff import closed_signoff, say_valid_until, signoff_message
from bot.render.thread.post import Edit, Moment, Post, asked_key, call_people, event_post, record_line, signoff_key
from bot.run.events import (
    Ended,
    GlassBroken,
    GlassReviewed,
    SignatureVoided,
    Signed,
    SigningEvent,
    SignoffApproved,
    SignoffAsked,
    SignoffExpired,
    SignoffRejected,
)
from bot.run.law.scope import title_of
from bot.run.places import AwaitingSignature
from bot.run.state import Run

_LATE = timedelta(seconds=30)


def tell_signing(moment: Moment, event: SigningEvent) -> Iterator[Post | Edit]:
    """The posts of an event about signatures; the post that asked is closed by `close_asking`."""
    match event:
        case SignoffAsked():
            yield from _ask(moment, event)
        case Signed():
            return
        case SignoffApproved():
            yield _approved(moment, event)
        case SignoffRejected():
            yield _rejected(moment, event)
        case SignoffExpired():
            yield _expired(moment, event)
        case SignatureVoided():
            yield from _voided(moment, event)
        case GlassBroken():
            yield _glass_broken(moment, event)
        case GlassReviewed(words=words):
            who = moment.after.name_of(moment.stamp.by)
            what = say_reviewed(moment.before or moment.after)
            said = section(f":mag: *{foreign(who)} reviewed {what}.*")
            yield event_post(moment, f"{who} reviewed {what}.", said, quote_block(words))
        case _:
            assert_never(event)


def _ask(moment: Moment, event: SignoffAsked) -> Iterator[Post]:
    key = signoff_key(event.step, event.visit, event.digest)
    if _asked_before(moment) == key:
        return
    yield Post(key, signoff_message(moment.after))
    if event.again:
        called = f":arrows_counterclockwise: {call_people(moment.after, event.eligible)}"
        said = f"{called}: what is to be signed has *changed*. Read the newest post, then sign that."
        yield event_post(moment, "What is to be signed has changed. Read the newest post.", section(said))


def _asked_before(moment: Moment) -> str | None:
    here = moment.before.here if moment.before else None
    return asked_key(here) if isinstance(here, AwaitingSignature) else None


def close_asking(moment: Moment) -> Iterator[Edit]:
    """The post that asked, as it reads now: with who has signed, or closed with the word that fits."""
    before, now = moment.before, moment.after.here
    if before is None or not isinstance(before.here, AwaitingSignature) or _is_over(before, before.here):
        return
    key = asked_key(before.here)
    asks = isinstance(now, AwaitingSignature) and asked_key(now) == key and not _is_over(moment.after, now)
    yield Edit(key, signoff_message(moment.after) if asks else _closed(moment, before.here.step))


def _is_over(run: Run, here: AwaitingSignature) -> bool:
    """Whether the asking has ended, although the next step has not been entered yet."""
    return visit_of(run, here.step, here.visit) is not None


def _closed(moment: Moment, step: str) -> Message:
    run, who = moment.after, foreign(moment.after.name_of(moment.stamp.by))
    when = slack_date(moment.stamp.at)
    match moment.event:
        case SignoffApproved(signers=signers, valid_until=until):
            story = f"By {foreign(say_names(run, signers))}, {when}. {say_valid_until(until, moment.stamp.at)}"
            return closed_signoff(run, step, "Approved", "white_check_mark", story)
        case SignoffRejected(reason=reason):
            return closed_signoff(run, step, "Rejected", "no_entry", f"By {who}, {when}: “{foreign(reason)}”")
        case SignoffExpired(was_due=due):
            signed = foreign(_say_signed(moment))
            story = f"{signed} until {slack_date(due)}. This approves nothing. {_say_late(moment, due)}".rstrip()
            return closed_signoff(run, step, "Expired", "hourglass", story)
        case SignoffAsked():
            story = f"What was to be signed has changed, {when}. Read the new post; signatures given here do not count."
            return closed_signoff(run, step, "Void", "wastebasket", story)
        case GlassBroken():
            story = (
                f"{who} went on without the signatures, {when}. It has to be reviewed by {foreign(say_reviewers(run))}."
            )
            return closed_signoff(run, step, "Glass broken", "rotating_light", story)
        case Ended():
            return closed_signoff(run, step, "Withdrawn", "arrow_left", f"The run ended, {when}.")
        case _:
            story = f"{who} took the run elsewhere, {when}. Nothing was approved."
            return closed_signoff(run, step, "Withdrawn", "arrow_left", story)


def _approved(moment: Moment, event: SignoffApproved) -> Post:
    run, title = moment.after, title_of(moment.after, event.step)
    who = say_names(run, event.signers)
    valid = say_valid_until(event.valid_until, moment.stamp.at)
    said = f":white_check_mark: *Approved* by {foreign(who)}: {bold(title)}\n{valid}"
    message = compose(f"{say_ref(run)}: approved by {who}: {title}", section(said), record_line(moment, chain=True))
    return Post(f"event:{moment.seq}", message)


def _rejected(moment: Moment, event: SignoffRejected) -> Post:
    run, title = moment.after, title_of(moment.after, event.step)
    who = run.name_of(moment.stamp.by)
    said = section(f":no_entry: *Rejected* by {foreign(who)}: {bold(title)}. Nothing of it may be done.")
    message = compose(
        f"{say_ref(run)}: rejected by {who}: {title}", said, quote_block(event.reason), record_line(moment, chain=True)
    )
    return Post(f"event:{moment.seq}", message)


def _expired(moment: Moment, event: SignoffExpired) -> Post:
    title, signed = title_of(moment.after, event.step), _say_signed(moment)
    said = (
        f":hourglass: *Expired* at {slack_date(event.was_due)}: {bold(title)}. {foreign(signed)}; nothing is approved."
    )
    late = _say_late(moment, event.was_due)
    return event_post(moment, f"Expired: {title}. {signed}.", section(f"{said} {late}".rstrip()))


def _say_signed(moment: Moment) -> str:
    here = moment.before.here if moment.before else None
    signed = here.signed if isinstance(here, AwaitingSignature) else ()
    return f"Only {say_names(moment.after, signed)} signed" if signed else "Nobody signed"


def _say_late(moment: Moment, due: datetime) -> str:
    late = moment.stamp.at - due
    return f"(This was noticed {say_span(late)} late.)" if late > _LATE else ""


def _voided(moment: Moment, event: SignatureVoided) -> Iterator[Post | Edit]:
    run, title = moment.after, title_of(moment.after, event.step)
    who = say_names(run, event.signers)
    yield event_post(
        moment,
        f"Void: the signature of {who} on “{title}” counts no more.",
        section(f":wastebasket: *Void:* {bold(title)}. The signature of {foreign(who)} counts no more."),
        prose_block(event.why),
    )
    approval = moment.before.approvals.get(event.step) if moment.before else None
    if approval is not None:
        story = f"{foreign(event.why)} The signature of {foreign(who)} counts no more."
        closed = closed_signoff(run, event.step, "Void", "wastebasket", story)
        yield Edit(signoff_key(event.step, approval.visit, approval.digest), closed)


def _glass_broken(moment: Moment, event: GlassBroken) -> Post:
    """Everybody is told whose signature it should have had."""
    run, step = moment.after, moment.after.book.by_id[event.step]
    who = run.name_of(moment.stamp.by)
    said = (
        f":rotating_light: *{foreign(who)} broke the glass* and goes on without the signatures: {bold(step.title)}\n"
        f"{call_people(run, _whose_signature(run, step))}: it should have had yours. "
        f"It has to be reviewed by {foreign(say_reviewers(run))}."
    )
    text = f"{say_ref(run)}: {who} broke the glass: {step.title}"
    blocks = (section(said), quote_block(event.reason), record_line(moment, chain=True))
    return Post(f"event:{moment.seq}", compose(text, *blocks, broadcast=True))


def _whose_signature(run: Run, step: object) -> tuple[str, ...]:
    roles = step.from_ if isinstance(step, Signoff) else ()
    return tuple(dict.fromkeys(person for role in roles for person in run.holders(role)))
