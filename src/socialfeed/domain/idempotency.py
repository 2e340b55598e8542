"""Keys by which a client may send a request again that it got no answer to: it is done once.

The protocol is the one that Stripe's API made common, and draft-ietf-httpapi-idempotency-key-header writes down: a key
belongs to one user and one request, and the same key with another request is an error.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from socialfeed.domain.errors import IdempotencyKeyReused, Invalid
from socialfeed.domain.ids import UserId

KEPT = timedelta(hours=24)
KEY_MAX = 100


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """`object_id` is what the request made; `fingerprint` tells whether another request is the same."""

    user_id: UserId
    key: str
    fingerprint: str
    object_id: int
    created_at: datetime

    @classmethod
    def of(
        cls, user_id: UserId, key: str, request: Mapping[str, object], object_id: int, *, at: datetime
    ) -> "IdempotencyKey":
        """1 to 100 printable ASCII characters; the request's values are JSON's. Raises `Invalid`."""
        if not 1 <= len(key) <= KEY_MAX or not (key.isascii() and key.isprintable()):
            raise Invalid(
                f"1 to {KEY_MAX} printable ASCII characters, please.",
                code="INVALID_IDEMPOTENCY_KEY",
                field="idempotency_key",
            )
        canonical = json.dumps(request, sort_keys=True, separators=(",", ":"))
        return cls(user_id, key, hashlib.sha256(canonical.encode()).hexdigest(), object_id, at)

    def is_live(self, at: datetime) -> bool:
        return at < self.created_at + KEPT

    def check_repeats(self, earlier: "IdempotencyKey") -> None:
        """Raises `IdempotencyKeyReused` unless both are of the same request."""
        if self.fingerprint != earlier.fingerprint:
            raise IdempotencyKeyReused
