"""A start from Slack: the command, its form, what is found for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Event, Lock
from time import monotonic
from urllib.parse import parse_qs, urlsplit

import structlog
from slack_bolt import Ack

from bot.bulkhead import bulkhead
from bot.engine import RunRow, StartPlan
from bot.engine.opening import StartRequest, plan_start, say_before_start
from bot.format.catalogue import Asset
from bot.format.runbook import Runbook
from bot.journal.outbox import Outbox
from bot.notifier.placing import NOWHERE
from bot.render import alerts, instead, message, runs
from bot.render.dialog import start_form
from bot.render.dialog import view as view_parts
from bot.render.dialog.replies import homeless_sentence, join_view
from bot.render.dialog.start_form import Stakes, StartOrigin, asset_options, choose_button, draw_start, pick_form
from bot.render.dialog.times import with_offsets
from bot.render.dialog.view import answers_in, block_of, notice, read_typed, read_written
from bot.render.dialog.zones import in_zone
from bot.render.message import Block, Message, actions, button, compose, foreign, section
from bot.render.runs import OpenRun
from bot.render.thread import CARD
from bot.run.commands import Refused
from bot.run.situation import Mode
from bot.slack.hearing.context import Body, ListenerContext, as_reply, key_of_form, say, whispered
from bot.slack.hearing.zones import known_zone, zone_of_sender
from bot.slack.people import sender_key
from bot.slack.windows import Shown
from bot.stopping import wake_at_end

OPEN_IT = "Open the form"
"""On a button that opens a form afresh."""
_WORDS = {
    Shown.UNSURE: "Slack did not say whether the form has opened. If you see it, go on there; if not, {do}. "
    "Nothing is lost.",
    Shown.NOT_OPEN: "Slack did not open the form in time, and nothing was recorded: {do}.",
}


def open_form(context: ListenerContext, ack: Ack, body: Body, view: Block, again: Block | None) -> None:
    """Open a form in front of whoever pressed or typed, and answer Slack.

    `again` is a button that does the same; without one the person is told to do it once more.
    """
    shown = context.windows.open(str(body.get("trigger_id")), in_zone(view, known_zone(context, body), context.now()))
    if shown is Shown.OPEN:
        ack()
        return
    said = _offer(shown, again)
    if "command" in body:
        ack(**as_reply(said))
        return
    context.later(lambda: say(context, body, said))
    ack()


def _offer(shown: Shown, again: Block | None) -> Message:
    sentence = _WORDS[shown].format(do="open it here" if again else "choose it once more")
    return compose(sentence, section(foreign(sentence, 600)), actions([again] if again else []))


_LOOK_EVERY, _LOOKS_UP = 0.2, 20.0
_GIVE_UP = 60.0
"""Seconds after which nobody waits for a card any more: it stands, or the list of runs is where people look."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    tell: Callable[[str], object]
    until: float


class Starters:
    """Runs whose card is yet to come. `run` on a thread; the card may be told by another process."""

    def __init__(self, outbox: Outbox) -> None:
        """Take the memory of what stands in Slack."""
        self._outbox, self._lock, self._some = outbox, Lock(), Event()
        self._waiting: dict[str, _Waiting] = {}

    def expect(self, run_id: str, tell: Callable[[str], object]) -> None:
        """Call `tell` with Slack's words when no place takes the card of this run. Never waits."""
        with self._lock:
            self._waiting[run_id] = _Waiting(tell, monotonic() + _GIVE_UP)
        self._some.set()

    def run(self, stopping: Event) -> None:
        """Look until `stopping`, and only while somebody waits."""
        wake_at_end(stopping, self._some.set)
        while not stopping.is_set():
            if not self._some.wait(_LOOKS_UP):
                continue
            with bulkhead(log, "could not see whether cards stand"):
                self.look()
            stopping.wait(_LOOK_EVERY)

    def look(self) -> None:
        """Tell those whose card goes nowhere; whoever has one waits no more."""
        with self._lock:
            waiting = dict(self._waiting)
        for run_id, one in waiting.items():
            known = self._outbox.of(run_id, [CARD, NOWHERE])
            stands = CARD in known and known[CARD].ts is not None
            if not stands and NOWHERE not in known and one.until > monotonic():
                continue
            with self._lock:
                self._waiting.pop(run_id, None)
                if not self._waiting:
                    self._some.clear()
            if not stands and NOWHERE in known:
                one.tell(known[NOWHERE].shown or "")


