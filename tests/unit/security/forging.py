"""Tokens as we issue them, but for what a forger changes."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from socialfeed.adapters.security import JwtTokens, KeyRing, SecretRing
from socialfeed.adapters.security.keys import derive_key
from socialfeed.adapters.security.signing import Ed25519Ring, SigningKey
from socialfeed.application.ports.security import Claims
from socialfeed.domain.errors import Unauthenticated
from socialfeed.domain.ids import Kind, SessionId, UserId, compose

SECRET = "a secret of more than thirty-two characters"
NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
ADA = UserId(compose(int(NOW.timestamp() * 1000), Kind.USER, 1, 0))
SESSION = SessionId(compose(int(NOW.timestamp() * 1000), Kind.SESSION, 1, 0))
CLAIMS = Claims(ADA, SESSION, NOW + timedelta(minutes=15))

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Scheme:
    """One kind of token, and how to sign anything with the very key that signs it."""

    ring: KeyRing
    sign: Sign

    @property
    def tokens(self) -> JwtTokens:
        return JwtTokens(self.ring)

    def issued(self, at: datetime = NOW) -> str:
        return self.tokens.issue(ADA, SESSION, at).token

    def forged(
        self, sign: Sign | None = None, *, header: dict[str, Any] | None = None, without: str = "", **claims: Any
    ) -> str:
        """A token as we issue it, but for what is given; signed with our own key unless another is given."""
        good_header, good_claims, _ = self.issued().split(".")
        payload = {name: value for name, value in (decoded(good_claims) | claims).items() if name != without}
        signed = f"{json_part(decoded(good_header) | (header or {}))}.{json_part(payload)}"
        return f"{signed}.{encoded((sign or self.sign)(signed.encode()))}"

    def public_spellings(self) -> list[bytes]:
        """What everybody knows of our key, in every form that might be taken for a secret."""
        jwk = self.ring.published(NOW)[0]
        public = self.ring.verifies(jwk["kid"], NOW)
        assert public is not None
        return [
            public.public_bytes_raw(),
            public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
            jwk["x"].encode(),
            json.dumps(jwk).encode(),
        ]


def hs256() -> Scheme:
    return Scheme(SecretRing(SECRET), hmac_signer(derive_key(SECRET, "access tokens")))


def eddsa() -> Scheme:
    """With a key of its own each time."""
    private = Ed25519PrivateKey.generate()
    return Scheme(Ed25519Ring([SigningKey(private, NOW, NOW)]), private.sign)


def hmac_signer(key: bytes, digest: str = "sha256") -> Sign:
    return lambda signed: hmac.digest(key, signed, digest)


def decoded(part: str) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=="))
    return fields


def encoded(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def json_part(value: dict[str, Any]) -> str:
    return encoded(json.dumps(value).encode())


def refusal(scheme: Scheme, token: str, at: datetime = NOW) -> str:
    with pytest.raises(Unauthenticated) as refused:
        scheme.tokens.verify(token, at)
    return refused.value.code
