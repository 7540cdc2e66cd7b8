"""A recovery in which nearly everything happens, and a timeline made of any story."""

from collections.abc import Iterable
from dataclasses import replace

from bot.run.commands import Accept as TakeIt
from bot.run.commands import (
    AddFollowUp,
    AddNote,
    AnswerPage,
    AskHelp,
    BreakGlass,
    Command,
    FinishFollowUp,
    HandOver,
    Mismatch,
    NoteAttempt,
    Pause,
    Rate,
    Reject,
    Resume,
    ReviewGlass,
    SetMilestone,
    SetPostmortem,
    Skip,
    TellLesson,
    Tick,
    Watch,
)
from bot.run.events import Event
from bot.run.situation import FrozenRung, Source, Stamp
from bot.run.state import Run
from bot.timeline.entries import Chain, Timeline
from bot.timeline.telling import tell_timeline
from tests.render.stories import returned
from tests.render.walk import BOOK, TARGET
from tests.story import PEOPLE, Story

HEAD = "5b1f" * 16
DAMAGE = "2026-11-22T11:44:00+00:00"
BOTH = ("slack", "pager")
RUNGS = (FrozenRung(0, ("operator",), ("ben",), BOTH), FrozenRung(600, ("lead",), ("dora",), BOTH))
CHANNELS = {"ben": ("env:BEN_SMS",), "dora": ("env:DORA_CALL",)}
REACHED_BY = tuple(replace(one, pagers=CHANNELS.get(one.id, ())) for one in PEOPLE)
"""Everybody, two of them with a channel beyond Slack."""


def timeline_of(story: Story) -> Timeline:
    """The timeline of a story, with a chain that holds."""
    return told(story.run, story.history)


def told(run: Run, history: Iterable[tuple[Event, Stamp]], *, fault: str | None = None) -> Timeline:
    """The timeline of these events."""
    happened = [(seq, event, stamp) for seq, (event, stamp) in enumerate(history, 1)]
    command = f"handrail verify {run.start.ref} --head {HEAD}"
    chain = Chain(HEAD, len(happened), fault is None, fault, command)
    return tell_timeline(run, happened, chain=chain)


def rich_story() -> Story:
    """Rejected, corrected, voided, mismatched, handed over, paged, paused, broken glass: and recovered in the end."""
    inputs = {"damage": "An UPDATE without WHERE"}
    story = Story(BOOK, inputs=inputs, damage_began=DAMAGE, rungs=RUNGS, people=REACHED_BY).started()
    asked(story.later(seconds=1), "clock", Tick())
    asked(story.later(minutes=2), "ben", AnswerPage(1))
    asked(story.later(seconds=20), "clock", NoteAttempt(1, "ben", "env:BEN_SMS", 1, False, "550 mailbox full", True))
    story.later(minutes=6).at_visit(Skip, reason="Seen on the dashboard already: https://grafana.acme.test/d/7?orders")
    story.later(minutes=5).done(target_time=TARGET, note="12 minutes before the deploy")
    story.later(minutes=2).choose("rows", note="812 rows have price 0")
    story.later(minutes=1).begin().later(minutes=20)
    asked(story, "ben", AddNote("Support says shops show price 0", "2026-11-22T11:46:00+00:00"))
    asked(
        story,
        "ben",
        AddNote("I see it too", None, Source("Gus", "2026-11-22T11:50:00+00:00", "https://acme.slack.test/x")),
    )
    story.later(minutes=3).at_visit(AskHelp, words="The copy is slower than last time")
    story.later(minutes=41).done(note="restored to 11:40")
    story.later(minutes=4).done(rows="812").at_step("ask")
    story.later(minutes=7).at_visit(Reject, by="dora", reason="The target time is before the deploy, is it not?")
    story.later(minutes=2).choose("rows").begin().later(minutes=12).done().done(rows="815").at_step("ask")
    story.later(minutes=3).sign("ben", TARGET).later(minutes=1)
    story.correct("rows", "812", reason="typed wrongly").later(minutes=20).when("clock", Tick()).at_step("hold")
    asked(story, "clock", NoteAttempt(3, "dora", "slack", 1, False, "channel_not_found", True))
    asked(story.later(seconds=30), "clock", NoteAttempt(3, "dora", "env:DORA_CALL", 1, False, "busy", True))
    story.later(minutes=2).choose("back", by="chen").at_step("ask").later(minutes=6)
    story.at_visit(BreakGlass, by="dora", reason="Ben is on a plane, and every minute is 40 orders").at_step("wipe")
    asked(story, "ana", HandOver("ben", "The copy stands, only the switch is left"))
    asked(story.later(minutes=1), "ben", TakeIt())
    asked(story, "ben", Pause("The shop is put into maintenance"))
    asked(story.later(minutes=4), "ben", Resume())
    story.at_visit(Watch, by="ana").begin(by="ben", typed="orders-db").later(minutes=3).done(by="ben")
    story.done(by="dora", counted="812").at_visit(Mismatch, by="ben", words="The card says count, the tool is count2")
    while story.here != "compare":
        story.choose("back", by="chen")
    story.later(minutes=2).done(by="ben", live="812").at_step("ours")
    returned(story)
    asked(story.later(minutes=1), "chen", ReviewGlass("Right: nobody else could sign"))
    if story.here is not None:
        story.done(by="ben")
    return afterwards(story)


def afterwards(story: Story) -> Story:
    """What people say when it is over."""
    story.later(minutes=30)
    asked(story, "ana", TellLesson("A second data owner on call would have saved half an hour"))
    asked(story, "chen", TellLesson("We nearly restored over the live table", near_miss=True))
    asked(story, "ana", AddFollowUp("Name a second data owner", "dora", "2026-12-01"))
    asked(story, "ana", AddFollowUp("Put count2 into the runbook", "ben", "2026-11-30"))
    asked(story.later(days=1), "ben", FinishFollowUp(2, "merged"))
    asked(story, "ben", Rate("clarity", "4"))
    asked(story, "ben", Rate("hesitation", "restore"))
    asked(story, "dora", SetMilestone("noticed", "2026-11-22T12:55:00+01:00", "The first ticket of support"))
    asked(story, "dora", SetMilestone("down", "2026-11-22T13:10:00+01:00", "The shop was closed by hand"))
    asked(story, "chen", SetPostmortem("draft", "ben", "wiki/ORDERS-7"))
    asked(story.later(days=2), "dora", SetPostmortem("done", "ben", "Read with the shop's team"))
    return story


def asked(story: Story, by: str, command: Command) -> None:
    """Somebody asks, and it is taken."""
    story.when(by, command)
    assert story.refusal is None, f"{command}: {story.refusal}"
