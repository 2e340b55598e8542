"""Refresh tokens: random, and signed by us."""

import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from socialfeed.adapters.security.keys import derive_key
from socialfeed.application.ports.security import RefreshToken
from socialfeed.domain.ids import SessionId

_ID_BYTES, _RANDOM_BYTES = 8, 32
_SIGNED_BYTES = _ID_BYTES + _RANDOM_BYTES
_SHAPE = re.compile(r"[A-Za-z0-9_-]{96}", re.ASCII)
"""72 bytes in Base64 without padding or spare bits: each token has one spelling."""


class HmacRefreshTokens:
    """Session id, 32 random bytes, and the HMAC-SHA-256 of both, in URL-safe Base64: 96 characters.

    What is stored is the SHA-256 of the random part, which needs no salt and no slow hash: nobody guesses 256 bits.
    """

    def __init__(self, secret: str) -> None:
        self._key = derive_key(secret, "refresh tokens")

    def issue(self, session_id: SessionId) -> RefreshToken:
        signed = session_id.to_bytes(_ID_BYTES, "big") + secrets.token_bytes(_RANDOM_BYTES)
        return _taken_apart(urlsafe_b64encode(signed + self._signature(signed)).decode(), signed)

    def read(self, token: str) -> RefreshToken | None:
        if not _SHAPE.fullmatch(token):
            return None
        raw = urlsafe_b64decode(token)
        signed, signature = raw[:_SIGNED_BYTES], raw[_SIGNED_BYTES:]
        if not hmac.compare_digest(signature, self._signature(signed)):
            return None
        return _taken_apart(token, signed)

    def _signature(self, signed: bytes) -> bytes:
        return hmac.digest(self._key, signed, sha256)


def _taken_apart(token: str, signed: bytes) -> RefreshToken:
    session_id = SessionId(int.from_bytes(signed[:_ID_BYTES], "big"))
    return RefreshToken(token, session_id, sha256(signed[_ID_BYTES:]).hexdigest())
