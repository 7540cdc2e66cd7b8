"""What a folder says once for all its files: owner, roles, times, and what its assets have in common."""

from typing import Annotated, Literal

from pydantic import Field

from bot.format.catalogue import Protection, Trigger
from bot.format.pieces import Drill, Duration, Language, Name, Policy, Review, Shape, Slug, Value

DEFAULTS = "defaults/v1"


class AssetDefaults(Shape):
    """What an asset has where it does not say so itself; `facts` are put together key by key."""

    type: str | None = None
    """What kind of thing it is, in a word: postgres, bucket, machine."""
    tier: Annotated[int, Field(ge=1, le=3)] | None = None
    """How much hangs on it: 1 critical, 2 important, 3 standard."""
    owner: Slug | None = None
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
    facts: dict[Name, Value] = {}
    """Values that runbooks read as `asset.NAME`."""
    tell_apart: tuple[Name, ...] = ()
    """The facts by which it is told from an asset that looks alike."""


class DefaultsFile(Shape):
    """What the files of a folder, and of the folders in it, need not say. The nearest folder wins, key by key."""

    schema_: Annotated[Literal["defaults/v1"], Field(alias="schema")]
    """What this document is."""
    owner: Slug | None = None
    """The team that keeps the runbooks and answers for the assets."""
    roles: dict[Name, str | tuple[str, ...]] = {}
    """Role -> `team:ID`, `rotation:ID` or a list of `person:ID`; a runbook may add roles and say others anew."""
    ladder: Slug | None = None
    """Who is called for the assets, in which order."""
    policy: Policy = Policy()
    """Times of people and sign-offs; a runbook may change single ones."""
    at: str | None = None
    """Where commands of runbooks run that do not say it themselves; such as `"{{ asset.host }}"`."""
    review: Review | None = None
    """How often runbooks are read again, and by whom."""
    drill: Drill | None = None
    """How often runbooks are drilled, and how."""
    language: Language | None = None
    """The language that runbooks are written in, such as `de`; rules about English words are silent then."""
    assets: AssetDefaults = AssetDefaults()
    """What every asset has."""
    tier_1: AssetDefaults = AssetDefaults()
    """What every asset of tier 1 has; it counts before `assets`."""
    tier_2: AssetDefaults = AssetDefaults()
    """What every asset of tier 2 has; it counts before `assets`."""
    tier_3: AssetDefaults = AssetDefaults()
    """What every asset of tier 3 has; it counts before `assets`."""
