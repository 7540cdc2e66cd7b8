"""The thread: what each event says, in which order, and to whom."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.render.actions import command_at_once, read_press
from bot.render.card import card
from bot.render.thread import Edit, Moment, tell
from bot.run.after.events import AfterEvent
from bot.run.commands import (
    Accept,
    AddNote,
    AnswerEnd,
    AskEnd,
    AskHelp,
    GoBack,
    HandOver,
    Mismatch,
    NoteParentTold,
    Pause,
    Reject,
    Resume,
    ReviewGlass,
    SayDone,
    Skip,
    Stop,
    TakeOver,
    Tick,
    Watch,
)
from bot.run.events import CallTold, ChainGrown, Event, LawTaken, ParentTold, Redacted, VisitsSpent, WentOnElsewhere
from bot.run.evolve import evolve
from bot.run.hands.events import HandsEvent
from bot.run.paging.events import PagingEvent
from bot.run.situation import Parent, Somebody, Source, Stamp
from tests.render.channel import Channel, assert_sendable, read
from tests.render.pages import STORIES as CALLED
from tests.render.stories import (
    after_glass,
    at_call,
    at_look,
    at_restore,
    at_signoff,
    at_wipe,
    broken_glass,
    delayed,
    not_opened,
    people_changed,
    people_in_doubt,
    returned,
    review_open,
    reviewed_from_outside,
)
from tests.render.teams import TOGETHER
from tests.render.walk import BOOK, HOSTILE, TARGET, hostile
from tests.story import PEOPLE, Story


def noted() -> Story:
    link = Source("ben", "2026-11-22T11:50:00+00:00", "https://acme.slack.com/archives/C0INC/p1")
    story = at_look().when("ben", AddNote("The disk was full at 11:40", "2026-11-22T11:40:00+00:00"))
    return story.when("chen", AddNote("I saw it too", None, link)).when("eve", AskHelp("look", 1, "What do I type?"))


def handed_over() -> Story:
    story = at_signoff().when("ana", HandOver("ben", "Ask Dora for the signature")).later(minutes=1)
    story.when("ben", Accept()).later(minutes=1).insist("chen", TakeOver())
    return story.when("chen", Pause("Everybody is tired")).later(minutes=10).when("chen", Resume())


def corrected() -> Story:
    return at_restore().correct("target_time", "2026-11-22T11:30:00+00:00", reason="I read the wrong line")


def turned_round() -> Story:
    story = at_look().at_visit(Skip, reason="Seen by the monitor already").done(target_time=TARGET)
    story.at_visit(GoBack, to="look", reason="We looked at another table").done().done(target_time=TARGET)
    return story.choose("rows").at_visit(Mismatch, words="The host is another one").choose("back", by="dora")


def unknown_outcome() -> Story:
    return at_restore().begin().later(hours=2).unknown(note="The shell hung").choose("partly", by="chen")


def failed_check() -> Story:
    return at_restore().begin().done().begin().failed(rows="0")


def rejected() -> Story:
    return at_signoff().at_visit(Reject, by="dora", reason="Wrong target time")


def expired_late() -> Story:
    return at_signoff().later(minutes=40).when("clock", Tick())


def changed_while_asked() -> Story:
    return at_signoff().sign("ben", TARGET).correct("rows", "811")


def void_after_approval() -> Story:
    return at_wipe().correct("target_time", "2026-11-22T11:30:00+00:00")


def sent_back() -> Story:
    """The approval ran out before the bound step was begun."""
    return at_wipe().at_visit(Watch, by="ben").later(minutes=40).begin(typed="orders-db")


def attempt_to_sign() -> Story:
    return at_signoff().sign("ana", TARGET).sign("eve", TARGET)


def stopped_while_asked() -> Story:
    return at_signoff().when("ana", Stop("Wrong database"))


def second_run() -> Story:
    parent = Parent("run-0", "NET-3", "ours", 1)
    return at_look(reason="Another table is damaged", open_runs=("ORDERS-6",), parent=parent, mode="drill")


def end_asked_for() -> Story:
    story = failed_check().at_visit(AskEnd, end="partly", words="Half of it is back, and the users work")
    story.at_visit(AnswerEnd, "dora", grant=False).later(minutes=1)
    return story.at_visit(AskEnd, end="partly", words="They still work").at_visit(AnswerEnd, "dora", grant=True)


def test_a_second_wish_for_an_end_says_which_it_takes_the_place_of() -> None:
    story = failed_check().at_visit(AskEnd, end="partly", words="Half of it is back").later(minutes=1)
    story.at_visit(AskEnd, end="stopped", words="It fails again")
    assert "instead of “" in Channel(story).texts()[-1]
    rows: list[Any] = [block["elements"] for block in card(story.run).blocks if block["type"] == "actions"]
    press = read_press(next(one for row in rows for one in row if one["action_id"] == "hr:grant_end"))
    assert command_at_once(story.run, press) == AnswerEnd(press.step, press.visit, True, "stopped")


def read_twice() -> Story:
    return at_restore().begin().done().begin().done(rows="0").failed(rows="0")


STORIES: dict[str, Callable[[], Story]] = {
    "a call that cannot be opened": lambda: not_opened(at_call()),
    "a call that cannot be opened yet": lambda: delayed(at_call()),
    "a whole recovery": lambda: returned(at_call()),
    "nobody operates": lambda: Story(BOOK).started("dora"),
    "a second run, in a drill": second_run,
    "notes and help": noted,
    "handed over, taken over, paused": handed_over,
    "corrected": corrected,
    "skipped, back, does not match": turned_round,
    "outcome unknown": unknown_outcome,
    "check failed": failed_check,
    "read twice": read_twice,
    "done already": lambda: at_look().at_visit(SayDone, words="Eve looked at noon").done(note="It is so"),
    "done before it was signed for": lambda: at_wipe().at_visit(SayDone, words="Ben did it before he was asked to"),
    "an end asked for": end_asked_for,
    "half signed": lambda: at_signoff().sign("ben", TARGET),
    "rejected": rejected,
    "expired late": expired_late,
    "changed while people were asked": changed_while_asked,
    "void after the approval": void_after_approval,
    "sent back": sent_back,
    "attempts to sign": attempt_to_sign,
    "stopped while people were asked": stopped_while_asked,
    "people left, came and were let in": people_changed,
    "people in doubt": people_in_doubt,
    "broken glass": broken_glass,
    "review open": review_open,
    "review open, reviewed from outside": reviewed_from_outside,
    **TOGETHER,
    "broken glass, reviewed": lambda: returned(after_glass()).when("ben", ReviewGlass("It was right to go on")),
}


@pytest.mark.parametrize("story", STORIES)
def test_the_thread_of_every_story(story: str, snapshot: SnapshotAssertion) -> None:
    """Every message as it reads at the end; Slack takes each, at every moment, and nobody else is pinged."""
    assert Channel(STORIES[story]()).read_thread() == snapshot


def test_every_event_is_told_in_one_of_the_stories_or_is_silent_on_purpose() -> None:
    """A new event has to be told here, or to be named as silent."""
    stories = [*STORIES.values(), *CALLED.values()]
    told = {type(event) for make in stories for event, _ in make().history}
    elsewhere = {VisitsSpent, Redacted, ParentTold, WentOnElsewhere, LawTaken, *_members(AfterEvent)}
    elsewhere |= {*_members(HandsEvent)}  # test_hands
    elsewhere |= {CallTold, ChainGrown}  # silent: between runs
    elsewhere |= {*_members(PagingEvent), *_members(AfterEvent)}  # test_paging, after/test_afterwards
    assert told | elsewhere >= set(_members(Event)), set(_members(Event)) - told - elsewhere


def _members(union: object) -> list[type]:
    return [one for part in get_args(union) for one in (_members(part) or [part])]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (VisitsSpent("look", 3), "“Look at the table” was tried 3 times"),
        (Redacted(1, ("reason",), "A password stood there"), "Ana Ruiz erased words that somebody typed in record 1"),
        (Redacted(1, ("output",), "A name"), "Ana Ruiz erased what a command printed, of record 1"),
        (LawTaken(2), "goes by Handrail's law number 2"),
        (WentOnElsewhere("run-2", "ORDERS7-1", 12), "ORDERS7-1 went on from record 12 of ORDERS-7"),
    ],
)
def test_rare_events_are_told_too(event: Event, words: str) -> None:
    run = at_look().run
    stamp = Stamp(run.started_at, "ana", "terminal")
    posts = [one for one in tell(Moment(run, 9, event, stamp, evolve(run, event, stamp))) if not isinstance(one, Edit)]
    assert [words in post.message.text for post in posts] == [True]


def test_telling_the_caller_is_silent() -> None:
    story = second_run().when("ana", Stop("Done with it"))
    posts = len(Channel(story).posts)
    assert len(Channel(story.when("clock", NoteParentTold())).posts) == posts


def test_what_happens_to_a_sign_off_never_reads_like_something_else() -> None:
    """Approved, rejected, expired, void, withdrawn, glass broken: the first word differs, and the buttons are gone."""
    ends = {
        "Approved": at_wipe, "Rejected": rejected, "Expired": expired_late, "Void": void_after_approval,
        "Withdrawn": stopped_while_asked, "Glass broken": broken_glass,
    }  # fmt: skip
    for word, make in ends.items():
        channel = Channel(make())
        key = [post.key for post in channel.posts if post.key.startswith("signoff:")][
            -1 if word == "Glass broken" else 0
        ]
        lines = read(channel.shown[key])
        assert lines[0].startswith(f"(shown in the channel too) “{word}: "), lines
        assert f"*{word}*" in lines[1]
        assert not any("[Approve]" in line for line in lines)


def test_the_sign_off_post_says_what_has_to_be_known_in_order_and_asks_with_equal_weight() -> None:
    channel = Channel(at_signoff())
    post = channel.posts[-1]
    lines = "\n".join(read(post.message))
    heads = [
        "What will happen",
        "Writes after the target are lost",
        "Expires at",
        "target time",
        "[Approve…] [Reject]",
    ]
    places = [lines.index(head) for head in heads]
    assert places == sorted(places)
    assert post.message.broadcast
    assert "<@U0BEN> <@U0DORA> <@U0CHEN>" in lines
    assert "<@U0ANA>" not in lines, "the operator may not sign"


def test_a_change_of_what_is_signed_calls_people_to_a_new_post() -> None:
    """The old post is void without buttons; a new one asks; the people are told to look again."""
    channel = Channel(changed_while_asked())
    asked = [post.key for post in channel.posts if post.key.startswith("signoff:")]
    assert len(asked) == 2
    assert "Void" in channel.shown[asked[0]].text
    assert "[Approve…]" in "\n".join(read(channel.shown[asked[1]]))
    assert any("has *changed*" in line for line in read(channel.shown[channel.posts[-1].key]))


def test_who_is_called_to_a_step() -> None:
    """The operator where their own press did not lead, everybody of another role to theirs, the lead where it pages."""
    called = {
        "restore": (at_restore(), set()),
        "owner": (at_wipe().at_visit(Watch, by="ben").begin(typed="orders-db").done(), {"<@U0BEN>", "<@U0DORA>"}),
        "hold": (failed_check(), {"<@U0CHEN>", "<@U0DORA>"}),
    }
    for step, (story, people) in called.items():
        first = read(Channel(story).last(f"step:{step}"))[1]
        assert {word.strip(":") for word in first.split() if word.startswith("<@")} == people


def test_of_a_large_team_five_are_called_and_the_rest_counted() -> None:
    many = tuple(Somebody(f"p{number}", f"Person {number}", f"U0P{number}") for number in range(8))
    story = Story(BOOK, people=(*PEOPLE, *many), roles={"operator": tuple(one.id for one in many), "lead": ("dora",)})
    story.started("dora")
    channel = Channel(story, frozenset(one.slack for one in (*PEOPLE, *many)))
    assert "<@U0P4> and 3 more" in read(channel.last("step:look"))[1]


def test_a_change_of_phase_offers_to_breathe_and_a_hold_does_not() -> None:
    """From assess to restore there is a pause point; into the hold and back there is none."""
    assert [post.key[:5] for post in Channel(at_restore()).posts].count("phase") == 1
    held = at_restore().begin().problem().choose("back", by="dora")
    assert [post.key[:5] for post in Channel(held).posts].count("phase") == 1


def test_what_is_posted_elsewhere_says_where_it_comes_from() -> None:
    """A notify goes to each place that it names; in the run's channel as a reply that the channel sees."""
    channel = Channel(returned(at_call()))
    notified = {post.where: post for post in channel.posts if post.key.startswith("notify:")}
    assert set(notified) == {"thread", "team:other", "channel:C0ELSE"}
    assert notified["thread"].message.broadcast
    assert "LIVE · ORDERS-7 · Orders database" in read(notified["team:other"].message)[1]
    assert "From <#C0INC>" in read(notified["team:other"].message)[-1]


