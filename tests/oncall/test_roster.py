"""Who is on call, whatever a rotation is made of: turns, a feed's copy, and overrides over both."""

from datetime import UTC, datetime, timedelta

from bot.format.catalogue import Catalogue
from bot.oncall.references import as_somebody, people_of_role, people_of_rung
from bot.oncall.roster import Cover, FeedCopy, Roster
from bot.oncall.rota import Gap
from bot.render.rota import cover_lines
from bot.run.situation import Somebody
from bot.slack.survey import survey
from tests.oncall.test_feed import calendar

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
SUNDAY, MONDAY, TUESDAY = (datetime(2026, 11, day, 9, tzinfo=UTC) for day in (22, 23, 24))
TEXT = calendar(
    "SUMMARY:Ana Ruiz|DTSTART:20261122T090000Z|DTEND:20261123T090000Z",
    "SUMMARY:Ben Okafor|DTSTART:20261122T200000Z|DTEND:20261123T090000Z",
    "SUMMARY:Zoe from the agency|DTSTART:20261123T090000Z|DTEND:20261124T090000Z",
    "SUMMARY:Ben Okafor|DTSTART:20261125T090000Z|DTEND:20261126T090000Z",
)
CATALOGUE = Catalogue.model_validate(
    {
        "people": {
            one["id"]: one
            for one in (
                {"id": "ana", "name": "Ana Ruiz", "slack": "U0ANA", "timezone": "Europe/Madrid",
                 "quiet": {"from": "22:00", "to": "07:00"}, "pager": ["env:ANA_SMS"]},
                {"id": "ben", "name": "Ben Okafor", "slack": "U0BEN"},
                {"id": "chen", "name": "Chen Wei", "slack": "U0CHEN"},
                {"id": "dora", "name": "Dora Lind"},
            )
        },
        "teams": {
            "dba": {"id": "dba", "members": ["ben", "chen", "ana"], "pager": ["env:DBA_NTFY", "env:ANA_SMS"]},
            "leads": {"id": "leads", "members": ["dora"]},
        },
        "rotations": {
            "weekly": {"id": "weekly", "team": "dba", "starts": "2026-11-02T09:00", "turn": "7d",
                       "order": ["ana", "chen"]},
            "fed": {"id": "fed", "team": "dba", "ics": "env:DBA_ICS",
                    "overrides": [{"from": "2026-11-23T12:00Z", "to": "2026-11-23T15:00Z", "who": "dora"}]},
            "young": {"id": "young", "team": "dba", "starts": "2026-12-01T09:00", "turn": "7d", "order": ["ana"]},
        },
    }
)  # fmt: skip
FED, WEEKLY, YOUNG = (CATALOGUE.rotations[one] for one in ("fed", "weekly", "young"))


def roster(text: str = TEXT) -> Roster:
    return Roster(lambda: CATALOGUE.people, lambda name: FeedCopy(text, AT) if name == "DBA_ICS" else None)


def test_everybody_in_a_feed_is_on_call_and_an_override_counts_more() -> None:
    """Two at once are both on call; whoever is not known for sure is nobody."""
    held = roster()
    assert held.on_call(FED, SUNDAY - timedelta(seconds=1)) == ()
    assert held.on_call(FED, SUNDAY) == ("ana",)
    assert held.on_call(FED, SUNDAY + timedelta(hours=12)) == ("ana", "ben")
    assert held.on_call(FED, MONDAY) == ()
    assert held.on_call(FED, MONDAY + timedelta(hours=4)) == ("dora",)
    assert held.strangers(FED, AT, AT + timedelta(days=14)) == ("Zoe from the agency",)
    assert held.on_call(WEEKLY, SUNDAY) == ("ana",)


def test_what_of_a_feed_was_left_out_is_told_with_it() -> None:
    """On the board, in Slack and at the terminal."""
    bad = TEXT.replace("DTSTART:20261125T090000Z", "DTSTART:20261325T090000Z")
    held = roster(bad)
    assert held.remarks(FED, AT) == ("“Ben Okafor” was left out: 20261325T090000Z is no time",)
    assert held.remarks(WEEKLY, AT) == roster("").remarks(FED, AT) == roster().remarks(FED, AT) == ()
    feed = survey(CATALOGUE, held, AT).feeds[0]
    said = "In the feed of fed “Ben Okafor” was left out: 20261325T090000Z is no time."
    assert said in " ".join(cover_lines(survey(CATALOGUE, held, AT), UTC))
    assert feed.remarks == held.remarks(FED, AT)


