"""Every kind of event, with texts in it that mean no good, and what a reader's tools make of the report."""

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from html.parser import HTMLParser

from bot.run.after.events import FollowUpAdded
from bot.run.events import Event, Started, StepEntered
from bot.run.evolve import evolve
from bot.run.paging.events import Paged
from bot.run.places import Former
from bot.run.situation import AssetAsItWas, FrozenRung, Parent, Somebody, Source, Stamp
from bot.run.state import Run, Unstarted
from bot.timeline.entries import Timeline
from tests.render.report.rich import told
from tests.render.walk import BOOK
from tests.story import NOON, ROLES

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> </pre></style> [a](http://evil.test) "
    "![b](http://evil.test/c) http://evil.test/d www.evil.test eve@evil.test @everyone #12 !7 "
    "<!channel> <@U0ANA> | a | `code` ``` *b* _i_ ~~s~~ "
    "{{ 7*7 }} {% for %} &lt; $x$ ^y^ :tada: \\ <!-- --> ]]> \u202etxt\u200b\n\n# h\n1. one\n- two\n\n---\n"
    "[r]: http://evil.test"
)
EVENTS: tuple[type, ...] = typing.get_args(Event)


def started() -> Started:
    """A start whose every name is hostile."""
    people = tuple(Somebody(one, f"{one} {HOSTILE}", "U0ANA") for one in ("ana", "ben", "chen", "dora"))
    asset = AssetAsItWas("orders-db", HOSTILE, 1, HOSTILE, HOSTILE, {"db": HOSTILE}, rpo=300, rto=14_400)
    return Started(
        "ORDERS-7", HOSTILE, HOSTILE, "d" * 64, {}, "live", asset, people, ROLES, (), None, "ana",
        {"damage": HOSTILE}, {},
        reason=HOSTILE, continues=HOSTILE, parent=Parent("run-0", HOSTILE, "look", 1),
    )  # fmt: skip


def timeline_with(kind: type) -> Timeline:
    """A run in which one event of this kind happened, as hostile as its fields allow."""
    event = started() if kind is Started else made(kind)
    first: list[Event] = [started(), StepEntered("look", 1), made(Paged), made(FollowUpAdded)]
    events: list[Event] = [event] if kind is Started else [*first, event]
    state: Run | Unstarted = Unstarted("run-1", BOOK)
    history = []
    for number, one in enumerate(events):
        stamp = Stamp(NOON + timedelta(minutes=number), "ana", "slack")
        state = evolve(state, one, stamp)
        history.append((one, stamp))
    assert isinstance(state, Run)
    return told(state, history, fault=HOSTILE)


def made(kind: type) -> Event:
    """An event of this kind."""
    hints = typing.get_type_hints(kind)
    fields = {field.name: _value(field.name, hints[field.name]) for field in dataclasses.fields(kind)}
    event: Event = kind(**fields)
    return event


def _value(name: str, hint: object) -> object:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if name in ("step", "to", "came_from") and hint in (str, str | None):
        return "look"
    if origin is typing.Literal:
        return arguments[0]
    if origin in (types.UnionType, typing.Union):
        return _value(name, arguments[0])
    if origin is tuple:
        whole = arguments[:1] if arguments[-1] is Ellipsis else arguments
        return tuple(_value(name, one) for one in whole)
    if origin is not None and issubclass(origin, Mapping):
        return {"rows": HOSTILE}
    match hint:
        case _ if hint is bool:
            return True
        case _ if hint is int:
            return 1
        case _ if hint is datetime:
            return NOON
        case _ if hint is Somebody:
            return Somebody("eve", HOSTILE, "U0EVE")
        case _ if hint is Source:
            return Source(HOSTILE, HOSTILE, HOSTILE)
        case _ if hint in (Former, AssetAsItWas, FrozenRung):
            raise AssertionError(f"{hint} is only in a start")
        case _ if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            inner = typing.get_type_hints(hint)
            return hint(**{field.name: _value(field.name, inner[field.name]) for field in dataclasses.fields(hint)})
        case _:
            return HOSTILE


class Reader(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def strange(self) -> Iterator[str]:
        """What a report never has: script, anything that is loaded, links that lead out of the page."""
        for tag, attributes in self.elements:
            if tag in ("script", "img", "iframe", "object", "embed", "link", "form", "base", "video", "audio"):
                yield tag
            for name, value in attributes.items():
                leaves = name in ("href", "src", "xlink:href") and not (value or "").startswith("#")
                if name.startswith("on") or name == "style" or leaves:
                    yield f"{tag} {name}={value}"
