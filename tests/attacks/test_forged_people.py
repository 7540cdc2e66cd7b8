"""Records about people that were written by hand, and honest ones: each is judged by the people as they were at it."""

import pytest

from bot.run.commands import LetSomebodyIn, NotePeople, SettlePeople, TakeOver
from bot.run.events import Event, Signed, TookOver
from bot.run.members.events import Joiner, Leaver, LetIn, PeopleChanged, PeopleInDoubt, PeopleKept
from bot.run.places import AwaitingSignature
from bot.run.situation import PeopleNow
from tests.attacks.test_forged_runs import unlawful
from tests.run.test_members import FAY, asked, but, open_run
from tests.run.test_signing import TIME
from tests.story import FILES, PEOPLE, ROLES, Story, people_now

WITH_FAY = people_now(*PEOPLE, FAY, data_owner=(*ROLES["data_owner"], "fay"))
EMPTY = NotePeople(PeopleNow((), {}, {}, (frozenset(),), ((),), FILES))


def waiting() -> Story:
    """Fay was put in as a data owner, and is to sign."""
    return asked().when("clock", WITH_FAY)


def doubted() -> Story:
    return open_run().when("clock", EMPTY)


def signed_by(story: Story, person: str) -> tuple[Event, str]:
    here = story.run.here
    assert isinstance(here, AwaitingSignature)
    return Signed("allow", 1, here.digest, TIME), person


def test_what_really_happened_is_lawful() -> None:
    """Out, in, let in, signed, kept and let go: nothing of it is named."""
    story = waiting()
    story.when("dora", LetSomebodyIn("fay", story.run.members.waiting["fay"].seq)).sign("fay", TIME).at_step("wait")
    story.when("clock", people_now(*but("ana"), FAY, data_owner=("ben", "dora", "fay"))).when("ben", TakeOver())
    story.when("clock", people_now(*but("ana"))).done("ben").at_step("allow")
    assert unlawful(story) == []
    kept = doubted()
    kept.when("chen", SettlePeople(kept.run.seq, keep=True)).when("clock", people_now()).when("clock", EMPTY)
    kept.when("dora", SettlePeople(kept.run.seq, keep=False))
    assert unlawful(kept) == []


LIES: list[tuple[str, Event, str, str]] = [
    ("waiting", LetIn("fay", ("data_owner",)), "ana", "ana may not let fay in"),
    ("waiting", LetIn("fay", ("data_owner",)), "fay", "fay may not let fay in"),
    ("waiting", LetIn("fay", ("data_owner", "lead")), "dora", "dora may not let fay in"),
    ("waiting", LetIn("eve", ("data_owner",)), "dora", "dora may not let eve in"),
    ("waiting", PeopleChanged((Leaver("dora", "Dora Lind", gone=True),)), "ana", "ana may not say who is out"),
    ("waiting", PeopleChanged(into=(Joiner(FAY, ("lead",)),)), "ana", "ana may not say who is out"),
    ("waiting", PeopleKept(3), "dora", "dora may not keep"),
    ("waiting", PeopleInDoubt(), "dora", "nobody does this but Handrail's clock"),
    ("waiting", TookOver("ana"), "fay", "refuses this to fay"),
    ("doubted", PeopleKept(3), "ben", "ben may not keep"),
    ("doubted", PeopleKept(2), "dora", "dora may not keep"),
    ("doubted", PeopleChanged((Leaver("ben", "Ben Okafor", gone=True),)), "dora", "dora may not say who is out"),
]


@pytest.mark.parametrize(("where", "lie", "by", "why"), LIES)
def test_a_lie_about_people_is_named(where: str, lie: Event, by: str, why: str) -> None:
    story = waiting() if where == "waiting" else doubted()
    assert unlawful(story) == []
    named = unlawful(story, (lie, by))
    assert len(named) == 1
    assert why in named[0]


def test_a_signature_of_somebody_who_waits_or_is_out_is_named() -> None:
    """Fay signs without having been let in; Ben signs after he was taken out; Dora, who is in, is named by nobody."""
    story = waiting()
    assert "fay could not sign this" in unlawful(story, signed_by(story, "fay"))[0]
    gone = asked().when("clock", people_now(*but("ben")))
    assert "does not know you" in unlawful(gone, signed_by(gone, "ben"))[0]
    assert unlawful(gone, signed_by(gone, "dora")) == []
    moved = asked().when("clock", people_now(data_owner=("dora",)))
    assert "ben could not sign this" in unlawful(moved, signed_by(moved, "ben"))[0]


def test_somebody_written_into_the_start_is_named_where_they_let_in() -> None:
    """A lead since the start who was out and came back is none any more, whatever the record says."""
    story = open_run().when("clock", people_now(*but("dora"))).when("clock", WITH_FAY)
    assert "dora may not let fay in" in unlawful(story, (LetIn("fay", ("data_owner",)), "dora"))[0]
    assert unlawful(story, (LetIn("fay", ("data_owner",)), "chen")) == []


def test_a_lead_who_lets_themselves_in_is_named() -> None:
    """Dora, a lead since the start, was put in as a peer: Chen may let her in, and she may not."""
    story = open_run().when("clock", people_now(peer=(*ROLES["peer"], "dora")))
    assert story.run.members.waiting["dora"].roles == ("peer",)
    assert "dora may not let dora in" in unlawful(story, (LetIn("dora", ("peer",)), "dora"))[0]
    assert unlawful(story, (LetIn("dora", ("peer",)), "chen")) == []
