"""`/sign-in` and `/sign-out`: a browser goes through Slack, comes back proven, and keeps a signed cookie."""

import asyncio
import hmac
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.bulkhead import bulkhead
from bot.web.access.gate import SIGN_IN, Way, own_path
from bot.web.access.membership import Members, Unanswered
from bot.web.access.openid import NotProven, OpenId, Unreachable
from bot.web.access.sealing import SESSION_LASTS, SIGNING_IN_LASTS, CookieSigner, Session, SigningIn
from bot.web.pages.frame import STRICT, draw, respond, respond_in_words
from bot.web.pages.reader import PageReader

DONE, LEAVE = f"{SIGN_IN}/done", "/sign-out"
_AGAIN = "Sign in again. If it stays so, tell whoever runs Handrail: the log says why."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where people sign in. `new_secret` makes long random text; `secure` says that the pages are reached by https."""

    openid: OpenId
    members: Members
    sealer: CookieSigner
    now: Callable[[], datetime]
    new_secret: Callable[[], str]
    secure: bool

    @property
    def cookie(self) -> str:
        """The session's cookie; browsers keep one named so to this host, and to https."""
        return "__Host-handrail" if self.secure else "handrail"

    @property
    def _entering(self) -> str:
        return f"{self.cookie}-entering"

    def way(self) -> Way:
        """The way in of those who signed in; members are looked at again every hour."""

        def judge(request: Request) -> PageReader | Response | None:
            session = self.sealer.read_session(request.cookies.get(self.cookie, ""), self.now())
            if session is None:
                return None
            why = self.members.why_no_longer(session.user)
            if why:
                return _refuse(why)
            return PageReader(session.name, f"You read as {session.name}.", may_leave=True)

        return judge

    def ask(self, request: Request) -> Response:
        """The page with the one link that leads to Slack."""
        to = own_path(request.query_params.get("to", "/"))
        return respond(draw("sign_in", reader=None, address=f"{SIGN_IN}/slack?to={quote(to)}"))

    def send(self, request: Request) -> Response:
        """Lead to Slack, and let the browser keep what has to match when it comes back."""
        going = SigningIn(
            self.new_secret(), self.new_secret(), self.new_secret(), own_path(request.query_params.get("to", "/"))
        )
        try:
            team = self.members.team
        except Unanswered:
            return _later()
        address = self.openid.address_to_enter(team, going.state, going.nonce, going.verifier)
        answer = RedirectResponse(address, 303, STRICT)
        kept = self.sealer.write(going, self.now() + SIGNING_IN_LASTS)
        self._keep(answer, self._entering, kept, int(SIGNING_IN_LASTS.total_seconds()))
        return answer

    def receive(self, request: Request) -> Response:
        """Take somebody back from Slack: let in, or told why not."""
        answer = self._receive(request)
        self._keep(answer, self._entering, "", 0)
        return answer

    def _receive(self, request: Request) -> Response:
        asked = request.query_params
        going = self.sealer.read_signing_in(request.cookies.get(self._entering, ""), self.now())
        if going is None or not hmac.compare_digest(going.state.encode(), asked.get("state", "").encode()):
            return _not_begun()
        if "code" not in asked:
            return respond_in_words(403, "You are not signed in", "Slack did not let you in, or you said no.", _AGAIN)
        try:
            proven = self.openid.redeem(asked["code"], going.nonce, going.verifier)
            if proven.team != self.members.team:
                return _refuse("That is another Slack workspace than the one this Handrail is in.")
            why = self.members.why_not(proven.user)
        except NotProven as wrong:
            log.warning("somebody was not let in", reason=str(wrong))
            return _not_begun()
        except (Unreachable, Unanswered):
            return _later()
        return _refuse(why) if why else self._let_in(Session(proven.user, proven.name[:200]), going.to)

    def _let_in(self, session: Session, to: str) -> Response:
        answer = RedirectResponse(to, 303, STRICT)
        kept = self.sealer.write(session, self.now() + SESSION_LASTS)
        self._keep(answer, self.cookie, kept, int(SESSION_LASTS.total_seconds()))
        return answer

    def leave(self, request: Request) -> Response:
        """Sign out; only when our own page asks for it."""
        if not sent_by_our_page(request):
            return respond_in_words(403, "You are still signed in", "That did not come from our own page.", _AGAIN)
        answer = RedirectResponse(SIGN_IN, 303, STRICT)
        self._keep(answer, self.cookie, "", 0)
        return answer

    def _keep(self, answer: Response, name: str, text: str, seconds: int) -> None:
        answer.set_cookie(name, text, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax")


def entrance_routes(entrance: Entrance, pool: Executor) -> list[BaseRoute]:
    """Where one signs in and out; Slack is asked on a thread of `pool`."""

    def on_a_thread(work: Callable[[Request], Response]) -> Callable[[Request], object]:
        async def answer(request: Request) -> Response:
            return await asyncio.get_running_loop().run_in_executor(pool, _answer, work, request)

        return answer

    return [
        Route(SIGN_IN, on_a_thread(entrance.ask), methods=["GET"]),
        Route(f"{SIGN_IN}/slack", on_a_thread(entrance.send), methods=["GET"]),
        Route(DONE, on_a_thread(entrance.receive), methods=["GET"]),
        Route(LEAVE, on_a_thread(entrance.leave), methods=["POST"]),
    ]


def sent_by_our_page(request: Request) -> bool:
    """Whether the browser says that a page of this very host sent this: a foreign page can forge neither header."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site == "same-origin"
    return origin is not None and origin.partition("://")[2] == request.headers.get("host")


def _answer(work: Callable[[Request], Response], request: Request) -> Response:
    with bulkhead(log, "somebody could not sign in or out", path=request.url.path):
        return work(request)
    return respond_in_words(500, "That did not work", "Nobody was signed in or out.", _AGAIN)


def _refuse(why: str) -> Response:
    return respond_in_words(403, "You may not read here", why, "Recoveries go on in Slack. Ask whoever runs Handrail.")


def _not_begun() -> Response:
    said = "This sign-in was not begun in this browser, took longer than ten minutes, or was used already."
    return respond_in_words(403, "You are not signed in", said, _AGAIN)


def _later() -> Response:
    said = "Slack does not answer just now, so nobody can sign in. Whoever is signed in stays so."
    return respond_in_words(503, "Slack does not answer", said, "Try again in a minute.")
