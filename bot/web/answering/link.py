"""The link by which one person answers one page: signed, for a day, and nothing in it is a secret."""

import hashlib
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

VALID = timedelta(hours=24)
LONGEST = 400
"""Signs of a token; a longer one is nobody's."""
_SEAL = 16
"""Bytes of the signature: 128 bits of HMAC-SHA256, so that the link leaves room for words in a text message."""
_HEAD = struct.Struct(">IHB")
_PURPOSE = b"handrail answers a page, 1\0"
_HEX, _PACKED = 32, 0


@dataclass(frozen=True, slots=True)
class Claim:
    """What a link says: this person answers this page of this run, until then."""

    run_id: str
    page: int
    person: str
    expires: datetime


def derive_secret(known: str) -> bytes:
    """A key for links out of another secret, which it does not give away: the same on every replica.

    ValueError when there is none.
    """
    if not known.strip():
        raise ValueError("An empty secret lets everybody answer for others.")
    return hmac.new(b"handrail links, 1", known.encode(), hashlib.sha256).digest()


def write_token(secret: bytes, claim: Claim) -> str:
    """A claim as it stands in a link."""
    run = claim.run_id.encode()
    packed = bytes.fromhex(claim.run_id) if _is_packable(claim.run_id) else b""
    head = _HEAD.pack(int(claim.expires.timestamp()), claim.page, _PACKED if packed else len(run))
    body = head + (packed or run) + claim.person.encode()
    return urlsafe_b64encode(body + _seal(secret, body)).rstrip(b"=").decode()


def read_token(secret: bytes, token: str) -> Claim | None:
    """The claim in a token; None when it was not written with this secret. Whether it expired is for others to say."""
    if len(token) > LONGEST or not token.isascii():
        return None
    try:
        whole = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (Error, ValueError):
        return None
    body, seal = whole[:-_SEAL], whole[-_SEAL:]
    if len(body) <= _HEAD.size or not hmac.compare_digest(_seal(secret, body), seal):
        return None
    # What follows was written by us: whoever else could have written it would know the secret.
    expires, page, length = _HEAD.unpack_from(body)
    size = length or _HEX // 2
    run, person = body[_HEAD.size : _HEAD.size + size], body[_HEAD.size + size :]
    return Claim(run.decode() if length else run.hex(), page, person.decode(), datetime.fromtimestamp(expires, UTC))


def _seal(secret: bytes, body: bytes) -> bytes:
    return hmac.new(secret, _PURPOSE + body, hashlib.sha256).digest()[:_SEAL]


def _is_packable(run_id: str) -> bool:
    return len(run_id) == _HEX and all(sign in "0123456789abcdef" for sign in run_id)