_TOO_LATE = "Slack did not open the form in time, and nothing has started. Try once more."
_MODES: Mapping[str, Mode] = {"live": "live", "drill": "drill"}
_ERROR = 250


def hear_choice(context: ListenerContext, ack: Ack, body: Body) -> None:
    """A button or menu that starts a recovery, or leads to a run that is open."""
    action = body["actions"][0]
    chosen = str((action.get("selected_option") or {}).get("value") or action.get("value") or "")
    match str(action["action_id"]):
        case runs.PICK:
            _show(
                context,
                ack,
                body,
                pick_form("", (), list_open(context), every=every_asset(context)),
                runs.start_button(OPEN_IT),
            )
        case runs.JOIN:
            _join(context, ack, body, chosen)
        case start_form.CHOOSE_ASSET | start_form.FIND_ASSET:
            again = choose_button(_asset(context, chosen), OPEN_IT)
            view = ask_to_start(context, chosen, _place(body).channel, context.people.sender_of(body))
            _show(context, ack, body, view, again)
        case start_form.CHOOSE_SEEN:
            _start_with(context, ack, body, chosen)
        case alerts.START_FROM_ALERT:
            _start_from_alert(context, ack, body, chosen)
        case instead.INSTEAD:
            _start_instead(context, ack, body, chosen)
        case view_parts.REDRAW:
            _redraw(context, body)
            ack()
        case _:
            ack()


def every_asset(context: ListenerContext) -> list[Asset]:
    """All that has a runbook, the most critical first; what has none comes after them."""
    registry = context.registry
    known = registry.catalogue.assets.values()
    return sorted(known, key=lambda one: (not registry.runbooks_for(one), one.tier, one.name))


def hear_typing(context: ListenerContext, ack: Ack, body: Body) -> None:
    """Somebody types into the look-up of assets: those that fit, best first; all of them while nothing is typed."""
    typed = str(body.get("value") or "")
    found = context.registry.find_assets(typed)
    near = [found.exact] if found.exact else list(found.near)
    ack(options=asset_options(near if typed.strip() else every_asset(context)))


def hear_start(context: ListenerContext, ack: Ack, body: Body) -> None:
    """The start form was sent: a run begins, or the form says what is missing."""
    view, place = body["view"], StartOrigin.read(body["view"])
    typed = read_typed(view)
    try:
        plan = _plan(context, body, place, typed)
        outcome = context.handler.start(plan, context.people.sender_of(body), "slack", key_of_form(body))
    except Refused as refused:
        beside = block_of(view, refused.field)
        if beside is not None:
            ack(response_action="errors", errors={beside: refused.sentence[:_ERROR]})
        else:
            ack(response_action="update", view=_again(context, body, typed, refused.sentence))
        return
    started = outcome.run.start
    context.expect_card(outcome.run.id, lambda why: _tell_starter(context, body, place, started.ref, why))
    if started.channel:
        ack(response_action="clear")
    else:
        where = "the channel of the owner's team" if started.owner_channel else "no channel yet: invite Handrail to one"
        ack(response_action="update", view=notice("Started", f"{started.ref} has started. Its card is in {where}."))


def _tell_starter(context: ListenerContext, body: Body, place: StartOrigin, ref: str, why: str) -> None:
    """Slack shows the run nowhere: whoever started it hears so where they pressed, and how to go on."""
    said = homeless_sentence(ref, why, context.page_of(ref))
    shown = context.windows.open(str(body.get("trigger_id")), notice("Started, but not shown", said))
    if shown is not Shown.OPEN and not (
        place.channel and context.windows.whisper(place.channel, sender_key(body)[1], whispered(said))
    ):
        log.warning("whoever started a run could not be told that no channel takes its card", run=ref)


def _plan(context: ListenerContext, body: Body, place: StartOrigin, typed: Mapping[str, str]) -> StartPlan:
    stakes = stakes_of(context, _asset(context, place.asset), place.channel, typed, context.people.sender_of(body))
    book = stakes.chosen
    if not stakes.books:
        raise Refused(f"No runbook is ready for {stakes.asset.name} any more, so nothing was started.")
    if book is None:
        raise Refused("Choose what you see.", field="runbook")
    typed = with_offsets(book, typed, lambda: zone_of_sender(context, body))
    mode: Mode = "drill" if book.status == "draft" else _MODES.get(typed.get("f:mode", ""), "live")
    wish = StartRequest(
        asset=place.asset, runbook=book.id, mode=mode, by=context.people.sender_of(body), inputs=answers_in(typed),
        damage_began=typed.get("f:damage_began", ""), reason=typed.get("f:reason", ""),
        channel=place.channel if place.channel[:1] in ("C", "G") else None,
    )  # fmt: skip
    return plan_start(context.registry, wish, context.now(), context.roster)


