"""The hook of alerts: by whose token or signature, how a replay ends, and what comes of each documented payload."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.routing import Route

from bot.format.catalogue import Asset, Catalogue, Trigger
from bot.journal.database import migrate, open_engine
from bot.journal.hook_tokens import ALERT, HEARTBEAT, HookTokens
from bot.journal.store import Journal
from bot.journal.streams import ALERTS, Streams
from bot.library.alerting.mapping import SHIPPED, shipped_sources
from bot.web.hooks.alert import LARGEST, AlertListener, alert_routes
from bot.web.hooks.endpoint import RateLimit
from bot.web.hooks.sns import SnsSignatures
from tests.library.alerting.payloads import ALERTMANAGER, BEGINS, GRAFANA, PAGERDUTY, SNS, as_body, ends
from tests.web.asgi import ask

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOPIC = "arn:aws:sns:us-east-1:123456789012:MyTopic"
SECRETS = {
    "PAGERDUTY_WEBHOOK_SECRET": "paged", "GRAFANA_WEBHOOK_SECRET": "drawn", "SNS_TOPIC_ARNS": f"arn:other, {TOPIC}",
}  # fmt: skip
CERTIFICATE = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
LABELS = [{"severity": "critical"}, {"team": "blue"}, {"service": "API Service"}, {"service": "orders"},
          {"role": "computing-node"}, {"InstanceId": "TestInstance"}]  # fmt: skip


class Door:
    """A hook on a database of its own, whose clocks stand still."""

    def __init__(self, journal: Journal) -> None:
        self.now = NOON
        self.streams = Streams(journal, ALERTS)
        secrets = iter(f"{number:064x}" for number in range(40))
        self.hooks = HookTokens(journal, lambda: self.now, lambda: next(secrets))
        self.tokens = {one: self.hooks.make(ALERT, one, "ana")[0] for one in SHIPPED}
        self.heartbeat = self.hooks.make(HEARTBEAT, "alertmanager", "ana")[0]
        asset = Asset(
            id="orders-db", name="Orders", type="postgres", tier=1, owner="data",
            triggers=tuple(Trigger(alert=one) for one in LABELS),
        )  # fmt: skip
        self.catalogue = Catalogue(assets={"orders-db": asset})
        listener = AlertListener(
            lambda: self.catalogue, self.streams, self.hooks, shipped_sources(), lambda name: SECRETS.get(name, ""),
            lambda: self.now, RateLimit(100, lambda: 0.0), RateLimit(2_000, lambda: 0.0),
            SnsSignatures(lambda: self.now, self.fetch),
        )  # fmt: skip
        self.fetched: list[str] = []
        self.certificate = b""
        self.pool = ThreadPoolExecutor(1)
        self.routes: tuple[Route, ...] = alert_routes(listener, self.pool)

    def fetch(self, address: str) -> bytes:
        self.fetched.append(address)
        return self.certificate

    def post(self, content: bytes, token: str = "", path: str = "/hooks/alert", **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-").encode(): text.encode() for name, text in headers.items()}
        if token:
            sent[b"authorization"] = f"Bearer {token}".encode()
        return ask(self.routes, "POST", path, content, sent)

    def recorded(self) -> list[str]:
        return [
            type(each.event).__name__ for name in sorted(self.streams.states()) for each in self.streams.history(name)
        ]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    engine = open_engine(f"sqlite:///{tmp_path}/record.db")
    migrate(engine)
    made = Door(Journal(engine))
    yield made
    made.pool.shutdown()
    engine.dispose()


@pytest.mark.parametrize("source", SHIPPED)
def test_what_each_source_documents_begins_and_ends_one_alert_and_a_replay_neither(door: Door, source: str) -> None:
    token, begins, over = door.tokens[source], as_body(BEGINS[source]), as_body(ends()[source])
    assert door.post(begins, token).json() == {"taken": 1, "new": 1, "without_asset": 0}
    assert door.post(begins, token, f"/hooks/alert/{source}").json()["new"] == 0
    assert door.post(over, token).json()["new"] == 1
    assert [door.post(each, token).json()["new"] for each in (begins, over, begins)] == [0, 0, 0]
    assert door.recorded() == ["Fired", "Resolved"]
    (name,) = door.streams.states()
    assert name.startswith("orders-db/")
    assert {each.by.partition(":")[0] for each in door.streams.history(name)} == {"token"}


def test_a_token_opens_its_own_source_alone_and_a_stranger_nothing(door: Door) -> None:
    body = as_body(ALERTMANAGER)
    grafana = door.tokens["grafana"]
    for token in ("", door.heartbeat, "hrh-" + "f" * 64, grafana[:-1]):
        assert door.post(body, token).status_code == 401
    assert door.post(body, grafana, "/hooks/alert/alertmanager").status_code == 401
    assert door.post(body, door.tokens["alertmanager"], "/hooks/alert/nobody").status_code == 401
    basic = base64.b64encode(f"sns:{door.tokens['sns']}".encode()).decode()
    assert door.post(as_body(SNS), path="/hooks/alert/sns", authorization=f"Basic {basic}").status_code == 200
    assert door.post(as_body(SNS), path="/hooks/alert/sns", authorization="Basic !!!").status_code == 401
    assert door.recorded() == ["Fired"]


def signed(secret: str, said: bytes) -> str:
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def test_a_signature_opens_its_source_and_a_forged_one_or_an_old_one_nothing(door: Door) -> None:
    body, path = as_body(PAGERDUTY), "/hooks/alert/pagerduty"
    good = f"v1={signed('paged', body)}"
    for bad in ("", "v1=", f"v1={signed('other', body)}", f"v1={signed('paged', body + b' ')}", signed("paged", body)):
        assert door.post(body, path=path, x_pagerduty_signature=bad).status_code == 401
    assert door.post(body, x_pagerduty_signature=good).status_code == 401, "no source is named"
    assert door.post(body, path=path, x_pagerduty_signature=f"v1=00, {good}").json()["new"] == 1
    assert door.post(body, path=path, x_pagerduty_signature=good).json()["new"] == 0, "a replay is nothing new"
    body, path = as_body(GRAFANA), "/hooks/alert/grafana"
    times: dict[str, str] = {}
    for age, status in ((0, 200), (299, 200), (301, 401), (-301, 401)):
        sent = str(int(NOON.timestamp()) - age)
        mark = signed("drawn", f"{sent}:".encode() + body)
        times = {"x_grafana_alerting_signature": mark, "x_grafana_alerting_timestamp": sent}
        assert door.post(body, path=path, **times).status_code == status, age
    times["x_grafana_alerting_timestamp"] = str(int(NOON.timestamp()))
    assert door.post(body, path=path, **times).status_code == 401, "the time is signed too"
    assert "is not taken" in door.post(body, path="/hooks/alert/grafana").json()["error"]


def test_without_its_secret_nobody_signs(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(SECRETS, "PAGERDUTY_WEBHOOK_SECRET")
    body = as_body(PAGERDUTY)
    refused = door.post(body, path="/hooks/alert/pagerduty", x_pagerduty_signature=f"v1={signed('', body)}")
    assert (refused.status_code, "PAGERDUTY_WEBHOOK_SECRET is not set" in refused.json()["error"]) == (401, True)


def test_an_alert_without_an_asset_is_recorded_too(door: Door) -> None:
    door.catalogue = Catalogue()
    answer = door.post(as_body(ALERTMANAGER), door.tokens["alertmanager"]).json()
    assert answer == {"taken": 1, "new": 1, "without_asset": 1}
    assert next(iter(door.streams.states())).startswith("-/")


def test_what_is_too_large_or_no_delivery_is_refused_and_a_topic_is_not_confirmed_by_itself(door: Door) -> None:
    token = door.tokens["sns"]
    assert door.post(b" " * (LARGEST + 1), token).status_code == 413
    assert door.post(b"{", token).status_code == 400
    asks = json.dumps({"Type": "SubscriptionConfirmation", "SubscribeURL": "https://sns.example/?Action=Confirm"})
    answer = door.post(asks.encode(), token)
    assert answer.json() == {"taken": 0, "confirm": "https://sns.example/?Action=Confirm"}
    assert door.recorded() == []
    door.now += timedelta(minutes=1)


@pytest.fixture(scope="module")
def amazon() -> tuple[rsa.RSAPrivateKey, bytes]:
    """A key, and a certificate of it that is valid this November."""
    key = rsa.generate_private_key(65_537, 2_048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(NOON - timedelta(days=1)).not_valid_after(NOON + timedelta(days=30)).sign(key, SHA256())
    )  # fmt: skip
    return key, made.public_bytes(Encoding.PEM)


def of_amazon(key: rsa.RSAPrivateKey, hashing: HashAlgorithm, **changes: str) -> bytes:
    """A message as SNS signs it; what is changed is signed too, but for the signature and the certificate."""
    message = {
        **{name: str(one) for name, one in SNS.items()}, "TopicArn": TOPIC, "Timestamp": NOON.isoformat(),
        "SignatureVersion": "2", "SigningCertURL": CERTIFICATE, **changes,
    }  # fmt: skip
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    said = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    signature = base64.b64encode(key.sign(said.encode(), PKCS1v15(), hashing)).decode()
    return json.dumps({**message, "Signature": changes.get("Signature", signature)}).encode()


def test_what_amazon_signs_counts_of_a_topic_that_is_named(door: Door, amazon: tuple[rsa.RSAPrivateKey, bytes]) -> None:
    key, door.certificate = amazon
    body, path = of_amazon(key, SHA256()), "/hooks/alert/sns"
    assert door.post(body, path=path).json() == {"taken": 1, "new": 1, "without_asset": 0}
    assert door.post(body, path=path).json()["new"] == 0, "a replay is nothing new"
    assert door.fetched == [CERTIFICATE], "a certificate is kept"
    assert door.post(body).status_code == 401, "no source is named"
    assert door.post(body, path="/hooks/alert/generic").status_code == 401
    (name,) = door.streams.states()
    assert door.streams.history(name)[0].by == "signed:sns"
    door.now = NOON + timedelta(days=40)
    late = of_amazon(key, SHA256(), Timestamp=door.now.isoformat())
    assert "certificate is not valid now" in door.post(late, path=path).text


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"TopicArn": "arn:aws:sns:us-east-1:666666666666:MyTopic"}, "topic is not named here"),
        ({"SignatureVersion": "1"}, "set SignatureVersion"),
        ({"Timestamp": (NOON - timedelta(hours=2)).isoformat()}, "too old"),
        ({"Timestamp": (NOON + timedelta(hours=2)).isoformat()}, "too new"),
        ({"Timestamp": "yesterday"}, "time cannot be read"),
        ({"Type": "Other"}, "no message of SNS"),
        ({"Signature": "!!"}, "cannot be read"),
        *(
            ({"SigningCertURL": said}, "not at an address of SNS")
            for said in (
                "", "http" + CERTIFICATE[5:], CERTIFICATE.replace("amazonaws.com", "amazonaws.com.evil.example"),
                CERTIFICATE.replace("sns.us-east-1", "evil.s3.us-east-1"), CERTIFICATE.replace("https://", "https://a@"),
                CERTIFICATE.replace(".com/", ".com:8443/"), CERTIFICATE.replace("us-east-1", "us-east-2"),
                CERTIFICATE + "?x=1", CERTIFICATE + "#x", CERTIFICATE.replace("/Simple", "/../Simple"), "https://[::1",
                CERTIFICATE.replace("0123", "01/23"), " " + CERTIFICATE, CERTIFICATE + "\n",
            )
        ),
    ],
)  # fmt: skip
def test_what_is_not_signed_by_amazon_is_refused_and_sends_us_nowhere(
    door: Door, amazon: tuple[rsa.RSAPrivateKey, bytes], changes: dict[str, str], why: str
) -> None:
    key, door.certificate = amazon
    answer = door.post(of_amazon(key, SHA256(), **changes), path="/hooks/alert/sns")
    assert (answer.status_code, why in answer.text, door.fetched) == (401, True, []), answer.text


def test_a_forged_message_of_amazon_is_refused_and_a_flood_of_them_fetches_once_a_minute(
    door: Door, amazon: tuple[rsa.RSAPrivateKey, bytes]
) -> None:
    key, door.certificate = amazon
    path, other = "/hooks/alert/sns", rsa.generate_private_key(65_537, 2_048)
    changed = json.loads(of_amazon(key, SHA256())) | {"Message": "{}"}
    for body in (of_amazon(other, SHA256()), of_amazon(key, SHA1()), json.dumps(changed).encode()):  # noqa: S303  (what is refused)
        assert "does not fit the message" in door.post(body, path=path).text
    door.certificate = b"no certificate"
    for number in range(1, 6):
        elsewhere = CERTIFICATE.replace("0123", f"{number}123")
        answer = door.post(of_amazon(key, SHA256(), SigningCertURL=elsewhere), path=path)
        assert (answer.status_code, "could not be fetched" in answer.text) == (401, True)
    assert len(door.fetched) == 2
    assert door.post(of_amazon(key, SHA256()), path=path).status_code == 200, "what is known counts meanwhile"
    assert door.recorded() == ["Fired"]


def test_more_alerts_than_a_minute_takes_are_refused_as_a_whole_and_can_be_sent_again(door: Door) -> None:
    """Each alert that is new is a record for good: few deliveries of many alerts are a flood too."""
    one = ALERTMANAGER["alerts"][0]
    token = door.tokens["alertmanager"]
    flood = [
        as_body({**ALERTMANAGER, "alerts": [{**one, "fingerprint": f"{at}-{number}"} for number in range(700)]})
        for at in range(3)
    ]
    assert [door.post(body, token).status_code for body in flood] == [200, 200, 429]
    assert len(door.streams.states()) == 1_400
