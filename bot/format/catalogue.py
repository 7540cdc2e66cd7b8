"""What a team writes about itself: assets, what they lean on, people, teams, rotations, ladders."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from bot.format.pieces import Day, Duration, Exec, Http, Instant, Name, Shape, Slug, Value, short

SlackUser = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{2,}$")]
SlackGroup = Annotated[str, StringConstraints(pattern=r"^S[A-Z0-9]{2,}$")]
SlackChannel = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{2,}$")]
PagerName = Annotated[str, StringConstraints(pattern=r"^env:[A-Z][A-Z0-9_]{1,60}$")]
WallTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Via = Literal["slack", "pager"]
CLOCK = "clock"
"""Whose hand the record names for what happens by itself; no person may be called so."""


class FetchedReport(Shape):
    """How hands fetch the report of a backup that cannot send one."""

    http: Http | None = None
    """A request that is answered with it."""
    exec: Exec | None = None
    """A command that prints it."""
    reads: Annotated[str, short(500)] | None = None
    """A JMESPath that makes a report of the JSON that comes; what comes is one where nothing is written."""

    @model_validator(mode="after")
    def _names_one(self) -> "FetchedReport":
        if (self.http is None) == (self.exec is None):
            message = "write either `http:` or `exec:`"
            raise ValueError(message)
        return self


class Protection(Shape):
    """What should happen on every normal day, so that a recovery is possible."""

    id: Slug
    """Unique in the asset."""
    method: Annotated[str, short(200)]
    """What is backed up, by what, to where."""
    every: Duration
    """How often it should happen."""
    grace: Duration | None = None
    """So late it may be before it counts as missed."""
    target: Slug | None = None
    """The resource it goes to."""
    secondary: Slug | None = None
    """The resource that holds a second copy."""
    started_by: Annotated[str, short(120)] | None = None
    """Who or what starts it, such as a timer on a host."""
    verified_by: Annotated[str, short(120)] | None = None
    """Who or what looks whether it can be restored."""
    access: tuple[Annotated[str, short(120)], ...] = ()
    """Who can reach its copies: teams, people, or what holds the keys."""
    check: FetchedReport | None = None
    """How hands fetch its report, where it sends no heartbeat."""


class Trigger(Shape):
    """What starts a recovery."""

    alert: dict[str, str] | None = None
    """Labels of an alert, and their values."""
    missed: Slug | None = None
    """A protection of this asset that did not happen."""

    @model_validator(mode="after")
    def _names_one(self) -> "Trigger":
        if (self.alert is None) == (self.missed is None):
            message = "write either `alert:` or `missed:`"
            raise ValueError(message)
        return self


class Contact(Shape):
    """Somebody outside of the team who helps when a recovery fails: a vendor, a provider, a specialist."""

    who: Annotated[str, short(120)]
    """Whom, and for what."""
    phone: Annotated[str, short(40)]
    """The number that is answered at night."""
    url: Annotated[str, short(300)] | None = None
    """Where a case is opened."""
    contract: Annotated[str, short(120)] | None = None
    """The number or name by which they know us."""


class Asset(Shape):
    """Something that may have to be recovered."""

    id: Slug
    """Unique among the assets."""
    name: Annotated[str, short(75)]
    """What people call it; its id where nothing is written."""
    aliases: tuple[Annotated[str, short(60)], ...] = ()
    """Other names that somebody may type."""
    type: str
    """What kind of thing it is, in a word."""
    tier: Annotated[int, Field(ge=1, le=3)]
    """How much hangs on it: 1 critical, 2 important, 3 standard."""
    owner: Slug
    """The team that answers for it."""
    rpo: Duration | None = None
    """How much data may be lost, as time."""
    rto: Duration | None = None
    """How long it may be away."""
    protection: tuple[Protection, ...] = ()
    """What should happen on every normal day."""
    triggers: tuple[Trigger, ...] = ()
    """What starts a recovery."""
    runbooks: tuple[Slug, ...] = ()
    """The runbooks that are offered for it."""
    ladder: Slug | None = None
    """Who is called, in which order."""
    depends_on: tuple[Slug, ...] = ()
    """The resources that a recovery leans on."""
    contacts: tuple[Contact, ...] = ()
    """Who helps from outside when a recovery fails: vendors, providers."""
    facts: dict[Name, Value] = {}
    """Values that runbooks read as `asset.NAME`."""
    tell_apart: tuple[Name, ...] = ()
    """The facts by which it is told from an asset that looks alike; they stand wherever an asset is chosen."""


class ResourceCheck(Shape):
    """How one sees that a resource answers."""

    http: Http | None = None
    """A request that is answered while it works."""
    exec: Exec | None = None
    """A command that goes well while it works."""
    tcp: str | None = None
    """A host and a port that take a connection."""


class Resource(Shape):
    """Something that a recovery leans on."""

    id: Slug
    """Unique among the resources."""
    kind: Literal["server", "storage", "network", "auth", "credential", "service", "people", "database", "host"]
    """What it is."""
    name: Annotated[str, short(75)]
    """What people call it."""
    owner: Slug | None = None
    """The team that answers for it."""
    check: ResourceCheck | None = None
    """How one sees that it answers."""
    every: Duration | None = None
    """How often it is looked at."""
    rotated_on: Day | None = None
    """When it was replaced last, of a credential."""
    rotate_every: Duration | None = None
    """How often it has to be replaced, of a credential."""
    fallback: Slug | None = None
    """The resource that stands in for it."""
    depends_on: tuple[Slug, ...] = ()
    """What it leans on itself."""
    facts: dict[Name, Value] = {}
    """Values of it."""


def _own_word(id_: str) -> str:
    if id_ == CLOCK:
        message = f"“{id_}” is what Handrail's own clock is called in the record"
        raise ValueError(message)
    return id_


class QuietHours(Shape):
    """Wall times in the person's own zone between which drills and digests leave them alone; never a live page."""

    from_: Annotated[WallTime, Field(alias="from")]
    """When they begin, such as `"22:00"`."""
    to: WallTime
    """When they end."""


