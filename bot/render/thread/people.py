"""People in the thread: taking over, handing over, pausing, correcting, noting, asking for help, the end."""

from collections.abc import Iterator
from typing import assert_never

from bot.render.actions import button
from bot.render.message import (
    Block,
    Message,
    actions,
    compose,
    fields,
    foreign,
    list_block,
    prose_block,
    quote_block,
    section,
)
from bot.render.prose import (
    brief,
    say_erased,
    say_mode,
    say_outcome,
    say_place,
    say_ref,
    say_time_used,
    say_value,
    say_who,
    spoken_name,
)
from bot.render.thread.calls import tell_other_runs
from bot.render.thread.post import Edit, Moment, Post, call_people, event_post, record_line
from bot.run import events
from bot.run.calls.events import EndAwaited, HandedAnew, StopWanted
from bot.run.places import Offer, Over
from bot.run.state import Run


def tell_people(moment: Moment, event: events.PeopleEvent | events.TellingEvent) -> Iterator[Post | Edit]:  # noqa: PLR0915  (one case an event)
    """The posts of an event about people, words and the end."""
    if isinstance(event, EndAwaited | StopWanted | HandedAnew):
        yield from _close_offer(moment) if isinstance(event, EndAwaited) else ()
        yield tell_other_runs(moment, event)
        return
    run, who = moment.after, foreign(say_who(moment.after, moment.stamp.by))
    match event:
        case events.TookOver(before=before) | events.HandOverAccepted(before=before):
            yield from _close_offer(moment)
            yield _took_over(moment, before)
        case events.HandOverOffered():
            yield from _close_offer(moment)
            yield from (_offered(moment, offer) for offer in (run.offer,) if offer is not None)
        case events.Paused(reason=reason):
            text = f"{run.name_of(moment.stamp.by)} paused the run."
            said = section(f":double_vertical_bar: *{who} paused the run.* Press Resume on the card to go on.")
            yield event_post(moment, text, said, quote_block(reason))
        case events.Resumed():
            text = f"{run.name_of(moment.stamp.by)} resumed the run."
            yield event_post(moment, text, section(f":arrow_forward: *{who} resumed the run.*"))
        case events.Corrected():
            yield _corrected(moment, event)
        case events.Ended():
            yield from _close_offer(moment)
            yield _ended(moment, event)
        case events.HelpAsked():
            yield _help_asked(moment, event)
        case events.Noted():
            yield _noted(moment, event)
        case events.Redacted(of=of, fields=names, reason=reason):
            what = say_erased(names)
            said = section(f":black_circle: *{who} erased {what} record {of}* ({foreign(', '.join(names))}).")
            yield event_post(moment, f"{who} erased {what} record {of}.", said, quote_block(reason))
        case events.WentOnElsewhere(ref=ref, after=after):
            text = f"{ref} went on from record {after} of {run.start.ref} elsewhere, and has come home."
            elsewhere = "in a place where this record was out of reach"
            told = f":twisted_rightwards_arrows: *{foreign(ref)} went on from here* (record {after}), {elsewhere}. "
            more = f"`handrail log {foreign(ref)}` tells it. Stop this run unless it is still needed."
            yield event_post(moment, text, section(told + more), broadcast=True)
        case events.LawTaken():
            yield _law_taken(moment, event)
        case events.SigningRefused() | events.ParentTold() | events.ChainGrown():
            return
        case _:
            assert_never(event)


_NEWS = {
    2: "Who may start what was signed is judged at each start, and a signature covers one start of what destroys.",
    3: "Whoever was let in while the run is open and who let them in count as one, also where two have to sign.",
}
"""What is new in each law, for the people of an open run."""


def _law_taken(moment: Moment, event: events.LawTaken) -> Post:
    text = f"{moment.after.start.ref} goes by Handrail's law number {event.law} from here on."
    before = moment.before.law if moment.before is not None else 1
    news = " ".join(said for law, said in _NEWS.items() if before < law <= event.law)
    return event_post(moment, text, section(f":scales: *Handrail's law number {event.law} holds from here on.* {news}"))


def _took_over(moment: Moment, before: str | None) -> Post:
    run = moment.after
    who = run.name_of(moment.stamp.by)
    left = f" from {call_people(run, [before])}" if before else ""
    said = section(f":raising_hand: *{foreign(who)} operates from here*, taking over{left}.\n{foreign(say_place(run))}")
    return event_post(moment, f"{who} operates from here.", said)