def _again(context: ListenerContext, body: Body, typed: Mapping[str, str], sentence: str) -> Block:
    """The start form once more with what it lacks; where nothing can start any more, what was written."""
    place, by = StartOrigin.read(body["view"]), context.people.sender_of(body)
    asset = context.registry.catalogue.assets.get(place.asset)
    stakes = stakes_of(context, asset, place.channel, typed, by, sentence) if asset else None
    written = read_written(body["view"])
    return draw_start(stakes) if stakes and stakes.books else notice("Not started", sentence, written)


def ask_to_start(context: ListenerContext, asset_id: str, channel: str, by: str) -> Block:
    """The start form of an asset for a person. Refused when the catalogue has no such asset."""
    return draw_start(stakes_of(context, _asset(context, asset_id), channel, {}, by))


def stakes_of(
    context: ListenerContext, asset: Asset, channel: str, typed: Mapping[str, str], by: str, said: str = ""
) -> Stakes:
    """What the start form of an asset shows now, to whoever would start it."""
    books = tuple(book for book in context.registry.runbooks_for(asset) if book.status != "retired")
    owner = context.registry.catalogue.teams.get(asset.owner)
    titles = {id_: book.title for id_, book in context.registry.runbooks.items()}
    stakes = Stakes(asset, owner, books, list_open(context, asset.id), channel, said, typed, titles)
    return stakes if stakes.chosen is None else replace(stakes, missing=_missing(context, asset, stakes.chosen.id, by))


def _missing(context: ListenerContext, asset: Asset, runbook: str, by: str) -> str:
    """Who would be missing, to sign or to be called. A word of warning: the form opens, whatever comes in its way."""
    try:
        plan = plan_start(context.registry, StartRequest(asset.id, runbook, "live", by), context.now(), context.roster)
    except Refused:
        return ""
    return say_before_start(plan, by, context.now())


def _asset(context: ListenerContext, asset_id: str) -> Asset:
    asset = context.registry.catalogue.assets.get(asset_id)
    if asset is None:
        raise Refused("The catalogue has no such asset any more. Type /recover to choose one.")
    return asset


def list_open(context: ListenerContext, asset: str | None = None) -> list[OpenRun]:
    """Runs that are open, as lists show them."""
    return [listed(row) for row in context.handler.open_runs(asset)]


def listed(row: RunRow) -> OpenRun:
    """A run's row as lists show it."""
    return OpenRun(
        row.run_id, row.ref, row.asset_name, row.title, row.mode, row.started_at, row.operator_name or "",
        row.step_title or "", row.channel, row.outcome, row.waits_for_review,
    )  # fmt: skip


def _start_instead(context: ListenerContext, ack: Ack, body: Body, chosen: str) -> None:
    """The start form of another runbook, filled in with what was typed for the one that was not needed."""
    run_id, runbook, asset_id = instead.read_instead(chosen)
    run, book = context.handler.load(run_id), context.registry.runbooks.get(runbook)
    if book is None or book.status == "retired":
        raise Refused(f"No runbook “{runbook}” is ready here any more. Type /recover to choose another.")
    fitting = [one for one in context.registry.catalogue.assets.values() if book.id in one.runbooks]
    own = [one for one in fitting if one.id == (asset_id or run.start.asset.id)]
    again = button(OPEN_IT, instead.INSTEAD, chosen, "primary")
    if not fitting:
        raise Refused(f"The catalogue has no asset for “{book.title}”. Ask the owner of the runbook, {book.owner}.")
    if not own and len(fitting) > 1:
        _show(context, ack, body, instead.which_asset(run, book, fitting), again)
        return
    by, channel = context.people.sender_of(body), (body.get("channel") or {}).get("id") or run.start.channel or ""
    stakes = stakes_of(context, (own or fitting)[0], channel, instead.typed_before(run, book), by)
    _show(context, ack, body, draw_start(stakes), again)


