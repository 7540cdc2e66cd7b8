"""Which gate a house has follows from its settings; a header counts when the proxy itself wrote it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.routing import BaseRoute

from bot.settings import BadSettings, read_settings
from bot.wiring.access import build_entry
from bot.wiring.house import House
from tests.web.access.browser import Browser
from tests.web.room import Room

TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1234567890-abcdef", "SLACK_APP_TOKEN": "xapp-1-A0-1234567890"}
PROXY = {"HANDRAIL_PROXY_HEADER": "X-Forwarded-User", "HANDRAIL_PROXY_FROM": "10.0.0.5, 10.1.0.0/16"}


def routes_of(room: Room, pool: ThreadPoolExecutor, **environment: str) -> tuple[BaseRoute, ...]:
    entry = build_entry(House(TOKENS | environment), pool, "token")
    gated = Room(room.journal, room.registry, room.pool, entry.access)
    gated.books.update(room.books)
    return (*gated.pages.routes, *entry.routes)


@pytest.mark.parametrize(
    ("environment", "status"),
    [
        ({}, 200),
        ({"HANDRAIL_HTTP": "0.0.0.0:8080"}, 403),
        ({"HANDRAIL_PUBLIC_URL": "https://handrail.example.org"}, 403),
        ({"HANDRAIL_PUBLIC_URL": "http://127.0.0.1:8080"}, 200),
        ({"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef"}, 403),
        (PROXY, 403),
    ],
)
def test_this_machine_reads_where_nothing_brings_the_outside_to_it(
    busy: Room, pool: ThreadPoolExecutor, environment: dict[str, str], status: int
) -> None:
    here = Browser(routes_of(busy, pool, **environment), peer="127.0.0.1", root="http://127.0.0.1:8080")
    assert here.get("/").status_code == 403
    assert here.get("/?token=token").status_code == (303 if status == 200 else status)
    answer = here.get("/")
    assert answer.status_code == status
    assert ("ORDERS-7" in answer.text) is (status == 200)


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("10.0.0.5", {"X-Forwarded-User": "Ana <Ruiz>"}, 200),
        ("10.1.2.3", {"X-Forwarded-User": "ana"}, 200),
        ("::ffff:10.1.2.3", {"X-Forwarded-User": "ana"}, 200),
        ("10.0.0.6", {"X-Forwarded-User": "ana"}, 403),
        ("127.0.0.1", {"X-Forwarded-User": "ana"}, 403),
        ("10.0.0.6", {"X-Forwarded-User": "ana", "X-Forwarded-For": "10.0.0.5"}, 403),
        ("10.0.0.5", {}, 403),
        ("10.0.0.5", {"X-Forwarded-User": " "}, 403),
        ("10.0.0.5", {"X-Forwarded-User": "a" * 201}, 403),
        ("10.0.0.5", {"X-Forwarded-Email": "ana"}, 403),
        ("elsewhere", {"X-Forwarded-User": "ana"}, 403),
    ],
)
def test_the_proxys_header_counts_from_the_proxy_alone(
    busy: Room, pool: ThreadPoolExecutor, peer: str, headers: dict[str, str], status: int
) -> None:
    browser = Browser(routes_of(busy, pool, HANDRAIL_HTTP="0.0.0.0:8080", **PROXY), peer=peer)
    answer = browser.get("/", headers)
    assert answer.status_code == status
    assert "Ana <Ruiz>" not in answer.text
    assert ("ORDERS-7" in answer.text) is (status == 200)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"HANDRAIL_PROXY_HEADER": "X-User"}, "HANDRAIL_PROXY_FROM: is not set"),
        ({"HANDRAIL_PROXY_FROM": "10.0.0.5"}, "HANDRAIL_PROXY_HEADER: is not set"),
        ({"HANDRAIL_PROXY_HEADER": "Cookie", "HANDRAIL_PROXY_FROM": "10.0.0.5"}, "only a proxy writes"),
        ({**PROXY, "HANDRAIL_PROXY_FROM": "0.0.0.0/0"}, "every address there is"),
        ({**PROXY, "HANDRAIL_PROXY_FROM": "10.0.0.5/8"}, "not a list of addresses"),
        ({"HANDRAIL_SLACK_CLIENT_ID": "1.2"}, "HANDRAIL_SLACK_CLIENT_SECRET: is not set"),
        ({"HANDRAIL_SLACK_CLIENT_ID": "1.2", "HANDRAIL_SLACK_CLIENT_SECRET": "short"}, "is not a client secret"),
        (
            {"HANDRAIL_SLACK_CLIENT_ID": "1.2", "HANDRAIL_SLACK_CLIENT_SECRET": "0123456789abcdef"},
            "HANDRAIL_PUBLIC_URL: is not set",
        ),
    ],
)
def test_half_a_way_in_is_none(environment: dict[str, str], words: str) -> None:
    with pytest.raises(BadSettings, match=words):
        read_settings(environment)
    whole = {"HANDRAIL_SLACK_CLIENT_ID": "1.2", "HANDRAIL_SLACK_CLIENT_SECRET": "hush" * 8}
    sound = read_settings({**PROXY, **whole, "HANDRAIL_PUBLIC_URL": "https://handrail.example.org"})
    assert "hush" not in repr(sound)
