"""What a program reports of a protection, as JSON -> what is asked of its record."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import from_json

from bot.format.pieces import read_instant
from bot.readiness.protection.events import Beat, Outcome, RestoreTried, Silenced, SizeAccepted
from bot.readiness.protection.rules import Unfit
from bot.readiness.protection.state import Standing

COVERED, SAID = 500, 200
"""Names in `covers`, and characters of `said`."""
_LARGEST = 2**62
_Short = Annotated[str, StringConstraints(min_length=1, max_length=128)]
_Said = Annotated[str, StringConstraints(max_length=SAID)]
_LATEST = 2**33
"""Seconds since 1970, of the year 2242: a number beyond is no moment."""


def _moment(said: object) -> datetime:
    """A date and time with its offset, or seconds since 1970, as many tools write them."""
    if isinstance(said, int | float) and not isinstance(said, bool) and 0 < said < _LATEST:
        return datetime.fromtimestamp(said, UTC)
    return read_instant(said)


_Moment = Annotated[datetime, BeforeValidator(_moment)]
_Number = Annotated[int, Field(ge=0, le=_LARGEST)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PostedTest(_Part):
    """A restore test."""

    outcome: Annotated[str, StringConstraints(pattern="^(ok|failed)$")]
    of: _Moment | None = None
    seconds: _Number | None = None
    said: _Said = ""


class PostedSilence(_Part):
    """A silence, or with `until` null its end."""

    until: _Moment | None
    reason: _Said = ""


class Posted(_Part):
    """The body of a heartbeat; all of it may be left out: then a restore point of now is good."""

    of: _Moment | None = None
    place: _Short | None = None
    outcome: Outcome = "ok"
    size: _Number | None = None
    seconds: _Number | None = None
    checksum: _Short | None = None
    covers: Annotated[list[_Short], Field(max_length=COVERED)] = []
    said: _Said = ""
    restore_test: PostedTest | None = None
    silence: PostedSilence | None = None
    accept_size: _Said | None = None


Asked = Beat | RestoreTried | Silenced | SizeAccepted | None
"""What is asked of the record; None ends a silence."""


def read_posted(body: bytes) -> Posted:
    """The body; Unfit with a sentence when it is not one."""
    if not body.strip():
        return Posted()
    try:
        found: Any = from_json(body)
    except ValueError:
        raise Unfit('The body is no JSON. Send an object, such as {"size": 1024}, or nothing.') from None
    if not isinstance(found, dict):
        raise Unfit('The body is no JSON object. Send one, such as {"size": 1024}, or nothing.')
    try:
        return Posted.model_validate(found)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(one) for one in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(Posted.model_fields)
            raise Unfit(f"“{where[:60]}” is not known. There is: {known}.") from None
        raise Unfit(f"“{where[:60]}”: {first['msg']}.") from None


def asked_of(posted: Posted, here: Standing, at: datetime) -> Asked:
    """What it asks of a protection that stands so."""
    place = posted.place or (here.places[0] if here.places else "")
    if posted.silence is not None:
        until = posted.silence.until
        return None if until is None else Silenced(until, posted.silence.reason)
    if posted.accept_size is not None:
        return SizeAccepted(place, posted.accept_size)
    if posted.restore_test is not None:
        test = posted.restore_test
        return RestoreTried(place, test.of, test.outcome == "ok", test.seconds, test.said)
    return Beat(
        posted.of or at, place, posted.outcome, posted.size, posted.seconds, posted.checksum, tuple(posted.covers),
        posted.said,
    )  # fmt: skip