def meant_by_link(context: ListenerContext, typed: str) -> tuple[tuple[Asset, Runbook], ...]:
    """What the id of a runbook, or the link of an alert to it, means: the asset that it names, else those with alerts.

    Else every asset that the runbook is for; nothing, when no runbook is named so.
    """
    link = typed.removeprefix("<").removesuffix(">").partition("|")[0]
    try:
        parts = urlsplit(link)
    except ValueError:
        return ()
    book = context.registry.runbook(parts.path.rstrip("/").rpartition("/")[2])
    is_link = parts.scheme in ("http", "https") and bool(parts.netloc)
    if book is None or book.status == "retired" or not (is_link or link == book.id):
        return ()
    fitting = [one for one in context.registry.catalogue.assets.values() if book.id in one.runbooks]
    said = parse_qs(parts.query).get("asset", [""])[0]
    named = [one for one in fitting if said and said in (one.id, *one.aliases)]
    found = named or [one for one in fitting if len(fitting) > 1 and context.alerts_of(one.id)] or fitting
    return tuple((one, book) for one in found)


def form_filled_in(context: ListenerContext, asset: Asset, book: Runbook, channel: str, by: str) -> Block:
    """The start form of an asset with a runbook chosen, filled in with what its alerts say now. It starts nothing."""
    typed = {**alerts.typed_by_alerts(asset, book, context.alerts_of(asset.id)), "f:runbook": book.id}
    return draw_start(stakes_of(context, asset, channel, typed, by))


def _start_with(context: ListenerContext, ack: Ack, body: Body, chosen: str) -> None:
    """The start form of an asset with a runbook chosen."""
    asset_id, runbook = start_form.read_seen(chosen)
    asset, book = _asset(context, asset_id), context.registry.runbook(runbook)
    if book is None:
        raise Refused("There is no such runbook any more. Type /recover to choose what to recover.")
    view = form_filled_in(context, asset, book, _place(body).channel, context.people.sender_of(body))
    _show(context, ack, body, view, button(OPEN_IT, start_form.CHOOSE_SEEN, chosen, "primary"))


def _start_from_alert(context: ListenerContext, ack: Ack, body: Body, asset_id: str) -> None:
    """The start form of an asset, filled in with what its alerts say now. It starts nothing."""
    asset = _asset(context, asset_id)
    firing = context.alerts_of(asset.id)
    books = tuple(one for one in context.registry.runbooks_for(asset) if one.status != "retired")
    typed = alerts.typed_by_alerts(asset, alerts.likely_book(books, firing), firing)
    stakes = stakes_of(context, asset, _place(body).channel, typed, context.people.sender_of(body))
    _show(context, ack, body, draw_start(stakes), button(OPEN_IT, alerts.START_FROM_ALERT, asset.id, "primary"))


def _redraw(context: ListenerContext, body: Body) -> None:
    view = body["view"]
    place = StartOrigin.read(view)
    by = context.people.sender_of(body)
    stakes = stakes_of(context, _asset(context, place.asset), place.channel, read_typed(view), by)
    context.windows.redraw(view, in_zone(draw_start(stakes), known_zone(context, body), context.now()))


def _show(context: ListenerContext, ack: Ack, body: Body, view: Block, again: Block) -> None:
    """In the form that is open already, or in a new one."""
    shown = body.get("view") or {}
    if shown.get("type") != "modal":
        open_form(context, ack, body, view, again)
        return
    if not context.windows.redraw(shown, in_zone(view, known_zone(context, body), context.now())):
        raise Refused(_TOO_LATE)
    ack()


def _place(body: Body) -> StartOrigin:
    """Where a start was asked for: the form remembers it; a message stands in its channel."""
    view = body.get("view") or {}
    if view.get("type") == "modal":
        return StartOrigin.read(view)
    return StartOrigin((body.get("channel") or {}).get("id") or "")


def _join(context: ListenerContext, ack: Ack, body: Body, run_id: str) -> None:
    """The way to a run, on top of whatever is open, so that nothing typed is lost."""
    run = context.handler.load(run_id)
    row = context.handler.find(run.start.ref)
    link = context.windows.link_to(row.channel, row.thread_ts) if row and row.channel and row.thread_ts else ""
    view = join_view(listed(row), run, link) if row else notice("Not here", "That run is not here any more.")
    if (body.get("view") or {}).get("type") != "modal":
        open_form(context, ack, body, view, message.button(OPEN_IT, runs.JOIN, run_id, "primary"))
        return
    if context.windows.push(str(body.get("trigger_id")), view) is Shown.NOT_OPEN:
        raise Refused(_TOO_LATE)
    ack()