def test_the_outcome_carries_the_head_of_the_chain() -> None:
    channel = Channel(returned(at_call()))
    ended = next(post for post in channel.posts if " ended: " in post.message.text)
    assert f"chain `{len(returned(at_call()).history):064x}`" in read(ended.message)[-1]


def hostile_stories() -> dict[str, Story]:
    """Every word that people typed, every name and every text of the runbook means no good."""
    people = tuple(replace(one, name=f"{one.name} {HOSTILE}", slack=f"U0X{one.slack}"[:11]) for one in PEOPLE)
    asset = replace(at_look().command.asset, name=HOSTILE[:75], facts={"db": HOSTILE, "host": HOSTILE, "copy": HOSTILE})
    book = hostile()

    def begin() -> Story:
        return Story(
            book, people=people, asset=asset, reason=HOSTILE[:3000], inputs={"damage": HOSTILE[:3000]}
        ).started()

    def signoff() -> Story:
        return begin().done(note=HOSTILE).done(target_time=TARGET).choose("rows").begin().done().begin().done(rows="8")

    return {
        "notes": begin().when("ben", AddNote(HOSTILE[:3000], None, Source(HOSTILE, HOSTILE, HOSTILE))),
        "help": begin().at_visit(AskHelp, words=HOSTILE[:3000]).at_visit(Mismatch, words=HOSTILE[:3000]),
        "people": begin().when("ana", HandOver("ben", HOSTILE[:3000])).when("ana", Pause(HOSTILE[:3000])),
        "asked": signoff(),
        "rejected": signoff().at_visit(Reject, by="dora", reason=HOSTILE[:3000]),
        "expired": signoff().later(hours=1).when("clock", Tick()),
        "back": signoff().at_visit(GoBack, to="look", reason=HOSTILE[:3000]),
        "stopped": signoff().when("ana", Stop(HOSTILE[:3000])),
        "corrected": signoff().correct("rows", "9", reason=HOSTILE[:3000]),
        "skipped": begin().at_visit(Skip, reason=HOSTILE[:3000]),
    }  # fmt: skip


def test_texts_at_their_longest_that_mean_no_good_stay_texts() -> None:
    """Slack takes every message, no ping is smuggled in, nothing turns the order of reading round."""
    for name, story in hostile_stories().items():
        assert story.refusal is None, (name, story.refusal)
        channel = Channel(story, frozenset(f"U0X{one.slack}"[:11] for one in PEOPLE))
        assert len(channel.posts) >= 3
        for message in channel.shown.values():
            assert_sendable(message, frozenset(f"U0X{one.slack}"[:11] for one in PEOPLE))
            assert not any("\u202e" in line for line in read(message)), name


def test_a_way_back_is_no_milestone() -> None:
    """After a rejection the run is in an earlier phase: nothing is behind anybody."""
    texts = Channel(rejected()).texts()
    assert any("Assess is behind us" in text for text in texts)
    assert not any("next is Assess" in text for text in texts)
