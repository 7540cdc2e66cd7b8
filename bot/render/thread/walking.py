"""Posts of a thread about the walk: the start, steps, what hands did."""

from collections.abc import Iterator, Mapping
from typing import assert_never

from bot.format.pieces import Condition, Probe, Value
from bot.format.runbook import Call, Decide, Join, Work
from bot.format.shell.filling import argument_line
from bot.format.values import spoken_test
from bot.render.actions import button
from bot.render.calls import opened_line, say_call_now, say_came
from bot.render.hands import found_lines, verdict
from bot.render.message import (
    Block,
    actions,
    bold,
    channel_link,
    compose,
    context,
    foreign,
    list_block,
    prose_block,
    quote_block,
    section,
    span,
    spans,
)
from bot.render.prose import (
    due_by,
    say_mode,
    say_outcome,
    say_phase,
    say_place,
    say_ref,
    say_reviewers,
    say_time_used,
    say_value,
    say_who,
    spoken_name,
)
from bot.render.step import step_message
from bot.render.thread.post import Edit, Moment, Post, call_people, event_post, notice_key, step_key
from bot.run import events
from bot.run.calls.events import Joined
from bot.run.hands.events import ActionFinished, ActionLost, CancelAsked, HandsDeclined, HandsEvent
from bot.run.hands.rules import retry_at
from bot.run.law.scope import ground_of, names_of, title_of
from bot.run.places import AwaitingReview, Over
from bot.run.state import Run


def tell_start(moment: Moment) -> Iterator[Post]:
    """What to know before the first step: why, what has to hold, what stops the run."""
    run, who = moment.after, say_who(moment.after, moment.stamp.by)
    start, book = run.start, run.book
    blocks: list[Block | None] = [section(_say_started(run, who))]
    blocks += [prose_block(book.objective, lead="Aim:")]
    blocks += [prose_block(start.reason, lead="Why a second run:")] if start.reason else []
    given = say_values(run, start.inputs)
    checks = [_say_probe(run, probe) for probe in book.preflight]
    stops = [_say_probe(run, probe) for probe in book.stop_when]
    wrong = [f"{one.when} → {one.use}" for one in book.not_for]
    for heading, lines in (
        ("What was given", given),
        ("Before you begin, see that this holds", checks),
        ("Press “There is a problem” as soon as one of these fails", stops),
        ("This is the wrong runbook when", wrong),
        ("To read", list(book.references)),
    ):
        blocks += [section(f"*{heading}*"), list_block(lines)] if lines else []
    yield event_post(moment, f"{who} started “{start.title}”.", *blocks)


def say_values(run: Run, values: Mapping[str, Value]) -> list[list[Block]]:
    """Each value with its name and its unit; what is hidden stays so."""
    return [[span(f"{spoken_name(name)}: "), *spans(say_value(run, name, one), "bold")] for name, one in values.items()]


def _say_probe(run: Run, probe: Probe) -> list[Block]:
    """A check for people to make by hand: its title, its command, what is right."""
    command = argument_line(probe.exec.argv, names_of(run), run.book.fields) if probe.exec else ""
    right = "; ".join(spoken_test(test, ground_of(run)) for test in probe.expect.tests)
    kind = "" if probe.severity == "block" else " (a warning only)"
    shown = [span(f"{probe.title}{kind} "), *([span(command, "code")] if command else [])]
    return [*shown, span(f" – right when {right}")]


def _say_started(run: Run, who: str) -> str:
    mode = say_mode(run)
    called = call_people(run, run.holders("operator"))
    turn = f"{called}: nobody operates yet. One of you presses *Take over*."
    if run.operator is not None:
        turn = f"*{foreign(run.name_of(run.operator))}* operates."
    return f"*{mode}:* {foreign(who)} started {bold(run.start.title)}. {turn}"


