"""What `hands.yaml` allows: nothing that it does not say."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.format.hands import HandsFile
from bot.format.permits import NotAllowed
from bot.format.pieces import Method
from bot.format.requests import Request
from bot.hands.allowing import CommandOrigin, allow
from bot.library.hands import read_hands
from bot.library.parse import Unreadable
from bot.run.hands.rules import Order
from bot.run.situation import Mode

FILE = """
schema: hands/v1
name: bastion
places:
  - {at: bot}
  - {at: pg-1, effect: destroy}
  - {at: drill-1, effect: destroy, hosts: drill}
programs:
  - {path: /usr/bin/restore, args: ["--set=[0-9]+", "--", "[a-z]+"], profile: writer}
  - {path: /usr/bin/psql, profile: writer}
read:
  - {path: /bin/df, args: [-B1], more: "/[a-z/]*"}
  - {path: /usr/bin/psql, args: [-c, "SELECT count\\\\(\\\\*\\\\) FROM [a-z_]+"], profile: reader}
http:
  - {origin: "https://awx.example", path: "/jobs/[0-9]+/launch/", methods: [POST], profile: awx,
     body: '\\{"limit": "[a-z]+"\\}'}
  - {origin: "https://drill.example", path: "/.*", hosts: drill}
http_read:
  - {origin: "https://awx.example", path: "/jobs/[0-9]+/", profile: looker, private: true}
profiles:
  awx: {headers: {Authorization: WRITER}}
  looker: {read_only: true, headers: {Authorization: READER}}
  reader: {read_only: true, files: {PGPASSWORD: READER}}
  writer: {files: {PGPASSWORD: WRITER}, set: {PGUSER: owner}}
approved:
  - {runbook: book, digest: DIGEST, by: Dora Lind}
