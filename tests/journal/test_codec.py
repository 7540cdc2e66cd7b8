"""Events on disk: a kind and a body, read back as they were, for ever."""

import dataclasses
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.journal.chain import (
    ERASED,
    KIND_OF,
    KINDS,
    SaltedWords,
    Unreadable,
    canonical,
    decode,
    digest_of,
    encode,
    storable,
    typed_fields,
    unknown_fields,
)
from bot.run import events
from bot.run.commands import AddNote, Correct, Finish, RunId
from bot.run.events import Event
from bot.run.situation import Source

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)
INSTANTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30))]))
FOR_EVER = (
    "begun branched call-opened call-returned called chosen corrected ended glass-broken glass-reviewed "
    "hand-over-accepted hand-over-offered help-asked mismatch-seen noted notified parent-told paused redacted resumed "
    "sent-back signature-voided signed signing-refused signoff-approved signoff-asked signoff-expired signoff-rejected "
    "skipped started step-entered step-finished took-over visits-spent watched went-back went-on-elsewhere "
    "follow-up-added follow-up-done follow-up-handed-on follow-up-reminded lesson-told nobody-reached page-answered "
    "page-declined page-tried paged rated law-taken call-told chain-grown "
    "hands-ready hands-declined action-asked action-started action-finished action-lost taken-by-hand looked-again "
    "cancel-asked"
)


def salt() -> str:
    return "salt"


def every_event() -> tuple[type[Event], ...]:
    return get_args(Event)


def any_of(hint: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401  (any annotation of an event)
    """Any value of an annotation; times have a zone, as the stamps of real events do."""
    origin, args = get_origin(hint), get_args(hint)
    if dataclasses.is_dataclass(hint):
        return st.builds(hint, **{name: any_of(one) for name, one in get_type_hints(hint).items()})  # type: ignore[arg-type]
    if origin is Mapping:
        return st.dictionaries(any_of(args[0]), any_of(args[1]), max_size=3)
    if origin is tuple and args[-1] is not Ellipsis:
        return st.tuples(*map(any_of, args))
    if origin is tuple:
        return st.lists(any_of(args[0]), max_size=3).map(tuple)
    if origin in (Union, UnionType):
        return st.one_of(*map(any_of, args))
    plain: dict[Any, st.SearchStrategy[Any]] = {datetime: INSTANTS, str: TEXT}
    return plain[hint] if hint in plain else st.from_type(hint)


def test_each_event_has_one_kind_in_kebab_case() -> None:
    assert set(KINDS.values()) == set(every_event())
    assert len(KIND_OF) == len(KINDS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", kind) for kind in KINDS)


def test_a_kind_is_for_ever() -> None:
    """A kind that is in somebody's database can be added to, never renamed and never taken away."""
    assert set(FOR_EVER.split()) <= KINDS.keys()


@pytest.mark.parametrize("event", every_event(), ids=lambda event: event.__name__)
def test_an_event_comes_back_as_it_was(event: type[Event]) -> None:
    @given(any_of(event))
    def comes_back(one: Event) -> None:
        kind, body, beside = encode(one, salt)
        assert decode(kind, body, beside) == one
        assert canonical(json.loads(body)) == body
        assert unknown_fields(kind, body) == ()

    comes_back()


def test_words_that_were_typed_stand_beside_the_record() -> None:
    """The body holds a salted digest, so that the words can be erased; an empty text is no words."""
    noted = events.Noted("Dora's phone is 555 0199", None, None)
    kind, body, beside = encode(noted, salt)
    assert "555" not in body
    assert json.loads(body)["words"] == {"words": digest_of(beside["words"])}
    assert decode(kind, body, {"words": SaltedWords(None, None)}) == events.Noted(ERASED)
    assert encode(events.Noted(""), salt)[2] == {}
    assert decode(*encode(events.Noted(""), salt)) == events.Noted("")


def test_every_typed_field_is_of_the_event_itself() -> None:
    """The codec looks at fields of the event, not deeper: what stands deeper has to be no typed words."""
    hints = [hint for event in every_event() for hint in get_type_hints(event).values()]
    nested = [one for hint in hints for one in (hint, *get_args(hint)) if dataclasses.is_dataclass(one)]
    assert Source in nested
    assert not any("typed by" in str(get_type_hints(one, include_extras=True)) for one in nested)
    assert typed_fields("went-back") == ("reason", "look")


def test_an_older_shape_is_read_with_defaults() -> None:
    found = decode("step-finished", '{"exit":"ok","step":"look","visit":1}', {})
    assert found == events.StepFinished("look", 1, "ok")


def test_a_field_that_is_unknown_here_is_left_out_and_named() -> None:
    body = '{"mood":"bad","source":{"at":"noon","author":"ana","link":"x","tone":"dry"},"words":""}'
    assert decode("noted", body, {}) == events.Noted("", None, Source("ana", "noon", "x"))
    assert unknown_fields("noted", body) == ("mood", "source.tone")


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("teleported", "{}", "The kind “teleported” is unknown here"),
        ("step-entered", '{"step":"look"}', "kind “step-entered” cannot be read: visit"),
        ("step-entered", '{"step":"look","visit":"many"}', "cannot be read: visit"),
    ],
)
def test_what_cannot_be_read_is_named(kind: str, body: str, said: str) -> None:
    with pytest.raises(Unreadable, match=re.escape(said)):
        decode(kind, body, {})


def test_a_command_is_made_storable_before_it_is_decided() -> None:
    """No database keeps a NUL or half a surrogate pair; everything else stays as it was, the same object."""
    odd = Finish("look", 1, "ok", {"name\0": "va\ud800lue"}, note="a\0b")
    assert storable(odd) == Finish("look", 1, "ok", {"name\ufffd": "va\ufffdlue"}, note="a\ufffdb")
    note = AddNote("words", None, Source("a\0", "b", "c"))
    assert storable(note) == AddNote("words", None, Source("a\ufffd", "b", "c"))
    fine = Correct(3, "rows", "😀 é", "because")
    assert storable(fine) is fine
    assert storable(RunId("r")) == "r"
