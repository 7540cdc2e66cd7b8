"""What is sent by Apprise: keys where services take them, short texts where they take no more, and no local schemas."""

import subprocess
import sys

import pytest

ASK = """
import inspect, re, sys
from apprise.manager_plugins import NotificationManager
from bot.oncall.pager.apprising import REFUSED, _fitting, _service_of, _with_key, _parse
from bot.oncall.pager.message import PageMessage
{}
"""


def ask(program: str, *arguments: str) -> str:
    """Run where Apprise's modules may load: not in this process, which takes their warnings for errors."""
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(program), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_plugin_that_reaches_for_this_machine_is_refused() -> None:
    """A newer Apprise with another such plugin fails here, so that somebody looks."""
    found = ask("""
local = re.compile(r"^\\s*(import|from) (subprocess|ctypes|syslog|dbus|gi|hid|win32\\w+|pty|os\\.system)\\b", re.M)
manager = NotificationManager()
for plugin in manager.plugins():
    source = inspect.getsource(sys.modules[plugin.__module__])
    if local.search(source):
        print(" ".join(sorted(set(plugin.schemas(plugin)) - REFUSED)))
assert REFUSED <= set(manager.schemas()), REFUSED - set(manager.schemas())
""")
    assert found.split() == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("pagerduty://{k}@{k}", "dedup"),
        ("opsgenie://{k}/@ana", "alias"),
        ("goalert://{k}@host", "dedup"),
        ("squadcast://{k}", "dedup"),
        ("splunk://{k}@{k}", "entity_id"),
    ],
)
def test_services_that_take_a_key_get_it(url: str, name: str) -> None:
    """The same key again is the same incident there."""
    whole = url.format(k="a1b2c3d4e5f60718293a4b5c6d7e8f90")
    shown = ask(
        "url = sys.argv[1]; schema = _parse(url)['schema']\n"
        "print(_with_key(url, schema, NotificationManager()[schema], 'k 1'))",
        whole,
    )
    assert shown == f"{whole}?{name}=k%201"


def test_text_messages_get_the_short_form_and_mail_the_whole() -> None:
    program = """
letter = PageMessage("t", "b" * 300, "short", "k")
for url in ("twilio://AC" + "a" * 32 + ":" + "b" * 32 + "@+15551234567/+15557654321", "mailto://ana:x@example.org",
            "ntfy://topic"):
    service = _service_of(url, "k")
    print(type(service).__name__, _fitting(letter, service)[1][:5])
"""
    assert ask(program).splitlines() == ["NotifyTwilio short", "NotifyEmail bbbbb", "NotifyNtfy bbbbb"]
