"""The signature of Amazon SNS: by a certificate that SNS itself serves, over the fields that its documentation names.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html, read on 2026-12-01. Anybody's topic is
signed by the same certificates, so a message counts only of a topic that is named here.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic_core import from_json

from bot.format.pieces import read_instant
from bot.format.requests import Request
from bot.hands.allowing import Web
from bot.hands.requesting import send

SPREAD = timedelta(hours=1, minutes=5)
"""By how much the time of a message may differ from ours: SNS tries a delivery for an hour."""
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HOST = re.compile(r"sns\.([a-z]{2}[a-z0-9-]{3,30})\.amazonaws\.com(?:\.cn)?")
_PATH = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]{8,80}\.pem")
_WITHIN = 5.0
_KEPT, _LARGEST = 16, 20_000
_AGAIN = timedelta(minutes=1)
"""After an address that gave no certificate, nothing is fetched for so long: whoever floods us sends us nowhere."""


class NotSigned(Exception):
    """The message does not count; the sentence says why."""


Fetch = Callable[[str], bytes]
"""The address of a certificate -> what stands there; NotSigned when nothing does."""


def fetch(address: str) -> bytes:
    """Ask for a certificate, as hands ask the web: no redirect, no private address, one small answer in seconds."""
    ended = send(Web(Request("GET", address, (), None), {}, private=False, ca=None), _WITHIN)
    if ended.how != "status" or ended.exit != 200 or len(ended.out) > _LARGEST:  # noqa: PLR2004  (HTTP's own number)
        raise NotSigned("its certificate could not be fetched")
    return ended.out


@dataclass(slots=True)
class SnsSignatures:
    """Judges messages; keeps certificates by their addresses. Safe to share between threads."""

    now: Callable[[], datetime]
    fetch: Fetch = fetch
    _known: dict[str, x509.Certificate] = field(default_factory=dict)
    _failed_at: datetime | None = None
    _lock: Lock = field(default_factory=Lock)

    def judge(self, body: bytes, topics: str) -> str | None:
        """Why a message does not count; None when it does. `topics` are the ARNs whose messages count."""
        try:
            self._require_signed(_message(body), topics.replace(",", " ").split())
        except NotSigned as why:
            return str(why)
        return None

    def _require_signed(self, message: Mapping[str, str], topics: list[str]) -> None:
        topic, names = message.get("TopicArn", ""), _SIGNED.get(message.get("Type", ""))
        if names is None:
            raise NotSigned("it is no message of SNS")
        if topic not in topics:
            raise NotSigned("its topic is not named here")
        if message.get("SignatureVersion") != "2":
            raise NotSigned("its signature is of version 1, by SHA-1: set SignatureVersion of the topic to 2")
        self._require_fresh(message.get("Timestamp", ""))
        address = _address(message.get("SigningCertURL", ""), topic)
        said = "".join(f"{name}\n{message[name]}\n" for name in names if name in message).encode("utf-8", "replace")
        try:
            signature = base64.b64decode(message.get("Signature", ""), validate=True)
        except (binascii.Error, ValueError):
            raise NotSigned("its signature cannot be read") from None
        key = self._certificate(address).public_key()
        if not isinstance(key, RSAPublicKey):
            raise NotSigned("its certificate has no RSA key")
        try:
            key.verify(signature, said, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise NotSigned("it does not fit the message") from None

    def _require_fresh(self, said: str) -> None:
        try:
            at = read_instant(said)
        except ValueError:
            raise NotSigned("its time cannot be read") from None
        if abs(self.now() - at) > SPREAD:
            raise NotSigned("it is too old or too new")

    def _certificate(self, address: str) -> x509.Certificate:
        now = self.now()
        found = self._known.get(address) or self._fetched_once(address, now)
        if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
            raise NotSigned("its certificate is not valid now")
        return found

    def _fetched_once(self, address: str, now: datetime) -> x509.Certificate:
        """Whoever comes meanwhile waits for the same answer; messages by a known certificate wait for nobody."""
        with self._lock:
            found = self._known.get(address)
            if found is not None:
                return found
            if self._failed_at is not None and timedelta(0) <= now - self._failed_at < _AGAIN:
                raise NotSigned("its certificate could not be fetched a moment ago")
            return self._fetched(address, now)

    def _fetched(self, address: str, now: datetime) -> x509.Certificate:
        try:
            found = x509.load_pem_x509_certificate(self.fetch(address))
        except (NotSigned, ValueError):
            self._failed_at = now
            raise NotSigned("its certificate could not be fetched") from None
        while len(self._known) >= _KEPT:
            del self._known[next(iter(self._known))]
        self._known[address] = found
        return found


def _message(body: bytes) -> dict[str, str]:
    try:
        found = from_json(body)
    except ValueError:
        raise NotSigned("the body is no JSON") from None
    if not isinstance(found, dict):
        raise NotSigned("the body is no JSON object")
    return {name: one for name, one in found.items() if isinstance(one, str)}


def _address(said: str, topic: str) -> str:
    """The address of the certificate: a file of SNS in the region of the topic, and nothing else."""
    try:
        parts = urlsplit(said)
    except ValueError:
        raise NotSigned("its certificate is not at an address of SNS") from None
    host = _HOST.fullmatch(parts.netloc)
    region = topic.split(":")[3] if topic.count(":") >= 5 else ""  # noqa: PLR2004  (arn:aws:sns:REGION:ACCOUNT:NAME)
    whole = f"https://{parts.netloc}{parts.path}"
    if host is None or host[1] != region or not _PATH.fullmatch(parts.path) or whole != said:
        raise NotSigned("its certificate is not at an address of SNS")
    return said