def tell_hands(moment: Moment, event: HandsEvent) -> Iterator[Post]:
    """A post for what is not as it should be, for what nobody knows, and for a press that came to nothing."""
    before, run = moment.before, moment.after
    if isinstance(event, ActionFinished) and not event.late and retry_at(run) is not None:
        return  # the card says that it is tried again
    if isinstance(event, ActionFinished | ActionLost) and isinstance(run.book.by_id.get(event.step), Decide):
        return  # the card says what was found, to those who choose by it
    if isinstance(event, ActionLost) or (isinstance(event, ActionFinished) and (not event.ok or event.late)):
        said = verdict(run, event)
        if event.late:
            said = f"This came in after the run had gone on, and moves nothing. {said}"
        lines = list(found_lines(run, event))
        mark = "grey_question" if isinstance(event, ActionLost) else "large_orange_circle"
        yield event_post(
            moment, said, section(f":{mark}: {foreign(said, 1_000)}"), list_block(lines) if lines else None
        )
    elif isinstance(event, CancelAsked):
        who, title = say_who(run, moment.stamp.by), title_of(run, event.step)
        quoted = quote_block(event.words) if event.words else None
        said = f"{who} cancelled “{title}”. Handrail ends it, and says here how it ended."
        yield event_post(moment, said, section(f":octagonal_sign: {foreign(said, 1_000)}"), quoted)
    elif isinstance(event, HandsDeclined) and before is not None and before.hands.asked is not None:
        yield event_post(moment, event.why, section(f":hand: {foreign(event.why, 1_000)}"))


def tell_walking(moment: Moment, event: events.StepEvent) -> Iterator[Post | Edit]:  # noqa: C901, PLR0912, PLR0915  (one case an event)
    """The posts of an event on the run's way."""
    match event:
        case events.StepEntered():
            yield from _enter(moment, event)
        case events.Called(step=step, visit=visit):
            yield Post(step_key(step, visit), step_message(moment.after, step, visit))
        case events.CallOpened():
            yield _call_opened(moment, event)
        case events.CallDelayed():
            yield _call_delayed(moment, event)
        case events.CallNotOpened():
            yield _call_not_opened(moment, event)
        case events.CallReturned():
            yield _call_returned(moment, event)
        case Joined():
            yield _joined(moment, event)
        case events.Notified():
            yield from _notify(moment, event)
        case events.Skipped(step=step, reason=reason):
            yield _turn(moment, "fast_forward", f"skipped “{_title(moment.after, step)}”", reason)
        case events.WentBack(step=step, to=to, reason=reason, look=look):
            told = f"went back from “{_title(moment.after, step)}” to “{_title(moment.after, to)}”"
            yield _turn(moment, "rewind", told, reason, f"What was found: {look}" if look else "")
        case events.SentBack(step=step, to=to, why=why):
            yield _sent_back(moment, step, to, why)
        case events.MismatchSeen(step=step, words=words):
            yield _turn(moment, "exclamation", f"says: “{_title(moment.after, step)}” does not match what I see", words)
        case events.ReadingTaken():
            yield _reading(moment, event)
        case events.DoneAlready(step=step, words=words, signed_for=signed_for):
            yield from _done_already(moment, step, words, signed_for=signed_for)
        case events.EndAsked(end=end, words=words):
            yield _end_asked(moment, end, words)
        case events.EndAnswered(end=end, granted=granted):
            told = f"closes the run as asked: “{_title(moment.after, end)}”" if granted else "has the run go on"
            yield _turn(moment, "triangular_flag_on_post", told, "")
        case events.VisitsSpent(step=step, limit=limit):
            said = f"“{_title(moment.after, step)}” was tried {limit} times, as often as it may be. The run holds here."
            yield event_post(moment, said, section(f":octagonal_sign: {foreign(said)}"))
        case events.StepFinished(failed=failed) if failed:
            yield _expectation_failed(moment, event)
        case events.Begun() | events.Watched() | events.CallTold() | events.Chosen() | events.Branched():
            return
        case events.StepFinished():
            return
        case _:
            assert_never(event)


def follow_steps(moment: Moment) -> Iterator[Edit]:
    """Step posts that read differently now: the one that was left, the present one, answers that came to light."""
    run, before = moment.after, moment.before
    for state in (before, run):
        place = state.here if state is not None else None
        if state is not None and not isinstance(place, Over | None) and has_step_post(state, place.step):
            yield _edit(run, place.step, place.visit)
    for name in _values_told(moment):
        giver = before.given.get(name) if before else None
        visits = [one for one in run.done if giver is not None and one.step == giver.step and name in one.answers]
        yield from (_edit(run, one.step, one.visit) for one in visits[-1:])


def _edit(run: Run, step: str, visit: int) -> Edit:
    return Edit(step_key(step, visit), step_message(run, step, visit))


def _values_told(moment: Moment) -> tuple[str, ...]:
    compared = moment.event.compared if isinstance(moment.event, events.StepFinished) else ()
    corrected = getattr(moment.event, "name", None)
    return (*compared, *([corrected] if isinstance(corrected, str) else []))


