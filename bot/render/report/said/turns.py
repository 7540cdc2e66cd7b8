"""What did not go as planned, what was decided and what was signed, in words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.render.prose import join_words
from bot.render.report.said.afterwards import say_channel, say_reason
from bot.render.report.said.signed import say_content
from bot.render.report.said.times import Calendar, say_length
from bot.render.report.said.verdict import Tone, say_role
from bot.timeline.entries import Spent, Timeline
from bot.timeline.stories import Decision, Deviation, DeviationKind, PageOutcome, PageStory, SignoffStory
from bot.timeline.straying import LATE

DEVIATIONS: dict[DeviationKind, str] = {
    "skipped": "skipped", "went_back": "went back", "sent_back": "sent back: no valid signature",
    "rejected": "signature refused", "expired": "nobody signed in time", "void": "signatures counted no more",
    "glass": "glass broken: went on without signatures", "mismatch": "the card did not match what they saw",
    "not_as_expected": "not as the step expects", "problem": "ended badly",
    "visits_spent": "visited as often as it may be", "corrected": "a value was corrected",
    "late_page": "a page went out late", "page_failed": "every channel of a page failed",
    "nobody_reached": "nobody could be reached", "declined": "could not come",
    "barred": "somebody who may not tried to sign", "erased": "words were erased",
    "elsewhere": "another run went on from here", "read_otherwise": "what was read did not hold; looked at again",
    "done_already": "done before its turn", "end_asked": "another end was asked for",
}  # fmt: skip
_ENDED = {
    "open": "still open", "approved": "approved", "rejected": "rejected", "expired": "nobody signed in time",
    "glass": "the glass was broken", "asked_again": "asked again for other content",
    "left": "the run went on without it",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that left the straight way. `seq` is the record."""

    seq: int
    when: str
    what: str
    where: str
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class Took:
    """Time spent in a phase or step, beside what is typical."""

    title: str
    visits: int
    spent: str
    typical: str
    beside: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision with what else was offered."""

    seq: int
    when: str
    title: str
    label: str
    others: str
    who: str
    evidence: str
    took: str


@dataclass(frozen=True, slots=True)
class Approval:
    """A sign-off, what exactly was signed, and how it ended."""

    seq: int
    when: str
    title: str
    ended: str
    tone: Tone
    asked: str
    signed: tuple[str, ...]
    reason: str
    content: str
    """What exactly was put before them; empty when it was the same as `same_as`."""
    same_as: str
    """When the same was put before people first."""
    digest: str


@dataclass(frozen=True, slots=True)
class Call:
    """People who were called."""

    number: int
    when: str
    who: str
    why: str
    via: str
    answer: str
    tone: Tone


def tell_turns(deviations: Sequence[Deviation], calendar: Calendar) -> Iterator[Turn]:
    """Everything that was not as planned, in order."""
    for one in deviations:
        late = f"{say_length(one.late)} late" if one.late else ""
        words = " – ".join(part for part in (late, one.words) if part)
        where = one.title or ""
        yield Turn(one.seq, calendar.when(one.at), DEVIATIONS[one.kind], where, one.by_name, words)


def tell_times(spent: Sequence[Spent]) -> Iterator[Took]:
    """How long each took."""
    for one in spent:
        typical = say_length(one.typical) if one.typical is not None else ""
        yield Took(one.title, one.visits, say_length(one.spent), typical, *_beside(one))


def _beside(one: Spent) -> tuple[str, Tone]:
    if one.over is None or one.typical is None:
        return "", "plain"
    if not round(one.over.total_seconds()):
        return f"as long as typical{_of(one)}", "plain"
    if one.over.total_seconds() > 0:
        return f"{say_length(one.over)} longer{_of(one)}", "bad" if one.over > one.typical / 4 else "plain"
    return f"{say_length(-one.over)} shorter{_of(one)}", "good"


def _of(one: Spent) -> str:
    """Which time is set beside the typical one, where that is not all of it."""
    return "" if one.compared is None or one.compared == one.spent else f", of {say_length(one.compared)} that have one"


def tell_choices(decisions: Sequence[Decision], calendar: Calendar) -> Iterator[Choice]:
    """Every decision."""
    for one in decisions:
        others = [label for label in one.offered if label != one.label]
        yield Choice(
            one.seq, calendar.when(one.at), one.title, one.label, " · ".join(others), one.by_name, one.evidence,
            say_length(one.took),
        )  # fmt: skip


def tell_approvals(
    signoffs: Sequence[SignoffStory], shown: Mapping[str, str], calendar: Calendar
) -> Iterator[Approval]:
    """Every sign-off that was asked for. `shown`: values by name, as others may see them."""
    first: dict[str, str] = {}
    for one in signoffs:
        when = calendar.when(one.at)
        seen = first.get(one.digest, "")
        first.setdefault(one.digest, when)
        ended = _ENDED[one.ended] + (f" by {one.ended_by}" if one.ended in ("rejected", "glass") else "")
        ended += f" ({calendar.when(one.ended_at)})" if one.ended_at is not None and one.ended != "asked_again" else ""
        void = f"; its signatures count no more since {calendar.when(one.void_since)}" if one.void_since else ""
        tone: Tone = "plain" if one.ended in ("open", "asked_again") else "bad"
        yield Approval(
            one.seq, when, one.title, f"{ended}{void}",
            "good" if one.ended == "approved" and not void else tone,
            f"{join_words(one.asked, 'or')} ({one.need} needed)", tuple(_signatures(one, calendar)), one.reason,
            "" if seen else say_content(one.content, shown), seen, one.digest,
        )  # fmt: skip


def _signatures(story: SignoffStory, calendar: Calendar) -> Iterator[str]:
    for one in story.signatures:
        role = f" ({say_role(one.role)})" if one.role else ""
        read = f", read back “{one.readback}”" if one.readback else ""
        yield f"{one.name}{role} at {calendar.when(one.at)}{read}"


def tell_calls(pages: Sequence[PageStory], calendar: Calendar) -> Iterator[Call]:
    """Every page, and what came of it."""
    for one in pages:
        late = f"; {say_length(one.late)} late" if one.late > LATE else ""
        down = f", as Handrail was down since {calendar.when(one.down_since)}" if one.down_since and late else ""
        yield Call(
            one.number, calendar.when(one.at), join_words(one.names),
            f"{say_reason(one.reason, one.figure)}{late}{down}",
            join_words([say_channel(via) for via in one.via]) if one.via else "", *_answer(one),
        )  # fmt: skip


def _answer(page: PageStory) -> tuple[str, Tone]:
    answer, tone = _say_answer(page)
    if not page.pager_failed:
        return answer, tone
    tried = "The attempt" if page.pager_tries == 1 else f"All {page.pager_tries} attempts"
    return f"{answer} {tried} beyond Slack failed.", "plain" if tone == "good" else "bad"


def _say_answer(page: PageStory) -> tuple[str, Tone]:
    cannot = f"{join_words(page.declined)} cannot come. " if page.declined else ""
    if page.nobody_reached:
        return f"{cannot}Nobody could be reached.", "bad"
    after = f" after {say_length(page.answered_at - page.at)}" if page.answered_at is not None else ""
    match page.came_of:
        case "acknowledged":
            return f"{cannot}{page.answered_by} was on it{after}.", "good"
        case "acted_on":
            return f"{cannot}{page.answered_by} acted on it{after}.", "good"
        case "superseded" if page.answered_by is not None:
            return f"{cannot}No answer of whom it called; {page.answered_by} was on it{after}.", "plain"
        case "superseded":
            return f"{cannot}No answer; it was settled without them.", "plain"
        case "expired":
            return f"{cannot}No answer; the request ran out.", "bad"
        case _:
            return f"{cannot}No answer.", "plain"


def count_calls(pages: Sequence[PageStory]) -> str:
    """``14 pages: 7 acknowledged, 2 acted on, 4 without an answer.``; empty where nobody was called."""
    if not pages:
        return ""
    nobody = sum(one.nobody_reached and not one.is_answered for one in pages)
    counts = Counter(one.came_of for one in pages if one.is_answered or not one.nobody_reached)
    words: tuple[tuple[PageOutcome, str], ...] = (
        ("acknowledged", "acknowledged"), ("acted_on", "acted on"), ("superseded", "settled without an answer"),
        ("expired", "expired"), ("nobody", "without an answer"),
    )  # fmt: skip
    said = [f"{counts[kind]} {word}" for kind, word in words if counts[kind]]
    said += [f"{nobody} reached nobody"] if nobody else []
    return f"{len(pages)} {'page' if len(pages) == 1 else 'pages'}: {', '.join(said)}."


def count_turns(timeline: Timeline) -> str:
    """``3 things did not go as planned``."""
    many = len(timeline.deviations)
    unheard = sum(one.came_of in ("nobody", "expired") for one in timeline.pages)
    if not many and unheard:
        return "One page had no answer" if unheard == 1 else f"{unheard} pages had no answer"
    if not many:
        return "Everything went as planned"
    return "One thing did not go as planned" if many == 1 else f"{many} things did not go as planned"
