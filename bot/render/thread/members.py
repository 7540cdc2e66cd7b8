"""People who left, came or were let in, in the thread; whoever waits to be let in has a post with a button."""

from collections.abc import Iterator
from typing import assert_never

from bot.format.runbook import Signoff
from bot.render.actions import button
from bot.render.members import say_doubt, say_joiner, say_leaver, say_left, say_roles, say_waiting
from bot.render.message import Block, Message, actions, compose, context, foreign, section
from bot.render.prose import join_words, say_ref
from bot.render.thread.post import Edit, Moment, Post, call_people, event_post, record_line
from bot.run.members.events import Leaver, LetIn, MembersEvent, PeopleChanged, PeopleInDoubt, PeopleKept
from bot.run.members.rules import leads_since_the_start
from bot.run.places import AwaitingSignature
from bot.run.state import Run


def tell_members(moment: Moment, event: MembersEvent) -> Iterator[Post | Edit]:
    """The posts of an event about who is of the run."""
    run, who = moment.after, moment.after.name_of(moment.stamp.by)
    match event:
        case PeopleChanged():
            yield _changed(moment, event)
        case PeopleInDoubt(out=out) if out:
            yield Post(_doubt_key(moment.seq), _in_doubt(moment, event))
        case PeopleInDoubt():
            said = "Everybody who would have been out is in the catalogue again."
            yield event_post(moment, said, section(f":white_check_mark: {said}"))
        case PeopleKept():
            names = join_words([one.name for one in _doubted(moment)])
            said = f"{who} keeps {names}: they stay as they were."
            yield event_post(
                moment, said, section(f":handshake: *{foreign(who)}* keeps {foreign(names, 1_000)}: they stay.")
            )
        case LetIn(person=person, roles=roles):
            name = run.name_of(person)
            text = f"{who} let {name} in as {say_roles(roles)}."
            said = f":unlock: *{foreign(who)} let {foreign(name)} in* as {foreign(say_roles(roles))}."
            yield event_post(moment, text, section(said))
        case _:
            assert_never(event)


def follow_members(moment: Moment) -> Iterator[Post | Edit]:
    """What is asked about people, as posts with buttons that lose them once it is answered."""
    yield from _close_doubt(moment)
    yield from _follow_waiting(moment)


def _changed(moment: Moment, event: PeopleChanged) -> Post:
    """Who is out, who is in, who is left, and what it followed from."""
    run, before = moment.after, moment.before
    lines = [f":door: *{foreign(say_leaver(one), 400)}.*" for one in event.out]
    lines += [f":bust_in_silhouette: *{foreign(say_joiner(one), 400)}.*" for one in event.into]
    again = [run.name_of(one) for one in event.again]
    lines += [f":white_check_mark: In the catalogue again: {foreign(join_words(again), 1_000)}."] if again else []
    left = [foreign(say_left(run, event.out), 1_500)] if say_left(run, event.out) else []
    if before is not None and before.operator is not None and run.operator is None:
        left.append(f"{foreign(before.name_of(before.operator))} operated, so *nobody operates now*: press Take over.")
    fallen = _fallen(moment)
    left += [f"What {foreign(join_words(fallen), 300)} signed in the open request counts no more."] if fallen else []
    text = " ".join(f"{one}." for one in (*map(say_leaver, event.out), *map(say_joiner, event.into)))
    files = ", ".join(event.catalogue)
    source = context(f"By the catalogue as it is now: {foreign(files, 300)}") if files else None
    called = call_people(run, [one.person for one in event.out])
    blocks: list[Block | None] = [section("\n".join(lines[:12]) or "People changed."), *map(section, left), source]
    return event_post(moment, text or "People changed.", *blocks, context(called) if called else None)


def _fallen(moment: Moment) -> list[str]:
    """Who signed the open request, and may not sign it any more."""
    before, run = moment.before, moment.after
    here = before.here if before is not None else None
    step = run.book.by_id[here.step] if isinstance(here, AwaitingSignature) else None
    if not isinstance(here, AwaitingSignature) or not isinstance(step, Signoff):
        return []
    may = {one for role in step.from_ for one in run.holders(role)}
    return [run.name_of(one) for one in here.signed if one not in may]


def _in_doubt(moment: Moment, event: PeopleInDoubt) -> Message:
    run = moment.after
    said = say_doubt(run, event.out)
    why = f"That would be {len(event.out)} of {event.of} people at once."
    why += f" Gone from the catalogue: {', '.join(event.missing)}." if event.missing else ""
    buttons = [button(run, f"they_left:{moment.seq}"), button(run, f"keep_people:{moment.seq}")]
    called = call_people(run, leads_since_the_start(run))
    return compose(
        f"{say_ref(run)}: {said}", section(f":grey_question: {called}: {foreign(said, 1_500)}\n{foreign(why, 500)}"),
        actions(buttons), record_line(moment), broadcast=True,
    )  # fmt: skip


def _doubt_key(seq: int) -> str:
    return f"doubt:{seq}"


def _doubted(moment: Moment) -> tuple[Leaver, ...]:
    doubt = moment.before.members.doubt if moment.before is not None else None
    return doubt.out if doubt is not None else ()


def _close_doubt(moment: Moment) -> Iterator[Edit]:
    """The question loses its buttons once it is answered, or another one is asked."""
    doubt = moment.before.members.doubt if moment.before is not None else None
    if doubt is None or doubt == moment.after.members.doubt:
        return
    run = moment.after
    said = f"It was asked whether {join_words([one.name for one in doubt.out])} are out. That is answered below."
    yield Edit(
        _doubt_key(doubt.seq),
        compose(f"{say_ref(run)}: {said}", section(f":ballot_box_with_check: {foreign(said, 1_500)}")),
    )


def _waiting_key(person: str, seq: int) -> str:
    return f"member:{person}:{seq}"


def _follow_waiting(moment: Moment) -> Iterator[Post | Edit]:
    """Whoever waits has a post with a button; it loses the button once they wait no more, or for something else."""
    before = moment.before.members.waiting if moment.before is not None else {}
    now = moment.after.members.waiting
    for person, waits in before.items():
        if now.get(person) != waits:
            yield Edit(_waiting_key(person, waits.seq), _settled(moment.after, person))
    for person, waits in now.items():
        if before.get(person) != waits:
            yield Post(_waiting_key(person, waits.seq), _waits(moment.after, person, waits.seq))


def _waits(run: Run, person: str, seq: int) -> Message:
    said = say_waiting(run, person)
    press = actions([button(run, f"let_in:{seq}:{person}")])
    return compose(f"{say_ref(run)}: {said}", section(f":bust_in_silhouette: {foreign(said, 600)}"), press)


def _settled(run: Run, person: str) -> Message:
    held = run.members.roles_of(person)
    name = run.name_of(person)
    if person in run.members.waiting:
        said = f"{name} waits to be let in: see the newest post about them."
    elif held:
        said = f"{name} is in as {say_roles(held)}."
    else:
        said = f"{name} does not wait to be let in any more."
    return compose(f"{say_ref(run)}: {said}", section(f":bust_in_silhouette: {foreign(said, 600)}"))
