"""Builds the part that pages beyond Slack, and the links and pages by which people answer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Event

from starlette.routing import BaseRoute

from bot.engine import CommandHandler
from bot.journal.leases import AttemptLeases
from bot.library.registry import Registry
from bot.oncall.pager.message import DeliveryResult, PageMessage
from bot.oncall.pager.sender import PageSender
from bot.render.paging.beyond_slack import page_text
from bot.run.paging.ladder import PageAttempt
from bot.run.state import Run
from bot.web.answering.link import VALID, Claim, derive_secret, write_token
from bot.web.answering.routes import PATH, Counter, answer_routes
from bot.web.metrics import Meters
from bot.wiring.calling.channels import Channels
from bot.wiring.house import House, new_id, utc_now
from bot.workers.pager import AT_ONCE, Pager, Sending

Link = Callable[[Run, PageAttempt], str | None]


@dataclass(frozen=True, slots=True)
class Calling:
    """The loop that makes attempts, what makes it look, and the routes by which they are answered."""

    loop: Callable[[Event], None]
    look: Callable[[], None]
    routes: tuple[BaseRoute, ...]


def build_calling(house: House, meters: Meters, looks_every: float = 1.0) -> Calling:
    """The pager of a serving house, woken by its bell. Without a public address there are no links and no routes."""
    channels, handler, registry = Channels(house.environment), house.handler(), house.registry()
    sender = PageSender(channels.of_sender())
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="call")
    link, shared = link_of(house), partial(is_shared, registry)

    def write(run: Run, call: PageAttempt, key: str) -> PageMessage:
        return write_letter(handler, link, run, call, key, shared)

    def send(address: str, message: PageMessage) -> DeliveryResult:
        answer = sender.send(address, message)
        meters.deliver(_way_of(address), reached=answer.reached)
        return answer

    meters.expect_ways(_ways(channels, registry))
    hands = Sending(channels.address_of, write, send)
    pager = Pager(handler, AttemptLeases(house.journal()), hands, pool, token=new_id(), looks_every=looks_every)
    house.bell.add(pager.wake)

    def work(stopping: Event) -> None:
        try:
            pager.run(stopping)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            sender.close()

    if house.settings.public_url is None:
        return Calling(work, pager.look_now, ())
    counter = Counter(handler, partial(secret_of, house), lambda person: person in registry.catalogue.people, utc_now)
    return Calling(work, pager.look_now, tuple(answer_routes(counter)))


def _ways(channels: Channels, registry: Registry) -> set[str]:
    """Every kind of service by which the catalogue may call people now."""
    catalogue = registry.catalogue
    names = {name for person in catalogue.people.values() for name in person.pager}
    names |= {name for team in catalogue.teams.values() for name in team.pager}
    addresses = (channels.address_of(name) for name in names)
    return {_way_of(one) for one in addresses if isinstance(one, str)}


def _way_of(address: str) -> str:
    """The kind of service of an address: all of it that is no secret. Apprise looks at it in lower case, too."""
    return address.partition(":")[0].lower()[:20]


def secret_of(house: House) -> bytes:
    """What links are signed with: the same on every replica, and for as long as the setting that it comes from."""
    settings = house.settings
    named = {
        "HANDRAIL_LINK_SECRET": settings.link_secret,
        "SLACK_SIGNING_SECRET": settings.signing_secret,
        "SLACK_BOT_TOKEN": settings.bot_token,
    }
    name = next((name for name, value in named.items() if value), "SLACK_BOT_TOKEN")
    return derive_secret(house.secret(name)())


def link_of(house: House) -> Link:
    """Makes the link by which one person answers one page; the same for each attempt, valid for a day."""
    root = house.settings.public_url

    def make(run: Run, call: PageAttempt) -> str | None:
        page = run.pages.page(call.page)
        if root is None or page is None:
            return None
        return f"{root}{PATH}{write_token(secret_of(house), Claim(run.id, call.page, call.person, page.at + VALID))}"

    return make


def is_shared(registry: Registry, channel: str) -> bool:
    """Whether a channel is a team's, or that of several people: of all whom the catalogue knows, not of a run alone."""
    catalogue = registry.catalogue
    teams = any(channel in team.pager for team in catalogue.teams.values())
    return teams or sum(channel in person.pager for person in catalogue.people.values()) > 1


def write_letter(
    handler: CommandHandler,
    link: Link,
    run: Run,
    call: PageAttempt,
    key: str,
    is_known_as_shared: Callable[[str], bool] = lambda _: False,
) -> PageMessage:
    """What is sent for a call: by a channel of their own with their link, by one that is shared without."""
    page = run.pages.page(call.page)
    if page is None:
        raise LookupError(f"{run.start.ref} has no page {call.page}")
    shared = (
        is_known_as_shared(call.channel) or sum(call.channel in one.pagers for one in run.members.known.values()) > 1
    )
    # Whoever reads a channel that several people share would answer for the one that a link names.
    person, own = ("", None) if shared else (call.person, link(run, call))
    text = page_text(run, page, person, own, handler.now())
    return PageMessage(text.title, text.body, text.short, key)
