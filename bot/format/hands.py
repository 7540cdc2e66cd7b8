"""What hands may do at all: kept by whoever owns production, not by authors."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from bot.format.pattern import has_form, require_regex
from bot.format.pieces import Effect, HeaderName, Method, Name, Shape, Slug, short

HANDS = "hands/v1"
EFFECTS: tuple[Effect, ...] = ("read", "change", "destroy")
"""The weakest first."""
_VARIABLE = r"^[A-Z_][A-Z0-9_]{0,63}$"
_ORIGIN = r"^https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$"
Variable = Annotated[str, StringConstraints(pattern=_VARIABLE)]


def _whole_path(path: str) -> str:
    if not path.startswith("/") or ".." in path.split("/"):
        message = "write the whole path, such as /usr/bin/df"
        raise ValueError(message)
    return path


def _pattern(shape: str) -> str:
    require_regex(f"^(?:{shape})$", "the shape")
    return shape


WholePath = Annotated[str, short(300), AfterValidator(_whole_path)]
ArgumentShape = Annotated[str, short(400), AfterValidator(_pattern)]


class Program(Shape):
    """A program that may be executed, and the shapes that its arguments may have."""

    path: WholePath
    """The whole path of the file that is executed."""
    name: Annotated[str, short(100)] | None = None
    """What runbooks call it; the last part of its path where nothing is written."""
    args: tuple[ArgumentShape, ...] | None = None
    """A regular expression for each argument, which has to fit it whole; any arguments where nothing is written."""
    more: ArgumentShape | None = None
    """The shape of every further argument; none may follow where nothing is written."""
    profile: Name | None = None
    """The one profile with which it may be executed; any where nothing is written."""

    @property
    def called(self) -> str:
        """What runbooks call it."""
        return self.name or self.path.rpartition("/")[2]

    def takes(self, arguments: Sequence[str | None]) -> bool:
        """Whether all of these fit the shapes; one that is not known yet (None) may."""
        if self.args is None:
            return True
        shapes = (*self.args, *([self.more] * (len(arguments) - len(self.args)) if self.more else ()))
        return len(shapes) == len(arguments) and all(
            argument is None or has_form(argument, f"^(?:{shape})$")
            for shape, argument in zip(shapes, arguments, strict=True)
        )


class Reader(Program):
    """A program that may be executed without a press: each of its arguments has a shape, and it can only read."""

    args: tuple[ArgumentShape, ...]
    """A regular expression for each argument, which has to fit it whole; `[]` for none."""


class Endpoint(Shape):
    """Web requests that a press may send: to one server, of one shape."""

    origin: Annotated[str, short(300), StringConstraints(pattern=_ORIGIN)]
    """Scheme, host and port where it is not the usual one: `https://awx.example.com`."""
    path: ArgumentShape
    """A regular expression for what follows the origin, path and query, which has to fit it whole."""
    methods: Annotated[tuple[Method, ...], Field(min_length=1)] = ("GET",)
    """What may be asked."""
    headers: dict[HeaderName, ArgumentShape] = {}
    """Header -> the shape of its value; beside these a runbook may write `Accept` and `Content-Type`."""
    body: ArgumentShape | None = None
    """The shape of what is sent; anything where nothing is written."""
    profile: Name | None = None
    """The one profile with which it is sent; any where nothing is written."""
    private: bool = False
    """The server may be at a private address of one's own network; otherwise such an address is refused."""
    ca: WholePath | None = None
    """A file with the certificates that sign this server's, where no public authority does."""
    hosts: Literal["live", "drill"] = "live"
    """A drill never reaches a live server, and a live run never a drill server."""

    def takes(self, method: str, target: str | None, headers: Sequence[tuple[str, str | None]]) -> bool:
        """Whether a request has this shape; what is not known yet (None) may."""
        shapes = {name.lower(): shape for name, shape in self.headers.items()}
        shapes = {"accept": ".*", "content-type": ".*"} | shapes
        fits = target is None or has_form(target, f"^(?:{self.path})$")
        return fits and method in self.methods and all(
            name.lower() in shapes and (value is None or has_form(value, f"^(?:{shapes[name.lower()]})$"))
            for name, value in headers
        )  # fmt: skip

    def sends(self, body: str | None) -> bool:
        """Whether this may be sent; what is not known yet (None) may."""
        return self.body is None or body is None or has_form(body, f"^(?:{self.body})$")


