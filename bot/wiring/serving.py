"""The process that serves: builds every part, supervises the threads, and ends in order."""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from functools import partial
from time import monotonic

import structlog

from bot.bulkhead import bulkhead
from bot.settings import Settings, missing_for_serving
from bot.web.health import NotReady, Probe, health_routes
from bot.wiring.counting import count_errors
from bot.wiring.house import CannotServe, House
from bot.wiring.process.collecting import no_collecting
from bot.wiring.process.later import LatePages
from bot.wiring.process.lock import sole_server
from bot.wiring.process.supervision import Ending, Supervisor, ending_on_signals
from bot.wiring.process.systemd import Systemd
from bot.wiring.process.webserver import address_of, listen_on, say_not_there, serve_web
from bot.wiring.reach import address_of_pages
from bot.wiring.staff import Staff, build_staff
from bot.workers.files import log_problems

ENDING = 4.0
"""Seconds in which every part has to be done when the process ends; five are promised."""

log = structlog.get_logger(__name__)


def serve(
    house: House, ready: Callable[[str], None] | None = None, listening: Callable[[str], None] | None = None
) -> Ending:
    """Serve until somebody asks for the end or a part dies.

    `listening` is called once when requests are taken, `ready` when every part is ready; each with the address of the
    pages, as a browser on this machine opens it.
    CannotServe, AlreadyServed or BadSettings when something that it stands on is missing.
    """
    begun = monotonic()
    settings = house.settings
    _insist_on(settings)
    supervisor, systemd = Supervisor(), Systemd(house.environment)
    with ExitStack() as stack:
        stack.enter_context(ending_on_signals(supervisor))
        stack.enter_context(_sole(settings))
        bound = stack.enter_context(closing(listen_on(settings.http)))
        stack.callback(house.close)
        with no_collecting():
            log_problems(house.registry().problems)
            staff = build_staff(house)
            count_errors(staff.meters.error)
        pages = LatePages(house, say_not_there)
        probes: dict[str, Probe] = {"process": partial(_probe_process, supervisor), **staff.probes}
        routes = [*health_routes(probes, {"process"}, staff.lives), *staff.routes, *pages.routes]
        supervisor.start("web", lambda stopping: serve_web(routes, bound, stopping, pages.close, supervisor.draining))
        supervisor.start("watchdog", partial(systemd.watch, staff.lives))
        for name, work in staff.loops.items():
            supervisor.start(name, work)
        log.info("serving", http=address_of(bound), socket_mode=settings.uses_socket_mode)
        opened_by = address_of_pages(settings, address_of(bound), house.pages_token)
        if listening is not None:
            listening(opened_by)
        _watch_for_readiness(staff, supervisor, begun, partial(_go_on, systemd, ready, opened_by, pages))
        return _end(supervisor, systemd, settings.drains_for)


def _insist_on(settings: Settings) -> None:
    missing = missing_for_serving(settings)
    if missing:
        lines = "\n".join(f"  {problem}" for problem in missing)
        raise CannotServe(f"Handrail cannot serve yet:\n{lines}\n  To try it without Slack: handrail try")


def _sole(settings: Settings) -> AbstractContextManager[None]:
    return nullcontext() if settings.sqlite_path is None else sole_server(settings.sqlite_path)


def _probe_process(supervisor: Supervisor) -> str:
    """That it is not about to end: a balancer sends what is new to others, while what still comes here is answered."""
    if supervisor.draining.is_set() or supervisor.stopping.is_set():
        raise NotReady("It ends: what still comes is answered, and nothing new should be sent here.")
    return "It serves."


def _end(supervisor: Supervisor, systemd: Systemd, drain: float) -> Ending:
    ending = supervisor.wait(drain)
    systemd.say("STOPPING=1")
    log.info("ending", reason=ending.reason)
    left = supervisor.join(ENDING)
    if left:
        log.warning("parts were left behind", parts=left)
    log.info("ended", code=ending.code)
    return ending


def _watch_for_readiness(staff: Staff, supervisor: Supervisor, begun: float, ready: Callable[[], None]) -> None:
    def watch() -> None:
        with bulkhead(log, "what was to be done once every part is ready broke") as waiting:
            while not supervisor.stopping.is_set():
                if _all_ready(staff.probes):
                    log.info("ready", seconds=round(monotonic() - begun, 2))
                    ready()
                    return
                supervisor.stopping.wait(0.05)
        if waiting.failure is not None:
            supervisor.end("ready died", 1)

    threading.Thread(target=watch, name="ready", daemon=True).start()


def _go_on(systemd: Systemd, ready: Callable[[str], None] | None, address: str, pages: LatePages) -> None:
    """What is left to do once every part is ready."""
    systemd.say("READY=1", f"STATUS=Serves at {address.partition('?')[0]}")
    if ready is not None:
        ready(address)
    pages.make()


def _all_ready(probes: Mapping[str, Probe]) -> bool:
    with bulkhead(log, "a probe broke"):
        try:
            for probe in probes.values():
                probe()
        except NotReady:
            return False
        return True
    return False