""".replace("DIGEST", "d" * 64)
SOURCE = CommandOrigin("d" * 64, {"Ana Ruiz"})


@pytest.fixture
def hands(tmp_path: Path) -> HandsFile:
    text = FILE
    for name in ("READER", "WRITER"):
        (tmp_path / name).write_text(f"pw-of-{name}\n")
        for key in ("PGPASSWORD", "Authorization"):
            text = text.replace(f"{{{key}: {name}}}", f"{{{key}: {tmp_path / name}}}")
    file = tmp_path / "hands.yaml"
    file.write_text(text)
    return read_hands(file)


def order(*argv: str, at: str = "pg-1", effect: str = "read", profile: str | None = None) -> Order:
    return Order("s", 1, 1, effect, at, " ".join(argv), argv, profile, 60)


def asked(
    url: str, method: Method = "GET", body: str | None = None, effect: str = "read",
    headers: tuple[tuple[str, str], ...] = (),
) -> Order:  # fmt: skip
    request = Request(method, url, headers, body)
    return Order("s", 1, 1, effect, "pg-1", "curl", request.words, None, 60, request)


def test_a_request_is_sent_with_the_secret_headers_of_its_profile(hands: HandsFile) -> None:
    launch = asked("https://awx.example/jobs/7/launch/", "POST", '{"limit": "one"}', "change")
    allowed = allow(hands, launch, SOURCE, "live", by_itself=False)
    assert allowed.web is not None
    assert (allowed.web.headers, allowed.web.private) == ({"Authorization": "pw-of-WRITER"}, False)
    assert (allowed.secrets, allowed.environment) == (("pw-of-WRITER",), {})
    look = allow(
        hands, asked("https://awx.example/jobs/7/", headers=(("Accept", "text/plain"),)), SOURCE, "live", by_itself=True
    )
    assert look.web is not None
    assert (look.web.headers, look.web.private) == ({"Authorization": "pw-of-READER"}, True)


@pytest.mark.parametrize(
    ("wanted", "by_itself", "why"),
    [
        (asked("https://evil.example/jobs/7/"), True, "does not list https://evil.example under `http_read:`"),
        (asked("https://awx.example:444/jobs/7/"), True, "does not list https://awx.example:444"),
        (asked("http://awx.example/jobs/7/"), True, "does not list http://awx.example"),
        (asked("https://awx.example.evil/jobs/7/"), True, "does not list"),
        (asked("https://awx.example/jobs/7/?delete=1"), True, "only with other requests"),
        (asked("https://awx.example/jobs/7/launch/"), True, "only with other requests"),
        (asked("https://awx.example/jobs/7/", "DELETE"), False, "only with other requests"),
        (asked("https://awx.example/jobs/7/", body="x"), True, "only with other requests"),
        (
            asked("https://awx.example/jobs/7/", headers=(("X-HTTP-Method-Override", "DELETE"),)),
            True,
            "only with other requests",
        ),
        (asked("https://awx.example/jobs/7/launch/", "POST", '{"limit": "one", "a": 1}'), False, "only with other"),
        (asked("https://drill.example/"), False, "a drill host, and this is a live run"),
    ],
)
def test_a_request_that_it_does_not_say_is_not_sent(hands: HandsFile, wanted: Order, by_itself: bool, why: str) -> None:
    with pytest.raises(NotAllowed, match=why):
        allow(hands, wanted, SOURCE, "live", by_itself=by_itself)


def test_what_it_says_is_executed_by_its_whole_path_with_its_profile(hands: HandsFile) -> None:
    allowed = allow(hands, order("restore", "--set=7", "--", "one", effect="destroy"), SOURCE, "live", by_itself=False)
    assert allowed.argv == ("/usr/bin/restore", "--set=7", "--", "one")
    assert allowed.environment["PGPASSWORD"] == "pw-of-WRITER"
    assert allowed.secrets == ("pw-of-WRITER",)
    assert set(allowed.environment) == {"PATH", "LC_ALL", "PGUSER", "PGPASSWORD"}
    count = order("psql", "-c", "SELECT count(*) FROM orders")
    assert allow(hands, count, SOURCE, "live", by_itself=True).environment["PGPASSWORD"] == "pw-of-READER"


@pytest.mark.parametrize(
    ("wanted", "mode", "by_itself", "why"),
    [
        (order("df", "-B1", "/", at="pg-9"), "live", True, "does not serve pg-9"),
        (order("rm", "-rf"), "live", False, "does not list rm."),
        (order("df", "-B1", "-x"), "live", True, "only with other arguments"),
        (order("df"), "live", True, "only with other arguments"),
        (order("psql", "-c", "DROP TABLE orders"), "live", True, "lists psql under `read:` only with other arguments"),
        (order("restore", "--set=7", "--", "one"), "live", True, "does not list restore under `read:`"),
        (order("restore", "--set=7;id", "--", "one"), "live", False, "only with other arguments"),
        (order("restore", "--set=7", "--", "one\nid"), "live", False, "only with other arguments"),
        (order("df", "-B1", at="bot", effect="change"), "live", False, "nothing that changes things happen at bot"),
        (order("df", "-B1"), "drill", True, "a live host, and this is a drill"),
        (order("df", "-B1", at="drill-1"), "live", True, "a drill host, and this is a live run"),
        (order("df", "-B1"), "training", True, "training"),
        (order("restore", "--set=7", "--", "one", profile="reader"), "live", False, "gives restore the profile writer"),
        (order("df", "-B1", profile="writer"), "live", True, "can do more than read"),
        (order("df", "-B1", profile="none"), "live", False, "has no profile none"),
    ],
)
def test_what_it_does_not_say_is_not_done(
    hands: HandsFile, wanted: Order, mode: Mode, by_itself: bool, why: str
) -> None:
    with pytest.raises(NotAllowed, match=why):
        allow(hands, wanted, SOURCE, mode, by_itself=by_itself)


def test_a_secret_that_is_gone_stops_it(hands: HandsFile, tmp_path: Path) -> None:
    (tmp_path / "READER").unlink()
    with pytest.raises(NotAllowed, match="The secret PGPASSWORD"):
        allow(hands, order("psql", "-c", "SELECT count(*) FROM orders"), SOURCE, "live", by_itself=True)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (SOURCE, None),
        (CommandOrigin("d" * 64), None),
        (
            CommandOrigin("e" * 64),
            "Nobody but its author has approved this version of the runbook.* eeeeeeeeeeee… under",
        ),
        (CommandOrigin("d" * 64, {"dora  LIND"}), "Dora Lind wrote this version of the runbook"),
    ],
)
def test_a_version_that_nobody_but_its_author_has_approved_executes_nothing(
    hands: HandsFile, source: CommandOrigin, why: str | None
) -> None:
    """A wait, which executes nothing, needs no approval."""
    wanted = order("df", "-B1")
    if why is None:
        assert allow(hands, wanted, source, "live", by_itself=True).argv == ("/bin/df", "-B1")
    else:
        with pytest.raises(NotAllowed, match=why):
            allow(hands, wanted, source, "live", by_itself=True)
    assert allow(hands, order(), source, "live", by_itself=True).argv == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"read": [{"path": "/bin/df"}]}, "args"),
        ({"programs": [{"path": "df"}]}, "whole path"),
        ({"read": [{"path": "/bin/df", "args": [], "profile": "writer"}], "profiles": {"writer": {}}}, "read_only"),
        ({"programs": [{"path": "/bin/df", "profile": "gone"}]}, "no profile"),
        ({"places": [{"at": "bot"}, {"at": "bot"}]}, "twice"),
        ({"programs": [{"path": "/bin/df", "args": ["("]}]}, "regular expression"),
        ({"http": [{"origin": "https://a.example/", "path": "/"}]}, "origin"),
        ({"http": [{"origin": "https://a.example"}]}, "path"),
        ({"http_read": [{"origin": "https://a.example", "path": "/", "methods": ["POST"]}]}, "methods"),
        (
            {
                "http_read": [{"origin": "https://a.example", "path": "/", "profile": "writer"}],
                "profiles": {"writer": {}},
            },
            "read_only",
        ),
    ],
)
def test_a_file_that_would_allow_too_much_is_refused(changes: dict[str, object], why: str) -> None:
    usual = {"schema": "hands/v1", "name": "b", "places": [{"at": "bot"}]}
    HandsFile.model_validate(usual)
    with pytest.raises(ValidationError, match=why):
        HandsFile.model_validate(usual | changes)


def test_problems_of_the_file_are_told_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "hands.yaml"
    file.write_text("schema: hands/v1\nname: bastion\nplaces: [{at: bot, efect: read}]\n")
    with pytest.raises(Unreadable) as wrong:
        read_hands(file)
    assert wrong.value.problems[0].line == 3
    assert "effect" in (wrong.value.problems[0].hint or "") + wrong.value.problems[0].message