class ReadEndpoint(Endpoint):
    """Web requests that go without a press: they only read."""

    methods: Annotated[tuple[Literal["GET", "HEAD"], ...], Field(min_length=1)] = ("GET",)
    """What may be asked."""
    body: None = None
    """Nothing is sent."""

    def sends(self, body: str | None) -> bool:
        """Nothing is."""
        return body == ""


class Connectable(Shape):
    """Where connections may be opened to, to see whether somebody is there; nothing is sent."""

    to: ArgumentShape
    """A regular expression for host and port, which has to fit it whole: `db-[0-9]+[.]example[.]com:5432`."""
    private: bool = False
    """It may be at a private address of one's own network; otherwise such an address is refused."""


class Profile(Shape):
    """What a program finds in its environment, and what a web request has in its headers."""

    read_only: bool = False
    """Its credentials can only read: what runs without a press is given no other."""
    set: dict[Variable, Annotated[str, StringConstraints(max_length=1000)]] = {}
    """Variable -> its value, which is no secret."""
    files: dict[Variable, WholePath] = {}
    """Variable -> the file that holds its secret value."""
    paths: dict[Variable, WholePath] = {}
    """Variable -> a file whose path is handed over, such as a PGPASSFILE."""
    headers: dict[HeaderName, WholePath] = {}
    """Header -> the file that holds its secret value, for web requests alone: `Authorization`."""


class HandsPlace(Shape):
    """A place that these hands serve: `bot`, or what a runbook writes behind `at:`."""

    at: Annotated[str, short(200)]
    """The place, as `at:` of a command reads once it is filled in; `bot` where a runbook writes none."""
    effect: Effect = "read"
    """The strongest that may happen there."""
    hosts: Literal["live", "drill"] = "live"
    """A drill never reaches a live host, and a live run never a drill host."""


class Approved(Shape):
    """A version of a runbook that somebody other than its author has read, and lets hands execute."""

    runbook: Slug
    """The runbook, for those who read this file."""
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """The SHA-256 of this very version, as `handrail check --hands` prints it."""
    by: Annotated[str, short(75)]
    """Who read it; never whoever wrote it."""


class HandsFile(Shape):
    """Which commands hands may execute, where, with which secrets, and how many at a time."""

    schema_: Annotated[Literal["hands/v1"], Field(alias="schema")]
    """What this document is."""
    name: Annotated[str, short(60)]
    """What these hands are called in the record."""
    at_once: Annotated[int, Field(ge=1, le=100)] = 4
    """How many commands run at a time."""
    places: Annotated[tuple[HandsPlace, ...], Field(min_length=1)]
    """Where these hands execute; what a runbook wants elsewhere is left to others, or to people."""
    programs: tuple[Program, ...] = ()
    """What a press may start."""
    read: tuple[Reader, ...] = ()
    """What goes by itself, and a press may start too."""
    http: tuple[Endpoint, ...] = ()
    """What a press may send over the web."""
    http_read: tuple[ReadEndpoint, ...] = ()
    """What is sent by itself, and by a press too."""
    connect: tuple[Connectable, ...] = ()
    """Where a connection is opened to by itself."""
    readings: tuple[ArgumentShape, ...] = ()
    """What the catalogue may have looked at, a regular expression each: `resource:.*`, `protection:.*`, `link:.*`."""
    approved: tuple[Approved, ...] = ()
    """The versions of runbooks of which commands may be executed at all."""
    profiles: dict[Name, Profile] = {}
    """Name -> environment, as `profile:` of a command asks for it."""

    @model_validator(mode="after")
    def _profiles_are_there(self) -> "HandsFile":
        entries: tuple[Program | Endpoint, ...] = (*self.programs, *self.read, *self.http, *self.http_read)
        named = [one.profile for one in entries if one.profile is not None]
        for name in named:
            if name not in self.profiles:
                message = f"there is no profile “{name}” under `profiles:`"
                raise ValueError(message)
        readers = [(f"{one.called} under `read:`", one.profile) for one in self.read]
        readers += [(f"{one.origin} under `http_read:`", one.profile) for one in self.http_read]
        for called, profile in readers:
            if profile is not None and not self.profiles[profile].read_only:
                message = f"{called} needs a profile with `read_only: true`"
                raise ValueError(message)
        twice = [one.at for number, one in enumerate(self.places) if one.at in [two.at for two in self.places[:number]]]
        if twice:
            message = f"the place “{twice[0]}” is written twice"
            raise ValueError(message)
        return self

    def place(self, at: str) -> HandsPlace | None:
        """The place of this name, if these hands serve it."""
        return next((one for one in self.places if one.at == at), None)
