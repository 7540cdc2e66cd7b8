"""Records that were altered by hand: the judge names what is wrong with each, and nothing with the honest one."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from bot.run import events
from bot.run.commands import (
    Accept,
    AnswerEnd,
    AskEnd,
    GoBack,
    HandOver,
    NoteChildOpened,
    Pause,
    Reject,
    ReviewGlass,
    Skip,
    Stop,
    TakeChildOutcome,
    TakeOver,
)  # fmt: skip
from bot.run.evolve import evolve
from bot.run.law.direction import Heading, first_heading, heading_after
from bot.run.law.judging import objection_to
from bot.run.law.signing import digest_text
from bot.run.places import AwaitingSignature, Chain
from bot.run.situation import Stamp, unverified_id
from bot.run.state import Run, Unstarted, but
from tests.run.test_done_already import at_wipe, said
from tests.run.test_holds import CIRCLE, held
from tests.run.test_refusals import NAME, asked, begun, bound, left_unknown, under_way
from tests.run.test_sentences import LOOSE
from tests.run.test_starts import AUTOMATIC, automatic, broken
from tests.run.test_walk import counting
from tests.story import Story

MACHINE = unverified_id("root")


def stand(story: Story, records: int) -> tuple[Run, Heading]:
    """The run after so many records, and where it was on its way to."""
    first, stamp = story.history[0]
    assert isinstance(first, events.Started)
    run = evolve(Unstarted("run-1", story.book), first, stamp)
    heading = first_heading(first, story.book.steps[0].id)
    for event, at in story.history[1:records]:
        heading = heading_after(run, event, heading)
        run = evolve(run, event, at)
    return run, heading


@dataclass(frozen=True)
class Altered:
    """The last record of a kind, changed."""

    story: Callable[[], Story]
    kind: type
    says: str
    but: dict[str, Any] = field(default_factory=dict)
    by: str | None = None
    later: timedelta = timedelta(0)
    by_law_1: bool = False
    """Whether the first law had nothing against it either."""

    def judged(self) -> list[str | None]:
        """What stands against the honest record, the altered one, and that one by the second law and the first."""
        story = self.story()
        number = max(n for n, (event, _) in enumerate(story.history) if isinstance(event, self.kind))
        event, stamp = story.history[number]
        run, heading = stand(story, number)
        by = self.by or stamp.by
        forged = Stamp(stamp.at + self.later, by, "terminal" if " " in by else stamp.via)
        changed: Any = replace(event, **self.but)
        laws = [objection_to(one, changed, forged, heading) for one in (run, but(run, law=2), but(run, law=1))]
        return [objection_to(run, event, stamp, heading), *laws]


def opened() -> Story:
    """A called run has its number."""
    story = automatic().sign("dora", NAME).tick()
    here: Any = story.run.here
    return story.when("clock", NoteChildOpened(here.step, here.visit, here.child, "ORDERS-8"))


def returned() -> Story:
    story = opened()
    here: Any = story.run.here
    return story.when("clock", TakeChildOutcome(here.step, here.visit, here.child, "recovered"))


def skipped() -> Story:
    text = LOOSE.replace("{id: change,", "{id: change, skip: true,")
    return Story(text).started().done(rows="7").sign("dora", "7").at_visit(Skip, reason="No need")


def gone_back() -> Story:
    return Story(CIRCLE).started().done().at_visit(GoBack, to="first", reason="Again")


def counted() -> Story:
    return begun().done(typed=NAME, rows="7")


def over() -> Story:
    return begun().when("ana", Stop("A false alarm"))


def own_words(content: str) -> dict[str, Any]:
    """Other words, with the digest that they have."""
    return {"content": content, "digest": digest_text(content)}


def until_expiry(story: Story) -> timedelta:
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    return here.expires_at - story.at


def by_two() -> Story:
    text = AUTOMATIC.replace("from: [data_owner],", "from: [data_owner, lead], need: 2,")
    return Story(text, calls={"wipe": "w" * 64}).started().sign("ben", NAME).sign("chen", NAME)


ALTERED = {
    "entered elsewhere": Altered(begun, events.StepEntered, "the run was not on its way there.", {"step": "change"}),
    "entered out of nowhere": Altered(
        asked, events.StepEntered, "the run was not on its way there.", {"came_from": "hold"}),
    "entered at another visit": Altered(
        begun, events.StepEntered, "this is not the number of that visit.", {"visit": 2}),
    "begun by its signer": Altered(
        under_way, events.Begun, "Handrail refuses this to dora: Ana Ruiz operates", by="dora"),
    "begun with another command": Altered(
        under_way, events.Begun, "this is not the command that stood on the card.", {"command": "rm"}, by_law_1=True),
    "begun after the signature ended": Altered(
        under_way, events.Begun, "The signature of “Agree to the change” is no longer valid.", later=timedelta(days=2)),
    "watched by the operator": Altered(
        under_way, events.Watched, "Handrail refuses this to ana: Watching is for", by="ana"),
    "finished with another exit": Altered(
        counted, events.StepFinished, "the step does not end that way.", {"exit": "fail"}),
    "finished with a value of its own": Altered(
        counted, events.StepFinished, "the step asks for no such value.", {"answers": {"rows": 7, "word": "x"}}),
    "chosen what was not offered": Altered(
        lambda: held().choose("stop", "chen"), events.Chosen, "that was not offered.", {"option": "elsewhere"}),
    "sent back without a look": Altered(
        lambda: left_unknown().choose("back", note="Again", look="It is as it was."), events.Chosen,
        "nobody had looked how the step before had ended.", {"look": "", "note": " "}),
    "skipped what may not be skipped": Altered(skipped, events.Skipped, "Handrail refuses this to", {"step": "look"}),
    "gone back too far": Altered(gone_back, events.WentBack, "the run could not go back there.", {"to": "done"}),
    "asked for no end": Altered(
        lambda: held().at_visit(AskEnd, end="partly", words="Half."), events.EndAsked,
        "that end may not be asked for here.", {"end": "done"}),
    "granted another end": Altered(
        lambda: held().at_visit(AskEnd, end="partly", words="Half.").at_visit(AnswerEnd, "dora", grant=True),
        events.EndAnswered, "nobody had asked for that end.", {"end": "stopped"}),
    "asked others to sign": Altered(
        asked, events.SignoffAsked, "these are not the people who may sign it, or may not.", {"eligible": ("ana",)}),
    "asked fewer to sign": Altered(asked, events.SignoffAsked, "1 have to sign it.", {"need": 0}),
    "asked for longer": Altered(
        asked, events.SignoffAsked, "it was asked for longer or shorter than the runbook says.",
        {"expires_at": asked().run.here.expires_at + timedelta(hours=1)}),  # type: ignore[union-attr]
    "asked for other words": Altered(asked, events.SignoffAsked, "this is not what would happen.", {"content": "{}"}),
    "asked at another visit": Altered(asked, events.SignoffAsked, "the run was at no such sign-off.", {"visit": 2}),
    "asked again, for the first time": Altered(
        asked, events.SignoffAsked, "the run was at no such sign-off.", {"again": True}),
    "signed by whoever started": Altered(
        bound, events.Signed, "ana could not sign this: ana operates now.", by="ana"),
    "signed by a role that may not": Altered(
        bound, events.Signed, "eve could not sign this: eve is of the peer.", by="eve"),
    "signed other words": Altered(bound, events.Signed, "this was not asked to be signed.", {"digest": "f" * 64}),
    "signed too late": Altered(bound, events.Signed, "the request had expired.", later=timedelta(days=1)),
    "read back something else": Altered(
        bound, events.Signed, "what was read back is not what was signed.", {"readback": "8"}, by_law_1=True),
    "approved by signatures that are not there": Altered(
        bound, events.SignoffApproved, "the signatures that it counts are not there.", {"signers": ("ben",)}),
    "approved by somebody else": Altered(
        bound, events.SignoffApproved, "the signatures that it counts are not there.", by="ben"),
    "approved for longer": Altered(
        bound, events.SignoffApproved, "it is valid for longer or shorter than the runbook says.",
        {"valid_until": None}),
    "rejected by whoever started": Altered(
        lambda: asked().at_visit(Reject, "dora", reason="No"), events.SignoffRejected,
        "ana could not sign this", by="ana"),
    "expired too soon": Altered(
        lambda: asked().tick(hours=1), events.SignoffExpired,
        "the request had not expired.", later=timedelta(hours=-1)),
    "expired at another visit": Altered(
        lambda: asked().tick(hours=1), events.SignoffExpired, "this was not asked to be signed.", {"visit": 7}),
    "broken too soon": Altered(
        broken, events.GlassBroken, "the signatures had not been asked for in vain.", later=timedelta(minutes=-6)),
    "broken for other words": Altered(
        broken, events.GlassBroken, "this is not what the glass was to be broken for.", {"digest": "f" * 64}),
    "broken for longer": Altered(
        broken, events.GlassBroken, "this is not what the glass was to be broken for.", {"valid_until": None}),
    "reviewed by whoever broke it": Altered(
        lambda: broken().when("ben", ReviewGlass("Fine")), events.GlassReviewed,
        "Handrail refuses this to chen: You broke",
        by="chen"),
    "taken over from somebody else": Altered(
        lambda: begun().when("ben", TakeOver()), events.TookOver, "ben did not take over from eve.", {"before": "eve"}),
    "taken over from oneself": Altered(
        lambda: begun().when("ben", TakeOver()), events.TookOver, "ana did not take over from ana.", by="ana"),
    "offered to whoever may not": Altered(
        lambda: begun().when("ana", HandOver("ben")), events.HandOverOffered,
        "fay may not operate this run.", {"to": "fay"}),
    "accepted by another": Altered(
        lambda: begun().when("ana", HandOver("ben")).when("ben", Accept()), events.HandOverAccepted,
        "nobody had handed over to them.", by="chen"),
    "accepted from another": Altered(
        lambda: begun().when("ana", HandOver("ben")).when("ben", Accept()), events.HandOverAccepted,
        "nobody had handed over to them.", {"before": "eve"}),
    "corrected another value": Altered(
        lambda: begun().done(typed=NAME, rows="7").correct("rows", "8"), events.Corrected,
        "that is not the value that stood there.", {"old": 6}),
    "corrected another record": Altered(
        lambda: begun().done(typed=NAME, rows="7").correct("rows", "8"), events.Corrected,
        "that is not the value that stood there.", {"of": 99}),
    "stopped as recovered": Altered(over, events.Ended, "whoever stops a run aborts it.", {"outcome": "recovered"}),
    "stopped by a peer": Altered(over, events.Ended, "Handrail refuses this to ben: Only the operator", by="ben"),
    "ended elsewhere": Altered(
        lambda: held().choose("stop", "chen"), events.Ended, "the run had not come to that end.", {"step": "done"}),
    "ended better than it says": Altered(
        lambda: held().choose("stop", "chen"), events.Ended,
        "the run had not come to that end.", {"outcome": "recovered"}),
    "called something else": Altered(
        lambda: automatic().sign("dora", NAME).tick(), events.Called,
        "this is not what the step calls.", {"runbook": "other"}, by_law_1=True),
    "called elsewhere": Altered(
        lambda: automatic().sign("dora", NAME).tick(), events.Called, "the run was not there.", {"visit": 2}),
    "opened another run": Altered(opened, events.CallOpened, "the run was in no such call.", {"child": "other"}),
    "opened by a person": Altered(opened, events.CallOpened, "nobody does this but Handrail's clock.", by="ana"),
    "opened with people of no run": Altered(
        opened, events.CallOpened,
        "it tells the called run of people who are not of the chain.", {"told": Chain(("fay",), ())}),
    "brought home what nobody asked for": Altered(
        returned, events.CallReturned, "the step takes no such value home.", {"captured": {"rows": 7}}),
    "said done of what is signed for, as if it were not": Altered(
        lambda: said(at_wipe()), events.DoneAlready,
        "it says wrongly whether the step is signed for.", {"signed_for": False}),
    "told of something elsewhere": Altered(
        lambda: counting().done(rows="100"), events.Notified, "the run was not there.", {"visit": 9}),
    "branched elsewhere": Altered(
        lambda: counting().done(rows="100"), events.Branched,
        "the branch leads elsewhere.", {"exit": "else"}, by_law_1=True),
    "branched at another visit": Altered(
        lambda: counting().done(rows="100"), events.Branched, "the run was not there.", {"visit": 2}),
    "paused by a peer": Altered(
        lambda: begun().when("ana", Pause("x")), events.Paused, "Handrail refuses this to ben", by="ben"),
    "asked for words of its own": Altered(
        asked, events.SignoffAsked, "this is not what would happen.", own_words("{}"), by_law_1=True),
    "asked again until another time": Altered(
        lambda: asked().later(minutes=5).correct("rows", "8"), events.SignoffAsked,
        "it was asked for longer or shorter than the runbook says.",
        {"expires_at": asked().at + until_expiry(asked())}),
    "signed at the very end": Altered(bound, events.Signed, "the request had expired.", later=until_expiry(asked())),
    "expired a second too soon": Altered(
        lambda: asked().tick(seconds=until_expiry(asked()).total_seconds()), events.SignoffExpired,
        "the request had not expired.", later=timedelta(seconds=-1)),
    "signed by one of no role": Altered(
        lambda: automatic().sign("dora", NAME), events.Signed, "eve could not sign this.", by="eve"),
    "approved by the first of two": Altered(
        by_two, events.SignoffApproved, "the signatures that it counts are not there.", by="ben"),
}  # fmt: skip


@pytest.mark.parametrize("what", ALTERED)
def test_an_altered_record_is_named_and_the_honest_one_is_not(what: str) -> None:
    """What the first law let happen is no breach of it; the second let none of this happen."""
    honest, altered, by_law_2, by_law_1 = ALTERED[what].judged()
    assert honest is None
    assert by_law_2 == altered
    assert altered is not None
    assert altered.startswith(ALTERED[what].says), altered
    assert (by_law_1 is None) is ALTERED[what].by_law_1, by_law_1
