"""Sign in with Slack, against the local workspace's own provider: who gets in, and what cannot be forged."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from time import time

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from bot.web.access.gate import own_path
from bot.web.access.openid import Client, NotProven, OpenId, Unreachable
from bot.web.access.sealing import CookieSigner, Session, derive_key
from bot.wiring.access import build_entry
from bot.wiring.house import House
from bot.workspace.serve import Workspace
from tests.render.stories import at_look
from tests.story import NOON
from tests.web.access.browser import SAME, Browser, Visitor
from tests.web.access.conftest import GONE, LIMITED, environment_of, started
from tests.web.room import Room
from tests.workspace.office import ANA, GUEST

Visit = Callable[[], Visitor]
COOKIE = "__Host-handrail"


def test_a_member_signs_in_reads_where_they_wanted_to_and_signs_out(gated: Room, visit: Visit) -> None:
    gated.keep(at_look(), "ORDERS-7")
    ana = visit()
    sent = ana.pages.get("/runs/ORDERS-7?before=3")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?to=/runs/ORDERS-7%3Fbefore%3D3")
    asked = ana.pages.get(sent.headers["location"]).text
    assert 'href="/sign-in/slack?to=/runs/ORDERS-7%3Fbefore%3D3"' in asked
    assert "ORDERS-7<" not in asked
    back = ana.sign_in(ANA, "/runs/ORDERS-7?before=3")
    assert (back.status_code, back.headers["location"]) == (303, "/runs/ORDERS-7?before=3")
    page = ana.pages.get("/runs/ORDERS-7")
    assert page.status_code == 200
    assert "You read as Ana Lima." in page.text
    assert ana.pages.ask("POST", "/sign-out").status_code == 403
    assert ana.pages.ask("POST", "/sign-out", {"sec-fetch-site": "cross-site"}).status_code == 403
    assert ana.pages.get("/").status_code == 200
    assert ana.pages.ask("POST", "/sign-out", SAME).status_code == 303
    assert ana.pages.get("/").status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(visit: Visit) -> None:
    said = visit().sign_in(ANA).headers.get_list("set-cookie")
    kept = next(one for one in said if one.startswith(f"{COOKIE}="))
    for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=43200"):
        assert word in kept, word
    assert "Domain" not in kept
    assert any(one.startswith(f"{COOKIE}-entering=") and "Max-Age=0" in one for one in said)


@pytest.mark.parametrize(
    ("user", "words"),
    [
        (GUEST, "another Slack workspace"),
        (LIMITED, "Guests of the workspace may not read"),
        (GONE, "was deactivated"),
    ],
)
def test_guests_strangers_and_those_who_left_are_told_why_not(visit: Visit, user: str, words: str) -> None:
    visitor = visit()
    answer = visitor.sign_in(user)
    assert answer.status_code == 403
    assert words in answer.text
    assert visitor.pages.get("/").status_code == 303


def test_who_says_no_is_not_in(visit: Visit) -> None:
    visitor = visit()
    answer = visitor.come_back(visitor.say_who(visitor.go(), deny="1"))
    assert answer.status_code == 403
    assert "You are not signed in" in answer.text


def test_an_answer_counts_in_the_browser_that_asked_and_once(visit: Visit) -> None:
    """A link of somebody else's sign-in (login CSRF), a changed state, a replayed one."""
    ana, victim = visit(), visit()
    address = ana.say_who(ana.go(), **{"as": ANA})
    assert victim.come_back(address).status_code == 403
    victim.go()
    assert victim.come_back(address).status_code == 403
    assert victim.pages.get("/").status_code == 303
    address = ana.say_who(ana.go(), **{"as": ANA})
    assert ana.come_back(address.replace("state=", "state=x")).status_code == 403
    assert ana.sign_in(ANA).status_code == 303
    fresh = visit()
    used = fresh.say_who(fresh.go(), **{"as": ANA})
    kept = httpx.Cookies(fresh.pages.cookies)
    assert fresh.come_back(used).status_code == 303
    fresh.pages.cookies = kept
    assert fresh.come_back(used).status_code == 403


def test_a_code_of_another_sign_in_is_of_no_use(visit: Visit) -> None:
    """The code of somebody else, put into one's own way back: PKCE and the nonce hold it off."""
    thief, victim = visit(), visit()
    stolen = httpx.URL(victim.say_who(victim.go(), **{"as": ANA})).params["code"]
    own = httpx.URL(thief.say_who(thief.go(), **{"as": GUEST}))
    answer = thief.come_back(str(own.copy_set_param("code", stolen)))
    assert answer.status_code == 403
    assert thief.pages.get("/").status_code == 303


