"""What a team writes about itself: assets, what they lean on, people, teams, rotations, ladders."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from bot.format.pieces import Exec, Http
from bot.format.shapes import Day, Duration, Instant, Name, Shape, Slug, Value, short

SlackUser = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{2,}$")]
SlackGroup = Annotated[str, StringConstraints(pattern=r"^S[A-Z0-9]{2,}$")]
SlackChannel = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{2,}$")]
PagerName = Annotated[str, StringConstraints(pattern=r"^env:[A-Z][A-Z0-9_]{1,60}$")]
WallTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Via = Literal["slack", "pager"]
CLOCK = "clock"
"""Whose hand the record names for what happens by itself; no person may be called so."""


class Protection(Shape):
    """What should happen on every normal day, so that a recovery is possible."""

    id: Slug
    method: Annotated[str, short(200)]
    every: Duration
    grace: Duration | None = None
    target: Slug | None = None
    secondary: Slug | None = None


class Trigger(Shape):
    """What starts a recovery."""

    alert: dict[str, str] | None = None
    missed: Slug | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "Trigger":
        if (self.alert is None) == (self.missed is None):
            message = "write either `alert:` or `missed:`"
            raise ValueError(message)
        return self


class Asset(Shape):
    id: Slug
    name: Annotated[str, short(75)]
    aliases: tuple[Annotated[str, short(60)], ...] = ()
    type: str
    tier: Annotated[int, Field(ge=1, le=3)]
    owner: Slug
    rpo: Duration | None = None
    rto: Duration | None = None
    protection: tuple[Protection, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    runbooks: tuple[Slug, ...] = ()
    ladder: Slug | None = None
    depends_on: tuple[Slug, ...] = ()
    facts: dict[Name, Value] = {}


class ResourceCheck(Shape):
    http: Http | None = None
    exec: Exec | None = None
    tcp: str | None = None


class Resource(Shape):
    id: Slug
    kind: Literal["server", "storage", "network", "auth", "credential", "service", "people", "database", "host"]
    name: Annotated[str, short(75)]
    owner: Slug | None = None
    check: ResourceCheck | None = None
    every: Duration | None = None
    fallback: Slug | None = None
    depends_on: tuple[Slug, ...] = ()
    facts: dict[Name, Value] = {}


def _own_word(id_: str) -> str:
    if id_ == CLOCK:
        message = f"“{id_}” is what Handrail's own clock is called in the record"
        raise ValueError(message)
    return id_


class QuietHours(Shape):
    """Wall times in the person's own zone between which drills and digests leave them alone; never a live page."""

    from_: Annotated[WallTime, Field(alias="from")]
    to: WallTime


class Person(Shape):
    id: Annotated[Slug, AfterValidator(_own_word)]
    name: Annotated[str, short(75)]
    slack: SlackUser | None = None
    team_id: str | None = None
    """The Slack team of `slack`, where more than one is connected."""
    email: str | None = None
    timezone: str = "UTC"
    joined: Day | None = None
    quiet: QuietHours | None = None
    pager: tuple[PagerName, ...] = ()
    """Channels beyond Slack, the first to try first. Each names a variable that holds an Apprise URL."""


class Team(Shape):
    id: Slug
    name: Annotated[str, short(75)] | None = None
    members: tuple[Slug, ...] = ()
    slack_group: SlackGroup | None = None
    channel: SlackChannel | None = None
    pager: tuple[PagerName, ...] = ()
    """Channels of the team, tried after a person's own."""


class Override(Shape):
    from_: Annotated[Instant, Field(alias="from")]
    to: Instant
    who: Slug


class Rotation(Shape):
    """Turns of people in their own time zone, or a calendar feed."""

    id: Slug
    team: Slug | None = None
    timezone: str = "UTC"
    starts: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$")] | None = None
    turn: Duration | None = None
    order: tuple[Slug, ...] = ()
    overrides: tuple[Override, ...] = ()
    ics: str | None = None

    @model_validator(mode="after")
    def _has_turns_or_a_feed(self) -> "Rotation":
        turns = self.starts is not None and self.turn is not None and bool(self.order)
        if turns == (self.ics is not None):
            message = "write either `starts`, `turn` and `order`, or `ics`"
            raise ValueError(message)
        if self.turn is not None and not self.turn:
            message = "a turn must last longer than nothing"
            raise ValueError(message)
        return self


class Rung(Shape):
    after: Duration
    tell: Annotated[tuple[str, ...], Field(min_length=1)]
    via: tuple[Via, ...] = ("slack",)
    repeat: Annotated[int, Field(ge=1, le=20)] | None = None


class Ladder(Shape):
    id: Slug
    rungs: Annotated[tuple[Rung, ...], Field(min_length=1)]


class AssetsFile(Shape):
    schema_: Annotated[Literal["assets/v1"], Field(alias="schema")]
    assets: tuple[Asset, ...] = ()


class ResourcesFile(Shape):
    schema_: Annotated[Literal["resources/v1"], Field(alias="schema")]
    resources: tuple[Resource, ...] = ()


class PeopleFile(Shape):
    schema_: Annotated[Literal["people/v1"], Field(alias="schema")]
    people: tuple[Person, ...] = ()
    teams: tuple[Team, ...] = ()
    rotations: tuple[Rotation, ...] = ()
    ladders: tuple[Ladder, ...] = ()


FILES: dict[str, type[Shape]] = {"assets/v1": AssetsFile, "resources/v1": ResourcesFile, "people/v1": PeopleFile}


class Catalogue(Shape):
    """Everything of the folder but the runbooks, by id."""

    assets: dict[str, Asset] = {}
    resources: dict[str, Resource] = {}
    people: dict[str, Person] = {}
    teams: dict[str, Team] = {}
    rotations: dict[str, Rotation] = {}
    ladders: dict[str, Ladder] = {}

    def members(self, reference: Any) -> tuple[str, ...]:  # noqa: ANN401  (a text or a list of texts, as written)
        """Person ids behind ``team:ID``, ``rotation:ID``, ``person:ID``, ``everybody`` or a list of them, each once.

        Unknown ones are left out.
        """
        if not isinstance(reference, str):
            return tuple(dict.fromkeys(one for part in reference for one in self.members(part)))
        kind, _, name = reference.partition(":")
        match kind:
            case "everybody":
                return tuple(self.people)
            case "person":
                return (name,) if name in self.people else ()
            case "team":
                return (
                    tuple(one for one in self.teams[name].members if one in self.people) if name in self.teams else ()
                )
            case "rotation" if name in self.rotations:
                rotation = self.rotations[name]
                return tuple(dict.fromkeys([*rotation.order, *(self.members(f"team:{rotation.team}"))]))
            case _:
                return ()
