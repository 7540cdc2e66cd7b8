"""From the catalogue to the phone and back: a start pages, the page brings a link, and the link answers it."""

import re
import shutil
from pathlib import Path
from threading import Thread

from bot.engine.opening import StartRequest, plan_start
from bot.run.commands import Tick
from bot.run.paging.events import PageAnswered
from bot.stopping import Stopping
from bot.web.metrics import Meters
from bot.wiring.calling.building import build_calling
from bot.wiring.house import House, utc_now
from tests.oncall.pager.receiver import receiving
from tests.web.asgi import ask
from tests.wiring.calling.room import wait_until

SHIPPED = Path(__file__).parent.parent.parent.parent / "runbooks"
ANA = 'id: ana, name: Ana Ruiz, slack: U0ANA, pager: ["env:ANA_SMS"]'
FIRST = '- {after: 0m, tell: ["person:ana"], via: [slack, pager]}'


def house_in(folder: Path, **environment: str) -> House:
    """The shipped runbooks, but that Ana has a channel of her own and is called first, beyond Slack too."""
    shutil.copytree(SHIPPED, folder / "runbooks")
    catalogue = folder / "runbooks" / "catalogue.yaml"
    text = catalogue.read_text(encoding="utf-8")
    changed = text.replace("id: ana, name: Ana Ruiz, slack: U0ANA", ANA, 1).replace(
        '- {after: 0m, tell: ["rotation:data-platform-primary"], via: [slack]}', FIRST, 1
    )
    assert ANA in changed
    assert FIRST in changed
    catalogue.write_text(changed, encoding="utf-8")
    usual = {"SLACK_BOT_TOKEN": "xoxb-1234567890", "DATABASE_URL": f"sqlite:///{folder}/handrail.db",
             "HANDRAIL_RUNBOOKS": str(folder / "runbooks")}  # fmt: skip
    return House(usual | environment)


def test_a_page_is_answered_on_a_phone(tmp_path: Path) -> None:
    with receiving() as receiver:
        address = {"ANA_SMS": receiver.url("sms"), "HANDRAIL_PUBLIC_URL": "https://handrail.example.org"}
        house, stopping = house_in(tmp_path, **address), Stopping()
        calling, handler = build_calling(house, Meters()), house.handler()
        working = Thread(target=calling.loop, args=(stopping,))
        working.start()
        try:
            wish = StartRequest("orders-db", "postgres-pitr", "live", "dora", {"damage_seen": "Rows are gone."})
            run = handler.start(plan_start(house.registry(), wish, utc_now()), "dora", "slack").run
            handler.handle(run.id, Tick(), "clock", "clock")
            wait_until(lambda: receiver.came)
            found = re.search(
                r"^Answer: https://handrail\.example\.org(/answer/\S+)$", receiver.came[0].body, re.MULTILINE
            )
            assert found is not None
            wait_until(lambda: handler.load(run.id).pages.pages[0].tries)
            kind = {b"content-type": b"application/x-www-form-urlencoded"}
            answer = ask(calling.routes, "POST", found[1], b"answer=on", kind)
            assert "You are on it." in answer.text
            happened = [(event, stamp.by, stamp.via) for _, event, stamp in handler.history(run.id)]
            assert (PageAnswered(1), "ana", "web") in happened
            assert all("hunter2" not in record.body for record in house.journal().records(run.id))
        finally:
            stopping.set()
            working.join(30)
            house.close()
        assert not working.is_alive()


def test_without_a_public_address_there_is_no_link_and_no_page(tmp_path: Path) -> None:
    house = house_in(tmp_path)
    assert build_calling(house, Meters()).routes == ()
    house.close()