def has_step_post(run: Run, step: str) -> bool:
    """Whether people get a post for this step: it is theirs to do, another run's, or an end that waits for a review."""
    found = run.book.by_id[step]
    waits = isinstance(run.here, AwaitingReview) and run.here.step == step
    return isinstance(found, Work | Decide | Call | Join) or waits


def _enter(moment: Moment, event: events.StepEntered) -> Iterator[Post]:
    run = moment.after
    yield from _phase_change(moment, event.step)
    if has_step_post(run, event.step) and not isinstance(run.book.by_id[event.step], Call):
        yield Post(step_key(event.step, event.visit), step_message(run, event.step, event.visit))


def _phase_change(moment: Moment, entered: str) -> Iterator[Post]:
    """A change of phase is a point to breathe: where we are, time used, what is next, and a hand-over offered."""
    run, now = moment.after, moment.after.book.by_id[entered]
    aside = run.book.by_id[run.book.exception].phase
    past = [run.book.by_id[visit.step].phase for visit in run.done]
    before = next((phase for phase in reversed(past) if phase not in (None, aside)), None)
    if now.phase is None or before is None or now.phase in (before, aside) or _is_earlier(run, now.phase, before):
        return
    due = due_by(run)
    left = " *The RTO has passed.*" if due is not None and moment.stamp.at > due else ""
    over, ahead = foreign(say_phase(before)), foreign(say_phase(now.phase))
    said = [
        section(f":triangular_flag_on_post: *{over} is behind us. Next: {ahead}.*"),
        section(f"Time used: {foreign(say_time_used(run, moment.stamp.at))}.{left}\n{foreign(say_place(run))}"),
        context("A good moment to breathe, and to hand over if you are tired."),
        actions([button(run, "hand_over"), button(run, "pause")]),
    ]
    text = f"{say_ref(run)}: {say_phase(before)} is behind us, next is {say_phase(now.phase)}."
    yield Post(f"phase:{moment.seq}", compose(text, *said))


def _is_earlier(run: Run, phase: str, than: str) -> bool:
    """Whether the way led back: then nothing is behind us."""
    order = list(dict.fromkeys(step.phase for step in run.book.steps))
    return order.index(phase) < order.index(than)


def _call_opened(moment: Moment, event: events.CallOpened) -> Post:
    title = foreign(_title(moment.after, event.step))
    if event.step in moment.after.calls:
        line = opened_line(_title(moment.after, event.step), event.ref)
        return event_post(moment, f"{event.ref} is open; this run goes on meanwhile.", section(line))
    said = f":arrow_right: Run {bold(event.ref)} is open for “{title}”. Here we wait for it."
    return event_post(moment, f"{event.ref} is open; here we wait for it.", section(said))


def _call_delayed(moment: Moment, event: events.CallDelayed) -> Post:
    said = f"The run of “{_title(moment.after, event.step)}” cannot be opened yet."
    again = "Handrail tries again each half minute. If it cannot wait, start that run by hand, or call the owner team."
    return event_post(
        moment, f"{said} {event.why}", section(f":hourglass_flowing_sand: *{foreign(said)}*\n{again}"),
        quote_block(event.why),
    )  # fmt: skip


def _call_not_opened(moment: Moment, event: events.CallNotOpened) -> Post:
    said = f"The run of “{_title(moment.after, event.step)}” could not be opened."
    return event_post(
        moment, f"{said} {event.why}", section(f":octagonal_sign: *{foreign(said)}*"), quote_block(event.why)
    )


def _call_returned(moment: Moment, event: events.CallReturned) -> Post:
    run, word = moment.after, say_outcome(event.outcome)
    title = _title(run, event.step)
    values = say_values(run, event.captured)
    return event_post(
        moment,
        f"The sub-run of “{title}” came back: {word}.",
        section(f":arrow_left: The sub-run of “{foreign(title)}” came back: *{foreign(word)}*."),
        list_block(values) if values else None,
    )


def _joined(moment: Moment, event: Joined) -> Post:
    run, title = moment.after, _title(moment.after, event.step)
    mark, said = {
        "ok": ("white_check_mark", "all of them have recovered"),
        "fail": ("octagonal_sign", "one has not recovered"),
    }.get(event.exit, ("hourglass", "one is silent for too long"))
    back = [f"{_title(run, step)}: {say_came(outcome)}" for step, outcome in event.came.items()]
    out = [say_call_now(run, call) for call in run.calls.values()]
    lines = list_block([*back, *out]) if back or out else None
    return event_post(moment, f"“{title}”: {said}.", section(f":{mark}: “{foreign(title)}”: *{said}.*"), lines)


