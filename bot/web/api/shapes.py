"""What the API tells, as models: the answers are written from them, and so is the OpenAPI document."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Told(BaseModel):
    """A record of the API; within version 1 fields may be added, and none goes or changes its meaning."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class RunLine(Told):
    """A run as lists tell it."""

    ref: str = Field(description="The name of the run, such as ORDERS-7.")
    asset: str = Field(description="The id of the asset.")
    asset_name: str
    tier: int = Field(description="1 is the most important.")
    runbook: str = Field(description="The id of the runbook.")
    digest: str = Field(description="SHA-256 of the runbook's text that the run is pinned to.")
    title: str = Field(description="The title of the runbook.")
    mode: Literal["live", "drill", "training"]
    state: Literal["open", "ended"]
    outcome: str | None = Field(description="How it ended; also set while an ended run waits for a review.")
    waits_for_review: bool = Field(description="It has ended, and a broken glass was not reviewed yet.")
    operator: str | None = Field(description="The id of the person who operates.")
    operator_name: str | None
    step: str | None
    step_title: str | None
    phase: str | None
    started_at: datetime
    ended_at: datetime | None
    rto_seconds: int | None = Field(description="The time within which the asset has to be back, from the start.")
    due_at: datetime | None = Field(description="When the clock does something next if nobody acts.")
    records: int = Field(description="How many records the run has.")
    head: str = Field(description="The hash of its last record.")
    imported: bool = Field(description="It was brought here by `handrail import`.")
    evidence: bool = Field(description="It was imported as evidence: its record breaks the law.")


class RunWhole(RunLine):
    """One run."""

    place: str = Field(description="Where it stands, in words.")
    objective: str = Field(description="What is true once it is done.")
    requester: str = Field(description="The id of the person who started it.")
    continues: str | None = Field(description="The ref of the run that it went on from.")
    timeline: str = Field(description="Where its timeline is.")


class RunList(Told):
    """Runs, the newest first."""

    runs: tuple[RunLine, ...]
    next_cursor: str | None = Field(description="What to send as `cursor` for the next page; null at the end.")


class ProtectionLine(Told):
    """What should happen on every normal day."""

    id: str
    method: str
    every_seconds: float


class AssetLine(Told):
    """An asset of the catalogue."""

    id: str
    name: str
    aliases: tuple[str, ...]
    type: str
    tier: int
    owner: str = Field(description="The id of the team.")
    rto_seconds: float | None
    rpo_seconds: float | None
    protection: tuple[ProtectionLine, ...]
    runbooks: tuple[str, ...]
    depends_on: tuple[str, ...]


class AssetList(Told):
    """All assets, the most important first."""

    assets: tuple[AssetLine, ...]


class RunbookLine(Told):
    """A runbook as it serves now."""

    id: str
    title: str
    status: Literal["draft", "active", "retired"]
    objective: str
    enter_when: tuple[str, ...]
    owner: str = Field(description="The id of the team.")
    digest: str = Field(description="SHA-256 of its text.")
    file: str
    steps: int
    assets: tuple[str, ...] = Field(description="The ids of the assets that name it.")


class RunbookList(Told):
    """All runbooks by their titles."""

    runbooks: tuple[RunbookLine, ...]


class Problem(Told):
    """Why there is no answer, and what to do (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


MODELS: tuple[type[Told], ...] = (RunList, RunWhole, AssetList, RunbookList, Problem)