class Person(Shape):
    """Somebody who acts, signs or is called."""

    id: Annotated[Slug, AfterValidator(_own_word)]
    """Unique among the people."""
    name: Annotated[str, short(75)]
    """What they are called."""
    slack: SlackUser | None = None
    """Their Slack account."""
    team_id: str | None = None
    """The Slack team of `slack`, where more than one is connected."""
    email: str | None = None
    """Their address; calendars name them by it."""
    timezone: str = "UTC"
    """Their time zone."""
    joined: Day | None = None
    """The day since which they are there."""
    quiet: QuietHours | None = None
    """When drills and digests leave them alone."""
    pager: tuple[PagerName, ...] = ()
    """Channels beyond Slack, the first to try first. Each names a variable that holds an Apprise URL."""


class Team(Shape):
    """People who answer together."""

    id: Slug
    """Unique among the teams."""
    name: Annotated[str, short(75)] | None = None
    """What it is called."""
    members: tuple[Slug, ...] = ()
    """The people in it."""
    slack_group: SlackGroup | None = None
    """The user group that is mentioned."""
    channel: SlackChannel | None = None
    """The channel of the team."""
    pager: tuple[PagerName, ...] = ()
    """Channels of the team, tried after a person's own."""


class Override(Shape):
    """Somebody else for a while."""

    from_: Annotated[Instant, Field(alias="from")]
    """Since when."""
    to: Instant
    """Until when."""
    who: Slug
    """The person who is on call then."""


class Rotation(Shape):
    """Turns of people in their own time zone, or a calendar feed."""

    id: Slug
    """Unique among the rotations."""
    team: Slug | None = None
    """The team whose people it calls."""
    timezone: str = "UTC"
    """The zone of its wall times."""
    starts: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$")] | None = None
    """When the first turn begins: wall time, in quotes."""
    turn: Duration | None = None
    """How long a turn lasts."""
    order: tuple[Slug, ...] = ()
    """The people, one turn each."""
    overrides: tuple[Override, ...] = ()
    """Who stands in for whom, and when."""
    ics: str | None = None
    """A calendar feed instead: an address, or `env:NAME`."""

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
    """One step of a ladder."""

    after: Duration
    """When it is reached, since the start."""
    tell: Annotated[tuple[str, ...], Field(min_length=1)]
    """Whom it calls: team:ID, rotation:ID, person:ID or role:NAME."""
    via: tuple[Via, ...] = ("slack",)
    """How they are called."""
    repeat: Annotated[int, Field(ge=1, le=20)] | None = None
    """How often it is said again."""


class Ladder(Shape):
    """Who is called, in which order."""

    id: Slug
    """Unique among the ladders."""
    rungs: Annotated[tuple[Rung, ...], Field(min_length=1)]
    """The steps, the first one first."""


class AssetsFile(Shape):
    """Assets of the folder."""

    schema_: Annotated[Literal["assets/v1"], Field(alias="schema")]
    """What this document is."""
    assets: tuple[Asset, ...] = ()
    """The assets."""


class ResourcesFile(Shape):
    """What recoveries lean on."""

    schema_: Annotated[Literal["resources/v1"], Field(alias="schema")]
    """What this document is."""
    resources: tuple[Resource, ...] = ()
    """The resources."""


class PeopleFile(Shape):
    """People, and how they are on call."""

    schema_: Annotated[Literal["people/v1"], Field(alias="schema")]
    """What this document is."""
    people: tuple[Person, ...] = ()
    """The people."""
    teams: tuple[Team, ...] = ()
    """The teams."""
    rotations: tuple[Rotation, ...] = ()
    """The rotations."""
    ladders: tuple[Ladder, ...] = ()
    """The ladders."""


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