def test_without_a_copy_a_feed_says_nobody() -> None:
    for empty in (Roster(lambda: CATALOGUE.people), roster(""), roster("<html>")):
        assert empty.on_call(FED, SUNDAY) == ()
        assert empty.gaps(FED, SUNDAY, MONDAY) == (Gap(SUNDAY, MONDAY),)
        assert empty.strangers(FED, SUNDAY, MONDAY) == ()
    assert roster().on_call(FED, SUNDAY) == ("ana",)


def test_who_is_next_and_until_when() -> None:
    held = roster()
    evening = SUNDAY + timedelta(hours=11)
    assert held.now_and_next(FED, AT) == (Cover(("ana",), AT, evening), Cover(("ana", "ben"), evening, MONDAY))
    noon = MONDAY + timedelta(hours=3)
    assert held.now_and_next(FED, MONDAY) == (
        Cover((), MONDAY, noon), Cover(("dora",), noon, noon + timedelta(hours=3))
    )  # fmt: skip
    assert held.now_and_next(FED, AT + timedelta(days=60)) == (Cover((), AT + timedelta(days=60), None), None)
    first = datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert held.now_and_next(YOUNG, AT) == (Cover((), AT, first), Cover(("ana",), first, None))
    assert held.now_and_next(WEEKLY, AT)[1] == Cover(("chen",), MONDAY, MONDAY + timedelta(days=7))


def test_what_a_feed_leaves_out_is_a_gap() -> None:
    held = roster()
    noon, three = MONDAY + timedelta(hours=3), MONDAY + timedelta(hours=6)
    assert held.gaps(FED, SUNDAY, TUESDAY) == (Gap(MONDAY, noon), Gap(three, TUESDAY))
    assert held.gaps(WEEKLY, SUNDAY, TUESDAY) == ()
    assert held.gaps(YOUNG, AT, AT + timedelta(days=14)) == (Gap(AT, datetime(2026, 12, 1, 9, tzinfo=UTC)),)


def test_a_feed_is_read_as_far_ahead_as_is_asked() -> None:
    """Beyond what is unfolded at once, and a turn across that seam is one."""
    text = calendar("SUMMARY:Ana Ruiz|DTSTART:20260105T090000Z|DTEND:20260112T090000Z|RRULE:FREQ=WEEKLY")
    held = roster(text)
    assert held.gaps(FED, AT, AT + timedelta(days=90)) == ()
    assert held.on_call(FED, AT + timedelta(days=400)) == ("ana",)


def test_a_role_is_led_by_whoever_is_on_call() -> None:
    """Everybody of the team may act; somebody from outside who is on call by an override belongs to the rotation."""
    on_call = roster().on_call
    assert people_of_role(CATALOGUE, "rotation:fed", on_call, SUNDAY) == ("ana", "ben", "chen")
    assert people_of_role(CATALOGUE, "rotation:fed", on_call, MONDAY + timedelta(hours=4)) == (
        "dora", "ben", "chen", "ana"
    )  # fmt: skip
    assert people_of_role(CATALOGUE, "team:dba", on_call, MONDAY) == ("chen", "ben", "ana")
    assert people_of_role(CATALOGUE, ("person:dora", "team:leads"), on_call, AT) == ("dora",)
    assert people_of_role(CATALOGUE, "rotation:nowhere", on_call, AT) == ()


def test_a_rung_tells_whoever_is_on_call_now_and_in_a_gap_everybody() -> None:
    on_call, roles = roster().on_call, {"lead": ("dora",)}

    def rung(*tell: str, at: datetime = AT) -> tuple[str, ...]:
        return people_of_rung(CATALOGUE, tell, roles, on_call, at)

    assert rung("rotation:weekly") == ("ana",)
    assert rung("rotation:weekly", at=MONDAY) == ("chen",)
    assert rung("rotation:weekly", "rotation:fed", at=SUNDAY + timedelta(hours=12)) == ("ana", "ben")
    assert rung("rotation:fed", at=MONDAY) == ("ben", "chen", "ana")
    assert rung("team:dba", "person:dora", at=MONDAY) == ("chen", "ben", "ana", "dora")
    assert rung("role:lead", "role:unheld") == ("dora",)


def test_a_person_is_kept_with_every_channel_that_reaches_them() -> None:
    """Their own first, then those of their teams, each once."""
    assert as_somebody(CATALOGUE, CATALOGUE.people["ana"]) == Somebody(
        "ana", "Ana Ruiz", "U0ANA", "Europe/Madrid", ("22:00", "07:00"), ("env:ANA_SMS", "env:DBA_NTFY")
    )
    assert as_somebody(CATALOGUE, CATALOGUE.people["ben"]).pagers == ("env:DBA_NTFY", "env:ANA_SMS")
    assert as_somebody(CATALOGUE, CATALOGUE.people["dora"]) == Somebody("dora", "Dora Lind")
