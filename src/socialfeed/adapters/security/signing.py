"""Which key signs an access token, and which ones are believed. A ring has one algorithm, and no token changes it.

A key goes through four states. It is published, and believed, before it signs, so that every process and every reader
of the JWKS knows it by then; when the next one signs it is still believed until the last token it signed has expired.
Moments decide, not events: processes that have read the same keys agree without talking.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from socialfeed.adapters.security.keys import derive_key

LIFETIME = timedelta(minutes=15)
"""The longest that an access token lives."""

LEEWAY = timedelta(minutes=2)
"""How far the clock of the issuing process may run ahead. Expiry needs no leeway."""

NOTICE = timedelta(minutes=2)
"""How long a new key is published before it signs: a JWKS may be kept for one minute, and clocks differ."""

_ALWAYS, _NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class Signer(NamedTuple):
    kid: str
    key: Any
    """In the form that PyJWT takes for the ring's algorithm."""


class KeyRing(Protocol):
    @property
    def algorithm(self) -> str:
        """As in the `alg` header parameter (RFC 7518, RFC 8037)."""

    def signs(self, at: datetime) -> Signer: ...

    def verifies(self, kid: str, at: datetime) -> Any | None:
        """The key of this id, if its signatures count at that moment."""

    def published(self, at: datetime) -> list[dict[str, str]]:
        """Public keys as JWKs (RFC 7517); none where the key is a secret."""


class SecretRing:
    """HS256 under the one key derived from the secret."""

    algorithm = "HS256"

    def __init__(self, secret: str) -> None:
        key = derive_key(secret, "access tokens")
        self._signer = Signer(sha256(b"key id" + key).hexdigest()[:12], key)

    def signs(self, at: datetime) -> Signer:
        return self._signer

    def verifies(self, kid: str, at: datetime) -> Any | None:
        return self._signer.key if kid == self._signer.kid else None

    def published(self, at: datetime) -> list[dict[str, str]]:
        return []


@dataclass(frozen=True, slots=True)
class SigningKey:
    private: Ed25519PrivateKey = field(repr=False)
    created_at: datetime
    signs_from: datetime
    kid: str = field(init=False)
    """The thumbprint of the public key (RFC 7638): no two keys share one."""

    def __post_init__(self) -> None:
        required = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": self.x}, separators=(",", ":"))
        object.__setattr__(self, "kid", base64url(sha256(required.encode()).digest()))

    @property
    def x(self) -> str:
        """The public key as JWKs spell it."""
        return base64url(self.private.public_key().public_bytes_raw())

    @property
    def jwk(self) -> dict[str, str]:
        """The public half alone (RFC 8037, section 2)."""
        return {"kty": "OKP", "crv": "Ed25519", "x": self.x, "kid": self.kid, "use": "sig", "alg": "EdDSA"}


class State(StrEnum):
    NEXT = "next"
    SIGNING = "signing"
    VERIFYING = "verifying"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Turn:
    """A key among others: it signs until the next one does."""

    key: SigningKey
    public: Ed25519PublicKey
    signs_from: datetime
    signs_until: datetime

    def state(self, at: datetime) -> State:
        if at < self.signs_from:
            return State.NEXT
        if at < self.signs_until:
            return State.SIGNING
        # The leeway is for the tokens of a process whose clock was behind when it changed to the next key.
        return State.VERIFYING if at < self.signs_until + LIFETIME + LEEWAY else State.RETIRED

    def is_believed(self, at: datetime) -> bool:
        return at >= self.signs_from - LEEWAY and self.state(at) is not State.RETIRED


def turns(keys: Sequence[SigningKey]) -> list[Turn]:
    """In the order in which they sign; of two that are due at one moment the later one in `keys` does. The first signs
    whatever the time, so that there always is one that does.
    """
    ordered = sorted(keys, key=lambda key: key.signs_from)
    starts = [_ALWAYS, *(key.signs_from for key in ordered[1:]), _NEVER]
    return [
        Turn(key, key.private.public_key(), start, end)
        for key, start, end in zip(ordered, starts, starts[1:], strict=False)
    ]


class Ed25519Ring:
    """EdDSA with Ed25519 keys that follow one another."""

    algorithm = "EdDSA"

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        if not keys:
            raise ValueError("there is no key")
        self._turns = turns(keys)
        self._by_kid = {turn.key.kid: turn for turn in self._turns}

    def signs(self, at: datetime) -> Signer:
        turn = next(turn for turn in reversed(self._turns) if turn.signs_from <= at)
        return Signer(turn.key.kid, turn.key.private)

    def verifies(self, kid: str, at: datetime) -> Any | None:
        turn = self._by_kid.get(kid)
        return turn.public if turn is not None and turn.is_believed(at) else None

    def published(self, at: datetime) -> list[dict[str, str]]:
        return [turn.key.jwk for turn in self._turns if turn.state(at) is not State.RETIRED]


def base64url(content: bytes) -> str:
    """Without padding, as JOSE writes it."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()