def offer_key(offer: Offer) -> str:
    """The key of the post that offers the run to somebody."""
    return f"offer:{offer.to}:{int(offer.at.timestamp() * 1000)}"


def _offered(moment: Moment, offer: Offer) -> Post:
    accept = actions([button(moment.after, "accept")])
    return Post(offer_key(offer), _briefing(moment, offer, f"{call_people(moment.after, [offer.to])}: ", accept))


def _close_offer(moment: Moment) -> Iterator[Edit]:
    """The offer that stood there loses its button; the briefing stays."""
    offer = moment.before.offer if moment.before else None
    if offer is not None:
        yield Edit(offer_key(offer), _briefing(moment, offer, "", None))


def _briefing(moment: Moment, offer: Offer, called: str, accept: Block | None) -> Message:
    run = (moment.before or moment.after) if accept is None else moment.after
    giver, taker = run.name_of(offer.by), run.name_of(offer.to)
    asked = " Read this, then press Accept." if accept else ""
    blocks: list[Block | None] = [
        section(f":handshake: {called}*{foreign(giver)} hands over to {foreign(taker)}.*{asked}")
    ]
    blocks += [quote_block(offer.words)] if offer.words else []
    for heading, lines in brief(run, offer.at):
        blocks += [section(f"*{heading}*"), list_block(lines)]
    last = (accept, record_line(moment)) if accept else ()
    return compose(f"{say_ref(run)}: {giver} hands over to {taker}", *blocks, *last)


def _corrected(moment: Moment, event: events.Corrected) -> Post:
    run, who = moment.after, moment.after.name_of(moment.stamp.by)
    name = spoken_name(event.name)
    old, new = say_value(run, event.name, event.old), say_value(run, event.name, event.new)
    return event_post(
        moment,
        f"{who} corrected {name}: {old} is now {new}.",
        section(f":pencil2: *{foreign(who)} corrected {foreign(name)}* (record {event.of} stays as it is)."),
        fields(f"*Was*\n{foreign(old, 1_000)}", f"*Is now*\n{foreign(new, 1_000)}"),
        quote_block(event.reason),
    )


def _ended(moment: Moment, event: events.Ended) -> Post:
    run = moment.after
    at = run.here.at if isinstance(run.here, Over) else moment.stamp.at
    mark = {"recovered": "large_green_circle", "not_applicable": "white_circle"}.get(
        event.outcome, "large_yellow_circle"
    )
    word, mode = say_outcome(event.outcome) + (", review open" if run.unreviewed else ""), say_mode(run)
    took = f"It took {say_time_used(run, at)}."
    drill = "" if run.start.mode == "live" else f" This was a {mode.lower()}."
    message = compose(
        f"{say_ref(run)} ended: {word}",
        section(f":{mark}: *{mode} · {foreign(run.start.ref)} ended: {foreign(word)}*\n{took}{drill}"),
        quote_block(event.reason) if event.reason else None,
        record_line(moment, chain=True),
        broadcast=True,
    )
    return Post(f"event:{moment.seq}", message)


def _help_asked(moment: Moment, event: events.HelpAsked) -> Post:
    run, who = moment.after, say_who(moment.after, moment.stamp.by)
    leads = call_people(run, run.holders("lead")) or "Nobody is in the lead role"
    known = f"*{say_mode(run)} · {foreign(run.start.ref)}*"
    return event_post(
        moment,
        f"{who} needs help. {say_place(run)}",
        section(f":sos: {known} · {leads}: *{foreign(who)} needs help.*\n{foreign(say_place(run))}"),
        quote_block(event.words) if event.words else None,
        broadcast=True,
    )


def _noted(moment: Moment, event: events.Noted) -> Post:
    run, who = moment.after, say_who(moment.after, moment.stamp.by)
    when = f" It happened at {foreign(event.happened_at, 80)}, they say." if event.happened_at else ""
    source = _say_source(run, event)
    said = section(f":memo: *{foreign(who)} noted:*{when}")
    return event_post(moment, f"{who} noted: {event.words}", said, quote_block(event.words), source)


def _say_source(run: Run, event: events.Noted) -> Block | None:
    if event.source is None:
        return None
    author = say_who(run, event.source.author)
    return prose_block(f"{author}, {event.source.at}: {event.source.link}", lead="From a message of")
