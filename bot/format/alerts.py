"""How the alerts of a source are read out of what it posts: where its fields stand, each as a JMESPath."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bot.format.pieces import Shape, Slug, short

ALERTS = "alerts/v1"
Path = Annotated[str, short(300)]
"""A JMESPath."""
_HEADER = r"^[A-Za-z0-9-]{1,80}$"
_VARIABLE = r"^[A-Z_][A-Z0-9_]{0,63}$"


class Signature(Shape):
    """How a source signs what it posts: HMAC-SHA256 in hexadecimal, over the body or over `TIME:BODY`."""

    secret: Annotated[str, StringConstraints(pattern=_VARIABLE)]
    """The variable of the environment that holds the secret; with `_FILE` behind it, the file that does."""
    header: Annotated[str, StringConstraints(pattern=_HEADER)]
    """The header that the signature stands in; several may stand there, with commas between them."""
    prefix: Annotated[str, short(20)] = ""
    """What stands before each signature, such as `v1=`."""
    time: Annotated[str, StringConstraints(pattern=_HEADER)] | None = None
    """The header with the Unix time that is signed too; what is older than five minutes is refused then."""


class AlertsFile(Shape):
    """How the alerts of one source are read."""

    schema_: Annotated[Literal["alerts/v1"], Field(alias="schema")]
    """What this document is."""
    source: Slug
    """What the source is called; tokens and addresses name it."""
    inside: Path | None = None
    """A text that holds the JSON which is meant, where the source wraps one in another."""
    alerts: Path = "@"
    """The list of alerts, or one of them."""
    only: Path | None = None
    """What has to be true of an alert for it to be taken; all are where nothing is written."""
    fingerprint: Path
    """What stays the same for the same alert: by it deliveries are told apart."""
    resolved: Path
    """What is true when the alert is over."""
    name: Path
    """What the alert is called."""
    summary: Path | None = None
    """What it says."""
    labels: Path | None = None
    """An object of labels and their values, a list of `name:value`, or such a list as one text; they find the asset."""
    began: Path | None = None
    """When it began: a date and time, or seconds or milliseconds since 1970."""
    delivery: Path | None = None
    """An id of this delivery: what came once under it is not taken again."""
    link: Path | None = None
    """Where the alert can be looked at."""
    runbook: Path | None = None
    """The link to its runbook."""
    signature: Signature | None = None
    """How it is signed; a token is asked for where nothing is written, and taken in any case."""
    topics: Annotated[str, StringConstraints(pattern=_VARIABLE)] | None = None
    """The variable with the ARNs of topics whose messages Amazon SNS signs itself, with commas between them."""

    @property
    def paths(self) -> dict[str, str]:
        """Every JMESPath, by its key."""
        named = [one for one in type(self).model_fields if one not in ("schema_", "source", "signature", "topics")]
        return {name: path for name in named if (path := getattr(self, name)) is not None}