def test_what_was_changed_in_a_cookie_counts_no_more(visit: Visit, gated: Room) -> None:
    ana = visit()
    ana.sign_in(ANA)
    kept = ana.pages.cookies[COOKIE]
    body, seal = kept.split(".")
    claims = json.loads(urlsafe_b64decode(body + "=="))
    forged = urlsafe_b64encode(json.dumps(claims | {"user": "U0BEN"}).encode()).rstrip(b"=").decode()
    entering = visit()
    entering.go()
    other = entering.pages.cookies[f"{COOKIE}-entering"]
    for bad in (f"{forged}.{seal}", f"{body}.{'0' * 64}", body, "", other, "x" * 5000, f"{kept}0"):
        stranger = Browser(ana.pages.routes)
        assert stranger.get("/", {"cookie": f"{COOKIE}={bad}"}).status_code == 303, bad
    assert Browser(ana.pages.routes).get("/", {"cookie": f"{COOKIE}={kept}"}).status_code == 200


def test_a_session_ends_after_twelve_hours_and_with_its_key() -> None:
    sealer = CookieSigner(lambda: derive_key("one"))
    text = sealer.write(Session("U0ANA", "Ana"), NOON + timedelta(hours=12))
    assert sealer.read_session(text, NOON + timedelta(hours=11, minutes=59)) == Session("U0ANA", "Ana")
    assert sealer.read_session(text, NOON + timedelta(hours=12)) is None
    assert CookieSigner(lambda: derive_key("two")).read_session(text, NOON) is None
    assert sealer.read_signing_in(text, NOON) is None
    with pytest.raises(ValueError, match="empty secret"):
        derive_key(" ")


def test_one_leads_back_to_pages_of_ours_only() -> None:
    assert own_path("/runs/ORDERS-7?q=a%20b") == "/runs/ORDERS-7?q=a%20b"
    for bad in (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/a\r\nb",
        "evil",
        "",
        "/ü",
        "/" + "a" * 600,
    ):
        assert own_path(bad) == "/", bad


def test_while_slack_is_away_nobody_signs_in_and_everybody_stays(visit: Visit, slack: Workspace) -> None:
    ana, ben = visit(), visit()
    ana.sign_in(ANA)
    address = ben.say_who(ben.go(), **{"as": "U0BEN"})
    slack.outage(60)
    answer = ben.come_back(address)
    assert answer.status_code == 503
    assert "Slack does not answer" in answer.text
    assert ana.pages.get("/").status_code == 200


def test_without_the_scope_to_ask_nobody_is_let_in(slack: Workspace, pool: ThreadPoolExecutor) -> None:
    """Fails shut, and the page says what is missing."""
    few = tuple(one for one in slack.state.seed.scopes if one != "users:read")
    with started(replace(slack.state.seed, scopes=few)) as other:
        entry = build_entry(House(environment_of(other)), pool, "token")
        answer = Visitor(Browser(entry.routes), other).sign_in(ANA)
    assert answer.status_code == 403
    assert "lacks the scope users:read" in answer.text


def _openid(slack: Workspace) -> OpenId:
    client = Client(
        slack.openid.client_id, lambda: slack.openid.client_secret, "https://handrail.example.org/sign-in/done"
    )
    return OpenId(slack.api_url, client, time, time)


def _token(slack: Workspace, key: RSAKey, changed: Mapping[str, object] | None = None) -> str:
    claims = {
        "iss": slack.openid.issuer, "sub": ANA, "aud": slack.openid.client_id, "iat": int(time()),
        "exp": int(time()) + 60, "nonce": "the nonce", **(changed or {}),
    }  # fmt: skip
    return jwt.encode({"alg": "RS256", "kid": "local"}, claims, key, algorithms=["RS256"])


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"}, {"aud": "another"}, {"aud": ["another"]}, {"exp": 1}, {"nonce": "another"},
        {"nonce": None}, {"azp": "another"}, {"at_hash": "wrong"},
    ],
)  # fmt: skip
def test_a_token_with_a_wrong_claim_proves_nothing(slack: Workspace, changed: dict[str, object]) -> None:
    openid = _openid(slack)
    sound = _token(slack, slack.openid.key)
    assert openid._claims(sound, "the nonce", "token")["sub"] == ANA  # noqa: SLF001
    with pytest.raises(NotProven):
        openid._claims(_token(slack, slack.openid.key, changed), "the nonce", "token")  # noqa: SLF001


def test_a_token_of_another_key_or_without_any_proves_nothing(slack: Workspace) -> None:
    openid = _openid(slack)
    head = urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    body = _token(slack, slack.openid.key).split(".")[1]
    for bad in (_token(slack, RSAKey.generate_key(2048)), f"{head}.{body}.", "", "a.b.c", "x" * 100_000):
        with pytest.raises(NotProven):
            openid._claims(bad, "the nonce", "token")  # noqa: SLF001
    with pytest.raises(NotProven):
        openid.redeem("never given", "the nonce", "v" * 43)
    gone = OpenId("http://127.0.0.1:1/api/", Client("1.2", lambda: "hush", "https://handrail.example.org/"), time, time)
    with pytest.raises(Unreachable):
        gone.redeem("a code", "the nonce", "v" * 43)