def _notify(moment: Moment, event: events.Notified) -> Iterator[Post]:
    """One post for each place that the step names; in the run's own channel a reply that is shown in the channel."""
    run, start = moment.after, moment.after.start
    line = f"*{say_mode(run)} · {foreign(start.ref)} · {foreign(start.asset.name)}*"
    home = channel_link(start.channel or start.owner_channel)
    for to in dict.fromkeys(event.to):
        kind, _, name = to.partition(":")
        called = call_people(run, run.holders(name)) if kind == "role" else ""
        here = kind in ("incident", "role")
        blocks = (
            section(f":loudspeaker: {line} {called}"),
            prose_block(event.text),
            context(f"From {home}") if home else None,
        )
        message = compose(f"{say_ref(run)}: {event.text}", *blocks, broadcast=here)
        yield Post(notice_key(moment.seq, to), message, "thread" if here else to)


def _turn(moment: Moment, emoji: str, told: str, reason: str, more: str = "") -> Post:
    who = say_who(moment.after, moment.stamp.by)
    return event_post(
        moment,
        f"{who} {told}.",
        section(f":{emoji}: *{foreign(who)}* {foreign(told, 600)}."),
        quote_block(reason) if reason else None,
        prose_block(more) if more else None,
    )


def _sent_back(moment: Moment, step: str, to: str, why: str) -> Post:
    run = moment.after
    said = f"“{_title(run, step)}” needs a valid signature, so the run goes back to “{_title(run, to)}”."
    return event_post(moment, said, section(f":arrow_left: {foreign(said, 600)}"), prose_block(why))


def _reading(moment: Moment, event: events.ReadingTaken) -> Post:
    """What was read and does not hold; the step stays, and is looked at again."""
    run, who = moment.after, say_who(moment.after, moment.stamp.by)
    read = [f"Read, {spoken_name(name)}: {say_value(run, name, one)}" for name, one in event.answers.items()]
    said = f"{who} read what does not hold at “{_title(run, event.step)}”, and looks again."
    lines = list_block([*read, *(f"Expected: {one}" for one in event.failed)])
    return event_post(moment, said, section(f":repeat: {foreign(said, 600)}"), lines)


def _done_already(moment: Moment, step: str, words: str, *, signed_for: bool) -> Iterator[Post]:
    run = moment.after
    more = (
        "It was not begun here, so nobody knows how it ended, and signatures for it count no more. Look first. "
        f"Before the run can close as recovered, {say_reviewers(run)} reviews it."
        if signed_for
        else "Look how it stands, then press Done."
    )
    yield _turn(moment, "warning", f"says that “{_title(run, step)}” was done already", words, more)


def _end_asked(moment: Moment, end: str, words: str) -> Post:
    """With the wish that it takes the place of, where there was one."""
    run, former = moment.after, moment.before.wish if moment.before is not None else None
    asks = f"asks the lead to close the run: “{_title(run, end)}”"
    if former is not None:
        asks += f", instead of “{_title(run, former.end)}”, which {say_who(run, former.by)} asked for"
    return _turn(moment, "triangular_flag_on_post", asks, words)


def _expectation_failed(moment: Moment, event: events.StepFinished) -> Post:
    said = f"“{_title(moment.after, event.step)}” is not as it should be."
    lines = list_block([f"Expected: {one}" for one in event.failed] + list(_found(moment.after, event.step)))
    return event_post(moment, said, section(f":large_orange_circle: {foreign(said)}"), lines)


def _found(run: Run, step: str) -> Iterator[str]:
    """The values that were judged, as far as others may see them."""
    condition = getattr(run.book.by_id[step], "expect", None)
    tests = condition.tests if isinstance(condition, Condition) else ()
    names = [name for name in dict.fromkeys(test.var.removeprefix("vars.") for test in tests) if name in run.vars]
    for name in names:
        of_it = f", {spoken_name(name)}" if len(names) > 1 else ""
        yield f"Found{of_it}: {say_value(run, name, run.vars[name])}"


def _title(run: Run, step: str) -> str:
    return title_of(run, step)
