"""A small office with a real desk on SQLite behind real listeners, and a real Slack wire in front of them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from slack_bolt import App, BoltRequest, BoltResponse
from slack_sdk import WebClient

from bot.engine import CommandHandler
from bot.engine.gathering import Around, Gatherer
from bot.engine.upkeep import Upkeep
from bot.format.runbook import Runbook
from bot.journal.database import open_engine
from bot.journal.store import Journal
from bot.journal.streams import AlertsOf
from bot.library.parse import parse_runbook
from bot.library.registry import Registry, load_shelf
from bot.oncall.roster import Roster
from bot.render.above import option_blocks
from bot.render.actions import run_buttons, run_overflow, step_buttons, step_overflow
from bot.render.message import Block
from bot.render.report.formats import Templates
from bot.render.step import shown_here
from bot.run.places import Over
from bot.run.state import Run
from bot.slack.hearing.context import ListenerContext
from bot.slack.listen import build_app
from bot.slack.messenger import SlackMessenger
from bot.slack.payload import answer_payload, answer_request
from bot.slack.people import People
from bot.slack.reports import Reporter
from bot.slack.windows import Windows
from bot.workspace.client import SlackUser
from bot.workspace.serve import Workspace
from bot.workspace.state import Channel, Command, Message, Seed, Shortcut, Team, User
from tests.places import migrated
from tests.slack.folder import write_folder

BOT = "U0BOT"
PEOPLE = ("U0ANA", "U0BEN", "U0CHEN", "U0DORA", "U0EVE")
SEED = Seed(
    bot_user=User(BOT, "handrail", "Handrail"),
    team=Team("T0ACME", "Acme", "acme"),
    users=(
        *(User(one, one[2:].lower(), one[2:].title()) for one in PEOPLE),
        User("U0GUS", "gus", "Gus", is_stranger=True, team="T0OTHER"),
    ),
    channels=(Channel("C0INC", "inc", (*PEOPLE, "U0GUS", BOT)), Channel("C0DATA", "data", (*PEOPLE, BOT))),
    commands=(Command("/recover", "Recover something"),),
    shortcuts=(Shortcut("start_recovery", "Start recovery"),),
    message_shortcuts=(Shortcut("add_to_record", "Add to the record"),),
    events=("app_home_opened",),
)


@dataclass
class Office:
    """Everything that a test looks at or turns."""

    workspace: Workspace
    handler: CommandHandler
    registry: Registry
    app: App
    context: ListenerContext
    at: datetime
    journal: Journal
    changed: list[str] = field(default_factory=list)
    requests: list[BoltRequest] = field(default_factory=list)

    def person(self, name: str) -> SlackUser:
        return self.workspace.person(f"U0{name.upper()}")

    def later(self, **span: float) -> None:
        self.at += timedelta(**span)

    @property
    def run(self) -> Run:
        """The newest run that changed."""
        return self.handler.load(self.changed[-1])

    @property
    def here(self) -> str:
        place = self.run.here
        return place.outcome if isinstance(place, Over) else place.step

    def show(self, *others: Block) -> Message:
        """Post what can be pressed now, as the notifier would with a card around it; or other buttons."""
        run = self.run
        lines = [] if isinstance(run.here, Over) else [*option_blocks(run, shown_here(run))]
        beside = [one["accessory"] for one in lines if "accessory" in one]
        own = [*run_buttons(run), *beside, *step_buttons(run), step_overflow(run), run_overflow(run)]
        elements = others or own
        client = WebClient(self.workspace.tokens.bot, self.workspace.api_url)
        blocks = [{"type": "actions", "elements": [one for one in elements if one is not None]}]
        posted = client.chat_postMessage(channel="C0INC", text=self.here, blocks=blocks)
        message = self.workspace.state.talk.message("C0INC", str(posted["ts"]))
        assert message is not None
        return message

    def kinds(self) -> list[str]:
        """What has happened in the newest run, in order."""
        return [type(event).__name__ for _, event, _ in self.handler.history(self.changed[-1])]

    def start(self, name: str = "ana", **typed: str) -> Run:
        """`/recover orders`, the form filled in and sent."""
        person = self.person(name)
        assert person.type("/recover orders", "C0INC").ok
        modal = person.modal()
        modal.fill("What do you see?", "Rows were changed by mistake").fill("What changed?", "Prices are 0")
        for label, text in typed.items():
            modal.fill(label.replace("_", " "), text)
        assert modal.submit().ok, modal.errors
        assert not person.has_modal, modal.words
        return self.run

    def press(self, name: str, label: str) -> SlackUser:
        """A person presses a button on what is shown now."""
        message = self.show()
        person = self.person(name)
        found, spot = person.find(label, "C0INC")
        assert found.ts == message.ts, f"{label} is not offered now"
        assert person.press_on(found, spot).ok
        return person

    def to_target(self) -> None:
        self.start()
        self.press("ana", "Rows are wrong")
        assert self.here == "target"

    def to_ask(self, target: str = "2026-11-22T11:00:00Z") -> None:
        self.to_target()
        assert self.press("ana", "Done").modal().fill("Recovery target, with offset", target).submit().ok
        assert self.here == "ask"

    def send_last_again(self) -> int:
        """Deliver the newest request once more, as Slack does when it heard no answer; the HTTP status."""
        return answer_payload(self.app, self.requests[-1].body).status

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        """Answer a request as the web server would, which has judged its signature."""
        return answer_request(self.app, req.raw_body.encode(), {name: one[0] for name, one in req.headers.items()})

    def told(self, name: str) -> list[str]:
        """What this person alone was told, oldest first."""
        state = self.workspace.state
        person = self.person(name)
        return [each.text for each in state.talk.whispers_to(person.id, "C0INC")]


def build_office(workspace: Workspace, folder: Path, later: Callable[[Callable[[], object]], object]) -> Office:
    """A desk on a fresh SQLite file, and Bolt's app with all listeners in front of it."""
    engine = open_engine(f"sqlite:///{folder / 'test.db'}")
    migrated(engine)
    journal, registry = Journal(engine), load_shelf(write_folder(folder))
    ids, references = itertools.count(1), itertools.count(1)
    changed: list[str] = []

    def book_of(digest: str) -> Runbook:
        return parse_runbook(str(journal.text_of(digest)))

    handler = CommandHandler(
        journal, book_of, lambda: office.at, lambda: f"id{next(ids)}", lambda run, _: changed.append(run)
    )
    client = WebClient(workspace.tokens.bot, workspace.api_url)
    reporter = Reporter(handler, SlackMessenger(client), Templates(), lambda: office.at, None)
    context = ListenerContext(
        handler, registry, People(lambda: registry.catalogue, lambda: "T0ACME"), Windows(client), lambda: office.at,
        lambda: f"REF{next(references)}", later, SlackMessenger(client), Roster(lambda: registry.catalogue.people),
        lambda: reporter,
        alerts_of=AlertsOf(journal).firing, journal=journal,
        upkeep=Upkeep(journal, registry, book_of, lambda: office.at),
        gatherer=Gatherer(journal, registry, book_of, Around(lambda *_: frozenset(), lambda: None), lambda: office.at),
    )  # fmt: skip
    app = build_app(context, client, workspace.tokens.signing_secret)
    office = Office(
        workspace, handler, registry, app, context, datetime(2026, 11, 22, 12, tzinfo=UTC), journal, changed
    )
    app.use(_remember(office.requests))
    return office


def _remember(requests: list[BoltRequest]) -> Callable[[BoltRequest, Callable[[], None]], None]:
    def remember(req: BoltRequest, next: Callable[[], None]) -> None:  # noqa: A002  (Bolt calls it so)
        requests.append(req)
        next()

    return remember
