"""Every version that ever served is kept, with its text and where it came from."""

from datetime import UTC, datetime, timedelta

from bot.journal.store import Journal
from bot.journal.versions import Version, Versions

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIRST = Version("rows", AT, "a" * 64, "rows.yaml", "c0ffee", "Ana")
SECOND = Version("rows", AT + timedelta(hours=1), "b" * 64, "db/rows.yaml", "decaf-dirty", "Ben")
OTHER = Version("blocks", AT, "d" * 64, "blocks.yaml")
TEXTS = {"a" * 64: "first", "b" * 64: "second", "d" * 64: "other"}


def test_versions_are_kept_in_order_with_their_texts(journal: Journal) -> None:
    versions = Versions(journal)
    assert (versions.of("rows"), versions.last()) == ([], {})
    versions.keep([FIRST, OTHER], TEXTS)
    versions.keep([SECOND], TEXTS)
    assert versions.of("rows") == [FIRST, SECOND]
    assert versions.last() == {"rows": SECOND, "blocks": OTHER}
    assert [journal.text_of(one.digest) for one in versions.of("rows")] == ["first", "second"]


def test_a_version_that_comes_back_is_there_twice_and_one_change_seen_by_two_servers_once(journal: Journal) -> None:
    versions = Versions(journal)
    back = Version("rows", AT + timedelta(hours=2), FIRST.digest, "rows.yaml")
    seen_too = Version("rows", AT + timedelta(hours=2, seconds=1), FIRST.digest, "rows.yaml")
    for one in (FIRST, SECOND, back, seen_too):
        versions.keep([one], TEXTS)
    assert versions.of("rows") == [FIRST, SECOND, back]


def test_keeping_nothing_asks_nothing(journal: Journal) -> None:
    Versions(journal).keep([], {})
    assert Versions(journal).last() == {}
